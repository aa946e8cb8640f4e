"""A card as each of Anki's programs shows it: the page around it, the classes on it, when that page is made anew."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import files
from pathlib import Path

KINDS = ("concept", "derivation", "drill", "implementation")

_SECTION = re.compile(r"\{\{([#^])([^{}]+)\}\}(.*?)\{\{/\2\}\}", re.DOTALL)
_FIELD = re.compile(r"\{\{([^{}]+)\}\}")
_EMPTY = re.compile(r"(?:\s|<br ?/?>|</?div ?/?>)*", re.IGNORECASE)

# What the desktop's own style sheets say to a card (reviewer.css, webview.css of Anki 25.9), as far as ours must cope.
DESKTOP_STYLE = """
html { font-size: 15px; }
body { margin: 20px; overflow-wrap: break-word; }
body.nightMode { background-color: #2c2c2c; color: #fcfcfc; }
hr { background-color: #737373; margin: 1em 0; border: none; height: 1px; }
img { max-width: 100%; max-height: 95vh; }
li { text-align: start; }
pre { text-align: left; }
a { text-decoration: none; }
button { margin: 1em 0.5em; border-radius: 15px; box-shadow: 0 1px 2px #888; }
"""


@dataclass(frozen=True, slots=True)
class Client:
    """One of Anki's programs. `long_page`: it keeps one page and changes what is in it; else a side is a new page."""

    name: str
    long_page: bool
    html_class: str = ""
    body_class: str = ""
    inner_class: str = ""
    night_html: str = ""
    night_body: str = ""
    style: str = ""

    @property
    def themes(self) -> tuple[bool, ...]:
        """Whether it is night, for each theme that the program has."""
        return (False, True) if self.night_body else (False,)


DESKTOP = Client(
    "desktop", True, "", "card card1 isLin", night_html="night-mode", night_body="nightMode night_mode",
    style=DESKTOP_STYLE,
)  # fmt: skip
ANDROID = Client("android", False, "mobile android linux js", "card card1", night_body="night_mode nightMode")
IOS = Client("ios", False, "mobile iphone ios webkit", "card card1", night_body="nightMode")
WEB = Client("web", True, inner_class="card card1")
CLIENTS = (DESKTOP, ANDROID, IOS, WEB)
THEMED = [(client, night) for client in CLIENTS for night in client.themes]
THEMED_IDS = [f"{client.name}-{'dark' if night else 'light'}" for client, night in THEMED]


def filled(template: str, note: dict[str, str]) -> str:
    """Return `template` with the fields of `note`, in the way of Anki."""

    def section(found: re.Match[str]) -> str:
        empty = _EMPTY.fullmatch(note[found[2]]) is not None
        return _SECTION.sub(section, found[3]) if empty == (found[1] == "^") else ""

    # One pass over the fields: what a field contains is not looked at again.
    return _FIELD.sub(lambda found: note[found[1]], _SECTION.sub(section, template))


@cache
def mathjax_folder() -> Path:
    """Return the folder of MathJax 3.2.2, the version that Anki has."""
    found = next(file for file in files("sphinx-mathjax-offline") or () if file.name == "tex-chtml-full.js")
    return Path(str(found.locate())).parent


# As Anki configures it (ts/mathjax/index.ts).
MATHJAX = r"""
<script>
window.MathJax = {
  tex: {
    displayMath: [["\\[", "\\]"]], processEscapes: false, processEnvironments: false, processRefs: false,
    packages: {"[+]": ["noerrors", "mathtools"], "[-]": ["textmacros"]}
  },
  loader: {load: ["[tex]/noerrors", "[tex]/mathtools"], paths: {mathjax: "/mathjax"}},
  startup: {typeset: false}
};
</script>
<script src="/mathjax/tex-chtml-full.js"></script>
"""


def page(client: Client, content: str, *, night: bool, mathjax: bool) -> str:
    """Return the page that `client` puts `content` on."""
    html_class = f"{client.html_class} {client.night_html if night else ''}"
    body_class = f"{client.body_class} {client.night_body if night else ''}"
    return (
        f'<!doctype html><html class="{html_class}" lang="en"><head><meta charset="utf-8"><title>card</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{client.style}</style>{MATHJAX if mathjax else ''}</head>"
        f'<body class="{body_class}"><div id="qa" class="{client.inner_class}">{content}</div></body></html>'
    )


# How the desktop puts the next side on its one page: the content, its scripts made anew so that they run, then maths.
UPDATE = """
async (html) => {
  const qa = document.getElementById('qa');
  qa.innerHTML = html;
  for (const old of qa.querySelectorAll('script')) {
    const script = document.createElement('script');
    for (const attribute of old.attributes) script.setAttribute(attribute.name, attribute.value);
    script.appendChild(document.createTextNode(old.innerHTML));
    old.replaceWith(script);
  }
  if (window.MathJax) {
    await MathJax.startup.promise;
    MathJax.typesetClear();
    await MathJax.typesetPromise([qa]);
    await document.fonts.ready;
  }
}
"""

# A page per side sets its maths once it has loaded.
SETTLE = """
async () => {
  if (window.MathJax) {
    await MathJax.startup.promise;
    await MathJax.typesetPromise();
    await document.fonts.ready;
  }
}
"""
