"""How many seeds are suggested, and what is expected of just so many."""

from __future__ import annotations

import pytest

from sebar.steering.rules import MoreSeeds
from sebar.steering.suggestions import rules


@pytest.mark.parametrize(("exact", "told"), [(7, 7), (26, 26), (100, 100), (301, 310), (5003, 5100), (9901, 10_000)])
def test_a_number_of_seeds_is_told_no_more_exactly_than_it_is_known(exact: int, told: int) -> None:
    assert rules.told(exact) == told


def test_what_is_expected_lies_as_far_between_what_was_tried_as_the_number_does() -> None:
    few, many = MoreSeeds(100, (10.0, 20.0), 0.5), MoreSeeds(300, (30.0, 60.0), 0.9)
    assert rules.between(few, many, 150) == MoreSeeds(150, (15.0, 30.0), pytest.approx(0.6))
    assert rules.between(few, many, 300) == many
