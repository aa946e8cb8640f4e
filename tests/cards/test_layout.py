"""How cards stand on the page, from 320 pixels up, in each of Anki's programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from deckbuilder.kinds import templates
from deckbuilder.kinds.templates import load_templates
from tests.cards.browser import Reviewer
from tests.cards.client import ANDROID, DESKTOP, IOS, KINDS, THEMED, THEMED_IDS, Client
from tests.cards.conftest import Open
from tests.cards.samples import SAMPLES, note

WIDTHS = (800, 390, 320)
SIDES = ("front", "back")

# What sticks out of the page, and the formulas that scroll although they fit.
PROBE = """
() => {
  const page = document.documentElement;
  const found = page.scrollWidth > page.clientWidth ? ['page is ' + page.scrollWidth + ' wide'] : [];
  for (const one of document.querySelectorAll('.db-card mjx-container:not([display="true"])')) {
    const room = one.clientWidth - 12, needed = one.firstElementChild.getBoundingClientRect().width;
    if (needed <= room + 0.5 && one.scrollWidth > one.clientWidth) found.push('a formula scrolls for nothing');
  }
  for (const one of document.querySelectorAll('mjx-merror, [data-mjx-error]')) found.push('maths: ' + one.textContent);
  return found;
}
"""


def overflow(opened: Reviewer, names: list[str]) -> list[str]:
    """Return what sticks out on either side of the samples `names`, at each width, with all that opens open."""
    found = []
    for name in names:
        for side in SIDES:
            page = opened.show(SAMPLES[name], side)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                found += [f"{name} {side} {width}: {fault}" for fault in page.evaluate(PROBE)]
    return found


@pytest.mark.parametrize(("client", "night"), THEMED, ids=THEMED_IDS)
def test_nothing_widens_the_page(reviewer: Open, client: Client, night: bool) -> None:
    """A card that is wider than the phone must be dragged about while one should be thinking."""
    opened = reviewer(client, night=night, long_page=True)  # quicker; the next test has a page for each side
    assert overflow(opened, list(SAMPLES)) == []
    assert opened.faults() == []


@pytest.mark.parametrize(("client", "night"), [(ANDROID, True), (IOS, False)], ids=["android-dark", "ios-light"])
def test_nothing_widens_a_page_of_its_own(reviewer: Open, client: Client, night: bool) -> None:
    """Phones make each side a new page, whose maths is set at another time than on the desktop."""
    opened = reviewer(client, night=night)
    assert overflow(opened, ["concept", "derivation", "drill", "implementation"]) == []
    assert opened.faults() == []


@pytest.mark.parametrize("client", [DESKTOP, ANDROID], ids=["desktop", "android"])
def test_nothing_widens_the_page_without_scripts(reviewer: Open, client: Client) -> None:
    """Scripts are never promised on a card: without them raw TeX must still keep to the page."""
    assert overflow(reviewer(client, scripts=False), list(SAMPLES)) == []


def test_all_is_to_be_had_without_scripts(reviewer: Open) -> None:
    """Where a client runs no script, hints and steps still open, and a drill shows its example with its solution."""
    opened = reviewer(DESKTOP, scripts=False)
    page = opened.show(SAMPLES["concept"], "front")
    assert page.locator(".db-hint:visible").count() == 1
    page.locator(".db-hint > summary").first.click()
    assert page.locator(".db-hint:visible").count() == 2
    page = opened.show(SAMPLES["derivation"], "back")
    page.locator(".db-step summary").first.click()
    assert page.locator(".db-step-body:visible").count() == 1
    page = opened.show(SAMPLES["drill"], "back")
    assert "w=0.5" in page.locator(".db-ask:visible").inner_text()
    assert page.locator(".db-result:visible").count() == 1
    assert page.locator(".db-worked:visible").count() == 1
    assert "wrong sign" not in page.locator("body").inner_text()


def test_wide_things_scroll_in_themselves(reviewer: Open) -> None:
    """A formula that is cut off without a way to see the rest is a wrong formula."""
    opened = reviewer(DESKTOP, width=320)
    page = opened.show(SAMPLES["wide"], "back")
    for wide in (".db-answer > .db-math", ".db-table"):
        box = page.locator(wide)
        assert box.evaluate("one => one.scrollWidth > one.clientWidth"), wide
        assert box.evaluate("one => { one.scrollLeft = 50; return one.scrollLeft; }") == 50, wide
    page = opened.show(SAMPLES["implementation"], "back")
    assert page.locator(".db-reference .db-code").evaluate("one => one.scrollWidth > one.clientWidth")


TALL = [
    r"\frac{a}{b}", r"\sum_{i=1}^{n} x_i", r"\hat{\beta}_{j_k}^{2^2}", r"\sqrt{\frac{x^2}{y_2}}", r"\binom{n}{k}",
    r"\begin{pmatrix}a&b\\c&d\\e&f\end{pmatrix}", r"\int_0^\infty f", r"\lambda", r"y", r"\underbrace{a+b}_{c}", r"f",
    r"\mathbb{E}_{x \sim p}\left[\frac{1}{x}\right]",
    r"\left\{\begin{aligned}a&=1\\b&=\frac12\\c&=3\\d&=4\end{aligned}\right.",
]  # fmt: skip


def test_no_formula_loses_a_pixel(reviewer: Open) -> None:
    """A box that scrolls sideways also cuts off above and below: an exponent, or the tail of a y."""
    opened = reviewer(DESKTOP)
    lines = "".join(f"<p>Before \\({tex.replace('&', '&amp;')}\\) after</p>" for tex in TALL)
    blocks = "".join(f'<div class="db-math">\\[{tex.replace("&", "&amp;")}\\]</div>' for tex in TALL)
    page = opened.show(note(question="?", answer=lines + blocks), "back")
    page.add_style_tag(content=".db-card .db-math, .db-card mjx-container { background: none !important; }")
    boxed = page.screenshot(full_page=True, animations="disabled")
    page.add_style_tag(content=".db-card mjx-container, .db-card .db-math { overflow: visible !important; }")
    free = page.screenshot(full_page=True, animations="disabled")
    assert boxed == free


def test_formulas_have_the_shape_that_mathjax_gives_them(reviewer: Open) -> None:
    """A rule meant for our own boxes can tear a formula apart: the brackets of a matrix, a row, a bar."""
    made = load_templates(KINDS)
    answer = "".join(f'<div class="db-math">\\[{tex.replace("&", "&amp;")}\\]</div>' for tex in TALL)
    shapes = "() => [...document.querySelectorAll('mjx-container mjx-math *')].map(one => one.getBoundingClientRect())"
    shapes += ".map(box => [Math.round(box.width), Math.round(box.height)])"
    look = "one => getComputedStyle(one).fontFamily"
    page = reviewer(DESKTOP).show(note(question="?", answer=answer), "back")
    ours, face = page.evaluate(shapes), page.locator(".db-answer").evaluate(look)
    plain = f".card {{ font-size: 18px; font-family: {face}; }}"
    page = reviewer(DESKTOP, templates=replace(made, css=plain)).show(note(question="?", answer=answer), "back")
    theirs = page.evaluate(shapes)
    assert len(ours) == len(theirs) > 100
    torn = [(a, b) for a, b in zip(ours, theirs, strict=True) if abs(a[0] - b[0]) > 1 or abs(a[1] - b[1]) > 1]
    assert torn == []


def test_a_formula_stands_on_the_line_of_its_text(reviewer: Open) -> None:
    """Formulas that hang below their line make every sentence of a mathematical card restless."""
    mark = '<span class="mark" style="display:inline-block;width:1px;height:0"></span>'
    page = reviewer(DESKTOP).show(note(question="?", answer=f"<p>It is {mark}\\(0\\) here.</p>"), "back")
    line = page.locator(".mark").evaluate("one => one.getBoundingClientRect().bottom")
    digit = page.locator("mjx-mn").evaluate("one => one.getBoundingClientRect().bottom")
    assert abs(line - digit) < 2


COMMAS = "".join(
    f"<p>{'a' * filler} so (\\(x_{{{filler}}}\\)), then \\(y\\)-axis and \\(n\\)th, at last \\(z\\).</p>"
    for filler in range(1, 40)
)


def test_no_line_begins_with_a_comma(reviewer: Open) -> None:
    """A browser breaks the line between a formula and the full stop after it, which looks like a misprint."""
    page = reviewer(DESKTOP, width=320).show(note(question="?", answer=COMMAS), "back")
    torn = page.evaluate(
        """() => [...document.querySelectorAll('.db-answer mjx-container')].filter(one => {
          const next = document.createRange(), after = one.nextSibling;
          if (!after || after.nodeType !== 3 || /^\\s/.test(after.data)) return false;
          next.setStart(after, 0);
          next.setEnd(after, 1);
          return next.getBoundingClientRect().left < one.getBoundingClientRect().right - 8;
        }).length"""
    )
    assert page.locator(".db-answer mjx-container").count() == 4 * 39
    assert torn == 0


CHAIN = r"w' = w - \alpha v' = 0.5 - 0.1 \cdot 0.29 \approx \frac{a = b}{2} \le \left(1 = 1\right) + f(x = 2)"
WHOLE = (
    r"\begin{pmatrix} a = 1 & b = 2 \\ c = 3 & d = 4 \end{pmatrix}",
    r"\{ x \in \mathbb{R} : x^2 = 2, \; x \ge 0 \}",
    r"p(x_1 = a \mid x_2 = b, x_3 = c, x_4 = d)",
    r"\displaystyle \sum_i x_i = \sum_j y_j = 0",
    r"= \int_0^1 f(x) \, dx + \int_1^2 f(x) \, dx",
)  # fmt: skip


def test_a_long_formula_breaks_after_its_relations(reviewer: Open) -> None:
    """On a phone the end of a chain, which is the result, would otherwise be out of sight."""
    opened = reviewer(DESKTOP, width=320)
    page = opened.show(note(question="?", answer=f"<p>So \\({CHAIN}\\), and</p>"), "back")
    pieces = page.locator(".db-answer mjx-container")
    assert pieces.count() == 5
    assert pieces.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length") == 0
    page.set_viewport_size({"width": 1400, "height": 900})
    page.add_style_tag(content=".db-answer > p { white-space: nowrap; }")
    ends = "all => [all[0].getBoundingClientRect().left, all[all.length - 1].getBoundingClientRect().right]"
    left, right = page.locator(".db-answer mjx-math").evaluate_all(ends)
    page = opened.show(note(question="?", answer=f'<div class="db-math">\\[\\textstyle {CHAIN}\\]</div>'), "back")
    whole = page.locator(".db-answer mjx-math").evaluate("one => one.getBoundingClientRect().width")
    assert abs((right - left) - whole) < 2  # nothing about it looks broken where it fits
    assert opened.faults() == []


def test_what_reaches_over_a_relation_stays_whole(reviewer: Open) -> None:
    """Half a matrix or half a bracket does not parse: the card would show an error where the formula was."""
    assert min(len(tex) for tex in WHOLE) >= 40  # shorter ones are never broken
    text = "".join(f"<p>\\({tex.replace('&', '&amp;')}\\)</p>" for tex in WHOLE)
    page = reviewer(DESKTOP).show(note(question="?", answer=text), "back")
    assert page.locator(".db-answer mjx-container").count() == len(WHOLE)
    assert page.evaluate(PROBE) == []


LONG = r"a_1 = b_1, a_2 = b_2, a_3 = b_3, a_4 = b_4"


def test_code_and_formulas_within_formulas_are_left_alone(reviewer: Open) -> None:
    """Code that shows TeX must show it as it is, and an element inside of a formula keeps MathJax from setting it."""
    kept = f"see \\({LONG}\\), and"
    answer = f"<p><code>{kept}</code></p><pre>{kept}</pre>"
    nested = r"\(x = 1 \text{ where \(y = 2\)}\), and \(z\)."
    answer += f'<p class="nested">{nested}</p><div class="db-math">\\[x = 1 \\text{{ for \\(y\\), say}}\\]</div>'
    page = reviewer(DESKTOP).show(note(question="?", answer=answer), "back")
    assert page.locator("code, pre").all_inner_texts() == [kept] * 2
    assert page.locator(".db-answer .db-held").count() == 0
    assert page.locator(".nested > mjx-container").count() == 2
    assert page.locator(".db-math > mjx-container").count() == 1


def test_a_drawing_in_the_dark_is_light_on_dark(reviewer: Open) -> None:
    """A white sheet at night dazzles; but a photograph must not become its negative."""
    images = '<p><img src="db-1.svg" alt="a drawing"> <img src="db-2.png" alt="a photograph"></p>'
    opened = reviewer(DESKTOP, night=True, mathjax=False)
    page = opened.show(note(question="?", answer=images), "back")
    drawing, photograph = page.locator("img").evaluate_all("all => all.map(one => getComputedStyle(one).filter)")
    assert "invert" in drawing
    assert "invert" not in photograph
    page = reviewer(DESKTOP, mathjax=False).show(note(question="?", answer=images), "back")
    assert page.locator("img").evaluate_all("all => all.map(one => getComputedStyle(one).filter)") == ["none", "none"]


def test_a_picture_of_its_own_stands_in_the_middle(reviewer: Open) -> None:
    """Formulas stand in the middle; a picture at the side makes the page restless. Amid text it stays where it is."""
    picture = '<img src="x.png" alt="x" width="200" height="20">'
    answer = f"<p>{picture}</p><p>Amid {picture} text.</p>"
    page = reviewer(DESKTOP, mathjax=False).show(note(question="?", answer=answer), "back")
    alone, amid = page.locator("img").evaluate_all(
        "all => all.map(one => { const box = one.getBoundingClientRect(); return box.left + box.width / 2; })"
    )
    text = page.locator(".db-answer").evaluate(
        "one => { const box = one.getBoundingClientRect(); return box.left + box.width / 2; }"
    )
    assert abs(alone - text) < 1
    assert amid < text


def test_what_is_touched_is_big_enough(reviewer: Open) -> None:
    """Smaller than 44 pixels, a thumb misses it and the client takes the tap for "show answer"."""
    opened = reviewer(IOS, width=390, mathjax=False)
    for name, sample in SAMPLES.items():
        for side in SIDES:
            page = opened.show(sample, side)
            small = page.evaluate(
                "() => [...document.querySelectorAll('summary, .db-button, .db-input, .db-live > .db-point')]"
                ".filter(one => one.offsetParent && one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"
            )
            assert small == [], f"{name} {side}"


def test_what_is_touched_tells_the_client_so(reviewer: Open) -> None:
    """Without the class `tappable` a tap on a phone flips or grades the card instead."""
    opened = reviewer(IOS, width=390, mathjax=False)
    for name in ("concept", "derivation", "drill", "implementation"):
        for side in SIDES:
            page = opened.show(SAMPLES[name], side)
            plain = page.evaluate(
                "() => [...document.querySelectorAll('summary, button, input, .db-live > .db-point')]"
                ".filter(one => !one.classList.contains('tappable')).map(one => one.outerHTML)"
            )
            assert plain == [], f"{name} {side}"


def test_the_text_has_the_size_and_measure_of_a_book(reviewer: Open) -> None:
    """Lines too long or letters too small tire the eye over years of reviews."""
    page = reviewer(DESKTOP, width=1400, mathjax=False).show(SAMPLES["concept"], "back")
    text = page.locator(".db-answer > p").nth(1)
    assert text.evaluate("one => getComputedStyle(one).fontSize") == "18px"
    assert text.evaluate("one => getComputedStyle(one).textAlign") == "start"
    assert text.bounding_box()["width"] <= 42 * 15


def test_right_to_left_text_runs_from_the_right(reviewer: Open) -> None:
    """Arabic and Hebrew set from the left are hard to read; code set from the right is wrong."""
    page = reviewer(DESKTOP, mathjax=False).show(SAMPLES["arabic"], "back")
    direction = "one => getComputedStyle(one).direction"
    assert page.locator(".db-question").evaluate(direction) == "rtl"
    assert page.locator(".db-answer").evaluate(direction) == "rtl"
    assert page.locator(".db-code").evaluate(direction) == "ltr"
    point = page.locator(".db-point").first
    tick = point.locator("input").bounding_box()
    words = point.locator(".db-point-words").bounding_box()
    assert tick["x"] > words["x"]


@pytest.mark.parametrize(("client", "night"), THEMED, ids=THEMED_IDS)
def test_the_page_has_the_ground_of_its_theme(reviewer: Open, client: Client, night: bool) -> None:
    """A white page at night dazzles; a picture of dark lines on a dark page cannot be seen."""
    page = reviewer(client, night=night, mathjax=False).show(SAMPLES["wide"], "back")
    ground = page.locator(".card").first.evaluate("one => getComputedStyle(one).backgroundColor")
    picture = page.locator(".db-answer img").evaluate("one => getComputedStyle(one).backgroundColor")
    assert ground == ("rgb(28, 29, 32)" if night else "rgb(253, 252, 250)")
    assert picture == ("rgb(242, 240, 236)" if night else "rgba(0, 0, 0, 0)")


def test_a_dark_system_does_not_darken_a_light_client(reviewer: Open) -> None:
    """AnkiWeb is always light: a card that asked the system would be dark on white there."""
    page = reviewer(DESKTOP, color_scheme="dark", mathjax=False).show(SAMPLES["concept"], "back")
    assert page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(253, 252, 250)"


def test_the_own_block_overrules_all(reviewer: Open) -> None:
    """A learner who cannot make the letters larger without reading our style sheet gives up."""
    made = load_templates(KINDS)
    own = ".card { --db-size: 24px; --db-paper: #ffffff; }\n"
    css = made.css.replace(templates.OWN_STYLE_ENDS, own + templates.OWN_STYLE_ENDS)
    opened = reviewer(DESKTOP, mathjax=False, templates=replace(made, css=css))
    page = opened.show(SAMPLES["concept"], "back")
    assert page.locator(".db-answer > p").nth(1).evaluate("one => getComputedStyle(one).fontSize") == "24px"
    assert page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 255, 255)"


def test_what_learners_are_told_to_write_there_works(reviewer: Open) -> None:
    """A variable that the guide names and the style sheet does not have is an evening of trying in vain."""
    guide = (Path(__file__).parents[2] / "docs" / "learners.md").read_text("utf-8")
    rows = re.findall(r"^\| (`--.*?) \| .*? \| (.*?) \|$", guide, re.MULTILINE)
    wanted = {name: value for names, values in rows for name, value in _pairs(names, values)}
    made = load_templates(KINDS)
    assert len(wanted) >= 8
    for name in wanted:
        assert f"{name}:" in made.css
        assert f"var({name})" in made.css, f"{name} changes nothing"
    own = ".card { " + " ".join(f"{name}: {value};" for name, value in wanted.items()) + " }\n"
    css = made.css.replace(templates.OWN_STYLE_ENDS, own + templates.OWN_STYLE_ENDS)
    opened = reviewer(DESKTOP, night=True, mathjax=False, templates=replace(made, css=css))
    page = opened.show(note(question="?", answer='<img src="x.svg" alt="x">'), "back")
    assert page.locator("img").evaluate("one => getComputedStyle(one).filter") == "none"
    wanted = {name: value for name, value in wanted.items() if "#" not in value}  # the night has colours of its own
    set_to = "(one, name) => getComputedStyle(one).getPropertyValue(name).trim()"
    assert {name: page.locator(".db-card").evaluate(set_to, name) for name in wanted} == wanted


def _pairs(names: str, values: str) -> list[tuple[str, str]]:
    """Return each variable of a row of the guide with its example; the last one serves for those that have none."""
    found = re.findall(r"`(--[\w-]+)`", names)
    given = re.findall(r"`([^`]+)`", values)
    return list(zip(found, given + given[-1:] * len(found), strict=False))


def test_an_empty_field_leaves_no_label(reviewer: Open) -> None:
    """A heading over nothing makes one look for what was lost."""
    page = reviewer(DESKTOP, mathjax=False).show(SAMPLES["plain"], "back")
    assert page.locator(".db-label, .db-part, .db-context, .db-controls").count() == 0


def test_the_footer_tells_where_the_card_comes_from(reviewer: Open) -> None:
    """Who finds an error on a card must be able to say on which, and of which release."""
    opened = reviewer(DESKTOP, mathjax=False)
    page = opened.show(SAMPLES["concept"], "back")
    footer = page.locator(".db-footer").inner_text()
    assert "Math Foundations › Linear Algebra" in footer
    assert "dot-product-geometric-meaning" in footer
    assert "release 1.2" in footer
    assert page.locator(".db-source a").get_attribute("href").endswith("review.md#L41")
    assert "linear-algebra review" in footer
    page = opened.show(SAMPLES["concept"], "front")
    assert page.locator(".db-tags, .db-source").count() == 0


def test_a_note_shows_well_under_any_kind(reviewer: Open) -> None:
    """A note that changed its kind keeps the note type it was born with, so every part must show there too."""
    everything = {**SAMPLES["implementation"], "Steps": SAMPLES["derivation"]["Steps"], "Remarks": "<p>Last.</p>"}
    page = reviewer(DESKTOP, mathjax=False).show({**everything, "Kind": "concept"}, "back")
    order = page.locator(".db-label, .db-remarks").all_inner_texts()
    assert [label.split("\n")[0] for label in order] == [
        "Step by step", "Reference code", "Complexity", "Pitfalls", "Last.", "Key points",
    ]  # fmt: skip


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_those_who_asked_for_rest(reviewer: Open, motion: str) -> None:
    """Movement makes some people ill; they have told their system so."""
    page = reviewer(DESKTOP, mathjax=False, reduced_motion=motion).show(SAMPLES["derivation"], "back")
    moving = page.evaluate(
        "() => [...document.querySelectorAll('.db-card *')].some(one => ['', '::before', '::after'].some(part => {"
        " const style = getComputedStyle(one, part);"
        " return style.transitionDuration !== '0s' || style.animationName !== 'none'; }))"
    )
    assert moving == (motion == "no-preference")
