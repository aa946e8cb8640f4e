"""deck.lock: every note's identity and change time, as text that merges and that a person can read.

The first line is a header; then one line for each note type, each pinned deck name, and each note sorted by key. A
blank line stands between any two, so that changes to neighbouring notes in two branches do not touch in git.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.slots import Slot, read_slots, slot_record
from deckbuilder.kinds.titles import KIND_NAMES
from deckbuilder.project import is_deck_name

FORMAT: Final = 1
LAST_SECOND: Final = 253_402_300_799
"""The last second of the year 9999: what is later is no time, and no calendar can show it."""

_WORD = re.compile(
    r"[^\s<>&\"'\\\[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef]{1,400}"
)
"""A key or GUID: it goes onto cards as it stands, and a lock may be a stranger's."""

_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")

Section: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """The last release: its version, and the second at which it stamped what had changed."""

    version: str
    at: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """What learners last got of a note or note type: its fingerprint, and the version that brought it."""

    version: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class LockedNote:
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
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class LockedType:
    """A note type's change time, and the fingerprint of the templates and style that it goes with."""

    kind: str
    modified: int
    fingerprint: str
    delivered: Delivered | None = None


@dataclass(frozen=True, slots=True)
class Lock:
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
        yield _json({"type": kind.kind, "mod": kind.modified, "hash": kind.fingerprint} | _delivery(kind.delivered))
    for section, name in sorted(lock.decks.items()):
        yield _json({"section": list(section), "deck": name})
    for _, note in sorted(lock.notes.items()):
        yield _json(_note_record(note))


def _note_record(note: LockedNote) -> dict[str, object]:
    record: dict[str, object] = {
        "key": note.key, "guid": note.guid, "kind": note.kind, "born": note.born, "mod": note.modified,
        "hash": note.fingerprint, "answer": note.answer,
    }  # fmt: skip
    if note.retired:
        record["retired"] = True
    if note.aliases:
        record["was"] = list(note.aliases)
    if note.of:
        record["of"] = note.of
    if note.slots:
        record["slots"] = [slot_record(slot) for slot in note.slots]
    if note.left:
        record["left"] = list(note.left)
    record |= _delivery(note.delivered)
    return record | {"section": list(note.section), "text": note.text}


def _delivery(delivered: Delivered | None) -> dict[str, object]:
    return {"released": [delivered.version, delivered.fingerprint]} if delivered else {}


def _json(record: Mapping[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False)


def read_lock(text: str, name: str) -> tuple[Lock | None, list[Diagnostic]]:
    """Read the text of a lock; a lock with anything damaged in it is None, every damage at its line."""
    lines = text.split("\n")
    conflicts = [
        rules.LOCK_CONFLICT.at(Span(name, number, 1, 8))
        for number, line in enumerate(lines, start=1)
        if line.startswith(_MARKERS)
    ]
    if conflicts:
        return None, conflicts
    if not text.endswith("\n"):
        problem = "its end is missing" if text else "it is empty"
        return None, [_damaged(name, len(lines), 1, problem)]
    records: list[tuple[int, dict[str, Any]]] = []
    diagnostics: list[Diagnostic] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _record(line)
        except (ValueError, RecursionError) as error:  # what is no JSON, no Unicode, or a number of thousands of digits
            column = error.colno if isinstance(error, json.JSONDecodeError) else 1
            diagnostics.append(_damaged(name, number, column, "this is not a line of a lock"))
            continue
        if isinstance(record, dict):
            records.append((number, record))
        else:
            diagnostics.append(_damaged(name, number, 1, "this is not a line of a lock"))
    if diagnostics:
        return None, diagnostics
    return _lock(records, name)


def _record(line: str) -> Any:  # noqa: ANN401  # whatever JSON can hold
    record = json.loads(line)
    if "\\ud" in line.lower():  # half of a character, which no file can hold, can stand in an escape only
        json.dumps(record, ensure_ascii=False).encode()
    return record


def _damaged(name: str, line: int, column: int, problem: str) -> Diagnostic:
    return rules.LOCK_DAMAGED.at(Span(name, line, column), problem=problem, file=name)


def _lock(records: list[tuple[int, dict[str, Any]]], name: str) -> tuple[Lock | None, list[Diagnostic]]:
    number, header = records[0] if records else (1, {})
    version = header.get("deckbuilder-lock")
    if type(version) is not int:
        return None, [_damaged(name, number, 1, "the header is missing")]
    if version > FORMAT:
        return None, [rules.LOCK_NEWER.at(Span(name, number), found=version, known=FORMAT)]
    types: dict[str, LockedType] = {}
    decks: dict[Section, str] = {}
    notes: dict[str, LockedNote] = {}
    diagnostics: list[Diagnostic] = []
    try:
        lock = Lock(
            _deck_name(_text(header, "deck")),
            _text(header, "id"),
            _second(header, "born"),
            types,
            decks,
            notes,
            _release(header),
        )
    except ValueError as error:
        return None, [_damaged(name, number, 1, str(error))]
    guids: dict[str, int] = {}
    for number, record in records[1:]:
        try:
            if "key" in record:
                note = _note(record, number)
                _unique(notes, note.key, f"key `{note.key}`")
                _unique(guids, note.guid, f"GUID `{note.guid}`")
                notes[note.key] = note
                guids[note.guid] = number
            elif "type" in record:
                kind = LockedType(
                    _text(record, "type"), _second(record, "mod"), _text(record, "hash"), _delivered(record)
                )
                _unique(types, kind.kind, f"note type `{kind.kind}`")
                types[kind.kind] = kind
            else:
                section = _texts(record, "section")
                _unique(decks, section, "section")
                decks[section] = _deck_name(_text(record, "deck"))
        except ValueError as error:
            diagnostics.append(_damaged(name, number, 1, str(error)))
    return (None if diagnostics else lock), diagnostics


def _unique(known: Mapping[Any, object], key: object, what: str) -> None:
    if key in known:
        raise ValueError(f"this {what} stands twice; keep the line that has the later `mod`")


def _note(record: dict[str, Any], number: int) -> LockedNote:
    slots = record.get("slots", [])
    if not isinstance(slots, list) or not all(isinstance(slot, dict) for slot in slots):
        raise ValueError("`slots` is not a list of variants")
    variants = read_slots(slots)
    return LockedNote(
        key=_word(_text(record, "key")),
        guid=_word(_text(record, "guid")),
        kind=_kind(record),
        born=_second(record, "born"),
        modified=_second(record, "mod"),
        fingerprint=_text(record, "hash"),
        answer=_text(record, "answer", empty=True),
        section=_texts(record, "section"),
        text=_text(record, "text", empty=True),
        retired=record.get("retired", False) is True,
        aliases=tuple(map(_word, _texts(record, "was"))) if "was" in record else (),
        of=_text(record, "of") if "of" in record else "",
        delivered=_delivered(record),
        left=tuple(map(_deck_name, _texts(record, "left"))) if "left" in record else (),
        slots=variants,
        line=number,
    )


def _release(header: dict[str, Any]) -> Release | None:
    if "release" not in header:
        return None
    record = header["release"]
    if not isinstance(record, dict):
        raise ValueError("`release` is no version with its time")
    return Release(_text(record, "version"), _second(record, "at"))


def _delivered(record: dict[str, Any]) -> Delivered | None:
    if "released" not in record:
        return None
    parts = _texts(record, "released")
    if len(parts) != 2 or not all(parts):
        raise ValueError("`released` is no version with a fingerprint")
    return Delivered(*parts)


def _text(record: dict[str, Any], key: str, *, empty: bool = False) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not (value or empty):
        raise ValueError(f"`{key}` is missing or no text")
    return value


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError(f"`{text[:40]}` is no key and no GUID")
    return text


def _deck_name(text: str) -> str:
    if not is_deck_name(text):
        raise ValueError(f"`{text[:40]}` is no name of a deck: Anki would take it for HTML")
    return text


def _second(record: dict[str, Any], key: str) -> int:
    value = record.get(key)
    if type(value) is not int or not 0 <= value <= LAST_SECOND:
        raise ValueError(f"`{key}` is missing or no time in seconds")
    return value


def _kind(record: dict[str, Any]) -> str:
    kind = _text(record, "kind")
    if kind not in KIND_NAMES:
        raise ValueError(f"there is no kind `{kind}`")
    return kind


def _texts(record: dict[str, Any], key: str) -> tuple[str, ...]:
    value = record.get(key)
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise ValueError(f"`{key}` is missing or no list of texts")
    return tuple(value)
