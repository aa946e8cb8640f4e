"""What a note said before: as the last package has it, else as git has it, else as much as deck.lock knows."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from html import escape
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct

from deckbuilder.git import GitError, git
from deckbuilder.identity.keys import known_text
from deckbuilder.identity.lock import LockedNote
from deckbuilder.kinds import fields
from deckbuilder.packaging.plan import NotePlan
from deckbuilder.packaging.reading import read_package
from deckbuilder.pipeline import Prepared, default_output
from deckbuilder.rendering.drafts import DraftedQuestion, FileTask
from deckbuilder.rendering.options import RenderOptions
from deckbuilder.source.files import SourceFile, markdown_of

ANSWER_SIDE: Final = (
    fields.ANSWER, fields.KEY_POINTS, fields.STEPS, fields.CODE, fields.COMPLEXITY, fields.PITFALLS, fields.REMARKS,
)  # fmt: skip

_COMMITS: Final = 30  # that are searched for a wording, the latest first
_LARGEST: Final = 4_000_000  # bytes of a file that is read in a commit: a pull request may hold any
_SECONDS: Final = 60  # after which no more of git is read: it is only to help who decides
_WORD = re.compile(r"\w+")


class Wording(Struct, frozen=True):
    """A question and its answer as HTML, and where they are from. `answer` is None where it is not at hand."""

    question: str
    answer: str | None
    origin: str


def wording_of(texts: Mapping[str, str], origin: str) -> Wording:
    """Return the wording of a note with these texts by field."""
    answer = "\n".join(text for name in ANSWER_SIDE if (text := texts.get(name)))
    question = "\n".join(text for name in (fields.QUESTION, fields.CONTEXT) if (text := texts.get(name)))
    return Wording(question, answer, origin)


class Earlier:
    """Finds earlier wordings of a deck's notes. The package and git are read only if asked for."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._end = time.monotonic() + _SECONDS
        self._files: dict[str, tuple[DraftedQuestion, ...]] = {}

    def wording(self, note: LockedNote) -> Wording:
        """Return what the last build knew of a note."""
        packed = self._packed.get(note.guid)
        if packed and packed.modified == note.modified:
            return wording_of(dict(zip(fields.FIELDS, packed.fields, strict=False)), self._package)
        if not note.of:
            for commit in self._commits:
                for question in self._questions(commit, note):
                    if question.draft and question.draft.fields:
                        return wording_of(question.draft.fields, f"git {commit}")
        return Wording(escape(note.text), None, self._prepared.project.lock_name)

    @cached_property
    def _package(self) -> str:
        return default_output(self._prepared.before).as_posix()

    @cached_property
    def _packed(self) -> Mapping[str, NotePlan]:
        plan, _ = read_package(default_output(self._prepared.before))
        widths = {kind.id: [name for name, _ in kind.fields] for kind in plan.note_types} if plan else {}
        return {one.guid: one for one in plan.notes if widths[one.note_type] == [*fields.FIELDS]} if plan else {}

    @cached_property
    def _commits(self) -> list[str]:
        try:
            return self._git("log", f"--max-count={_COMMITS}", "--format=%h", "--", ".").split()
        except GitError:  # no git, no repository, or one without a commit
            return []

    def _questions(self, commit: str, note: LockedNote) -> Iterator[DraftedQuestion]:
        """Yield the questions of a commit that have a note's words, those in its section first."""
        words = _WORD.findall(note.text)
        if not words:
            return
        try:
            names = self._git("grep", "-l", "-z", "-i", "-F", "-e", max(words, key=len), commit, "--", ".")
        except GitError:  # no file has the word
            return
        sought = known_text(note.text)
        found = [
            question
            for name in names.split("\0")
            if name.lower().endswith((".md", ".markdown"))
            for question in self._drafted(commit, name.removeprefix(f"{commit}:"))
            if question.known == sought
        ]
        yield from sorted(found, key=lambda question: question.section != note.section)

    def _drafted(self, commit: str, name: str) -> tuple[DraftedQuestion, ...]:
        """Return the questions of a file as it was in a commit; `name` is relative to the deck's folder."""
        from deckbuilder.drafting import draft_file  # brings in all that reads and renders Markdown

        blob = f"{commit}:./{PurePosixPath(name).as_posix()}"
        try:
            if time.monotonic() > self._end or int(self._git("cat-file", "-s", blob)) > _LARGEST:
                return ()
            raw = self._git("cat-file", "blob", blob).encode(errors="surrogateescape")
        except GitError:
            return ()
        text, _ = markdown_of(raw, name)
        if text is None:
            return ()
        if text not in self._files:
            settings, folder = self._prepared.project.settings, self._prepared.project.folder
            how = RenderOptions(settings.flavour, settings.markdown_extensions)
            file = SourceFile(name, name, folder / name, text)
            self._files[text] = draft_file(FileTask(file, b"", settings.questions, how)).questions
        return self._files[text]

    def _git(self, *arguments: str) -> str:
        return git(self._prepared.project.folder, *arguments)
