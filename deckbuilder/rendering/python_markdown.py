"""Python-Markdown's own dialect, for notes that live on an MkDocs site, with the extensions that mkdocs.yml lists.

Math follows the same rules as in GitHub's flavour, unless the site reads it with pymdownx.arithmatex. Code, pictures,
links and raw HTML end up as they do there.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import unescape
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Final

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from deckbuilder import rules
from deckbuilder.rendering.cleaning import MARK, Screen, clean
from deckbuilder.rendering.code import MAX_HIGHLIGHTED, SLOW, code_block, code_frame
from deckbuilder.rendering.findings import Findings
from deckbuilder.rendering.finish import CHECKED, UNCHECKED, finished, fit
from deckbuilder.rendering.github import screen_html
from deckbuilder.rendering.math import displayed_math, escape_text, inline_math
from deckbuilder.rendering.pictures import PictureUse
from deckbuilder.rendering.places import Places
from deckbuilder.source.dollar_math import Formula, formula_at, formula_block
from deckbuilder.source.gfm import MAX_NESTING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from deckbuilder.diagnostics import Diagnostic, Span
    from deckbuilder.rendering.options import RenderOptions
    from deckbuilder.source.passage import Passage

ALWAYS: Final = ("tables", "fenced_code")
"""What MkDocs turns on by itself, but for the table of contents."""

ARITHMATEX: Final = "pymdownx.arithmatex"
_OURS: Final = frozenset("""
    abbr admonition attr_list codehilite def_list extra fenced_code footnotes legacy_attrs legacy_em md_in_html nl2br
    sane_lists smarty tables wikilinks
""".split())  # fmt: skip
_PYMDOWN: Final = frozenset("""
    arithmatex betterem bracketspan caret critic details emoji escapeall extra fancylists highlight inlinehilite keys
    magiclink mark progressbar quotes saneheaders smartsymbols striphtml superfences tabbed tasklist tilde
    blocks.admonition blocks.caption blocks.definition blocks.details blocks.html blocks.tab
""".split())  # fmt: skip
_OF_A_PAGE: Final = frozenset({"toc", "meta", "markdown.extensions.toc", "markdown.extensions.meta"})
_READS_FILES: Final = frozenset({"pymdownx.snippets", "pymdownx.b64", "pymdownx.pathconverter"})

_CODEHILITE: Final = frozenset("""
    anchorlinenos css_class guess_lang hl_lines lang_prefix lineanchors linenos linenostart linenostep linenums
    linespans nobackground use_pygments wrapcode
""".split())  # fmt: skip
"""Options of codehilite. It hands any other to Pygments, which has some that name files."""

_ON_FENCES: Final = frozenset({"hl_lines", "lineanchors", "linenos", "linenostart", "linenums", "linespans", "title"})
"""What may stand in the braces of a fence besides its language and classes."""

_FORCED: Final[dict[str, dict[str, object]]] = {
    "codehilite": {"noclasses": False, "pygments_formatter": "html", "pygments_style": "default"},
    "pymdownx.highlight": {"noclasses": False, "pygments_style": "default"},
    ARITHMATEX: {"generic": True, "preview": False, "inline_tag": "span", "block_tag": "div"},
}
"""Options that a card leaves no choice in: colours are the style sheet's, and math is text between delimiters."""

MAX_PROBLEM: Final = 200
"""Characters of what an extension says that a message shows."""

MAX_WORK: Final = 40_000_000
"""Signs of markup, or lines, times the characters that they are in: about three seconds at the worst, measured."""

_COLOURING: Final = frozenset({"markdown.extensions.codehilite", "pymdownx.highlight"})

_PER_BRACKET: Final = 4  # links are looked for sign by sign, in Python
_SAMPLE = "a\n\n- b\n\n```python\nc\n```\n"
_PARAGRAPH = re.compile(r"<p>((?:(?!</?p>).)*)</p>\Z", re.DOTALL)
_ARITHMATEX = re.compile(r'<(span|div) class="arithmatex">\s*\\[(\[]([^<]*?)\\[)\]]\s*</\1>')
_TASK = re.compile(
    r'<li class="task-list-item">(\s*+(?:<p>)?+)\s*+(?:<label[^<>]*>)?<input type="checkbox"([^<>]*)>\s*'
)
_FENCE = re.compile(r" {0,3}(?:`{3,}+|~{3,}+)[^\n{]*+\{")
_OPTION = re.compile(r"""(?<![^\s{}"'])([^\s={}"']++)=(?:"[^"\n]*"|'[^'\n]*'|[^\s"'{}]*)""")
_LINK = re.compile(r'<a\b[^<>]*? href="([^"<>]*)"')
_IMAGE = re.compile(r'<img\b[^<>]*? src="([^"<>]*)"[^<>]*>')
_ALT = re.compile(r' alt="([^"]*)"')
_CODE_OPENING = re.compile(r'<pre[^>]*>(?:<span></span>)?<code(?: class="(?:[^"]*\blanguage-)?([^"\s]*)[^"]*")?[^>]*>')
_CODE_CLOSING = "</code></pre>"


def render_python_markdown(
    passage: Passage, options: RenderOptions, references: Mapping[str, Any], *, inline: bool
) -> tuple[str, Findings]:
    """Return a passage's HTML and what was found on the way; `inline` leaves the `<p>` of a single paragraph out."""
    findings = Findings(Places(passage), github=False)
    findings.places.within(None)
    screen_html(passage, findings)
    # Its blocks begin at the very start of a line, and an answer keeps what is indented beyond its list item.
    # Line ends are made one before any of our rules looks at lines: a drill's YAML may hold a `\r` of its own.
    text = fit(dedent(passage.text.replace("\r\n", "\n").replace("\r", "\n")))
    markdown, formulas = _loaded(options, is_long=len(text) > MAX_HIGHLIGHTED or _names_slow(text)).converter()
    markdown.references.update({key.lower(): (ref["href"], ref["title"]) for key, ref in references.items()})
    try:
        converted = markdown.convert(text)
    except RecursionError:
        findings.diagnostics.append(rules.NESTED_TOO_DEEP.at(passage.span(), depth=MAX_NESTING))
        converted = escape_text(text)
    except _TooMuchMarkupError as much:
        findings.diagnostics.append(rules.TOO_MUCH_MARKUP.at(passage.span(), signs=much.signs, length=much.length))
        converted = escape_text(text)
    except Exception as error:  # extensions raise what they like at what they did not expect
        problem = f"{type(error).__name__}: {error}"
        findings.diagnostics.append(rules.EXTENSION_FAILED.at(passage.span(), problem=problem[:MAX_PROBLEM]))
        converted = escape_text(text)
    for formula in formulas:
        findings.formula(formula.tex, formula.markup, formula.doubt)
    _report_addresses(converted, text, findings)
    html, pictures = finished(clean(Screen().screen(_with_own_parts(converted, findings))))
    known = {use.src for use in findings.pictures}
    for src in pictures:
        if src not in known and not src.startswith(("http:", "https:")):
            findings.pictures.append(PictureUse(src, findings.places.find(src)))
    html = html.strip()
    single = _PARAGRAPH.match(html) if inline else None
    return (single.group(1) if single else html), findings


def _names_slow(text: str) -> bool:
    low = text.lower()
    return any(language in low for language in SLOW)


def check_extensions(options: RenderOptions, place: Span) -> list[Diagnostic]:
    """Return what is wrong with the options' extensions, all at the place where they are listed."""
    return [
        rules.UNKNOWN_EXTENSION.at(place, name=name, problem=problem) for name, problem in _loaded(options).problems
    ]


# ── extensions ──────────────────────────────────────────────────────────────────────────────────────────────────────


class _Loaded:
    """The converter of one set of extensions; those that cannot be used are left out and named in `problems`."""

    def __init__(self, extensions: Iterable[tuple[str, str]], *, is_long: bool) -> None:
        wanted = [(name, _options(settings)) for name, settings in extensions]
        self.problems: list[tuple[str, str]] = []
        usable: dict[str, dict[str, object]] = {_full_name(name): {} for name in ALWAYS}
        for name, settings in wanted:
            if name in _OF_A_PAGE:
                continue
            full, forced = _full_name(name), _FORCED.get(name.removeprefix("markdown.extensions."), {})
            problem = _problem(full, name, {**settings, **forced})
            if problem:
                self.problems.append((name, problem))
            else:
                usable[full] = {**settings, **forced}
        for bundle in ("markdown.extensions.extra", "pymdownx.extra"):
            if bundle in usable:
                usable[bundle] = {**_FORCED, **usable[bundle]}
        if is_long:  # they would colour code of any length; without them `code_block` does, up to its bound
            if any(name.startswith("pymdownx.") for name in usable):  # of which some bring it in by themselves
                usable.setdefault("pymdownx.highlight", _FORCED["pymdownx.highlight"])
            for name in _COLOURING & usable.keys():
                usable[name] = {**usable[name], "use_pygments": False}
        self._formulas: list[Formula] = []
        math: list[Extension] = [] if ARITHMATEX in usable else [_MathExtension(self._formulas)]
        ours = (*math, _FenceExtension(), _BoundExtension())
        self._markdown = Markdown(extensions=[*usable, *ours], extension_configs=usable)

    def converter(self) -> tuple[Markdown, list[Formula]]:
        """Return the converter, fresh, and the list that it will put the formulas into."""
        self._markdown.reset()
        self._formulas.clear()
        return self._markdown, self._formulas


@lru_cache(maxsize=16)
def _loaded(options: RenderOptions, *, is_long: bool = False) -> _Loaded:
    return _Loaded(options.markdown_extensions, is_long=is_long)


def _options(settings: str) -> dict[str, Any]:
    """Return an extension's options, with no character in them that stands for the renderer's own."""
    read: dict[str, Any] = json.loads(fit(json.dumps(json.loads(settings), ensure_ascii=False)))
    return read


def _full_name(name: str) -> str:
    return f"markdown.extensions.{name}" if name in _OURS else name


def _problem(full: str, name: str, settings: Mapping[str, Any]) -> str:
    """Return in words why an extension cannot be used, or ""."""
    if name in _READS_FILES:
        return "it reads files, and a deck shows only what is in it"
    if full.removeprefix("markdown.extensions.") not in _OURS and full.removeprefix("pymdownx.") not in _PYMDOWN:
        return "only Python-Markdown's own extensions and those of pymdownx are loaded, as any other is foreign code"
    foreign = settings.keys() - _CODEHILITE - _FORCED["codehilite"].keys()
    if full == "markdown.extensions.codehilite" and foreign:
        return f"its option `{min(foreign)}` would go to Pygments, which has some that name files"
    try:
        Markdown(extensions=[full], extension_configs={full: dict(settings)}).convert(_SAMPLE)
    except ModuleNotFoundError as error:
        return f"the package `{error.name}` is not installed"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


class _TooMuchMarkupError(Exception):
    """A text would keep Python-Markdown busy for too long; carries how much markup is in how many characters."""

    def __init__(self, signs: int, length: int) -> None:
        super().__init__(f"{signs} signs in {length} characters")
        self.signs, self.length = signs, length


class _BoundExtension(Extension):
    """Bounds the work, because each stage of Python-Markdown may look at all of a text for each sign or line in it.

    So its time grows with the square of the length: 24,000 `[` took it a minute.
    """

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Put both rules in: behind the reading of code and formulas, and before that of what is inside blocks."""
        md.preprocessors.register(_BlockBound(md), "db_block_bound", 21)
        md.treeprocessors.register(_InlineBound(md), "db_inline_bound", 21)


class _BlockBound(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        """Return the lines. Raises _TooMuchMarkupError."""
        length = sum(map(len, lines)) + len(lines)
        for signs in (sum(line.count("<") for line in lines), len(lines)):  # HTML; lists and other blocks
            if signs * length > MAX_WORK:
                raise _TooMuchMarkupError(signs, length)
        return lines


class _InlineBound(Treeprocessor):
    def run(self, root: Element) -> None:
        """Look at each text that will be read for links and emphasis. Raises _TooMuchMarkupError."""
        work = 0
        for element in root.iter():
            for text in (element.text, element.tail):
                if text is None or isinstance(text, AtomicString):
                    continue
                signs = sum(map(text.count, string.punctuation)) + _PER_BRACKET * text.count("[")
                work += signs * len(text)
                if work > MAX_WORK:
                    raise _TooMuchMarkupError(signs, len(text))


class _MathExtension(Extension):
    """Reads `$…$` and `$$…$$` before any other rule sees what is inside."""

    def __init__(self, formulas: list[Formula]) -> None:
        super().__init__()
        self.formulas = formulas

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Put both rules in: blocks after fenced code, formulas in a line after inline code and before escapes."""
        md.ESCAPED_CHARS = [*md.ESCAPED_CHARS, "$"]
        md.preprocessors.register(_MathBlocks(md, self.formulas), "db_math_block", 24)
        md.inlinePatterns.register(_MathInline(md, self.formulas), "db_math", 185)


class _FenceExtension(Extension):
    """Takes from the braces of a fence what is not about lines of code: fenced_code hands all of it to Pygments."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Put the rule before every one that reads fences."""
        md.preprocessors.register(_FenceOptions(md), "db_fence_options", 100)


class _FenceOptions(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        """Return the lines with each fence's options down to those of codehilite."""
        return [
            _OPTION.sub(lambda found: found.group() if found.group(1) in _ON_FENCES else "", line)
            if _FENCE.match(line)
            else line
            for line in lines
        ]


class _MathBlocks(Preprocessor):
    def __init__(self, md: Markdown, formulas: list[Formula]) -> None:
        super().__init__(md)
        self.formulas = formulas

    def run(self, lines: list[str]) -> list[str]:
        """Stash each display formula that has its lines to itself."""
        kept: list[str] = []
        number = 0
        while number < len(lines):
            line = lines[number]
            found = formula_block(_until_closed(lines, number)) if line.lstrip().startswith("$$") else None
            if found is None:
                kept.append(line)
                number += 1
                continue
            count, tex = found
            number += count
            self.formulas.append(Formula(0, 0, tex, "$$"))
            alone = not (kept and kept[-1].strip()) and not (number < len(lines) and lines[number].strip())
            html = displayed_math(tex, "div" if alone else "span", MARK)
            kept.append(line[: len(line) - len(line.lstrip())] + self.md.htmlStash.store(html))
        return kept


def _until_closed(lines: list[str], start: int) -> list[str]:
    """Return the lines from `start` up to the one with the next `$$`."""
    for number in range(start + 1, len(lines)):
        if "$$" in lines[number]:
            return lines[start : number + 1]
    return lines[start:]


class _MathInline(InlineProcessor):
    def __init__(self, md: Markdown, formulas: list[Formula]) -> None:
        super().__init__(r"\$+", md)
        self.formulas = formulas

    def handleMatch(  # type: ignore[override]  # noqa: N802
        self, m: re.Match[str], data: str
    ) -> tuple[str | None, int | None, int | None]:
        """Return the stashed formula that opens at the dollars, and where it stands."""
        before = data[: m.start()]
        escaped = (len(before) - len(before.rstrip("\\"))) % 2
        formula = None if escaped else formula_at(data, m.start())
        if formula is None or "\x02" in formula.tex:
            return None, None, None
        self.formulas.append(formula)
        html = displayed_math(formula.tex, "span", MARK) if formula.display else inline_math(formula.tex, MARK)
        return self.md.htmlStash.store(html), formula.start, formula.end


# ── what becomes ours ───────────────────────────────────────────────────────────────────────────────────────────────


def _report_addresses(html: str, text: str, findings: Findings) -> None:
    """Report links and pictures as in GitHub's flavour; those of raw HTML were seen when it was screened."""
    for found in _LINK.finditer(html):
        if f'href="{found.group(1)}' not in text and not found.group(1).startswith("#fn"):
            findings.link(unescape(found.group(1)))
    for found in _IMAGE.finditer(html):
        if f'src="{found.group(1)}' not in text:
            alt = _ALT.search(found.group())
            findings.picture(unescape(found.group(1)), alt=alt.group(1) if alt else "")


def _with_own_parts(html: str, findings: Findings) -> str:
    html = _ARITHMATEX.sub(lambda found: _own_math(found, findings), html)
    html = _TASK.sub(lambda found: f"<li>{found.group(1)}{CHECKED if 'checked' in found.group(2) else UNCHECKED}", html)
    return "".join(_with_own_code(html, findings))


def _own_math(found: re.Match[str], findings: Findings) -> str:
    tex = unescape(found.group(2))
    findings.formula(tex, "$" if found.group(1) == "span" else "$$", "")
    return inline_math(tex, MARK) if found.group(1) == "span" else displayed_math(tex, "div", MARK)


def _with_own_code(html: str, findings: Findings) -> Iterable[str]:
    """Yield the HTML with each block of code as `code_block` makes it."""
    done = 0
    while (start := html.find("<pre", done)) >= 0 and (end := html.find(_CODE_CLOSING, start)) >= 0:
        opening = _CODE_OPENING.match(html, start)
        if not opening or opening.end() > end:
            yield html[done : start + 4]
            done = start + 4
            continue
        yield html[done:start]
        yield _own_code(html[opening.end() : end], opening.group(1) or "", findings)
        done = end + len(_CODE_CLOSING)
    yield html[done:]


def _own_code(html: str, language: str, findings: Findings) -> str:
    if "<" in html:
        # An extension has highlighted it already, and knows of lines to stress or to number.
        return code_frame(html, MARK)
    code = unescape(html)
    if language != "math":
        return code_block(code, language, MARK)
    findings.formula(code, "", "")
    return displayed_math(code, "div", MARK)
