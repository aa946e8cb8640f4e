"""The workflows and the action: linted, with no more rights than they need, and each of their commands tried."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.author import DAY, FIRST, Author

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
TOOLS = Path(sys.executable).parent


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def steps_of(path: Path) -> Iterator[dict[str, Any]]:
    content = read(path)
    yield from content.get("runs", {}).get("steps", [])
    for job in content.get("jobs", {}).values():
        yield from job["steps"]


def run_tool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(TOOLS / words[0]), *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)


# What they look like


def test_nothing_in_them_is_known_to_be_unsafe() -> None:
    """Otherwise a pull request from a stranger could run code with the rights to publish."""
    done = run_tool("zizmor", "--offline", "--no-progress", "--pedantic", ".github/workflows", "action.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_github_understands_them(path: Path) -> None:
    """Otherwise a release would be tagged and nothing would happen."""
    schema = "vendor.github-actions" if path == ACTION else "vendor.github-workflows"
    done = run_tool("check-jsonschema", "--builtin-schema", schema, str(path))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_no_text_of_others_gets_into_a_script(path: Path) -> None:
    """Otherwise a branch or a tag with a clever name could run commands."""
    scripts = [step["run"] for step in steps_of(path) if "run" in step]
    assert [script for script in scripts if "${{" in script] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_whoever_may_write_runs_nothing_of_the_projects(path: Path) -> None:
    """Otherwise a change to the tool, or a library of it, could publish in the maintainer's name."""
    content = read(path)
    assert "write" not in content["permissions"].values()
    for job in content["jobs"].values():
        if "write" not in job.get("permissions", {}).values():
            continue
        used = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
        assert used == ["actions/download-artifact"]
        scripts = "\n".join(step.get("run", "") for step in job["steps"])
        assert re.findall(r"\b(?:deckbuilder|python|pip|make|npm|source|eval|curl)\b", scripts) == []


def test_the_action_and_the_workflow_publish_in_the_same_way() -> None:
    """Otherwise releases of our own deck would differ from those of everybody who uses the action."""
    scripts = {step["run"] for path in (ACTION, *WORKFLOWS) for step in steps_of(path) if step.get("name") == "Publish"}
    assert len(scripts) == 1


# What they do


CONDITIONS: dict[str, Callable[[dict[str, str]], bool]] = {
    "github.event_name == 'pull_request'": lambda at: at["github.event_name"] == "pull_request",
    "github.ref_type != 'tag'": lambda at: at["github.ref_type"] != "tag",
    "github.ref_type == 'tag'": lambda at: at["github.ref_type"] == "tag",
    "github.ref_type == 'tag' && inputs.publish == 'true'": lambda at: (
        at["github.ref_type"] == "tag" and at["inputs.publish"] == "true"
    ),
}
"""Every condition of the action; a new one is an error here until somebody says what it means."""

GH = """\
#!/usr/bin/env bash
printf '%s\\n' "$*" >> "$GH_LOG"
case "$1 $2" in
    "api "*) [[ -z $GH_LAST ]] || echo "$GH_LAST" ;;
    "release download") mkdir -p "${@: -1}" && cp "$GH_PACKAGE" "${@: -1}/deck.apkg" ;;
esac
"""
"""GitHub's own program, as far as the scripts see it; every call of it is written down."""


@dataclass
class Runner:
    """A machine of GitHub's on which the steps of a file are run, with the author's repository checked out."""

    author: Author
    temp: Path
    at: dict[str, str]
    last: str = ""
    package: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        programs = self.temp / "programs"
        programs.mkdir(parents=True)
        (programs / "gh").write_text(GH, encoding="utf-8")
        (programs / "gh").chmod(0o755)
        self.environment = os.environ | {
            "PATH": os.pathsep.join((str(programs), str(TOOLS), os.environ["PATH"])),
            "CI": "true",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GH_LOG": str(self.temp / "gh.log"),
            "GH_LAST": self.last,
            "GH_PACKAGE": str(self.package or ""),
            "PIP_DRY_RUN": "1",  # what is to be installed is here; pip only says whether it would do
        }

    def run(self, path: Path, *, job: str | None = None, without: tuple[str, ...] = ()) -> str:
        """Run the steps that are commands, and return what they said; fail as the first of them does."""
        steps = read(path)["jobs"][job]["steps"] if job else read(path)["runs"]["steps"]
        said = ""
        for step in steps:
            if "run" not in step or step["name"] in without:
                continue
            if "if" in step and not CONDITIONS[step["if"]](self.at):
                continue
            settings = {name: self._filled(str(value)) for name, value in step.get("env", {}).items()}
            done = subprocess.run(
                [_bash(), "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.author.root, env=self.environment | settings, capture_output=True, text=True, check=False,
            )  # fmt: skip
            said += done.stdout + done.stderr
            assert done.returncode == 0, f"{step['name']}: {said}"
        return said

    def calls(self) -> list[str]:
        """Return how GitHub's program was called."""
        log = self.temp / "gh.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def _filled(self, value: str) -> str:
        return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda found: self.at[found[1]], value)


def _bash() -> str:
    """Return the bash of git where Windows would find its own, which knows nothing of Windows' folders."""
    beside = Path(shutil.which("git") or "").parents[1] / "bin" / "bash.exe" if os.name == "nt" else None
    return str(beside) if beside and beside.exists() else "bash"


def event(name: str, *, tag: str = "", base: str = "") -> dict[str, str]:
    return {
        "github.event_name": name,
        "github.ref_type": "tag" if tag else "branch",
        "github.ref_name": tag or "main",
        "github.repository": "somebody/decks",
        "github.token": "token",
        "github.event.pull_request.base.sha": base,
        "github.event.pull_request.number": "7",
        "inputs.source": "content",
        "inputs.publish": "true",
    }


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    """An author whose first release is out."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    somebody = Author(tmp_path / "repository")
    somebody.published("1.0", FIRST)
    shutil.copy(somebody.apkg, tmp_path / "first.apkg")
    shutil.rmtree(somebody.root / "build")
    return somebody


def test_the_first_tag_publishes_a_release(author: Author, tmp_path: Path) -> None:
    """Otherwise nobody's first release would come out."""
    runner = Runner(author, tmp_path / "runner", event("push", tag="v1.0"))
    runner.run(ACTION)
    assert runner.calls()[-1] == (
        "release create v1.0 --verify-tag --title v1.0 --notes-file build/release-notes.md "
        "build/algebra.apkg build/algebra.apkg.sha256"
    )
    assert (author.root / "build" / "algebra.apkg").read_bytes() == (tmp_path / "first.apkg").read_bytes()


def test_a_later_tag_proves_the_update_from_what_learners_have(author: Author, tmp_path: Path) -> None:
    """Otherwise a release that costs learners their reviews would be published."""
    author.edit("One of length one.", "One whose length is one.")
    author.published("1.1-rc1", FIRST + DAY)
    runner = Runner(
        author, tmp_path / "runner", event("push", tag="v1.1-rc1"), last="v1.0", package=tmp_path / "first.apkg"
    )
    said = runner.run(ACTION, without=("Install",))
    assert "update from deck.apkg" in said
    assert "0 new, 1 updated, 3 unchanged" in said
    assert "release create v1.1-rc1 --verify-tag --title v1.1-rc1 --prerelease --notes-file" in runner.calls()[-1]
    notes = (author.root / "build" / "release-notes.md").read_text(encoding="utf-8")
    assert notes.startswith("What changed: 1 corrected.")
    assert "Every change, word by word" in notes
    assert "whose" in notes.partition("word by word")[2]


def test_a_package_that_was_committed_is_neither_proved_nor_published(author: Author, tmp_path: Path) -> None:
    """Otherwise a file in a pull request could go out as a release, beside one that was proved."""
    (author.root / "build").mkdir(exist_ok=True)
    for name in ("aaa.apkg", "zzz.apkg", "zzz.apkg.sha256"):
        (author.root / "build" / name).write_bytes(b"PK")
    author.git("add", "--force", "build")
    author.commit()
    runner = Runner(author, tmp_path / "runner", event("push", tag="v1.0"))
    runner.run(ACTION, without=("Install",))
    assert runner.calls()[-1].endswith("release-notes.md build/algebra.apkg build/algebra.apkg.sha256")


def test_a_release_that_changes_very_much_comes_out(author: Author, tmp_path: Path) -> None:
    """Otherwise a diff longer than GitHub takes would stop the release instead of being cut."""
    author.edit("One of length one.", "One whose length is one.")
    author.published("1.1", FIRST + DAY)
    runner = Runner(
        author, tmp_path / "runner", event("push", tag="v1.1"), last="v1.0", package=tmp_path / "first.apkg"
    )
    wordy = runner.temp / "programs" / "deckbuilder"
    wordy.write_text(
        f'#!/usr/bin/env bash\n[[ $1 == diff ]] || exec "{TOOLS / "deckbuilder"}" "$@"\n'
        f'exec "{sys.executable}" -c "print(\'word \' * 200000)"\n',
        encoding="utf-8",
    )
    wordy.chmod(0o755)
    runner.run(ACTION, without=("Install",))
    assert "release create v1.1" in runner.calls()[-1]
    notes = (author.root / "build" / "release-notes.md").read_text(encoding="utf-8")
    assert 100_000 < len(notes) < 125_000  # of which GitHub takes no more
    assert notes.endswith("\n</details>\n")


def test_a_repository_with_nothing_but_a_review_file_gets_all_of_it(author: Author, tmp_path: Path) -> None:
    """Otherwise the five lines of the guide would work for nobody whose notes are one file."""
    author.git("mv", "content/notes.md", "review.md")
    author.git("rm", "-r", "--quiet", "content")
    author.commit()
    for words in (["release", "5.0", "review.md", "--tag"], ["build", "review.md", "--locked"]):
        subprocess.run([str(TOOLS / "deckbuilder"), *words], cwd=author.root, capture_output=True, check=True)
    first = shutil.copy(author.root / "build" / "review.apkg", tmp_path / "review.apkg")
    at = event("push", tag="v5.0") | {"inputs.source": "review.md"}
    tag = Runner(author, tmp_path / "tag", at)
    tag.run(ACTION, without=("Install",))
    assert tag.calls()[-1].endswith("build/review.apkg build/review.apkg.sha256")
    base = author.git("rev-parse", "HEAD").strip()
    path = author.root / "review.md"
    path.write_text(path.read_text("utf-8").replace("One of length one.", "One whose length is one."), "utf-8")
    subprocess.run([str(TOOLS / "deckbuilder"), "build", "review.md"], cwd=author.root, capture_output=True, check=True)
    author.commit()
    at = event("pull_request", base=base) | {"inputs.source": "review.md"}
    request = Runner(author, tmp_path / "request", at, last="v5.0", package=Path(first))
    assert "0 new, 1 updated, 3 unchanged" in request.run(ACTION, without=("Install",))
    assert "whose" in (request.temp / "summary.md").read_text(encoding="utf-8")


def test_an_update_that_loses_something_stops_before_anything_is_published(author: Author, tmp_path: Path) -> None:
    """Otherwise the proof would be for show."""
    author.edit("One of length one.", "One whose length is one.")
    author.published("1.1", FIRST + DAY)
    later = tmp_path / "later.apkg"
    author.edit("One whose length is one.", "One of unit length.")
    author.published("1.2", FIRST + 2 * DAY)
    shutil.copy(author.apkg, later)
    author.git("checkout", "--quiet", "v1.1")
    shutil.rmtree(author.root / "build")
    runner = Runner(author, tmp_path / "runner", event("push", tag="v1.1"), last="v1.2", package=later)
    with pytest.raises(AssertionError, match="DB813"):
        runner.run(ACTION, without=("Install",))
    assert not [call for call in runner.calls() if "create" in call]


def test_a_tag_that_is_not_the_release_stops(author: Author, tmp_path: Path) -> None:
    """Otherwise a package would go by a version that its notes do not know."""
    runner = Runner(author, tmp_path / "runner", event("push", tag="v9.9"))
    with pytest.raises(AssertionError, match="DB807"):
        runner.run(ACTION, without=("Install",))
    assert runner.calls() == []


@pytest.mark.parametrize("built", [True, False])
def test_a_pull_request_shows_what_it_changes(author: Author, tmp_path: Path, built: bool) -> None:
    """Otherwise the maintainer would merge what learners lose by; and a forgotten build would hide it."""
    base = author.git("rev-parse", "HEAD").strip()
    author.edit("One of length one.", "One whose length is one.")
    if built:
        subprocess.run([str(TOOLS / "deckbuilder"), "build"], cwd=author.root, capture_output=True, check=True)
    author.commit()
    runner = Runner(
        author, tmp_path / "runner", event("pull_request", base=base), last="v1.0", package=tmp_path / "first.apkg"
    )
    if built:
        runner.run(ACTION, without=("Install",))
    else:
        with pytest.raises(AssertionError, match="DB310"):
            runner.run(ACTION, without=("Install",))
    summary = (runner.temp / "summary.md").read_text(encoding="utf-8")
    assert "whose" in summary
    assert summary == (author.root / "deck-diff.md").read_text(encoding="utf-8")


def test_a_pull_request_that_brings_the_first_deck_has_nothing_to_compare(author: Author, tmp_path: Path) -> None:
    """Otherwise the check of a repository's first pull request would fail for no fault of its author's."""
    author.git("rm", "-r", "--quiet", "content")
    author.commit()
    base = author.git("rev-parse", "HEAD").strip()
    author.git("revert", "--no-edit", "HEAD")
    runner = Runner(author, tmp_path / "runner", event("pull_request", base=base))
    runner.run(ACTION, without=("Install",))
    assert "nothing to compare" in (runner.temp / "summary.md").read_text(encoding="utf-8")


def test_a_deck_whose_lock_was_never_committed_is_refused(author: Author, tmp_path: Path) -> None:
    """Otherwise every release of it would bring learners all cards anew."""
    (author.root / ".gitignore").write_text("/build/\ndeck.lock\n", "utf-8")
    author.git("checkout", "--quiet", "--orphan", "fresh")
    author.git("rm", "--quiet", "--cached", "content/deck.lock", "content/RELEASES.md")
    (author.deck / "deck.lock").unlink()
    (author.deck / "RELEASES.md").unlink()
    author.commit()
    runner = Runner(author, tmp_path / "runner", event("push"))
    with pytest.raises(AssertionError, match=r"DB322.*commit deck\.lock"):
        runner.run(ACTION, without=("Install",))


def test_a_push_builds_and_proves(author: Author, tmp_path: Path) -> None:
    """Otherwise the main branch could hold a deck that cannot be released."""
    runner = Runner(author, tmp_path / "runner", event("push"), last="v1.0", package=tmp_path / "first.apkg")
    assert "update from deck.apkg" in runner.run(ACTION, without=("Install",))
    assert not [call for call in runner.calls() if "create" in call]


def test_the_jobs_that_may_write_say_what_they_should(author: Author, tmp_path: Path) -> None:
    """Otherwise the diff would never reach the pull request, or the release never come out."""
    (author.root / "build").mkdir()
    for name in ("release-notes.md", "algebra.apkg", "algebra.apkg.sha256"):
        (author.root / "build" / name).touch()
    (author.root / "deck-diff.md").write_text("What changes.\n", encoding="utf-8")
    runner = Runner(author, tmp_path / "runner", event("push", tag="v1.0"))
    runner.run(ROOT / ".github" / "workflows" / "release.yml", job="publish")
    runner.run(ROOT / ".github" / "workflows" / "deck-diff.yml", job="comment")
    assert runner.calls() == [
        "release create v1.0 --verify-tag --title v1.0 --notes-file build/release-notes.md "
        "build/algebra.apkg build/algebra.apkg.sha256",
        "pr comment 7 --edit-last --create-if-none --body-file comment.md",
    ]


def test_the_five_lines_of_the_guide_name_what_the_action_takes() -> None:
    """Otherwise whoever copies them would get an action that ignores what they wrote."""
    guide = (ROOT / "docs" / "releases.md").read_text(encoding="utf-8")
    block = next(text for text in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if "deckbuilder@" in text)
    (job,) = yaml.safe_load(block)["jobs"].values()
    given = job["steps"][-1].get("with", {})
    assert given.keys() <= read(ACTION)["inputs"].keys()
    assert job["permissions"] == {"contents": "write"}
    assert json.dumps(given)
