"""The catalogue: every diagnostic's code, severity, message, reason and mend.

Codes are grouped by the stage that finds them and, once released, keep their meaning for ever:

    DB1xx  files and deck.yml          DB4xx  rendering: math, HTML, pictures
    DB2xx  structure and metadata      DB5xx  drills
    DB3xx  identity and deck.lock      DB6xx  note kinds, note types and the package
    DB7xx  style: what makes a card hard to learn from, and how a finding is silenced
    DB8xx  releases, proofs of an update, collections
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from string import Formatter
from textwrap import indent

from msgspec import Struct

from deckbuilder.diagnostics import Diagnostic, Related, Severity, Span

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


class Example(Struct, frozen=True):
    """What a rule finds, and the same mended. Markdown: an answer; or from its `1)` on, a whole question."""

    bad: str
    good: str


class Rule(Struct, frozen=True):
    """A kind of finding. `message` and `help` are format strings, filled by the arguments of `at`."""

    code: str
    name: str
    severity: Severity
    message: str
    why: str
    mend: str
    help: str = ""
    example: Example | None = None

    def at(self, span: Span, *, related: tuple[Related, ...] = (), **words: object) -> Diagnostic:
        """Return the finding of this rule at `span`; `words` fill the message and the help."""
        return Diagnostic(
            code=self.code,
            severity=self.severity,
            message=self.message.format(**words),
            span=span,
            help=(self.help or self.mend).format(**words),
            related=related,
        )

    def explanation(self) -> str:
        """Return what the rule means, why it is there and how to mend what it finds, for a reader."""
        lines = [f"{self.code} {self.name} ({self.severity})", "", "  " + _shown(self.message)]
        lines += ["", f"Why: {self.why}", f"Mend: {_shown(self.mend)}"]
        if self.example:
            for name, text in (("Found:", self.example.bad), ("Mended:", self.example.good)):
                lines += ["", name, "", indent(text, "    ")]
        return "\n".join(lines)

    def explanation_in_markdown(self) -> str:
        """Return the same as Markdown, under a heading of the third level."""
        parts = [f"### {self.code} {self.name}", f"*{self.severity}*: {_shown(self.message)}", self.why]
        parts.append(f"**Mend:** {_shown(self.mend)}")
        if self.example:
            parts += [f"Found:\n\n{_fenced(self.example.bad)}", f"Mended:\n\n{_fenced(self.example.good)}"]
        return "\n\n".join(parts)


def _shown(text: str) -> str:
    """Return a format string for a reader: what is filled in stands there in capitals."""
    return "".join(literal + (name or "").upper() for literal, name, _, _ in Formatter().parse(text))


def _fenced(markdown: str) -> str:
    return f"````markdown\n{markdown}\n````"


FILE_MISSING = Rule(
    code="DB101",
    name="missing-source",
    severity=ERROR,
    message="there is no `{path}`",
    why="A build needs a folder of Markdown files or one Markdown file.",
    mend="Name a folder that holds .md files, or one .md file; `deckbuilder build` alone reads `content/`.",
)

FILE_UNREADABLE = Rule(
    code="DB102",
    name="unreadable-file",
    severity=ERROR,
    message="`{path}` cannot be read: {problem}",
    why="A file that cannot be read would look like a file whose questions were all deleted.",
    mend="Give read permission, or take the file out of the deck's folder.",
)

NOT_UTF8 = Rule(
    code="DB103",
    name="not-utf8",
    severity=ERROR,
    message="not UTF-8: byte {byte} at offset {offset}",
    why="Every file of a deck is UTF-8, as on GitHub; guessing another encoding would put wrong letters on cards.",
    mend="Save the file as UTF-8.",
)

NUL_CHARACTER = Rule(
    code="DB104",
    name="control-character",
    severity=ERROR,
    message="a NUL character",
    why="Anki's database cuts a field at a NUL character, and the rest of the card would be lost.",
    mend="Delete the character; an editor that shows control characters finds it.",
)

NO_QUESTIONS = Rule(
    code="DB105",
    name="no-questions",
    severity=ERROR,
    message="no question was found",
    why="A question is an item of an ordered list (`1)` or `1.`) that stands directly under a heading. "
    "A deck without questions gives no package, and its name and id stay open.",
    mend="Put the questions into an ordered list under a heading, or write `questions: headings` if headings ask.",
)

FILE_TOO_LARGE = Rule(
    code="DB106",
    name="file-too-large",
    severity=ERROR,
    message="`{path}` has more than the {most} MB that are read",
    why="Nobody writes notes of this size by hand; it is most likely the wrong file.",
    mend="Split the file, take it out of the deck's folder, or allow more: `DECKBUILDER_LIMITS={limit}=NUMBER` in the environment.",
)

TOO_MUCH = Rule(
    code="DB140",
    name="too-much",
    severity=ERROR,
    message="{what}",
    why="Whoever builds a stranger's deck must not have the machine filled by it, nor a learner the phone.",
    mend="Make it smaller, or let whoever builds allow more: `DECKBUILDER_LIMITS={limit}=NUMBER` in the environment.",
)

WRONG_LIMIT = Rule(
    code="DB141",
    name="wrong-limit",
    severity=ERROR,
    message="`{word}` in the variable DECKBUILDER_LIMITS is no limit",
    why="A limit that is misspelt would not hold.",
    mend="Write names and whole numbers with `=` between and blanks after, as in `files=200000 picture-mb=60`; docs/limits.md lists the names.",
    help="known are: {known}",
)

YAML_INVALID = Rule(
    code="DB110",
    name="invalid-yaml",
    severity=ERROR,
    message="YAML: {problem}",
    why="deck.yml, metadata comments and drills are YAML; what cannot be read is not guessed at.",
    mend="Correct the YAML at this place.",
)

YAML_ALIAS = Rule(
    code="DB111",
    name="yaml-alias",
    severity=ERROR,
    message="YAML anchors and aliases are not read here",
    why="An alias can blow a few lines up to gigabytes, so none is followed.",
    mend="Write the value out.",
)

YAML_TOO_LARGE = Rule(
    code="DB112",
    name="yaml-too-large",
    severity=ERROR,
    message="YAML nested deeper than {depth} levels or of more than {nodes} nodes",
    why="Such YAML is not settings but an attack or a slip.",
    mend="Make it smaller.",
)

YAML_DUPLICATE_KEY = Rule(
    code="DB113",
    name="duplicate-key",
    severity=ERROR,
    message="`{key}` stands twice",
    why="Only one of the two would count, and which one is easy to misread.",
    mend="Keep one of them.",
)

UNKNOWN_SETTING = Rule(
    code="DB114",
    name="unknown-setting",
    severity=ERROR,
    message="unknown key `{key}` in {where}",
    why="A key that is not known is nearly always a misspelt one, and would silently do nothing.",
    mend="Correct or delete the key.",
    help="{suggestion}",
)

WRONG_SETTING = Rule(
    code="DB115",
    name="wrong-setting",
    severity=ERROR,
    message="`{key}` must be {expected}",
    why="The value is of a kind that this setting does not take.",
    mend="Write a value of the kind named.",
    help="write {expected}, for example `{example}`",
)

PACKAGE_UNREADABLE = Rule(
    code="DB117",
    name="unreadable-package",
    severity=ERROR,
    message="`{path}` cannot be read as an .apkg: {problem}",
    why="A comparison with half a package would call every note that could not be read new or retired.",
    mend="Name a whole .apkg that deckbuilder built; download or build it again if it was cut short.",
)

PACKAGE_FOREIGN = Rule(
    code="DB118",
    name="foreign-package",
    severity=ERROR,
    message="`{path}` was not built by deckbuilder: {reason}",
    why="Only deckbuilder's own packages carry keys, and GUIDs that stay, by which two releases can be compared.",
    mend="Name an .apkg as `deckbuilder build` wrote it.",
)

NO_EARLIER_PACKAGE = Rule(
    code="DB119",
    name="no-earlier-package",
    severity=NOTE,
    message="there is no `{path}`, so edited notes are named without their earlier words",
    why="deck.lock knows which notes changed; what they said before stands only in the package that was built then.",
    mend="Nothing, or build the last commit, or name its package with --against.",
)

EARLIER_TEXT_MISSING = Rule(
    code="DB120",
    name="earlier-text-missing",
    severity=NOTE,
    message="`{path}` is not of the last build: {count} changed notes are named without their earlier words",
    why="By deck.lock these notes were built again after that package was, on another machine or branch perhaps.",
    mend="Nothing, or build the last commit, or compare with that package by --against.",
)

UPDATE_REFUSED = Rule(
    code="DB121",
    name="update-refused",
    severity=ERROR,
    message="Anki would not bring this update to those who have the deck: {problem}",
    why="Fields, card templates and the note type of a note are frozen for ever. Where they differ Anki refuses to update "
    "the notes, or merges the note types by a full sync that loses the texts of that import.",
    mend="Do not release it. Find out which side deckbuilder did not build.",
)

NOTHING_IN_COMMON = Rule(
    code="DB122",
    name="nothing-in-common",
    severity=WARNING,
    message="`{path}` has no note in common with what it is compared with",
    why="Two releases of one deck share their notes' GUIDs. These are of two decks, or the lock was made anew between them.",
    mend="Compare two packages of one deck. If they are that, restore deck.lock from git: learners would get every card twice.",
)

STARTER_OCCUPIED = Rule(
    code="DB123",
    name="starter-occupied",
    severity=ERROR,
    message="`{path}` is there already",
    why="A new deck is never written over anything.",
    mend="Name another folder, or move the file away.",
)

WORKER_DIED = Rule(
    code="DB130",
    name="worker-died",
    severity=ERROR,
    message="one of the processes that read and render was ended from outside, and nothing is written",
    why="A deck without the notes of some files would retire them all. A system short of memory ends processes so.",
    mend="Build again; with `--jobs 1` a single process does all the work and needs the least memory.",
)

MERGE_CONFLICT = Rule(
    code="DB128",
    name="merge-conflict",
    severity=ERROR,
    message="a merge conflict was left here (`{marker}`)",
    why="The file has two versions of a passage. Built as it is, both would come onto cards, with the markers between.",
    mend="Keep one version, or join both, and delete the lines with `<<<<<<<`, `=======` and `>>>>>>>`.",
)

UNANSWERED = Rule(
    code="DB201",
    name="unanswered",
    severity=WARNING,
    message="no answer yet: {question}",
    why="A card with an empty back is of no use to a learner, so the question is left out of the deck until it is answered.",
    mend="Write the answer below the question, after a blank line and indented to stand inside the item.",
)

TODO_LEFT_OUT = Rule(
    code="DB202",
    name="todo",
    severity=WARNING,
    message="left out: {text}",
    why="A TODO is a note to the author. It never reaches a card: its paragraph or parenthesis is left out.",
    mend="Do it, or delete it.",
)

EMPTY_QUESTION = Rule(
    code="DB203",
    name="empty-question",
    severity=ERROR,
    message="an item with no question",
    why="A question is the first paragraph of its item; here there is none.",
    mend="Write the question right after the number, or make the list part of the text (indent it, or use bullets).",
)

LIST_BEFORE_HEADING = Rule(
    code="DB204",
    name="list-before-heading",
    severity=WARNING,
    message="an ordered list before any heading holds no questions",
    why="A question needs a heading above it: headings make its section, tags and deck.",
    mend="Put a heading above the list.",
)

UNKNOWN_METADATA = Rule(
    code="DB205",
    name="unknown-metadata",
    severity=ERROR,
    message="unknown key `{key}` in the {comment} comment",
    why="A key that is not known is nearly always a misspelt one, and would silently do nothing.",
    mend="Correct or delete the key.",
    help="{suggestion}",
)

WRONG_METADATA = Rule(
    code="DB206",
    name="wrong-metadata",
    severity=ERROR,
    message="`{key}` must be {expected}",
    why="The value is of a kind that this key does not take.",
    mend="Write a value of the kind named.",
)

METADATA_TWICE = Rule(
    code="DB207",
    name="metadata-twice",
    severity=ERROR,
    message="a second card comment in the same question",
    why="Two comments could contradict each other.",
    mend="Put all keys into one comment.",
)

METADATA_MISPLACED = Rule(
    code="DB208",
    name="metadata-misplaced",
    severity=ERROR,
    message="a {comment} comment must stand {where}",
    why="A comment at another place would change nothing, without a word.",
    mend="Move the comment.",
)

METADATA_MISSPELT = Rule(
    code="DB209",
    name="metadata-misspelt",
    severity=WARNING,
    message="a comment that opens with `{word}:` is not read",
    why="It looks like a metadata comment, whose name is `card` or `deck`.",
    mend="Correct the word, or word the comment otherwise.",
    help="{suggestion}",
)

UNCLOSED_DETAILS = Rule(
    code="DB210",
    name="unclosed-details",
    severity=ERROR,
    message="`<details>` is not closed in this item",
    why="What follows would be swallowed by it, on GitHub and on the card.",
    mend="Write `</details>` on a line of its own, indented as the item is.",
)

UNCLOSED_COMMENT = Rule(
    code="DB211",
    name="unclosed-comment",
    severity=ERROR,
    message="`<!--` is not closed",
    why="Everything up to the end of the file would be a comment, questions and all.",
    mend="Write `-->` at the end of the comment.",
)

UNCLOSED_FENCE = Rule(
    code="DB212",
    name="unclosed-fence",
    severity=ERROR,
    message="this code fence is not closed in its item",
    why="Everything up to the end of the item would be code.",
    mend="Close it with the same marks, indented as the opening ones.",
)

ANSWER_OUTSIDE = Rule(
    code="DB213",
    name="answer-outside",
    severity=WARNING,
    message="this text stands after an unanswered question but outside its item",
    why="It is not indented enough to belong to the list item above, so it is on no card; GitHub shows it outside the item too.",
    mend="Indent it to the question's text (four spaces are always enough).",
)

TOO_MANY_NESTED = Rule(
    code="DB214",
    name="nested-too-deep",
    severity=ERROR,
    message="nested deeper than {limit} levels",
    why="Text after this depth would be dropped by the Markdown parser without a word.",
    mend="Use fewer levels of quotes or lists.",
)

DUPLICATE_QUESTION = Rule(
    code="DB301",
    name="duplicate-question",
    severity=ERROR,
    message="the same question stands twice in this section",
    why="Two questions with the same words in the same section cannot be told apart from build to build, so each could get the other's review history.",
    mend="Delete one, reword one, or give each an id.",
    help="give each an id, for example `<!-- {comment}: {{id: {key}}} -->` and `<!-- {comment}: {{id: {key}-2}} -->`",
)

DUPLICATE_ID = Rule(
    code="DB302",
    name="duplicate-id",
    severity=ERROR,
    message="the id `{key}` is that of two questions",
    why="An id names one note for ever; two questions with one id would fight over one review history. A note's key is its id, also where the question does not say so.",
    mend="Give one of them another id.",
)

UNSURE_MATCH = Rule(
    code="DB303",
    name="unsure-match",
    severity=ERROR,
    message="this may be `{key}` reworded, or a new question: {reason}",
    why="The words and the answer both changed, or what is the same proves nothing: an answer of fewer than five words, or words or an answer that others have too. A wrong guess would give one card another card's review history; no guess would throw a history away.",
    mend="Run `deckbuilder resolve` and say which it is, or add one of the two ids to the question.",
    help="if it is the same note, run `{same}`; if it is new, run `{afresh}`; or answer in the source: add `<!-- {comment}: {{id: {old}}} -->` to keep the history of `{key}`, or `<!-- {comment}: {{id: {new}}} -->` to start afresh",
)

DECISION_REFUSED = Rule(
    code="DB345",
    name="decision-refused",
    severity=ERROR,
    message="this cannot be decided: {problem}",
    why="`resolve` writes what you decide into deck.lock, and nothing if any of it cannot hold.",
    mend="Correct the command; `deckbuilder resolve` alone shows what is to be decided.",
    help="{fix}",
)

HELP_FOR_LEVELS = (
    "to keep the history of the level `{old}` build once with its old name and its new content, then rename it; "
    "to start afresh build once without this level"
)
"""What to do about DB303 for a level of a drill, whose name is its id."""

HELP_FOR_RENAMED_LEVELS = "if it is another level, build once without it first"
"""What to do about DB304 for a level of a drill."""

RECOGNISED_EDIT = Rule(
    code="DB304",
    name="recognised-edit",
    severity=NOTE,
    message="taken for `{key}` with its question reworded ({reason}); its history stays",
    why="The question's words changed, but its answer is the same or clearly a revision, and no other question or note has that answer.",
    mend="Nothing, if it is the same question. Otherwise give it an id of its own: `<!-- card: {{id: …}} -->`.",
    help="if it is another question, add `<!-- {comment}: {{id: {new}}} -->`",
)

KEY_RENAMED = Rule(
    code="DB305",
    name="key-renamed",
    severity=NOTE,
    message="`{old}` is called `{key}` from now on; its history stays",
    why="The question is known by its text, and now has an id of its own.",
    mend="Nothing. To start afresh instead, reword the question.",
)

MANY_RETIRED = Rule(
    code="DB306",
    name="many-retired",
    severity=ERROR,
    message="{retired} of {known} notes would be retired",
    why="When more than a quarter of a deck disappears at once it is nearly always a wrong path or a file that was not saved.",
    mend="Check that all files are there. If it is meant, build with --retire.",
)

LOCK_DAMAGED = Rule(
    code="DB307",
    name="lock-damaged",
    severity=ERROR,
    message="deck.lock cannot be read here: {problem}",
    why="The lock holds every note's identity. Starting anew would give every learner duplicates of all cards, so nothing is guessed.",
    mend="Restore the file from git (`git checkout -- {file}`) or from a package (`deckbuilder lock restore`), "
    "or correct the line.",
)

LOCK_CONFLICT = Rule(
    code="DB308",
    name="lock-conflict",
    severity=ERROR,
    message="a merge conflict was left in deck.lock",
    why="Both sides' notes must stay, and only you can say so.",
    mend="Delete the marker lines, keep all other lines of both sides, and build: the build merges them. "
    "With `deck.lock merge=union` in .gitattributes git does the same by itself.",
)

LOCK_NEWER = Rule(
    code="DB309",
    name="lock-newer",
    severity=ERROR,
    message="deck.lock is of format {found}; this deckbuilder reads up to {known}",
    why="A newer deckbuilder wrote it, and reading it wrongly would lose identities.",
    mend="Update deckbuilder.",
)

LOCK_OUTDATED = Rule(
    code="DB310",
    name="lock-outdated",
    severity=ERROR,
    message="deck.lock would change: {changes}",
    why="With --locked (as in CI) the lock must already say what this build says, so that identities come from the author's commit and not from a machine.",
    mend="Run `deckbuilder build` and commit deck.lock.",
)

CLOCK_BEHIND = Rule(
    code="DB311",
    name="clock-behind",
    severity=ERROR,
    message="the lock was last changed at {lock}, but this machine's clock says {clock}",
    why="A change must be stamped later than the last one and never in the future, or Anki drops it.",
    mend="Set the clock, or wait.",
)

BAD_ID = Rule(
    code="DB312",
    name="bad-id",
    severity=ERROR,
    message="`{id}` cannot be an id",
    why="An id is written into deck.lock, Anki's key field and file names, so it must be plain: letters, digits, `-`, `_`, `.`, at most 100 of them, no blanks.",
    mend="Use letters, digits and hyphens.",
)

LOCK_CHANGED = Rule(
    code="DB313",
    name="lock-changed",
    severity=ERROR,
    message="deck.lock changed while the deck was being built",
    why="Another build ran at the same time; writing now could undo what it recorded.",
    mend="Build again.",
)

REVIVED = Rule(
    code="DB314",
    name="revived",
    severity=NOTE,
    message="`{key}` is back; its history comes with it",
    why="The question was retired in an earlier build and is in the sources again.",
    mend="Nothing. To start afresh instead, give it an id of its own.",
)

RETIRED = Rule(
    code="DB315",
    name="retired",
    severity=NOTE,
    message="`{key}` is retired: {question}",
    why="The question is no longer in the sources. Learners keep the card until they delete it; its identity is kept in deck.lock and never reused.",
    mend="Nothing, if it is meant. Bring the question back to revive it.",
)

CHANGED_BY_WHOM = Rule(
    code="DB329",
    name="changed-by-whom",
    severity=NOTE,
    message="{count} notes look different now, though their words are the same: {which}",
    why="An earlier deckbuilder wrote deck.lock. It kept no fingerprint of what you wrote, so this build cannot tell a formula or a short answer that you edited from HTML that deckbuilder makes differently now. It leaves the change times as they are, so that learners keep their own edits.",
    mend="Nothing, if you edited none of them. Otherwise build with the earlier deckbuilder first, or publish with `deckbuilder release VERSION --refresh`, which stamps them all. The next build knows.",
    help="If you edited any of them, publish with `deckbuilder release VERSION --refresh`, which stamps them all.",
)

DECK_RENAMED = Rule(
    code="DB316",
    name="deck-renamed",
    severity=NOTE,
    message="the deck stays `{old}` for learners, though it is now named `{new}` here",
    why="Anki never moves existing cards to a renamed deck: learners would get a second deck with the new cards only. "
    "So the name of the first build is kept in deck.lock, for the deck and for its note types.",
    mend="Nothing. Learners may rename the deck in Anki themselves; it stays theirs.",
)

KEYS_PARTED = Rule(
    code="DB321",
    name="keys-parted",
    severity=NOTE,
    message="two branches gave the key `{key}` to two new notes; this one is `{new}` from now on",
    why="Each note keeps its GUID, and so its history; only the key, its readable name, must be its own.",
    mend="Nothing. If both branches added the very same question, one note is kept and the other is retired.",
)

LOCK_MISSING = Rule(
    code="DB322",
    name="lock-missing",
    severity=ERROR,
    message="deck.lock is missing: {reason}",
    why="A lock made from scratch gives every note a new GUID, and every learner of the deck all cards a second time.",
    mend="Get it back: `git checkout HEAD -- content/deck.lock`, or `deckbuilder lock restore` from the newest package. "
    "Only for the first build of a deck that nobody has yet, use --new-deck.",
    help="{way}",
)

NO_NOTES = Rule(
    code="DB323",
    name="no-notes",
    severity=ERROR,
    message="no question has an answer yet ({questions} found)",
    why="A deck without notes gives no package, and its name and id stay open.",
    mend="Write an answer below a question, indented by four spaces.",
)

LOCK_PRESENT = Rule(
    code="DB324",
    name="lock-present",
    severity=ERROR,
    message="`{path}` is there already",
    why="The lock that is there may know notes that the package does not; they would get new GUIDs.",
    mend="Keep it, unless you know that it is wrong. Then use --force: the package's lock takes its place.",
)

OTHER_DECK = Rule(
    code="DB325",
    name="other-deck",
    severity=ERROR,
    message="this package is of the deck `{found}`, and here is `{expected}`",
    why="With another deck's lock, learners of both decks would get each other's notes.",
    mend="Name a package of this deck. If it is this deck under an earlier name or id, use --force.",
)

LOCK_UNRESTORABLE = Rule(
    code="DB326",
    name="lock-unrestorable",
    severity=ERROR,
    message="no lock can be made from this package: {problem}",
    why="It was built before packages carried deck.lock, so all must be read from its notes.",
    mend="Use a newer package, or the lock from git's history.",
)

LOCK_REBUILT = Rule(
    code="DB327",
    name="lock-rebuilt",
    severity=NOTE,
    message="made from the notes of the package, which carries no deck.lock; lost: {lost}",
    why="Keys, GUIDs and change times are in the notes. Only a lock says the rest.",
    mend="Look at `deckbuilder diff`, then build and commit deck.lock. A lock from git, or a newer package, has everything.",
)

MATH_BLANKS = Rule(
    code="DB401",
    name="math-not-on-github",
    severity=WARNING,
    message="GitHub does not typeset this formula: {reason}",
    why="The card shows it as math, GitHub shows the raw text.",
    mend="Delete the blanks just inside the dollars; put a hyphen or a blank between the closing dollar and a letter.",
    help="write `{instead}`",
)

HTML_REMOVED = Rule(
    code="DB402",
    name="html-removed",
    severity=WARNING,
    message="{what}",
    why="Cards run inside the learner's Anki, so only harmless HTML is let through.",
    mend="Write it in Markdown, or leave it out.",
)

PICTURE_MISSING = Rule(
    code="DB403",
    name="picture-missing",
    severity=ERROR,
    message="there is no picture `{path}`",
    why="The card would show a broken picture.",
    mend="Correct the path (it is relative to the Markdown file) or add the picture.",
    help="{suggestion}",
)

PICTURE_OUTSIDE = Rule(
    code="DB404",
    name="picture-outside",
    severity=ERROR,
    message="the picture `{path}` is outside the deck's folder",
    why="A deck packs only what is inside its own folder, so that building a stranger's deck cannot carry off your files.",
    mend="Copy the picture into the deck's folder.",
)

PICTURE_REMOTE = Rule(
    code="DB405",
    name="picture-remote",
    severity=WARNING,
    message="the picture `{url}` needs the network",
    why="It stays a link: learners see nothing offline, and nothing at all once the address is gone.",
    mend="Download it into the deck's folder, if its licence allows it, and point to the copy.",
)

PICTURE_UNREADABLE = Rule(
    code="DB406",
    name="picture-unreadable",
    severity=ERROR,
    message="the picture `{path}` cannot be packed: {problem}",
    why="Only ordinary files of a known picture type are packed.",
    mend="Use a PNG, JPEG, GIF, WebP, AVIF or SVG file.",
)

UNKNOWN_EXTENSION = Rule(
    code="DB407",
    name="unknown-extension",
    severity=ERROR,
    message="the Markdown extension `{name}` cannot be used: {problem}",
    why="`markdown_extensions` names extensions of the Python package `markdown`; this one could not be loaded.",
    mend="Correct the name, install the package it comes from, or leave it out.",
)

LINK_LOCAL = Rule(
    code="DB408",
    name="local-link",
    severity=NOTE,
    message="the link to `{url}` is shown as plain text",
    why="A card stands alone: there is no file or heading next to it that a relative link could lead to.",
    mend="Nothing, if the text reads well without it; else link to the full address.",
)

MATH_UNBALANCED = Rule(
    code="DB409",
    name="math-unbalanced",
    severity=ERROR,
    message="the braces of this formula do not balance",
    why="Neither GitHub nor Anki typesets it: the card would show the raw TeX.",
    mend="Add the missing brace, or take the one too many away; a brace to be seen is `\\lbrace` or `\\rbrace`.",
    example=Example(r"$\frac{1}{1 + e^{-z}$", r"$\frac{1}{1 + e^{-z}}$"),
)

NESTED_TOO_DEEP = Rule(
    code="DB410",
    name="answer-nested-too-deep",
    severity=ERROR,
    message="blocks nested deeper than {depth} levels",
    why="What stands deeper is not read, and would be missing from the card.",
    mend="Write it with fewer lists and quotes inside one another.",
)

EXTENSION_FAILED = Rule(
    code="DB412",
    name="extension-failed",
    severity=ERROR,
    message="Python-Markdown or one of its extensions fails here: {problem}",
    why="What it would have shown is not known.",
    mend="Write it otherwise, or leave the extension out that fails.",
)

TOO_MUCH_MARKUP = Rule(
    code="DB413",
    name="too-much-markup",
    severity=ERROR,
    message="{signs:,} signs of markup or lines in {length:,} characters would keep the Markdown parser busy for too long",
    why="Python-Markdown's time grows with the square of a text's length, and many `[` are slow for every parser: one answer could keep a build busy for hours.",
    mend="Divide the text into paragraphs or questions, or put data and code into a fenced block.",
)

PICTURE_WITHOUT_ALT = Rule(
    code="DB411",
    name="picture-without-alt",
    severity=WARNING,
    message="the picture `{path}` has no text in its place",
    why="Whoever cannot see it (a blind learner, a card whose picture did not sync) gets nothing.",
    mend="Say in a sentence what the picture shows.",
    help='write `![what it shows]({path})`, or `alt="what it shows"` in HTML',
    example=Example(
        "![](https://example.org/ball.png)", "![The unit ball of the L1 norm](https://example.org/ball.png)"
    ),
)

TEX_UNDEFINED = Rule(
    code="DB420",
    name="tex-undefined-macro",
    severity=ERROR,
    message="Anki's MathJax does not know `\\{macro}`",
    why="The card would show the macro's name in red. Anki has MathJax 3.2.2 with its own choice of packages, and a deck cannot add any.",
    mend="Write it with macros that MathJax knows.",
    help="{advice}",
    example=Example(r"$\bm{x}$", r"$\boldsymbol{x}$"),
)

TEX_ENVIRONMENT = Rule(
    code="DB421",
    name="tex-unknown-environment",
    severity=ERROR,
    message="Anki's MathJax does not know the environment `{name}`",
    why="The whole formula would be shown as raw TeX.",
    mend="Use an environment that MathJax knows, such as `aligned`, `cases`, `array` or `bmatrix`.",
    help="{advice}",
    example=Example(
        "$$\n\\begin{tabular}{cc} a & b \\end{tabular}\n$$", "$$\n\\begin{array}{cc} a & b \\end{array}\n$$"
    ),
)

TEX_UNPAIRED = Rule(
    code="DB422",
    name="tex-unpaired",
    severity=ERROR,
    message="`{one}` without its `{other}`",
    why="The whole formula would be shown as raw TeX. Both must stand in the same group, cell and argument.",
    mend="Add the other one. `\\right.` closes without a sign; across the columns of an array use `\\Bigl` and `\\Bigr`.",
    help="add `{other}` in the same group and cell",
    example=Example(r"$\left( \frac{a}{b} )$", r"$\left( \frac{a}{b} \right)$"),
)

TEX_ARGUMENT = Rule(
    code="DB423",
    name="tex-missing-argument",
    severity=ERROR,
    message="`{macro}` wants {what}",
    why="The whole formula would be shown as raw TeX.",
    mend="Give it what it wants, in braces.",
    example=Example(r"$\frac{a}$", r"$\frac{a}{b}$"),
)

TEX_DOUBLE_SCRIPT = Rule(
    code="DB424",
    name="tex-double-script",
    severity=ERROR,
    message="a second `{sign}` on the same base",
    why="TeX does not guess what belongs to what: the whole formula would be shown as raw TeX.",
    mend="Put braces around what belongs together: `{{x^a}}^b` or `x^{{a^b}}`.",
    example=Example("$x^2^n$", "$x^{2^n}$"),
)

TEX_MISPLACED = Rule(
    code="DB425",
    name="tex-misplaced",
    severity=ERROR,
    message="`{sign}` cannot stand here: {reason}",
    why="The whole formula would be shown as raw TeX.",
    mend="Take it away, or put the formula into an environment that has a place for it.",
    example=Example("$$\na &= b\n$$", "$$\n\\begin{aligned} a &= b \\end{aligned}\n$$"),
)

TEX_LINE_BREAK = Rule(
    code="DB426",
    name="tex-line-break",
    severity=WARNING,
    message="`\\\\` breaks no line here",
    why="MathJax 3 breaks lines only in environments, and there not inside braces: the formula would run on in one line.",
    mend="Put the lines into `aligned` or `gathered`, or make them two formulas.",
    example=Example("$$\na = b \\\\\nc = d\n$$", "$$\n\\begin{gathered}\na = b \\\\\nc = d\n\\end{gathered}\n$$"),
)

TEX_IN_TEXT = Rule(
    code="DB427",
    name="tex-in-text",
    severity=ERROR,
    message="`{sign}` is shown as it is written inside `\\{macro}`",
    why="Anki leaves out the package that reads TeX inside of text, so `\\text{d\\_model}` shows its backslash.",
    mend="In text write `_`, `%`, `&` and `#` without a backslash; end the text before a macro.",
    help="{advice}",
    example=Example(r"$d_{\text{d\_model}}$", r"$d_{\text{d_model}}$"),
)

TEX_COMMENT = Rule(
    code="DB428",
    name="tex-comment",
    severity=WARNING,
    message="`%` begins a comment: `{lost}` is not shown",
    why="In TeX everything after `%` on a line is a comment.",
    mend="Write `\\%` for the sign (inside `\\text` plain `%`), or delete what follows.",
    example=Example("$50% of x$", r"$50\% \text{ of } x$"),
)

TEX_DEFINITION = Rule(
    code="DB429",
    name="tex-definition",
    severity=WARNING,
    message="`\\{macro}` changes later cards too",
    why="Anki's desktop keeps one page for all cards of a session: what one defines, every later one has, and a card "
    "that relies on it is broken where it comes first.",
    mend="Write the macro out where it is used.",
    example=Example(r"$\newcommand{\loss}{\mathcal{L}} \loss$", r"$\mathcal{L}$"),
)

TEX_HTML = Rule(
    code="DB430",
    name="tex-html",
    severity=ERROR,
    message="`{what}` inside a formula is no HTML and is shown as it is written",
    why="A formula reaches MathJax as it stands; GitHub would not typeset it at all.",
    mend="Write it in TeX: `_{{i}}` for a subscript, `\\\\` in an environment for a new line, `\\lt` for `<`.",
    example=Example("$x<sub>i</sub>$", "$x_i$"),
)

TEX_WIDE = Rule(
    code="DB431",
    name="tex-wide-inline",
    severity=WARNING,
    message="a piece of this formula is about {width} em wide and cannot be broken: it is wider than a phone",
    why="A card breaks a formula in a line after its relations only; a piece that is wider than a phone (some 20 em) has to be scrolled sideways inside its sentence.",
    mend="Display it on lines of its own between `$$`, in `aligned` if it is still long, or shorten it.",
    example=Example(
        r"$L = -y_1\log p_1 - y_2\log p_2 - y_3\log p_3 - y_4\log p_4 - y_5\log p_5 - y_6\log p_6$",
        r"$L = -\sum_i y_i\log p_i$",
    ),
)

TEX_REFUSED_BY_GITHUB = Rule(
    code="DB432",
    name="tex-refused-by-github",
    severity=WARNING,
    message="GitHub refuses `\\{macro}`",
    why='The card is right, but GitHub shows "The following macros are not allowed" in place of the formula.',
    mend="Write it with a macro that both take.",
    help="write `{instead}`",
    example=Example(r"$\operatorname{softmax}(x)$", r"$\mathop{\mathrm{softmax}}(x)$"),
)

TEX_LOST_ON_GITHUB = Rule(
    code="DB433",
    name="tex-lost-on-github",
    severity=WARNING,
    message="GitHub takes the backslash off `{sign}` and shows `{left}`",
    why="On GitHub the text between single dollars goes through Markdown first, where a backslash before punctuation is an escape. The card is right.",
    mend="Use a macro with a name (`\\lbrace`, `\\rbrace`, `\\thinspace`, `\\lVert`, `\\cr` for `\\\\`), or write `` $`…`$ ``.",
    example=Example(r"$y \in \{0, 1\}$", r"$y \in \lbrace 0, 1\rbrace$"),
)

STRAY_DOLLAR = Rule(
    code="DB434",
    name="stray-dollar",
    severity=WARNING,
    message="this dollar neither opens nor closes a formula",
    why="What looks like TeX next to it would be shown as it is written.",
    mend="Add the other dollar; a dollar to be seen is written `\\$`.",
    example=Example(r"The rate is $\alpha_t.", r"The rate is $\alpha_t$."),
)

BARE_ENVIRONMENT = Rule(
    code="DB435",
    name="bare-environment",
    severity=WARNING,
    message="`\\begin{{{name}}}` outside of a formula is not typeset",
    why="Anki and GitHub typeset only what stands between dollars.",
    mend="Put `$$` on a line of its own above and below.",
    example=Example("\\begin{align}\na &= b\n\\end{align}", "$$\n\\begin{align}\na &= b\n\\end{align}\n$$"),
)

TEX_REACHES_OUT = Rule(
    code="DB436",
    name="tex-reaches-out",
    severity=ERROR,
    message="`\\{macro}` could reach beyond the formula, so it is not let through like this",
    why="MathJax writes what this macro is given into the page as it stands: an address that runs a script, a style that covers the whole screen or fetches something from elsewhere.",
    mend="Leave it out. `\\href` may lead to http, https and mailto; `\\bbox`, `\\fcolorbox` and `\\unicode` may name colours, lengths and fonts; `\\require` a package.",
    example=Example(r"$\style{font-size: 2em}{x}$", r"$\Large x$"),
)

DRILL_EXPRESSION = Rule(
    code="DB501",
    name="drill-expression",
    severity=ERROR,
    message="this expression cannot be read: {problem}",
    why="Expressions are read by a short whitelist of numbers, names, operators and functions; nothing else is ever run.",
    mend="Write plain arithmetic over the drill's own names, such as `w - lr*g`.",
)

DRILL_FUNCTION = Rule(
    code="DB502",
    name="drill-function",
    severity=ERROR,
    message="there is no function `{name}`",
    why="Only the functions that are documented can be called.",
    mend="Call one of the functions that docs/drills.md lists.",
    help="{suggestion}",
)

DRILL_PLACEHOLDER = Rule(
    code="DB503",
    name="drill-placeholder",
    severity=ERROR,
    message="this placeholder cannot be filled: {problem}",
    why="A placeholder that is not understood would show its own text on the card in place of a number.",
    mend="Write `@{{x}}`, `@{{x:3}}` for decimals, `@{{x:3g}}` for significant figures, `:frac`, `:mat`, `:p`, `:+`, `:,`.",
)

DRILL_KEY = Rule(
    code="DB504",
    name="drill-key",
    severity=ERROR,
    message="unknown key `{key}` in {where}",
    why="A key that is not understood would be passed over in silence, and the drill would not do what its author wrote.",
    mend="Correct or delete the key; docs/drills.md lists them all.",
    help="{suggestion}",
)

DRILL_MISSING = Rule(
    code="DB505",
    name="drill-missing",
    severity=ERROR,
    message="`{key}` is missing",
    why="A drill needs parameters to vary, an example to show first, a question and an answer.",
    mend="Add the key; docs/drills.md shows a whole drill.",
)

DRILL_VALUE = Rule(
    code="DB506",
    name="drill-value",
    severity=ERROR,
    message="`{key}` must be {expected}",
    why="A value that is guessed at would give learners numbers that nobody meant.",
    mend="Write a value of the kind named.",
)

DRILL_NAME = Rule(
    code="DB507",
    name="drill-name",
    severity=ERROR,
    message="there is no `{name}` in this drill",
    why="An expression may use the drill's parameters and the names under `let`, and nothing else.",
    mend="Correct the name, or give it a value under `params` or `let`.",
    help="{suggestion}",
)

DRILL_NAMING = Rule(
    code="DB508",
    name="drill-naming",
    severity=ERROR,
    message="`{name}` cannot be a name: {problem}",
    why="A name must mean one thing in all expressions of its drill.",
    mend="Choose a name of letters, digits and `_` that begins with a letter and means nothing else.",
)

DRILL_CYCLE = Rule(
    code="DB509",
    name="drill-cycle",
    severity=ERROR,
    message="`{name}` needs itself: {cycle}",
    why="Names under `let` may stand in any order, but each must follow from parameters in the end.",
    mend="Let one of them follow from parameters alone.",
)

DRILL_DOMAIN = Rule(
    code="DB510",
    name="drill-domain",
    severity=ERROR,
    message="no values for `{name}`: {problem}",
    why="Variants are drawn from the values that a parameter may take; they must be known exactly.",
    mend="Write `{{range: [low, high], step: s}}` or `{{choices: [a, b, c]}}`, with `exclude: [x]` for what is to be left out.",
)

DRILL_EXCLUDE = Rule(
    code="DB511",
    name="drill-exclude",
    severity=WARNING,
    message="`{name}` never is {value}, so there is nothing to exclude",
    why="What is excluded but never drawn is most often a slip: of a digit, or of the step.",
    mend="Correct the value, or take it out of `exclude`.",
)

DRILL_EXAMPLE = Rule(
    code="DB512",
    name="drill-example",
    severity=ERROR,
    message="the example's `{name}` {problem}",
    why="The example is the first variant that learners see, and the only one where scripts do not run: it must be one of those that could be drawn.",
    mend="Give each parameter one of its own values.",
)

DRILL_EXAMPLE_WHERE = Rule(
    code="DB513",
    name="drill-example-where",
    severity=ERROR,
    message="for the example this condition {problem}",
    why="The example is a variant like the others, so what the others must fulfil holds for it too.",
    mend="Choose other numbers for the example, or loosen the condition.",
)

DRILL_TOO_LARGE = Rule(
    code="DB514",
    name="drill-too-large",
    severity=ERROR,
    message="more than {limit} {what}",
    why="A drill beyond this bound would keep everybody's build waiting.",
    mend="Make it smaller, or two drills of it.",
)

DRILL_UNSHOWN = Rule(
    code="DB515",
    name="drill-unshown",
    severity=WARNING,
    message="the question does not show `{name}`",
    why="A parameter that differs from variant to variant without being seen gives one and the same question several answers.",
    mend="Show it in `ask` as `@{{…}}`, or take the parameter away.",
)

DRILL_NO_VALUE = Rule(
    code="DB530",
    name="drill-no-value",
    severity=ERROR,
    message="no value for {variant}: {problem}",
    why="Every variant must have a question, an answer and a solution, or a learner would meet a broken card.",
    mend="Correct the expression, or keep such values out by `exclude` or by a rule under `where`.",
)

DRILL_CHECK_FAILS = Rule(
    code="DB531",
    name="drill-check-fails",
    severity=ERROR,
    message="this check does not hold for {variant}{more}",
    why="A check says what must be true of every variant; where it is not, an answer is wrong or the check is.",
    mend="Correct the expressions or the check, or reject such values by a rule under `where`.",
)

DRILL_MISTAKE_HIDDEN = Rule(
    code="DB532",
    name="drill-mistake-hidden",
    severity=ERROR,
    message="the mistake `{mistake}` would be taken for {other} in {variant}{more}",
    why="Who makes a mistake must not be told that the answer is right, nor that it was another mistake.",
    mend="Reject such values by a rule under `where`, such as `v1 != 0`, narrow the tolerance, or drop the mistake.",
)

DRILL_TOO_FEW = Rule(
    code="DB533",
    name="drill-too-few-variants",
    severity=ERROR,
    message="{wanted} wanted{stratum}, but besides the example {found} every rule",
    why="No two variants of a drill are the same, and none is the same as the example.",
    mend="Ask for fewer variants, widen the parameters' domains, or loosen the rules under `where`.",
    help="{advice}widen the parameters' domains, or loosen the rules under `where`",
)

DRILL_REJECTS_TOO_MUCH = Rule(
    code="DB534",
    name="drill-rejects-too-much",
    severity=ERROR,
    message="none of {attempts} draws was fit for variant {slot}{stratum}: {reasons}",
    why="Values are drawn until they pass every rule; a rule that hardly anything passes would keep the build waiting.",
    mend="Draw what the rule is about directly, as a parameter of its own, or loosen the rule.",
)

DRILL_TOO_MUCH_WORK = Rule(
    code="DB535",
    name="drill-too-much-work",
    severity=ERROR,
    message="more than {limit} steps of calculation to draw the variants, at variant {slot}{stratum}: {reasons}",
    why="A drill must not keep the build waiting.",
    mend="Loosen the rules under `where`, or put those that are quick to work out first.",
)

DRILL_ANSWER_CHANGED = Rule(
    code="DB536",
    name="drill-answer-changed",
    severity=NOTE,
    message="the answer{name} changed in {count} with the same numbers as before; {variant}: {old} is now {new}",
    why="Learners have met these numbers with the old answer; a slip in an expression shows in the same way.",
    mend="Nothing, if the new answer is the right one.",
)

DRILL_REDRAWN = Rule(
    code="DB537",
    name="drill-redrawn",
    severity=NOTE,
    message="new numbers for {variants}: the old ones are out of their domains, rejected, or no longer distinct",
    why="A variant keeps its numbers for as long as they are in their domains, pass every rule and are like no other's.",
    mend="Nothing, if the edit was meant to exclude the old numbers.",
)

NO_DRILL = Rule(
    code="DB550",
    name="no-drill",
    severity=ERROR,
    message="a drill without a `drill` block",
    why="`kind: drill` says that the numbers of this question change, and a fenced block of info string `drill` says how.",
    mend="Add the block (docs/drills.md shows one), or take `kind: drill` away.",
)

SECOND_DRILL = Rule(
    code="DB551",
    name="second-drill",
    severity=ERROR,
    message="a second `drill` block in the same question",
    why="A question is one drill; a second block would be shown nowhere.",
    mend="Make a question of its own of it, or a level of the first.",
)

KIND_CHANGED = Rule(
    code="DB601",
    name="kind-changed",
    severity=WARNING,
    message="`{key}` is now a {kind}; in Anki it keeps the note type {born}",
    why="Anki never updates a note whose note type changes, so the note keeps the type that it was born with; its card shows all parts of the new kind all the same.",
    mend="Nothing. To have the new note type, give the question a new id; its history then starts afresh.",
)

UNKNOWN_KIND = Rule(
    code="DB602",
    name="unknown-kind",
    severity=ERROR,
    message="there is no kind `{kind}`",
    why="Every note is of one of the known kinds.",
    mend="Use a known kind.",
    help="{suggestion}",
)

EMPTY_SIDE = Rule(
    code="DB603",
    name="empty-side",
    severity=ERROR,
    message="nothing is left to show on the {side} of this card",
    why="What the author wrote there is shown by no card (a comment, HTML that is taken out, a signature alone), and a "
    "card with an empty side cannot be learned from.",
    mend="Write the question, or the answer, in Markdown.",
)

NO_STEPS = Rule(
    code="DB604",
    name="no-steps",
    severity=WARNING,
    message="`steps: cards` has no steps to make cards of",
    why="Steps are the items of an ordered list in the answer of a derivation; here there is none of two items or more.",
    mend="Write the steps as an ordered list, make it a derivation by `kind: derivation`, or take `steps` away.",
)

OUTPUT_UNWRITABLE = Rule(
    code="DB610",
    name="output-unwritable",
    severity=ERROR,
    message="`{path}` cannot be written: {problem}",
    why="Nothing was changed: the package and the lock are written whole or not at all.",
    mend="Choose another place with -o, or make room or give permission there.",
)

DECK_TOO_DEEP = Rule(
    code="DB611",
    name="deck-too-deep",
    severity=ERROR,
    message="the deck `{deck}` lies {levels} levels deep, and Anki takes no more than {limit}",
    why="Anki refuses to import a package with a deck below so many others.",
    mend="Give the deck a name of fewer levels, or write a smaller number at `subdecks`.",
)

NO_REPOSITORY = Rule(
    code="DB801",
    name="no-repository",
    severity=ERROR,
    message="the deck is in no git repository, or git is not installed",
    why="A release is a commit and a tag: what learners have must be found again in the sources.",
    mend="Run `git init`, commit the deck, and release again; or only build it with `deckbuilder build`.",
)

DIRTY_TREE = Rule(
    code="DB802",
    name="dirty-tree",
    severity=ERROR,
    message="not committed: {files}",
    why="A release is built from a commit, so that everybody who builds that commit gets the same package.",
    mend="Commit the files, or stash them. After a release that was interrupted, `git restore --staged --worktree` them (and delete a new RELEASES.md), and release again.",
)

VERSION_NOT_LATER = Rule(
    code="DB803",
    name="version-not-later",
    severity=ERROR,
    message="{version} is not later than the last release, {last}",
    why="Learners and deck.lock tell releases by their versions; the same one must not stand for two packages.",
    mend="Choose a later version.",
)

TAG_EXISTS = Rule(
    code="DB804",
    name="tag-exists",
    severity=ERROR,
    message="there is a tag {tag} already",
    why="A tag that is moved would name another package than the one that learners have.",
    mend="Choose a later version.",
)

GIT_REFUSED = Rule(
    code="DB805",
    name="git-refused",
    severity=ERROR,
    message="git: {problem}",
    why="A release is recorded by git, and git would not.",
    mend="Mend what git names, then give the commands that are shown; nothing needs to be released again.",
)

NOTHING_TO_RELEASE = Rule(
    code="DB806",
    name="nothing-to-release",
    severity=WARNING,
    message="nothing changed for learners since the last release",
    why="Learners would import a package that does nothing.",
    mend="Nothing, if the version itself is what you want to publish.",
)

NOT_THIS_RELEASE = Rule(
    code="DB807",
    name="not-this-release",
    severity=ERROR,
    message="this is not the release {version}: {problem}",
    why="With --locked (as in CI, on a tag) the release must be in deck.lock and in the list of releases, or the package would be stamped on a machine and not by its author.",
    mend="Run `deckbuilder release`, commit, and tag that commit.",
    help="Run `deckbuilder release {version}`, commit, and tag that commit.",
)

VERSION_UNWRITABLE = Rule(
    code="DB808",
    name="version-unwritable",
    severity=ERROR,
    message="the version cannot be written into deck.yml",
    why="A release changes the one line `version:` and nothing else; here it stands in a form that this would not do for.",
    mend='Write `version` as a line of its own, such as `version: "1.2"`.',
)

SHALLOW_CLONE = Rule(
    code="DB836",
    name="shallow-clone",
    severity=ERROR,
    message="this clone has only a part of the history, so a release cannot know the latest change time of each note",
    why="After a `git revert`, deck.lock has an earlier change time than learners have, and Anki would drop the older text. A release looks through all versions of deck.lock for the latest one.",
    mend="Run `git fetch --unshallow`, and release again. In CI, check out with `fetch-depth: 0`.",
)

REBUILT = Rule(
    code="DB837",
    name="changed-by-deckbuilder",
    severity=NOTE,
    message="{count} notes were changed by deckbuilder, or only in formatting or formulas, and are not stamped: {which}",
    why="Their HTML differs from that of the last release, but what their author wrote is the same, as far as deck.lock knows. New learners get the new HTML. Those who have the notes keep the old one, and with it their own edits and tags.",
    mend="Nothing, or `deckbuilder release VERSION --refresh`: it stamps these notes, and an import then overwrites what learners wrote on them.",
    help="`deckbuilder release {version} --refresh` stamps them; an import then overwrites what learners wrote on them.",
)

ANKI_MISSING = Rule(
    code="DB810",
    name="anki-missing",
    severity=ERROR,
    message="this needs Anki's own library, which is not installed",
    why="What an import does to a collection is decided by Anki; deckbuilder asks it and does not guess.",
    mend="Run `pip install 'anki-deckbuilder[anki]'`.",
)

PACKAGE_REFUSED = Rule(
    code="DB811",
    name="package-refused",
    severity=ERROR,
    message="Anki cannot import this: {problem}",
    why="Learners could not import it either.",
    mend="Name an .apkg that Anki can import.",
)

HISTORY_LOST = Rule(
    code="DB812",
    name="history-lost",
    severity=ERROR,
    message="{count} of {all} histories would be lost or changed: {which}",
    why="A learner's reviews and intervals are what the whole deck is worth to them.",
    mend="Do not publish this package. The GUIDs or the number of cards of these notes changed: restore deck.lock "
    "from git, or with `deckbuilder lock restore` from the package that learners have.",
)

UPDATE_MISSED = Rule(
    code="DB813",
    name="update-missed",
    severity=ERROR,
    message="{count} changed notes would not be updated: {which}",
    why="Anki updates a note only if its change time is later than the one in the collection; the new text would be dropped without a word.",
    mend="Stamp the changes with `deckbuilder release`; check that the older package is really the older one.",
)

NOTES_CONFLICT = Rule(
    code="DB814",
    name="notes-conflict",
    severity=ERROR,
    message="{count} notes would be conflicting and never be updated: {which}",
    why="Anki does not update a note whose note type, or whose note type's fields, are not those of the package.",
    mend="Restore the note types: their fields are frozen, and a note keeps the note type that it was born with.",
)

NOTE_TYPE_CLUTTER = Rule(
    code="DB815",
    name="note-type-clutter",
    severity=ERROR,
    message="learners would get a second note type: {which}",
    why="Where a note type's fields changed, Anki makes another note type of the same name with a `+`.",
    mend="Restore the list of fields.",
)

EDIT_LOST = Rule(
    code="DB816",
    name="edit-lost",
    severity=ERROR,
    message="learners would lose what they wrote on {count} notes that did not change: {which}",
    why="A note whose change time moves although its content did not is overwritten for nothing.",
    mend="Give each note its own change time, which moves with its content only.",
)

FULL_SYNC_FORCED = Rule(
    code="DB817",
    name="full-sync-forced",
    severity=ERROR,
    message="the next sync would be a full one, which throws away what was done on other devices",
    why="A change of the collection's schema makes Anki ask which side to keep whole.",
    mend="Leave fields and card templates of the note types as they are.",
)

CARD_MOVED = Rule(
    code="DB818",
    name="card-moved",
    severity=ERROR,
    message="{count} cards would leave the deck that the learner put them in: {which}",
    why="Where a card lies is for its learner to say.",
    mend="Do not publish this package; an import that moves cards is none of Anki's.",
)

COLLECTION_UNSOUND = Rule(
    code="DB819",
    name="collection-unsound",
    severity=ERROR,
    message="Anki finds the collection unsound after the import: {problem}",
    why="Learners would be told that their collection is damaged.",
    mend="Do not publish this package.",
)

MEDIA_MISSING = Rule(
    code="DB820",
    name="media-missing",
    severity=ERROR,
    message="{count} pictures that cards show would be missing: {which}",
    why="Cards would show an empty frame in place of the picture.",
    mend="Build the package again.",
)

UPDATE_LATE = Rule(
    code="DB829",
    name="update-late",
    severity=WARNING,
    message="{count} changed notes would not reach learners who imported or edited them just before: {which}",
    why="These notes are stamped with the time of a build; what a learner did after that moment seems newer to Anki.",
    mend="Publish with `deckbuilder release`, which stamps what changed with the time of the release.",
)

HISTORY_SHIFTED = Rule(
    code="DB835",
    name="history-shifted",
    severity=ERROR,
    message="{count} of {all} histories would be on another question: {which}",
    why="The question and the answer of these notes both changed beyond recognition, or moved to another note. A learner's reviews of one question would count for another one.",
    mend="Check these notes in `deckbuilder diff OLD.apkg NEW.apkg`. If a question is still the same note, say so with `deckbuilder resolve --same KEY=FILE:LINE`, or give it `id: KEY`, and build again; otherwise restore deck.lock.",
)

NOTHING_PROVED = Rule(
    code="DB839",
    name="nothing-proved",
    severity=ERROR,
    message="nothing was proved: learners have no card of this deck with a history",
    why="Without a single history there is none to lose, and the proof would pass whatever the package does.",
    mend="Check that the package has notes, and that --previous names the release that learners have.",
)

PACKAGE_TOO_LARGE = Rule(
    code="DB840",
    name="package-too-large",
    severity=ERROR,
    message="this package is too large to import here: {what}; the limit `{limit}` is {most}",
    why="A package from a stranger must not fill the disk or the memory of the machine that checks it.",
    mend='If you trust the package, raise the limit for this command: `DECKBUILDER_LIMITS="LIMIT=NUMBER" deckbuilder verify …` (docs/limits.md).',
)

PROOF_TOO_LONG = Rule(
    code="DB841",
    name="proof-too-long",
    severity=ERROR,
    message="the proof was stopped after {seconds} seconds",
    why="A package can make Anki work without end; a check that never ends would block CI.",
    mend='If the deck is that large, allow more time: `DECKBUILDER_LIMITS="verify-seconds=NUMBER" deckbuilder verify …` (docs/limits.md).',
)

NOT_AN_UPDATE = Rule(
    code="DB830",
    name="not-an-update",
    severity=ERROR,
    message="this package has none of the notes that learners have from the previous one",
    why="It is another deck, or every GUID and every key changed; either way nothing would be updated and nothing was proved.",
    mend="Name the release that learners have with --previous; if it is that one, restore deck.lock.",
)

NO_COLLECTION = Rule(
    code="DB821",
    name="no-collection",
    severity=ERROR,
    message="no Anki collection: {problem}",
    why="A push goes into the collection of one profile of Anki.",
    mend="Name a profile with --profile, or the file collection.anki2 with --collection.",
)

COLLECTION_IN_USE = Rule(
    code="DB822",
    name="collection-in-use",
    severity=ERROR,
    message="the collection is in use",
    why="Two programs that write to one collection destroy it, so Anki locks it; nothing was touched.",
    mend="Close Anki, and push again.",
)

COLLECTION_NEWER = Rule(
    code="DB823",
    name="collection-newer",
    severity=ERROR,
    message="the collection is of a newer Anki than the installed library ({problem}); nothing was touched",
    why="Writing into a form that is not known would damage it.",
    mend="Run `pip install --upgrade anki`.",
)

COLLECTION_DAMAGED = Rule(
    code="DB824",
    name="collection-damaged",
    severity=ERROR,
    message="the collection is damaged ({problem}); nothing was touched",
    why="Writing into a damaged collection makes it worse.",
    mend="Open it in Anki and choose Tools → Check Database, or restore a backup.",
)

COLLECTION_OLDER = Rule(
    code="DB825",
    name="collection-older",
    severity=ERROR,
    message="the collection is of an older Anki (form {found}; the library writes {known}); nothing was touched",
    why="Writing would change the collection's form, and the Anki that it belongs to could not open it any more.",
    mend="Open it once in a current Anki, or install the library of your Anki: `pip install anki==…`.",
)

COLLECTION_UNWRITABLE = Rule(
    code="DB826",
    name="collection-unwritable",
    severity=ERROR,
    message="cannot be read or written: {problem}",
    why="Nothing was changed: a push arrives whole or not at all.",
    mend="Give permission, or make room on the disk, and try again.",
)

PUSH_HARMFUL = Rule(
    code="DB827",
    name="push-harmful",
    severity=ERROR,
    message="stopped before anything was written: {problem}",
    why="A push is tried on a copy first; here the copy lost something of the learner's, or would need a full sync.",
    mend="Please report this with the message; an import in Anki remains possible.",
)

PUSH_CONFLICT = Rule(
    code="DB828",
    name="push-conflict",
    severity=WARNING,
    message="{count} notes have another note type here and were left as they are: {which}",
    why="A note whose note type was changed by hand has no place for our fields.",
    mend="Change these notes back to the deck's note type (Browse → Notes → Change Note Type), and push again.",
)


_LONG = (
    "Warmup raises the learning rate from nearly zero to its full size over the first steps of training. "
    "Early gradients come from weights that were drawn at random, so they point in directions that change"
    " quickly, and a large step along one of them can push activations into ranges from which training "
    "recovers slowly. Adam adds a reason of its own: its running averages of squared gradients rest on "
    "few samples at first, so the sizes of its steps vary a great deal. With small steps the averages "
    "settle before they matter. Later the loss surface is smoother, and the same rate that would have "
    "done harm at the start is safe. Models that normalise before each block need less of it, because "
    "their gradients are better scaled from the first step on. Very large batches need more, since their "
    "rates are larger."
)
"""An answer of more words than anybody recalls whole."""

LONG_ANSWER = Rule(
    code="DB701",
    name="long-answer",
    severity=WARNING,
    message="an answer of {words} words, and no key points to grade oneself by",
    why="Of a long answer a learner recalls a part and cannot tell whether that was enough; both the grade and the interval become guesses.",
    mend="Add `**Key points**` with a short list, split the question, or put what is good to know into `<details>`.",
    example=Example(
        _LONG,
        _LONG
        + "\n\n**Key points**\n\n- early gradients are erratic\n- Adam's averages rest on few samples\n- later steps are safe",
    ),
)

SEVERAL_QUESTIONS = Rule(
    code="DB702",
    name="several-questions",
    severity=WARNING,
    message="{count} questions in one",
    why="A learner who knows one half and not the other can give no honest grade, and forgets each half at its own pace.",
    mend="Make a question of each; or word one that has a single answer.",
    example=Example(
        "1) What is a norm? Why does the L1 norm give sparse weights?\n\n    A length.",
        "1) Why does a penalty on the L1 norm give sparse weights?\n\n    Its ball has corners on the axes.",
    ),
)

LONG_LIST = Rule(
    code="DB703",
    name="long-list",
    severity=WARNING,
    message="a list of {count} {kind} to recall",
    why="Sets are the hardest thing to remember: more than five steps, or three things in no order, are rarely recalled whole.",
    mend="Ask for each separately, group them, or make them `**Key points**` to check oneself by.",
    example=Example("- red\n- green\n- blue\n- black", "- red\n- green\n- blue"),
)

NOT_ALONE = Rule(
    code="DB704",
    name="not-alone",
    severity=WARNING,
    message="`{phrase}` points to something that is not on this card",
    why="In Anki a card is met alone and in any order: there is no question before it and nothing above.",
    mend="Say what is meant.",
    example=Example(
        "1) For that same network, what is the gradient?\n\n    Zero.",
        "1) For a network with one ReLU unit that is never active, what is the gradient?\n\n    Zero.",
    ),
)

YES_NO = Rule(
    code="DB705",
    name="yes-no",
    severity=WARNING,
    message="a question that yes or no answers",
    why="It is right half the time by guessing, and what is remembered is a word instead of a reason.",
    mend="Ask why, when or how.",
    example=Example(
        "1) Is the softmax invariant to a constant added to all logits?\n\n    Yes.",
        "1) Why does a constant added to all logits leave the softmax as it is?\n\n    It cancels.",
    ),
)

NO_ANGLE = Rule(
    code="DB706",
    name="no-angle",
    severity=WARNING,
    message="`{verb} …` does not say what is to be known",
    why="Anything about the subject would be an answer, so a learner cannot know whether theirs is the one meant.",
    mend="Ask for one thing: how it works, why it is needed, what it costs, how it differs from something.",
    example=Example(
        "1) Explain dropout.\n\n    It switches units off at random.",
        "1) How does dropout keep units from relying on one another?\n\n    It switches units off at random.",
    ),
)

GIVEN_AWAY = Rule(
    code="DB707",
    name="answer-given-away",
    severity=WARNING,
    message="the answer says nothing that the question does not say already",
    why="Whoever reads the question has read the answer: the card is right every time and teaches nothing.",
    mend="Take the answer's words out of the question, or ask for the reason.",
    example=Example(
        "1) What is the learning rate that gradient descent multiplies each gradient by?\n\n    The learning rate of gradient descent.",
        "1) What does gradient descent multiply each gradient by?\n\n    The learning rate.",
    ),
)

LONG_CODE = Rule(
    code="DB708",
    name="long-code",
    severity=WARNING,
    message="{lines} lines of code in an answer that is no implementation",
    why="Nobody recalls so much code on a card that asks for something else, and on a phone it pushes the answer away.",
    mend="Cut it down to the lines that matter, put it into `<details>`, or make it a question of kind `implementation`.",
    example=Example(
        "```python\nimport math\n\ndef softmax(logits):\n    largest = max(logits)\n    powers = []\n    for logit in logits:\n"
        "        powers.append(math.exp(logit - largest))\n    total = 0.0\n    for power in powers:\n        total += power\n"
        "    shares = []\n    for power in powers:\n        shares.append(power / total)\n    return shares\n\n"
        "print(softmax([1.0, 2.0]))\nprint(softmax([1e3, 2e3]))\n```",
        "```python\ndef softmax(logits):\n    powers = np.exp(logits - logits.max())\n    return powers / powers.sum()\n```",
    ),
)

NEAR_DUPLICATE = Rule(
    code="DB709",
    name="near-duplicate",
    severity=WARNING,
    message="nearly the same question as another one",
    why="Two cards with one answer cost twice the reviews, and each reminds of the other.",
    mend="Delete one, or word them so that each asks for what the other does not.",
    example=Example(
        "1) Why is the sigmoid used in the output layer?\n\n    For probabilities.\n\n"
        "2) Why is the sigmoid used in the last output layer?\n\n    Its range is (0, 1).",
        "1) Why is the sigmoid used in the output layer?\n\n    For probabilities.\n\n"
        "2) Why is the sigmoid rarely used in hidden layers?\n\n    Its slope vanishes.",
    ),
)

PLACEHOLDER = Rule(
    code="DB710",
    name="placeholder",
    severity=WARNING,
    message="`{answer}` is a placeholder, not an answer",
    why="The card would be shipped, and learned.",
    mend="Write the answer, or delete it: a question without one is left out of the deck.",
    example=Example("Test", "It is the slope of the tangent."),
)

WAIVER_IDLE = Rule(
    code="DB790",
    name="waiver-idle",
    severity=WARNING,
    message="nothing here is `{code}` any more",
    why="A waiver that waives nothing would let the next finding of its kind pass unseen.",
    mend="Delete it.",
    example=Example("A length.\n\n<!-- lint: {DB703: the four are always met together} -->", "A length."),
)

WAIVER_REFUSED = Rule(
    code="DB791",
    name="waiver-refused",
    severity=ERROR,
    message="`{code}` cannot be silenced: {problem}",
    why="What would break a card or cost a learner's history must never pass unseen.",
    mend="Mend what was found instead, or name the code that is meant.",
    example=Example("A length.\n\n<!-- lint: {DB420: it looks fine to me} -->", "A length."),
)

WAIVER_WITHOUT_REASON = Rule(
    code="DB792",
    name="waiver-without-reason",
    severity=ERROR,
    message="`{code}` is silenced without a reason",
    why="Whoever comes after needs to know whether the reason still holds.",
    mend="Write why the finding may stand.",
    help="write `{code}: why it may stand`",
    example=Example(
        "- red\n- green\n- blue\n- black\n\n<!-- lint: {DB703: } -->",
        "- red\n- green\n- blue\n- black\n\n<!-- lint: {DB703: the inks are always named together} -->",
    ),
)

WAIVER_NOT_COUNTED = Rule(
    code="DB793",
    name="waiver-not-counted",
    severity=NOTE,
    message="under --strict this waiver of `{code}` does not count",
    why="`--strict` guards against what a stranger writes, so the text that it checks cannot switch it off for safety findings: remote pictures, removed HTML, macros that outlive their card.",
    mend="Look at what it waives. If it is harmless, allow it from outside the deck.",
    help="if it is harmless, run with `--allow {code}`, or name it in a file outside the deck: `--waivers FILE`",
)

WAIVERS_INSIDE = Rule(
    code="DB794",
    name="waivers-inside-the-deck",
    severity=ERROR,
    message="the file of waivers `{path}` is inside the deck's folder",
    why="A pull request could change it together with what it waives.",
    mend="Keep the file outside the deck's folder, where only maintainers change it.",
)

NEVER_SILENT = frozenset({
    RECOGNISED_EDIT, KEY_RENAMED, REVIVED, RETIRED, DECK_RENAMED, HTML_REMOVED, WAIVER_IDLE,
    NOTHING_TO_RELEASE, PUSH_CONFLICT, UPDATE_LATE,
})  # fmt: skip
"""No errors, and yet to be seen every time: what becomes of learners' history, unsafe HTML, waivers themselves."""


SAFETY = frozenset({HTML_REMOVED, PICTURE_REMOTE, TEX_DEFINITION})
"""Warnings about what a stranger's text does to others; under --strict the text itself cannot waive them."""


@cache
def catalogue() -> Mapping[str, Rule]:
    """Return every rule by its code, in order."""
    found = [value for value in globals().values() if isinstance(value, Rule)]
    return {rule.code: rule for rule in sorted(found, key=lambda rule: rule.code)}
