"""The values that a parameter may take: all are drawn, no other is, and all equally often."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.drills.domains import Domain, Grid, uniform

F = Fraction
GRIDS = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.fractions(-5, 5, max_denominator=10),
        st.fractions(F(1, 100), 3, max_denominator=100),
        st.just(count),
        st.sets(st.integers(0, count - 1), max_size=count - 1).map(lambda found: tuple(sorted(found))),
    ).map(lambda parts: Grid(*parts))
)
POOLS = st.one_of(GRIDS, st.sets(st.fractions(-5, 5, max_denominator=10), min_size=1, max_size=8).map(tuple))
DOMAINS = st.tuples(POOLS, st.sampled_from([(), (1,), (3,), (2, 2), (1, 3)])).map(lambda parts: Domain(*parts))


@given(DOMAINS, st.lists(st.integers(), max_size=3))
def test_what_is_drawn_is_in_the_domain(domain: Domain, stream: list[int]) -> None:
    """If this failed, a variant would be thrown away at the next build, and its learner's numbers with it."""
    value = domain.draw(*stream)
    assert value in domain
    assert value == domain.draw(*stream)


@given(DOMAINS)
def test_all_values_can_be_counted_and_are_distinct(domain: Domain) -> None:
    """If this failed, small domains could not be filled, or a variant would come twice."""
    numbers = range(min(domain.points, 400))
    values = [domain.at(number) for number in numbers]
    assert len(set(values)) == len(values)
    assert all(value in domain for value in values)
    assert domain.at(domain.points - 1) in domain


def test_exactly_what_is_excluded_is_left_out() -> None:
    """If this failed, a drill that excludes 0 would divide by 0."""
    grid = Grid(F(-1), F(1, 2), 5, (0, 2))
    assert [grid[number] for number in range(len(grid))] == [F(-1, 2), F(1, 2), F(1)]
    domain = Domain(grid)
    assert [value in domain for value in (F(-1), F(0), F(1, 4), F(3, 2), F(1), True, (F(1),))] == [False] * 4 + [
        True,
        False,
        False,
    ]
    assert domain.in_words() == "-1 to 1 in steps of 0.5 without -1, 0"


def test_a_vector_is_in_its_domain_by_shape_and_entries() -> None:
    """If this failed, a kept variant of another length would be shown with an edited drill."""
    domain = Domain((F(1), F(2)), (2,))
    assert (F(1), F(2)) in domain
    for other in [(F(1),), (F(1), F(3)), ((F(1), F(2)),), F(1), (F(1), F(2), F(1))]:
        assert other not in domain
    assert domain.points == 4
    assert domain.in_words() == "vectors of 2 numbers out of 1, 2"
    assert Domain((F(1), F(2)), (2, 3)).in_words() == "matrices of 2 by 3 numbers out of 1, 2"
    assert ((F(1), F(2)), (F(1), F(2))) in Domain((F(1), F(2)), (2, 2))
    assert (F(3), F(4)) in Domain(((F(1), F(2)), (F(3), F(4))))
    assert Domain(((F(1), F(2)), (F(3), F(4)))).value_shape == (2,)


@pytest.mark.parametrize("count", [2, 3, 7, 10, 21])
def test_all_values_are_equally_likely(count: int) -> None:
    """If this failed, some numbers would hardly ever be practised."""
    draws = 4_000
    seen = Counter(islice(uniform(count, "key", 1), draws))
    chi_squared = sum((seen[number] - draws / count) ** 2 / (draws / count) for number in range(count))
    assert chi_squared < count - 1 + 5 * (2 * (count - 1)) ** 0.5


def test_streams_are_independent_of_one_another() -> None:
    """If this failed, two parameters of one range would go up and down together."""
    pairs = Counter(
        (next(uniform(3, "key", slot, 0, "x")), next(uniform(3, "key", slot, 0, "y"))) for slot in range(1_800)
    )
    assert len(pairs) == 9
    assert all(150 < count < 250 for count in pairs.values())


def test_draws_are_pinned_for_ever() -> None:
    """If this failed, an update of deckbuilder would change every learner's numbers."""
    assert list(islice(uniform(1000, "sgd-momentum", 1, 0, "w"), 6)) == PINNED
    assert list(islice(uniform(1 << 63, "é", 2), 2)) != list(islice(uniform(1 << 63, "é", 3), 2))


PINNED = [466, 655, 42, 294, 524, 271]
