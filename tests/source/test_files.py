"""Files become texts, or it is said why not, and where."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.source.files import read_files, read_text


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


CONFLICT = """\
# Vectors

1) What is a norm?

<<<<<<< HEAD
    A length.
||||||| merged common ancestors
    A size.
=======
    The length of a vector.
>>>>>>> theirs

2) What is a basis?
=======

    Vectors that span all.
"""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (CONFLICT, [5, 7, 9, 11]),
        (CONFLICT.replace("||||||| merged common ancestors\n    A size.\n", ""), [5, 7, 9]),
        (CONFLICT * 2, [5, 7, 9, 11, 21, 23, 25, 27]),
        (CONFLICT.replace("\n", "\r\n"), [5, 7, 9, 11]),
        ("a\n<<<<<<< HEAD\nb\n", [2]),
        ("```\nan open fence\n<<<<<<< HEAD\n```\n<<<<<<< HEAD\n", [5]),
        ("    ```\n<<<<<<< HEAD\n    x\n=======\n    y\n>>>>>>> b\n    ```\n", [2, 4, 6]),
    ],
    ids=["diff3", "merge", "two", "CRLF", "half", "after a fence", "inside of an answer's fence"],
)
def test_a_conflict_is_an_error_at_each_of_its_markers(tmp_path: Path, text: str, lines: list[int]) -> None:
    """If this failed, learners would get both versions of an answer on one card, with git's markers between them."""
    (tmp_path / "a.md").write_bytes(text.encode())
    files, found = read_files(tmp_path, [tmp_path / "a.md"], "content")
    assert files == []
    assert [(one.code, one.span.file, one.span.line, one.span.column) for one in found] == [
        ("DB128", "content/a.md", line, 1) for line in lines
    ]


@pytest.mark.parametrize(
    "text",
    [
        "A heading\n=======\n\n>>>>>>> quoted seven times\n",
        "What does `<<<<<<<` say?\n <<<<<<< HEAD\n<<<<<<<<<< more\n<<<<<<<text\n",
        "```diff\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> theirs\n```\n",
        "~~~~\n```\n~~~\n<<<<<<< HEAD\n=======\n>>>>>>> b\n~~~~\n",
        "1) What is a conflict?\n\n    ```\n    <<<<<<< HEAD\n    =======\n    >>>>>>> b\n    ```\n",
    ],
    ids=["headings and quotes", "words", "fence", "fence of other marks", "example in an answer"],
)
def test_what_only_looks_like_a_conflict_is_none(tmp_path: Path, text: str) -> None:
    """If this failed, a deck about git could not be built."""
    (tmp_path / "a.md").write_text(text)
    files, found = read_files(tmp_path, [tmp_path / "a.md"], "")
    assert (len(files), found) == (1, [])


@given(
    st.lists(st.sampled_from(["<<<<<<< a", "=======", ">>>>>>> b", "||||||| c", "```", "~~~~", "x", ""]), max_size=12)
)
def test_a_whole_conflict_outside_of_fences_is_always_seen(lines: list[str]) -> None:
    """If this failed, what stands before a conflict could hide it."""
    text = "\n".join(
        [line for line in lines if line not in {"```", "~~~~"}] + ["<<<<<<< a", "=======", ">>>>>>> b", ""]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.md"
        path.write_text(text)
        _, found = read_files(path.parent, [path], "")
    assert found
