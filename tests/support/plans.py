"""Plans built by hand: a small deck of one note type, with every part replaceable."""

from __future__ import annotations

from msgspec.structs import replace

from deckbuilder.kinds.fields import stable_id
from deckbuilder.packaging.plan import DeckPlan, MediaFile, NotePlan, NoteTypePlan, PackagePlan

RELEASED = 1_700_000_000  # seconds since 1970: the first release, in November 2023
DAY = 86_400

FRONT = "{{Question}}{{#Hints}}<p>{{Hints}}</p>{{/Hints}}"
BACK = "{{FrontSide}}<hr id=answer>{{Answer}}"


def note_type(
    name: str = "Concept",
    fields: tuple[str, ...] = ("Key", "Question", "Hints", "Answer", "Remarks", "Spare 1"),
    front: str = FRONT,
    back: str = BACK,
    css: str = ".card { color: black }",
    modified: int = RELEASED,
) -> NoteTypePlan:
    """Return a note type whose ids hang on the names alone."""
    return NoteTypePlan(
        id=stable_id("note type", name),
        name=name,
        fields=tuple((field, stable_id("field", name, field)) for field in fields),
        sort_field=1,
        template_name="Card",
        template_id=stable_id("template", name),
        front=front,
        back=back,
        css=css,
        modified=modified,
    )


CONCEPT = note_type()
VECTORS = DeckPlan(stable_id("deck", "Review::Vectors"), "Review::Vectors")


def note(
    key: str,
    question: str | None = None,
    answer: str = "An answer.",
    *,
    tags: tuple[str, ...] = ("review",),
    note_type: NoteTypePlan = CONCEPT,
    deck: DeckPlan = VECTORS,
    created: int = RELEASED,
    modified: int = RELEASED,
    position: int = 1,
    **others: str,
) -> NotePlan:
    """Return a note with GUID `guid-KEY`; `others` fills fields by their names in lower case."""
    texts = {"key": key, "question": question or f"What is {key}?", "answer": answer} | others
    return NotePlan(
        guid=f"guid-{key}",
        note_type=note_type.id,
        deck=deck.id,
        fields=tuple(texts.get(name.lower(), "") for name, _ in note_type.fields),
        tags=tags,
        created=created,
        modified=modified,
        position=position,
    )


def package(
    *notes: NotePlan,
    note_types: tuple[NoteTypePlan, ...] = (CONCEPT,),
    decks: tuple[DeckPlan, ...] = (VECTORS,),
    media: tuple[MediaFile, ...] = (),
    created: int = RELEASED,
) -> PackagePlan:
    """Return the plan of a package that holds `notes`."""
    return PackagePlan(decks=decks, note_types=note_types, notes=notes, media=media, created=created)


def edited(plan: NotePlan, at: int, **texts: str) -> NotePlan:
    """Return the note with some of CONCEPT's fields changed at the time `at`."""
    names = [name.lower() for name, _ in CONCEPT.fields]
    fields = tuple(texts.get(name, old) for name, old in zip(names, plan.fields, strict=True))
    return replace(plan, fields=fields, modified=at)
