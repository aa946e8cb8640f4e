"""What a file gives before it is known which note is which: all that later stages need of it, and nothing else.

A draft is plain data. It is kept from build to build and made by other processes, so that a question is read, rendered
and judged once, and again only when it changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, astuple

from deckbuilder.cache import digest_of
from deckbuilder.diagnostics import Diagnostic, Related, Severity, Span
from deckbuilder.drills.slots import Slot, Slots
from deckbuilder.rendering.options import RenderOptions
from deckbuilder.rendering.pictures import PictureUse
from deckbuilder.source.files import SourceFile
from deckbuilder.source.passage import Line
from deckbuilder.waivers import Waiver

_Placed = TypeVar("_Placed")

FAR = 1 << 32
"""The first line of what is kept without its place: so far down that no line of a file is taken for one of its own."""


class Recipe(Struct, frozen=True):
    """How the note of a drill is made again: its question, and which part of which part of it the note is.

    `question` is pickled, moved so that its first line is `FAR`. Each step is a settled note's key, what the lock kept
    for it (as `slots_text` writes it), and the number of its part.
    """

    question: bytes
    steps: tuple[tuple[str, str, int], ...] = ()


class Settling(Struct, frozen=True):
    """All that the fields of a drill's note follow from: how it is made, its key, what the lock kept; the flavour."""

    recipe: Recipe
    key: str
    slots: str
    options: RenderOptions

    @property
    def digest(self) -> bytes:
        """What the settled note is kept under."""
        how = self.options
        recipe = self.recipe
        return digest_of(recipe.question, recipe.steps, self.key, self.slots, how.flavour, how.markdown_extensions)

    def part(self, number: int) -> Recipe:
        """Return how one of the settled note's parts is made."""
        return Recipe(self.recipe.question, (*self.recipe.steps, (self.key, self.slots, number)))


class Draft(Struct, frozen=True):
    """A note, or a part of one, as far as it goes without knowing which note it is.

    `digest` stands for all that it was made of; `source` is the fingerprint of what its author wrote, wherever that
    stands; `text` is what it is known by, `answer` the fingerprint of its answer's words, `name` the id that a part was
    given. `fields` are as its kind fills them, and `code` says where in them which
    code was highlighted: its digest, the field, from where to where. `diagnostics` are what its kind, rendering and
    lints have to say; `parts` are the further notes that it gives. A drill's draft has no fields but a
    `recipe` until it is settled; then it has `slots` for the lock, and `variants` for its script to choose from.
    """

    digest: bytes
    kind: str
    span: Span
    text: str
    answer: str
    fields: Mapping[str, str]
    pictures: tuple[PictureUse, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    parts: tuple[Draft, ...] = ()
    name: str | None = None
    recipe: Recipe | None = None
    slots: Slots = ()
    variants: int = 0
    code: tuple[tuple[bytes, str, int, int], ...] = ()
    source: str = ""


class DraftedQuestion(Struct, frozen=True):
    """A question of the sources, answered or not, with the draft of its note if it gives one.

    `digest` stands for all that it was made of, wherever it stands in its file; empty where something in it speaks of
    other lines than its own. `known` is the form of its text by which it is recognised, `answer` the fingerprint of
    its answer's words; `words` are numbers of 8 bytes for the words that carry its meaning. `last_line` is its last in
    its file, `inside` the file's name inside the deck.
    """

    digest: bytes
    span: Span
    section: tuple[str, ...]
    text: str
    known: str
    answer: str
    words: bytes
    id: str | None
    tags: tuple[str, ...]
    waivers: tuple[Waiver, ...]
    last_line: int
    inside: str
    is_answered: bool
    draft: Draft | None


class DraftedFile(Struct, frozen=True):
    """All that a file gives; `inside` is its name inside the deck, `waivers` are those of its sections.

    `digest` stands for its text, its name and the options.
    """

    digest: bytes
    inside: str
    questions: tuple[DraftedQuestion, ...]
    waivers: tuple[Waiver, ...]
    diagnostics: tuple[Diagnostic, ...]


class FileTask(Struct, frozen=True):
    """A file to be drafted: by which habit, with which options, and the questions of it that are known already.

    `digest` is what the drafted file is to be known by.
    """

    file: SourceFile
    digest: bytes
    habit: str
    options: RenderOptions
    known: tuple[DraftedQuestion, ...] = ()

    @property
    def lines(self) -> int:
        """The number of the file's lines."""
        return self.file.text.count("\n") + 1


KEPT_TYPES = (
    DraftedFile,
    DraftedQuestion,
    Draft,
    Recipe,
    Slot,
    PictureUse,
    Waiver,
    Span,
    Diagnostic,
    Severity,
    Related,
)
"""What drafts are made of, beside plain values: all that a cache may hold."""


def moved(value: _Placed, lines: int) -> _Placed:
    """Return a value with every place in it so many lines further down in its file."""
    return _moved(value, lines) if lines else value


def _moved(value: Any, lines: int) -> Any:  # noqa: ANN401  # whatever a draft is made of
    if isinstance(value, Span):
        line = value.line if value.line == 1 else value.line + lines  # on line 1 stands what has no place of its own
        return Span(value.file, line, value.column, value.end)
    if isinstance(value, Line):
        return value.moved(lines)
    if isinstance(value, tuple):
        return tuple([_moved(one, lines) for one in value])
    if isinstance(value, dict):
        return {key: _moved(one, lines) for key, one in value.items()}
    if not isinstance(value, Struct) or isinstance(value, (Recipe, Slot)):
        return value
    found = {name: _moved(one, lines) for name, one in asdict(value).items()}
    found |= {name: found[name] + lines for name in _LINE_NUMBERS & found.keys()}
    return type(value)(**found)


_LINE_NUMBERS = {"first", "last", "last_line"}
"""The numbers of lines that stand outside of a span: of waivers, and of questions."""


def lines_of(value: object) -> Iterator[int]:
    """Yield the line of every place in a value."""
    if isinstance(value, Span):
        yield value.line
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from lines_of(one)
    elif isinstance(value, Mapping):
        yield from lines_of(tuple(value.values()))
    elif isinstance(value, Struct) and not isinstance(value, (Recipe, Slot)):
        yield from lines_of(astuple(value))
