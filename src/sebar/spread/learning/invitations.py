"""Who brings how many: rates of invitations with known outcome, by inviter, channel and creative.

Most people invite few, so what they alone show is mostly chance. A rate is therefore a mixture of what was seen of the
inviter and of what is usual in the channel, with the creative; how much the usual counts is itself learned.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread.estimate import Estimate
from sebar.spread.learning.delays import FEWEST_JOINS, Delays, learn_delays
from sebar.spread.learning.shrinkage import Rates, Strength, learned_strength, rates, shrunk_rates
from sebar.spread.special import student_quantile

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]

_NORMAL: Final = 1.959964
_ROUNDS: Final = 50
_CLOSE: Final = 1e-6
_NEAR: Final = 1e-3
_SPREAD: Final = 0.5  # of effects on the logit, before any was seen; it counts as one more channel, or creative
_FURTHEST: Final = 12.0  # logit
_FEWEST: Final = 3  # channels, or creatives, from which on it can be said how much new ones differ


@dataclass(frozen=True, slots=True)
class InvitationRates:
    """Chances that an invitation brings somebody.

    Attributes
    ----------
    rates
        (n,) of each row: posterior mean and 95 % interval.
    usual
        (channels, creatives) what is usual, for pairs that were never used together too.
    newcomer
        (channels, creatives) the same means, with the interval of the rate of somebody who has not invited anybody yet.
    elsewhere
        What is usual in a channel that nobody has used yet, and, where creatives differ, with a creative that nobody
        has; None below three channels, or with exactly two creatives: so few do not show how much others differ.
    strength
        How many invitations the usual counts for.
    """

    rates: Rates
    usual: Rates
    newcomer: Rates
    elsewhere: Estimate | None
    strength: Estimate


@dataclass(frozen=True, slots=True)
class Invitations:
    """What was learned from single invitations.

    Attributes
    ----------
    inviter, channel, creative
        (k,) whose row it is, as given.
    sent, joined
        (k,) how many invitations, and how many have joined so far.
    learned
        Rates of these k rows; channels and creatives numbered in the order of `channels` and `creatives`.
    channels, creatives
        Their names, sorted.
    delays
        How long people take to join, for each channel.
    """

    inviter: NDArray[np.generic]
    channel: NDArray[np.generic]
    creative: NDArray[np.generic]
    sent: Numbers
    joined: Numbers
    learned: InvitationRates
    channels: NDArray[np.generic]
    creatives: NDArray[np.generic]
    delays: tuple[Delays, ...]


def invitation_rates(
    tries: ArrayLike, joins: ArrayLike, channel: ArrayLike, creative: ArrayLike | None = None
) -> InvitationRates:
    """Learn how likely invitations are to bring somebody, by inviter within channel and creative.

    Joins of row i are binomial in its tries, its rate Beta(mu kappa, (1 - mu) kappa), with

        logit mu = campaign + channel + creative

    where the campaign's has Jeffreys' prior, channels' and creatives' effects are drawn to 0 as far as they do not
    differ (penalised quasi-likelihood with the beta-binomial's variance: it stays right when tries are not whole), and
    one kappa for all maximises the marginal likelihood. A row's rate is (joins + kappa mu) / (tries + kappa).

    Only invitations whose time is over may count; `rates_by_invitation` takes those that are young as well. A public
    link invites nobody in particular: there, a try is a visit, and the rate one per visit.

    Parameters
    ----------
    tries
        (n,) invitations of an inviter in a channel with a creative, from 0 up.
    joins
        (n,) how many of them joined, at most the tries.
    channel, creative
        (n,) their numbers, from 0; without creatives, all are alike.

    Raises
    ------
    ValueError
        One sentence, when counts are impossible.
    """
    tried, joined = np.asarray(tries, np.float64), np.asarray(joins, np.float64)
    cells = _Cells.of(channel, np.zeros_like(tried, np.int64) if creative is None else creative)
    _check(tried, joined, cells)
    return _learned(_Counts(joined, tried, tried - joined, np.ones_like(tried)), cells)


def rates_by_invitation(
    inviter: ArrayLike,
    channel: ArrayLike,
    sent: ArrayLike,
    joined: ArrayLike,
    *,
    now: float,
    creative: ArrayLike | None = None,
) -> Invitations:
    """Learn rates from single invitations of any age, without the young ones lowering them.

    Whoever has not joined counts as a refusal only as far as their time is over: as F (1 - mu) / (1 - mu F) of one,
    where F is the share of delays up to the invitation's age (`learn_delays`, by channel where joins are enough). How
    unsure the delays are widens the intervals of what is usual: it is learned from the soonest and the latest delays
    that are likely, too.

    Parameters
    ----------
    inviter, channel, creative
        (n,) names, numbers or text.
    sent
        (n,) time of each invitation.
    joined
        (n,) time of joining, NaN for those who have not; later than `now` counts as not yet.
    now
        Until when joins are known, in the same unit, not before any invitation.

    Raises
    ------
    ValueError
        One sentence, when a time is impossible or fewer than `FEWEST_JOINS` have joined.
    """
    material = np.zeros(np.shape(inviter), np.int64) if creative is None else creative
    names = [np.unique(np.asarray(one), return_inverse=True) for one in (inviter, channel, material)]
    age = now - np.asarray(sent, np.float64)
    arrived = np.asarray(joined, np.float64)
    delay = np.where(arrived <= now, arrived - np.asarray(sent, np.float64), np.nan)
    (people, who), (channels, where), (creatives, what) = names
    delays = _delays(age, delay, where, len(channels))
    shares = np.empty((3, len(age)))
    for place, one in enumerate(delays):
        shares[:, where == place] = [each.matured(age[where == place]) for each in (one, *one.ends)]
    key = (who * len(channels) + where) * len(creatives) + what
    rows, row = np.unique(key, return_inverse=True)
    came = ~np.isnan(delay)
    counts, *ends = (_Counts.of(row, came, share) for share in shares)
    of_row = rows // (len(creatives) * len(channels)), rows // len(creatives) % len(channels), rows % len(creatives)
    cells = _Cells(of_row[1], of_row[2], len(channels), len(creatives))
    return Invitations(
        people[of_row[0]],
        channels[of_row[1]],
        creatives[of_row[2]],
        np.bincount(row),
        np.bincount(row, came).astype(np.int64),
        _learned(counts, cells, ends),
        channels,
        creatives,
        delays,
    )


def _delays(age: Values, delay: Values, where: Numbers, channels: int) -> tuple[Delays, ...]:
    """Learn each channel's delays; channels with few joins have those of all."""
    of_all = learn_delays(age, delay)
    if channels == 1:
        return (of_all,)
    enough = np.bincount(where[~np.isnan(delay)], minlength=channels) >= 10 * FEWEST_JOINS
    return tuple(
        learn_delays(age[where == one], delay[where == one]) if enough[one] else of_all for one in range(channels)
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """Each row's joins; how many invitations' worth of time is over; how many are open, and their mean share of it."""

    joins: Values
    matured: Values
    open: Values
    share: Values

    @property
    def sent(self) -> Values:
        """How many invitations."""
        return self.joins + self.open

    @classmethod
    def of(cls, row: Numbers, came: NDArray[np.bool_], share: Values) -> _Counts:
        joins, sent, matured = (np.bincount(row, one).astype(np.float64) for one in (came, np.ones_like(share), share))
        waiting = np.bincount(row[~came], share[~came], len(joins))
        return cls(joins, matured, sent - joins, waiting / np.maximum(sent - joins, 1))

    def refusals(self, usual: Values) -> Values:
        """Return how many refusals the open ones are worth, where `usual` is their chance."""
        return self.open * self.share * (1 - usual) / (1 - usual * self.share)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Which channel and creative each row is of."""

    channel: Numbers
    creative: Numbers
    channels: int
    creatives: int

    @classmethod
    def of(cls, channel: ArrayLike, creative: ArrayLike) -> _Cells:
        places = np.asarray(channel), np.asarray(creative)
        for one in places:
            if one.size and (one.dtype.kind not in "iu" or one.min() < 0):
                raise ValueError("Channels and creatives must be whole numbers from 0 up.")
        numbers = [one.astype(np.int64) for one in places]
        sizes = [int(one.max(initial=0)) + 1 for one in numbers]
        return cls(numbers[0], numbers[1], sizes[0], sizes[1])

    def tell_of_others(self, used: NDArray[np.bool_]) -> bool:
        """Return whether the channels and creatives that were used show how much others differ."""
        channels, creatives = (len(np.unique(one[used])) for one in (self.channel, self.creative))
        return channels >= _FEWEST and (creatives == 1 or creatives >= _FEWEST)

    @property
    def number(self) -> Numbers:
        return self.channel * self.creatives + self.creative

    @property
    def design(self) -> Values:
        """(channels * creatives, 1 + channels + creatives) which effects add up in each pair."""
        pair = np.arange(self.channels * self.creatives)
        design = np.zeros((len(pair), 1 + self.channels + self.creatives))
        design[:, 0] = 1
        design[pair, 1 + pair // self.creatives] = self.channels > 1
        design[pair, 1 + self.channels + pair % self.creatives] = self.creatives > 1
        return design


def _check(tried: Values, joined: Values, cells: _Cells) -> None:
    if not (tried.shape == joined.shape == cells.channel.shape == cells.creative.shape and tried.ndim == 1):
        raise ValueError("Tries, joins, channels and creatives must be rows of the same length.")
    if not tried.size or not tried.sum() > 0:
        raise ValueError("There are no invitations to learn from.")
    if not (np.isfinite(tried).all() and (tried >= 0).all() and (joined >= 0).all()):
        raise ValueError("Tries and joins must be numbers from 0 up.")
    if (joined > tried).any():
        row = int(np.argmax(joined - tried))
        raise ValueError(f"Row {row} has {joined[row]:g} joins of {tried[row]:g} invitations.")


def _learned(counts: _Counts, cells: _Cells, ends: Sequence[_Counts] = ()) -> InvitationRates:
    """Learn from the counts; `ends` are those that the soonest and the latest delays would make of the same."""
    few, cell, weight, row = _kinds(counts, cells)
    strength, usual = _usual(few, cell, weight, cells)
    if ends:
        usual = usual.unsure_as_to([_usual(*_kinds(one, cells)[:3], cells)[1] for one in ends])
    mean, unsure, kappa = usual.mean, ((1 - usual.mean) * usual.deviation) ** 2, strength.value
    taken = Strength(kappa)
    refusals = few.refusals(mean[cell])
    rate = (few.joins + kappa * mean[cell]) / (few.joins + refusals + kappa)
    of_kind = shrunk_rates(
        rate, joins=few.joins, failures=refusals, usual=mean[cell], unsure=unsure[cell], strength=taken
    )
    none = np.zeros_like(mean)
    newcomer = shrunk_rates(mean, joins=none, failures=none, usual=mean, unsure=unsure, strength=taken)
    return InvitationRates(
        Rates(of_kind.rate[row], of_kind.low[row], of_kind.high[row]),
        _table(usual.interval, cells),
        _table(newcomer, cells),
        usual.elsewhere if cells.tell_of_others(counts.sent > 0) else None,
        replace(strength, unit="invitations"),
    )


def _kinds(counts: _Counts, cells: _Cells) -> tuple[_Counts, Numbers, Values, Numbers]:
    """Return the different rows: their counts and pairs, and how often each occurs; and which of them each row is."""
    kinds, place, times = np.unique(
        np.column_stack([counts.joins, counts.matured, counts.open, counts.share, cells.number]),
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    return _Counts(*kinds.T[:4].copy()), kinds[:, 4].astype(np.int64), times.astype(np.float64), place.ravel()


def _usual(few: _Counts, cell: Numbers, weight: Values, cells: _Cells) -> tuple[Estimate, _Usual]:
    """Learn what is usual, and how much it counts, in turn."""
    usual = _Usual.start(float(weight @ few.joins / (weight @ few.matured)), cells)
    before = math.inf
    for _ in range(_ROUNDS):
        strength = learned_strength(few.joins, few.open, usual.mean[cell], share=few.share, weight=weight)
        if abs(strength.value / before - 1) < _NEAR:
            break
        before = strength.value
        spare = weight / _variance(few, usual.mean[cell], strength.value)
        joins, tries = (np.bincount(cell, spare * one, usual.pairs) for one in (few.joins, few.matured))
        usual = usual.fitted(joins.astype(np.float64), tries.astype(np.float64))
    return strength, usual


def _variance(few: _Counts, usual: Values, strength: float) -> Values:
    """Return the variance of each row's joins, over that of as many matured invitations by different people."""
    matured = few.matured / np.maximum(few.sent, 1e-300)
    of_one = (1 - matured * usual) / (1 - usual)
    return of_one + np.maximum(few.matured - matured, 0) / (strength + 1)


def _table(of_pairs: Rates, cells: _Cells) -> Rates:
    shape = cells.channels, cells.creatives
    return Rates(of_pairs.rate.reshape(shape), of_pairs.low.reshape(shape), of_pairs.high.reshape(shape))


@dataclass(frozen=True, slots=True)
class _Usual:
    """Effects of campaign, channels and creatives on the logit, their covariance, and how much each kind varies."""

    design: Values
    levels: tuple[int, int]
    effects: Values
    covariance: Values
    variances: tuple[float, float]

    @classmethod
    def start(cls, overall: float, cells: _Cells) -> _Usual:
        effects = np.zeros(1 + cells.channels + cells.creatives)
        effects[0] = np.log(min(max(overall, 1e-3), 0.9))
        levels = cells.channels, cells.creatives
        return cls(cells.design, levels, effects, np.zeros((len(effects),) * 2), (_SPREAD**2, _SPREAD**2))

    @property
    def pairs(self) -> int:
        return len(self.design)

    @property
    def mean(self) -> Values:
        return _expit(self.design @ self.effects)

    @property
    def deviation(self) -> Values:
        """Standard deviation of each pair's logit."""
        deviation: Values = np.sqrt(np.einsum("pi,ij,pj->p", self.design, self.covariance, self.design))
        return deviation

    @property
    def interval(self) -> Rates:
        """Of each pair, by the Beta whose logit has this mode and this curvature there: few joins are skewed."""
        rate, worth = self.mean, 1 / self.deviation**2
        return rates(rate, (rate * (1 - rate)) ** 2 / (worth + rate * (1 - rate)))

    @property
    def elsewhere(self) -> Estimate:
        """By Student's t: how much channels differ, and creatives, is itself learned from few."""
        kinds = [one for one in zip(self.variances, self.levels, strict=True) if one[1] > 1]
        extra, fewest = sum(variance for variance, _ in kinds), min(levels for _, levels in kinds)
        wide = student_quantile(0.95, fewest) * float(np.sqrt(self.covariance[0, 0] + extra))
        low, middle, high = _expit(self.effects[0] + np.array([-wide, 0.0, wide])).tolist()
        return Estimate(middle, low, high, unit="joins per invitation")

    def unsure_as_to(self, ends: Iterable[_Usual]) -> _Usual:
        """Return it, unsure too of what differs from it at the farther end of a 95 % interval."""
        shift = max(((one.effects - self.effects) / _NORMAL for one in ends), key=lambda one: float(one @ one))
        return replace(self, covariance=self.covariance + np.outer(shift, shift))

    def fitted(self, joins: Values, tries: Values) -> _Usual:
        """Return the effects that fit these weighted counts of the pairs, and their variances, in turn."""
        now = self
        for _ in range(_ROUNDS):
            before, now = now, now.nearer(joins, tries)
            if np.max(np.abs(now.effects - before.effects)) < _CLOSE:
                break
        return now

    def nearer(self, joins: Values, tries: Values) -> _Usual:
        """Take one of Newton's steps, then learn how much channels differ, and creatives.

        That is the mean of their squared effects, and of what is unsure of them.
        """
        channels, creatives = self.levels
        penalty = np.repeat([0.0, 1 / self.variances[0], 1 / self.variances[1]], [1, channels, creatives])
        slope = self.design.T @ (joins - tries * self.mean) - penalty * self.effects
        information = (self.design.T * (tries * self.mean * (1 - self.mean))) @ self.design + np.diag(penalty)
        overall = float(_expit(self.effects[:1])[0])
        # Jeffreys' prior, half a join and half a refusal: where nobody joined, or all did, nothing else would hold it.
        slope[0] += 0.5 - overall
        information[0, 0] += overall * (1 - overall)
        covariance = np.linalg.inv(information).astype(np.float64)
        effects = np.clip(self.effects + np.clip(covariance @ slope, -2, 2), -_FURTHEST, _FURTHEST)
        squares = np.split((effects**2 + np.diag(covariance))[1:], [channels])
        of_channels, of_creatives = ((float(one.sum()) + _SPREAD**2) / (len(one) + 1) for one in squares)
        return replace(self, effects=effects, covariance=covariance, variances=(of_channels, of_creatives))


def _expit(logit: Values) -> Values:
    return 1 / (1 + np.exp(-logit))
