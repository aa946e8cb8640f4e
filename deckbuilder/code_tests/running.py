"""A card's code runs in a process of its own, in an empty folder, for a limited time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from msgspec import Struct

from deckbuilder.code_tests import harness
from deckbuilder.code_tests.cards import CodeCard
from deckbuilder.diagnostics import Span

PASSED: Final = "passed"
FAILED: Final = "failed"
TIMED_OUT: Final = "timed out"
MISSING: Final = "module missing"
SKIPPED: Final = "skipped"

MAX_OUTPUT: Final = 4_000  # bytes of a card's own output that are kept
_KEPT = ("PATH", "SYSTEMROOT", "WINDIR", "COMSPEC", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What a card's process sees of the environment: what an interpreter needs to start, and no token of anybody's."""


class CannotStart(Exception):
    """The interpreter that was named cannot be started; the reason is the message."""


class CardResult(Struct, frozen=True):
    """What became of a card: its status, how many assertions passed, and, where one did not, which, where, and why.

    `output` is what the code printed, cut to a few thousand characters.
    """

    card: CodeCard
    status: str
    passed: int = 0
    problem: str = ""
    at: Span | None = None
    shown: str = ""
    output: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong with the card as far as it could be tested."""
        return self.status in (PASSED, SKIPPED)


def run_card(card: CodeCard, python: str, timeout: float) -> CardResult:
    """Run a card's code and assertions with the interpreter `python`, for at most `timeout` seconds.

    Raises CannotStart.
    """
    if reason := card.reason_to_skip:
        return CardResult(card, SKIPPED, problem=reason)
    with tempfile.TemporaryDirectory(prefix="deckbuilder-code-", ignore_cleanup_errors=True) as root:
        given, result, folder = Path(root, "card.json"), Path(root, "result.json"), Path(root, "folder")
        folder.mkdir()
        given.write_text(json.dumps(_blocks(card)), encoding="utf-8")
        command = [python, "-I", str(Path(harness.__file__).resolve()), str(given), str(result)]
        code, output = _run(command, folder, timeout)
        if code is None:
            problem = f"still running after {timeout:g} seconds"
            return CardResult(card, TIMED_OUT, problem=problem, output=output)
        try:
            found = json.loads(result.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            problem = f"the process ended with code {code} before the assertions were done"
            return CardResult(card, FAILED, problem=problem, output=output)
    return _result(card, found, output)


def _blocks(card: CodeCard) -> list[dict[str, Any]]:
    return [
        {"file": block.file, "line": block.line, "text": block.text, "is_test": is_test}
        for blocks, is_test in ((card.code, False), (card.assertions, True))
        for block in blocks
        if block.is_python
    ]


def _result(card: CodeCard, found: dict[str, Any], output: str) -> CardResult:
    if found["status"] == "passed" and not found["passed"]:
        return CardResult(card, FAILED, problem="its test block asserts nothing, so it cannot fail", output=output)
    if found["status"] == "passed":
        return CardResult(card, PASSED, found["passed"], output=output)
    at = Span(card.span.file, found["line"])
    if found["status"] == "missing":
        problem = f"the module `{found['module']}` is not installed for this interpreter"
        return CardResult(card, MISSING, found["passed"], problem, at, found["shown"], output)
    return CardResult(card, FAILED, found["passed"], found["error"], at, found["shown"], output)


# The process


def _run(command: list[str], folder: Path, timeout: float) -> tuple[int | None, str]:
    """Return the exit code, None if time was up, and the beginning of what was printed."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), str(folder))
    try:
        process = subprocess.Popen(  # noqa: S603  # no shell, and only when the author asks
            command, bufsize=0, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise CannotStart(f"cannot start `{command[0]}`: {error.strerror or error}") from None
    kept = bytearray()
    reader = threading.Thread(target=_read, args=(process.stdout, kept), daemon=True)
    reader.start()
    code: int | None = None
    with suppress(subprocess.TimeoutExpired):
        try:
            code = process.wait(timeout)
        finally:
            _end(process)
    process.wait()
    reader.join(1)  # longer only if something that the code started has left its group and holds the pipe
    return code, kept.decode("utf-8", "replace").strip()


def _read(stream: IO[bytes], kept: bytearray) -> None:
    """Read all that is printed, so that the process never waits, and keep the beginning."""
    with stream:
        while part := stream.read(65_536):
            kept += part[: MAX_OUTPUT - len(kept)]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process, and where it can be done whatever it started, which might outlive it."""
    kill: Callable[[int, int], None] | None = getattr(os, "killpg", None)
    with suppress(OSError):
        if kill:
            kill(process.pid, signal.SIGKILL)
        else:
            process.kill()
