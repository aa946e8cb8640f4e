"""A difference as text, JSON and Markdown."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import cmarkgfm
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from deckbuilder.diff.advice import advice
from deckbuilder.diff.as_json import json_diff
from deckbuilder.diff.compare import DeckDiff, NoteChange, NoteRef, compare
from deckbuilder.diff.fields import FieldChange, field_change
from deckbuilder.diff.markdown import code, markdown_diff
from deckbuilder.diff.states import state_of_plan
from deckbuilder.diff.telling import Compared
from deckbuilder.diff.text import text_diff
from deckbuilder.reporters import no_style
from tests.support.plans import note, note_type, package

COMPARED = Compared("old.apkg", "new.apkg")
EMPTY = DeckDiff("T", (), (), (), (), (), (), 3, (), (), "")


def ref(question: str, key: str = "k", topic: str = "A › B") -> NoteRef:
    return NoteRef(key, f"guid-{key}", question, topic, "T::A", "concept")


def everything(text: str = "What is $x_1$?") -> DeckDiff:
    """Return a difference in which something of every sort happens, each word of the deck being `text`."""
    field = field_change("Answer", f"{text} <p>old words</p>", f"{text} <p>new words</p>")
    whole = FieldChange("Variants", summary="2 of 13 variants changed")
    moved = NoteChange(ref(text, "m"), topic=(text, f"{text}!"), tags_gone=(text,), tags_come=(f"{text}2",))
    return DeckDiff(
        deck=text or "T",
        new=(ref(text, "n", text or "-"),),
        changed=(
            NoteChange(ref(text, "e"), edited=True, fields=(field, whole), kind=("concept", "drill")),
            NoteChange(ref(text, "l"), edited=True),
            moved,
            replace(moved, note=ref(text, "m2")),
        ),
        retired=(ref(text, "r", text or "-"),),
        revived=(ref(text, "v", ""),),
        at_risk=(ref(text, "q"),),
        reordered=tuple(ref(text, f"o{number}") for number in range(12)),
        unchanged=5,
        restyled=("Concept (T)",),
        refusals=(),
        search=f'"note:* ({text})" "Key:re:(?-i)^(r)$"',
        rebuilt=(ref(text, "b"),),
        refreshed=(ref(text, "f"),),
    )


def test_the_report_for_a_terminal() -> None:
    """If this failed, an author would miss what changes, or read it in the wrong place."""
    assert text_diff(everything(), COMPARED, no_style, coloured=False) == """\
What is $x_1$?: 1 new, 2 edited, 2 moved, 1 kind changed, 1 retired, 1 revived, 1 at risk, 12 reordered, \
2 changed by deckbuilder, 5 unchanged, a new look
(old.apkg → new.apkg)

at risk
  ? What is $x_1$?  [q]

new
  + What is $x_1$?  [n]

changed
  ~ What is $x_1$?  [e]
      Answer:
        What is $x_1$?
        [-old-]{+new+} words
      Variants: 2 of 13 variants changed
      kind: concept → drill
  ~ What is $x_1$?  [l]
      edited; what it said before is not at hand

moved
  ~ What is $x_1$?  [m]
  ~ What is $x_1$?  [m2]
      section: What is $x_1$? → What is $x_1$?!
      tags: -What is $x_1$? +What is $x_1$?2

retired
  - What is $x_1$?  [r]

back
  + What is $x_1$?  [v]

order
""" + "".join(f"  ↕ What is $x_1$?  [o{number}]\n" for number in range(10)) + """\
    and 2 more

changed by deckbuilder, which an import leaves as they are
  · What is $x_1$?  [b]

changed by deckbuilder, and stamped
  ~ What is $x_1$?  [f]

look
  ~ the templates or style of Concept (T)

for learners
  Import the new package over the old one, at Anki's own settings. Your history stays.
  Your own edits and tags on the 5 changed notes are replaced; those on all other notes stay.
  Cards whose section changed stay in the deck where you have them.
  Cards that are back bring their history with them, if you kept them.
  The look of the cards changes. If you have a style of your own, keep a copy and paste it back.
  A card was withdrawn. It stays until you delete it.
  This search in Anki's browser finds what was withdrawn: "note:* (What is $x_1$?)" "Key:re:(?-i)^(r)$\""""  # fmt: skip


def test_colours_stand_for_the_marks() -> None:
    """If this failed, a coloured diff would be full of brackets, or a plain one lose what they say."""
    shown = text_diff(everything("x"), COMPARED, lambda text, colour: f"<{colour}>{text}</>", coloured=True)
    assert "<red>old</><green>new</> words" in shown
    assert "[-" not in shown


def test_long_answers_are_shown_around_their_changes() -> None:
    """If this failed, one changed word would fill the terminal with the whole answer."""
    words = " ".join(f"word{number}" for number in range(100))
    field = field_change("Answer", f"<p>{words} old {words}</p>", f"<p>{words} new {words}</p>")
    diff = replace(EMPTY, changed=(NoteChange(ref("Q?"), edited=True, fields=(field,)),))
    (line,) = [line for line in text_diff(diff, COMPARED, no_style, coloured=False).split("\n") if "Answer" in line]
    assert line == (
        "      Answer: … word93 word94 word95 word96 word97 word98 word99 [-old-]{+new+} "
        "word0 word1 word2 word3 word4 word5 word6 …"
    )


def test_the_json_is_a_contract() -> None:
    """If this failed, every program that reads the report would break."""
    report = json.loads(json_diff(everything("x"), COMPARED, [{"code": "DB119"}]))
    assert list(report) == [
        "old", "new", "deck", "changed", "counts", "new_notes", "changed_notes", "retired_notes", "revived_notes",
        "notes_at_risk", "reordered_notes", "rebuilt_notes", "refreshed_notes", "restyled_note_types", "refusals",
        "for_learners", "search", "diagnostics",
    ]  # fmt: skip
    assert report["counts"] == {
        "new": 1, "edited": 2, "moved": 2, "kind_changed": 1, "retired": 1, "revived": 1, "at_risk": 1, "reordered": 12,
        "changed_by_deckbuilder": 2, "unchanged": 5,
    }  # fmt: skip
    (new,) = report["new_notes"]
    assert list(new) == ["key", "guid", "kind", "deck", "topic", "question"]
    edited, _, moved, _ = report["changed_notes"]
    assert list(edited) == [*new, "edited", "fields", "section", "moved_deck", "changed_kind", "tags"]
    assert edited["fields"] == [
        {
            "field": "Answer",
            "summary": None,
            "words": [["same", "x\n"], ["gone", "old"], ["come", "new"], ["same", " words\n"]],
        },
        {"field": "Variants", "summary": "2 of 13 variants changed", "words": []},
    ]
    assert edited["changed_kind"] == {"old": "concept", "new": "drill"}
    assert (moved["section"], moved["tags"]) == ({"old": "x", "new": "x!"}, {"gone": ["x"], "come": ["x2"]})


def test_the_json_of_what_cannot_be_compared_has_the_same_form() -> None:
    """If this failed, a program would stumble just when something is wrong."""
    report = json.loads(json_diff(None, COMPARED, []))
    assert list(report) == list(json.loads(json_diff(EMPTY, COMPARED, [])))
    assert (report["deck"], report["changed"], report["counts"]) == (None, False, {})


# ── Markdown ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Outside(HTMLParser):
    """Gathers the text that is not code, and the elements that are there."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: set[str] = set()
        self._code = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag == "code"
        self.elements.add(tag)

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.text += "" if self._code else data


NASTY = [
    "@octocat and @org/team",
    "closes #12, fixes octo/repo#3, GH-4",
    "https://github.com/a/b/issues/1",
    "www.example.com",
    "<script>alert(1)</script><img src=x onerror=y>",
    "<!-- comment",
    "![x](https://example.com/beacon.png)",
    "[a](b)",
    "`@octocat`",
    "``` @octocat",
    "```\n@octocat\n```",
    "$`@octocat`$",
    "````",
    "`",
    " ` ",
    "```` a ``` b",
    "~~~",
    "# x",
    "- @octocat",
    "> [!NOTE]",
    "| a |",
    ":tada:",
    "&#64;octocat",
    "\\`@octocat",
    "\u202egnp",
    "a\nb\n\n# c",
    "",
    " ",
    "\r\n- x",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
]
CALM = _Outside(cmarkgfm.github_flavored_markdown_to_html(markdown_diff(everything("QQQ"))))


def assert_harmless(text: str) -> None:
    """Whatever the text, nothing of it stands outside code: GitHub sees the same page around it as for a plain word."""
    page = _Outside(cmarkgfm.github_flavored_markdown_to_html(markdown_diff(everything(text))))
    assert page.elements == CALM.elements
    assert " ".join(page.text.split()) == " ".join(CALM.text.split())


@pytest.mark.parametrize("text", NASTY)
def test_no_text_acts_on_a_pull_request(text: str) -> None:
    """If this failed, a stranger's question could notify people, close issues or load pictures from a bot's comment."""
    assert_harmless(text)


@example("<![")
@given(st.text(alphabet=st.sampled_from(list("`~@#<>&\\-*_[]()!$|:\n\r\t \u2028ab1")), max_size=40))
def test_no_text_at_all_gets_out_of_the_code(text: str) -> None:
    """If this failed, there would be a way out that nobody thought of."""
    assert_harmless(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a b", "`a b`"),
        ("a `b` c", "``a `b` c``"),
        ("`b`", "`` `b` ``"),
        ("a\nb", "`a b`"),
        ("", "`–`"),
        ("a``b", "```a``b```"),
    ],
)
def test_a_line_as_code(text: str, told: str) -> None:
    """If this failed, the text of a question would lose its own backticks."""
    assert code(text) == told


def test_the_markdown_reads_well() -> None:
    """If this failed, release notes would have to be mended by hand."""
    field = field_change("Answer", "<p>One.</p><p>An old line.</p>", "<p>One.</p><p>A new line.</p>")
    diff = replace(
        EMPTY,
        new=(ref("What is new?"),),
        changed=(NoteChange(ref("What is edited?"), edited=True, fields=(field,)),),
        retired=(ref("What is gone?"),),
        search='"note:* (T)" "Key:re:(?-i)^(k)$"',
    )
    assert (
        markdown_diff(diff, stopped=True)
        == """\
## `T`: 1 new, 1 edited, 1 retired, 3 unchanged

> [!CAUTION]
> - A build would stop at errors. What could not be read counts as retired.

### New

- `What is new?` in `A › B`

### Changed

- `What is edited?`
  - `Answer`:

    ```diff
    - An old line.
    + A new line.
    ```


### Retired

- `What is gone?` in `A › B`

### For learners

- Import the new package over the old one, at Anki's own settings. Your history stays.
- Your own edits and tags on the changed note are replaced; those on all other notes stay.
- A card was withdrawn. It stays until you delete it.
- Search for what was withdrawn, in Anki's browser:

  ```
  "note:* (T)" "Key:re:(?-i)^(k)$"
  ```
"""
    )


def test_long_lines_are_shown_around_their_difference() -> None:
    """If this failed, one changed word in a long paragraph could not be found in a pull request."""
    far = "x " * 500
    field = field_change("Answer", f"{far}old {far}", f"{far}new {far}")
    shown = markdown_diff(replace(EMPTY, changed=(NoteChange(ref("Q?"), edited=True, fields=(field,)),)))
    gone, come = (line.strip() for line in shown.split("\n") if re.match(r" +[-+] …", line))
    assert gone.startswith("- …") and gone.endswith("…") and len(gone) < 200
    assert gone.replace("old", "new").replace("- ", "+ ", 1) == come


# ── what a learner must do ──────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_changed_asks_nothing() -> None:
    """If this failed, learners would import a release for nothing."""
    assert advice(EMPTY) == ("Nothing: an import would change nothing that you have.",)
    assert text_diff(EMPTY, COMPARED, no_style, coloured=False) == "T: no difference (old.apkg → new.apkg)"


def test_a_restyled_note_type_is_told() -> None:
    """If this failed, a learner's own style would be replaced without a word."""
    old, new = package(note("a")), package(note("a"), note_types=(note_type(css=".card { color: red }"),))
    diff = compare(state_of_plan(old), state_of_plan(new))
    assert (diff.restyled, diff.refusals, diff.unchanged) == (("Concept",), (), 1)
    assert any("look of the cards" in sentence for sentence in advice(diff))


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (note_type(fields=("Key", "Question", "Hints", "Answer", "Remarks", "Added")), "the fields or the card"),
        (replace(note_type(), template_name="Other"), "the fields or the card"),
        (replace(note_type(), id=5), "the note type of `a` differs"),
    ],
)  # fmt: skip
def test_what_anki_would_refuse_is_seen(kind: object, problem: str) -> None:
    """If this failed, a release could cut every learner off from all later ones."""
    old = package(note("a"))
    new = package(note("a", note_type=kind), note_types=(kind,))  # type: ignore[arg-type]
    diff = compare(state_of_plan(old), state_of_plan(new))
    (told,) = diff.refusals
    assert told.startswith(problem)
    assert advice(diff) == ("Do not import this update: Anki would refuse part of it, or ask for a full sync.",)
    assert "Anki would not bring this over" in markdown_diff(diff)


def test_nothing_of_a_package_reaches_the_terminal_raw() -> None:
    """If this failed, a stranger's package could write over what the terminal shows."""
    evil = "\x1b]0;pwned\x07\u202e"
    names = ("Key", "Question", "Hints", f"@octocat{evil}")
    kinds = [note_type(f"Concept (T{evil})", css=css, fields=names) for css in ("a", "b")]
    old, new = (
        package(
            *(
                note(f"{key}{evil}", f"Q{evil}", tags=(f"{tag}{evil}",), note_type=kind, **{names[3].lower(): tag})
                for key in keys
            ),
            note_types=(kind,),
        )
        for kind, keys, tag in ((kinds[0], "ab", "x"), (kinds[1], "bc", "y"))
    )
    diff = compare(state_of_plan(old), state_of_plan(new))
    assert diff.new and diff.changed and diff.retired and diff.restyled
    for report in (text_diff(diff, COMPARED, no_style, coloured=False), markdown_diff(diff)):
        assert not set("\x1b\x07\u202e") & set(report)
    page = _Outside(cmarkgfm.github_flavored_markdown_to_html(markdown_diff(diff)))
    assert "octocat" in markdown_diff(diff)
    assert "octocat" not in page.text
