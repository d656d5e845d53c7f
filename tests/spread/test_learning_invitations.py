"""Rates of invitations: known answers, intervals that hold, and no harm done by youth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sebar.spread._kernels import betas
from sebar.spread.learning.invitations import InvitationRates, invitation_rates, rates_by_invitation

EFFECTS = np.array([-2.0, -1.0, -0.3])[:, None] + np.array([-0.4, 0.0, 0.2, 0.5])
USUAL = 1 / (1 + np.exp(-EFFECTS))


def invitations(people: int, strength: float, seed: int) -> tuple[np.ndarray, ...]:
    """Return tries, joins, channel, creative and true rates; no two creatives met in the last channel but the first."""
    random = np.random.default_rng(seed)
    channel = np.arange(people) % 3
    creative = np.where(channel == 2, 0, np.arange(people) // 3 % 4)
    usual = USUAL[channel, creative]
    truth = random.beta(usual * strength, (1 - usual) * strength)
    tries = random.geometric(0.15, people)
    return tries, random.binomial(tries, truth), channel, creative, truth


@pytest.fixture(scope="module")
def learned() -> tuple[InvitationRates, tuple[np.ndarray, ...]]:
    made = invitations(12_000, 8.0, 1)
    return invitation_rates(*made[:4]), made


def test_what_made_the_data_is_found_again(learned: tuple[InvitationRates, tuple[np.ndarray, ...]]) -> None:
    found = learned[0]
    assert found.usual.rate[:2] == pytest.approx(USUAL[:2], abs=0.02)
    assert found.strength.value == pytest.approx(8.0, rel=0.15)
    assert found.strength.low < found.strength.value < found.strength.high


def test_pairs_never_used_together_are_foretold(learned: tuple[InvitationRates, tuple[np.ndarray, ...]]) -> None:
    usual = learned[0].usual
    assert usual.rate[2, 1:] == pytest.approx(USUAL[2, 1:], abs=0.03)
    assert ((usual.low[2] < USUAL[2]) & (USUAL[2] < usual.high[2])).all()
    width = usual.high - usual.low
    assert width[2, 1] > width[2, 0]


def test_intervals_hold_as_often_as_they_say(learned: tuple[InvitationRates, tuple[np.ndarray, ...]]) -> None:
    found, (_, _, channel, creative, truth) = learned
    held = np.mean((found.rates.low <= truth) & (truth <= found.rates.high))
    assert 0.935 < held < 0.965
    random = np.random.default_rng(5)
    usual = USUAL[channel, creative]
    others = random.beta(usual * 8, (1 - usual) * 8)
    low, high = (end[channel, creative] for end in (found.newcomer.low, found.newcomer.high))
    assert 0.935 < np.mean((low <= others) & (others <= high)) < 0.965


def test_usual_rates_intervals_hold_over_many_campaigns() -> None:
    held = []
    for seed in range(40):
        tries, joins, channel, creative, _ = invitations(600, 8.0, seed)
        usual = invitation_rates(tries, joins, channel, creative).usual
        held.append(((usual.low <= USUAL) & (usual.high >= USUAL))[:2])
    assert 0.9 < np.mean(held) <= 0.99


def test_the_posterior_mean_is_the_textbooks() -> None:
    tries, joins, channel, creative, _ = invitations(500, 8.0, 4)
    found = invitation_rates(tries, joins, channel, creative)
    usual, kappa = found.usual.rate[channel, creative], found.strength.value
    assert found.rates.rate.tolist() == pytest.approx(((joins + kappa * usual) / (tries + kappa)).tolist())


def test_shrunk_rates_are_nearer_the_truth_than_raw_ones(
    learned: tuple[InvitationRates, tuple[np.ndarray, ...]],
) -> None:
    found, (tries, joins, channel, creative, truth) = learned
    guesses = (found.rates.rate, joins / tries, found.usual.rate[channel, creative])
    error = [float(np.mean((guess - truth) ** 2)) for guess in guesses]
    assert error[0] < 0.8 * min(error[1:])


def test_whoever_has_not_invited_has_the_usual_rate() -> None:
    tries, joins, channel, _, _ = invitations(500, 8.0, 5)
    found = invitation_rates(np.append(tries, 0), np.append(joins, 0), np.append(channel, 1))
    assert found.rates.rate[-1] == pytest.approx(found.usual.rate[1, 0])
    assert found.rates.low[-1] == pytest.approx(found.newcomer.low[1, 0])
    assert found.newcomer.low[1, 0] < found.usual.low[1, 0] < found.usual.high[1, 0] < found.newcomer.high[1, 0]
    assert found.elsewhere is not None
    assert found.elsewhere.low < found.usual.rate.min() < found.usual.rate.max() < found.elsewhere.high


@pytest.mark.parametrize(("channels", "creatives", "known"), [(1, 1, 0), (2, 1, 0), (3, 1, 1), (3, 2, 0), (3, 3, 1)])
def test_few_channels_or_creatives_do_not_tell_of_others(channels: int, creatives: int, known: bool) -> None:
    rows = np.arange(90)
    tries = np.append(np.full(90, 10), 0)  # a channel in which nobody was invited is none
    found = invitation_rates(tries, tries // 5, np.append(rows % channels, 7), np.append(rows // 3 % creatives, 0))
    assert (found.elsewhere is not None) == known


def test_of_a_new_channel_it_is_said_as_surely_as_it_is() -> None:
    held = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        usual = 1 / (1 + np.exp(1.5 - 0.7 * random.standard_normal(4)))
        channel = np.arange(90) % 3
        truth = random.beta(usual[channel] * 8, (1 - usual[channel]) * 8)
        new = invitation_rates(np.full(90, 10), random.binomial(10, truth), channel).elsewhere
        assert new is not None
        held.append(new.low <= usual[3] <= new.high)
    assert np.mean(held) > 0.91


@pytest.mark.parametrize("joins", [0, 10], ids=["nobody", "all"])
def test_where_nobody_joined_or_all_the_interval_is_as_small_as_so_many_make_it(joins: int) -> None:
    found = invitation_rates(np.full(200, 10), np.full(200, joins), np.zeros(200, np.int64))
    low, rate, high = sorted(
        abs(joins / 10 - float(one[0, 0])) for one in (found.usual.low, found.usual.rate, found.usual.high)
    )
    assert low < rate < 0.0005 < high < 0.003


def test_equal_people_need_no_difference_and_channels_neither() -> None:
    random = np.random.default_rng(6)
    tries = np.full(2000, 20)
    found = invitation_rates(tries, random.binomial(tries, 0.3), np.arange(2000) % 5)
    assert found.strength.high > 400
    assert np.ptp(found.rates.rate) < 0.09
    assert np.ptp(found.usual.rate) < 0.03


def test_few_invitations_do_not_claim_that_all_are_equal() -> None:
    found = invitation_rates([3, 2, 4], [1, 0, 1], [0, 0, 0])
    assert found.strength.value < 100
    assert found.strength.high / found.strength.low > 20
    assert found.newcomer.high[0, 0] - found.newcomer.low[0, 0] > 0.3


@example(joins=0, waiting=0, share=0.75, usual=1 / 3, strength=1.5)
@given(
    joins=st.integers(0, 6),
    waiting=st.integers(0, 8),
    share=st.floats(0.01, 0.99),
    usual=st.floats(0.02, 0.9),
    strength=st.floats(0.6, 200),
)
def test_the_likelihood_of_open_invitations_is_the_integral(
    joins: int, waiting: int, share: float, usual: float, strength: float
) -> None:
    """Each open one has not joined in time with chance 1 - rate * share, rates are Beta: add up over a fine grid."""
    grid = np.sin(np.linspace(0, math.pi / 2, 20_001)) ** 2  # fine where Betas have their poles
    middle, width = (grid[1:] + grid[:-1]) / 2, np.diff(grid)
    a, b = usual * strength, (1 - usual) * strength
    log_beta = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    prior = np.exp(log_beta + (a - 1) * np.log(middle) + (b - 1) * np.log1p(-middle)) * width
    if abs(prior.sum() - 1) > 1e-3:
        return  # too steep for a grid
    wanted = math.log(np.sum(prior / prior.sum() * middle**joins * (1 - middle * share) ** waiting))
    found = betas.marginal(*(np.array([float(one)]) for one in (joins, waiting, share, usual, 1)), strength)
    assert found == pytest.approx(wanted, abs=0.02)


YOUNG = {"two weeks": 14.0, "six days, still growing": 6.0}


def growing(people: int, each: int, span: float, seed: int) -> tuple[np.ndarray, ...]:
    """Return inviter, channel, sent, joined and true rates at time `span`, when twice as many are sent every day."""
    random = np.random.default_rng(seed)
    inviter = np.repeat(np.arange(people), each)
    usual = np.array([0.15, 0.4])[np.arange(people) % 2]
    truth = random.beta(usual * 8, (1 - usual) * 8)
    sent = np.log2(1 + random.random(len(inviter)) * (2**span - 1))
    delay = random.lognormal(0, 1, len(inviter))
    came = (random.random(len(inviter)) < truth[inviter]) & (sent + delay <= span)
    return inviter, inviter % 2, sent, np.where(came, sent + delay, np.nan), truth


@pytest.mark.parametrize("span", YOUNG.values(), ids=YOUNG)
def test_young_invitations_do_not_lower_the_rates(span: float) -> None:
    found, naive, held = [], [], []
    for seed in range(12):
        inviter, channel, sent, joined, truth = growing(4000, 5, span, seed)
        one = rates_by_invitation(inviter, channel, sent, joined, now=span)
        found.append(one.learned.usual.rate[:, 0])
        held.append(np.mean((one.learned.rates.low <= truth) & (truth <= one.learned.rates.high)))
        naive.append(invitation_rates(one.sent, one.joined, one.channel).usual.rate[:, 0])
    assert np.mean(found) == pytest.approx(0.275, rel=0.02)
    assert np.mean(naive) < 0.2
    assert 0.93 < np.mean(held) < 0.99


def test_youth_makes_the_usual_rate_less_sure_not_wrong() -> None:
    held = []
    for seed in range(25):
        inviter, channel, sent, joined, _ = growing(1000, 4, 3.0, seed)
        mine = channel == 0
        found = rates_by_invitation(inviter[mine], channel[mine], sent[mine], joined[mine], now=3.0).learned.usual
        held.append(found.low[0, 0] <= 0.15 <= found.high[0, 0])
    assert np.mean(held) > 0.85  # it was 0.68 when delays were taken to be known


def test_what_happens_later_is_not_known_yet() -> None:
    inviter, channel, sent, joined, _ = growing(1500, 4, 14.0, 3)
    early = sent <= 10
    cut = np.where(joined <= 10, joined, np.nan)
    whole = rates_by_invitation(inviter[early], channel[early], sent[early], joined[early], now=10.0)
    known = rates_by_invitation(inviter[early], channel[early], sent[early], cut[early], now=10.0)
    assert whole.learned.usual.rate.tolist() == known.learned.usual.rate.tolist()


def test_old_invitations_count_as_they_are() -> None:
    inviter, channel, sent, joined, _ = growing(2000, 5, 6.0, 4)
    late = rates_by_invitation(inviter, channel, sent, joined, now=1e6)
    counted = invitation_rates(late.sent, late.joined, late.channel)
    assert late.learned.rates.rate.tolist() == pytest.approx(counted.rates.rate.tolist(), rel=1e-3)
    assert (late.sent.sum(), late.joined.sum()) == (10_000, int(np.isfinite(joined).sum()))


def test_names_are_kept() -> None:
    random = np.random.default_rng(8)
    channel = np.array(["mail", "link"])[np.arange(200) % 2]
    creative = np.array(["film", "game", "song"])[np.arange(200) % 3]
    sent = np.zeros(200)
    joined = np.where(random.random(200) < 0.5, random.lognormal(0, 1, 200), np.nan)
    found = rates_by_invitation(np.repeat("ani", 200), channel, sent, joined, now=1000.0, creative=creative)
    assert found.channels.tolist() == ["link", "mail"]
    assert found.creatives.tolist() == ["film", "game", "song"]
    assert (len(found.inviter), found.sent.sum()) == (6, 200)
    assert set(found.inviter.tolist()) == {"ani"}
    assert found.learned.usual.rate.shape == (2, 3)


@pytest.mark.parametrize(
    ("tries", "joins", "channel", "words"),
    [
        ([], [], [], "no invitations"),
        ([0], [0], [0], "no invitations"),
        ([1, 2], [1], [0, 0], "same length"),
        ([-1, 2], [0, 1], [0, 0], "from 0 up"),
        ([2, 1], [1, 5], [0, 0], "Row 1 has 5 joins of 1 invitations"),
        ([2, 1], [1, 1], [0, -1], "whole numbers from 0 up"),
    ],
)
def test_impossible_counts_are_refused(tries: list[int], joins: list[int], channel: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        invitation_rates(tries, joins, channel)
