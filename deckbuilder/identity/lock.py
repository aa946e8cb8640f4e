"""deck.lock: every note's identity and change time, as text that merges and that a person can read.

The first line is a header; then one line for each note type, each pinned deck name, and each note sorted by key. A
blank line stands between any two, so that changes to neighbouring notes in two branches do not touch in git.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from itertools import islice
from json.encoder import encode_basestring
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.slots import read_slots, slot_record
from deckbuilder.identity.merging import MOST_DECIDED, Renamed, merge_decks, merge_headers, merge_notes, merge_types
from deckbuilder.identity.records import Delivered, Lock, LockedNote, LockedType, Release, Section
from deckbuilder.kinds.titles import KIND_NAMES
from deckbuilder.project import is_deck_name

__all__ = ["FORMAT", "Delivered", "Lock", "LockedNote", "LockedType", "Release", "Section", "read_lock", "write_lock"]

FORMAT: Final = 2
"""What is written. Format 1 had neither `source` nor `decided` nor a third part of `released`; it is read for ever."""

_WORD: Final = re.compile(
    r"[^\s<>&\"'\\\[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef]{1,400}"
)
"""A key or GUID: it goes onto cards as it stands, and a lock may be a stranger's."""

_DIGEST: Final = re.compile("[0-9a-f]{16}")
_MARKERS: Final = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_TOLD: Final = 100  # damages are told one by one, the rest is counted
_HALF: Final = re.compile("[\ud800-\udfff]")
_LATEST: Final = 253_402_300_799  # the last second of the year 9999: no calendar can show a later one


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
            record["released"] = _parts_of(kind.delivered)
        yield _json(record)
    for section, name in sorted(lock.decks.items()):
        yield _json({"section": list(section), "deck": name})
    for key in sorted(lock.notes):
        yield _note_line(lock.notes[key])


_json: Final = json.JSONEncoder(ensure_ascii=False).encode
_quoted: Final = encode_basestring  # a text as `_json` gives it, without asking first what it is
_decoded: Final = msgspec.json.Decoder().decode


def _note_line(note: LockedNote) -> str:
    """Return a note's line, byte for byte as `json.dumps` writes the mapping of it, in less than half the time."""
    return (
        f'{{"key": {_quoted(note.key)}, "guid": {_quoted(note.guid)}, "kind": "{note.kind}", '
        f'"born": {note.born}, "mod": {note.modified}, "hash": {_quoted(note.fingerprint)}, {_source(note)}'
        f'"answer": {_quoted(note.answer)}, {_what_few_have(note)}"section": {_list(note.section)}, '
        f'"text": {_quoted(note.text)}}}'
    )


def _source(note: LockedNote) -> str:
    return f'"source": {_quoted(note.source)}, ' if note.source else ""


def _parts_of(delivered: Delivered) -> tuple[str, ...]:
    return tuple(filter(None, (delivered.version, delivered.fingerprint, delivered.source)))


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
        said += f'"released": {_list(_parts_of(note.delivered))}, '
    if note.decided:
        said += f'"decided": {_list(note.decided)}, '
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
    content = _Content()
    try:
        if not text.endswith("\n"):
            raise _Damage(text.count("\n") + 1, "its end is missing" if text else "it is empty")
        content.headers.append(_header(*next(lines, (1, "{}"))))
    except _Damage as damage:
        return None, [damage.at(name)]
    damages = content.read(lines)
    if damages:
        return None, [damage.at(name) for damage in damages]
    lock, renamed = content.merged()
    if wrong := [one for one in renamed if not _is_name(one.key)]:
        return None, [_twice(f"key `{_short(one.note.key)}`", one.note.line).at(name) for one in wrong[:_TOLD]]
    # Its parts follow a note, so they are not worth a word.
    told = (one for one in sorted(renamed, key=lambda one: one.note.line) if not one.note.of)
    return lock, [
        rules.KEYS_PARTED.at(Span(name, one.note.line), key=one.note.key, new=one.key) for one in islice(told, _TOLD)
    ]


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
    """The headers, note types, decks and notes of a lock, as line after line is read: after a merge, of two locks."""

    def __init__(self) -> None:
        self.headers: list[Lock] = []
        self.types: list[LockedType] = []
        self.decks: list[tuple[Section, str]] = []
        self.notes: list[LockedNote] = []
        self._sections: dict[Section, Section] = {}  # one and the same for all notes in it

    def read(self, lines: Iterable[tuple[int, str]]) -> list[_Damage]:
        """Take in the lines with their numbers; return what is wrong with any, and of many how many more."""
        damages: list[_Damage] = []
        more = 0
        for number, line in lines:
            try:
                self._take(_record(number, line), number)
            except (_Damage, ValueError) as error:
                if len(damages) < _TOLD:
                    damages.append(error if isinstance(error, _Damage) else _Damage(number, _short(str(error), 200)))
                else:
                    more += 1
        return [*damages, _Damage(damages[-1].line, f"{more} more lines below are no better")] if more else damages

    def _take(self, record: dict[str, Any], number: int) -> None:
        """Take in a line of any kind. Raises ValueError for what is wrong with it."""
        if "key" in record:
            self.notes.append(_note(record, number, self._sections))
        elif "type" in record:
            self.types.append(_type(record))
        elif "deckbuilder-lock" in record:
            self.headers.append(_header_of(record, number))
        else:
            _no_others(record, {"section", "deck"})
            self.decks.append((_texts(record, "section"), _deck_name(record)))

    def merged(self) -> tuple[Lock, list[Renamed]]:
        """Return the one lock that all lines make, and the notes that got another key."""
        header = merge_headers(self.headers)
        types, decks = merge_types(self.types, header), merge_decks(self.decks, header)
        notes: Mapping[str, LockedNote] = {note.key: note for note in self.notes}
        renamed: list[Renamed] = []
        aliases = [alias for note in self.notes for alias in note.aliases]
        names = len(notes.keys() | aliases)
        if len({note.guid for note in self.notes}) < len(self.notes) or names < len(self.notes) + len(aliases):
            notes, renamed = merge_notes(self.notes, header)
        return replace(header, types=types, decks=decks, notes=notes), renamed


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
        record = _decoded(line)
    except (msgspec.DecodeError, RecursionError):
        return _checked_record(number, line)
    # Each name has a colon: with no colon to spare, no name is in the line twice.
    if isinstance(record, dict) and line.count(":") == len(record):
        return record
    return _checked_record(number, line)


def _checked_record(number: int, line: str) -> dict[str, Any]:
    """Return the mapping that a line is in JSON, or raise the _Damage that says where it is none."""
    try:
        record = json.loads(line, object_pairs_hook=_once)
        is_whole = "\\u" not in line or not _HALF.search(_json(record))
    except json.JSONDecodeError as error:
        raise _Damage(number, "this is not a line of a lock", error.colno) from None
    except _Damage as damage:
        raise _Damage(number, damage.problem) from None
    except (ValueError, RecursionError):  # a number or a nesting without end
        raise _Damage(number, "this is not a line of a lock") from None
    if not isinstance(record, dict):
        raise _Damage(number, "this is not a line of a lock")
    if not is_whole:
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
    return _header_of(_record(number, line), number)


def _header_of(record: dict[str, Any], number: int) -> Lock:
    version = record.get("deckbuilder-lock")
    if type(version) is not int:
        raise _Damage(number, "the header is missing")
    if version > FORMAT:
        raise _Newer(number, _short(str(version)))
    try:
        _no_others(record, {"deckbuilder-lock", "deck", "id", "born", "release"})
        return Lock(_deck_name(record), _text(record, "id"), _time(record, "born"), release=_release(record))
    except ValueError as error:
        raise _Damage(number, str(error)) from None


def _twice(what: str, line: int) -> _Damage:
    return _Damage(line, f"this {what} stands twice, and is too long to be given another")


_OF_NOTE: Final = frozenset((
    "key", "guid", "kind", "born", "mod", "hash", "source", "answer", "retired", "was", "of", "slots", "left",
    "released", "decided", "section", "text",
))  # fmt: skip


def _note(record: dict[str, Any], number: int, sections: dict[Section, Section]) -> LockedNote:
    _no_others(record, _OF_NOTE)
    section = _texts(record, "section")
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
        fingerprint=_text(record, "hash", empty=True),
        source=_text(record, "source") if "source" in record else "",
        answer=_text(record, "answer", empty=True),
        section=sections.setdefault(section, section),
        text=_text(record, "text", empty=True),
        retired="retired" in record,
        aliases=tuple(_readable(alias, "was") for alias in _texts(record, "was")) if "was" in record else (),
        of=_name(record, "of") if "of" in record else "",
        delivered=_delivered(record),
        left=tuple(map(_fit_for_anki, _texts(record, "left"))) if "left" in record else (),
        slots=read_slots(slots),
        decided=_decided(record) if "decided" in record else (),
        line=number,
    )


def _type(record: dict[str, Any]) -> LockedType:
    _no_others(record, {"type", "mod", "hash", "released"})
    return LockedType(_kind(record, "type"), _time(record, "mod"), _text(record, "hash"), _delivered(record))


def _release(header: dict[str, Any]) -> Release | None:
    if "release" not in header:
        return None
    record = header["release"]
    if not isinstance(record, dict):
        raise ValueError("`release` is no version with its time")
    _no_others(record, {"version", "at"})
    return Release(_text(record, "version"), _time(record, "at"))


def _delivered(record: dict[str, Any]) -> Delivered | None:
    if "released" not in record:
        return None
    parts = _texts(record, "released")
    if len(parts) not in {2, 3} or not all(parts):
        raise ValueError("`released` is no version with a fingerprint")
    return Delivered(parts[0], parts[1], parts[2] if len(parts) == 3 else "")


def _decided(record: dict[str, Any]) -> tuple[str, ...]:
    digests = _texts(record, "decided")
    if len(digests) > MOST_DECIDED or not all(map(_DIGEST.fullmatch, digests)):
        raise ValueError(f"`decided` is no list of {MOST_DECIDED} digests or fewer")
    return digests


def _no_others(record: dict[str, Any], known: Set[str]) -> None:
    """Raise ValueError for what this deckbuilder does not know: it would be gone from the lock that it writes."""
    if not record.keys() <= known:
        other = next(name for name in record if name not in known)
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
    if not isinstance(value, list) or {*map(type, value)} - {str}:
        raise ValueError(f"`{key}` is missing or no list of texts")
    return tuple(value)


def _short(text: str, longest: int = 60) -> str:
    """Return a text from a lock so that it can be shown, whatever it is."""
    shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text[:longest])
    return shown if len(text) <= longest else f"{shown}…"
