"""Rates of invitations: known answers, intervals that hold, and no harm done by youth."""

from __future__ import annotations

import numpy as np
import pytest

from sebar.spread.learning import invitation_rates, matured


def invitations(people: int, strength: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    channel = np.arange(people) % 2
    usual = np.array([0.1, 0.4])[channel]
    truth = random.beta(usual * strength, (1 - usual) * strength)
    tries = random.geometric(0.15, people)
    return tries, random.binomial(tries, truth), channel, truth


def test_what_made_the_data_is_found_again() -> None:
    tries, joins, channel, _ = invitations(6000, 8.0, 1)
    rates = invitation_rates(tries, joins, channel)
    assert rates.channel_rate.tolist() == pytest.approx([0.1, 0.4], abs=0.02)
    assert rates.strength == pytest.approx(8.0, rel=0.25)


def test_intervals_hold_as_often_as_they_say() -> None:
    tries, joins, channel, truth = invitations(4000, 8.0, 2)
    rates = invitation_rates(tries, joins, channel)
    held = np.mean((rates.low <= truth) & (truth <= rates.high))
    assert 0.93 < held < 0.97
    assert ((rates.low < rates.rate) & (rates.rate < rates.high)).all()


def test_shrunk_rates_are_nearer_the_truth_than_raw_ones() -> None:
    tries, joins, channel, truth = invitations(4000, 8.0, 3)
    rates = invitation_rates(tries, joins, channel)
    usual = rates.channel_rate[channel]
    error = [float(np.mean((guess - truth) ** 2)) for guess in (rates.rate, joins / tries, usual)]
    assert error[0] < 0.8 * min(error[1:])


def test_the_posterior_mean_is_the_textbooks() -> None:
    tries, joins, channel, _ = invitations(500, 8.0, 4)
    rates = invitation_rates(tries, joins, channel)
    usual, kappa = rates.channel_rate[channel], rates.strength
    assert rates.rate.tolist() == pytest.approx(((joins + kappa * usual) / (tries + kappa)).tolist())


def test_whoever_has_not_invited_has_the_channels_rate() -> None:
    tries, joins, channel, _ = invitations(500, 8.0, 5)
    rates = invitation_rates(np.append(tries, 0), np.append(joins, 0), np.append(channel, 1))
    assert rates.rate[-1] == pytest.approx(rates.channel_rate[1])
    assert rates.low[-1] == pytest.approx(rates.channel_low[1], abs=0.02)
    assert rates.high[-1] == pytest.approx(rates.channel_high[1], abs=0.02)


def test_equal_people_need_no_difference() -> None:
    random = np.random.default_rng(6)
    tries = np.full(2000, 20)
    rates = invitation_rates(tries, random.binomial(tries, 0.3), np.zeros(2000, int))
    assert rates.strength > 200
    assert np.ptp(rates.rate) < 0.06


def test_young_invitations_count_by_their_age() -> None:
    random = np.random.default_rng(7)
    age = random.uniform(0, 3, 20_000)
    delay = random.exponential(1.0, 20_000)
    joined = (random.random(20_000) < 0.3) & (delay < age)
    weight = matured(age, random.exponential(1.0, 5000))
    inviter = np.arange(20_000) // 20
    tries, joins = np.bincount(inviter, weight), np.bincount(inviter, joined)
    channel = np.zeros(len(tries), int)
    assert invitation_rates(tries, joins, channel).channel_rate[0] == pytest.approx(0.3, abs=0.02)
    assert invitation_rates(np.bincount(inviter), joins, channel).channel_rate[0] < 0.25


@pytest.mark.parametrize(
    ("tries", "joins", "channel", "words"),
    [
        ([], [], [], "no invitations"),
        ([0], [0], [0], "no invitations"),
        ([1, 2], [1], [0, 0], "same length"),
        ([-1, 2], [0, 1], [0, 0], "from 0 up"),
        ([2, 1], [1, 5], [0, 0], "Row 1 has 5 joins of 1 invitations"),
    ],
)
def test_impossible_counts_are_refused(tries: list[int], joins: list[int], channel: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        invitation_rates(tries, joins, channel)


def test_maturity_needs_delays() -> None:
    with pytest.raises(ValueError, match="No delay is known"):
        matured([1.0], [])
