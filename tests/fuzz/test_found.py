"""What fuzzing found, once and for all: files of `found` hold `what it was / . / input / . / what comes of it now / .`.

The files are named by kinds of input. In an input `⟨U+0085⟩` stands for a character, `⟨0xFF⟩` for a byte, and
`⟨300 × ab⟩` for 300 times the same; `␉` is a tab.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deckbuilder.pipeline import BuildResult
from tests.fuzz.invariants import survives
from tests.fuzz.targets import TARGETS
from tests.support.fixtures import Case, cases, rewritten

FOUND = Path(__file__).parent / "found"
_SHOWN = 6

_REPEATED = re.compile(r"⟨(\d+) × (.*?)⟩", re.DOTALL)
_CHARACTER = re.compile(r"⟨U\+([0-9A-F]+)⟩")
_BYTE = re.compile(r"⟨0x([0-9A-F]{2})⟩")


def content_of(given: str) -> bytes:
    """Return the bytes of an input that is written so that a person can read it."""
    text = _REPEATED.sub(lambda match: int(match[1]) * match[2], given)
    text = _CHARACTER.sub(lambda match: chr(int(match[1], 16)), text)
    return _BYTE.sub(lambda match: chr(0xDC00 + int(match[1], 16)), text).encode("utf-8", errors="surrogateescape")


def outcome(result: BuildResult) -> str:
    """Return what comes of an input: the first findings, or that it builds."""
    lines = [f"{Path(one.span.file).name}:{one.span.line}:{one.span.column}-{one.span.end} {one.code} {one.message}"
             for one in result.diagnostics]  # fmt: skip
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join(lines[:_SHOWN] + more) or "(it builds)"


@pytest.mark.parametrize("case", cases(FOUND), ids=str)
def test_what_was_found_stays_mended(case: Case, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """If this failed, what broke a build once would break it again."""
    TARGETS[case.file.stem].lay(content_of(case.given), tmp_path / "deck")
    found = outcome(survives(tmp_path / "deck"))
    if not rewritten(request, case, found):
        assert found == case.expected
