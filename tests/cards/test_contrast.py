"""Every letter of every card against its ground, in both themes: 4.5 to 1 by the formula of WCAG 2.2."""

from __future__ import annotations

import pytest

from tests.cards.client import DESKTOP
from tests.cards.conftest import Open
from tests.cards.samples import SAMPLES, code, note

# The contrast of each piece of text that is below the limit.
FAINT = """
(limit) => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = numbers(colour).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = one => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const walker = document.createTreeWalker(document.querySelector('.db-card'), NodeFilter.SHOW_TEXT);
  const faint = [];
  let seen = 0;
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !one.getClientRects().length) continue;
    seen += 1;
    const pair = [light(getComputedStyle(one).color), light(ground(one))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < limit) faint.push(contrast.toFixed(2) + ' ' + one.className + ': ' + walker.currentNode.data.trim());
  }
  return {seen, faint};
}
"""

EVERY_TOKEN = """\
#!/usr/bin/env python
\"\"\"A docstring.\"\"\"
import os.path as path, re

@decorator
class Name(Base, metaclass=Meta):
    number: int = 0xFF + 0b11 + 0o7 + 1_000 + 1.5e-3j  # a comment
    text = f"{self.number!r:>10} {{}}" + r'\\d+' + b"bytes\\x00" + 'single'

    async def method(self, *args, **kwargs) -> None:
        if not args and self is None or True in kwargs or False:
            raise ValueError("no") from error
        return lambda x: x @ y ** 2 // 3 % 4 & 5 | ~6 ^ 7 << 8

    __slots__ = ("a",)
    print(len(__file__), NotImplemented, self.__init__)
"""


@pytest.mark.parametrize("night", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(reviewer: Open, night: bool) -> None:
    """Faint letters are lost in sunlight, on old screens, and to every third learner over fifty."""
    opened = reviewer(DESKTOP, night=night)
    tokens = note(question="?", code=code(EVERY_TOKEN) + code("- old\n+ new\n@@ -1 +1 @@\n", "diff"))
    tokens["Answer"] = code("SELECT a, 'b' FROM t WHERE x >= 1.5; -- why", "sql") + code(
        "$ pip install x  # y\nexport A=${B:-1}", "bash"
    )
    seen = 0
    for name, sample in {**SAMPLES, "tokens": tokens}.items():
        for side in ("front", "back"):
            page = opened.show(sample, side)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            measured = page.evaluate(FAINT, 4.5)
            assert measured["faint"] == [], f"{name} {side}"
            seen += measured["seen"]
    assert seen > 400


@pytest.mark.parametrize("night", [False, True], ids=["light", "dark"])
def test_the_reply_to_an_answer_stands_out(reviewer: Open, night: bool) -> None:
    """Right and wrong are told in colours, which are easily too weak on one of the grounds."""
    page = reviewer(DESKTOP, night=night).show(SAMPLES["drill"], "front")
    for typed in ("1000000", "0.49", "what?"):
        for box in page.locator(".db-input").all():
            box.fill(typed)
        page.get_by_role("button", name="Check").click()
        assert page.locator(".db-reply p").count() == 2
        assert page.evaluate(FAINT, 4.5)["faint"] == []


@pytest.mark.parametrize("night", [False, True], ids=["light", "dark"])
def test_boxes_and_rings_can_be_seen(reviewer: Open, night: bool) -> None:
    """An input without a visible edge, or focus without a visible ring, is lost: 3 to 1 for what is not text."""
    page = reviewer(DESKTOP, night=night).show(SAMPLES["drill"], "front")
    page.evaluate(
        """() => {
          const style = getComputedStyle(document.querySelector('.db-card'));
          for (const name of ['--db-edge', '--db-accent']) {
            const probe = document.createElement('span');
            probe.textContent = name;
            probe.style.color = style.getPropertyValue(name);
            document.querySelector('.db-question').appendChild(probe);
          }
        }"""
    )
    assert page.evaluate(FAINT, 3)["faint"] == []
    page.keyboard.press("Tab")
    ring = page.evaluate(
        "() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineColor]; }"
    )
    assert ring[0] == "solid"
    assert ring[1] == ("rgb(141, 184, 232)" if night else "rgb(42, 95, 158)")
