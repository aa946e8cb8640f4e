"""A prepared deck becomes what the preview shows: cards with their sides, and each finding beside its card.

While the sources have errors, a card that is hurt or gone stays as it last was: the author still has it in view.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise

from msgspec import Struct, field
from msgspec.structs import replace

from deckbuilder.deciding import doubt_id
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.diff.words import one_line
from deckbuilder.identity.resolve import Doubt
from deckbuilder.kinds.filling import filled, split_constant
from deckbuilder.packaging.assemble import StampedNote
from deckbuilder.packaging.plan import NotePlan, NoteTypePlan, PackagePlan
from deckbuilder.pipeline import BuildResult, Prepared
from deckbuilder.rendering.drafts import DraftedQuestion
from deckbuilder.reporters import excerpt
from deckbuilder.rules import UNSURE_MATCH

SIDES = ("front", "back")


class PreviewCard(Struct, frozen=True):
    """A card: the note and note type that the package carries, where it comes from, what was found there.

    `imprint` stands for all that its two sides show. `variants` is how many a drill has, 0 for all else. `is_old` says
    that the sources have errors and this is the card as it last was.
    """

    key: str
    kind: str
    text: str
    deck: str
    span: Span
    note_type: NoteTypePlan
    note: NotePlan
    imprint: str
    variants: int = 0
    is_old: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()

    def side(self, name: str) -> str:
        """Return the HTML of the `front` or `back`, as Anki makes it of the package's template and fields."""
        head, tail = split_constant(self._template(name))
        return filled(head, self._fields(name)) + tail

    def changing_side(self, name: str) -> str:
        """Return the HTML of a side without what is the same on all cards of the note type (see `constant_side`)."""
        return filled(split_constant(self._template(name))[0], self._fields(name))

    def _template(self, side: str) -> str:
        return self.note_type.front if side == "front" else self.note_type.back

    def _fields(self, side: str) -> dict[str, str]:
        """Return the note's fields and what Anki fills in besides."""
        named = zip((name for name, _ in self.note_type.fields), self.note.fields, strict=True)
        special = {
            "Tags": " ".join(self.note.tags),
            "Type": self.note_type.name,
            "Deck": self.deck,
            "Subdeck": self.deck.rpartition("::")[2],
            "Card": self.note_type.template_name,
            "CardFlag": "flag0",
        }
        shown = special | dict(named)
        if side == "back" and "{{FrontSide}}" in self.note_type.back:
            shown["FrontSide"] = self.side("front")
        return shown


def constant_side(note_type: NoteTypePlan, name: str) -> str:
    """Return the end of a side's template that holds no field, and so is the same on every card: mostly its script."""
    return split_constant(note_type.front if name == "front" else note_type.back)[1]


class PreviewDeck(Struct, frozen=True):
    """All that the page shows. `version` grows with every change; `loose` are the findings that belong to no card.

    `doubts` are the questions that the page's reader can decide about: none in a site.
    """

    name: str = ""
    version: int = 0
    cards: tuple[PreviewCard, ...] = ()
    media: Mapping[str, bytes] = field(default_factory=dict)
    loose: tuple[Diagnostic, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return every finding once, in order."""
        found = dict.fromkeys([*self.loose, *(one for card in self.cards for one in card.diagnostics)])
        return tuple(sorted(found, key=lambda one: (one.span, one.code)))

    @property
    def has_errors(self) -> bool:
        """Whether the deck could not be built as it is."""
        return any(found.is_error for found in self.diagnostics)


def preview_deck(prepared: Prepared | None, result: BuildResult, last: PreviewDeck) -> PreviewDeck:
    """Return what to show after a preparation; `last` is what was shown before it."""
    version = last.version + 1
    if prepared is None:
        bare = tuple(replace(card, is_old=True, diagnostics=()) for card in last.cards)
        return PreviewDeck(result.deck or last.name, version, bare, last.media, result.diagnostics)
    plan = prepared.plan()
    cards = list(_cards(prepared.notes, plan))
    belongings, loose = _belongings(prepared, result.diagnostics)
    cards = [replace(card, diagnostics=belongings.get(card.key, ())) for card in cards]
    media = {file.name: file.content for file in plan.media}
    if result.failed:
        media = dict(last.media) | media
        files = {question.span.file for question in prepared.questions}
        cards, loose = _with_last_good(cards, loose, last.cards, files)
    return PreviewDeck(result.deck, version, tuple(cards), media, tuple(loose), prepared.doubts)


def _cards(notes: Sequence[StampedNote], plan: PackagePlan) -> Iterator[PreviewCard]:
    note_types = {one.id: one for one in plan.note_types}
    prints = {one.id: _digest(one.front, one.back, one.css) for one in plan.note_types}
    for stamped, note in zip(notes, plan.notes, strict=True):
        resolved = stamped.rendered.resolved
        yield PreviewCard(
            key=stamped.locked.key,
            kind=stamped.rendered.kind,
            text=f"{resolved.question.text} ({resolved.text})" if resolved.is_part else resolved.text,
            deck=stamped.deck,
            span=resolved.span,
            note_type=note_types[note.note_type],
            note=note,
            imprint=_digest(prints[note.note_type], stamped.deck, *note.fields, *note.tags),
            variants=resolved.draft.variants,
        )


def _digest(*texts: str) -> str:
    return blake2b("\x1f".join(texts).encode(), digest_size=12).hexdigest()


# ── which card a finding belongs to ─────────────────────────────────────────────────────────────────────────────────


class _Stretch(Struct, frozen=True):
    """The lines of a file, first and last, that a question takes up, and the keys of its cards."""

    file: str
    first: int
    last: int
    keys: tuple[str, ...]


def _belongings(
    prepared: Prepared, diagnostics: Iterable[Diagnostic]
) -> tuple[dict[str, tuple[Diagnostic, ...]], list[Diagnostic]]:
    """Return each card's findings by its key, and those that stand in no question with a card."""
    stretches = _stretches(prepared)
    found: dict[str, list[Diagnostic]] = {}
    loose: list[Diagnostic] = []
    for diagnostic in diagnostics:
        keys = _keys_at(diagnostic.span, stretches)
        for key in keys:
            found.setdefault(key, []).append(diagnostic)
        if not keys:
            loose.append(diagnostic)
    return {key: tuple(ones) for key, ones in found.items()}, loose


def _keys_at(span: Span, stretches: Mapping[str, Sequence[_Stretch]]) -> tuple[str, ...]:
    for stretch in stretches.get(span.file, ()):
        if stretch.first <= span.line <= stretch.last:
            return stretch.keys
    return ()


def _stretches(prepared: Prepared) -> dict[str, list[_Stretch]]:
    """Return each file's questions by their lines: up to the next question, or its own end in front of a heading."""
    keys: dict[Span, list[str]] = {}
    for note in prepared.notes:
        keys.setdefault(note.rendered.question.span, []).append(note.locked.key)
    files: dict[str, list[DraftedQuestion]] = {}
    for question in sorted(prepared.questions, key=lambda one: one.span):
        files.setdefault(question.span.file, []).append(question)
    return {
        file: [
            _Stretch(file, one.span.line, _last_line(one, following), tuple(keys.get(one.span, ())))
            for one, following in pairwise([*questions, None])
            if one is not None
        ]
        for file, questions in files.items()
    }


def _last_line(question: DraftedQuestion, following: DraftedQuestion | None) -> int:
    if following is not None and following.section == question.section:
        return following.span.line - 1
    return question.last_line


# ── the last good cards ─────────────────────────────────────────────────────────────────────────────────────────────


def _with_last_good(
    cards: Sequence[PreviewCard], loose: Sequence[Diagnostic], last: Sequence[PreviewCard], read: Collection[str]
) -> tuple[list[PreviewCard], list[Diagnostic]]:
    """Return the cards of sources with errors: what is hurt or gone as it last was, in its old place.

    An error without a card is most likely why the nearest card that is gone from its file is gone; in a file that is
    not among those `read`, why all are. What is gone from elsewhere was deleted.
    """
    before = {card.key: card for card in last}
    there = {card.key for card in cards}
    kept = [_as_it_was(card, before.get(card.key)) for card in cards]
    gone = [card for card in last if card.key not in there]
    because: dict[str, list[Diagnostic]] = {}
    for error in [one for one in loose if one.is_error]:
        for card in _lost_to(error, gone, read):
            because.setdefault(card.key, []).append(error)
    for card in [one for one in gone if one.key in because]:
        mine = tuple(because[card.key])
        kept.insert(_place_after(card, last, kept), replace(card, is_old=True, diagnostics=mine))
    told = {error for errors in because.values() for error in errors}
    loose = [one for one in loose if one not in told]
    return kept, list(loose)


def _as_it_was(card: PreviewCard, before: PreviewCard | None) -> PreviewCard:
    if before is None or not any(found.is_error for found in card.diagnostics):
        return card
    return replace(before, span=card.span, diagnostics=card.diagnostics, is_old=True)


def _lost_to(error: Diagnostic, gone: Sequence[PreviewCard], read: Collection[str]) -> Sequence[PreviewCard]:
    near = [card for card in gone if card.span.file == error.span.file]
    if error.span.file not in read:
        return near
    return sorted(near, key=lambda card: abs(card.span.line - error.span.line))[:1]


def _place_after(card: PreviewCard, last: Sequence[PreviewCard], kept: Sequence[PreviewCard]) -> int:
    """Return where a card that is gone belongs: behind the one that it stood behind."""
    places = {one.key: place for place, one in enumerate(kept)}
    earlier = [places[one.key] for one in last[: last.index(card)] if one.key in places]
    return earlier[-1] + 1 if earlier else 0


# ── as data for the page ────────────────────────────────────────────────────────────────────────────────────────────


def index_of(deck: PreviewDeck) -> dict[str, object]:
    """Return what the page needs to list the cards and show the findings: all but the cards' sides."""
    note_types = {card.note_type.id: card.note_type for card in deck.cards}
    asked = {doubt.span: doubt for doubt in deck.doubts}
    return {
        "name": deck.name,
        "version": deck.version,
        "types": {
            str(one.id): {"css": one.css, **{side: constant_side(one, side) for side in SIDES}}
            for one in note_types.values()
        },
        "cards": [
            {
                "key": card.key,
                "kind": card.kind,
                "text": card.text,
                "deck": card.deck,
                "tags": card.note.tags,
                "file": card.span.file,
                "line": card.span.line,
                "type": str(card.note_type.id),
                "imprint": card.imprint,
                "variants": card.variants,
                "old": card.is_old,
                "findings": [_finding(one, asked) for one in card.diagnostics],
            }
            for card in deck.cards
        ],
        "findings": [_finding(one, asked) for one in deck.loose],
    }


def sides_of(card: PreviewCard) -> dict[str, str]:
    """Return what is a card's own of its two sides."""
    return {side: card.changing_side(side) for side in SIDES}


def _finding(found: Diagnostic, asked: Mapping[Span, Doubt]) -> dict[str, object]:
    doubt = asked.get(found.span) if found.code == UNSURE_MATCH.code else None
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "place": str(found.span),
        "excerpt": excerpt(found),
        "help": found.help,
        "related": [f"{one.span}: {one.message}" for one in found.related],
        "asked": _asked(doubt) if doubt else None,
    }


def _asked(doubt: Doubt) -> dict[str, object]:
    """Return what the page needs to let its reader decide: what stands for the question, and what it may be."""
    notes = [
        {"key": note.key, "text": one_line(note.text), "section": " › ".join(map(one_line, note.section))}
        for note in doubt.candidates
    ]
    return {"doubt": doubt_id(doubt), "notes": notes}
