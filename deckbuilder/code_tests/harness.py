"""The program that runs one card's code, in a process and with an interpreter of its own.

It is started as a file, so it imports nothing but the standard library. The first argument names a JSON file with the
card's blocks, the second the file to write the result to. Each block is compiled under the name and at the line of its
source, so that a traceback names the place in the author's file.
"""

from __future__ import annotations

import ast
import json
import sys
import traceback
from pathlib import Path
from types import CodeType
from typing import Any

_MESSAGE = 500


def _run(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Run the code, then the assertions statement by statement; say how far it came and what went wrong."""
    namespace: dict[str, Any] = {"__name__": "card"}
    passed = 0
    for block in blocks:
        text = "\n" * (block["line"] - 1) + block["text"]
        part: list[ast.stmt] = []
        try:
            body = ast.parse(text, block["file"]).body
            parts = [[statement] for statement in body] if block["is_test"] else [body]
            for part in parts:
                exec(_compiled(part, block["file"]), namespace)  # noqa: S102  # what the author asked for
                passed += sum(map(_assertions, part)) if block["is_test"] else 0
        except BaseException as error:  # the code may raise whatever it likes
            return {"passed": passed, **_problem(error, block, text, part)}
    return {"passed": passed, "status": "passed"}


def _compiled(statements: list[ast.stmt], file: str) -> CodeType:
    return compile(ast.Module(statements, []), file, "exec", dont_inherit=True)


def _assertions(statement: ast.stmt) -> int:
    """Count the assertions in a statement: `assert`, and calls such as `np.testing.assert_allclose(…)`."""
    return sum(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].startswith("assert"))
        for node in ast.walk(statement)
    )


def _problem(error: BaseException, block: dict[str, Any], text: str, body: list[ast.stmt]) -> dict[str, Any]:
    """Describe an error: the last line of the card that it went through, and that line or the whole assertion."""
    if isinstance(error, SyntaxError) and error.filename == block["file"]:
        line, shown = error.lineno or block["line"], (error.text or "").strip()
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == block["file"]]
        line = (frames[-1].lineno if frames else None) or (body[0].lineno if body else block["line"])
        shown = _line(text, line)
        if block["is_test"] and isinstance(error, AssertionError) and isinstance(body[0], ast.Assert):
            line, shown = body[0].lineno, ast.get_source_segment(text, body[0]) or shown
    found = {"status": "failed", "line": line, "shown": shown, "error": _named(error)}
    if isinstance(error, ModuleNotFoundError) and error.name:
        found |= {"status": "missing", "module": error.name}
    return found


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1].strip() if number <= len(lines) else ""


def _named(error: BaseException) -> str:
    try:
        words = str(error)
    except Exception:  # an exception of the card's own
        words = ""
    return f"{type(error).__name__}: {words}"[:_MESSAGE] if words else type(error).__name__


if __name__ == "__main__":
    given, result = map(Path, sys.argv[1:3])
    sys.argv[1:] = []
    found = _run(json.loads(given.read_text(encoding="utf-8")))
    result.write_text(json.dumps(found), encoding="utf-8")
