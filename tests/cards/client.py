"""A card as each of Anki's programs shows it: the page around it, the classes on it, when that page is made anew."""

from __future__ import annotations

from deckbuilder.kinds.filling import filled
from deckbuilder.preview.clients import ANDROID, CLIENTS, DESKTOP, IOS, WEB, Client
from deckbuilder.preview.mathjax import mathjax_folder

__all__ = ["ANDROID", "CLIENTS", "DESKTOP", "IOS", "KINDS", "WEB", "Client", "filled", "mathjax_folder"]

KINDS = ("concept", "derivation", "drill", "implementation")

THEMED = [(client, night) for client in CLIENTS for night in client.themes]
THEMED_IDS = [f"{client.name}-{'dark' if night else 'light'}" for client, night in THEMED]


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
