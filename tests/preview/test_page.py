"""The page in a real browser: by clicking, by keys, by saving files."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.preview.conftest import Deck, Open, Reader


def test_a_card_is_shown_with_maths_and_pictures(reader: Open) -> None:
    """An author would see raw TeX, boxes for letters, or a broken picture, and blame the deck."""
    one = reader()
    one.shows("dot-product", "front")
    one.press(" ")
    one.shows("dot-product", "back")
    card = one.card()
    expect(card.locator(".db-answer mjx-container")).to_have_count(1)
    assert card.locator("img").evaluate("async image => { await image.decode(); return image.naturalWidth; }") == 40
    loaded = card.locator("body").evaluate("() => [...document.fonts].filter(one => one.status === 'loaded').length")
    assert loaded > 0
    assert card.locator("body").evaluate("() => [...document.fonts].every(one => one.status !== 'error')")


def test_nothing_is_fetched_from_elsewhere(reader: Open, deck: Deck) -> None:
    """An author on a train would wait, and a stranger's Markdown could tell its author who looks at it."""
    one = reader()
    deck.edit("1-vectors.md", "The first words.", "The first words. ![Far](https://example.org/far.png)")
    one.choose("long answer")
    one.press(" ")
    expect(one.card().locator("img[alt=Far]")).to_be_attached()
    own = one.page.evaluate("location.origin")
    assert [url for url in one.requests if not url.startswith((own, "data:", "https://example.org/far.png"))] == []
    assert not one.card().locator("img[alt=Far]").evaluate("image => image.naturalWidth")
    one.complaints = [said for said in one.complaints if "far.png" not in said]


def test_keys_walk_through_the_cards(reader: Open) -> None:
    """An author of 500 cards would have to click at each."""
    one = reader()
    one.press("j")
    one.shows("long-answer", "front")
    one.press(" ")
    one.shows("long-answer", "back")
    one.press("j")
    one.shows("show", "front")
    one.press("k", "k", "k")
    one.shows("dot-product", "front")
    one.press("?")
    expect(one.page.locator("#help")).to_be_visible()
    one.press("Escape")
    expect(one.page.locator("#help")).to_be_hidden()


def test_keys_work_while_the_card_has_the_focus(reader: Open) -> None:
    """After a click on the card every key would seem dead."""
    one = reader()
    one.card().locator(".db-question").click()
    one.press("j")
    one.shows("long-answer", "front")
    one.card().locator(".db-question").click()
    one.press(" ")
    one.shows("long-answer", "back")


def test_the_next_hint_comes_by_its_key(reader: Open) -> None:
    """The key that a learner uses would do nothing in the preview."""
    one = reader()
    one.choose("Show that")
    one.shows("show", "front")
    one.press("n")
    expect(one.card().locator(".db-hint[open]")).to_have_count(1)


def test_buttons_do_what_keys_do(reader: Open) -> None:
    """An author who does not know the keys could not use the page."""
    one = reader()
    one.page.get_by_role("button", name="Next card").click()
    one.shows("long-answer", "front")
    one.page.get_by_role("button", name="Show answer").click()
    one.shows("long-answer", "back")
    one.page.get_by_role("button", name="Both sides").click()
    one.shows("long-answer", "front")
    one.shows("long-answer", "back", pane="back")
    expect(one.card().locator("#answer")).to_have_count(0)
    expect(one.card("back").locator("#answer")).to_have_count(1)
    one.page.get_by_role("button", name="Keys").click()
    expect(one.page.locator("#help")).to_be_visible()


def test_filters_leave_what_was_asked_for(reader: Open) -> None:
    """An author could not find a card among hundreds."""
    one = reader()
    rows, count = one.page.locator("#cards a"), one.page.locator("#count")
    expect(count).to_have_text("5 cards")
    one.press("/")
    one.page.keyboard.type("long")
    expect(rows).to_have_count(1)
    one.shows("long-answer", "front")
    expect(count).to_have_text("1 of 5 cards")
    one.press("Escape")
    expect(rows).to_have_count(5)
    one.page.get_by_label("Kind").select_option("drill")
    one.shows("", "front")
    expect(rows).to_have_count(1)
    one.page.get_by_label("Kind").select_option("")
    one.page.get_by_label("Tag", exact=True).select_option("sums")
    expect(rows).to_have_count(2)
    one.page.get_by_label("Tag", exact=True).select_option("")
    one.page.get_by_label("File", exact=True).select_option(index=1)
    expect(rows).to_have_count(3)
    one.page.get_by_label("Filter by text").fill("no such words")
    expect(one.page.locator("#nothing")).to_have_text("No card matches the filter.")


def test_a_save_shows_at_the_same_card_side_and_place(reader: Open, deck: Deck) -> None:
    """After every save an author would have to find the card, the side and the place again."""
    one = reader()
    one.choose("long answer")
    one.press(" ")
    one.shows("long-answer", "back")
    one.card().locator("html").evaluate("element => element.scrollTo(0, 700)")
    one.page.wait_for_timeout(100)
    deck.edit("1-vectors.md", "Paragraph 30 of", "Paragraph thirty of")
    expect(one.card().get_by_text("Paragraph thirty")).to_be_attached()
    one.shows("long-answer", "back")
    assert one.top() == 700


@pytest.mark.parametrize(("client", "scripts"), [("android", True), ("desktop", False)])
def test_the_place_is_kept_where_every_side_is_a_new_page(reader: Open, deck: Deck, client: str, scripts: bool) -> None:
    """An author who looks at a phone's card, or at one without JavaScript, would be thrown back to its top."""
    one = reader()
    one.page.locator("#client").select_option(client)
    if not scripts:
        one.press("s")
    one.choose("long answer")
    one.press(" ")
    one.shows("long-answer", "back")
    one.card().locator("html").evaluate("element => element.scrollTo(0, 700)")
    one.page.wait_for_timeout(100)
    deck.edit("1-vectors.md", "Paragraph 31 of", "Paragraph thirty-one of")
    expect(one.card().get_by_text("Paragraph thirty-one")).to_be_attached()
    one.shows("long-answer", "back")
    assert one.top() == 700
    one.complaints = [said for said in one.complaints if not said.startswith("Blocked script execution")]


def test_what_is_open_stays_open(reader: Open, deck: Deck) -> None:
    """An author would have to open the step that is being written after every save."""
    one = reader()
    one.choose("Show that")
    one.press(" ")
    one.shows("show", "back")
    one.card().locator(".db-step summary").nth(1).click()
    one.page.wait_for_timeout(100)
    deck.edit("1-vectors.md", "No square is negative.", "No real square is negative.")
    expect(one.card().get_by_text("No real square")).to_be_visible()


def test_a_card_that_did_not_change_is_left_alone(reader: Open, deck: Deck) -> None:
    """Every save anywhere would flicker, and lose what was typed into a drill."""
    one = reader()
    one.shows("dot-product", "front")
    one.card().locator("body").evaluate("body => { body.dataset.before = 'yes'; }")
    deck.edit("2-drills.md", "return 2 * x", "return x + x")
    deck.edit("1-vectors.md", "What is a long answer?", "What is a very long answer?")
    expect(one.row("very long")).to_have_count(1)
    expect(one.card().locator("body[data-before=yes]")).to_have_count(1)


def test_an_edited_question_stays_in_view(reader: Open, deck: Deck) -> None:
    """A new card has no place in deck.lock yet: at each word changed the page would jump to the first card."""
    one = reader()
    one.choose("long answer")
    deck.edit("1-vectors.md", "What is a long answer?", "Which sort of reply takes paragraphs?")
    expect(one.row("Which sort")).to_have_attribute("aria-current", "true")
    expect(one.card().get_by_text("Which sort of reply")).to_be_visible()


def test_a_mistake_is_shown_at_its_card_and_the_last_good_card_is_kept(reader: Open, deck: Deck) -> None:
    """A half-written block would empty the page in the middle of an edit."""
    one = reader()
    one.choose("the sum")
    one.shows("", "front")
    deck.edit("2-drills.md", "answer: a + b", "answer: a + c")
    findings = one.page.locator("#findings")
    expect(findings.locator(".finding.error")).to_have_count(1)
    expect(findings.locator(".finding.error .where")).to_have_text(re.compile(r"2-drills\.md:13:\d+$"))
    expect(findings.locator(".finding.error .excerpt")).to_contain_text("answer: a + c")
    expect(findings.locator(".finding.error .excerpt")).to_contain_text("^")
    expect(findings.locator(".keeps")).to_be_visible()
    expect(one.card().locator(".db-question").first).to_contain_text("sum")
    expect(one.page.locator("#cards a")).to_have_count(5)
    expect(one.row("the sum").locator(".mark.error")).to_be_visible()
    deck.edit("2-drills.md", "answer: a + c", "answer: a + b + 1")
    expect(findings.locator(".finding.error")).to_have_count(0)
    expect(findings.locator(".keeps")).to_have_count(0)


def test_a_file_that_cannot_be_read_loses_no_card(reader: Open, deck: Deck) -> None:
    """A file saved in another encoding would take all its cards out of view, with no word why."""
    one = reader()
    (deck.folder / "1-vectors.md").write_bytes(b"# Vectors\n\n1) Caf\xe9?\n\n    Yes.\n")
    expect(one.page.locator("#findings .finding.error")).to_contain_text("not UTF-8")
    expect(one.page.locator("#cards a")).to_have_count(5)
    deck.reset()
    expect(one.page.locator("#findings .finding.error")).to_have_count(0)


def test_every_variant_of_a_drill_can_be_seen(reader: Open) -> None:
    """An author could check only the variant that chance gives."""
    one = reader()
    one.choose("the sum")
    choice = one.page.locator("#variant")
    expect(choice.locator("option")).to_have_count(5)
    seen = set()
    for number in range(5):
        expect(choice).to_have_value(str(number))
        one.shows("", "front")
        expect(one.card().locator(".db-ask").first).not_to_have_text("")
        seen.add(one.card().locator(".db-ask").first.inner_text())
        one.press("v")
    assert len(seen) == 5
    expect(choice).to_have_value("0")
    choice.select_option("2")
    one.press("b")
    one.shows("", "back", pane="back")
    expect(one.card("back").locator(".db-place")).to_have_text("Variant 3 of 5")
    one.page.get_by_role("button", name="Previous variant").click()
    expect(one.card("back").locator(".db-place")).to_have_text("Variant 2 of 5")


def test_typing_into_a_drill_is_not_taken_for_keys_of_the_page(reader: Open) -> None:
    """A digit or a letter in an answer would turn the card."""
    one = reader()
    one.choose("the sum")
    box = one.card().locator(".db-input")
    box.click()
    one.page.keyboard.type("j 12 k")
    expect(box).to_have_value("j 12 k")
    expect(one.row("the sum")).to_have_attribute("aria-current", "true")


def test_without_javascript_no_script_runs_and_the_card_reads_well(reader: Open) -> None:
    """An author would not see what a learner gets whose program runs no scripts."""
    one = reader()
    one.choose("Show that")
    one.press("s", " ")
    one.shows("show", "back")
    frame = one.page.locator('.pane[data-side="front"] iframe')
    expect(frame).to_have_attribute("sandbox", "allow-same-origin")
    expect(one.card().locator("mjx-container")).to_have_count(0)
    expect(one.card().get_by_text("Write it out")).to_be_visible()
    expect(one.card().locator(".db-button")).to_have_count(0)
    one.card().locator(".db-question").click()
    one.press("k")
    one.shows("long-answer", "front")
    # Chromium says so for each script that it does not run.
    one.complaints = [said for said in one.complaints if not said.startswith("Blocked script execution")]


CLASSES = {
    "desktop": ("night-mode", "card card1 isLin nightMode night_mode"),
    "android": ("mobile android linux js", "card card1 night_mode nightMode"),
    "ios": ("mobile iphone ios webkit", "card card1 nightMode"),
    "web": ("", ""),
}


def test_each_program_has_its_classes_and_its_night(reader: Open) -> None:
    """What is wrong on one program only, the dark theme of a phone above all, would be seen by its learners first."""
    one = reader()
    one.press("d")
    for name, (html, body) in CLASSES.items():
        one.page.locator("#client").select_option(name)
        expect(one.card().locator("html")).to_have_attribute("class", html)
        expect(one.card().locator("body")).to_have_attribute("class", body)
        colour = one.card().locator(".card").first.evaluate("card => getComputedStyle(card).backgroundColor")
        is_dark = max(map(int, re.findall(r"\d+", colour)[:3])) < 90
        assert is_dark is (name != "web")
    one.press("d", "c")
    expect(one.card().locator("html.night-mode")).to_have_count(0)
    expect(one.page.locator("#client")).to_have_value("desktop")


def test_the_screen_has_the_width_that_was_chosen(reader: Open) -> None:
    """A formula too wide for a phone would be seen by learners first."""
    one = reader()
    widths = []
    for _ in range(3):
        one.press("w")
        widths.append(one.card().locator("html").evaluate("element => element.clientWidth"))
    assert widths[:2] == [320, 390]
    assert widths[2] > 600


def test_a_card_can_do_nothing_but_show_itself(reader: Open) -> None:
    """A stranger's card could read the page, the deck or the browser's storage, or send something away."""
    one = reader()
    frame = one.page.locator('.pane[data-side="front"] iframe')
    expect(frame).to_have_attribute("sandbox", "allow-scripts")
    tries = """async () => {
        const refused = [];
        for (const attempt of [() => parent.document.title, () => localStorage.length, () => fetch('../deck.json')]) {
            try { await attempt(); refused.push(false); } catch { refused.push(true); }
        }
        return refused;
    }"""
    assert one.card().locator("body").evaluate(tries) == [True, True, True]
    one.complaints.clear()


def test_the_address_brings_back_the_card_and_the_side(reader: Open) -> None:
    """A reload of the page, or a link to a card, would begin at the first card again."""
    one = reader()
    one.choose("long answer")
    one.press(" ", "w")
    one.shows("long-answer", "back")
    one.page.reload()
    one.shows("long-answer", "back")
    expect(one.page.locator("#width")).to_have_value("320")


def test_links_of_a_card_open_beside_the_preview(reader: Open) -> None:
    """A click on a link would put a website in the place of the card."""
    one = reader()
    one.press(" ")
    one.shows("dot-product", "back")
    one.context.route("https://example.org/**", lambda route: route.fulfill(body="elsewhere"))
    with one.context.expect_page() as opened:
        one.card().get_by_text("more").click()
    opened.value.wait_for_load_state()
    assert opened.value.url == "https://example.org/more"
    assert opened.value.evaluate("window.opener") is None
    one.shows("dot-product", "back")


def test_findings_alone_can_be_listed(reader: Open, deck: Deck) -> None:
    """An author would have to look through all cards for those that want mending."""
    one: Reader = reader()
    deck.edit("1-vectors.md", "The first words.", "The first words. TODO: say more.\n\n    And more.")
    expect(one.row("long answer").locator(".mark")).to_be_visible()
    one.page.get_by_label("only with findings").check()
    expect(one.row("long answer")).to_have_count(1)
    expect(one.row("dot product")).to_have_count(0)
