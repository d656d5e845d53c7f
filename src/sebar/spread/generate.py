"""Cascades out of nothing that behave like real ones: for demonstrations, tests and benchmarks.

Most people bring nobody and a few bring many (offspring Poisson with a gamma-mixed rate), friends come after
log-normal delays, and everything sleeps at night (a daily clock). The defaults are what was measured on reposts in a
large network, made a little more sociable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Seconds = NDArray[np.float64]

_DAY: Final = 86_400.0
_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Passing:
    """How people of one kind pass on.

    Attributes
    ----------
    mean
        Friends brought per person, R.
    dispersion
        k of the gamma mixture; the smaller, the fewer bring most.
    delay
        Median time until a friend joins, seconds of waking time.
    delay_sigma
        Standard deviation of the delay's logarithm.
    """

    mean: float
    dispersion: float
    delay: float
    delay_sigma: float


PARTICIPANTS: Final = Passing(mean=0.45, dispersion=0.144, delay=53 * 60.0, delay_sigma=2.2)
SEEDS: Final = Passing(mean=4.0, dispersion=0.15, delay=2.3 * 3600.0, delay_sigma=1.6)
CLOCK: Final[tuple[float, ...]] = (
    0.45, 0.25, 0.15, 0.12, 0.15, 0.35, 0.65, 0.9, 1.0, 1.1, 1.15, 1.2,
    1.3, 1.2, 1.1, 1.05, 1.1, 1.2, 1.3, 1.5, 1.65, 1.6, 1.25, 0.8,
)  # fmt: skip
"""How busy each hour of the day is, midnight first; only the proportions matter."""

CHANNELS: Final = ("messenger", "link", "qr", "facebook", "x", "email", "code")
_CHANNEL_SHARE: Final = (0.46, 0.2, 0.1, 0.09, 0.06, 0.05, 0.04)
KINDS: Final = ("view", "visit", "share", "crawler")


@dataclass(frozen=True, slots=True)
class Forest:
    """Who joined when, and through whom; sorted by time, so that a parent stands before its children.

    Attributes
    ----------
    parent
        (n,) index of the parent, -1 for seeds.
    cascade
        (n,) number of the cascade, from 0 in the order in which they began.
    seconds
        (n,) time of joining, seconds after the first one.
    generation
        (n,) distance from the seed.
    channel
        (n,) how they came, an index into `CHANNELS`.
    """

    parent: Integers
    cascade: Integers
    seconds: Seconds
    generation: Integers
    channel: Integers


@dataclass(frozen=True, slots=True)
class Touches:
    """What happened around the joins, sorted by time.

    Attributes
    ----------
    kind
        (m,) index into `KINDS`; ``crawler`` is a visit by a program that says so.
    owner
        (m,) index of the person whose link it was.
    joiner
        (m,) index of the person who joined by this visit, -1 for all others.
    seconds
        (m,) as in `Forest`.
    channel
        (m,) index into `CHANNELS`.
    """

    kind: Integers
    owner: Integers
    joiner: Integers
    seconds: Seconds
    channel: Integers


def forest(
    *,
    people: int,
    days: float = 10.0,
    seed: int,
    passing: Passing = PARTICIPANTS,
    seeding: Passing = SEEDS,
    clock: Sequence[float] = CLOCK,
    start_hour: float = 9.0,
) -> Forest:
    """Return a campaign's joins.

    Parameters
    ----------
    people
        Exactly how many, at least 1.
    days
        Length of the campaign; nobody joins later.
    seed
        Makes it repeatable.
    passing, seeding
        How participants, and seeds, pass on.
    clock
        Weight of each hour of the day.
    start_hour
        Hour of the day at which it begins.
    """
    random = np.random.default_rng(seed)
    waking = _Clock(clock, start_hour)
    horizon = float(waking.awake(np.array([days * _DAY]))[0])
    expected = 1 + seeding.mean / max(1 - passing.mean, 0.1)
    grown: list[_Grown] = []
    missing = people
    while missing > 0:
        grown.append(_grow(random, max(int(missing / expected), 1), horizon, passing, seeding))
        missing -= len(grown[-1].at)
    return _sorted(random, _together(grown), people, waking)


def touches(trees: Forest, *, seed: int) -> Touches:
    """Return shares, views, visits and crawlers' visits that fit the joins of a forest.

    Everybody who brought somebody was seen sharing before, most often once; so were some of the others. Each friend
    visited shortly before joining; others visited and did not join; link previews follow shares.

    Parameters
    ----------
    trees
        From `forest`.
    seed
        Makes it repeatable.
    """
    random = np.random.default_rng(seed)
    people = len(trees.parent)
    friend = np.flatnonzero(trees.parent >= 0)
    first_child = np.full(people, np.inf)
    np.minimum.at(first_child, trees.parent[friend], trees.seconds[friend])
    sharer = np.flatnonzero(np.isfinite(first_child) | (random.random(people) < 0.25))
    shared = trees.seconds[sharer] + random.random(sharer.size) * np.minimum(
        first_child[sharer] - trees.seconds[sharer], 1800.0
    )
    again = random.choice(sharer.size, sharer.size // 2) if sharer.size else np.empty(0, np.int64)
    looked = np.repeat(friend, random.poisson(1.2, friend.size))
    parts = [
        (2, sharer, shared, trees.channel[sharer]),
        (2, sharer[again], shared[again] + random.exponential(6 * 3600.0, again.size), trees.channel[sharer[again]]),
        (3, sharer, shared + random.exponential(2.0, sharer.size), trees.channel[sharer]),
        (1, trees.parent[looked], _after(random, trees, looked), trees.channel[looked]),
    ]
    before = np.maximum(trees.seconds[friend] - random.exponential(90.0, friend.size), trees.seconds[trees.parent[friend]])
    kind = np.concatenate([np.full(friend.size, 1), *(np.full(owner.size, code) for code, owner, _, _ in parts)])
    owner = np.concatenate([trees.parent[friend], *(owner for _, owner, _, _ in parts)])
    seconds = np.concatenate([before, *(at for _, _, at, _ in parts)])
    channel = np.concatenate([trees.channel[friend], *(how for _, _, _, how in parts)])
    joiner = np.concatenate([friend, np.full(owner.size - friend.size, -1)])
    return _with_views(random, kind, owner, joiner, seconds, channel)


@dataclass(frozen=True, slots=True)
class _Grown:
    """Trees before sorting; times in waking seconds."""

    parent: Integers
    at: Seconds
    generation: Integers


class _Clock:
    """Turns waking time, which passes faster in busy hours, into time of day and back."""

    def __init__(self, weights: Sequence[float], start_hour: float) -> None:
        share = np.asarray(weights, np.float64)
        self._awake = np.concatenate([[0.0], np.cumsum(share / share.sum())]) * _DAY
        self._real = np.linspace(0.0, _DAY, _HOURS + 1)
        self._start = start_hour * 3600.0
        self._woken = float(np.interp(self._start, self._real, self._awake))

    def awake(self, real: Seconds) -> Seconds:
        day, rest = np.divmod(real + self._start, _DAY)
        return day * _DAY + np.interp(rest, self._real, self._awake) - self._woken

    def real(self, awake: Seconds) -> Seconds:
        day, rest = np.divmod(awake + self._woken, _DAY)
        return day * _DAY + np.interp(rest, self._awake, self._real) - self._start


def _grow(random: np.random.Generator, seeds: int, horizon: float, passing: Passing, seeding: Passing) -> _Grown:
    """Grow whole cascades from seeds spread over the campaign, more of them early on."""
    parent = [np.full(seeds, -1, np.int64)]
    at = [np.sort(horizon * random.random(seeds) ** 1.6)]
    first, kind = 0, seeding
    while len(at[-1]):
        rate = random.gamma(kind.dispersion, kind.mean / kind.dispersion, len(at[-1]))
        brought = random.poisson(rate)
        came = np.repeat(at[-1], brought) + random.lognormal(np.log(kind.delay), kind.delay_sigma, int(brought.sum()))
        in_time = came <= horizon
        above = np.repeat(np.arange(first, first + len(at[-1]), dtype=np.int64), brought)
        first, kind = first + len(at[-1]), passing
        parent.append(above[in_time])
        at.append(came[in_time])
    generation = np.repeat(np.arange(len(at), dtype=np.int64), [len(level) for level in at])
    return _Grown(np.concatenate(parent), np.concatenate(at), generation)


def _together(grown: Sequence[_Grown]) -> _Grown:
    offsets = np.cumsum([0, *(len(trees.at) for trees in grown)])
    shifted = [np.where(trees.parent >= 0, trees.parent + by, -1) for trees, by in zip(grown, offsets, strict=False)]
    return _Grown(
        np.concatenate(shifted),
        np.concatenate([trees.at for trees in grown]),
        np.concatenate([trees.generation for trees in grown]),
    )


def _sorted(random: np.random.Generator, trees: _Grown, people: int, waking: _Clock) -> Forest:
    """Put everybody in order of time and keep the first; a parent is always earlier, so trees stay whole."""
    order = np.lexsort((trees.generation, trees.at))[:people]
    place = np.empty(len(trees.at), np.int64)
    place[order] = np.arange(len(order))
    above = trees.parent[order]
    parent = np.where(above >= 0, place[above], -1)
    cascade = np.empty(len(order), np.int64)
    seeds = np.flatnonzero(parent < 0)
    cascade[seeds] = np.arange(len(seeds))
    generation = trees.generation[order]
    for depth in range(1, int(generation.max(initial=0)) + 1):
        level = np.flatnonzero(generation == depth)
        cascade[level] = cascade[parent[level]]
    seconds = waking.real(trees.at[order])
    channel = random.choice(len(CHANNELS), len(order), p=_CHANNEL_SHARE).astype(np.int64)
    return Forest(parent, cascade, seconds - seconds[0], generation, channel)


def _after(random: np.random.Generator, trees: Forest, looked: Integers) -> Seconds:
    """Return times of visits that came to nothing: spread like the joins, from the owner's own join on."""
    start = trees.seconds[trees.parent[looked]]
    return start + (trees.seconds[looked] - start) * random.uniform(0.2, 2.0, looked.size)


def _with_views(
    random: np.random.Generator, kind: Integers, owner: Integers, joiner: Integers, seconds: Seconds, channel: Integers
) -> Touches:
    """Add the page view that follows nearly every person's visit, and sort."""
    seen = np.flatnonzero((kind == 1) & (random.random(kind.size) < 0.97))
    kind = np.concatenate([kind, np.zeros(seen.size, np.int64)])
    seconds = np.concatenate([seconds, seconds[seen] + random.uniform(0.3, 3.0, seen.size)])
    order = np.argsort(seconds, kind="stable")
    return Touches(
        kind[order],
        np.concatenate([owner, owner[seen]])[order],
        np.concatenate([joiner, np.full(seen.size, -1)])[order],
        seconds[order],
        np.concatenate([channel, channel[seen]])[order],
    )
