"""What a card may hold and do, judged by a browser: its own parser reads each side, its own page shows it.

The lists here are written out anew and not taken from the code that they judge.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from deckbuilder.kinds.fields import FIELDS
from deckbuilder.kinds.filling import filled
from deckbuilder.kinds.templates import load_templates
from tests.cards.browser import ADDRESS, Reviewer
from tests.cards.client import DESKTOP, KINDS
from tests.support.learner import Learner

ELEMENTS = set(
    "a abbr b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub "
    "summary sup table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
ATTRIBUTES: Mapping[str, set[str]] = {
    "*": {"align", "class", "dir", "lang", "title"},
    "a": {"href", "rel", "target"},
    "blockquote": {"cite"},
    "col": {"span", "valign", "width"},
    "colgroup": {"span", "valign", "width"},
    "details": {"open"},
    "div": {"data-key", "hidden"},
    "hr": {"size", "width"},
    "img": {"alt", "height", "hspace", "src", "vspace", "width"},
    "input": {"checked", "disabled", "type"},
    "li": {"data-high", "data-low", "value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "table": {"border", "cellpadding", "cellspacing", "height", "width"},
    "td": {"abbr", "colspan", "headers", "height", "rowspan", "scope", "valign", "width"},
    "th": {"abbr", "colspan", "headers", "height", "rowspan", "scope", "valign", "width"},
    "time": {"datetime"},
    "tr": {"valign"},
    "ul": {"type"},
}
PICTURES = "https://pictures.example/"
"""The one address from which the attacks may fetch: a picture that stays a link, with a warning."""

_ACTED_UPON = re.compile(r"\[(?:sound:|anki:|\[type:|/?latex\]|/?\$\$?\])", re.IGNORECASE)

# A tree read by the browser's parser, in which no script runs and from which nothing is fetched.
_READ = r"""
([html, elements, attributes, script]) => {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const wrong = [...page.head.children].map(found => `<${found.localName}> in the head`);
  let scripts = 0;
  for (const found of page.body.querySelectorAll('*')) {
    const name = found.localName;
    if (name === 'script' && found.textContent.trim() === script && !found.attributes.length) { scripts++; continue; }
    const box = name === 'input' && found.type === 'checkbox' && found.disabled;
    if (!elements.includes(name) && !box) wrong.push(`<${name}>`);
    for (const {name: key, value} of found.attributes) {
      const answer = name === 'hr' && key === 'id' && value === 'answer';
      const may = attributes['*'].includes(key) || (attributes[name] || []).includes(key) || answer;
      if (!may) wrong.push(`${name} ${key}`);
      if (['href', 'cite'].includes(key) && !/^(https?:\/\/|mailto:)/.test(value)) wrong.push(`${key} ${value}`);
      const picture = /^(https?:\/\/|db-[0-9a-f]{16}\.(png|jpg|gif|webp|avif|svg)$)/;
      if (key === 'src' && !picture.test(value)) wrong.push(`src ${value}`);
      if (key === 'class' && value.split(/\s+/).includes('card')) wrong.push(`class ${value}`);
    }
  }
  if (page.querySelectorAll('.db-card').length !== 1) wrong.push('a second card in the card');
  if (scripts !== 1) wrong.push(`${scripts} scripts of ours`);
  const ours = ['db-card', 'db-footer', 'db-origin'];
  const bones = place => [...place.children].map(child => {
    const name = `${child.localName}.${child.className}`;
    return ours.some(one => child.classList.contains(one)) ? [name, bones(child)] : name;
  });
  return {wrong, bones: bones(page.body), texts: page.body.textContent};
}
"""

_SHOWN = r"""
() => {
  const wrong = [];
  if (document.querySelectorAll('#qa').length !== 1) wrong.push('a second element of the id of the page');
  for (const found of document.querySelectorAll('#qa *')) {
    const ours = /(^|\s)db-/.test(found.className);  // no author can have such a class
    const outside = ['fixed', 'sticky'].includes(getComputedStyle(found).position);
    if (outside && !ours) wrong.push(`${found.localName} stands outside`);
    const address = found.getAttribute('href') ?? '';
    if (/^\s*[a-z]+:/i.test(address) && !/^(https?|mailto):/i.test(address)) wrong.push(`a link to ${address}`);
    for (const {name} of found.attributes) if (name.startsWith('on')) wrong.push(`the handler ${name}`);
  }
  return wrong;
}
"""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a card as the real Anki fills it, with the texts that it was filled with."""

    name: str
    html: str
    fields: Mapping[str, str]


def sides_of(apkg: Path) -> Iterator[Side]:
    """Import the package into a new collection, and yield both sides of each of its cards."""
    with Learner() as learner:
        learner.import_package(apkg)
        for guid in learner.guids():
            fields = {**learner.fields(guid), "Tags": " ".join(learner.tags(guid))}
            yield Side(f"front of {fields['Key']}", learner.front(guid), fields)
            yield Side(f"back of {fields['Key']}", learner.back(guid), fields)


class Judge:
    """Reads and shows sides in the browser, and says what is wrong with them."""

    def __init__(self, reviewer: Reviewer) -> None:
        self.reviewer = reviewer
        self.fetched: list[str] = []
        self.said: list[str] = []
        reviewer.context.on("request", lambda request: self.fetched.append(request.url))
        reviewer.page.on("dialog", self._dismiss)
        self.templates = load_templates(KINDS)
        found = re.search(r"<script>(.*)</script>", self.templates.back, re.DOTALL)
        assert found
        self.script = found[1].strip()

    def faults(self, apkg: Path) -> list[str]:
        """Return everything that is wrong with the cards of a package."""
        return [f"{side.name}: {fault}" for side in sides_of(apkg) for fault in self._faults_of(side)]

    def faults_of_decks(self, apkg: Path) -> list[str]:
        """Return what is wrong with the page of each deck, which the desktop makes of name and description unasked."""
        with Learner() as learner:
            learner.import_package(apkg)
            pages = [f"<h3>{name}</h3><div>{learner.deck_description(name)}</div>" for name in learner.decks()]
        faults = []
        for page in pages:
            wrong = self._read(page)["wrong"]
            faults += [fault for fault in wrong if fault not in ("0 scripts of ours", "a second card in the card")]
            faults += self._shown(page)
        return faults

    def _faults_of(self, side: Side) -> Iterator[str]:
        yield from (
            f"{name} has {found.group()}" for name, text in side.fields.items() for found in _ACTED_UPON.finditer(text)
        )
        read = self._read(side.html)
        yield from read["wrong"]
        inert = {name: "x" if side.fields.get(name) else "" for name in (*FIELDS, "Tags")}
        inert |= {"Kind": side.fields["Kind"]}
        template = self.templates.front if side.name.startswith("front") else self.templates.back
        if read["bones"] != self._read(filled(template, inert))["bones"]:
            yield f"the card is not built as its template is: {read['bones']}"
        yield from self._shown(side.html)

    def _read(self, html: str) -> dict[str, Any]:
        attributes = {name: sorted(keys) for name, keys in ATTRIBUTES.items()}
        found: dict[str, Any] = self.reviewer.page.evaluate(_READ, [html, sorted(ELEMENTS), attributes, self.script])
        return found

    def _shown(self, html: str) -> Iterator[str]:
        self.fetched.clear()
        self.said.clear()
        page = self.reviewer.put(html)
        page.evaluate("() => document.querySelectorAll('#qa details').forEach(one => { one.open = true; })")
        yield from page.evaluate(_SHOWN)
        yield from (f"a script says {said}" for said in self.said)
        yield from (f"it fetches {url}" for url in self.fetched if not url.startswith((ADDRESS, PICTURES)))

    def _dismiss(self, dialog: Any) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()


@contextmanager
def judge(browser: Browser) -> Iterator[Judge]:
    """Open a page to judge cards on."""
    reviewer = Reviewer(browser, DESKTOP)
    try:
        reviewer.put("")
        yield Judge(reviewer)
    finally:
        reviewer.close()


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder for a deck and its package, and remove it."""
    with tempfile.TemporaryDirectory(prefix="attack-") as name:
        yield Path(name)
