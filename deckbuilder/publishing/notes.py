"""A release in words for learners: its section of the list of releases, its notes, the listing for AnkiWeb."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from string import Template

from deckbuilder.diff.markdown import code
from deckbuilder.diff.search import search_for
from deckbuilder.identity.lock import Lock, LockedNote, Release
from deckbuilder.kinds import fields
from deckbuilder.project import Settings, slug
from deckbuilder.publishing.changes import ReleaseChanges, shown_text

_FOLDER = Path(__file__).parent
_LONGEST = 150  # characters of a question
_LISTED = 100  # notes that a list names one by one
_SEARCHED = 50  # keys in one search
_PROJECT = re.compile(r"https?://[^/]+(?:/[^/{]+){0,2}")  # owner and name, of a link to a line of a file
_SPECIAL, _LITERAL = re.compile(r'([\\*_"])'), r"\\\1"  # of Anki's search
_HEADING = re.compile(r"^## ", re.MULTILINE)


def section_of(changes: ReleaseChanges, lock: Lock, release: Release, *, first: bool) -> str:
    """Return the part of the list of releases that tells of this one, from its heading on."""
    return "\n\n".join(_section(changes, lock, release, first=first)) + "\n"


def _section(changes: ReleaseChanges, lock: Lock, release: Release, *, first: bool) -> Iterator[str]:
    yield f"## {release.version} ({date_of(release)})"
    yield summary_of(changes, first=first)
    if not first:
        yield from _listed("New", changes.new, lock)
        yield from _listed("Corrected", changes.corrected, lock)
        yield from _listed("Moved to another section", changes.moved, lock)
        yield from _listed("Changed by deckbuilder", changes.refreshed, lock)
        if changes.new or changes.corrected or changes.moved or changes.refreshed:
            yield f"To find these in Anki's browser: `{search_for_version(lock.deck, release.version)}`"
    if changes.retired:
        yield from _listed("Retired", changes.retired, lock)
        yield "An import deletes nothing: these cards stay with you. To be rid of them, search in Anki's browser for"
        keys = [note.key for note in changes.retired]
        some = [keys[start : start + _SEARCHED] for start in range(0, len(keys), _SEARCHED)]
        yield "\n\n".join(f"    {search_for(those, lock.deck)}" for those in some)
    if changes.restyled:
        yield (
            "The look of the cards changed. If you have a style of your own, copy it before the import "
            "and paste it back afterwards."
        )


def _listed(title: str, notes: Sequence[LockedNote], lock: Lock) -> Iterator[str]:
    if not notes:
        return
    yield f"### {title} ({len(notes)})"
    lines = [f"- {_one_line(shown_text(note, lock.notes))}" for note in notes[:_LISTED]]
    if len(notes) > _LISTED:
        lines.append(f"- … and {len(notes) - _LISTED} more")
    yield "\n".join(lines)


def summary_of(changes: ReleaseChanges, *, first: bool) -> str:
    """Return one sentence on what a release changes."""
    if first:
        return f"The first release: {_counted(len(changes.new), 'card')}."
    said = [
        f"{len(notes)} {word}"
        for word, notes in (
            ("new", changes.new),
            ("corrected", changes.corrected),
            ("moved to another section", changes.moved),
            ("changed by deckbuilder", changes.refreshed),
            ("retired", changes.retired),
        )
        if notes
    ]
    if changes.restyled:
        said.append("a new look")
    return f"What changed: {', '.join(said)}." if said else "Nothing changed for learners."


def search_for_version(deck: str, version: str) -> str:
    """Return the search of Anki's browser for all notes of the deck that last changed in this release."""
    return f'"note:* ({_SPECIAL.sub(_LITERAL, deck)})" {fields.VERSION}:{version}'


def with_section(before: str | None, section: str, deck: str) -> str:
    """Return the list of releases with a new section on top of the older ones."""
    if before is None:
        return _template("releases.md", deck=deck) + "\n" + section
    found = _HEADING.search(before)
    at = found.start() if found else len(before)
    head = before[:at].rstrip("\n")
    return f"{head}\n\n{section}" + (f"\n{before[at:]}" if found else "")


def section_for(text: str, version: str) -> str | None:
    """Return the section of a version from the list of releases, None if there is none."""
    starts = [found.start() for found in _HEADING.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        section = text[start:end]
        if section.partition("\n")[0].split()[1:2] == [version]:
            return section.rstrip() + "\n"
    return None


def release_notes(section: str, apkg: str, checksum: str) -> str:
    """Return the notes that go with the package: the release's section without heading, and how to import it."""
    body = section.partition("\n")[2].strip() + "\n"
    return _template("notes.md", section=body, apkg=apkg, checksum=checksum)


def listing(lock: Lock, release: Release, settings: Settings, section: str) -> str:
    """Return what to paste into AnkiWeb's form for shared decks."""
    notes = [note for note in lock.notes.values() if not note.retired]
    sections = Counter(note.section[0] for note in notes if note.section)
    contents = [f"{_counted(len(notes), 'card')}:", *(f"- {name}: {count}" for name, count in sorted(sections.items()))]
    address = _PROJECT.match(settings.source_url)
    return _template(
        "listing.txt",
        deck=lock.deck,
        tags=" ".join(dict.fromkeys((slug(lock.deck), *settings.tags))),
        support=address[0] if address else "-",
        description=settings.description.strip() + "\n" if settings.description else "",
        contents="\n".join(contents),
        version=release.version,
        date=date_of(release),
        summary=" ".join(section.split("\n\n")[1].split()),
    )


def date_of(release: Release) -> str:
    """Return the day of a release, in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(release.at))


def _template(name: str, **words: str) -> str:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _one_line(text: str) -> str:
    """Return a question as one line of code, in which GitHub calls nobody by name and sees no HTML."""
    line = " ".join(text.split())
    return code(line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…")
