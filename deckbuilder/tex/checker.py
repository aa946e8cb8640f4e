r"""What MathJax 3.2.2 would make of a formula, read as MathJax reads it: group by group, argument by argument.

MathJax stops at the first mistake of structure and shows the raw source, so at most one such mistake is reported for a
formula; macros that it does not know it shows in red and reads on, so all of those before it are.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from msgspec import Struct, field

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.rules import Rule
from deckbuilder.tex.advice import REFUSED_BY_GITHUB, instead_of
from deckbuilder.tex.confined import reaching_out
from deckbuilder.tex.known import Known, known
from deckbuilder.tex.width import unbroken_width

_TOKEN = re.compile(r"[^\\{}^_&'%#]+|\\[A-Za-z]+|\\.|[{}^_&'%#]", re.DOTALL)
"""A run of signs that mean themselves, blanks among them; or a command; or a sign that means something else."""
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BRACKET = re.compile(r"\\.|[{}\]]", re.DOTALL)
_BLANKS = re.compile(r"\s*")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)
_DIMENSION = re.compile(r"\s*[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)\s*(?:pt|em|ex|mu|px|mm|cm|in|pc)")
_ELEMENT = re.compile(r"</[a-z]+\s*>|<(?:br|hr|img)\b[^<>]*>|<(sub|sup|em|strong|span|div|code|kbd|[biuspa])\b[^<>]*>")
_CLOSED = re.compile(r"</([a-z]+)")
_ENTITY = re.compile(r"&(?:lt|gt|amp|nbsp|quot|le|ge|ne|times|minus|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
_PLAIN = re.compile(r"[^\W_]*+(?:[\s=+\-*/().,:;|!\[\]]++[^\W_]*+)*+")
_MAY_BE_LOST = re.compile(rf"\\(?:{'|'.join(REFUSED_BY_GITHUB)}|[{re.escape(string.punctuation)}])")
_IN_TEXT = frozenset("${}\\()")
"""What may follow a backslash in `\\text`; any other is shown, backslash and all."""

_DEFINING: Final[Mapping[str, int]] = MappingProxyType({
    "newcommand": 1, "renewcommand": 1, "newenvironment": 2, "renewenvironment": 2, "DeclareMathOperator": 1,
    "DeclarePairedDelimiter": 2, "DeclarePairedDelimiters": 2, "DeclarePairedDelimiterX": 3,
    "DeclarePairedDelimitersX": 3, "DeclarePairedDelimiterXPP": 5, "DeclarePairedDelimitersXPP": 5, "def": 1, "let": 0,
    "Newextarrow": 2, "require": 0, "definecolor": 2, "newtagform": 2, "renewtagform": 2,
})  # fmt: skip
"""Macros that define others, and the arguments that follow the name defined."""

_INFIX = frozenset({"over", "atop", "choose", "brace", "brack", "above"})
_ROW_ENDS = frozenset({"cr", "hline", "hdashline"})
_STARRED = frozenset({"operatorname", "tag", "hspace", "mspace", "DeclareMathOperator", "smash"})
_PREAMBLE = frozenset({"array", "subarray", "crampedsubarray", "alignat", "alignat*", "alignedat", "xalignat"})
_SHOWN = 40
_NEAR = 200
"""Characters within which a bracket's end, or a definition's body, is looked for: each look could go to the end."""

_DEEPEST = 20
"""Arguments inside of arguments that are read; each level goes over all within it again."""

_WIDEST = 20
"""Em that a phone of 390 px has room for, at 18 px and with narrow margins."""


class Problem(Struct, frozen=True):
    """A finding in a formula: its rule, the characters that it is about, the words that its message needs."""

    rule: Rule
    start: int
    width: int
    words: Mapping[str, object] = field(default_factory=dict)

    def at(self, span: Span) -> Diagnostic:
        """Return the finding, once it is known where the formula's characters stand in the source."""
        return self.rule.at(span, related=(), **self.words)


class Checked(Struct, frozen=True):
    """What was found in a formula, and the macros that it defines (`*` where it loads a package of them)."""

    problems: tuple[Problem, ...] = ()
    defines: frozenset[str] = frozenset()


class _Frame(Struct):
    r"""What is open at a place: a brace, a `\left`, an environment, or an argument; and what stood there last."""

    kind: str = ""
    name: str = ""
    start: int = 0
    rows: bool = False
    columns: bool = False
    above: bool = False
    below: bool = False
    prime: bool = False
    script: int = -1
    script_sign: str = ""
    letter: bool = True
    infix: bool = False

    def atom(self, *, letter: bool = False) -> None:
        """Note that something stands here: the script that was waited for, or a new base."""
        if self.script >= 0:
            self.script = -1
            return
        self.above = self.below = self.prime = False
        self.letter = letter


class _Stop(Exception):
    """Raised where MathJax stops reading."""


NOTHING = Checked()


def check(tex: str, *, in_line: bool, on_github: str, defined: frozenset[str] = frozenset()) -> Checked:
    """Return what Anki, and GitHub if asked for, would show wrong of a formula that its author wrote as `tex`.

    `in_line` says that the formula stands in a line of text; `on_github` is "", "macros", or "escapes" where Markdown's
    escapes are lost too; `defined` are the macros that earlier formulas define.
    """
    if len(tex) < 2 * _WIDEST and _PLAIN.fullmatch(tex):
        return NOTHING
    return _check(tex, in_line, on_github, defined)


@lru_cache(maxsize=8192)
def _check(tex: str, in_line: bool, on_github: str, defined: frozenset[str]) -> Checked:
    reader = _Reader(tex, known(), defined)
    try:
        reader.elements()
        reader.read(0, len(tex))
    except _Stop:
        pass
    problems = reader.problems
    if (
        in_line
        and not problems
        and len(tex) > 2 * _WIDEST
        and r"\begin" not in tex
        and (em := unbroken_width(tex)) > _WIDEST
    ):
        problems.append(Problem(rules.TEX_WIDE, 0, len(tex), {"width": f"{em:.0f}"}))
    for start, macro in reaching_out(tex):  # read by itself: the reader above stops where MathJax would
        problems.append(Problem(rules.TEX_REACHES_OUT, start, len(macro) + 1, {"macro": macro}))
    if on_github:
        problems += _on_github(tex, escapes=on_github == "escapes")
    if not problems and not reader.defines:
        return NOTHING
    return Checked(tuple(sorted(problems, key=lambda problem: problem.start)), frozenset(reader.defines))


def _on_github(tex: str, *, escapes: bool) -> Iterator[Problem]:
    lost = None
    if not _MAY_BE_LOST.search(tex):
        return
    for found in _COMMAND.finditer(tex):
        name = found.group()[1:]
        if name in REFUSED_BY_GITHUB:
            words = {"macro": name, "instead": REFUSED_BY_GITHUB[name]}
            yield Problem(rules.TEX_REFUSED_BY_GITHUB, found.start(), len(name) + 1, words)
        elif escapes and lost is None and name in string.punctuation:
            lost = found
    if lost:
        yield Problem(rules.TEX_LOST_ON_GITHUB, lost.start(), 2, {"sign": lost.group(), "left": lost.group()[1]})


class _Reader:
    """Reads one formula; what it finds is in `problems`, what the formula defines in `defines`."""

    def __init__(self, tex: str, names: Known, defined: frozenset[str]) -> None:
        self.tex = tex
        self.names = names
        self.defines = set(defined)
        self.problems: list[Problem] = []
        self.depth = 0

    def elements(self) -> None:
        """Report HTML, which is shown as text inside of a formula."""
        closed = set(_CLOSED.findall(self.tex)) if "<" in self.tex else set()
        for found in _ELEMENT.finditer(self.tex) if "<" in self.tex else ():
            if not found.group(1) or found.group(1) in closed:
                raise self._stopped(rules.TEX_HTML, found.start(), len(found.group()), what=found.group()[:_SHOWN])
        entity = _ENTITY.search(self.tex) if "&" in self.tex else None
        if entity:
            raise self._stopped(rules.TEX_HTML, entity.start(), len(entity.group()), what=entity.group())

    def read(self, start: int, end: int, *, rows: bool = False) -> None:
        """Read the characters `start` to `end` as one whole: a formula or an argument."""
        tex, frames = self.tex, [_Frame(rows=rows, columns=rows)]
        at = start
        while at < end:
            found = _TOKEN.match(tex, at, end)
            token = found.group() if found else tex[at]
            begin, at = at, at + len(token)
            top = frames[-1]
            sign = token[0]
            if sign == "\\" and len(token) > 1:
                at = self._command(token[1:], begin, at, end, frames)
            elif sign == "{":
                top.atom()
                frames.append(_Frame("{", "{", begin))
            elif sign == "}":
                self._close_brace(frames, begin)
            elif sign in "^_":
                self._script(top, sign, begin)
            elif sign == "'":
                at = self._prime(top, begin, at)
            elif sign == "&":
                self._column(top, begin)
            elif sign == "%":
                at = self._comment(begin, end)
            elif sign == "#":
                raise self._misplaced(begin, "#", r"it names the arguments of macros; to be seen it is written `\#`")
            else:
                for _ in token.strip()[:2]:  # the first may be the script that was waited for; more change nothing
                    top.atom(letter=True)
        self._close_all(frames)

    # ── groups ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _close_brace(self, frames: list[_Frame], at: int) -> None:
        self._no_script_open(frames[-1])
        if frames[-1].kind == "{":
            frames.pop()
            return
        if frames[-1].kind:
            raise self._unclosed(frames[-1])
        raise self._stopped(rules.MATH_UNBALANCED, at, 1)

    def _close_all(self, frames: list[_Frame]) -> None:
        self._no_script_open(frames[-1])
        if len(frames) > 1:
            raise self._unclosed(frames[-1])

    def _unclosed(self, frame: _Frame) -> _Stop:
        if frame.kind == "{":
            return self._stopped(rules.MATH_UNBALANCED, frame.start, 1)
        if frame.kind == "left":
            return self._stopped(rules.TEX_UNPAIRED, frame.start, 5, one=r"\left", other=r"\right")
        one = rf"\begin{{{frame.name}}}"
        has_braces = self.tex.startswith(one, frame.start)  # TeX also takes a single sign for the name
        width = len(one) if has_braces else len(r"\begin")
        return self._stopped(rules.TEX_UNPAIRED, frame.start, width, one=one, other=rf"\end{{{frame.name}}}")

    def _left(self, frames: list[_Frame], begin: int, at: int, end: int) -> int:
        frames[-1].atom()
        frames.append(_Frame("left", "left", begin))
        return self._delimiter("left", begin, at, end, braces=False)

    def _right(self, frames: list[_Frame], begin: int, at: int, end: int) -> int:
        self._no_script_open(frames[-1])
        at = self._delimiter("right", begin, at, end, braces=False)
        if frames[-1].kind != "left":
            if frames[-1].kind == "env":
                self._unclosed_or(frames, "left", frames[-1])
            raise self._stopped(rules.TEX_UNPAIRED, begin, 6, one=r"\right", other=r"\left")
        frames.pop()
        return at

    def _unclosed_or(self, frames: list[_Frame], kind: str, inner: _Frame) -> None:
        """Stop at the frame `inner` if something of the wanted kind is open outside of it."""
        if any(frame.kind == kind for frame in frames):
            raise self._unclosed(inner)

    def _middle(self, frames: list[_Frame], begin: int, at: int, end: int) -> int:
        self._no_script_open(frames[-1])
        at = self._delimiter("middle", begin, at, end, braces=False)
        if frames[-1].kind != "left":
            raise self._misplaced(begin, r"\middle", r"it needs a `\left` before it in the same group", 7)
        frames[-1].atom()
        return at

    def _begin(self, frames: list[_Frame], begin: int, at: int, end: int) -> int:
        start, stop, at = self._argument("begin", begin, at, end)
        name = self.tex[start:stop].strip()
        allowed = self.names.environments.get(name)
        if allowed is None and name not in self.defines and "*" not in self.defines:
            near = instead_of(name, self.names.environments) if name else ""
            raise self._stopped(
                rules.TEX_ENVIRONMENT, begin, at - begin, name=name,
                advice=near.replace("`\\", "`") if near.startswith("did") else "write it with `array` or `aligned`",
            )  # fmt: skip
        allowed = "&\\" if allowed is None else allowed
        frames[-1].atom()
        frames.append(_Frame("env", name, begin, rows="\\" in allowed, columns="&" in allowed))
        if name in _PREAMBLE:
            after = self._optional(name, begin, at, end)
            if not self.tex.startswith("{", _skip_blanks(self.tex, after, end)):
                what = "its columns, as in `{cc}`" if "array" in name else "the number of its column pairs, as in `{2}`"
                raise self._stopped(rules.TEX_ARGUMENT, begin, at - begin, macro=rf"\begin{{{name}}}", what=what)
        return at

    def _end(self, frames: list[_Frame], begin: int, at: int, end: int) -> int:
        self._no_script_open(frames[-1])
        start, stop, at = self._argument("end", begin, at, end)
        name = self.tex[start:stop].strip()
        top = frames[-1]
        if top.kind == "env" and top.name == name:
            frames.pop()
            return at
        if top.kind:
            self._unclosed_or(frames, "env", top)
        one = rf"\end{{{name}}}"
        raise self._stopped(rules.TEX_UNPAIRED, begin, at - begin, one=one, other=rf"\begin{{{name}}}")

    # ── scripts, columns, rows, comments ────────────────────────────────────────────────────────────────────────────

    def _script(self, top: _Frame, sign: str, at: int) -> None:
        self._no_script_open(top)
        again = (top.above and not top.prime) if sign == "^" else top.below
        if again:
            raise self._stopped(rules.TEX_DOUBLE_SCRIPT, at, 1, sign=sign)
        if sign == "^":
            top.above = True
        else:
            top.below = True
        top.prime = False
        top.script, top.script_sign = at, sign

    def _prime(self, top: _Frame, begin: int, at: int) -> int:
        self._no_script_open(top)
        if top.above:
            raise self._stopped(rules.TEX_DOUBLE_SCRIPT, begin, 1, sign="'")
        top.above = top.prime = True
        while self.tex.startswith("'", at):
            at += 1
        return at

    def _no_script_open(self, top: _Frame, what: str = "") -> None:
        if top.script >= 0:
            what = what or ("something to raise" if top.script_sign == "^" else "something to lower")
            raise self._stopped(rules.TEX_ARGUMENT, top.script, 1, macro=top.script_sign, what=what)

    def _column(self, top: _Frame, at: int) -> None:
        self._no_script_open(top)
        if not top.columns:
            raise self._misplaced(at, "&", _why_no_column(top))
        _new_cell(top)

    def _row(self, top: _Frame, begin: int, at: int, end: int) -> int:
        self._no_script_open(top)
        if not top.rows:
            self._say(rules.TEX_LINE_BREAK, begin, 2)
        _new_cell(top)
        if self.tex.startswith("*", at, end):
            at += 1
        if self.tex.startswith("[", at, end):
            closing = self.tex.find("]", at, min(end, at + _NEAR))
            if closing >= 0 and self.tex[at + 1 : closing].strip():
                if not _DIMENSION.match(self.tex, at + 1, closing):
                    what = "a blank before a bracket that opens its next row, or a length in it, as in `[2pt]`"
                    raise self._stopped(rules.TEX_ARGUMENT, begin, 3, macro=r"\\", what=what)
                return closing + 1
        return at

    def _comment(self, begin: int, end: int) -> int:
        stop = self.tex.find("\n", begin, end)
        stop = end if stop < 0 else stop
        lost = self.tex[begin + 1 : stop].strip()
        if lost or self.tex[begin - 1 : begin].isdigit():  # a per cent sign, and no end of line taken away
            self._say(rules.TEX_COMMENT, begin, 1, lost=lost[:_SHOWN] or "%")
        return stop

    # ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _command(self, name: str, begin: int, at: int, end: int, frames: list[_Frame]) -> int:
        top = frames[-1]
        if name in self.names.no_scripts:
            self._no_script_open(top, rf"braces around what follows, as in `{{\{name} …}}`")
        if read_pair := _PAIRED.get(name):
            return read_pair(self, frames, begin, at, end)
        if name == "\\":
            return self._row(top, begin, at, end)
        if name in _DEFINING:
            return self._definition(name, begin, at, end)
        if name in ("limits", "nolimits"):
            if top.letter:
                raise self._misplaced(begin, f"\\{name}", "only an operator such as `\\sum` has limits", len(name) + 1)
            return at
        if name in _ROW_ENDS and not top.rows:
            raise self._misplaced(begin, f"\\{name}", "it belongs into an array", len(name) + 1)
        if name in _INFIX:
            self._infix(top, name, begin)
        return self._verbatim(at, end, top) if name == "verb" else self._ordinary(name, begin, at, end, top)

    def _verbatim(self, at: int, end: int, top: _Frame) -> int:
        top.atom()
        closing = self.tex.find(self.tex[at], at + 1, end) if at < end else -1
        return closing + 1 if closing >= 0 else end

    def _infix(self, top: _Frame, name: str, begin: int) -> None:
        if top.infix:
            raise self._misplaced(begin, f"\\{name}", "the same group has one already", len(name) + 1)
        top.infix = True

    def _ordinary(self, name: str, begin: int, at: int, end: int, top: _Frame) -> int:
        """Read a macro with its arguments, as its signature says."""
        signature = self.names.macros.get(name)
        if signature is None:
            if name not in self.defines and "*" not in self.defines and name not in ("of", "\n"):
                advice = instead_of(name, self.names.macros)
                self._say(rules.TEX_UNDEFINED, begin, len(name) + 1, macro=name, advice=advice)
            top.atom()
            return at
        if name in _STARRED and self.tex.startswith("*", at, end):
            at += 1
        for letter in signature:
            if letter == "[":
                at = self._optional(name, begin, at, end)
            elif letter == "D":
                at = self._delimiter(name, begin, at, end, braces=True)
            elif letter == "d":
                at = self._dimension(name, begin, at, end)
            else:
                start, stop, at = self._argument(name, begin, at, end)
                if name == "sqrt" and self.tex[start:stop] == r"\frac":  # which MathJax gives its arguments here
                    at = start
                elif letter in "ma":
                    self._inner(name, begin, start, stop, rows=letter == "a")
                elif letter == "t":
                    self._text(name, start, stop)
        top.atom(letter=not signature and name not in self.names.operators)
        return at

    def _inner(self, name: str, begin: int, start: int, stop: int, *, rows: bool) -> None:
        """Read an argument."""
        if self.depth >= _DEEPEST:
            raise self._misplaced(begin, f"\\{name}", f"it is nested {_DEEPEST} arguments deep", len(name) + 1)
        self.depth += 1
        self.read(start, stop, rows=rows)
        self.depth -= 1

    def _definition(self, name: str, begin: int, at: int, end: int) -> int:
        self._say(rules.TEX_DEFINITION, begin, len(name) + 1, macro=name)
        if name in _STARRED and self.tex.startswith("*", at, end):
            at += 1
        start, stop, at = self._argument(name, begin, at, end)
        self.defines.add("*" if name == "require" else self.tex[start:stop].strip().removeprefix("\\"))
        if name == "def":
            at = max(at, self.tex.find("{", at, min(end, at + _NEAR)))
        elif name == "let":
            at = _skip_blanks(self.tex, at, end)
            at += self.tex.startswith("=", at, end)
            at = self._argument(name, begin, at, end)[2]
        for _ in range(_DEFINING[name]):
            at = self._optional(name, begin, self._optional(name, begin, at, end), end)
            at = self._argument(name, begin, at, end)[2]
        return at

    # ── arguments ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _argument(self, name: str, begin: int, at: int, end: int) -> tuple[int, int, int]:
        """Return where the next argument's content starts and ends, and where reading goes on."""
        at = _skip_blanks(self.tex, at, end)
        if at >= end or self.tex[at] == "}":
            raise self._stopped(rules.TEX_ARGUMENT, begin, len(name) + 1, macro=f"\\{name}", what=self._wanted(name))
        if self.tex[at] == "\\" and (command := _COMMAND.match(self.tex, at, end)):
            return at, command.end(), command.end()
        if self.tex[at] != "{":
            return at, at + 1, at + 1
        depth = 0
        for found in _BRACE.finditer(self.tex, at, end):
            depth += {"{": 1, "}": -1}.get(found.group(), 0)
            if depth == 0:
                return at + 1, found.start(), found.end()
        raise self._stopped(rules.MATH_UNBALANCED, at, 1)

    def _wanted(self, name: str) -> str:
        count = len(self.names.macros.get(name, "").lstrip("["))
        return f"{count} arguments" if count > 1 else "an argument"

    def _optional(self, name: str, begin: int, at: int, end: int) -> int:
        """Return where reading goes on after an optional argument in brackets, if there is one."""
        opening = _skip_blanks(self.tex, at, end)
        if not self.tex.startswith("[", opening, end):
            return at
        depth = 0
        for found in _BRACKET.finditer(self.tex, opening + 1, end):
            depth += {"{": 1, "}": -1}.get(found.group(), 0)
            if found.group() == "]" and depth == 0:
                return found.end()
        raise self._stopped(rules.TEX_ARGUMENT, begin, len(name) + 1, macro=f"\\{name}", what="a `]` to its `[`")

    def _delimiter(self, name: str, begin: int, at: int, end: int, *, braces: bool) -> int:
        at = _skip_blanks(self.tex, at, end)
        if braces and self.tex.startswith("{", at, end):
            start, stop, after = self._argument(name, begin, at, end)
            sign = self.tex[start:stop].strip()
        else:
            command = _COMMAND.match(self.tex, at, end)
            sign = command.group() if command else self.tex[at : min(at + 1, end)]
            after = at + len(sign)
        if sign not in self.names.delimiters:
            what = r"a delimiter, such as `(`, `|`, `\lbrace` or `.` for none"
            raise self._stopped(rules.TEX_ARGUMENT, begin, max(after, at) - begin, macro=f"\\{name}", what=what)
        return after

    def _dimension(self, name: str, begin: int, at: int, end: int) -> int:
        at = _skip_blanks(self.tex, at, end)
        if self.tex.startswith("{", at, end):
            start, stop, after = self._argument(name, begin, at, end)
            found = _DIMENSION.match(self.tex, start, stop)
        else:
            found = _DIMENSION.match(self.tex, at, end)
            after = found.end() if found else at
        if not found:
            what = "a length with its unit, such as `1em`"
            raise self._stopped(rules.TEX_ARGUMENT, begin, len(name) + 1, macro=f"\\{name}", what=what)
        return after

    def _text(self, name: str, start: int, end: int) -> None:
        r"""Read an argument in which nothing is TeX but `$…$`, `\(…\)` and a few escapes."""
        at = start
        while at < end:
            sign = self.tex[at]
            if sign == "$":
                at = self._math_in_text(at + 1, end, "$")
            elif sign == "\\" and at + 1 < end:
                command = _COMMAND.match(self.tex, at, end)
                written = command.group() if command else sign
                if written == r"\(":
                    at = self._math_in_text(at + 2, end, r"\)")
                elif written[1] in _IN_TEXT or written in (r"\ref", r"\eqref"):
                    at += len(written)
                else:
                    self._say(rules.TEX_IN_TEXT, at, len(written), sign=written, macro=name, advice=_in_text(written))
                    at += len(written)
            else:
                at += 1

    def _math_in_text(self, start: int, end: int, closing: str) -> int:
        stop = self.tex.find(closing, start, end)
        if stop < 0:
            raise self._stopped(rules.TEX_UNPAIRED, start - len(closing), len(closing), one="$", other="$")
        self._inner("text", start - len(closing), start, stop, rows=False)
        return stop + len(closing)

    # ── saying so ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _misplaced(self, at: int, sign: str, reason: str, width: int = 1) -> _Stop:
        return self._stopped(rules.TEX_MISPLACED, at, width, sign=sign, reason=reason)

    def _say(self, rule: Rule, start: int, width: int, **words: str) -> None:
        self.problems.append(Problem(rule, start, width, words))

    def _stopped(self, rule: Rule, start: int, width: int, **words: str) -> _Stop:
        self._say(rule, start, width, **words)
        return _Stop()


_PAIRED = {
    "left": _Reader._left,
    "right": _Reader._right,
    "middle": _Reader._middle,
    "begin": _Reader._begin,
    "end": _Reader._end,
}


def _new_cell(top: _Frame) -> None:
    top.atom(letter=True)
    top.infix = False


def _why_no_column(top: _Frame) -> str:
    if top.kind == "left":
        return r"it would split a `\left … \right`"
    if top.kind == "{":
        return "it stands inside braces"
    return r"only an environment such as `aligned` has columns; to be seen it is written `\&`"


def _in_text(written: str) -> str:
    if written == r"\ ":
        return "write a plain blank"
    if written[1].isalpha() or written[1] in ",;:!":
        return f"end the text before it, or put it between dollars: `${written}$`"
    return f"write `{written[1]}` alone: in text it needs no backslash"


def _skip_blanks(text: str, at: int, end: int) -> int:
    found = _BLANKS.match(text, at, end)
    return found.end() if found else at
