"""The debugging chapter: its numbers, its logs and messages, and its pictures as the script draws them."""

from __future__ import annotations

import importlib.util
import math
import re
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.support.chapters import CONTENT, Chapter

CHAPTER = Chapter("17-debugging")


def near(found: float, stated: float, digits: int) -> bool:
    return round(found, digits) == stated


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    spec = importlib.util.spec_from_file_location("debugging_pictures", CONTENT / "pictures" / "debugging.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pictures_are_those_that_the_script_draws(
    pictures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A learner would be asked about a curve that was changed since, and nobody could draw it again."""
    monkeypatch.setattr(pictures, "MEDIA", tmp_path)
    pictures.main()
    drawn = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(drawn) >= 10
    for name, picture in drawn.items():
        assert (CONTENT / "media" / name).read_bytes() == picture, name
        assert f'src="media/{name}"' in CHAPTER.text


def test_no_picture_says_what_is_wrong() -> None:
    """A learner would read the diagnosis in a title, a label or the name of the file."""
    telling = re.compile(r"overfit|warm|rate|noise|leak|shuffl|memor|diverg|vanish|sort|dropout", re.IGNORECASE)
    for name in set(re.findall(r'src="media/([^"]+)"', CHAPTER.text)):
        picture = (CONTENT / "media" / name).read_text("utf-8")
        words = " ".join(re.findall(r">([^<>]+)<", picture))
        assert not telling.search(name), name
        assert not telling.search(words), (name, words)
    for alt in re.findall(r'alt="([^"]+)"', CHAPTER.text):
        assert not telling.search(alt), alt


def test_the_checkpoint_to_ship(pictures: ModuleType) -> None:
    """A learner who reads the picture well would be told another step."""
    best = min(range(0, 10_001, 10), key=pictures.turning)
    assert 2800 <= best <= 3000
    CHAPTER.states("Which checkpoint of this run", "about step 2,900")


def test_the_floor_of_label_noise() -> None:
    """A learner would look for noise of the wrong size."""
    e = 0.1
    assert near(-e * math.log(e) - (1 - e) * math.log(1 - e), 0.325, 3)
    CHAPTER.states("What stops them all at the same loss", "0.325 for $\\varepsilon = 0.1$", "level off at 0.33")


def test_the_loss_of_a_confident_error() -> None:
    """A learner would not see how loss and accuracy can part."""
    assert near(-math.log(0.001), 6.9, 1)
    assert math.isclose(-math.log(0.001), 10 * math.log(2), rel_tol=0.01)
    CHAPTER.states("still rises as well", "costs 6.9 nats, as much as ten examples at $p = 0.5$")


def test_the_losses_of_knowing_nothing() -> None:
    """A learner would miss a broken start, or see one where there is none."""
    assert near(math.log(8), 2.08, 2)
    assert near(math.log(10), 2.303, 3)
    assert near(math.log(1000), 6.9, 1)
    CHAPTER.states("a single batch of eight images", "falls from 6.9 to 2.08", "$\\log 8 = 2.08$")
    CHAPTER.states("ten balanced classes", "2.303")


def test_the_gradient_that_vanishes() -> None:
    """A learner would be told another size than the picture shows."""
    assert 5e-7 < 0.28**11 < 1e-6
    CHAPTER.states("drawn for each layer of a 12-layer network", "to a millionth in layer 1", "below a millionth")


def test_the_waiting_gpu() -> None:
    """A learner would expect a speed-up from the wrong part."""
    assert (310 + 80, 310 + 80 / 2, round(100 * 80 / 390, -1)) == (390, 350, 20)
    CHAPTER.states("The GPU is 20% busy", "data 310 ms, compute 80 ms", "from 390 to 350 ms")


def test_the_log_of_a_divergence() -> None:
    """A learner would read factors that the log does not have."""
    text = CHAPTER.written("every batch is checked for NaN")
    norms = [float(norm) for norm in re.findall(r"(?m)^ +\d{3} +[\d.]+ +([\d.]+)$", text)]
    factors = [round(later / earlier) for earlier, later in pairwise(norms)]
    assert factors == [4, 13, 48]
    CHAPTER.states("every batch is checked for NaN", "by 4, then by 13, then by 48")


def test_the_range_of_number_formats() -> None:
    """A learner would take a number for too large, or too small, that is neither."""
    half = np.finfo(np.float16)
    assert half.max == 65_504
    assert near(float(half.smallest_subnormal) * 1e8, 6, 0)
    assert near((2 - 2**-7) * 2.0**127 / 1e38, 3.4, 1)  # bfloat16: 8 bits of exponent, 7 of fraction
    assert 2 < 8 * math.log10(2) < 3
    assert (half.nexp, half.nmant) == (5, 10)
    CHAPTER.states("Name four common causes", "65,504")
    CHAPTER.states(
        "Why does training in bfloat16", "$3\\cdot10^{38}$", "$6\\cdot10^{-8}$", "65,504", "two to three decimal"
    )


def test_the_root_without_a_slope() -> None:
    """A learner would look for NaN in the forward pass."""
    with np.errstate(all="ignore"):
        v = np.zeros(3)
        assert np.isnan(0.5 / np.sqrt((v**2).sum()) * 2 * v).all()
        assert np.isnan(np.float64(0) * np.inf)
        assert np.isnan(np.exp(np.float64(-np.inf) - np.float64(-np.inf)))


def test_the_uncertainty_of_a_small_validation_set() -> None:
    """A learner would take noise for overfitting."""
    assert near(1 / math.sqrt(200), 0.07, 2)
    CHAPTER.states("What is happening?", "With 200 examples", "uncertain by 0.07")


def test_the_weights_of_mild_scores() -> None:
    """A learner would take healthy attention for broken, or the other way round."""
    scores = np.random.default_rng(0).normal(size=(2000, 100))
    weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert near(weights.max(axis=1).mean(), 0.08, 2)
    CHAPTER.states("look uniform over 100 tokens", "about 1, mild preferences", "the favourite gets some 8%")


def test_a_factor_of_zero_does_not_remove_nan() -> None:
    """A learner would mask the loss and keep the NaN."""
    with np.errstate(all="ignore"):
        scores = np.full(3, -np.inf)
        weights = np.exp(scores - scores.max())
        weights = weights / weights.sum()
        back = weights * (0 - 0 * weights.sum())  # the softmax's Jacobian times a gradient of 0
        assert np.isnan(weights).all()
        assert np.isnan(back).all()


def test_the_floor_of_a_double_softmax() -> None:
    """A learner would not recognise the bug by its number."""
    assert near(-math.log(math.e / (math.e + 9)), 1.46, 2)
    CHAPTER.states("never goes below 1.46", "\\frac{e}{e + 9} = 1.46")


def test_the_mean_is_the_best_answer_to_all_targets() -> None:
    """A learner would expect another symptom of the broadcast."""
    y = np.random.default_rng(0).normal(size=64)
    assert (y[:, None] - y).shape == (64, 64)
    grid = np.linspace(-2, 2, 4001)
    best = grid[((grid[:, None] - y) ** 2).mean(axis=1).argmin()]
    assert abs(best - y.mean()) < 1e-3


def test_features_chosen_on_all_data_look_good_by_chance() -> None:
    """A learner would not believe that choosing features can leak."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 2000)), rng.choice([-1.0, 1.0], 1000)
    best = np.argsort(-np.abs(X.T @ y))[:50]
    train, val = slice(0, 800), slice(800, 1000)
    w, *_ = np.linalg.lstsq(X[train][:, best], y[train], rcond=None)
    assert (np.sign(X[val][:, best] @ w) == y[val]).mean() > 0.55  # there is nothing to be learned: 0.5
    CHAPTER.states("lower than the validation accuracy", "np.argsort(-np.abs(X.T @ y))[:50]")


def test_the_warm_up_that_never_starts() -> None:
    """A learner would be told another schedule than the code's."""
    text = CHAPTER.written("Warm-up is meant")
    code = re.search(r"def lr.*?\n.*?\n", text)
    assert code is not None
    scope: dict[str, object] = {}
    exec("\n".join(line.removeprefix("    ") for line in code.group().splitlines()), scope)
    lr = scope["lr"]
    assert callable(lr)
    assert {lr(step) for step in range(1000)} == {0}
    assert lr(1000) == 3e-4


def test_the_sizes_in_the_messages() -> None:
    """A learner who factorises the numbers would find others."""
    assert 25_088 == 32 * 28 * 28
    assert (1562 * 32, 50_000 - 49_984, 16 * 8 * 64) == (49_984, 16, 8192)
    CHAPTER.states("Which layer of this network", "1x25088 and 784x512", "$25{,}088 = 32\\cdot784$")
    CHAPTER.states("stops in step 1,563", "size 8192", "$1562\\cdot32 = 49{,}984$")
