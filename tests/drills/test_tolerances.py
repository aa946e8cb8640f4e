"""What counts as right, and that what the card shows counts as right too."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.drills.quantities import exponential
from deckbuilder.drills.tolerances import Nearness, Tolerance
from deckbuilder.drills.writing import Script, write

F = Fraction
EXACT = Tolerance()
KINDS = {
    "absolute": Tolerance(Nearness.ABSOLUTE, F(1, 1000)),
    "relative": Tolerance(Nearness.RELATIVE, F(1, 100)),
    "decimals": Tolerance(Nearness.DECIMALS, F(3)),
    "significant": Tolerance(Nearness.SIGNIFICANT, F(3)),
}


@pytest.mark.parametrize(
    ("tolerance", "value", "band"),
    [
        (EXACT, F(5), F(0)),
        (KINDS["absolute"], F(-471, 1000), F(1, 1000)),
        (KINDS["relative"], F(-200), F(2)),
        (KINDS["relative"], F(0), F(0)),
        (KINDS["decimals"], F(12), F(1, 2000)),
        (KINDS["significant"], F("0.471"), F("0.0005")),
        (KINDS["significant"], F("-999"), F("0.5")),
        (KINDS["significant"], F("1000"), F(5)),
        (KINDS["significant"], F(0), F(0)),
    ],
)
def test_how_far_an_answer_may_be(tolerance: Tolerance, value: Fraction, band: Fraction) -> None:
    """If this failed, a right answer would be told wrong, or a wrong one right."""
    assert tolerance.band(value) == band


def test_the_ends_of_the_band_count_as_right() -> None:
    """If this failed, an answer of just the tolerance beside the result would be judged by chance."""
    tolerance = KINDS["absolute"]
    assert not tolerance.differs(F(1), F("1.001"))
    assert not tolerance.differs(F(1), F("0.999"))
    assert tolerance.differs(F(1), F("1.0010001"))
    assert tolerance.differs((F(1), F(2)), (F(1), F("2.01")))
    assert not tolerance.differs(((F(1), F(2)),), ((F(1), F("2.001")),))
    assert EXACT.differs(F(1), F("1.0000000001"))
    assert not EXACT.differs(exponential(F(1)), exponential(F(1)))


@pytest.mark.parametrize(
    ("tolerance", "words"),
    [
        (EXACT, ""),
        (KINDS["absolute"], "to within 0.001"),
        (Tolerance(Nearness.ABSOLUTE, F(0)), ""),
        (KINDS["relative"], "to within 1%"),
        (KINDS["decimals"], "to 3 decimals"),
        (Tolerance(Nearness.DECIMALS, F(1)), "to 1 decimal"),
        (Tolerance(Nearness.DECIMALS, F(0)), "to the nearest whole number"),
        (KINDS["significant"], "to 3 significant figures"),
        (Tolerance(Nearness.SIGNIFICANT, F(1)), "to 1 significant figure"),
    ],
)
def test_the_rule_in_words(tolerance: Tolerance, words: str) -> None:
    """If this failed, a learner would not know how far to calculate."""
    assert tolerance.rule() == words


@pytest.mark.parametrize(
    ("tolerance", "value", "shown"),
    [
        (EXACT, F("0.471"), "0.471"),
        (EXACT, F(1, 3), "1/3"),
        (KINDS["absolute"], F("0.471"), "0.471"),
        (KINDS["absolute"], F(1, 3), "0.333"),
        (Tolerance(Nearness.ABSOLUTE, F(1, 2)), F(1, 300), "0.0033"),
        (KINDS["relative"], F(1, 3), "0.333"),
        (KINDS["decimals"], F("0.5"), "0.500"),
        (KINDS["significant"], F(1, 3), "0.333"),
        (KINDS["significant"], F("12345"), "12300"),
    ],
)
def test_a_result_is_shown_as_the_rule_asks(tolerance: Tolerance, value: Fraction, shown: str) -> None:
    """If this failed, the card would ask for three decimals and show ten."""
    assert write(value, tolerance.format(value), Script.PROSE) == shown


AMOUNTS = st.one_of(
    st.builds(
        Tolerance, st.just(Nearness.ABSOLUTE), st.sampled_from([F(1, 10**n) for n in range(8)] + [F(1, 3), F(7)])
    ),
    st.builds(Tolerance, st.just(Nearness.RELATIVE), st.sampled_from([F(1, 10**n) for n in range(1, 8)] + [F(1, 3)])),
    st.builds(Tolerance, st.just(Nearness.DECIMALS), st.integers(0, 9).map(F)),
    st.builds(Tolerance, st.just(Nearness.SIGNIFICANT), st.integers(1, 9).map(F)),
)


@given(AMOUNTS, st.fractions(-(10**6), 10**6, max_denominator=10**6))
def test_what_is_shown_counts_as_right(tolerance: Tolerance, value: Fraction) -> None:
    """If this failed, a learner who types the very result on the card would be told "not yet"."""
    text = write(value, tolerance.format(value), Script.CODE)
    mantissa, _, exponent = text.partition("e")
    assert not tolerance.differs(value, Fraction(mantissa) * Fraction(10) ** int(exponent or "0"))
