"""Files become drafts: read, rendered and judged, each by itself, so that several processes can share the work.

Whatever brings in Markdown, colours or a drill's numbers is imported by this module, which a build imports only when
there is something to be made.
"""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.cache import Forged, digest_of, revived
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.slots import slots_of_text, slots_text
from deckbuilder.identity.evidence import answer_print
from deckbuilder.identity.keys import content_words, known_text
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared.notes import Kind, Note, Part, Settled
from deckbuilder.kinds.registry import is_own, read_note
from deckbuilder.lints.registry import lint
from deckbuilder.rendering.code import remembering
from deckbuilder.rendering.drafts import (
    FAR,
    Draft,
    DraftedFile,
    DraftedQuestion,
    FileTask,
    Recipe,
    Settling,
    lines_of,
    moved,
)
from deckbuilder.rendering.options import PYTHON_MARKDOWN, RenderOptions
from deckbuilder.rendering.pictures import PictureUse
from deckbuilder.rendering.renderer import Rendered, render, render_inline
from deckbuilder.source.documents import read_document
from deckbuilder.source.layout import without_layout
from deckbuilder.source.looks import look_of
from deckbuilder.source.metadata import Comment, Metadata
from deckbuilder.source.passage import Line, Passage
from deckbuilder.source.questions import Question
from deckbuilder.waivers import Waiver

_TYPES_OF_A_QUESTION = (Question, Passage, Line, Metadata, Comment, Waiver, Span)

_BACK = (
    fields.ANSWER, fields.KEY_POINTS, fields.STEPS, fields.CODE, fields.COMPLEXITY, fields.PITFALLS, fields.REMARKS,
    fields.VARIANTS,
)  # fmt: skip
_LABEL = re.compile(r"\[([^\[\]]+)\]")
_NOTHING_SHOWN = re.compile(r"(?:<(?!img\b|input\b|hr\b)[^<>]*>|&nbsp;|\s)*+")


def draft_file(task: FileTask, tell: Callable[[int], None] | None = None) -> DraftedFile:
    """Return all that a file gives, making anew only the questions that are not known.

    `tell` is told, after each question, how many lines are done.
    """
    document, diagnostics = read_document(task.file, task.habit)
    drafter = _Drafter(task.options, {question.digest: question for question in task.known if question.digest})
    questions = []
    for question in document.questions:
        questions.append(drafter.question(question))
        if tell:
            tell(question.last_line)
    return DraftedFile(task.digest, task.file.inside, tuple(questions), document.waivers, tuple(diagnostics))


class _Drafter:
    """Drafts the questions of one file."""

    def __init__(self, options: RenderOptions, known: Mapping[bytes, DraftedQuestion]) -> None:
        self._options = options
        self._known = known
        self._code = _known_code(known.values())
        self._definitions: tuple[int, list[tuple[str, str, str]]] = (0, [])

    def question(self, question: Question) -> DraftedQuestion:
        """Return the question's draft, from what is known if it is there, wherever it now stands."""
        first = question.span.line
        digest = self._digest(question, first)
        known = self._known.get(digest)
        if known is not None:
            return moved(known, first - known.span.line)
        answer = _question_print(question)
        draft = self._draft(question, digest, answer) if question.is_answered else None
        drafted = DraftedQuestion(
            digest=digest,
            span=question.span,
            section=question.section,
            text=question.text,
            known=known_text(question.text),
            answer=answer,
            words=b"".join(map(_number_of, dict.fromkeys(content_words(question.text)))),
            id=question.metadata.id,
            tags=question.metadata.tags,
            waivers=question.waivers,
            last_line=question.last_line,
            inside=question.inside,
            is_answered=question.is_answered,
            draft=draft,
        )
        # On line 1 stands whatever has no place of its own; it must not move with the question.
        if all(max(first, 2) <= line <= question.last_line for line in _lines_told_of(drafted)):
            return drafted
        return replace(drafted, digest=b"")

    def _draft(self, question: Question, digest: bytes, answer: str) -> Draft:
        kind, note, diagnostics = read_note(question)
        diagnostics += lint(question, kind)
        if kind.settles:
            recipe = _recipe(question)
            return Draft(
                digest, kind.name, question.span, question.text, answer, {}, (), tuple(diagnostics), recipe=recipe
            )
        with remembering(self._code) as asked:
            whole = _filled(kind, note, None, digest, answer, self._options)
        parts = [
            _filled(kind, part.note, part, digest_of(digest, number), answer_print(part.answer), self._options)
            for number, part in enumerate(kind.parts(note))
        ]
        whole = replace(whole, code=tuple(_places_of(asked, whole.fields)))
        return replace(whole, diagnostics=(*diagnostics, *whole.diagnostics), parts=tuple(parts))

    def _digest(self, question: Question, first: int) -> bytes:
        """Return what stands for a question and all that its draft follows from, wherever in its file it stands."""
        passages = (question.prompt, question.data, question.answer, *question.hints, *question.key_points)
        metadata = question.metadata
        rest = (metadata.places, question.step_comments, question.waivers)
        return digest_of(
            self._options.flavour,
            self._options.markdown_extensions,
            self._definitions_of(question.references),
            (question.span.file, question.span.column, question.span.end, question.last_line - first, question.inside),
            (question.section, question.text, metadata.id, metadata.kind, metadata.tags, metadata.steps),
            repr(moved(rest, -first)) if any(rest) else "",
            [[_line(line, first) for line in passage.lines] for passage in passages],
            len(question.hints),
        )

    def _definitions_of(self, references: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Return the link definitions of the file, which are the same for all its questions, without their places."""
        if self._definitions[0] != id(references):
            self._definitions = id(references), _definitions_of(references)
        return self._definitions[1]


def _known_code(questions: Iterable[DraftedQuestion]) -> Mapping[bytes, str]:
    """Return the code that these questions show, highlighted, by its digest."""
    return {
        digest: question.draft.fields[name][start:end]
        for question in questions
        if question.draft
        for digest, name, start, end in question.draft.code
    }


def _places_of(code: Mapping[bytes, str], filled: Mapping[str, str]) -> Iterator[tuple[bytes, str, int, int]]:
    """Yield where in the fields highlighted code stands just as it was made."""
    for digest, html in code.items():
        for name, text in filled.items():
            if (start := text.find(html)) >= 0:
                yield digest, name, start, start + len(html)
                break


def _lines_told_of(drafted: DraftedQuestion) -> Iterator[int]:
    """Yield the line of every place in a question's draft; fields, which are most of it, have none."""
    yield from lines_of((drafted.span, drafted.waivers))
    if drafted.draft:
        yield from lines_of((drafted.draft.pictures, drafted.draft.diagnostics, drafted.draft.parts))


@lru_cache(maxsize=8192)  # the words of one deck are used again and again
def _number_of(word: str) -> bytes:
    return blake2b(word.encode(), digest_size=8).digest()


def _line(line: Line, first: int) -> tuple[object, ...]:
    """Return a line as plain values, with its places in relation to the line `first` of its file."""
    if not line.bends:
        return line.text, line.number - first, line.offset
    return line.text, line.number - first, line.offset, [(at, number - first, off) for at, number, off in line.bends]


def _recipe(question: Question) -> Recipe:
    return Recipe(pickle.dumps(moved(question, FAR - question.span.line), protocol=5))


def _question(recipe: Recipe) -> Question:
    """Return the question of a recipe, which may come out of a cache that somebody forged. Raises Forged."""
    question = revived(recipe.question, _TYPES_OF_A_QUESTION)
    if not isinstance(question, Question):
        raise Forged
    return question


def _question_print(question: Question) -> str:
    answer = "\n".join((question.answer.text, *(point.text for point in question.key_points)))
    return answer_print(answer, look_of(question.prompt, question.data))


# ── drills, whose numbers hang on what the lock kept ────────────────────────────────────────────────────────────────


def settle(settling: Settling) -> Draft:
    """Return a drill's draft with its fields, at the place where its recipe has the question.

    What is settled once is settled: with what the lock is to keep of it, the same comes out. Its parts are made from
    that, and so is its digest, unless there is something to say of this time alone.
    """
    made = _made(settling.recipe)
    settled = settled_note(settling)
    again = replace(settling, slots=slots_text(settled.slots))
    digest = settling.digest if settled.diagnostics else again.digest
    words = answer_print(made.part.answer) if made.part else _question_print(settled.note.question)
    draft = _filled(made.kind, settled.note, made.part, digest, words, settling.options, _values_of(settling, settled))
    parts = [
        _unsettled(part, made.kind, again.part(number), digest_of(again.digest, number))
        for number, part in enumerate(made.kind.parts(settled.note))
    ]
    return replace(
        draft,
        diagnostics=(*settled.diagnostics, *draft.diagnostics),
        parts=tuple(parts),
        slots=settled.slots,
        variants=_variants(settled.note),
    )


def _values_of(settling: Settling, settled: Settled) -> list[tuple[int, list[tuple[str, str]]]]:
    """Return the values that a drill or one variant shows, by the variant's number and the parameter's name."""
    slots = {slot.number: slot for slot in settled.slots if not slot.retired}
    number = _number_of_variant(settled.note)
    if number is not None and settling.recipe.steps:
        slots |= {slot.number: slot for slot in slots_of_text(settling.recipe.steps[-1][1]) if slot.number == number}
    return [(number, sorted(slot.values.items())) for number, slot in sorted(slots.items())]


class _Made(Struct, frozen=True):
    """A drill's note that was made by its recipe: its kind, and which part of the question's note it is, if any."""

    kind: Kind
    note: Note
    part: Part | None = None


@lru_cache(maxsize=256)  # a drill's own note, and those of its levels, are asked for by each of their variants
def _made(recipe: Recipe) -> _Made:
    if not recipe.steps:
        kind, note, _ = read_note(_question(recipe))
        return _Made(kind, note)
    *before, (key, slots, number) = recipe.steps
    whole = Settling(Recipe(recipe.question, tuple(before)), key, slots, RenderOptions())  # a note has no HTML yet
    kind = _made(whole.recipe).kind
    part = kind.parts(settled_note(whole).note)[number]
    return _Made(kind, part.note, part)


@lru_cache(maxsize=256)
def settled_note(settling: Settling) -> Settled:
    """Return the note of a drill as it is settled."""
    made = _made(settling.recipe)
    return made.kind.settle(made.note, settling.key, slots_of_text(settling.slots))


def at_line(settling: Settling, line: int) -> Settling:
    """Return how the same note is settled where its question stands on a line of the file."""
    question = moved(_question(settling.recipe), line - FAR)
    return replace(settling, recipe=Recipe(pickle.dumps(question), settling.recipe.steps))


def _unsettled(part: Part, kind: Kind, recipe: Recipe, digest: bytes) -> Draft:
    return Draft(digest, kind.name, part.span, part.text, answer_print(part.answer), {}, name=part.name, recipe=recipe)


def _variants(note: Note) -> int:
    """Return how many variants a card has for its script to choose from: the example, and those that were drawn."""
    from deckbuilder.kinds.drill.notes import DrillNote  # brings in all that drills reckon with

    if not isinstance(note, DrillNote) or note.spec is None or note.chosen is None:
        return 0
    return 1 + (0 if note.spec.per_variant else len(note.chosen.live))


def _number_of_variant(note: Note) -> int | None:
    """Return which variant a note is, None if it is not one alone."""
    from deckbuilder.kinds.drill.notes import VariantNote  # brings in all that drills reckon with

    return note.point.number if isinstance(note, VariantNote) else None


# ── what the author wrote ───────────────────────────────────────────────────────────────────────────────────────────


def _source_of(question: Question, part: Part | None, options: RenderOptions, values: object) -> str:
    """Return the fingerprint of what the author wrote for a note, wherever it stands: 16 hex digits.

    It must never be made otherwise: the notes of every deck would seem to have been edited. Nothing of our HTML is in
    it, nor of how the text is laid out; `values` are those of a drill's variants.
    """
    if part and part.written:
        groups: Sequence[Sequence[Passage]] = [part.written]
    else:
        groups = [(question.prompt, question.data, question.answer), question.hints, question.key_points]
    wraps = options.flavour != PYTHON_MARKDOWN  # some of its extensions show where a line ends
    texts = [[without_layout(passage.text, wraps=wraps) for passage in group] for group in groups]
    told: list[object] = [texts, question.metadata.kind, is_own(question, "kind")]
    told += [part.text if part and not part.written else "", values]
    told += [_definitions_in(texts, question.references), options.flavour, options.markdown_extensions]
    return blake2b(json.dumps(told).encode(), digest_size=8).hexdigest()


def _definitions_in(texts: Iterable[Iterable[str]], references: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the link definitions that some texts may use."""
    if not references:
        return []
    brackets = {
        " ".join(label.split()).casefold() for group in texts for text in group for label in _LABEL.findall(text)
    }
    return [one for one in _definitions_of(references) if " ".join(one[0].split()).casefold() in brackets]


def _definitions_of(references: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return link definitions without their places, in order."""
    return sorted((label, str(one.get("href")), str(one.get("title"))) for label, one in references.items())


# ── filling ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Html:
    """Html for a kind to fill its fields with; keeps what rendering found out on the way."""

    def __init__(self, options: RenderOptions, references: Mapping[str, object]) -> None:
        self.options = options
        self.references = references
        self.pictures: list[PictureUse] = []
        self.diagnostics: list[Diagnostic] = []

    def blocks(self, passage: Passage) -> str:
        return "" if passage.is_blank else self._kept(render(passage, self.options, self.references))

    def inline(self, passage: Passage) -> str:
        return "" if passage.is_blank else self._kept(render_inline(passage, self.options, self.references))

    def _kept(self, rendered: Rendered) -> str:
        self.pictures += rendered.pictures
        self.diagnostics += rendered.diagnostics
        return rendered.html


def _filled(
    kind: Kind, note: Note, part: Part | None, digest: bytes, answer: str, options: RenderOptions, values: object = None
) -> Draft:
    """Return the draft of a note, or of a part of one, with its fields as its kind fills them."""
    question = note.question
    html = _Html(options, question.references)
    filled = {name: text for name, text in kind.fill(note, html).items() if text}
    span = part.span if part else question.span
    return Draft(
        digest=digest,
        kind=kind.name,
        span=span,
        text=part.text if part else question.text,
        answer=answer,
        fields=filled,
        pictures=tuple(html.pictures),
        diagnostics=(*html.diagnostics, *_empty_sides(filled, span)),
        name=part.name if part else None,
        source=_source_of(question, part, options, values),
    )


def _empty_sides(filled: Mapping[str, str], span: Span) -> Sequence[Diagnostic]:
    """Return a finding for each side of a note's card that would show nothing."""
    sides: Mapping[str, Iterable[str]] = {"front": (fields.QUESTION,), "back": _BACK}
    return [
        rules.EMPTY_SIDE.at(span, side=side)
        for side, names in sides.items()
        if all(_NOTHING_SHOWN.fullmatch(filled.get(name, "")) for name in names)
    ]
