"""Coverage-guided fuzzing of one kind of input: `python -m tests.fuzz.atheris_targets TARGET FOLDER [OPTIONS]`.

OPTIONS are libFuzzer's.

What breaks a promise is written to FOLDER/broken, once for each way of breaking it, and the fuzzing goes on.
FOLDER/state.json says how far it is.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from types import FrameType

import atheris

with atheris.instrument_imports(include=["deckbuilder", "markdown_it", "mdit_py_plugins"]):
    import deckbuilder

    for _module in pkgutil.walk_packages(deckbuilder.__path__, "deckbuilder."):
        if not _module.name.startswith(("deckbuilder.__main__", "deckbuilder.cli", "deckbuilder.preview")):
            importlib.import_module(_module.name)

from tests.fuzz.invariants import survives
from tests.fuzz.mutations import mutated, words
from tests.fuzz.replay import LIMIT, signature
from tests.fuzz.targets import TARGETS, Target

THOROUGH_EVERY = 5
"""Each so many-th deck without errors is built again and imported into the real Anki, which takes the longest."""

MOST_SECONDS = 30
"""CPU time after which an input is given up: counted with the fuzzer's own watching, which makes all slower."""

_TELL_EVERY = 5  # seconds
_OURS = 2  # of three mutations


@dataclass
class State:
    """How far the fuzzing is; times in seconds of CPU since it began."""

    inputs: int = 0
    clean: int = 0
    imported: int = 0
    seconds: float = 0.0
    broken: int = 0
    last_broken: float = 0.0
    slowest: float = 0.0


class TookTooLong(Exception):
    """An input is not done with after MOST_SECONDS."""


class Fuzzer:
    """Feeds inputs of one kind to the build and keeps what breaks it."""

    def __init__(self, target: Target, folder: Path, deck: Path) -> None:
        self.target = target
        self.folder = folder
        self.deck = deck
        self.seeds = target.seeds()
        self.state = State()
        self._known: set[str] = set()
        self._told = 0.0
        signal.signal(signal.SIGPROF, _give_up)

    def one(self, content: bytes) -> None:
        """Try one input."""
        state = self.state
        state.inputs += 1
        due = state.clean // THOROUGH_EVERY >= state.imported
        self.target.lay(content, self.deck)
        begin = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        try:
            result = survives(self.deck, thoroughly=due)
        except Exception as error:  # every way to fail is what is looked for
            self._keep(content, signature(error), str(error))
        else:
            state.clean += not result.failed
            state.imported += due and not result.failed
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - begin
        if took > max(LIMIT, state.slowest):
            self._time_alone(content)
        state.slowest = max(state.slowest, took)
        state.seconds = time.process_time()
        if state.seconds > self._told + _TELL_EVERY:
            self._tell()

    def mutate(self, content: bytes, most: int, seed: int) -> bytes:
        """Change an input: as people change texts, or as libFuzzer does, with what it learned of comparisons."""
        random = Random(seed)
        if random.randint(0, 2) >= _OURS:
            return bytes(atheris.Mutate(content, most))
        text = content.decode("utf-8", errors="surrogateescape")
        changed = mutated(text, self.seeds, random, most=1)  # libFuzzer puts several mutations on top of one another
        return changed.encode("utf-8", errors="surrogateescape")[:most]

    def _time_alone(self, content: bytes) -> None:
        """See whether an input takes too long without a fuzzer that watches."""
        path = self.folder / "slow"
        path.write_bytes(content)
        words = [sys.executable, "-m", "tests.fuzz.replay", self.target.name, str(path)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if "takes too long" in done.stdout:
            self._keep(content, "slow", done.stdout)

    def _keep(self, content: bytes, way: str, said: str) -> None:
        if way in self._known:
            return
        self._known.add(way)
        self.state.broken += 1
        self.state.last_broken = time.process_time()
        path = self.folder / "broken" / f"{len(self._known)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.with_suffix(".txt").write_text(f"{way}\n{said}\n", "utf-8", errors="backslashreplace")
        print(f"BROKEN {self.target}: {way}: {path}", file=sys.stderr, flush=True)
        self._tell()

    def _tell(self) -> None:
        self._told = self.state.seconds
        (self.folder / "state.json").write_text(json.dumps(asdict(self.state)), "utf-8")


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise TookTooLong


def dictionary() -> str:
    """Return the words of inputs as libFuzzer reads them."""
    escaped = ("".join(f"\\x{byte:02X}" for byte in word.encode()) for word in words())
    return "".join(f'"{word}"\n' for word in escaped)


def main() -> None:
    """Fuzz as the arguments say."""
    target, folder = TARGETS[sys.argv[1]], Path(sys.argv[2])
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_text(seed, "utf-8")
    (folder / "words.dict").write_text(dictionary(), "utf-8")
    with tempfile.TemporaryDirectory(prefix="deckbuilder-fuzz-") as temporary:
        fuzzer = Fuzzer(target, folder, Path(temporary) / "deck")
        options = [f"-dict={folder / 'words.dict'}", f"-artifact_prefix={folder}/", "-max_len=20000", *sys.argv[3:]]
        atheris.Setup([sys.argv[0], *options, str(corpus)], fuzzer.one, custom_mutator=fuzzer.mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
