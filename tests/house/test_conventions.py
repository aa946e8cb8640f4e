"""What a reader may rely on everywhere: docstrings, silence below the command line, no trace of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "deckbuilder").rglob("*.py"))

PRINTING = {"click.echo", "click.secho"}
SPEAKING = {("print",), ("click", "echo"), ("click", "secho"), ("sys", "stdout"), ("sys", "stderr")}
"""Ways to write to the terminal."""

MACHINE_PATH = re.compile(r"(?<![\w.~/-])(?:/(?:work|root|home|Users|opt)/\w|[A-Z]:\\Users\\)")
"""A path that exists on one machine only; folders of the project are named from its root."""


def project_files() -> list[Path]:
    """Return every text file of the project: what git tracks or would add, else all but what tools made."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, cwd=ROOT, capture_output=True, check=False)
    if found.returncode == 0:
        names = [name for name in found.stdout.decode().split("\0") if name]
        paths = [ROOT / name for name in names]
    else:  # an unpacked archive
        made = {".venv", "build", ".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}
        paths = [path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in paths if path.is_file())


def undocumented(tree: ast.Module, module: str) -> Iterator[str]:
    """Every public module, class, function and method without a docstring."""
    if not ast.get_docstring(tree) and tree.body:
        yield module
    pending: list[tuple[str, ast.Module | ast.ClassDef]] = [(module, tree)]
    while pending:
        prefix, holder = pending.pop()
        for node in holder.body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
                continue
            name = f"{prefix}.{node.name}"
            if not ast.get_docstring(node):
                yield name
            if isinstance(node, ast.ClassDef):
                pending.append((name, node))


def dotted(node: ast.expr) -> tuple[str, ...]:
    """Return the parts of `a.b.c`, or nothing for any other expression."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        start = dotted(node.value)
        return (*start, node.attr) if start else ()
    return ()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_public_names_have_docstrings(path: Path) -> None:
    """Otherwise whoever carries the work on would have to guess what a function promises."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert list(undocumented(tree, path.stem)) == []


def test_only_the_command_line_speaks() -> None:
    """Otherwise a library user's terminal, and the JSON on stdout that CI reads, would be written into."""
    said = []
    for path in SOURCES:
        if path.is_relative_to(ROOT / "deckbuilder" / "cli"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name | ast.Attribute) and dotted(node) in SPEAKING:
                said.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            if isinstance(node, ast.Import) and any(alias.name == "logging" for alias in node.names):
                said.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert said == []


def test_every_command_prints_by_one_function() -> None:
    """Otherwise a deck's name in a command's output could be a command to the runner of a continuous integration."""
    said = []
    for path in (ROOT / "deckbuilder" / "cli").glob("*.py"):
        if path.name in {"shared.py", "main.py", "process.py"}:  # `say` itself, and texts of our own
            continue
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        printing = (node for node in nodes if isinstance(node, ast.Attribute) and dotted(node) in PRINTING)
        said += [f"{path.relative_to(ROOT)}:{node.lineno}" for node in printing]
    assert said == []


def test_no_file_names_one_machine() -> None:
    """Otherwise the project would work, or its tests pass, only where it was written."""
    named = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE_PATH.search(line):
                named.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert named == []
