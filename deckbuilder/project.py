"""deck.yml becomes a project: what to build from, how, and where the lock lies."""

from __future__ import annotations

import json
import re
import stat
import unicodedata
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.files import is_there, leads_out, real_path
from deckbuilder.source.files import markdown_files, read_text
from deckbuilder.source.vocabulary import HABITS, ID_SHAPE, LIST, TAG_SHAPE, read_tags
from deckbuilder.source.words import words_in
from deckbuilder.waivers import Waiver, read_waivers, waivers_shape
from deckbuilder.yaml_text import YamlValue, place_in_file, read_yaml, suggestion

FLAVOURS = ("github", "python-markdown")
DECK_YML: Final = "deck.yml"
DECK_LOCK: Final = "deck.lock"
MAX_LINE: Final = 500  # characters of a setting that is one line
MAX_PROSE: Final = 20_000  # characters of a deck's description
RELEASES: Final = "RELEASES.md"
"""The list of releases that `release` keeps beside deck.lock; it is no part of the deck."""

_ID = re.compile(r"[\w.-]{1,100}")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_OPENS_TAG = re.compile(r"<(?=[A-Za-z/!?])")


class Settings(Struct, frozen=True):
    """The options of deck.yml, each with its default.

    `subdecks` is the number of heading levels that make subdecks. `tag_prefix` None stands for the deck's own name.
    `ignore` are the findings that may stand.
    `markdown_extensions` are pairs of a name and its options as canonical JSON. `source_url` may hold `{path}` and
    `{line}`.
    """

    name: str = ""
    id: str = ""
    version: str = ""
    description: str = ""
    questions: str = LIST
    subdecks: int = 2
    tags: tuple[str, ...] = ()
    tag_prefix: str | None = None
    exclude: tuple[str, ...] = ()
    flavour: str = "github"
    markdown_extensions: tuple[tuple[str, str], ...] = ()
    source_url: str = ""
    ignore: tuple[Waiver, ...] = ()


class Project(Struct, frozen=True):
    """A deck on disk: its folder (pictures come from inside it only), its Markdown files, its lock, its settings.

    `root` is how the user names the folder ("" for the present one); `place` is where findings about the project as a
    whole point to; `texts` holds what was read of deck.yml, by its name.
    """

    folder: Path
    root: str
    files: tuple[Path, ...]
    lock: Path
    lock_name: str
    settings: Settings
    place: Span
    texts: Mapping[str, str] = {}


def slug(text: str) -> str:
    """Return a text as a file name or tag: lower case, words joined by hyphens, letters and marks of any script."""
    return "-".join(words_in(unicodedata.normalize("NFC", text.casefold()))) or "deck"


def load_project(source: Path) -> tuple[Project | None, list[Diagnostic]]:
    """Read the project that `source` names: a folder of Markdown files, or one Markdown file."""
    name = _shown(source)
    place = Span(name or ".")
    try:
        mode = source.stat().st_mode
    except OSError as error:
        if is_there(source):
            problem = error.strerror or str(error)
            return None, [rules.FILE_UNREADABLE.at(place, path=place.file, problem=problem)]
        return None, [rules.FILE_MISSING.at(place, path=place.file)]
    if leads_out(source):
        problem = f"a link leads it out of this folder; if that is meant, name {real_path(source).as_posix()}"
        return None, [rules.FILE_UNREADABLE.at(place, path=place.file, problem=problem)]
    if stat.S_ISDIR(mode):
        return _folder_project(source, name)
    if stat.S_ISREG(mode):
        return _file_project(source, name), []
    return None, [rules.FILE_UNREADABLE.at(place, path=place.file, problem="it is neither a folder nor a file")]


def _shown(path: Path) -> str:
    text = path.as_posix()
    return "" if text == "." else text.removeprefix("./")


def _file_project(source: Path, name: str) -> Project:
    lock = source.with_name(f"{source.stem}.{DECK_LOCK}")
    settings = Settings(name=plain_name(source.stem))
    root = _shown(source.parent)
    return Project(source.parent, root, (source,), lock, _joined(root, lock.name), settings, Span(name))


def _folder_project(source: Path, name: str) -> tuple[Project | None, list[Diagnostic]]:
    config = source / DECK_YML
    place = Span(_joined(name, DECK_YML) if is_there(config) else name or ".")
    text, diagnostics = read_text(config, place.file, source) if is_there(config) else (None, [])
    settings = Settings() if text is None else _read_settings(text, place.file, diagnostics)
    if not settings.name:
        settings = _with(settings, name=plain_name(source.resolve().name))
    found, problems = markdown_files(source)
    files = tuple(path for path in found if path != source / RELEASES and not _is_excluded(path, source, settings))
    for problem in problems:
        unseen = Path(problem.filename)
        if not _is_excluded(unseen / "any.md", source, settings):
            shown = _shown(Path(name) / unseen.relative_to(source)) or "."
            diagnostics.append(
                rules.FILE_UNREADABLE.at(Span(shown), path=shown, problem=problem.strerror or str(problem))
            )
    if not files and not problems:
        diagnostics.append(rules.FILE_MISSING.at(place, path=_joined(name, "*.md")))
    lock_name = _joined(name, DECK_LOCK)
    texts = {} if text is None else {place.file: text}
    return Project(source, name, files, source / DECK_LOCK, lock_name, settings, place, texts), diagnostics


def _is_excluded(path: Path, source: Path, settings: Settings) -> bool:
    return any(fnmatch(path.relative_to(source).as_posix(), pattern) for pattern in settings.exclude)


def _joined(root: str, name: str) -> str:
    return f"{root}/{name}" if root else name


def list_of_releases(lock: Path) -> Path:
    """Return where the list of a deck's releases lies: beside deck.lock, named after the file where the deck is one."""
    return lock.with_name(RELEASES if lock.name == DECK_LOCK else lock.name.replace(f".{DECK_LOCK}", ".releases.md"))


def plain_name(text: str) -> str:
    """Return a text as a deck's name: one line, no quotes, no subdecks, nothing that is HTML."""
    return subdeck_name(text.replace('"', "").replace("::", "-")).strip() or "deck"


def subdeck_name(title: str) -> str:
    """Return a heading as the name of a subdeck. Anki's desktop takes the names of decks for HTML, without asking."""
    return _OPENS_TAG.sub("‹", _CONTROL.sub("", title)).replace("::", ":")


def is_deck_name(text: str) -> bool:
    """Whether a text can be the full name of a deck: nothing that Anki shows otherwise than it is written."""
    return not _CONTROL.search(text) and not _OPENS_TAG.search(text)


def _read_settings(text: str, name: str, diagnostics: list[Diagnostic]) -> Settings:
    value, found = read_yaml(text, place_in_file(name))
    diagnostics += found
    if value is None:
        return Settings()
    if not isinstance(value.data, dict):
        example = "name: My deck"
        diagnostics.append(
            rules.WRONG_SETTING.at(value.span, key="deck.yml", expected="a mapping of settings", example=example)
        )
        return Settings()
    return _settings(value.data, diagnostics)


def _settings(values: Mapping[str, YamlValue], diagnostics: list[Diagnostic]) -> Settings:
    settings = Settings()
    for key, value in values.items():
        if key not in SETTINGS:
            at = value.key_span or value.span
            hint = suggestion(key, SETTINGS)
            diagnostics.append(rules.UNKNOWN_SETTING.at(at, key=key, where="deck.yml", suggestion=hint))
            continue
        if key == "ignore":
            settings = _with(settings, ignore=_waivers(value, diagnostics))
            continue
        reader, expected, example = _READERS[key]
        try:
            settings = _with(settings, **{key: reader(value)})
        except ValueError:
            diagnostics.append(rules.WRONG_SETTING.at(value.span, key=key, expected=expected, example=example))
    return settings


def read_waivers_file(path: Path, deck: Path) -> tuple[tuple[Waiver, ...], list[Diagnostic]]:
    """Read a file of waivers that lies outside the folder `deck`; its form is that of `ignore` in deck.yml."""
    name = path.as_posix()
    if real_path(path).is_relative_to(real_path(deck)) or real_path(path.parent).is_relative_to(real_path(deck)):
        return (), [rules.WAIVERS_INSIDE.at(Span(name), path=name)]
    text, diagnostics = read_text(path, name, path.parent)
    value, found = read_yaml(text, place_in_file(name)) if text is not None else (None, [])
    diagnostics += found
    if value is None:
        return (), diagnostics
    if not isinstance(value.data, dict):
        example = "DB405: these pictures may not be copied"
        wrong = rules.WRONG_SETTING.at(value.span, key=name, expected="a mapping of codes to reasons", example=example)
        return (), [*diagnostics, wrong]
    waivers, found = read_waivers(value.data, outside=True)
    return waivers, diagnostics + found


def _waivers(value: YamlValue, diagnostics: list[Diagnostic]) -> tuple[Waiver, ...]:
    if not isinstance(value.data, dict):
        expected, example = _IGNORE
        diagnostics.append(rules.WRONG_SETTING.at(value.span, key="ignore", expected=expected, example=example))
        return ()
    waivers, found = read_waivers(value.data)
    diagnostics += found
    return waivers


def _with(settings: Settings, **changed: object) -> Settings:
    return replace(settings, **changed)


def _line(value: YamlValue) -> str:
    if isinstance(value.data, (dict, list)) or not value.text.strip() or '"' in value.text:
        raise ValueError(value.text)
    if _CONTROL.search(value.text) or len(value.text) > MAX_LINE:
        raise ValueError(value.text)
    return value.text.strip()


def _name(value: YamlValue) -> str:
    if not is_deck_name(value.text):
        raise ValueError(value.text)
    return _line(value)


def _prose(value: YamlValue) -> str:
    if isinstance(value.data, (dict, list)) or len(value.text) > MAX_PROSE:
        raise ValueError
    return value.text.strip()


def _identifier(value: YamlValue) -> str:
    if not _ID.fullmatch(value.text):
        raise ValueError(value.text)
    return value.text


def _depth(value: YamlValue) -> int:
    if type(value.data) is not int or not 0 <= value.data <= 6:
        raise ValueError(value.text)
    return value.data


def _tags(value: YamlValue) -> tuple[str, ...]:
    tags, problems = read_tags(value)
    if problems:
        raise ValueError(value.text)
    return tags


def _prefix(value: YamlValue) -> str:
    return "" if value.text == "" else "".join(_tags(value)[:1])


def _patterns(value: YamlValue) -> tuple[str, ...]:
    entries = value.data if isinstance(value.data, list) else [value]
    return tuple(_line(entry) for entry in entries)


def _habit(value: YamlValue) -> str:
    if value.data not in HABITS:
        raise ValueError(value.text)
    return value.text


def _flavour(value: YamlValue) -> str:
    if value.data not in FLAVOURS:
        raise ValueError(value.text)
    return value.text


def _extensions(value: YamlValue) -> tuple[tuple[str, str], ...]:
    """Read extensions as mkdocs.yml lists them: names, or one-entry mappings of a name to its options."""
    if not isinstance(value.data, list):
        raise ValueError(value.text)
    found: list[tuple[str, str]] = []
    for entry in value.data:
        if isinstance(entry.data, dict):
            for name, options in entry.data.items():
                plain = options.plain() or {}
                if not isinstance(plain, dict):
                    raise ValueError(name)
                found.append((name, json.dumps(plain, sort_keys=True, default=str)))
        else:
            found.append((_line(entry), "{}"))
    return tuple(found)


def _url(value: YamlValue) -> str:
    url = _line(value)
    if not url.startswith(("https://", "http://")):
        raise ValueError(url)
    return url


_Reader = tuple[Callable[[YamlValue], object], str, str]
_READERS: dict[str, _Reader] = {
    "name": (_name, "one line of text, without HTML", "name: Transformers"),
    "id": (_identifier, "a word of letters, digits, `-`, `_` and `.`", "id: jane-transformers"),
    "version": (_line, "a version in quotes", 'version: "1.2"'),
    "description": (_prose, "text", "description: A review of transformers."),
    "questions": (_habit, "`list` or `headings`", "questions: headings"),
    "subdecks": (_depth, "a number from 0 to 6", "subdecks: 2"),
    "tags": (_tags, "a list of tags without blanks, `<`, `[` and backslashes", "tags: [transformers]"),
    "tag_prefix": (_prefix, "a tag without blanks, or nothing", "tag_prefix: transformers"),
    "exclude": (_patterns, "a list of file patterns", 'exclude: ["drafts/*", README.md]'),
    "flavour": (_flavour, "`github` or `python-markdown`", "flavour: github"),
    "markdown_extensions": (_extensions, "a list of extensions as in mkdocs.yml", "markdown_extensions: [admonition]"),
    "source_url": (_url, "an address with `{path}` and `{line}`", "source_url: https://…/{path}#L{line}"),
}
SETTINGS = (*_READERS, "ignore")
_IGNORE = ("a mapping of codes to reasons", "ignore: {DB405: these pictures may not be copied}")

_SCALAR = ["string", "number", "boolean"]  # YAML reads 1.2 and yes otherwise than as text; here they are text
_TAGS = {"anyOf": [TAG_SHAPE, {"type": "array", "items": TAG_SHAPE}]}
_LINE = {"type": _SCALAR, "pattern": r'^[^\x00-\x1f"]*[^\x00-\x20"][^\x00-\x1f"]*$'}
_SHAPES: Mapping[Callable[[YamlValue], object], Mapping[str, object]] = {
    _line: _LINE,
    _name: _LINE,
    _prose: {"type": [*_SCALAR, "null"]},
    _identifier: ID_SHAPE,
    _habit: {"enum": list(HABITS)},
    _depth: {"type": "integer", "minimum": 0, "maximum": 6},
    _tags: _TAGS,
    _prefix: {"anyOf": [TAG_SHAPE, {"const": ""}, {"type": "null"}]},
    _patterns: {"anyOf": [_LINE, {"type": "array", "items": _LINE}]},
    _flavour: {"enum": list(FLAVOURS)},
    _extensions: {"type": "array", "items": {"anyOf": [_LINE, {"type": "object"}]}},
    _url: {"type": "string", "pattern": r'^https?://[^\x00-\x1f"]*$'},
}
"""What a value that a reader takes looks like, in the words of JSON schema."""


def setting_shapes() -> dict[str, dict[str, object]]:
    """Return for each setting what its value looks like, as a JSON schema that says what is expected."""
    return {
        key: {**_SHAPES[reader], "description": f"{expected}, as in: {example}"}
        for key, (reader, expected, example) in _READERS.items()
    } | {"ignore": {**waivers_shape(), "description": f"{_IGNORE[0]}, as in: {_IGNORE[1]}"}}
