"""Files become texts, or it is said why not, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckbuilder.source.files import read_text


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"\xff", "1:1"),
        ("# Größe\n\n1) Wie groß ".encode() + b"\xe4rger", "3:13"),
        ("汉字".encode() + b"\xe6", "1:3"),
        (b"\xef\xbb\xbfa\xff", "1:2"),
        (b"a\r\nb\rc\xff", "3:2"),  # line ends of any kind
    ],
)
def test_what_is_not_utf8_is_told_at_its_character(tmp_path: Path, content: bytes, place: str) -> None:
    """If this failed, an author would look for the wrong letter far to the right of it."""
    path = tmp_path / "x.md"
    path.write_bytes(content)
    text, (found,) = read_text(path, "x.md", tmp_path)
    assert text is None
    assert (found.code, str(found.span)) == ("DB103", f"x.md:{place}")
