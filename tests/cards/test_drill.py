"""Drills on the card: another variant each time, the same on both sides, and answers read as a person would."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.cards.client import ANDROID, CLIENTS, DESKTOP, IOS, WEB, Client
from tests.cards.conftest import Open
from tests.cards.samples import DRILL, VARIANTS, note

FORBIDDEN = """
for (const kind of ['localStorage', 'sessionStorage']) {
  Object.defineProperty(window, kind, {get() { throw new Error('storage is forbidden'); }});
}
"""
WIPED = "for (const kind of ['localStorage', 'sessionStorage']) { try { window[kind].clear(); } catch (none) {} }"
FULL = "Storage.prototype.setItem = () => { throw new Error('quota exceeded'); };"
STORAGE = {"kept": "", "wiped": WIPED, "forbidden": FORBIDDEN, "full": FULL}

WEIGHTS = ["0.5", "0.4", "0.3", "0.2", "0.1"]


def drill(key: str, asks: int, **checks: str) -> dict[str, str]:
    """Return a drill of plain numbers: variant k asks "number k", its result is "result k"."""
    rows = [
        f'<div class="db-variant"><div class="db-ask"><p>number {k}</p></div>'
        f'<div class="db-result"><p>result {k}</p></div>'
        f'<ol class="db-worked"><li>step {k}</li></ol>{checks.get("checks", "")}</div>'
        for k in range(asks)
    ]
    return note(
        key=key, kind="drill", question="Which?", context='<div class="db-ask"><p>number 0</p></div>',
        answer='<div class="db-result"><p>result 0</p></div>', steps='<ol class="db-worked"><li>step 0</li></ol>',
        variants="".join(rows),
    )  # fmt: skip


def number(page: Page, part: str) -> int:
    """Return which variant `part` of the card shows."""
    return int(page.locator(part).inner_text().split()[-1])


def consistent(page: Page) -> int:
    """Return the variant that a back shows, having seen that all of it is of that variant."""
    shown = {number(page, part) for part in (".db-ask", ".db-result", ".db-worked")}
    assert len(shown) == 1, shown
    place = int(page.locator(".db-place").inner_text().split()[1])
    assert shown == {place - 1}
    return place - 1


@pytest.mark.parametrize("storage", STORAGE)
@pytest.mark.parametrize("client", CLIENTS, ids=[client.name for client in CLIENTS])
def test_both_sides_show_the_same_variant(reviewer: Open, client: Client, storage: str) -> None:
    """A solution with other numbers than the question had would be the worst of all errors on a card."""
    opened = reviewer(client, mathjax=False, before=STORAGE[storage])
    opened.page.clock.set_fixed_time(datetime(2026, 3, 1, 12))
    seen = []
    for flip in range(16 if client.long_page else 8):
        sample = drill(f"key-{flip % 4}", 7)
        asked = number(opened.show(sample, "front"), ".db-ask")
        assert consistent(opened.show(sample, "back")) == asked
        seen.append(asked)
    assert len(set(seen)) > 1
    assert opened.faults() == []


@pytest.mark.parametrize("storage", STORAGE)
@pytest.mark.parametrize("client", [DESKTOP, ANDROID], ids=["desktop", "android"])
def test_a_flip_across_four_in_the_morning_is_right_in_itself(reviewer: Open, client: Client, storage: str) -> None:
    """The day's variant changes at four: a flip just then must still show a question with its own solution."""
    opened = reviewer(client, mathjax=False, before=STORAGE[storage])
    kept = client is DESKTOP or storage == "kept"
    for flip in range(8):
        sample = drill(f"night-{flip}", 7)
        opened.page.clock.set_fixed_time(datetime(2026, 3, 1, 3, 59, 58))
        asked = number(opened.show(sample, "front"), ".db-ask")
        opened.page.clock.set_fixed_time(datetime(2026, 3, 1, 4, 0, 3))
        answered = consistent(opened.show(sample, "back"))
        if kept:
            assert answered == asked


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata", "Europe/Berlin"])
def test_a_day_begins_at_four_where_the_learner_lives(reviewer: Open, zone: str) -> None:
    """Midnight is when people review; the variant must not change under them."""
    opened = reviewer(ANDROID, mathjax=False, before=FORBIDDEN, timezone_id=zone)

    def shown(moment: str) -> list[int]:
        opened.page.clock.set_fixed_time(moment)
        return [number(opened.show(drill(f"d{key}", 1000), "front"), ".db-ask") for key in range(3)]

    # The fixed time is in UTC; these moments are the local ones.
    local = opened.page.evaluate("moment => new Date(moment).toISOString()", "2026-06-10T04:00:00")
    start = datetime.fromisoformat(local)
    stamp = [(start + timedelta(seconds=shift)).isoformat() for shift in (-1, 0, 20 * 3600, 24 * 3600 - 1, 24 * 3600)]
    before, first, midnight, last, after = (shown(moment) for moment in stamp)
    assert first == midnight == last
    assert before != first
    assert last != after


def test_all_variants_get_their_turn(reviewer: Open) -> None:
    """A choice that favours some numbers trains the number and not the procedure."""
    opened = reviewer(DESKTOP, mathjax=False, before=FORBIDDEN)
    seen: Counter[int] = Counter()
    sample = drill("fair", 6)
    for day in range(120):
        opened.page.clock.set_fixed_time(datetime(2026, 1, 1, 12) + timedelta(days=day))
        opened.page.evaluate("() => { delete window.deckbuilder; }")
        seen[number(opened.show(sample, "front"), ".db-ask")] += 1
    assert set(seen) == set(range(6))
    assert min(seen.values()) > 8  # 20 each; 8 is 3 standard deviations below
    assert max(seen.values()) < 32


@pytest.mark.parametrize("client", [DESKTOP, IOS], ids=["desktop", "ios"])
def test_never_the_same_twice_where_memory_lasts(reviewer: Open, client: Client) -> None:
    """A card that comes back after ten minutes with the same numbers asks for a memory of numbers."""
    opened = reviewer(client, mathjax=False)
    sample = drill("again", 4)
    asked = []
    for _ in range(16):
        asked.append(number(opened.show(sample, "front"), ".db-ask"))
        opened.show(sample, "back")
    assert all(one != following for one, following in pairwise(asked))
    assert len(set(asked)) == 4


def test_nothing_is_random_before_memory_is_proven(reviewer: Open) -> None:
    """A front that trusted a storage which is then lost would show other numbers than the back."""
    opened = reviewer(ANDROID, mathjax=False, before=WIPED)
    asked = {number(opened.show(drill("steady", 50), "front"), ".db-ask") for _ in range(6)}
    assert len(asked) == 1


LEFT_BEHIND = (
    '{"variant": 40, "typed": []}', '{"variant": -1, "typed": []}', '{"variant": 1.5, "typed": []}',
    '{"variant": "1", "typed": "x"}', "{", "null", "7", "[]",
)  # fmt: skip


def test_what_an_older_release_left_in_storage_does_no_harm(reviewer: Open) -> None:
    """After an update with fewer variants, the remembered one may no longer exist."""
    opened = reviewer(ANDROID, mathjax=False)
    opened.show(note(question="?"), "front")
    sample = drill("old", 3)
    for left in LEFT_BEHIND:
        opened.page.evaluate(
            "left => { for (const one of [localStorage, sessionStorage]) {"
            " one.setItem('deckbuilder variant old', left); one.setItem('deckbuilder kept', 'yes'); } }",
            left,
        )
        assert consistent(opened.show(sample, "back")) in range(3), left
        asked = number(opened.show(sample, "front"), ".db-ask")
        assert consistent(opened.show(sample, "back")) == asked, left
    assert opened.faults() == []


def test_one_variant_only(reviewer: Open) -> None:
    """A drill whose numbers cannot vary must not offer another variant that is the same, nor count to one."""
    opened = reviewer(DESKTOP, mathjax=False)
    sample = drill("single", 1)
    for _ in range(3):
        assert number(opened.show(sample, "front"), ".db-ask") == 0
        page = opened.show(sample, "back")
        assert number(page, ".db-ask") == number(page, ".db-result") == 0
    assert page.get_by_role("button", name="Another variant").count() == 0
    assert page.locator(".db-place").count() == 0


def test_another_variant_is_practice_with_its_solution_held_back(reviewer: Open) -> None:
    """Practice is worth nothing when the solution stands beside the question."""
    opened = reviewer(DESKTOP, mathjax=False)
    sample = drill("practice", 5)
    opened.show(sample, "front")
    page = opened.show(sample, "back")
    seen = [consistent(page)]
    for _ in range(4):
        page.get_by_role("button", name="Another variant").click()
        assert page.locator(".db-result:visible, .db-worked:visible").count() == 0
        seen.append(number(page, ".db-ask"))
        page.keyboard.press("n")  # Show solution
        assert consistent(page) == seen[-1]
    assert sorted(seen) == [0, 1, 2, 3, 4]
    page.get_by_role("button", name="Another variant").click()
    assert number(page, ".db-ask") != seen[-1]
    # The next review is none the wiser.
    front = opened.show(sample, "front")
    assert front.locator(".db-practising").count() == 0


def test_the_maths_of_every_variant_is_set(reviewer: Open) -> None:
    """Variants wait off the page: their formulas must be set when their turn comes."""
    opened = reviewer(DESKTOP)
    opened.show(DRILL, "front")
    page = opened.show(DRILL, "back")
    for _ in range(4):
        page.get_by_role("button", name="Another variant").click()
        page.get_by_role("button", name="Show solution").click()
        page.wait_for_function("() => !/[\\\\][(]/.test(document.querySelector('.db-card').innerText)")
        assert page.locator(".db-worked > li:has(mjx-container)").count() == 2
    assert page.locator("mjx-container").count() < 30  # and only theirs: a dozen variants would keep a phone busy


def test_the_preview_can_ask_for_a_variant(reviewer: Open) -> None:
    """An author must be able to look at each variant in turn."""
    opened = reviewer(ANDROID, mathjax=False, before="window.deckbuilder = {variant: 3};")
    sample = drill("wish", 6)
    assert number(opened.show(sample, "front"), ".db-ask") == 3
    assert consistent(opened.show(sample, "back")) == 3


CHECK = (
    '<ul class="db-checks"><li data-low="0.47" data-high="0.472"><ul class="db-mistakes">'
    '<li data-low="0.479" data-high="0.481">plain SGD, no <b>momentum</b></li></ul></li></ul>'
)
LARGE = '<ul class="db-checks"><li data-low="123651840" data-high="123651840"></li></ul>'
TINY = '<ul class="db-checks"><li data-low="2.05e-9" data-high="2.07e-9"></li></ul>'
POWER = '<ul class="db-checks"><li data-low="0.001" data-high="0.001"></li></ul>'
THIRD = '<ul class="db-checks"><li data-low="1/3" data-high="1/3"></li></ul>'
VECTOR = '<ul class="db-checks"><li data-low="-0.501 1.499" data-high="-0.499 1.501"></li></ul>'
MATRIX = '<ul class="db-checks"><li data-low="0 0 1 2" data-high="0 0 1 2"></li></ul>'
SHAPE = '<ul class="db-checks"><li data-low="6 10" data-high="6 10"></li></ul>'
RIGHT, WRONG, UNREADABLE = "Right.", "Not yet.", "Write a number, such as 0.25, 1/4 or 2.5e-1."


TYPED = (
    (CHECK, ["0.471", ".471", "471/1000", "0,471", "+0.471", " 0.4710 ", "0.472", "0.47", "471 / 1000"], RIGHT),
    (CHECK, ["4.71e-1", "4.71*10^-1", "4.71×10^−1", "4.71 × 10^-1", "4.71·10^-1", "471⋅10^-3"], RIGHT),
    (CHECK, ["0.4721", "-0.471", "−0.471", "0", "471"], WRONG),
    (CHECK, ["0.48", ".4805", "48/100"], "Not yet. It looks like: plain SGD, no momentum"),
    (CHECK, ["abc", "1/2/3", "0.4.7", "--1", "0x1", "1e", "Infinity", "∞", "1 2", "1/0", "$$"], UNREADABLE),
    (LARGE, ["123651840", "123,651,840", "123 651 840", "123_651_840", "123'651'840", "1.2365184e8"], RIGHT),
    (LARGE, ["123651841", "123,651,841"], WRONG),
    (LARGE, ["123,651,84", "12,36,51,840"], UNREADABLE),
    (TINY, ["2.06e-9", "2.06E-9", "2.06*10^-9", "0.00000000206"], RIGHT),
    (POWER, ["10^-3", "1e-3", ".001", "1/1000", "( 10 ^ −3)"], RIGHT),
    (POWER, ["-10^-3", "10^3"], WRONG),
    (POWER, ["110^-3", "10^"], UNREADABLE),
    (THIRD, ["1/3", "2/6", "0.333333333333333"], RIGHT),
    (THIRD, ["0.3333"], WRONG),
    (VECTOR, ["-0.5, 1.5", "(-0.5, 1.5)", "[-0.5; 1.5]", "-0.5 1.5", "−0,5; 1,5", "-1/2, 3/2"], RIGHT),
    (VECTOR, ["(- 0.5 , 1.5)", "-.5 15e-1"], RIGHT),
    (VECTOR, ["0.5, 1.5", "1.5, -0.5"], WRONG),
    (VECTOR, ["-0.5", "1, 2, 3", "x, y"], "Write 2 numbers with commas between them."),
    (SHAPE, ["6, 10", "(6, 10)", "6 × 10", "6x10", "6*10", "(6 X 10)"], RIGHT),
    (SHAPE, ["10 × 6", "6x100"], WRONG),
    (MATRIX, ["[[0, 0], [1, 2]]", "0 0 1 2", "(0,0),(1,2)", "0,0;1,2"], RIGHT),
)  # fmt: skip
"""What is to be answered, ways to type it, and what they must be told."""


def test_answers_are_read_as_a_person_would(reviewer: Open) -> None:
    """A right answer called wrong for its comma or its fraction teaches nothing but anger."""
    opened = reviewer(DESKTOP, mathjax=False)
    for checks, typed, said in TYPED:
        page = opened.show(drill("read", 1, checks=checks), "front")
        heard = {}
        for text in typed:
            page.locator(".db-input").fill(text)
            page.locator(".db-input").press("Enter")
            heard[text] = page.locator(".db-verdict").inner_text()
        assert heard == dict.fromkeys(typed, said)


def test_an_empty_box_says_nothing(reviewer: Open) -> None:
    """The box is there for those who want it."""
    opened = reviewer(DESKTOP, mathjax=False)
    page = opened.show(drill("quiet", 1, checks=CHECK), "front")
    page.get_by_role("button", name="Check").click()
    assert page.locator(".db-verdict").count() == 0
    page = opened.show(drill("quiet", 1, checks=CHECK), "back")
    assert page.locator(".db-verdict, .db-input").count() == 0


@pytest.mark.parametrize("client", [DESKTOP, ANDROID], ids=["desktop", "android"])
def test_the_back_answers_what_was_typed_in_front(reviewer: Open, client: Client) -> None:
    """Who typed an answer and flipped without pressing Check still wants to know what it was worth."""
    opened = reviewer(client, mathjax=False)
    sample = drill("typed", 3, checks=CHECK)
    opened.show(sample, "front").locator(".db-input").fill("0.48")
    page = opened.show(sample, "back")
    assert "Your answer 0.48: Not yet. It looks like: plain SGD" in page.locator(".db-given").inner_text()
    assert opened.show(sample, "front").locator(".db-input").input_value() == ""
    assert opened.show(sample, "back").locator(".db-verdict").count() == 0


def test_several_answers_have_a_box_each(reviewer: Open) -> None:
    """One box for two answers would leave one guessing in which order they are wanted."""
    opened = reviewer(DESKTOP, mathjax=False, before="window.deckbuilder = {variant: 0};")
    page = opened.show(DRILL, "front")
    first, second = page.locator(".db-input").all()
    first.fill("0.29")
    first.press("Enter")
    assert second.evaluate("one => one === document.activeElement")
    second.fill("0.48")
    second.press("Enter")
    assert [" ".join(line.split()) for line in page.locator(".db-reply p").all_inner_texts()] == [
        r"\(v'\) 0.29: Right.", r"\(w'\) 0.48: Not yet. It looks like: plain SGD, no momentum",
    ]  # fmt: skip
    assert page.evaluate("document.activeElement === document.body")  # so that the space bar shows the answer


def test_the_reply_reaches_a_screen_reader(reviewer: Open) -> None:
    """A verdict that appears without a word is not there for who cannot see it."""
    page = reviewer(WEB, mathjax=False).show(drill("heard", 1, checks=CHECK), "front")
    page.get_by_role("textbox", name="Your answer").fill("0.471")
    page.get_by_role("button", name="Check").click()
    assert page.get_by_role("status").inner_text().strip() == "Your answer 0.471: Right."


def test_samples_are_what_the_tests_take_them_for() -> None:
    """The sample drill's variants must differ in their weights, or tests of agreement would prove nothing."""
    assert [f"w={weight}\\)" in html for weight, html in zip(WEIGHTS, VARIANTS, strict=True)] == [True] * 5
