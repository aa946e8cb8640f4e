"""Anki's programs, as far as a card can tell them apart: classes, their own style, when a page is made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from msgspec import Struct

_DESKTOP_STYLE: Final = (Path(__file__).parent / "desktop.css").read_text(encoding="utf-8")


class Client(Struct, frozen=True):
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


DESKTOP: Final = Client(
    "desktop", True, "", "card card1 isLin", night_html="night-mode", night_body="nightMode night_mode",
    style=_DESKTOP_STYLE,
)  # fmt: skip
ANDROID: Final = Client(
    "android", False, "mobile android linux js", "card card1", night_body="night_mode nightMode"
)  # fmt: skip
IOS: Final = Client("ios", False, "mobile iphone ios webkit", "card card1", night_body="nightMode")
WEB: Final = Client("web", True, inner_class="card card1")
CLIENTS: Final = (DESKTOP, ANDROID, IOS, WEB)
