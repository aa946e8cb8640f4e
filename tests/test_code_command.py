"""`code test`: the code that a deck teaches is run when its author asks, and never otherwise."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckbuilder import pipeline
from deckbuilder.cli import main
from deckbuilder.code_tests.running import MAX_OUTPUT

GOOD = """\
# Sums

1) Implement a sum.

    ```python signature
    def total(numbers):
        ...
    ```

    ```python test
    assert total([1, 2]) == 3
    assert total([]) == 0
    ```

    ```python
    def total(numbers):
        return sum(numbers)
    ```
"""


def card(code: str, test: str = "assert True", language: str = "python") -> str:
    """Return a deck of one card; the test block's first line is line 6, the code's is the third behind its last."""
    blocks = f"```{language} test\n{test}\n```\n\n```{language}\n{code}\n```"
    return "# Sums\n\n1) Implement a sum.\n\n" + "\n".join(f"    {line}".rstrip() for line in blocks.split("\n")) + "\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def code_test(text: str, *words: str) -> Result:
    Path("x.md").write_text(text, "utf-8")
    return CliRunner().invoke(main, ("code", "test", *words, "--source", "x.md"))


def only(text: str, *words: str) -> dict[str, object]:
    """Return the JSON report on the one card of a deck."""
    (found,) = json.loads(code_test(text, *words, "--format", "json").stdout)["cards"]
    return found


def test_a_right_card_passes() -> None:
    """An author could not tell tested code from code that was only typed."""
    result = code_test(GOOD)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "x.md:3 implement-sum: passed (2 assertions)",
        "1 implementation card: 1 passed",
    ]


def test_a_failed_assertion_is_told_with_its_place() -> None:
    """An author would have to search the deck for what is wrong."""
    result = code_test(
        card("def total(x):\n    return 0", "y = 1\nassert total([]) == 0\nassert (\n    total([1]) == y\n)")
    )
    assert result.exit_code == 1
    place, reason = result.stdout.splitlines()[:2], result.stdout.splitlines()[2:]
    assert place == ["x.md:3 implement-sum: failed", "    x.md:8 assert ("]
    assert "total([1]) == y" in reason[0]
    assert only(card("x = 0", "assert x == 0\nassert x"))["assertions"] == 1


@pytest.mark.parametrize(
    ("code", "line", "told"),
    [
        ("def total(x):\n    return x + y\nz = total(1)", 11, "NameError"),
        ("x = 1\ny = = 2", 11, "SyntaxError"),
        ("import sys\nsys.exit(0)", 11, "SystemExit"),
        ("raise KeyboardInterrupt", 10, "KeyboardInterrupt"),
        ("class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd", 13, "Odd"),
    ],
)
def test_an_error_in_the_code_is_told_with_its_place(code: str, line: int, told: str) -> None:
    """An author would look for the fault in the assertions, or code that gives up would count as right."""
    found = only(card(code))
    assert (found["status"], found["at"]) == ("failed", line)
    assert str(found["problem"]).startswith(told)


@pytest.mark.parametrize("code", ["import os\nos._exit(0)", "import os\nos.abort()"])
def test_a_process_that_ends_early_has_not_passed(code: str) -> None:
    """Code that ends the interpreter, or crashes it, would count as right."""
    found = only(card(code))
    assert found["status"] == "failed"
    assert "before the assertions were done" in str(found["problem"])


def test_code_that_does_not_end_is_stopped() -> None:
    """One endless loop would keep an author, or a job in the cloud, waiting for ever."""
    began = time.monotonic()
    child = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    found = only(card(f"{child}\nwhile True: pass"), "--timeout", "1")
    assert found["status"] == "timed out"
    assert time.monotonic() - began < 30
    assert code_test(card("while True: pass"), "--timeout", "0.5").exit_code == 1


def test_a_flood_of_output_is_cut() -> None:
    """A card that prints without end would fill the memory or the terminal."""
    found = only(card("for _ in range(200_000): print('x' * 50)\nraise ValueError('\\x1b[2J')"))
    assert found["status"] == "failed"
    assert 0 < len(str(found["output"])) <= MAX_OUTPUT
    assert "\x1b" not in code_test(card("print('\\x1b[2J')\nraise ValueError('\\x1b[2J')")).stdout


def test_a_module_that_is_missing_is_named() -> None:
    """An author would take a library that was never installed for a mistake on the card."""
    result = code_test(card("import no_such_library"))
    assert result.exit_code == 1
    assert "module missing" in result.stdout
    assert "`no_such_library` is not installed" in result.stdout


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (card("int x;", "assert(x);", "c"), "its language is c, not Python"),
        (GOOD.replace("```python\n", "```\n"), "its code names no language"),
        (GOOD.replace("python test", "text test"), "it has no assertions in Python"),
        ("# A\n\n1) Implement a sum.\n\n    Add them.\n", "it has no code"),
    ],
)
def test_what_cannot_be_run_is_skipped_and_told(text: str, reason: str) -> None:
    """An author would think that a card was tested."""
    result = code_test(text)
    assert result.exit_code == 0
    assert f"skipped, {reason}" in result.stdout


def test_a_test_that_asserts_nothing_fails() -> None:
    """A card would be reported as tested whatever its code does."""
    assert only(card("x = 1", "x"))["status"] == "failed"
    assert only(card("def assert_small(x): pass", "assert_small(1)"))["assertions"] == 1


def test_the_code_runs_in_an_empty_folder_without_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card could pass only in its author's folder, or print a token into a public log by accident."""
    monkeypatch.setenv("SECRET_TOKEN", "s")
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    Path("beside.py").write_text("", "utf-8")
    code = "import os, sys\nseen = os.listdir()\nopen('new', 'w').close()"
    test = "assert seen == []\nassert 'SECRET_TOKEN' not in os.environ\nassert len(sys.argv) == 1\n"
    assert only(card(code, test + "assert sys.stdin.read() == ''"))["status"] == "passed"
    assert only(card("import beside"))["status"] == "module missing"
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["beside.py", "x.md"]


def test_annotations_mean_what_they_mean_to_a_learner() -> None:
    """Code with a wrong annotation would pass here and fail for the learner who types it."""
    assert only(card("def f(x: Undefined): pass"))["status"] == "failed"


def test_another_interpreter_can_be_named() -> None:
    """An author whose libraries are in an environment of their own could not test their cards."""
    same = card("import sys", f"assert sys.executable == {sys.executable!r}")
    assert only(same, "--python", sys.executable)["status"] == "passed"
    missing = code_test(GOOD, "--python", "no-such-python")
    assert (missing.exit_code, "no-such-python" in missing.stderr) == (2, True)
    Path("broken").write_bytes(b"\x7fELF")
    Path("broken").chmod(0o755)
    assert code_test(GOOD, "--python", str(Path("broken").absolute())).exit_code == 2


def test_one_card_can_be_chosen() -> None:
    """An author who works on one card would wait for all of them."""
    two = GOOD + "\n2) Implement a product.\n\n    ```python\n    x = 1\n    ```\n"
    assert len(code_test(two, "implement-sum").stdout.splitlines()) == 2
    wrong = code_test(two, "implement-sun")
    assert (wrong.exit_code, "did you mean `implement-sum`" in wrong.stderr) == (2, True)


def test_errors_of_the_deck_are_told() -> None:
    """A card that cannot be read would go untested, and the command would call the deck sound."""
    result = code_test(GOOD + "\n2) Implement a sum.\n\n    ```python\n    ```\n")
    assert result.exit_code == 1
    assert "error[" in result.stderr


def test_a_file_that_is_edited_meanwhile_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card would go untested, and the command would call the deck sound."""
    prepare = pipeline.prepare

    def edited(source: Path) -> object:
        found = prepare(source)
        source.write_text(source.read_text("utf-8").replace("# Sums\n", "# Sums\n\nA line more.\n"), "utf-8")
        return found

    monkeypatch.setattr(pipeline, "prepare", edited)
    result = code_test(GOOD)
    assert (result.exit_code, "run the command again" in result.stderr) == (1, True)


def test_a_deck_without_such_cards_is_no_mistake() -> None:
    """A workflow that is shared by several decks would fail for those without code."""
    result = code_test("# A\n\n1) What is it?\n\n    It.\n")
    assert (result.exit_code, result.stdout) == (0, "The deck has no implementation cards.\n")


@pytest.mark.parametrize(
    "words", [("check",), ("build",), ("drill", "test", "--source"), ("diff",), ("preview", "--static", "site")]
)
def test_no_other_command_runs_code(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A build of a stranger's deck would run the stranger's code."""
    ran = Path("ran").absolute()
    Path("x.md").write_text(card(f"open({str(ran)!r}, 'w').close()"), "utf-8")
    assert CliRunner().invoke(main, (*words, "x.md")).exit_code == 0
    assert not ran.exists()
    assert code_test(card(f"open({str(ran)!r}, 'w').close()")).exit_code == 0
    assert ran.exists()
    assert os.environ.get("HOME") != str(Path.cwd())
