"""deck.lock: every note's identity and change time, as text that merges and that a person can read.

The first line is a header; then one line for each note type, each pinned deck name, and each note sorted by key. A
blank line stands between any two, so that changes to neighbouring notes in two branches do not touch in git.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from json.encoder import encode_basestring
from typing import Any, Final, TypeAlias

from msgspec import Struct, field
from msgspec.structs import astuple, replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.slots import Slot, read_slots, slot_record
from deckbuilder.kinds.titles import KIND_NAMES
from deckbuilder.project import is_deck_name

FORMAT: Final = 1
_WORD: Final = re.compile(
    r"[^\s<>&\"'\\\[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef]{1,400}"
)
"""A key or GUID: it goes onto cards as it stands, and a lock may be a stranger's."""

_MARKERS: Final = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_TOLD: Final = 100  # damages are told one by one, the rest is counted
_LATEST: Final = 253_402_300_799  # the last second of the year 9999: no calendar can show a later one

Section: TypeAlias = tuple[str, ...]


class Release(Struct, frozen=True):
    """The last release: its version, and the second at which it stamped what had changed."""

    version: str
    at: int


class Delivered(Struct, frozen=True):
    """What learners last got of a note or note type: its fingerprint, and the version that brought it."""

    version: str
    fingerprint: str


class LockedNote(Struct, frozen=True, eq=False):
    """What is remembered of a note. Times are in seconds since 1970.

    `kind` is the kind that it was born with, which is its note type in Anki for ever; `fingerprint` stands for its
    rendered fields and tags, `answer` for its answer's words; `aliases` are earlier keys; `line` is its line in the
    lock. `of` is the key of the note that it is a part of (a level, a variant or a step of it), "" for a question's
    own note; `slots` holds a drill's variants by value. `delivered` is what the last release had of the note, None
    if it had none; `left` are the decks that its card may still be in, because it was there before.
    """

    key: str
    guid: str
    kind: str
    born: int
    modified: int
    fingerprint: str
    answer: str
    section: Section
    text: str
    retired: bool = False
    aliases: tuple[str, ...] = ()
    of: str = ""
    slots: tuple[Slot, ...] = ()
    delivered: Delivered | None = None
    left: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    line: int = 0

    def __eq__(self, other: object) -> bool:
        """Whether the same is remembered of the same note, on whatever line."""
        return isinstance(other, LockedNote) and astuple(self)[:-1] == astuple(other)[:-1]

    def __hash__(self) -> int:
        return hash(self.guid)


class LockedType(Struct, frozen=True):
    """A note type's change time, and the fingerprint of the templates and style that it goes with."""

    kind: str
    modified: int
    fingerprint: str
    delivered: Delivered | None = None


class Lock(Struct, frozen=True):
    """All that is remembered of a deck: its name and id of old, when it was born, its note types, decks and notes.

    `release` is the last one, None before the first.
    """

    deck: str
    id: str
    born: int
    types: Mapping[str, LockedType] = field(default_factory=dict)
    decks: Mapping[Section, str] = field(default_factory=dict)
    notes: Mapping[str, LockedNote] = field(default_factory=dict)
    release: Release | None = None


def write_lock(lock: Lock) -> str:
    """Return the text of deck.lock; equal locks give equal text."""
    return "\n\n".join(_lines(lock)) + "\n"


def _lines(lock: Lock) -> Iterator[str]:
    header: dict[str, object] = {"deckbuilder-lock": FORMAT, "deck": lock.deck, "id": lock.id, "born": lock.born}
    if lock.release:
        header["release"] = {"version": lock.release.version, "at": lock.release.at}
    yield _json(header)
    for _, kind in sorted(lock.types.items()):
        record: dict[str, object] = {"type": kind.kind, "mod": kind.modified, "hash": kind.fingerprint}
        if kind.delivered:
            record["released"] = [kind.delivered.version, kind.delivered.fingerprint]
        yield _json(record)
    for section, name in sorted(lock.decks.items()):
        yield _json({"section": list(section), "deck": name})
    for key in sorted(lock.notes):
        yield _note_line(lock.notes[key])


_json: Final = json.JSONEncoder(ensure_ascii=False).encode
_quoted: Final = encode_basestring  # a text as `_json` gives it, without asking first what it is
_decoded: Final = json.JSONDecoder().raw_decode


def _note_line(note: LockedNote) -> str:
    """Return a note's line, byte for byte as `json.dumps` writes the mapping of it, in less than half the time."""
    return (
        f'{{"key": {_quoted(note.key)}, "guid": {_quoted(note.guid)}, "kind": "{note.kind}", '
        f'"born": {note.born}, "mod": {note.modified}, "hash": {_quoted(note.fingerprint)}, '
        f'"answer": {_quoted(note.answer)}, {_what_few_have(note)}"section": {_list(note.section)}, '
        f'"text": {_quoted(note.text)}}}'
    )


def _what_few_have(note: LockedNote) -> str:
    said = ""
    if note.retired:
        said += '"retired": true, '
    if note.aliases:
        said += f'"was": {_list(note.aliases)}, '
    if note.of:
        said += f'"of": {_quoted(note.of)}, '
    if note.slots:
        said += f'"slots": {_json([slot_record(slot) for slot in note.slots])}, '
    if note.left:
        said += f'"left": {_list(note.left)}, '
    if note.delivered:
        said += f'"released": {_list((note.delivered.version, note.delivered.fingerprint))}, '
    return said


@lru_cache(maxsize=1024)  # notes of one section have the same
def _list(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def read_lock(text: str, name: str) -> tuple[Lock | None, list[Diagnostic]]:
    """Read the text of a lock; a lock with anything damaged in it is None, every damage at its line."""
    lines = _filled_lines(text)
    if text.startswith(_MARKERS) or any(f"\n{marker}" in text for marker in _MARKERS):
        marked = (number for number, line in lines if line.startswith(_MARKERS))
        return None, [rules.LOCK_CONFLICT.at(Span(name, number, 1, 8)) for number in islice(marked, _TOLD)]
    try:
        if not text.endswith("\n"):
            raise _Damage(text.count("\n") + 1, "its end is missing" if text else "it is empty")
        lock = _header(*next(lines, (1, "{}")))
    except _Damage as damage:
        return None, [damage.at(name)]
    content = _Content()
    damages = content.read(lines)
    if damages:
        return None, [damage.at(name) for damage in damages]
    return replace(lock, types=content.types, decks=content.decks, notes=content.notes), []


class _Damage(Exception):
    """What is wrong with a line of a lock, and where."""

    def __init__(self, line: int, problem: str, column: int = 1) -> None:
        super().__init__(problem)
        self.line, self.problem, self.column = line, problem, column

    def at(self, name: str) -> Diagnostic:
        """Return the finding of the damage in the lock of this name."""
        return rules.LOCK_DAMAGED.at(Span(name, self.line, self.column), problem=self.problem, file=name)


class _Newer(_Damage):
    """The lock is of a later format, which is its `problem`."""

    def at(self, name: str) -> Diagnostic:
        """Return the finding of the later format."""
        return rules.LOCK_NEWER.at(Span(name, self.line), found=self.problem, known=FORMAT)


class _Content:
    """The note types, decks and notes of a lock, as line after line is read."""

    def __init__(self) -> None:
        self.types: dict[str, LockedType] = {}
        self.decks: dict[Section, str] = {}
        self.notes: dict[str, LockedNote] = {}
        self._guids: set[str] = set()
        self._sections: dict[str, Section | None] = {}

    def read(self, lines: Iterable[tuple[int, str]]) -> list[_Damage]:
        """Take in the lines with their numbers; return what is wrong with any, and of many how many more."""
        damages: list[_Damage] = []
        more = 0
        for number, line in lines:
            try:
                note = self._as_written(line, number)
                if note:
                    self._take(note)
                else:
                    self._take_any(_record(number, line), number)
            except (_Damage, ValueError) as error:
                if len(damages) < _TOLD:
                    damages.append(error if isinstance(error, _Damage) else _Damage(number, _short(str(error), 200)))
                else:
                    more += 1
        if not damages:
            return self._shared_names()
        return [*damages, _Damage(damages[-1].line, f"{more} more lines below are no better")] if more else damages

    def _as_written(self, line: str, number: int) -> LockedNote | None:
        """Return the note of a line that is just as it was written and has nothing rare in it, else None.

        Nearly all lines are so, and are read in a third of the time; what is unlike in any way is left to `_note`.
        """
        found = _AS_WRITTEN.fullmatch(line)
        if not found:
            return None
        key, guid, kind, born, modified, fingerprint, answer, of, version, released, listed, text = found.groups()
        section = self._sections.get(listed) or self._section(listed)
        if section is None or not (line.isascii() or (key + guid + (of or "")).isprintable()):
            return None
        delivered = Delivered(version, released) if version else None
        try:
            prose = _decoded(text)[0] if "\\" in text else text[1:-1]
        except ValueError:  # an escape that is none
            return None
        return LockedNote(
            key, guid, kind, int(born), int(modified), fingerprint, answer, section, prose, False, (), of or "", (),
            delivered, (), (), number,
        )  # fmt: skip

    def _section(self, listed: str) -> Section | None:
        """Return the section of a list in JSON, one and the same for all notes in it; None where it is none."""
        if listed not in self._sections:
            try:
                self._sections[listed] = _texts({"section": json.loads(listed)}, "section")
            except ValueError:
                self._sections[listed] = None
        return self._sections[listed]

    def _take_any(self, record: dict[str, Any], number: int) -> None:
        """Take in a line of any kind. Raises ValueError for what is wrong with it."""
        if "key" in record:
            self._take(_note(record, number))
        elif "type" in record:
            kind = _type(record)
            if kind.kind in self.types:
                raise _twice(f"note type `{kind.kind}`")
            self.types[kind.kind] = kind
        else:
            _no_others(record, ("section", "deck"))
            section = _texts(record, "section")
            if section in self.decks:
                raise _twice("section")
            self.decks[section] = _deck_name(record)

    def _take(self, note: LockedNote) -> None:
        if note.key in self.notes:
            raise _twice(f"key `{_short(note.key)}`")
        if note.guid in self._guids:
            raise _twice(f"GUID `{_short(note.guid)}`")
        self.notes[note.key] = note
        self._guids.add(note.guid)

    def _shared_names(self) -> list[_Damage]:
        """Return a damage for each note that once had a key which is another's: one of the two would be lost."""
        names = dict.fromkeys(self.notes, 0)
        damages = []
        for note in self.notes.values():
            for alias in note.aliases:
                if alias in names:
                    damages.append(_Damage(note.line, f"the earlier key `{_short(alias)}` is another note's"))
                names[alias] = note.line
        return damages[:_TOLD]


_QUOTED_WORD: Final = rf'"({_WORD.pattern})"'
_NAME: Final = r'"([^"\\\x00-\x1f]++)"'
_PROSE: Final = r'"[^"\\\x00-\x1f]*+(?:\\[^u][^"\\\x00-\x1f]*+)*+"'  # `\u` may be half a character
_TIME: Final = "(0|[1-9][0-9]{0,10})"
_AS_WRITTEN: Final = re.compile(
    rf'\{{"key": {_QUOTED_WORD}, "guid": {_QUOTED_WORD}, "kind": "({"|".join(KIND_NAMES)})", '
    rf'"born": {_TIME}, "mod": {_TIME}, "hash": {_NAME}, '
    rf'"answer": "([^"\\\x00-\x1f]*+)", (?:"of": {_QUOTED_WORD}, )?(?:"released": \[{_NAME}, {_NAME}\], )?'
    rf'"section": (\[(?:{_PROSE}(?:, {_PROSE})*+)?\]), "text": ({_PROSE})\}}'
)


def _filled_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that is not blank with its number; a list of all would take the room of the text once more."""
    start, number = 0, 1
    while (end := text.find("\n", start)) >= 0:
        if end > start:
            line = text[start:end]
            if not line.isspace():
                yield number, line
        start, number = end + 1, number + 1
    if start < len(text):
        yield number, text[start:]


def _record(number: int, line: str) -> dict[str, Any]:
    """Return the mapping that a line is in JSON. Raises _Damage."""
    try:
        record = json.loads(line, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise _Damage(number, "this is not a line of a lock", error.colno) from None
    except _Damage as damage:
        raise _Damage(number, damage.problem) from None
    except (ValueError, RecursionError):  # a number or a nesting without end
        raise _Damage(number, "this is not a line of a lock") from None
    if not isinstance(record, dict):
        raise _Damage(number, "this is not a line of a lock")
    if "\\u" in line and any("\ud800" <= character <= "\udfff" for character in _json(record)):
        raise _Damage(number, "it has half a character in it")
    return record


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise _Damage(0, f"`{_short(name)}` stands twice in this line")
    return record


def _header(number: int, line: str) -> Lock:
    """Return a lock without types, decks and notes from its first line. Raises _Damage."""
    record = _record(number, line)
    version = record.get("deckbuilder-lock")
    if type(version) is not int:
        raise _Damage(number, "the header is missing")
    if version > FORMAT:
        raise _Newer(number, _short(str(version)))
    try:
        _no_others(record, ("deckbuilder-lock", "deck", "id", "born", "release"))
        return Lock(_deck_name(record), _text(record, "id"), _time(record, "born"), release=_release(record))
    except ValueError as error:
        raise _Damage(number, str(error)) from None


def _twice(what: str) -> ValueError:
    return ValueError(f"this {what} stands twice; keep the line that has the later `mod`")


_OF_NOTE: Final = (
    "key", "guid", "kind", "born", "mod", "hash", "answer", "retired", "was", "of", "slots", "left", "released",
    "section", "text",
)  # fmt: skip


def _note(record: dict[str, Any], number: int) -> LockedNote:
    _no_others(record, _OF_NOTE)
    slots = record.get("slots", [])
    if not isinstance(slots, list) or not all(isinstance(slot, dict) for slot in slots):
        raise ValueError("`slots` is not a list of variants")
    if record.get("retired", True) is not True:
        raise ValueError("`retired` is not true")
    return LockedNote(
        key=_name(record, "key"),
        guid=_name(record, "guid"),
        kind=_kind(record, "kind"),
        born=_time(record, "born"),
        modified=_time(record, "mod"),
        fingerprint=_text(record, "hash"),
        answer=_text(record, "answer", empty=True),
        section=_texts(record, "section"),
        text=_text(record, "text", empty=True),
        retired="retired" in record,
        aliases=tuple(_readable(alias, "was") for alias in _texts(record, "was")) if "was" in record else (),
        of=_name(record, "of") if "of" in record else "",
        delivered=_delivered(record),
        left=tuple(map(_fit_for_anki, _texts(record, "left"))) if "left" in record else (),
        slots=read_slots(slots),
        line=number,
    )


def _type(record: dict[str, Any]) -> LockedType:
    _no_others(record, ("type", "mod", "hash", "released"))
    return LockedType(_kind(record, "type"), _time(record, "mod"), _text(record, "hash"), _delivered(record))


def _release(header: dict[str, Any]) -> Release | None:
    if "release" not in header:
        return None
    record = header["release"]
    if not isinstance(record, dict):
        raise ValueError("`release` is no version with its time")
    _no_others(record, ("version", "at"))
    return Release(_text(record, "version"), _time(record, "at"))


def _delivered(record: dict[str, Any]) -> Delivered | None:
    if "released" not in record:
        return None
    parts = _texts(record, "released")
    if len(parts) != 2 or not all(parts):
        raise ValueError("`released` is no version with a fingerprint")
    return Delivered(*parts)


def _no_others(record: dict[str, Any], known: Collection[str]) -> None:
    """Raise ValueError for what this deckbuilder does not know: it would be gone from the lock that it writes."""
    if other := next((name for name in record if name not in known), None):
        raise ValueError(f"`{_short(other)}` is not known here; is it of a newer deckbuilder?")


def _text(record: dict[str, Any], key: str, *, empty: bool = False) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not (value or empty):
        raise ValueError(f"`{key}` is missing or no text")
    return value


def _name(record: dict[str, Any], key: str) -> str:
    return _readable(_text(record, key), key)


def _readable(text: str, key: str) -> str:
    """Return a key or GUID if a person can read it as it is, and a card hold it as it is."""
    if not text.isprintable():
        raise ValueError(f"`{key}` has a character in it that cannot be seen")
    if not _is_name(text):
        raise ValueError(f"`{_short(text)}` is no key and no GUID")
    return text


def _is_name(text: str) -> bool:
    return text.isprintable() and _WORD.fullmatch(text) is not None


def _deck_name(record: dict[str, Any]) -> str:
    return _fit_for_anki(_text(record, "deck"))


def _fit_for_anki(name: str) -> str:
    if not is_deck_name(name):
        raise ValueError(f"`{_short(name)}` is no name of a deck: Anki would take it for HTML")
    return name


def _kind(record: dict[str, Any], key: str) -> str:
    value = _text(record, key)
    if value not in KIND_NAMES:
        raise ValueError(f"`{_short(value)}` is no kind of note")
    return value


def _time(record: dict[str, Any], key: str) -> int:
    value = record.get(key)
    if type(value) is not int or not 0 <= value <= _LATEST:
        raise ValueError(f"`{key}` is missing or no number of seconds")
    return value


def _texts(record: dict[str, Any], key: str) -> tuple[str, ...]:
    value = record.get(key)
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise ValueError(f"`{key}` is missing or no list of texts")
    return tuple(value)


def _short(text: str, longest: int = 60) -> str:
    """Return a text from a lock so that it can be shown, whatever it is."""
    shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text[:longest])
    return shown if len(text) <= longest else f"{shown}…"
