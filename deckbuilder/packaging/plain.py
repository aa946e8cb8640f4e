"""A field's text without its HTML, by Anki's own rules: what it sorts by and what it looks for duplicates with.

Anki's rules are `strip_html_preserving_media_filenames` and `field_checksum` in its Rust library. Anki reckons both
anew on import; other readers of an .apkg take them as they stand.
"""

from __future__ import annotations

import html
import re
from hashlib import sha1

_WRAPPERS = tuple(
    (re.compile(opener, re.IGNORECASE), re.compile(closer, re.IGNORECASE))
    for opener, closer in (("<!--", "-->"), ("<style", "</style>"), ("<script", "</script>"))
)
_MEDIA_NAME = re.compile(
    r"""<(?:img|audio|video|object)\b [^>]*? \b(?:src|data)= (?: "([^"]+)" | '([^']+)' | ([^\s"'>]+) )""",
    re.IGNORECASE | re.VERBOSE,
)


def plain_text(field: str) -> str:
    """Return `field` without comments, styles, scripts and tags, entities decoded; of a picture the name stays."""
    if "<" in field:
        field = _without_tags(field)
    if "&" in field:
        field = html.unescape(field).replace("\xa0", " ")
    return field


def checksum(text: str) -> int:
    """Return the number by which Anki finds notes with the same first field: 32 bits of the SHA-1 of its plain text."""
    return int.from_bytes(sha1(text.encode(), usedforsecurity=False).digest()[:4], "big")


def _without_tags(field: str) -> str:
    """Cut the tags out in one pass; a `<` that nothing closes is text."""
    hopeless: set[re.Pattern[str]] = set()
    kept: list[str] = []
    at = 0
    while (start := field.find("<", at)) >= 0:
        end = _end_of_wrapper(field, start, hopeless) or field.find(">", start) + 1
        if not end:
            break
        named = _MEDIA_NAME.match(field, start, end)
        kept += (field[at:start], f" {named[1] or named[2] or named[3]} " if named else "")
        at = end
    kept.append(field[at:])
    return "".join(kept)


def _end_of_wrapper(field: str, start: int, hopeless: set[re.Pattern[str]]) -> int:
    """Return where the comment, style or script that opens at `start` ends, 0 if none does.

    `hopeless` gathers the closers that occur no more, so that a thousand openers do not each read to the end.
    """
    for opener, closer in _WRAPPERS:
        if opener.match(field, start) and closer not in hopeless:
            if found := closer.search(field, start):
                return found.end()
            hopeless.add(closer)
    return 0
