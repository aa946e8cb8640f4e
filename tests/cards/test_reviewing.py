"""Cards in a row of reviews: what they let one do, and that none leaves anything behind for the next."""

from __future__ import annotations

import re
from itertools import cycle, islice, product

import pytest

from deckbuilder.kinds.templates import load_templates
from tests.cards.client import ANDROID, CLIENTS, DESKTOP, KINDS, WEB, Client
from tests.cards.conftest import Open
from tests.cards.samples import CONCEPT, DERIVATION, DRILL, SAMPLES, note, points, steps

FOREIGN = "<p>A card of another deck.</p><details><summary>more</summary><p>text</p></details>"

# What a card could leave behind: globals, elements outside the card's place, listeners that answer a key twice.
TRACES = """
() => ({
  globals: Object.keys(window).sort().join(' '),
  body: document.body.children.length,
  classes: document.documentElement.className + '|' + document.body.className,
  styled: document.body.getAttribute('style') || '',
})
"""


def opened_hints(page: object) -> int:
    return page.locator(".db-hint[open]").count()


@pytest.mark.parametrize(("client", "mathjax"), [(DESKTOP, True), (WEB, False)], ids=["desktop", "web"])
def test_fifty_cards_leave_nothing_behind(reviewer: Open, client: Client, mathjax: bool) -> None:
    """The desktop keeps one page for a whole session: what a card leaves there makes the fiftieth slow or strange."""
    opened = reviewer(client, mathjax=mathjax)
    page = opened.show(DRILL, "front")
    before = page.evaluate(TRACES)
    for sample in islice(cycle(SAMPLES.values()), 50):
        page = opened.show(sample, "front")
        page.keyboard.press("n")
        page = opened.show(sample, "back")
        page.keyboard.press("n")
    page = opened.show(DRILL, "front")
    assert page.evaluate(TRACES) == before
    page = opened.show(CONCEPT, "front")
    page.keyboard.press("n")
    assert opened_hints(page) == 1  # a listener a card would open one hint each
    assert opened.faults() == []


def test_another_decks_card_is_left_alone(reviewer: Open) -> None:
    """Our key must do nothing on a card that isn't ours, though our listener is still on the page."""
    opened = reviewer(DESKTOP, mathjax=False)
    opened.show(CONCEPT, "front")
    page = opened.put(FOREIGN)
    page.keyboard.press("n")
    assert page.locator("details[open]").count() == 0
    assert opened.faults() == []


def test_an_older_release_on_the_same_page_is_put_in_its_place(reviewer: Open) -> None:
    """Two decks of different releases meet on one page: the key must answer once, by the newest script."""
    opened = reviewer(DESKTOP, mathjax=False)
    opened.show(CONCEPT, "front")
    page = opened.page
    page.evaluate(
        "() => { const old = deckbuilder.pressed; document.removeEventListener('keydown', old);"
        " deckbuilder.pressed = event => { window.oldOnes = (window.oldOnes || 0) + 1; old(event); };"
        " document.addEventListener('keydown', deckbuilder.pressed); }"
    )
    page = opened.show(CONCEPT, "front")
    page.keyboard.press("n")
    assert page.evaluate("window.oldOnes || 0") == 0
    assert opened_hints(page) == 1


@pytest.mark.parametrize("client", CLIENTS, ids=[client.name for client in CLIENTS])
def test_hints_come_one_at_a_time(reviewer: Open, client: Client) -> None:
    """All hints at once give the answer away."""
    page = reviewer(client, mathjax=False).show(CONCEPT, "front")
    shown = page.locator(".db-hint:visible > summary")
    assert shown.all_inner_texts() == ["Hint 1 of 3"]
    shown.first.click()
    assert shown.all_inner_texts() == ["Hint 1 of 3", "Hint 2 of 3"]
    page.keyboard.press("n")
    assert shown.all_inner_texts() == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3"]
    assert page.locator(".db-hint-body:visible").count() == 2
    shown.first.click()
    assert shown.all_inner_texts()[:2] == ["Hint 1 of 3", "Hint 2 of 3"]  # closing one does not take back the next


def test_key_points_are_ticked_and_counted(reviewer: Open) -> None:
    """The checklist is there to grade oneself by: it must say how many one had."""
    page = reviewer(DESKTOP, mathjax=False).show(CONCEPT, "back")
    count = page.locator(".db-count")
    assert count.inner_text() == "0 of 4"
    page.locator(".db-point-words").nth(0).click()
    page.locator(".db-tick").nth(1).click()
    page.locator(".db-tick").nth(2).focus()
    page.keyboard.press("Space")
    assert count.inner_text() == "3 of 4"
    page.locator(".db-point-words").nth(0).click()
    assert count.inner_text() == "2 of 4"


def test_a_link_in_a_key_point_is_no_tick(reviewer: Open) -> None:
    """Who follows a link has not said to have known the point."""
    page = reviewer(DESKTOP, mathjax=False).show(CONCEPT, "back")
    page.evaluate("document.querySelector('.db-points a').addEventListener('click', event => event.preventDefault())")
    page.locator(".db-points a").click()
    assert page.locator(".db-count").inner_text() == "0 of 4"


def test_key_points_say_what_they_are_to_a_screen_reader(reviewer: Open) -> None:
    """A box without a name is read out as "checkbox", four times."""
    page = reviewer(DESKTOP, mathjax=False).show(
        note(question="?", key_points=points("first", "<b>second</b>")), "back"
    )
    assert page.get_by_role("checkbox", name="first").count() == 1
    assert page.get_by_role("checkbox", name="second").count() == 1


@pytest.mark.parametrize("client", [DESKTOP, ANDROID], ids=["desktop", "android"])
def test_steps_one_by_one_or_all(reviewer: Open, client: Client) -> None:
    """A derivation is learned by asking oneself for the next step before it is shown."""
    opened = reviewer(client, mathjax=False)
    page = opened.show(DERIVATION, "back")
    bodies = page.locator(".db-step-body:visible")
    assert bodies.count() == 0
    assert page.locator(".db-step-title:visible").count() == 4
    page.get_by_role("button", name="Next step").click()
    assert bodies.count() == 1
    page.keyboard.press("n")
    assert bodies.count() == 2
    page.locator(".db-step summary").first.click()
    assert bodies.count() == 1
    page.get_by_role("button", name="Next step").click()  # the first one that is closed
    assert page.locator(".db-step details").first.get_attribute("open") is not None
    page.get_by_role("button", name="All steps").click()
    assert bodies.count() == 3
    assert page.locator(".db-controls:visible").count() == 0
    page = opened.show(DERIVATION, "back")
    assert page.locator(".db-step-body:visible").count() == 0


def test_the_buttons_go_when_the_last_step_was_opened_by_hand(reviewer: Open) -> None:
    """A button that does nothing makes one doubt the card."""
    page = reviewer(DESKTOP, mathjax=False).show(DERIVATION, "back")
    for summary in page.locator(".db-step summary").all():
        summary.click()
    page.locator(".db-controls").wait_for(state="hidden")


def test_a_step_without_a_title_is_told_by_its_number(reviewer: Open) -> None:
    """An empty line to press would leave one wondering what it is."""
    page = reviewer(DESKTOP, mathjax=False).show(
        note(question="?", steps=steps(("", "<p>a</p>"), ("", "<p>b</p>"))), "back"
    )
    said = page.locator(".db-step-title").nth(1).evaluate("one => getComputedStyle(one, '::before').content")
    assert said.startswith('"Step "')


def test_the_step_just_opened_is_in_sight(reviewer: Open) -> None:
    """A step that opens below the fold, or behind the buttons, seems not to open at all."""
    page = reviewer(DESKTOP, height=520, mathjax=False).show(DERIVATION, "back")
    for number in range(3):
        page.keyboard.press("n")
        page.wait_for_timeout(50)
        body = page.locator(".db-step-body").nth(number).bounding_box()
        bar = page.locator(".db-controls").bounding_box()
        lowest = bar["y"] if bar else 520
        assert body["y"] + body["height"] <= lowest + 1, number


def test_all_that_can_be_pressed_is_reached_by_tab(reviewer: Open) -> None:
    """Who cannot use a mouse would be shut out of hints, steps and drills."""
    opened = reviewer(DESKTOP, mathjax=False)
    for name, side in product(("concept", "derivation", "drill", "implementation"), ("front", "back")):
        page = opened.show(SAMPLES[name], side)
        page.evaluate("() => { document.body.tabIndex = -1; document.body.focus(); }")
        pressable = ", ".join(f".db-card {tag}:visible" for tag in ("summary", "button", "input", "a"))
        wanted = page.locator(pressable).count()
        ringed = 0
        for _ in range(wanted + 6):  # what scrolls can be reached too
            page.keyboard.press("Tab")
            ringed += page.evaluate(
                "() => { const one = document.activeElement, seen = one.dataset.seen; one.dataset.seen = 'yes';"
                " return !seen && one.matches('.db-card :is(summary, button, input, a)')"
                " && getComputedStyle(one).outlineStyle === 'solid'; }"
            )
        assert ringed == wanted > 0, f"{name} {side}"


def test_ankis_own_keys_stay_ankis(reviewer: Open) -> None:
    """A card that swallows the space bar or a digit breaks the rhythm of every review."""
    opened = reviewer(WEB, mathjax=False)
    for name, side in (("concept", "front"), ("derivation", "back"), ("drill", "back")):
        page = opened.show(SAMPLES[name], side)
        page.evaluate(
            "() => { window.kept = [];"
            " window.onkeydown = event => { if (!event.defaultPrevented) kept.push(event.key); }; }"
        )
        for key in (" ", "Enter", "1", "2", "3", "4", "e", "r", "Escape"):
            page.keyboard.press(key)
        assert page.evaluate("kept") == [" ", "Enter", "1", "2", "3", "4", "e", "r", "Escape"]
        for modifier in ("Control", "Alt", "Meta"):
            page.keyboard.press(f"{modifier}+n")
        assert page.locator("details[open], .db-practising").count() == 0


def test_space_opens_what_has_the_focus(reviewer: Open) -> None:
    """Where the client leaves the space bar to the card, it must open what one has tabbed to."""
    page = reviewer(WEB, mathjax=False).show(DERIVATION, "back")
    page.locator(".db-step summary").first.focus()
    page.keyboard.press("Space")
    assert page.locator(".db-step-body:visible").count() == 1


def test_what_is_typed_is_no_grade(reviewer: Open) -> None:
    """On AnkiWeb the digit 1 means "again": typing an answer must not grade the card."""
    page = reviewer(WEB, mathjax=False).show(DRILL, "front")
    page.evaluate(
        "() => { window.heard = [];"
        " document.onkeydown = document.onkeyup = document.onkeypress = event => heard.push(event.key); }"
    )
    page.locator(".db-input").first.click()
    page.keyboard.type("1 n")
    assert page.evaluate("heard") == []
    assert page.locator(".db-input").first.input_value() == "1 n"
    assert page.locator(".db-hint[open]").count() == 0


@pytest.mark.parametrize("missing", ["MathJax", "Array.prototype.find", "Element.prototype.closest", "matchMedia"])
def test_an_old_browser_still_shows_the_card(reviewer: Open, missing: str) -> None:
    """Phones keep old browsers for years; a card that throws there shows nothing."""
    opened = reviewer(ANDROID, mathjax=False, before=f"delete window.{missing};")
    for name in ("concept", "derivation", "drill"):
        for side in ("front", "back"):
            page = opened.show(SAMPLES[name], side)
            page.keyboard.press("n")
            assert opened.faults() == []


def test_the_script_is_of_2019() -> None:
    """Newer syntax is a syntax error in an old phone's browser, and then nothing on the card works."""
    script = load_templates(KINDS).back.split("<script>")[1]
    syntax = r"=>|`|\?\.|\?\?|\.\.\.|\b(?:const|let|class|async|await|import)\b"
    methods = r"\.(?:flat|flatMap|replaceChildren|replaceAll|at)\("
    assert re.findall(f"{syntax}|{methods}", re.sub(r"'[^'\n]*'", "''", script)) == []
