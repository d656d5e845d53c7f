"""Delays while a campaign grows: the share who ever join is found, though most have not had time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sebar.spread.learning.delays import learn_delays

Draw = Callable[[np.random.Generator, int], np.ndarray]
TRUTHS: dict[str, Draw] = {
    "lognormal": lambda random, count: random.lognormal(0, 1, count),
    "exponential": lambda random, count: random.exponential(1.5, count),
    "weibull": lambda random, count: 1.2 * random.weibull(0.7, count),
}


def growing(draw: Draw, seed: int, *, days: float = 8.0, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Return ages and delays when volume doubles every day and three of ten ever join."""
    random = np.random.default_rng(seed)
    age = days - np.log2(1 + random.random(count) * (2**days - 1))
    delay = draw(random, count)
    return age, np.where((random.random(count) < 0.3) & (delay <= age), delay, np.nan)


@pytest.mark.parametrize("draw", TRUTHS.values(), ids=TRUTHS)
def test_the_share_who_ever_join_is_found_under_growth(draw: Draw) -> None:
    learned = [(growing(draw, seed), learn_delays(*growing(draw, seed))) for seed in range(16)]
    assert np.mean([one.ever for _, one in learned]) == pytest.approx(0.3, rel=0.02)
    weighted = [np.isfinite(delay).sum() / one.matured(age).sum() for (age, delay), one in learned]
    assert np.mean(weighted) == pytest.approx(0.3, rel=0.02)


def test_delays_seen_so_far_would_be_wrong() -> None:
    """The test above can fail: as if all delays were known, the young count for too much."""
    shares = []
    for seed in range(4):
        age, delay = growing(TRUTHS["lognormal"], seed)
        known = np.sort(delay[np.isfinite(delay)])
        share = np.searchsorted(known, age, side="right") / len(known)
        shares.append(len(known) / share.sum())
    assert np.mean(shares) < 0.3 * 0.9


def test_the_likelier_family_is_taken() -> None:
    found = [learn_delays(*growing(TRUTHS[name], 1, days=12)).family for name in ("lognormal", "weibull")]
    assert found == ["lognormal", "weibull"]


def test_without_growth_and_youth_the_delays_are_the_textbooks() -> None:
    random = np.random.default_rng(2)
    delay = random.lognormal(1, 0.5, 2000)
    delay[:1000] = np.nan
    found = learn_delays(np.full(2000, 1e6), delay)
    known = np.log(delay[1000:])
    assert (found.place, found.scale) == pytest.approx((known.mean(), known.std()), abs=0.01)
    assert found.ever == pytest.approx(0.5)


def test_time_matures() -> None:
    found = learn_delays(*growing(TRUTHS["lognormal"], 3))
    share = found.matured([[-1.0, 0.0, 0.5], [1.0, 10.0, 1e9]])
    assert share.shape == (2, 3)
    assert share.ravel().tolist() == sorted(share.ravel().tolist())
    assert share[0, :2].tolist() == [0.0, 0.0]
    assert share[1, 2] == pytest.approx(1.0)


def test_joins_in_the_moment_of_the_invitation_are_as_short_as_the_shortest() -> None:
    age, delay = growing(TRUTHS["lognormal"], 4)
    delay[np.flatnonzero(np.isfinite(delay))[:5]] = 0.0
    assert learn_delays(age, delay).ever == pytest.approx(0.3, rel=0.1)


@pytest.mark.parametrize(
    ("age", "delay", "words"),
    [
        ([1.0, 2.0], [0.5], "same length"),
        ([1.0] * 9, [0.5] * 9, "Only 9 joined"),
        ([1.0] * 12, [0.5] * 11 + [2.0], "Row 11 joined 2 after an invitation 1 old"),
        ([1.0] * 12, [-0.5] + [0.5] * 11, "Row 0 joined -0.5"),
        ([1.0] * 12, [0.0] * 12, "finer unit"),
    ],
)
def test_impossible_times_are_refused(age: list[float], delay: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        learn_delays(age, delay)
