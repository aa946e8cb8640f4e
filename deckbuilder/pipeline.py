"""The whole build, from a folder of Markdown to an .apkg, in the order in which it happens."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from deckbuilder import cache, rules
from deckbuilder.cache import Cache, Shelf
from deckbuilder.diagnostics import CannotGoOn, Diagnostic, Related, Severity, Span, has_errors
from deckbuilder.files import atomic_writer
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
from deckbuilder.identity.evidence import answer_print
from deckbuilder.identity.lock import Lock, LockedNote, read_lock, write_lock
from deckbuilder.identity.resolve import Asked, Identity, Register, resolve, resolve_parts, too_many_retired
from deckbuilder.kinds._shared.notes import Part
from deckbuilder.kinds.registry import KIND_NAMES, read_note
from deckbuilder.kinds.templates import Templates, load_templates
from deckbuilder.limits import DEFAULTS, limits
from deckbuilder.lints.registry import lint
from deckbuilder.packaging.assemble import StampedNote, assemble
from deckbuilder.packaging.plan import PackagePlan
from deckbuilder.project import Project, load_project, slug
from deckbuilder.rendering.description import render_description
from deckbuilder.rendering.media import MediaFile
from deckbuilder.rendering.notes import (
    RenderedNote,
    ResolvedNote,
    empty_sides,
    render_note,
    too_long_fields,
    with_packed_pictures,
)
from deckbuilder.rendering.options import PYTHON_MARKDOWN, RenderOptions
from deckbuilder.rendering.pictures import load_pictures
from deckbuilder.rendering.renderer import RenderMemory
from deckbuilder.source.documents import Document, read_document
from deckbuilder.source.files import SourceFile, read_files, read_text
from deckbuilder.source.metadata import Comment, Metadata
from deckbuilder.source.passage import Line, Passage
from deckbuilder.source.questions import Question
from deckbuilder.waivers import Waiver, silenced

CACHED_TYPES = (Question, Passage, Line, Metadata, Comment, Waiver, Span, Diagnostic, Severity, Related)
"""What a cache may hold of a file that was read."""

CLOCK_SLACK = 2
"""Seconds by which a change time may run ahead of the clock before the build refuses instead of waiting."""


Watch: TypeAlias = Callable[[int, int], None]
"""Is told, after each note, how many are rendered, of how many."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a build is asked for. `output` None stands for build/<deck>.apkg; `now` None for the present second.

    `watch` is told how far the work is; `cache` is the folder where what was found is kept for the next build, if any.
    """

    output: Path | None = None
    locked: bool = False
    strict: bool = False
    retire: bool = False
    write: bool = True
    now: int | None = None
    watch: Watch | None = None
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class BuiltNote:
    """A note of the finished deck, for reports."""

    key: str
    guid: str
    kind: str
    deck: str
    tags: tuple[str, ...]
    span: Span
    change: Change
    question: str


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What came of a build or check. `apkg` is None when nothing was written; `questions` counts answered or not."""

    deck: str
    apkg: Path | None
    questions: int
    unanswered: int
    notes: tuple[BuiltNote, ...]
    retired: tuple[LockedNote, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        """Whether any finding is an error."""
        return has_errors(list(self.diagnostics))


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a build has worked out before it writes anything: what `build`, and whoever asks what it would do, use.

    `before` is the lock as it is, `lock` as it will be; `lock_text` is the text of the former, None if there is none.
    """

    project: Project
    questions: tuple[Question, ...]
    before: Lock
    lock_text: str | None
    lock: Lock
    templates: Templates
    notes: tuple[StampedNote, ...]
    media: tuple[MediaFile, ...]
    retired: tuple[LockedNote, ...]

    def plan(self) -> PackagePlan:
        """Return the package that this deck makes."""
        description, _ = render_description(self.project.settings.description, self.project.place)
        return assemble(self.notes, self.lock, self.templates, self.media, description)


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


class Kept:
    """What a process that prepares a deck again and again keeps: unchanged files and passages.

    It makes the next preparation quick and changes nothing of what comes out.
    """

    def __init__(self) -> None:
        self.documents: dict[tuple[SourceFile, str], tuple[Document, list[Diagnostic]]] = {}
        self.passages = RenderMemory()


def prepare(
    source: Path, options: Options | None = None, kept: Kept | None = None
) -> tuple[Prepared | None, BuildResult]:
    """Work out the deck at `source` and every finding, and write nothing; None where there is nothing to go on with.

    With errors in the result the prepared deck is good for looking at, never for writing.
    """
    options = options or Options()
    project, diagnostics = load_project(source)
    if project is None:
        return None, _result("", (), (), (), diagnostics)
    with cache.opened(options.cache, project.lock, CACHED_TYPES) as known:
        return _prepare(project, diagnostics, options, kept, known)


def _prepare(
    project: Project, diagnostics: list[Diagnostic], options: Options, kept: Kept | None, known: Cache
) -> tuple[Prepared | None, BuildResult]:
    documents, found = _read_documents(project, kept, known)
    diagnostics += found
    questions = [question for document in documents for question in document.questions]
    prints = [fingerprint for document in documents for fingerprint in _answer_prints(document, known)]
    diagnostics += _remarks_on_limits(questions, project)
    if len(questions) > limits()["questions"]:
        return None, _result(project.settings.name, (), (), (), diagnostics)
    diagnostics += _remarks_on_questions(questions, project)

    now = present_second(options.now)
    lock_text, lock, found = _load_lock(project, now)
    diagnostics += found
    if lock is None:
        return None, _result(project.settings.name, questions, (), (), diagnostics)

    register = Register(lock, project.lock_name)
    identities, found = resolve(list(map(_asked, questions, prints)), register)
    diagnostics += found
    resolved, found = _read_notes(questions, prints, identities)
    diagnostics += found
    resolved, found = _with_parts(resolved, register)
    diagnostics += found
    retired = _retired(resolved, lock)
    rendered, media, found = _render(resolved, project, lock.deck, options.watch, kept, known)
    diagnostics += found + lint(resolved)
    if not has_errors(diagnostics):  # a mistake in the sources would only make more seem to be gone
        diagnostics += _remarks_on_retired(retired, lock, project, options)

    templates = load_templates(KIND_NAMES)
    notes, new_lock = _stamp(rendered, templates, project, lock, now)
    diagnostics += remarks_on_clock(new_lock, project)
    diagnostics += render_description(project.settings.description, project.place)[1]
    if options.locked and (lock_text is None or new_lock != lock):
        changes = _what_changes(notes, retired)
        diagnostics.append(rules.LOCK_OUTDATED.at(Span(project.lock_name), changes=changes))
    diagnostics = silenced(diagnostics, _waivers(project, documents))
    if options.strict:
        diagnostics = _strict(diagnostics)
    prepared = Prepared(
        project, tuple(questions), lock, lock_text, new_lock, templates, tuple(notes), tuple(media), retired
    )
    return prepared, _result(lock.deck, questions, notes, retired, diagnostics)


def default_output(lock: Lock) -> Path:
    """Return where a build writes the deck's package if it is not told where."""
    return Path("build") / f"{slug(lock.deck)}.apkg"


def check(source: Path, options: Options | None = None) -> BuildResult:
    """Find everything that a build of `source` would find, and write nothing."""
    return build(source, replace(options or Options(), write=False))


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_documents(project: Project, kept: Kept | None, known: Cache) -> tuple[list[Document], list[Diagnostic]]:
    files, diagnostics = read_files(project.folder, list(project.files), project.root)
    habit = project.settings.questions
    before = kept.documents if kept else {}
    read = {
        (file, habit): before.get((file, habit)) or _read_document(file, habit, known.shelf(file.inside))
        for file in files
    }
    if kept:
        kept.documents = read
    for _, found in read.values():
        diagnostics += found
    return [document for document, _ in read.values()], diagnostics


def _read_document(file: SourceFile, habit: str, shelf: Shelf) -> tuple[Document, list[Diagnostic]]:
    """Read a file, or take from the shelf what an earlier build read in the same text."""
    bounds = [limits()[name] for name in ("question", "heading")]
    key = cache.digest_of("document", file.name, file.inside, habit, bounds, file.text)
    found = shelf.get(key)
    if not isinstance(found, tuple):
        document, diagnostics = read_document(file, habit)
        shelf.put(key, (document.questions, document.waivers, tuple(diagnostics)))
        return document, diagnostics
    questions, waivers, diagnostics = found
    return Document(file, questions, waivers), list(diagnostics)


def _waivers(project: Project, documents: Iterable[Document]) -> list[Waiver]:
    """Return all that the author lets stand: in the whole deck, in sections, in single questions."""
    waivers = [
        replace(waiver, files=f"{project.root}/{waiver.files}") if project.root and waiver.files != "*" else waiver
        for waiver in project.settings.ignore
    ]
    for document in documents:
        waivers += document.waivers
        waivers += [waiver for question in document.questions for waiver in question.waivers]
    return waivers


def _remarks_on_questions(questions: Sequence[Question], project: Project) -> Iterable[Diagnostic]:
    if not questions:
        yield rules.NO_QUESTIONS.at(project.place)
    for question in questions:
        if not question.is_answered:
            yield rules.UNANSWERED.at(question.span, question=question.text)


def _remarks_on_limits(questions: Sequence[Question], project: Project) -> Iterable[Diagnostic]:
    most = limits()
    for word in most.wrong:
        yield rules.WRONG_LIMIT.at(project.place, word=word, known=", ".join(DEFAULTS))
    if len(questions) > most["questions"]:
        what = f"the deck has {len(questions):,} questions, more than the {most['questions']:,} that are taken"
        yield rules.TOO_MUCH.at(project.place, what=what, limit="questions")
    seen: set[str] = set()
    for question in questions:
        for title in question.section:
            if len(title) > most["heading"] and title not in seen:
                seen.add(title)
                what = (
                    f"the heading above has {len(title):,} characters, more than the {most['heading']:,} that are taken"
                )
                yield rules.TOO_MUCH.at(question.span, what=what, limit="heading")


def _load_lock(project: Project, now: int) -> tuple[str | None, Lock | None, list[Diagnostic]]:
    """Return the lock's text and content; a deck that has none yet is born now."""
    settings = project.settings
    if not project.lock.exists():
        return None, Lock(settings.name, settings.id or slug(settings.name), now), []
    text, diagnostics = read_text(project.lock, project.lock_name)
    if text is None:
        return None, None, diagnostics
    lock, diagnostics = read_lock(text, project.lock_name)
    if lock and lock.deck != settings.name:
        diagnostics.append(rules.DECK_RENAMED.at(project.place, old=lock.deck, new=settings.name))
    return text, lock, diagnostics


# ── identity ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _answer_prints(document: Document, known: Cache) -> list[str]:
    """Return the fingerprint of each question's answer."""
    shelf = known.shelf(document.file.inside)
    key = cache.digest_of("answers", [question.span.line for question in document.questions], document.file.text)
    found = shelf.get(key)
    if not isinstance(found, tuple):
        found = tuple(_answer_print(question) for question in document.questions)
        shelf.put(key, found)
    return list(found)


def _asked(question: Question, fingerprint: str) -> Asked:
    return Asked(
        span=question.span,
        section=question.section,
        text=question.text,
        answer=fingerprint,
        id=question.metadata.id,
        ships=question.is_answered,
    )


def _answer_print(question: Question) -> str:
    return answer_print("\n".join((question.answer.text, *(point.text for point in question.key_points))))


def _read_notes(
    questions: Sequence[Question], prints: Sequence[str], identities: Sequence[Identity | None]
) -> tuple[list[ResolvedNote], list[Diagnostic]]:
    resolved: list[ResolvedNote] = []
    diagnostics: list[Diagnostic] = []
    for question, fingerprint, identity in zip(questions, prints, identities, strict=True):
        if identity is None:
            continue
        kind, note, found = read_note(question)
        diagnostics += found
        born = identity.known.kind if identity.known else kind.name
        if born != kind.name:
            diagnostics.append(rules.KIND_CHANGED.at(question.span, key=identity.key, kind=kind.name, born=born))
        resolved.append(ResolvedNote(note, kind, identity, fingerprint))
    return resolved, diagnostics


def _with_parts(notes: Sequence[ResolvedNote], register: Register) -> tuple[list[ResolvedNote], list[Diagnostic]]:
    """Settle each note with what the lock kept for it, and put its parts right behind it, and theirs behind them."""
    waiting = list(reversed(notes))
    done: list[ResolvedNote] = []
    diagnostics: list[Diagnostic] = []
    while waiting:
        note = waiting.pop()
        known = note.identity.known
        settled = note.kind.settle(note.note, note.identity.key, known.slots if known else ())
        diagnostics += settled.diagnostics
        done.append(replace(note, note=settled.note, slots=settled.slots))
        parts = note.kind.parts(settled.note)
        if not parts:
            continue
        identities, found = resolve_parts([_asked_part(part, note) for part in parts], note.identity, register)
        diagnostics += found
        waiting += [
            ResolvedNote(part.note, note.kind, identity, answer_print(part.answer), part, note.identity.key)
            for part, identity in zip(reversed(parts), reversed(identities), strict=True)
            if identity
        ]
    return done, diagnostics


def _asked_part(part: Part, whole: ResolvedNote) -> Asked:
    """Return a part as identity sees it: parts move with the note that they belong to, so its old place is theirs."""
    known, key = whole.identity.known, whole.identity.key
    return Asked(
        span=part.span,
        section=known.section if known else whole.question.section,
        text=part.text,
        answer=answer_print(part.answer),
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
    resolved: Sequence[ResolvedNote],
    project: Project,
    deck: str,
    watch: Watch | None,
    kept: Kept | None,
    known: Cache,
) -> tuple[list[RenderedNote], list[MediaFile], list[Diagnostic]]:
    """Render every note, then put its pictures' packed names in."""
    options = RenderOptions(project.settings.flavour, project.settings.markdown_extensions)
    rendered: list[RenderedNote] = []
    diagnostics = _remarks_on_extensions(options, project)
    if kept:
        kept.passages.turn()
    for note in resolved:
        memory, shelf = kept.passages if kept else None, known.shelf(note.question.inside)
        one, found = render_note(note, options, project.settings, deck, memory, shelf)
        rendered.append(one)
        diagnostics += found + empty_sides(one) + too_long_fields(one)
        if watch:
            watch(len(rendered), len(resolved))
    uses = [use for note in rendered for use in note.pictures]
    pictures, found = load_pictures(uses, project.folder, project.root)
    diagnostics += found
    media = {picture.name: picture for picture in pictures.values()}
    return [with_packed_pictures(note, pictures) for note in rendered], list(media.values()), diagnostics


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
        content, deck = _content(note), decks[note.question.section[:depth]]
        left = decks_left(note.identity.known, deck, lock, depth)
        locked = replace(stamped(note.identity, content, now), left=left)
        stamped_notes.append(StampedNote(note, change_of(note.identity, content), locked, deck))
    born_kinds = {note.locked.kind for note in stamped_notes}
    types = [stamped_type(kind, templates.fingerprint, lock, now) for kind in sorted(born_kinds)]
    return stamped_notes, updated_lock(lock, [note.locked for note in stamped_notes], types, decks)


def _content(note: RenderedNote) -> Content:
    resolved, section = note.resolved, note.question.section
    body, whole = note.fingerprints()
    return Content(note.kind, section, resolved.text, resolved.answer, body, whole, resolved.of, resolved.slots)


def remarks_on_clock(lock: Lock, project: Project) -> Iterable[Diagnostic]:
    """Yield an error where change times run ahead of the clock, which Anki would refuse as being in the future."""
    newest, clock = _newest(lock), int(time.time())
    if newest > clock + CLOCK_SLACK:
        times = [time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(second)) for second in (newest, clock)]
        yield rules.CLOCK_BEHIND.at(Span(project.lock_name), lock=times[0], clock=times[1])


def _newest(lock: Lock) -> int:
    notes = (note.modified for note in lock.notes.values())
    return max((lock.born, *notes, *(kind.modified for kind in lock.types.values())))


# ── results ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _result(
    deck: str,
    questions: Sequence[Question],
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
    return f"{note.question.text} ({note.text})" if note.part else note.text


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
    return ", ".join(said) or "note types, decks or wordings only"


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(
    prepared: Prepared, output: Path, *, keep_lock: bool = False, others: Mapping[Path, bytes] | None = None
) -> list[Diagnostic]:
    """Write the package, then `others`, then, if it says anything new, the lock; return why none could be written.

    None of the files is ever half there. Whoever stops the machine in between finds the first few of them new.
    """
    from deckbuilder.packaging.writer import write_package  # brings in genanki, which a check never needs

    project, before = prepared.project, prepared.lock_text
    _wait_until(_newest(prepared.lock))
    text = write_lock(prepared.lock)
    at = output
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            if text != before and not keep_lock:
                at = project.lock
                files.enter_context(atomic_writer(project.lock)).write(text.encode())
            for at, content in reversed(list((others or {}).items())):
                files.enter_context(atomic_writer(at)).write(content)
            at = output
            # Entered last and so moved into place first: a lock never tells of a package that is not there.
            write_package(prepared.plan(), files.enter_context(atomic_writer(output)))
            if _lock_text(project) != before:
                raise CannotGoOn(rules.LOCK_CHANGED.at(Span(project.lock_name)))
    except CannotGoOn as stop:
        return stop.diagnostics
    except OSError as error:
        problem = error.strerror or str(error)
        return [rules.OUTPUT_UNWRITABLE.at(Span(at.as_posix()), path=at.as_posix(), problem=problem)]
    return []


def _lock_text(project: Project) -> str | None:
    return project.lock.read_text("utf-8") if project.lock.exists() else None


def _wait_until(second: int) -> None:
    """Wait while two builds in the same second have put a change time ahead of the clock."""
    while (ahead := second - time.time()) > 0:
        time.sleep(min(ahead, 0.05))
