"""The real MathJax 3.2.2, configured as in Anki: its verdict on a formula, and everything that it knows by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any, TypeVar

from playwright.sync_api import Browser, Page

from tests.cards.browser import Reviewer
from tests.cards.client import DESKTOP

# Errors are noted on their way to the extension `noerrors`, which shows the raw source and says nothing.
_HOOK = r"""
async () => {
  await MathJax.startup.promise;
  const jax = MathJax.startup.input[0];
  const shown = jax.options.formatError;
  let errors = [];
  jax.options.formatError = (input, error) => { errors.push(error.id); return shown(input, error); };
  window.verdict = (tex, display) => {
    errors = [];
    MathJax.texReset();
    try { return {errors, mml: MathJax.tex2mml(tex, {display: Boolean(display)})}; }
    catch (crash) { return {errors: ['crash'], mml: ''}; }
  };
}
"""
_WIDTHS = r"""
async (formulas) => {
  const place = document.getElementById('qa');
  const style = 'font-size: 20px; white-space: nowrap';
  // MathJax scales its letters to those of the font around, so an em is measured too: any machine gives the same.
  const all = [...formulas, '\\(\\rule{10em}{1em}\\)'];
  place.innerHTML = all.map(tex => `<p style="${style}"><span>${tex}</span></p>`).join('');
  await MathJax.typesetPromise([place]);
  const widths = [...place.querySelectorAll('p > span')].map(one => one.getBoundingClientRect().width);
  const em = widths.pop() / 10;
  return widths.map(width => width / em);
}
"""
_NAMES = r"""
() => {
  const names = {};
  for (const [type, maps] of MathJax.startup.input[0].parseOptions.handlers.map)
    names[type] = [...maps._configuration].flatMap(entry => [...((entry.item || entry).map || new Map()).keys()]);
  return names;
}
"""
_UNDEFINED = re.compile(r'<mtext mathcolor="red">(\\[^<]*)</mtext>')
_SHOWN_ESCAPE = re.compile(r">[^<>]*\\%[^<>]*<")
_SIGNS = {"MissingDimOrUnits": "d", "MissingOrUnrecognizedDelim": "D"}
_MOST_ARGUMENTS = 6
T = TypeVar("T")
_DANGEROUS = frozenset({"require", "verb", "vdotswithin", "def", "let", "begin", "end"})
"""Macros that load, define or read on beyond their arguments, so that probing them would change what follows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What MathJax says of a formula: the ids of its errors, the macros that it does not know, what it makes of it."""

    errors: tuple[str, ...]
    undefined: tuple[str, ...]
    mml: str

    @property
    def is_clean(self) -> bool:
        """Whether the formula is typeset as it was meant."""
        return not self.errors and not self.undefined


class MathJax:
    """A page with MathJax."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def verdict(self, tex: str, *, display: bool = True) -> Verdict:
        """Return what MathJax says of one formula."""
        return self.verdicts([tex], display=display)[0]

    def verdicts(self, formulas: list[str], *, display: bool = True) -> list[Verdict]:
        """Return what MathJax says of each formula, each typeset as if it were the first on the page."""
        found = self.page.evaluate("([all, display]) => all.map(tex => verdict(tex, display))", [formulas, display])
        return [Verdict(tuple(one["errors"]), tuple(_UNDEFINED.findall(one["mml"])), one["mml"]) for one in found]

    def widths(self, formulas: list[str]) -> list[float]:
        """Return how many em each formula is wide in a line."""
        return list(self.page.evaluate(_WIDTHS, [rf"\({escape(tex)}\)" for tex in formulas]))

    def names(self) -> dict[str, list[str]]:
        """Return every name that MathJax has in its tables, by table."""
        return dict(self.page.evaluate(_NAMES))


@contextmanager
def mathjax(browser: Browser) -> Iterator[MathJax]:
    """Open a page with MathJax as the desktop has it."""
    reviewer = Reviewer(browser, DESKTOP)
    try:
        reviewer.put("")
        reviewer.page.evaluate(_HOOK)
        yield MathJax(reviewer.page)
    finally:
        reviewer.close()


def known(jax: MathJax) -> dict[str, Any]:
    """Return what MathJax knows, found out by asking it, in the form of deckbuilder/tex/mathjax.json.

    A macro's signature has a letter for each argument: `m` math, `a` math in rows and columns, `t` text, `r` neither (a
    colour, an address), and before them `[` where an optional one may stand; `d` is a dimension, `D` a delimiter.
    """
    names = jax.names()
    delimiters = sorted(set(names["delimiter"]))
    macros = {name.removeprefix("\\") if len(name) > 1 else name for name in names["macro"] + delimiters}
    macros = {name for name in macros if name.isalpha() or (len(name) == 1 and not name.isalnum())}
    alone = _ask(jax, {name: _call(name, 0) for name in sorted(macros | set("\\{}|"))})
    signatures = _signatures(jax, {name: said for name, said in alone.items() if not said.undefined})
    calls = {
        name: _call(name, len(signature.lstrip("[")))
        for name, signature in signatures.items()
        if name not in _DANGEROUS and signature not in ("d", "D")
    }
    limits = _ask(jax, {name: call + r"\limits" for name, call in calls.items()})
    scripts = _ask(jax, {name: "x^" + call for name, call in calls.items()})
    return {
        "version": jax.page.evaluate("MathJax.version"),
        "macros": signatures,
        "operators": [name for name, said in limits.items() if not said.errors],
        "no_scripts": [name for name, said in scripts.items() if "MissingOpenForSup" in said.errors],
        "delimiters": delimiters,
        "environments": _environments(jax, sorted(set(names["environment"]))),
    }


def _ask(jax: MathJax, formulas: Mapping[T, str]) -> dict[T, Verdict]:
    return dict(zip(formulas, jax.verdicts(list(formulas.values())), strict=True))


def _call(name: str, count: int, odd: int = -1, argument: str = "a") -> str:
    if name in _DANGEROUS:
        return ""
    arguments = "".join("{" + (argument if number == odd else "a") + "}" for number in range(count))
    return f"\\{name}{' ' if name.isalpha() and not arguments else ''}{arguments}"


def _signatures(jax: MathJax, alone: Mapping[str, Verdict]) -> dict[str, str]:
    counts = dict.fromkeys(alone, 0)
    wanting = [name for name, said in alone.items() if said.errors[:1] == ("MissingArgFor",)]
    while wanting:
        counts |= {name: counts[name] + 1 for name in wanting}
        said = _ask(jax, {name: _call(name, counts[name]) for name in wanting if counts[name] < _MOST_ARGUMENTS})
        wanting = [name for name, verdict in said.items() if verdict.errors[:1] == ("MissingArgFor",)]
    opened = _ask(jax, {name: _call(name, 0).rstrip() + "[" for name in alone})
    places = [(name, number) for name, count in counts.items() for number in range(count)]
    hashes = _ask(jax, {(name, number): _call(name, counts[name], number, "a#") for name, number in places})
    escapes = _ask(jax, {(name, number): _call(name, counts[name], number, r"a\%b") for name, number in places})
    columns = _ask(jax, {(name, number): _call(name, counts[name], number, "a & b") for name, number in places})
    signatures = {}
    for name, said in alone.items():
        letters = [_letter(*(said[name, n] for said in (hashes, columns, escapes))) for n in range(counts[name])]
        bracket = "[" if "MissingCloseBracket" in opened[name].errors else ""
        signatures[name] = _SIGNS.get("".join(said.errors[:1])) or bracket + "".join(letters)
    return signatures


def _letter(with_hash: Verdict, with_columns: Verdict, with_escape: Verdict) -> str:
    if any("Hash" in error for error in with_hash.errors):
        return "a" if not with_columns.errors else "m"
    return "t" if not with_escape.errors and _SHOWN_ESCAPE.search(with_escape.mml) else "r"


def _environments(jax: MathJax, names: list[str]) -> dict[str, str]:
    """Return for each environment `&` where columns may stand and `\\` where rows may end, as one text."""
    columns = _ask(jax, {name: rf"\begin{{{name}}}{{1}}a & b\end{{{name}}}" for name in names})
    rows = _ask(jax, {name: rf"\begin{{{name}}}{{1}}a \\ b\end{{{name}}}" for name in names})
    allowed = {}
    for name in names:
        allowed[name] = "" if "Misplaced" in columns[name].errors else "&"
        allowed[name] += "" if "newline" in rows[name].mml else "\\"
    return allowed
