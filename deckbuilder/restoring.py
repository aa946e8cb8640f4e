"""A lost deck.lock is taken out of a package again, or made from its notes where the package carries none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import CannotGoOn, Diagnostic, Span
from deckbuilder.diff.words import one_line, visible_text
from deckbuilder.files import NewFiles, clear_away, held, is_there
from deckbuilder.identity.evidence import answer_print
from deckbuilder.identity.lock import Lock, LockedNote, LockedType, Section, read_lock, write_lock
from deckbuilder.kinds import fields
from deckbuilder.kinds.templates import Templates
from deckbuilder.kinds.titles import KIND_NAMES
from deckbuilder.packaging.assemble import StampedNote
from deckbuilder.packaging.plan import NotePlan, PackagePlan
from deckbuilder.packaging.reading import deck_name, read_package, read_packed_lock
from deckbuilder.pipeline import BuildResult, check, looking, prepare
from deckbuilder.project import Project, load_project, slug
from deckbuilder.rendering.notes import fingerprint
from deckbuilder.source.files import read_text

_T = TypeVar("_T")


class Restored(Struct, frozen=True):
    """What came of a restoration: the lock, and what the next build will make of the sources. None if it failed."""

    diagnostics: tuple[Diagnostic, ...]
    path: Path | None = None
    lock: Lock | None = None
    next_build: BuildResult | None = None


def restore(package: Path, source: Path, *, force: bool = False) -> Restored:
    """Write the deck.lock of `source` as `package` has it. With `force` also over another lock, or of another name."""
    project, diagnostics = load_project(source)
    if project is None:
        return Restored(tuple(diagnostics))
    text, lock, found = _lock_in(package, project, source)
    if lock is None or text is None:
        return Restored(tuple(found))
    settings = project.settings
    is_other = lock.id != settings.id if settings.id else lock.deck != settings.name
    if is_other and not force:
        named = [
            f"{name} (id {one})" if settings.id else name
            for name, one in ((lock.deck, lock.id), (settings.name, settings.id))
        ]
        return Restored((rules.OTHER_DECK.at(Span(package.as_posix()), found=named[0], expected=named[1]),))
    if problems := _write(project, text, force=force):
        return Restored(tuple(problems))
    return Restored(tuple(found), project.lock, lock, check(source, replace(looking(), retire=True)))


def _lock_in(package: Path, project: Project, source: Path) -> tuple[str | None, Lock | None, list[Diagnostic]]:
    """Return the lock that a package carries, or one made from its notes; None, and why, where there is none."""
    text, found = read_packed_lock(package)
    if found:
        return None, None, found
    notes: list[Diagnostic] = []
    if text is None:
        plan, found = read_package(package)
        if plan is None:
            return None, None, found
        made, notes = _made_from(plan, project, source, Span(package.as_posix()))
        if made is None:
            return None, None, notes
        text = write_lock(made)
    lock, problems = read_lock(text, "deck.lock")
    if lock is None:
        place, first = Span(package.as_posix()), problems[0]
        problem = f"line {first.span.line} of its deck.lock is wrong ({first.message})"
        return None, None, [rules.PACKAGE_UNREADABLE.at(place, path=place.file, problem=problem)]
    return text, lock, notes


def _write(project: Project, text: str, *, force: bool) -> list[Diagnostic]:
    place, files = Span(project.lock_name), NewFiles()
    files.at = project.lock
    try:
        with held(project.lock.parent), files:
            clear_away(project.lock.parent)
            # The same lock is none to be lost: the command was interrupted after it had written.
            if (
                is_there(project.lock)
                and not force
                and read_text(project.lock, "", project.folder, "lock-mb")[0] != text
            ):
                raise CannotGoOn(rules.LOCK_PRESENT.at(place, path=project.lock_name))
            files.write(project.lock, text.encode())
    except CannotGoOn as stop:
        return stop.diagnostics
    except OSError as error:
        problem = error.strerror or str(error)
        return [rules.OUTPUT_UNWRITABLE.at(place, path=project.lock_name, problem=problem)]
    return []


# ── from the notes alone ────────────────────────────────────────────────────────────────────────────────────────────


def _made_from(plan: PackagePlan, project: Project, source: Path, place: Span) -> tuple[Lock | None, list[Diagnostic]]:
    """Return a lock made from the notes of a package that carries none, and what could not be told from them."""
    name = deck_name(plan)
    kinds: Mapping[int, str] = {}
    deck_id = ""
    for deck_id in dict.fromkeys(filter(None, (project.settings.id, slug(project.settings.name), slug(name)))):
        kinds = {fields.stable_id("note type", deck_id, kind): kind for kind in KIND_NAMES}
        if all(note_type.id in kinds for note_type in plan.note_types):
            break
    else:
        problem = "its note types belong to a deck of another id; if you know that id, write it into deck.yml"
        return None, [rules.LOCK_UNRESTORABLE.at(place, problem=problem)]
    packed = [_Packed(note, _texts(plan, note)) for note in plan.notes]
    prepared, _ = prepare(source, looking())
    known = _matched(packed, prepared.notes if prepared else ())
    keys = {note.locked.key: one.key for one in packed if (note := known.get(one.note.guid))}
    all_keys = {one.key for one in packed}
    notes = [_locked(one, known.get(one.note.guid), keys, all_keys, kinds[one.note.note_type]) for one in packed]
    types = {
        kinds[one.id]: LockedType(kinds[one.id], one.modified, Templates(one.front, one.back, one.css).fingerprint)
        for one in plan.note_types
    }
    decks = _decks(plan, notes, project.settings.subdecks)
    lock = Lock(name, deck_id, plan.created, types, decks, {note.key: note for note in notes})
    lost = ["retired notes and earlier keys", "which release brought what"]
    if gone := sum(one.note.guid not in known for one in packed):
        lost.append(f"the exact words of {gone} notes that the sources no longer have")
    drills = sum(one.texts.get(fields.VARIANTS, "") != _variants(known.get(one.note.guid)) for one in packed)
    if drills:
        lost.append(f"the values of {drills} drills")
    return lock, [rules.LOCK_REBUILT.at(place, lost=", ".join(lost))]


def _variants(note: StampedNote | None) -> str:
    return note.rendered.fields.get(fields.VARIANTS, "") if note else ""


class _Packed(Struct, frozen=True):
    """A note of a package with its texts by field."""

    note: NotePlan
    texts: Mapping[str, str]

    @property
    def key(self) -> str:
        """Its key."""
        return self.texts[fields.KEY]


def _texts(plan: PackagePlan, note: NotePlan) -> dict[str, str]:
    names = next(kind.fields for kind in plan.note_types if kind.id == note.note_type)
    return {name: text for (name, _), text in zip(names, note.fields, strict=True) if text}


def _matched(packed: Sequence[_Packed], notes: Iterable[StampedNote]) -> dict[str, StampedNote]:
    """Return by GUID the notes of the sources that show the same question: those with the same answer first."""
    built = [(note, note.rendered.fields) for note in notes]
    found: dict[str, StampedNote] = {}
    taken: set[str] = set()
    for same in (_everything, _all_but_topic, _question_and_topic, _question_and_key):
        there = _single((same(texts), note) for note, texts in built if note.locked.guid not in taken)
        for shown, one in _single((same(one.texts), one) for one in packed if one.note.guid not in found).items():
            if note := there.get(shown):
                found[one.note.guid] = note
                taken.add(note.locked.guid)
    return found


def _everything(texts: Mapping[str, str]) -> Hashable:
    return frozenset((name, text) for name, text in texts.items() if text and name not in _OF_PLACE)


def _all_but_topic(texts: Mapping[str, str]) -> Hashable:
    return frozenset(
        (name, text) for name, text in texts.items() if text and name not in _OF_PLACE and name != fields.TOPIC
    )


def _question_and_topic(texts: Mapping[str, str]) -> Hashable:
    return texts.get(fields.QUESTION), texts.get(fields.TOPIC)


def _question_and_key(texts: Mapping[str, str]) -> Hashable:
    return texts.get(fields.QUESTION), texts[fields.KEY]


_OF_PLACE = {fields.KEY, *fields.UNCOUNTED, *fields.SPARES}


def _single(pairs: Iterable[tuple[Hashable, _T]]) -> dict[Hashable, _T]:
    """Return those that nobody else has the same of."""
    groups: dict[Hashable, list[_T]] = defaultdict(list)
    for shown, one in pairs:
        groups[shown].append(one)
    return {shown: group[0] for shown, group in groups.items() if len(group) == 1}


def _locked(
    one: _Packed, built: StampedNote | None, keys: Mapping[str, str], all_keys: set[str], kind: str
) -> LockedNote:
    counted = {name: one.texts[name] for name in fields.PRINTED if name in one.texts and name not in fields.UNCOUNTED}
    whole = one.key.rpartition(".")[0]
    note = LockedNote(
        key=one.key,
        guid=one.note.guid,
        kind=kind,
        born=one.note.created,
        modified=one.note.modified,
        fingerprint=fingerprint(counted, one.note.tags),
        answer=answer_print("\n".join(map(visible_text, map(one.texts.get, _ANSWERS, _NOTHING)))),
        section=tuple(visible_text(one.texts.get(fields.TOPIC, "")).split(" › ")),
        text=one_line(visible_text(one.texts.get(fields.QUESTION, ""))),
        of=whole if whole in all_keys else "",
    )
    if built is None:
        return note
    note = replace(note, text=built.locked.text, of=keys.get(built.locked.of, ""), slots=built.locked.slots)
    if _question_and_topic(built.rendered.fields) == _question_and_topic(one.texts):
        note = replace(note, section=built.locked.section)
    if _all_but_topic(built.rendered.fields) == _all_but_topic(one.texts):
        note = replace(note, answer=built.locked.answer)
    if note.fingerprint == built.locked.fingerprint:  # all that it shows is as it was, and so is its source
        note = replace(note, source=built.locked.source)
    return note


_ANSWERS = (fields.ANSWER, fields.KEY_POINTS)
_NOTHING = ("", "")


def _decks(plan: PackagePlan, notes: Iterable[LockedNote], depth: int) -> dict[Section, str]:
    names = {deck.id: deck.name for deck in plan.decks}
    places = {note.guid: names[note.deck] for note in plan.notes}
    decks: dict[Section, str] = {}
    for note in notes:
        decks.setdefault(note.section[:depth], places[note.guid])
    return decks
