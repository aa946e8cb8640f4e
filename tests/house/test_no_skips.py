"""The rule of continuous integration that nothing skips."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"

SKIPPING_TEST = 'import pytest\n\ndef test_card():\n    pytest.skip("no browser here")\n'
SKIPPING_MODULE = 'import pytest\n\npytest.importorskip("a_library_that_nobody_has")\n\ndef test_card():\n    pass\n'


@pytest.mark.parametrize("source", [SKIPPING_TEST, SKIPPING_MODULE], ids=["test", "module"])
@pytest.mark.parametrize("forbidden", [True, False])
def test_skips_fail_where_they_are_forbidden(tmp_path: Path, source: str, forbidden: bool) -> None:
    """Otherwise a runner without a browser would call broken cards fine, or a newcomer's first run would be all red."""
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_skipping.py").write_text(source, encoding="utf-8")
    (tmp_path / "test_passing.py").write_text("def test_passing():\n    pass\n", encoding="utf-8")
    environment = {**os.environ, "DECKBUILDER_NO_SKIPS": "1" if forbidden else "0"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode != 0) is forbidden, run.stdout
    assert ("forbidden here" in run.stdout) is forbidden
