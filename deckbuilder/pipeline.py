"""The whole build, from a folder of Markdown to an .apkg, in the order in which it happens."""

from __future__ import annotations

import errno
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from io import BufferedRandom
from itertools import chain
from pathlib import Path
from shlex import quote as quoted
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder import cache, rules
from deckbuilder.cache import Cache, Forged, Shelf, digest_of
from deckbuilder.diagnostics import CannotGoOn, Diagnostic, Severity, Span, has_errors, with_lines
from deckbuilder.drills.slots import slots_text
from deckbuilder.files import NewFiles, clear_away, held, is_device, is_there, leads_out, real_path
from deckbuilder.git import HiddenRepositoryError, last_commit_with
from deckbuilder.identity.changes import (
    Change,
    Content,
    change_of,
    deck_names,
    decks_left,
    stamped,
    stamped_type,
    updated_lock,
)
from deckbuilder.identity.decisions import as_new, decided_by_id, without_pending
from deckbuilder.identity.guids import numbered_ids, random_id
from deckbuilder.identity.lock import Lock, LockedNote, read_lock, write_lock
from deckbuilder.identity.resolve import Asked, Doubt, Identity, Register, resolve, resolve_parts, too_many_retired
from deckbuilder.kinds.templates import Templates, load_templates
from deckbuilder.kinds.titles import KIND_NAMES
from deckbuilder.limits import DEFAULTS, limits
from deckbuilder.lints.near_duplicates import near_duplicates
from deckbuilder.packaging.assemble import StampedNote, assemble, deck_plans, note_type_plans
from deckbuilder.packaging.plan import DeckPlan, Frame, NoteTypePlan, PackagePlan, frame_key
from deckbuilder.project import (
    DECK_LOCK,
    DECK_YML,
    Project,
    list_of_releases,
    load_project,
    read_waivers_file,
    slug,
)
from deckbuilder.rendering.description import render_description
from deckbuilder.rendering.drafts import (
    FAR,
    KEPT_TYPES,
    Draft,
    DraftedFile,
    DraftedQuestion,
    FileTask,
    Settling,
    moved,
)
from deckbuilder.rendering.media import MediaFile
from deckbuilder.rendering.notes import RenderedNote, ResolvedNote, earlier_fingerprints, rendered, too_long_fields
from deckbuilder.rendering.options import PYTHON_MARKDOWN, RenderOptions
from deckbuilder.rendering.pictures import load_pictures
from deckbuilder.source.files import read_files, read_text
from deckbuilder.waivers import Waiver, silenced
from deckbuilder.workers import WorkerDied, beside, processors, shared_out

CLOCK_SLACK = 2
"""Seconds by which a change time may run ahead of the clock before the build refuses instead of waiting."""

_NAMED = 5  # notes that a finding on many of them names

DECK_LEVELS = 11
"""How deep the real Anki lets decks lie below one another."""


Watch: TypeAlias = Callable[[int, int], None]
"""Is told, after each note or file that had to be rendered, how many lines are done, of how many."""

WORTH_A_COPY = 1_000_000
"""Characters of a deck's Markdown from which on it is quicker to draft an edited file in a copy of this process."""

WORTH_SHARING = 300_000
"""Characters of Markdown from which on more processes than one are quicker; fewer are read before another has begun."""


class Options(Struct, frozen=True):
    """What a build is asked for. `output` None stands for build/<deck>.apkg; `now` None for the present second.

    `watch` is told how far the work is; `cache` is the folder where what was found is kept for the next build, if any.
    `allow` are waivers of whoever runs the build, `waivers` a file of more of them outside the deck.
    `jobs` is the number of processes that read and render, None for as many as pay. More than one are begun by copying
    or importing the program, so the program must be prepared for that. `new_deck` says that a missing lock is right:
    this deck was never published. `new_id` makes the ids of new notes and decks.
    """

    output: Path | None = None
    locked: bool = False
    strict: bool = False
    retire: bool = False
    write: bool = True
    now: int | None = None
    watch: Watch | None = None
    cache: Path | None = None
    jobs: int | None = 1
    allow: tuple[Waiver, ...] = ()
    waivers: Path | None = None
    new_deck: bool = False
    new_id: Callable[[], str] = random_id


def looking() -> Options:
    """Return the options for a deck that is only looked at: it needs no lock, and gets the same ids each time."""
    return Options(write=False, new_deck=True, new_id=numbered_ids())


class BuiltNote(Struct, frozen=True):
    """A note of the finished deck, for reports."""

    key: str
    guid: str
    kind: str
    deck: str
    tags: tuple[str, ...]
    span: Span
    change: Change
    question: str


class BuildResult(Struct, frozen=True):
    """What came of a build or check. `apkg` is None when nothing was written; `questions` counts answered or not.

    `doubts` are the questions that the author must decide about; each is also an error among the findings.
    """

    deck: str
    apkg: Path | None
    questions: int
    unanswered: int
    notes: tuple[BuiltNote, ...]
    retired: tuple[LockedNote, ...]
    diagnostics: tuple[Diagnostic, ...]
    doubts: tuple[Doubt, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether any finding is an error."""
        return has_errors(list(self.diagnostics))


class Prepared(Struct, frozen=True):
    """All that a build has worked out before it writes anything: what `build`, and whoever asks what it would do, use.

    `description` is the deck's, as HTML; `before` is the lock as it is, `lock` as it will be; `lock_text` is the text
    of the former, None if there is none. `doubts` are what the author must decide about. `frame` is that of the
    package, if one is to be written.
    """

    project: Project
    description: str
    questions: tuple[DraftedQuestion, ...]
    before: Lock
    lock_text: str | None
    lock: Lock
    templates: Templates
    notes: tuple[StampedNote, ...]
    media: tuple[MediaFile, ...]
    retired: tuple[LockedNote, ...]
    doubts: tuple[Doubt, ...] = ()
    frame: Frame | None = None

    def plan(self) -> PackagePlan:
        """Return the package that this deck makes."""
        return assemble(self.notes, self.lock, self.templates, self.media, self.description, self.frame)


def build(source: Path, options: Options | None = None) -> BuildResult:
    """Build the deck at `source`: write the .apkg and the lock, both or neither; every finding is in the result."""
    options = options or Options()
    prepared, result = prepare(source, options)
    if prepared is None or result.failed or not options.write:
        return result
    output = options.output or default_output(prepared.lock)
    problems = write(prepared, output, keep_lock=options.locked)
    if problems:
        return replace(result, diagnostics=_in_order([*result.diagnostics, *problems]))
    return replace(result, apkg=output)


def prepare(
    source: Path, options: Options | None = None, memory: Cache | None = None
) -> tuple[Prepared | None, BuildResult]:
    """Work out the deck at `source` and every finding, and write nothing; None where there is nothing to go on with.

    With errors in the result the prepared deck is good for looking at, never for writing. `memory` is for a process
    that prepares a deck again and again: it makes the next time quick and changes nothing of what comes out.
    """
    options = options or Options()
    project, diagnostics = load_project(source)
    if project is None:
        return None, _result("", (), (), (), diagnostics)
    texts = dict(project.texts)
    prepared, result = _prepare_project(project, diagnostics, options, memory, texts)
    return prepared, replace(result, diagnostics=tuple(with_lines(result.diagnostics, texts)))


def _prepare_project(
    project: Project, diagnostics: list[Diagnostic], options: Options, memory: Cache | None, texts: dict[str, str]
) -> tuple[Prepared | None, BuildResult]:
    """Prepare a deck whose settings are read; put the text of each source that is read into `texts`, by its name."""
    kept = memory.again() if memory is not None else _kept(project, options.cache)
    try:
        with kept as known:
            return _prepare(project, list(diagnostics), options, known, texts)
    except CannotGoOn as stop:
        return None, _result(project.settings.name, (), (), (), [*diagnostics, *stop.diagnostics])
    except Forged:
        return _prepare_project(project, diagnostics, replace(options, cache=None), None, texts)


def _kept(project: Project, folder: Path | None) -> AbstractContextManager[Cache]:
    return cache.opened(folder, project.settings.name, project.lock, (*KEPT_TYPES, Frame))


def _prepare(
    project: Project, diagnostics: list[Diagnostic], options: Options, known: Cache, texts: dict[str, str]
) -> tuple[Prepared | None, BuildResult]:
    outside, found = read_waivers_file(options.waivers, project.folder) if options.waivers else ((), [])
    diagnostics += found
    how = RenderOptions(project.settings.flavour, project.settings.markdown_extensions)
    now = present_second(options.now)
    with _drafting(project, how, options, known, texts) as drafted:
        lock_text, lock, of_lock = _load_lock(project, now, options)
        texts[project.lock_name] = lock_text or ""
        drafts, found = drafted()
    diagnostics += found + _remarks_on_extensions(how, project)
    questions = [question for draft in drafts for question in draft.questions]
    diagnostics += _remarks_on_limits(questions, project)
    if len(questions) > limits()["questions"]:
        return None, _result(project.settings.name, (), (), (), diagnostics)
    if drafts or not has_errors(diagnostics):  # files that could not be read may well hold some
        diagnostics += _remarks_on_questions(questions, project)

    diagnostics += of_lock
    if lock is None:
        return None, _result(project.settings.name, questions, (), (), diagnostics)

    register = Register(lock, project.lock_name, options.new_id)
    matched = resolve(list(map(_asked, questions)), register)
    diagnostics += matched.diagnostics
    lock = without_pending(lock)
    resolved, found, of_parts = _settle(questions, list(map(as_new, matched.identities)), register, how, known)
    diagnostics += found
    doubts = (*matched.doubts, *of_parts)
    diagnostics += near_duplicates([note.question for note in resolved if not note.is_part])
    retired = _retired(resolved, lock)
    rendered_notes, media, found = _render(resolved, project, lock.deck, known)
    diagnostics += found
    if not has_errors(diagnostics):  # a mistake in the sources would only make more seem to be gone
        diagnostics += _remarks_on_retired(retired, lock, project, options)

    templates = load_templates(KIND_NAMES)
    notes, new_lock = _stamp(rendered_notes, templates, project, lock, now)
    diagnostics += _remarks_on_doubtful(notes, project)
    diagnostics += remarks_on_clock(new_lock, project)
    diagnostics += _remarks_on_decks(notes, project)
    description, found = render_description(project.settings.description, project.place)
    diagnostics += found
    if options.locked and lock_text is not None and new_lock != lock:
        changes = _what_changes(notes, retired)
        diagnostics.append(rules.LOCK_OUTDATED.at(Span(project.lock_name), changes=changes))
    diagnostics = silenced(diagnostics, _waivers(project, drafts), (*options.allow, *outside), strict=options.strict)
    if options.strict:
        diagnostics = _strict(diagnostics)
    types = note_type_plans(notes, new_lock, templates)
    will_be_written = options.write and not has_errors(diagnostics)
    prepared = Prepared(
        project=project,
        description=description,
        questions=tuple(questions),
        before=lock,
        lock_text=lock_text,
        lock=new_lock,
        templates=templates,
        notes=tuple(notes),
        media=tuple(media),
        retired=retired,
        doubts=doubts,
        frame=_frame(deck_plans(notes, new_lock, description), types, known, make=will_be_written),
    )
    return prepared, replace(_result(lock.deck, questions, notes, retired, diagnostics), doubts=doubts)


def default_output(lock: Lock) -> Path:
    """Return where a build writes the deck's package if it is not told where."""
    name = slug(lock.deck)
    return Path("build") / f"{name}-deck.apkg" if is_device(name) else Path("build") / f"{name}.apkg"


def check(source: Path, options: Options | None = None) -> BuildResult:
    """Find everything that a build of `source` would find, and write nothing."""
    return build(source, replace(options or Options(), write=False))


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _drafting(
    project: Project, how: RenderOptions, options: Options, known: Cache, texts: dict[str, str]
) -> Iterator[Callable[[], tuple[list[DraftedFile], list[Diagnostic]]]]:
    """Read every file, and give what drafts their notes; what an earlier build drafted of the same text is as it was.

    In a large deck the first file that was edited is drafted beside this process, which can go on meanwhile.
    """
    files, diagnostics = read_files(project.folder, list(project.files), project.root)
    texts |= {file.name: file.text for file in files}
    habit = project.settings.questions
    bounds = [limits()[name] for name in ("question", "heading")]
    is_large = options.jobs != 1 and sum(len(file.text) for file in files) >= WORTH_A_COPY
    drafts: dict[str, DraftedFile] = {}
    tasks: list[FileTask] = []
    with ExitStack() as others:
        edited: Callable[[], DraftedFile] | None = None
        for file in files:
            digest = digest_of(file.name, file.inside, habit, how.flavour, how.markdown_extensions, bounds, file.text)
            before = known.shelf(file.inside).get(_DRAFT)
            if isinstance(before, DraftedFile) and before.digest == digest:
                drafts[file.inside] = before
            elif isinstance(before, DraftedFile) and is_large and not edited:
                task = FileTask(file, digest, habit, how, before.questions)
                edited = others.enter_context(beside(_draft_file, task))
            else:
                questions = before.questions if isinstance(before, DraftedFile) else ()
                tasks.append(FileTask(file, digest, habit, how, questions))

        def drafted() -> tuple[list[DraftedFile], list[Diagnostic]]:
            try:
                for draft in chain([edited()] if edited else [], _draft_anew(tasks, options)):
                    drafts[draft.inside] = draft
                    known.shelf(draft.inside).put(_DRAFT, draft)
            except WorkerDied:
                raise CannotGoOn(rules.WORKER_DIED.at(project.place)) from None
            found = [finding for file in files for finding in drafts[file.inside].diagnostics]
            return [drafts[file.inside] for file in files], diagnostics + found

        yield drafted


_DRAFT = b"draft"
"""Where on a file's shelf the last draft of it lies."""


def _draft_file(task: FileTask) -> DraftedFile:
    from deckbuilder.drafting import draft_file  # brings in all that reads and renders Markdown

    return draft_file(task)


def _draft_anew(tasks: Sequence[FileTask], options: Options) -> Iterator[DraftedFile]:
    """Yield the drafts of files, in whatever order they are done, made by as many processes as are wanted and pay.

    Raises WorkerDied.
    """
    if not tasks:
        return
    from deckbuilder.drafting import draft_file  # brings in all that reads and renders Markdown

    total = sum(task.lines for task in tasks)
    done = 0

    def tell(lines: int) -> None:
        if options.watch:
            options.watch(done + lines, total)

    size = sum(len(task.file.text) for task in tasks)
    jobs = options.jobs or (processors() if size >= WORTH_SHARING else 1)
    if min(jobs, len(tasks)) == 1:
        for task in tasks:
            draft = draft_file(task, tell)
            done += task.lines
            tell(0)
            yield draft
        return
    for number, draft in shared_out(draft_file, tasks, jobs):
        done += tasks[number].lines
        tell(0)
        yield draft


def _waivers(project: Project, drafts: Iterable[DraftedFile]) -> list[Waiver]:
    """Return all that the author lets stand: in the whole deck, in sections, in single questions."""
    waivers = [
        replace(waiver, files=f"{project.root}/{waiver.files}") if project.root and waiver.files != "*" else waiver
        for waiver in project.settings.ignore
    ]
    for draft in drafts:
        waivers += draft.waivers
        waivers += [waiver for question in draft.questions for waiver in question.waivers]
    return waivers


def _remarks_on_questions(questions: Sequence[DraftedQuestion], project: Project) -> Iterable[Diagnostic]:
    if not questions:
        yield rules.NO_QUESTIONS.at(project.place)
    elif not any(question.is_answered for question in questions):
        yield rules.NO_NOTES.at(project.place, questions=len(questions))
    for question in questions:
        if not question.is_answered:
            yield rules.UNANSWERED.at(question.span, question=question.text)


def _remarks_on_limits(questions: Sequence[DraftedQuestion], project: Project) -> Iterable[Diagnostic]:
    most = limits()
    for word in most.wrong:
        yield rules.WRONG_LIMIT.at(project.place, word=word, known=", ".join(DEFAULTS))
    if len(questions) > most["questions"]:
        what = f"the deck has {len(questions):,} questions, more than the {most['questions']:,} that are taken"
        yield rules.TOO_MUCH.at(project.place, what=what, limit="questions")
    for section, question in {question.section: question for question in reversed(questions)}.items():
        if (longest := max(map(len, section), default=0)) > most["heading"]:
            what = f"a heading above has {longest:,} characters, more than the {most['heading']:,} that are taken"
            yield rules.TOO_MUCH.at(question.span, what=what, limit="heading")


def _load_lock(project: Project, now: int, options: Options) -> tuple[str | None, Lock | None, list[Diagnostic]]:
    """Return the lock's text and content; a deck that has none yet is born now."""
    settings = project.settings
    if not is_there(project.lock):
        new = Lock(settings.name, settings.id or options.new_id(), now)
        return None, new, list(_remarks_on_missing_lock(project, new, options))
    text, diagnostics = _text_of_lock(project)
    if text is None:
        return None, None, diagnostics
    lock, diagnostics = read_lock(text, project.lock_name)
    if lock and lock.deck != settings.name:
        diagnostics.append(rules.DECK_RENAMED.at(project.place, old=lock.deck, new=settings.name))
    return text, lock, diagnostics


def _remarks_on_missing_lock(project: Project, lock: Lock, options: Options) -> Iterable[Diagnostic]:
    """Yield an error where a lock is missing that was there once, or that this build must not make."""
    if options.new_deck and not options.locked:
        return
    only_new = "only for a deck that nobody has yet, use --new-deck"
    try:
        commit, hidden = last_commit_with(project.lock), ""
    except HiddenRepositoryError as error:
        commit, hidden = None, str(error)
    package = None if commit is not None or hidden else _earlier_package(lock, options)
    if hidden:
        reason, way = hidden, f"find out who put that folder there before you run git in it; {only_new}"
    elif commit is not None:
        reason = "git knows it"
        there, path = f"{commit} " if commit else "", Path(project.lock_name)
        if path.is_absolute() or ".." in path.parts:  # perhaps in another repository than the one that the user is in
            way = f"run `git -C {quoted(path.parent.as_posix())} checkout {there}-- {quoted(path.name)}`; {only_new}"
        else:
            way = f"run `git checkout {there}-- {quoted(path.as_posix())}`; {only_new}"
    elif package is not None:
        name, source = package.as_posix(), project.root or "."
        if project.lock.name != DECK_LOCK:
            source = project.place.file
        reason = f"`{name}` was built with one"
        way = f"run `deckbuilder lock restore {quoted(name)} {quoted(source)}`; {only_new}"
    elif is_there(releases := list_of_releases(project.lock)):
        reason = f"`{releases.as_posix()}` tells of releases"
        way = f"run `deckbuilder lock restore` with the package of the last release; {only_new}"
    elif options.locked:
        reason = "--locked never makes one"
        way = f"if the deck is new, run `deckbuilder build` and commit deck.lock; {_RESTORED}"
    elif is_ci():
        reason = "CI is set, and what a build in CI makes is not committed"
        way = (
            "if the deck is new, run `deckbuilder build` on your own machine and commit deck.lock "
            f"(--new-deck builds it here, once); {_RESTORED}"
        )
    else:
        return
    yield rules.LOCK_MISSING.at(Span(project.lock_name), reason=reason, way=way)


_RESTORED = "if it was ever published, run `deckbuilder lock restore` with the newest package"


def _earlier_package(lock: Lock, options: Options) -> Path | None:
    """Return a package of this deck that an earlier build left where packages go, None if there is none."""
    from deckbuilder.packaging.reading import deck_of_package  # brings in what few builds need

    usual = [path for path in (options.output, default_output(lock)) if path is not None]
    for path in dict.fromkeys([*usual, *sorted(Path("build").glob("*.apkg"))[:_PACKAGES]]):
        if is_there(path) and {lock.deck, lock.id} & deck_of_package(path, whole=path in usual):
            return path
    return None


_PACKAGES = 50  # of a folder that are asked whose they are


def is_ci() -> bool:
    """Whether this process runs in continuous integration, where nobody commits what it writes."""
    return os.environ.get("CI", "").casefold() not in {"", "0", "false"}


def _text_of_lock(project: Project) -> tuple[str | None, list[Diagnostic]]:
    return read_text(project.lock, project.lock_name, project.folder, "lock-mb")


# ── identity ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _asked(question: DraftedQuestion) -> Asked:
    return Asked(
        span=question.span,
        section=question.section,
        text=question.text,
        answer=question.answer,
        id=question.id,
        ships=question.is_answered,
        known=question.known,
    )


def _settle(
    questions: Sequence[DraftedQuestion],
    identities: Sequence[Identity | None],
    register: Register,
    how: RenderOptions,
    known: Cache,
) -> tuple[list[ResolvedNote], list[Diagnostic], list[Doubt]]:
    """Settle each note with what the lock kept for it, and put its parts right behind it, and theirs behind them."""
    waiting = [
        ResolvedNote(question, question.draft, identity)
        for question, identity in zip(reversed(questions), reversed(identities), strict=True)
        if identity and question.draft
    ]
    done: list[ResolvedNote] = []
    diagnostics: list[Diagnostic] = []
    doubts: list[Doubt] = []
    while waiting:
        drafted = waiting.pop()
        diagnostics += drafted.draft.diagnostics
        note = _settled(drafted, how, known.shelf(drafted.question.inside))
        done.append(note)
        if note.settling:
            diagnostics += note.draft.diagnostics
        if not note.is_part:
            diagnostics += _remarks_on_kind(note)
        parts = note.draft.parts
        if not parts:
            continue
        matched = resolve_parts([_asked_part(part, note) for part in parts], note.identity, register)
        diagnostics += matched.diagnostics
        doubts += matched.doubts
        waiting += [
            ResolvedNote(note.question, part, identity, of=note.identity.key)
            for part, identity in zip(reversed(parts), map(as_new, reversed(matched.identities)), strict=True)
            if identity
        ]
    return done, diagnostics, doubts


def _settled(note: ResolvedNote, how: RenderOptions, shelf: Shelf) -> ResolvedNote:
    """Return the note with what is to be kept for it; a drill's fields follow from that, other notes' do not."""
    kept = note.identity.known.slots if note.identity.known else ()
    recipe = note.draft.recipe
    if recipe is None:
        return replace(note, slots=kept) if kept else note  # a note that is no drill any more may become one again
    first, settling = note.question.span.line, Settling(recipe, note.identity.key, slots_text(kept), how)
    draft = shelf.get(settling.digest)
    if not isinstance(draft, Draft):
        from deckbuilder.drafting import settle  # brings in all that drills reckon with

        draft = settle(settling)
        shelf.put(settling.digest, draft)
        shelf.put(draft.digest, draft)  # what the next build asks for, which knows what the lock now keeps
    draft = moved(draft, first - FAR)
    return replace(note, draft=draft, slots=draft.slots, settling=settling)


def _remarks_on_kind(note: ResolvedNote) -> Iterable[Diagnostic]:
    known, kind = note.identity.known, note.draft.kind
    if known and known.kind != kind:
        yield rules.KIND_CHANGED.at(note.span, key=note.identity.key, kind=kind, born=known.kind)


def _asked_part(part: Draft, whole: ResolvedNote) -> Asked:
    """Return a part as identity sees it: parts move with the note that they belong to, so its old place is theirs."""
    known, key = whole.identity.known, whole.identity.key
    return Asked(
        span=part.span,
        section=known.section if known else whole.question.section,
        text=part.text,
        answer=part.answer,
        id=None if part.name is None else f"{key}.{part.name}",
        ships=True,
    )


def _retired(notes: Iterable[ResolvedNote], lock: Lock) -> tuple[LockedNote, ...]:
    """Return the notes that the lock knows and the sources do not have any more."""
    there = {note.identity.known.key for note in notes if note.identity.known}
    return tuple(note for note in lock.notes.values() if note.key not in there and not note.retired)


def _remarks_on_retired(
    retired: Sequence[LockedNote], lock: Lock, project: Project, options: Options
) -> Iterable[Diagnostic]:
    for note in retired:
        yield rules.RETIRED.at(Span(project.lock_name, note.line), key=note.key, question=note.text)
    known = sum(not note.retired for note in lock.notes.values())
    if not options.retire and too_many_retired(len(retired), known):
        yield rules.MANY_RETIRED.at(project.place, retired=len(retired), known=known)


# ── rendering ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _render(
    resolved: Sequence[ResolvedNote], project: Project, deck: str, known: Cache
) -> tuple[list[RenderedNote], list[MediaFile], list[Diagnostic]]:
    """Read every picture, then complete every note's fields."""
    uses = [use for note in resolved for use in note.draft.pictures]
    pictures, diagnostics = load_pictures(uses, project.folder, project.root, known.shelf(_PICTURES))
    media = {picture.name: picture for picture in pictures.values()}
    settings, most = project.settings, limits()["field"]
    prefix = slug(deck) if settings.tag_prefix is None else settings.tag_prefix
    notes = [rendered(note, settings, prefix, pictures, known.shelf(note.question.inside)) for note in resolved]
    diagnostics += [found for note in notes for found in too_long_fields(note, most)]
    return notes, list(media.values()), diagnostics


_PICTURES = "pictures"
"""The shelf of what is known about pictures; those of files are called by their names, which have an ending."""


def _remarks_on_extensions(options: RenderOptions, project: Project) -> list[Diagnostic]:
    if options.flavour != PYTHON_MARKDOWN:
        return []
    from deckbuilder.rendering.python_markdown import check_extensions  # brings in a library that few decks need

    return check_extensions(options, project.place)


# ── change times ────────────────────────────────────────────────────────────────────────────────────────────────────


def present_second(asked: int | None) -> int:
    """Return the second that changes are stamped with: what was asked for, SOURCE_DATE_EPOCH, or the clock's."""
    clock = int(time.time())
    if asked is not None:
        return asked
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return min(int(epoch), clock) if epoch.isdigit() else clock


def _stamp(
    rendered: Sequence[RenderedNote], templates: Templates, project: Project, lock: Lock, now: int
) -> tuple[list[StampedNote], Lock]:
    """Give each note its change, change time and deck, and return them with the lock as it will be."""
    depth = project.settings.subdecks
    came_from = [
        (note.identity.known.section[:depth], note.question.section[:depth]) for note in rendered if note.identity.known
    ]
    decks = deck_names(lock.deck, [note.question.section[:depth] for note in rendered], lock, came_from)
    stamped_notes = []
    for note in rendered:
        content, deck = _content(note, project, lock), decks[note.question.section[:depth]]
        locked = decided_by_id(note.identity, stamped(note.identity, content, now))
        left = decks_left(note.identity.known, deck, lock, depth)
        if left != locked.left:
            locked = replace(locked, left=left)
        stamped_notes.append(StampedNote(note, change_of(note.identity, content), locked, deck))
    born_kinds = {note.locked.kind for note in stamped_notes}
    types = [stamped_type(kind, templates.fingerprint, lock, now) for kind in sorted(born_kinds)]
    return stamped_notes, updated_lock(lock, [note.locked for note in stamped_notes], types, decks)


def _content(note: RenderedNote, project: Project, lock: Lock) -> Content:
    resolved, section = note.resolved, note.question.section
    known, prints = note.identity.known, note.prints
    doubtful = known is not None and not known.source and known.fingerprint != prints.fingerprint
    return Content(
        kind=note.kind,
        section=section,
        text=resolved.text,
        answer=resolved.answer,
        fingerprint=prints.fingerprint,
        source=prints.source,
        of=resolved.of,
        slots=resolved.slots,
        earlier=earlier_fingerprints(note, project.settings, lock.deck) if doubtful else (),
    )


def _remarks_on_doubtful(notes: Iterable[StampedNote], project: Project) -> Iterable[Diagnostic]:
    """Yield a note on those that an earlier program's lock cannot tell to be edited or not."""
    known = ((note.rendered.identity.known, note) for note in notes if note.change is Change.UNCHANGED)
    keys = [
        note.locked.key
        for before, note in known
        if before and not before.source and before.fingerprint != note.locked.fingerprint
    ]
    if keys:
        some = ", ".join(keys[:_NAMED]) + (f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else "")
        yield rules.CHANGED_BY_WHOM.at(Span(project.lock_name), count=len(keys), which=some)


def remarks_on_clock(lock: Lock, project: Project) -> Iterable[Diagnostic]:
    """Yield an error where change times run ahead of the clock, which Anki would refuse as being in the future."""
    newest, clock = _newest(lock), int(time.time())
    if newest > clock + CLOCK_SLACK:
        times = [time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(second)) for second in (newest, clock)]
        yield rules.CLOCK_BEHIND.at(Span(project.lock_name), lock=times[0], clock=times[1])


def _remarks_on_decks(notes: Sequence[StampedNote], project: Project) -> Iterable[Diagnostic]:
    for deck in dict.fromkeys(note.deck for note in notes):
        levels = deck.count("::") + 1
        if levels > DECK_LEVELS:
            yield rules.DECK_TOO_DEEP.at(project.place, deck=deck, levels=levels, limit=DECK_LEVELS)


def _newest(lock: Lock) -> int:
    notes = (note.modified for note in lock.notes.values())
    return max((lock.born, *notes, *(kind.modified for kind in lock.types.values())))


# ── results ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _result(
    deck: str,
    questions: Sequence[DraftedQuestion],
    notes: Sequence[StampedNote],
    retired: tuple[LockedNote, ...],
    diagnostics: Iterable[Diagnostic],
) -> BuildResult:
    return BuildResult(
        deck=deck,
        apkg=None,
        questions=len(questions),
        unanswered=sum(not question.is_answered for question in questions),
        notes=tuple(_built(note) for note in notes),
        retired=retired,
        diagnostics=_in_order(diagnostics),
    )


def _built(note: StampedNote) -> BuiltNote:
    locked = note.locked
    return BuiltNote(
        key=locked.key,
        guid=locked.guid,
        kind=note.rendered.kind,
        deck=note.deck,
        tags=note.rendered.tags,
        span=note.rendered.resolved.span,
        change=note.change,
        question=_shown_text(note.rendered.resolved),
    )


def _shown_text(note: ResolvedNote) -> str:
    return f"{note.question.text} ({note.text})" if note.is_part else note.text


def _in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda found: (found.span, found.code)))


def _strict(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [
        replace(found, severity=Severity.ERROR) if found.severity is Severity.WARNING else found
        for found in diagnostics
    ]


def _what_changes(notes: Sequence[StampedNote], retired: Sequence[LockedNote]) -> str:
    counts = Counter(note.change for note in notes if note.change is not Change.UNCHANGED)
    said = [f"{count} {change}" for change, count in counts.items()] + ([f"{len(retired)} retired"] if retired else [])
    return ", ".join(said) or "no note, only what deckbuilder remembers of them, of note types or of decks"


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _frame(decks: Sequence[DeckPlan], note_types: Sequence[NoteTypePlan], known: Cache, *, make: bool) -> Frame | None:
    """Return what genanki makes of the package's decks and note types, nearly always the same as at the last build.

    Where that is not known it is made if `make` says so: a check never needs it.
    """
    shelf, digest = known.shelf(_PACKAGE), frame_key(decks, note_types)
    frame = shelf.get(digest)
    if isinstance(frame, Frame) and frame.of == digest and frame.is_sound:
        return frame
    if not make:
        return None
    from deckbuilder.packaging.frame import frame_of  # brings in genanki

    frame = frame_of(decks, note_types)
    shelf.put(digest, frame)
    return frame


_PACKAGE = "package"
"""The shelf of what is known about the package; those of files are called by their names, which have an ending."""


def write(
    prepared: Prepared,
    output: Path,
    *,
    keep_lock: bool = False,
    others: Callable[[BufferedRandom], Mapping[Path, bytes]] | None = None,
) -> list[Diagnostic]:
    """Write the lock, if it says anything new, then the package, then `others`: all or none; return why none was.

    `others` is given the package to read. Whoever stops the machine finds the first few of the files new, none of them
    half there.
    """
    from deckbuilder.packaging.writer import write_package  # brings in what only writing needs

    project, before = prepared.project, prepared.lock_text
    own = (project.lock, project.folder / DECK_YML, *project.files)
    if real_path(output) in map(real_path, own):
        return [_unwritable(output, FileExistsError(errno.EEXIST, "it is one of the deck's own files"))]
    if leads_out(output.parent):  # a link in the package's own place is replaced, never followed
        problem = f"a link leads it out of this folder; if that is meant, use --output {real_path(output).as_posix()}"
        return [_unwritable(output, OSError(errno.EXDEV, problem))]
    _wait_until(_newest(prepared.lock))
    text = write_lock(prepared.lock)
    content = text.encode()
    files = NewFiles()
    try:
        with held(project.lock.parent), files:
            clear_away(project.lock.parent)  # even if the lock is not written
            files.folder(output.parent)
            # First, and so moved into place first: a package never has a GUID that no lock knows.
            if text != before and not keep_lock:
                files.write(project.lock, content)
            package = files.open(output)
            write_package(replace(prepared.plan(), lock=content), package)
            for path, other in (others(package) if others else {}).items():
                files.write(path, other)
            if _lock_text(project) != before:
                raise CannotGoOn(rules.LOCK_CHANGED.at(Span(project.lock_name)))
    except CannotGoOn as stop:
        return stop.diagnostics
    except OSError as error:
        return [_unwritable(files.at, error)]
    return []


def write_decisions(prepared: Prepared, lock: Lock) -> list[Diagnostic]:
    """Write a lock in which the author's decisions are, in place of the one that the deck was prepared with.

    Return why it was not written: nothing is if that lock is no longer the one there.
    """
    project = prepared.project
    files = NewFiles()
    try:
        with held(project.lock.parent), files:
            files.write(project.lock, write_lock(lock).encode())
            if _lock_text(project) != prepared.lock_text:
                raise CannotGoOn(rules.LOCK_CHANGED.at(Span(project.lock_name)))
    except CannotGoOn as stop:
        return stop.diagnostics
    except OSError as error:
        return [_unwritable(files.at, error)]
    return []


def _unwritable(path: Path, error: OSError) -> Diagnostic:
    """Say what could not be written; where the trouble is elsewhere, as in a temporary folder, say so too."""
    problem, place = error.strerror or str(error), Path(str(error.filename or path))
    if path.parent not in (place, place.parent):
        problem = f"{problem}: {place.as_posix()}"
    return rules.OUTPUT_UNWRITABLE.at(Span(path.as_posix()), path=path.as_posix(), problem=problem)


def _lock_text(project: Project) -> str | None:
    """Return the text of the lock as it is now: None if there is none, nothing if it cannot be read any more."""
    return _text_of_lock(project)[0] or "" if is_there(project.lock) else None


def _wait_until(second: int) -> None:
    """Wait while two builds in the same second have put a change time ahead of the clock."""
    while (ahead := second - time.time()) > 0:
        time.sleep(min(ahead, 0.05))
