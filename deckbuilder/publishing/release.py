"""A release, from the check of the tree to the files that go with the package, in the order in which it happens."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from io import BufferedRandom
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder import pipeline, rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.files import TooLarge, clear_away, is_there, real_path
from deckbuilder.identity.lock import Lock, Release
from deckbuilder.limits import MEGABYTE, limits
from deckbuilder.pipeline import BuildResult, Options, Prepared
from deckbuilder.project import DECK_LOCK, list_of_releases
from deckbuilder.publishing.changes import ReleaseChanges, changes_since_release, is_later, released
from deckbuilder.publishing.history import history_of, never_back
from deckbuilder.publishing.notes import listing, release_notes, section_for, section_of, with_section
from deckbuilder.publishing.repository import GitError, Repository, repository_of
from deckbuilder.publishing.settings_file import with_version
from deckbuilder.source.files import read_inside, read_text

_NAMED = 5


class ReleaseResult(Struct, frozen=True):
    """What came of a release: the build, what changed since the last one, the files, and how git is to be told.

    `commands` are arguments for git: those that record the release here, then the one that brings it to others.
    """

    built: BuildResult
    version: str
    changes: ReleaseChanges | None = None
    first: bool = False
    written: tuple[Path, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()

    @property
    def failed(self) -> bool:
        """Whether any finding is an error, so that nothing was released."""
        return self.built.failed


def release(source: Path, version: str, options: Options | None = None, *, refresh: bool = False) -> ReleaseResult:
    """Release the deck at `source`: stamp what changed, write the package, the lock, the version and the notes.

    With `refresh` what only deckbuilder changed is stamped too. With `options.locked` the release is one that the lock
    knows already: its package is built again, with all that goes with it, and nothing that git tracks is written.
    """
    options = options or Options()
    prepared, built = pipeline.prepare(source, options)
    if prepared is None or built.failed:
        return ReleaseResult(built, version)
    output = options.output or pipeline.default_output(prepared.lock)
    if options.locked:
        return _again(prepared, built, version, output)
    return _anew(prepared, built, version, output, pipeline.present_second(options.now), refresh=refresh)


def record(result: ReleaseResult, source: Path) -> list[Diagnostic]:
    """Commit and tag the release in the repository; return why git refused."""
    repository = repository_of(_folder(source))
    try:
        for command in result.commands[:-1]:
            if repository is None:
                raise GitError("the repository is gone")
            repository.run(command)
    except GitError as error:
        return [rules.GIT_REFUSED.at(Span(source.as_posix()), problem=error)]
    return []


# ── a new release ───────────────────────────────────────────────────────────────────────────────────────────────────


def _anew(
    prepared: Prepared, built: BuildResult, version: str, output: Path, now: int, *, refresh: bool
) -> ReleaseResult:
    project = prepared.project
    repository = repository_of(project.folder)
    before, found = _with_history(prepared, repository, now)
    this = Release(version, now)
    lock = released(before, this, refresh=refresh)
    changes = changes_since_release(before, refresh=refresh)
    problems = [
        *found,
        *_remarks_on_repository(repository, prepared, version, output),
        *_remarks_on_version(before, version, prepared),
        *pipeline.remarks_on_clock(lock, project),
    ]
    if changes.nothing and not found:
        problems.append(rules.NOTHING_TO_RELEASE.at(project.place))
    if changes.rebuilt and not refresh:
        some = _first_few([note.key for note in changes.rebuilt])
        problems.append(rules.REBUILT.at(project.place, count=len(changes.rebuilt), which=some, version=version))
    section = section_of(changes, lock, this, first=before.release is None)
    others, found = _tracked(prepared, section, version)
    problems += found
    built = _with_findings(built, problems)
    if built.failed or repository is None:
        return ReleaseResult(built, version, changes)

    prepared = _with_lock(prepared, lock)
    result = _written(prepared, this, built, output, section, others)
    tracked = [real_path(path).relative_to(real_path(repository.root)).as_posix() for path in (*others, project.lock)]
    name = f"{lock.deck} {version}"
    commands = (
        ("add", "--", *tracked),
        ("commit", "-m", f"Release {name}", "--", *tracked),
        ("tag", "-a", f"v{version}", "-m", name),
        ("push", "origin", "HEAD", f"v{version}"),
    )
    return replace(result, changes=changes, first=before.release is None, commands=commands)


def _with_history(prepared: Prepared, repository: Repository | None, now: int) -> tuple[Lock, list[Diagnostic]]:
    """Return the lock with no change time before the latest that git knows of, and why git cannot tell."""
    project, lock = prepared.project, prepared.lock
    if repository is None:
        return lock, []
    try:
        if repository.is_shallow():
            return lock, [rules.SHALLOW_CLONE.at(project.place)]
        path = real_path(project.lock).relative_to(real_path(repository.root))
        until = int(time.time()) + pipeline.CLOCK_SLACK
        return never_back(lock, history_of(repository.lines_ever_in(path), lock, until), now), []
    except GitError as error:
        return lock, [rules.GIT_REFUSED.at(project.place, problem=error)]


def _remarks_on_repository(
    repository: Repository | None, prepared: Prepared, version: str, output: Path
) -> Iterable[Diagnostic]:
    place = prepared.project.place
    if repository is None:
        yield rules.NO_REPOSITORY.at(place)
        return
    top, made = real_path(repository.root), {real_path(path) for path in (output, *_beside(output))}
    for folder in (prepared.project.lock.parent, output.parent):  # what a release that was killed left is no change
        clear_away(folder)
    try:
        changed = [name for name in repository.changed() if top / name not in made]
        if changed:
            yield rules.DIRTY_TREE.at(place, files=_first_few(changed))
        if repository.has_tag(f"v{version}"):
            yield rules.TAG_EXISTS.at(place, tag=f"v{version}")
    except GitError as error:
        yield rules.GIT_REFUSED.at(place, problem=error)


def _first_few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _remarks_on_version(lock: Lock, version: str, prepared: Prepared) -> Iterable[Diagnostic]:
    if lock.release and not is_later(version, lock.release.version):
        yield rules.VERSION_NOT_LATER.at(Span(prepared.project.lock_name), version=version, last=lock.release.version)


def _tracked(prepared: Prepared, section: str, version: str) -> tuple[dict[Path, bytes], list[Diagnostic]]:
    """Return the files besides the lock that git is to remember of the release: the list of releases, deck.yml."""
    project = prepared.project
    path = list_of_releases(prepared.project.lock)
    before, problems = _list_so_far(path)
    if problems:
        return {}, problems
    try:
        text = with_section(before, section, prepared.lock.deck)
        if before is not None and b"\r\n" in _content(path):
            text = text.replace("\n", "\r\n")
        others = {path: text.encode()}
        if project.lock.name == DECK_LOCK:  # a lone file has no settings
            config = project.folder / "deck.yml"
            text = _content(config).decode("utf-8") if is_there(config) else ""
            changed = with_version(text, version)
            if changed is None:
                return {}, [rules.VERSION_UNWRITABLE.at(project.place, version=version)]
            others[config] = changed.encode()
    except OSError as error:
        problem = error.strerror or str(error)
        return {}, [rules.OUTPUT_UNWRITABLE.at(Span(path.as_posix()), path=path.as_posix(), problem=problem)]
    return others, []


def _with_lock(prepared: Prepared, lock: Lock) -> Prepared:
    notes = tuple(replace(note, locked=lock.notes[note.locked.key]) for note in prepared.notes)
    return replace(prepared, lock=lock, notes=notes)


# ── a release that is known ─────────────────────────────────────────────────────────────────────────────────────────


def _again(prepared: Prepared, built: BuildResult, version: str, output: Path) -> ReleaseResult:
    """Write the package of the release that the lock knows, and what goes with it: CI's work on the release's tag."""
    project, last = prepared.project, prepared.lock.release
    path = list_of_releases(prepared.project.lock)
    text, problems = _list_so_far(path)
    if problems:
        return ReleaseResult(_with_findings(built, problems), version)
    section = section_for(text or "", version)
    if last is None or last.version != version or section is None:
        found = f"is of {last.version}" if last else "knows no release"
        problem = f"deck.lock {found}" if last is None or last.version != version else f"{path.name} has no {version}"
        problems = [rules.NOT_THIS_RELEASE.at(Span(project.lock_name), version=version, problem=problem)]
        return ReleaseResult(_with_findings(built, problems), version)
    changes = changes_since_release(prepared.lock)
    if not changes.nothing:
        problem = "notes were changed after it"
        problems = [rules.NOT_THIS_RELEASE.at(Span(project.lock_name), version=version, problem=problem)]
        return ReleaseResult(_with_findings(built, problems), version)
    return _written(prepared, last, built, output, section, None)


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _written(
    prepared: Prepared,
    release: Release,
    built: BuildResult,
    output: Path,
    section: str,
    others: dict[Path, bytes] | None,
) -> ReleaseResult:
    """Write the package, what goes with it and can be made again, and the files that git tracks: all or none."""
    checksum, notes, form = _beside(output)

    def beside(package: BufferedRandom) -> dict[Path, bytes]:
        package.seek(0)
        digest = hashlib.file_digest(package, "sha256").hexdigest()
        texts = {
            checksum: f"{digest}  {output.name}\n",
            notes: release_notes(section, output.name, checksum.name),
            form: listing(prepared.lock, release, prepared.project.settings, section),
        }
        return {path: text.encode() for path, text in texts.items()} | (others or {})

    problems = pipeline.write(prepared, output, keep_lock=others is None, others=beside)
    if problems:
        return ReleaseResult(_with_findings(built, problems), release.version)
    tracked = (*(others or {}), prepared.project.lock) if others is not None else ()
    written = (output, checksum, notes, form, *tracked)
    return ReleaseResult(replace(built, apkg=output), release.version, written=written)


def _beside(output: Path) -> tuple[Path, Path, Path]:
    """Return where the checksum, the notes and the text for AnkiWeb go that belong to a package."""
    return (
        output.with_name(f"{output.name}.sha256"),
        output.with_name("release-notes.md"),
        output.with_name("ankiweb.txt"),
    )


def _list_so_far(path: Path) -> tuple[str | None, list[Diagnostic]]:
    """Return the list of releases as it is, None if there is none yet, and why it cannot be read."""
    return read_text(path, path.as_posix(), path.parent) if is_there(path) else (None, [])


def _content(path: Path) -> bytes:
    """Return the bytes of a file of the deck. Raises OSError."""
    try:
        return read_inside(path, path.parent, limits()["file-mb"] * MEGABYTE)
    except TooLarge as large:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path)) from large


def _folder(source: Path) -> Path:
    return source if source.is_dir() else source.parent


def _with_findings(built: BuildResult, found: Iterable[Diagnostic]) -> BuildResult:
    return replace(built, diagnostics=(*built.diagnostics, *found))
