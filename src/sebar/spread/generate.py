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
_ALSO_SHARE: Final = 0.25  # of those whose friends never came
_SEE_THE_PAGE: Final = 0.97  # of visitors; the rest leave first


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
    sharer = np.flatnonzero(np.isfinite(first_child) | (random.random(people) < _ALSO_SHARE))
    time = np.minimum(first_child[sharer] - trees.seconds[sharer], 1800.0)
    shared = _touched(trees, "share", sharer, trees.seconds[sharer] + random.random(sharer.size) * time)
    again = random.permutation(sharer.size)[: sharer.size // 2]
    later = shared.seconds[again] + random.exponential(6 * 3600.0, again.size)
    previews = shared.seconds + random.exponential(2.0, sharer.size)
    came = np.maximum(
        trees.seconds[friend] - random.exponential(90.0, friend.size), trees.seconds[trees.parent[friend]]
    )
    visits = _visits(trees, friend, came, joined=True)
    looked = np.repeat(friend, random.poisson(1.2, friend.size))
    glances = _visits(trees, looked, _later(random, trees, looked), joined=False)
    return _in_time(
        shared,
        _touched(trees, "share", sharer[again], later),
        _touched(trees, "crawler", sharer, previews),
        visits,
        _views(random, visits),
        glances,
        _views(random, glances),
    )


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


def _later(random: np.random.Generator, trees: Forest, looked: Integers) -> Seconds:
    """Return times of visits that came to nothing: spread like the joins, from the owner's own join on."""
    start = trees.seconds[trees.parent[looked]]
    return start + (trees.seconds[looked] - start) * random.uniform(0.2, 2.0, looked.size)


def _touched(trees: Forest, kind: str, owner: Integers, seconds: Seconds) -> Touches:
    return Touches(
        np.full(owner.size, KINDS.index(kind)), owner, np.full(owner.size, -1), seconds, trees.channel[owner]
    )


def _visits(trees: Forest, friend: Integers, seconds: Seconds, *, joined: bool) -> Touches:
    """Return visits by the links of these friends' parents."""
    joiner = friend if joined else np.full(friend.size, -1)
    kind = np.full(friend.size, KINDS.index("visit"))
    return Touches(kind, trees.parent[friend], joiner, seconds, trees.channel[friend])


def _views(random: np.random.Generator, visits: Touches) -> Touches:
    """Return the page views that nearly all visits lead to."""
    seen = random.random(visits.owner.size) < _SEE_THE_PAGE
    seconds = visits.seconds[seen] + random.uniform(0.3, 3.0, int(seen.sum()))
    kind = np.full(seconds.size, KINDS.index("view"))
    return Touches(kind, visits.owner[seen], np.full(seconds.size, -1), seconds, visits.channel[seen])


def _in_time(*parts: Touches) -> Touches:
    """Return all of them together, in order of time."""
    seconds = np.concatenate([part.seconds for part in parts])
    order = np.argsort(seconds, kind="stable")
    return Touches(
        np.concatenate([part.kind for part in parts])[order],
        np.concatenate([part.owner for part in parts])[order],
        np.concatenate([part.joiner for part in parts])[order],
        seconds[order],
        np.concatenate([part.channel for part in parts])[order],
    )
