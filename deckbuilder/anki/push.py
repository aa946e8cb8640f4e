"""A build is brought into a local collection: tried on a copy, shown, backed up, and only then taken over."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from anki.collection import Collection
from anki.errors import AnkiException, DBError
from msgspec import Struct

from deckbuilder import rules
from deckbuilder.anki.backend import off_the_main_thread
from deckbuilder.anki.compare import harm_between
from deckbuilder.anki.held import Held, hold
from deckbuilder.anki.update import PushPlan, update
from deckbuilder.diagnostics import CannotGoOn, Diagnostic, Span
from deckbuilder.files import atomic_writer, working_folder
from deckbuilder.packaging.plan import PackagePlan
from deckbuilder.packaging.writer import write_package
from deckbuilder.pipeline import Prepared
from deckbuilder.project import slug


class Delivery(Struct, frozen=True):
    """What is to be brought: the package's plan, which decks each note's card may still be in, what was retired.

    `left` are names of decks by GUID, `retired` are GUIDs, `retired_tag` marks retired notes.
    """

    plan: PackagePlan
    left: dict[str, tuple[str, ...]]
    retired: frozenset[str]
    retired_tag: str


def delivery_of(prepared: Prepared) -> Delivery:
    """Return what a push of the deck brings."""
    settings, notes = prepared.project.settings, prepared.lock.notes.values()
    prefix = slug(prepared.lock.deck) if settings.tag_prefix is None else settings.tag_prefix
    return Delivery(
        prepared.plan(),
        {note.guid: note.left for note in notes if note.left},
        frozenset(note.guid for note in notes if note.retired),
        f"{prefix}::retired" if prefix else "retired",
    )


class Push(Struct):
    """A push that was tried on a copy of the collection, and can be taken over while the collection is held."""

    plan: PushPlan
    held: Held
    folder: Path

    @property
    def warnings(self) -> list[Diagnostic]:
        """What the user should know besides the plan."""
        return list(self.plan.warnings(Span(self.held.path.as_posix())))

    def back_up(self) -> Path:
        """Save the collection as it is, in the form that Anki restores, and return where."""
        now = time.strftime("%Y-%m-%d-%H.%M.%S")
        target = self.held.path.parent / "backups" / f"before-push-{now}.colpkg"
        saved = self.folder / "before.colpkg"
        self.held.copy_to(self.folder / "before.anki2")
        with _disk_refusals(self.folder):
            off_the_main_thread(lambda: _packed(self.folder / "before.anki2", saved))
        with _disk_refusals(target):
            target.parent.mkdir(exist_ok=True)
            with saved.open("rb") as source, atomic_writer(target) as file:
                shutil.copyfileobj(source, file)
        return target

    def take_over(self) -> None:
        """Write the pictures, then the collection, which is the old one or the new one at every moment."""
        with _disk_refusals(self.held.media):
            self.held.media.mkdir(exist_ok=True)
            for name in self.plan.media:
                made = self.folder / "collection.media" / name
                with made.open("rb") as source, atomic_writer(self.held.media / name) as file:
                    shutil.copyfileobj(source, file)
        self.held.replace_with(self.folder / "collection.anki2")


@contextmanager
def rehearsed(collection: Path, delivery: Delivery, *, overwrite: bool) -> Iterator[Push]:
    """Try the push on a copy of the collection, which stays locked and untouched; raises CannotGoOn if it must not be.

    With `overwrite` fields that the learner edited get the author's text too.
    """
    with hold(collection) as held, ExitStack() as stack:
        with _disk_refusals(collection):
            folder = stack.enter_context(working_folder())
        place = Span(collection.as_posix())
        _refuse_unfit(held, folder, place)
        copy = folder / "collection.anki2"
        held.copy_to(copy)
        package = folder / "package.apkg"
        made = folder / "collection.media"
        with _disk_refusals(folder):
            with package.open("w+b") as file:
                write_package(delivery.plan, file)
            _lay_out_rivals(held.media, delivery.plan, made)
        try:
            plan = off_the_main_thread(lambda: _updated(copy, package, delivery, overwrite))
        except AnkiException as error:
            raise CannotGoOn(rules.PUSH_HARMFUL.at(place, problem=f"Anki says: {error}")) from error
        with _disk_refusals(folder):
            for one in delivery.plan.media:  # the import takes those of new notes only
                if not (made / one.name).exists():
                    (made / one.name).write_bytes(one.content)
        plan.media = sorted(path.name for path in made.iterdir() if not (held.media / path.name).exists())
        before = folder / "before.anki2"
        held.copy_to(before)
        if problem := plan.harm or harm_between(before, copy, plan.moved_cards, plan.suspended_cards, plan.written):
            raise CannotGoOn(rules.PUSH_HARMFUL.at(place, problem=problem))
        before.unlink()
        yield Push(plan, held, folder)


def _packed(collection: Path, target: Path) -> None:
    """Save the collection in the form of Anki's own backups, without its pictures: a push removes none."""
    Collection(str(collection)).export_collection_package(str(target), include_media=False, legacy=False)


def _updated(copy: Path, package: Path, delivery: Delivery, overwrite: bool) -> PushPlan:
    col = Collection(str(copy))
    try:
        return update(col, package, delivery.plan, delivery.left, delivery.retired, delivery.retired_tag, overwrite)
    finally:
        col.close()


def _refuse_unfit(held: Held, folder: Path, place: Span) -> None:
    """Raise CannotGoOn for a collection that is damaged, or of another form than the library writes."""
    if damage := held.damage():
        raise CannotGoOn(rules.COLLECTION_DAMAGED.at(place, problem=damage))
    found = held.form()
    with _disk_refusals(folder):
        known = off_the_main_thread(lambda: _form_written(folder / "sample.anki2"))
    if found > known:
        problem = f"form {found}; the library knows {known}"
        raise CannotGoOn(rules.COLLECTION_NEWER.at(place, problem=problem))
    if found < known:
        raise CannotGoOn(rules.COLLECTION_OLDER.at(place, found=found, known=known))


def _form_written(sample: Path) -> int:
    """Return the number of the form that the library gives a new collection."""
    col = Collection(str(sample))
    try:
        return int(col.db.scalar("SELECT ver FROM col")) if col.db else 0
    finally:
        col.close()


def _lay_out_rivals(media: Path, plan: PackagePlan, target: Path) -> None:
    """Put the learner's own files that have names of the package's into the copy, so that Anki sees a difference."""
    target.mkdir()
    for one in plan.media:
        there = media / one.name
        if there.is_file():
            shutil.copyfile(there, target / one.name)


@contextmanager
def _disk_refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = error.strerror or str(error)
        raise CannotGoOn(rules.COLLECTION_UNWRITABLE.at(Span(path.as_posix()), problem=problem)) from error
    except DBError as error:  # a copy of ours, or a new collection: only the disk can be at fault
        raise CannotGoOn(
            rules.COLLECTION_UNWRITABLE.at(Span(path.as_posix()), problem=f"Anki says: {error}")
        ) from error
