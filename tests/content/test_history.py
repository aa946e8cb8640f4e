"""The chapter on how the parts changed: its few numbers, and the names and years of all contemporary chapters."""

from __future__ import annotations

import math
import re
from collections import defaultdict

import numpy as np
import pytest

from tests.support.chapters import Chapter

CHAPTER = Chapter("16-history")
card = CHAPTER.card
ALL = Chapter("13-efficient-transformers", "14-scaling-and-adapting", "15-generation-and-alignment", "16-history")

# Whom a card may name with which year. Years are those of the first public version, but for Adam, AdamW, byte pairs
# and mixed precision, which are widely cited by their publication and so in the rest of the deck.
KNOWN = {
    "Ainslie": {2023}, "Ba": {2015, 2016}, "Bahdanau": {2014}, "Beltagy": {2020}, "Besiroglu": {2024},
    "Biderman": {2024}, "Bradley": {1952}, "Brown": {2020}, "Chen": {2016, 2023},
    "Christiano": {2017}, "Dao": {2022, 2023}, "DeepSeek-AI": {2024}, "Dettmers": {2022, 2023}, "Devlin": {2018},
    "Fan": {2018}, "Fedus": {2021}, "Fishman": {2024}, "Gao": {2022}, "Glorot": {2011}, "Gu": {2021, 2023},
    "Hendrycks": {2016}, "Hinton": {2015}, "Hoffmann": {2022}, "Holtzman": {2019}, "Houlsby": {2019}, "Hu": {2021},
    "Huang": {2019}, "Ioffe": {2015}, "Jelassi": {2024}, "Jiang": {2023, 2024}, "Kadavath": {2022}, "Kalai": {2025},
    "Kaplan": {2020}, "Kingma": {2015}, "Kunstner": {2024}, "Lee": {2022}, "Lepikhin": {2020},
    "Leviathan": {2022}, "Lieber": {2024}, "Liu": {2020, 2023}, "Loshchilov": {2019}, "Luong": {2015},
    "Micikevicius": {2018}, "Mikolov": {2013}, "Milakov": {2018}, "Min": {2022}, "Mirzadeh": {2023},
    "Muennighoff": {2023}, "Nair": {2010}, "Olsson": {2022}, "OpenAI": {2023}, "Ouyang": {2022}, "Pearce": {2024},
    "Penedo": {2024}, "Peng": {2023}, "Peters": {2018}, "Porian": {2024}, "Rabe": {2021},
    "Radford": {2018}, "Rafailov": {2023}, "Raffel": {2019}, "Rajbhandari": {2020}, "Rumbelow": {2023},
    "Schaeffer": {2023}, "Sennrich": {2016}, "Shaw": {2018}, "Shazeer": {2017, 2019, 2020}, "Shoeybi": {2019},
    "Singh": {2024}, "Sprague": {2024}, "Stahlberg": {2019}, "Stiennon": {2020}, "Su": {2021}, "Turpin": {2023},
    "Vaswani": {2017}, "Wang": {2022, 2024}, "Warner": {2024}, "Wei": {2022, 2023}, "Wilson": {2017},
    "Xiao": {2022, 2023}, "Xiong": {2020}, "Zhang": {2019, 2020, 2024}, "Land": {2024},
}  # fmt: skip


def named_with_year(text):
    """Yield first name and year of each "Name et al., 2020", "Name and Name, 2020" and "Name et al. (2020)"."""
    word = r"[A-Z][\w-]+"
    authors = rf"({word})(?:(?:, {word})* and {word}| et al\.)?"
    for match in re.finditer(rf"{authors}(?:, | \()((?:19|20)\d\d)\b", text):
        yield match[1], int(match[2])


THINGS = {  # what is not a person and may stand before a year
    "Mamba", "ModernBERT", "FineWeb-Edu", "InstructGPT", "Chinchilla", "Kaplan", "Switch", "ELMo", "BERT", "T5",
    "GPT-2", "GPT-3", "LoRA", "Adapters", "OLMo", "DeepSeek-V3", "Edu",
}  # fmt: skip


def test_names_and_years_agree():
    """A learner would be told two different years for one paper, or a wrong one."""
    found = defaultdict(set)
    for name, year in named_with_year(re.sub(r"\s+", " ", ALL.text)):
        if name not in THINGS or name in KNOWN:
            found[name].add(year)
    assert len(found) > 60
    assert {
        name: years - KNOWN.get(name, set()) for name, years in found.items() if years - KNOWN.get(name, set())
    } == {}


@pytest.mark.parametrize(
    ("question", "passages"),
    [
        ("Attention was invented", ["Bengio used it in 2014", "Luong et al. simplified it in 2015", "new in 2017"]),
        ("Why are most language models today decoders", ["GPT-3 (2020)"]),
        ("learned absolute positions must learn", ["Shaw et al. (2018)", "T5 (2019)"]),
        ("Why did adapters and LoRA", ["Adapters (2019)", "LoRA (2021)"]),
        ("What can contextual embeddings", ["ELMo (2018) and BERT (2018)", "Mikolov et al., 2013"]),
        ("batch norm in place of layer norm", ["Ioffe and Szegedy, 2015", "Ba, Kiros and Hinton, 2016"]),
        ("Why did normalisation move", ["GPT-2 (2019)"]),
        ("What does post-norm do better", ["OLMo 2 (2024)"]),
        ("What does masked prediction do better", ["ModernBERT (2024)"]),
    ],
)
def test_order_of_events(question, passages):
    """A learner would be told a wrong year of a change."""
    CHAPTER.states(question, *passages)
    years = [int(year) for passage in passages for year in re.findall(r"\d{4}", passage)]
    assert years[:2] == sorted(years[:2])


def test_slopes_of_activations():
    """A learner would be told wrong slopes of the sigmoid or of GELU."""
    text = card("Why did ReLU replace")
    x = np.linspace(-9, 9, 1801)
    s = 1 / (1 + np.exp(-x))
    assert (s * (1 - s)).max() == pytest.approx(1 / 4) and r"at most $\frac14$" in text
    assert r"$4^{-10} \approx 10^{-6}$" in text and pytest.approx(1e-6, rel=0.05) == 4**-10
    normal, density = 0.5 * (1 + math.erf(-1 / math.sqrt(2))), math.exp(-0.5) / math.sqrt(2 * math.pi)
    assert f"${normal - density:.2f}$ at $x = -1$" in card("negative on every example")


def test_spread_of_dot_products():
    """A learner would be told a wrong standard deviation of a dot product."""
    assert f"{math.sqrt(512):.1f} at $d_k = 512$" in card("if no scaling is allowed")


def test_memory_of_optimisers():
    """A learner would be told a wrong memory of SGD or Adam."""
    assert f"{7 * 4} GB of {7 * 8}." in card("Estimate how much optimiser memory")


def test_tokens_that_count():
    """A learner would be told a wrong number of graded tokens."""
    assert f"the 15 % of tokens that it picks, {round(0.15 * 1000)} of a batch of 1,000" in card(
        "masked prediction in models"
    )
