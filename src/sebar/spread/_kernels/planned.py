"""Whole campaigns before they begin, person by person in the order of time, with friends or along a graph's ties.

Every random number is a hash of the world and of whom it is about, so that in one world the same person brings the same
friends whatever else is planned: more seeds only add to it, and plans can be compared world by world.
"""

from __future__ import annotations

import heapq
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.coins import U, hashed
from sebar.spread._kernels.compiled import compiled, inlined

Values = NDArray[np.float64]
Counts = NDArray[np.int64]
Marks = NDArray[np.int64]
Rules = NDArray[np.int64]

DAY: Final = 86_400.0
_GOLDEN: Final = U(0x9E3779B97F4A7C15)
_BROUGHT: Final = U(0xA24BAED4963EE407)
_DELAY: Final = U(0x9FB21C651E98DF25)
_ANGLE: Final = U(0xD1B54A32D192ED03)
_LIKES: Final = U(0xABC98388FB8FAC03)
_FREE: Final = U(0x8CB92BA72F3D8DD7)
_BUYS: Final = U(0xE7037ED1A0B428DB)
_ACTIVE: Final = U(0x589965CC75374CC3)
_COMES: Final = U(0x1D8E4E27C47D124F)
_11: Final = U(11)
_UNIT: Final = 1.0 / (1 << 53)
_MOST_FRIENDS: Final = 1_000_000


@inlined
def _uniform(number: np.uint64, about: np.uint64) -> float:
    """Return a number from 0 up to 1 that belongs to somebody and to what is asked about them."""
    return float(hashed(number * _GOLDEN + about) >> _11) * _UNIT


@compiled
def _delay(number: np.uint64, mu: float, sigma: float) -> float:
    """Return somebody's log-normal delay in seconds (Box and Muller)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - _uniform(number, _DELAY)))
    return math.exp(mu + sigma * radius * math.cos(2.0 * math.pi * _uniform(number, _ANGLE)))


@compiled
def _friends(uniform: float, mean: float, k: float) -> int:
    """Return how many somebody brings: the quantile of a negative binomial, which rises with its mean."""
    if mean <= 0.0:
        return 0
    chance = math.exp(-k * math.log1p(mean / k))
    below = chance
    odds = mean / (k + mean)
    count = 0
    while below < uniform and count < _MOST_FRIENDS and (chance > 1e-18 or count < mean):
        chance *= odds * (k + count) / (count + 1)
        below += chance
        count += 1
    return count


@compiled
def rewarded(is_friend: Marks, converted: Marks, brought: Counts, buyers: Counts, rules: Rules, out: Counts) -> None:
    """Add to `out` (rules,) how many rewards each rule gives these people, were there no end of its budget.

    `is_friend` and `converted` are 1 for those whom somebody brought, and who did what the brand wants; `brought` and
    `buyers` are how many friends each brought, and how many of those did it. A rule is (on conversion, rewards the
    referrer, rewards the friend, friends it takes or 0 for each, most to one person or 0 for any number).
    """
    for person in range(is_friend.size):
        for rule in range(rules.shape[0]):
            friends = buyers[person] if rules[rule, 0] else brought[person]
            if rules[rule, 3] > 0:
                out[rule] += 1 if friends >= rules[rule, 3] else 0
                continue
            given = friends if rules[rule, 1] else 0
            if rules[rule, 2] and is_friend[person] and (converted[person] or not rules[rule, 0]):
                given += 1
            out[rule] += min(given, rules[rule, 4]) if rules[rule, 4] > 0 else given


@compiled
def branch(
    keys: NDArray[np.uint64],
    participants: Values,
    seeds: Values,
    invited: int,
    comes: float,
    starts: float,
    quality: float,
    boost: float,
    population: float,
    most: int,
    buys: float,
    rules: Rules,
    by_day: Counts,
    negative: Counts,
    rewards: Counts,
    away: Marks,
    turned: Marks,
) -> None:
    """Run one world a key without a graph: everybody brings a number of strangers to all others.

    `participants` and `seeds` are (worlds, 4): ln R, ln k, mu and ln sigma. Written are (worlds, days) who joined on
    each day, (worlds,) who turned against it, (worlds, rules) rewards, whether `most` joined and the world ended, and
    whether those who turned against it told `most`: then they tell no more, and the world goes on without.
    """
    days = by_day.shape[1]
    end = days * DAY
    is_friend, converted = np.zeros(most + 1, np.int64), np.zeros(most + 1, np.int64)
    brought, buyers = np.zeros(most + 1, np.int64), np.zeros(most + 1, np.int64)
    for world in range(keys.size):
        joined, warned = 0, 0
        waiting = [(0.0, U(0), np.int64(-1), np.int64(0))]
        waiting.pop()
        seed = 0
        while joined < most and (seed < invited or len(waiting) > 0):
            if seed < invited:
                number = hashed(keys[world] + U(seed + 1) * _GOLDEN)
                seed += 1
                if _uniform(number, _COMES) >= comes:
                    continue
                time, parent, likes = starts, np.int64(-1), np.int64(1)
            else:
                time, number, parent, likes = heapq.heappop(waiting)
            if time >= end:
                continue
            if joined >= population or _uniform(number, _FREE) >= 1.0 - joined / population:
                continue
            if likes and _uniform(number, _LIKES) >= quality:
                likes = np.int64(0)
            person = np.int64(-1)
            if likes:
                person = np.int64(joined)
                joined += 1
                by_day[world, int(time / DAY)] += 1
                is_friend[person] = 1 if parent >= 0 else 0
                converted[person] = 1 if _uniform(number, _BUYS) < buys else 0
                brought[person] = 0
                buyers[person] = 0
                if parent >= 0:
                    brought[parent] += 1
                    buyers[parent] += converted[person]
            else:
                negative[world] += 1
                if warned >= most:
                    continue
            theta = seeds[world] if parent < 0 and likes else participants[world]
            mean = math.exp(theta[0]) * boost
            for friend in range(_friends(_uniform(number, _BROUGHT), mean, math.exp(theta[1]))):
                child = hashed(number + U(friend + 1) * _GOLDEN)
                when = time + _delay(child, theta[2], math.exp(theta[3]))
                if when < end and len(waiting) < 4 * most:
                    heapq.heappush(waiting, (when, child, person, likes))
                    warned += 0 if likes else 1
        away[world] = 1 if joined >= most else 0
        if warned >= most:
            turned[world] = 1
            negative[world] = max(negative[world], most)
        rewarded(is_friend[:joined], converted[:joined], brought[:joined], buyers[:joined], rules, rewards[world])


@compiled
def walk(
    keys: NDArray[np.uint64],
    participants: Values,
    seeds: Values,
    start: Counts,
    neighbours: NDArray[np.uint32],
    chance: Values,
    usual: float,
    chosen: Counts,
    comes: float,
    starts: float,
    quality: float,
    boost: float,
    buys: float,
    rules: Rules,
    by_day: Counts,
    negative: Counts,
    rewards: Counts,
) -> None:
    """Run one world a key along a graph's ties (independent cascade in continuous time).

    Where `chance` is empty, somebody passes on along each tie with a chance of R over `usual`, the ties of whoever is
    reached, if they pass anything on at all, which k / (1 + k) do: that has the mean and the variance of the
    mixture. Else it is the ties' own chance, times what R is to the middle one of all worlds: exp(ln R - `usual`).
    """
    nodes = start.size - 1
    days = by_day.shape[1]
    end = days * DAY
    seen = np.full(nodes, -1, np.int64)
    place = np.full(nodes, -1, np.int64)
    is_friend, converted = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    brought, buyers = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    for world in range(keys.size):
        joined = 0
        waiting = [(0.0, np.int64(0), np.int64(-1), np.int64(0), np.int64(0))]
        waiting.pop()
        for seed in range(chosen.size):
            number = hashed(keys[world] + U(chosen[seed] + 1) * _GOLDEN)
            if _uniform(number, _COMES) < comes:
                heapq.heappush(waiting, (starts, np.int64(chosen[seed]), np.int64(-1), np.int64(1), np.int64(1)))
        while len(waiting) > 0:
            time, node, parent, likes, is_seed = heapq.heappop(waiting)
            if time >= end:
                break
            if seen[node] == world:
                continue
            seen[node] = world
            number = hashed(keys[world] + U(node + 1) * _GOLDEN)
            if likes and _uniform(number, _LIKES) >= quality:
                likes = np.int64(0)
            person = np.int64(-1)
            if likes:
                person = np.int64(joined)
                place[node] = person
                joined += 1
                by_day[world, int(time / DAY)] += 1
                is_friend[person] = 1 if parent >= 0 else 0
                converted[person] = 1 if _uniform(number, _BUYS) < buys else 0
                brought[person] = 0
                buyers[person] = 0
                if parent >= 0:
                    brought[place[parent]] += 1
                    buyers[place[parent]] += converted[person]
            else:
                negative[world] += 1
            theta = seeds[world] if is_seed and likes else participants[world]
            if chance.size == 0:
                k = math.exp(theta[1])
                active = k / (1.0 + k)
                if _uniform(number, _ACTIVE) >= active:
                    continue
                same = math.exp(theta[0]) * boost / (usual * active)
            else:
                same = math.exp(theta[0] - usual) * boost
            for edge in range(start[node], start[node + 1]):
                other = np.int64(neighbours[edge])
                if seen[other] == world:
                    continue
                coin = hashed(number + U(edge + 1) * _BROUGHT)
                wanted = same if chance.size == 0 else same * chance[edge]
                if float(coin >> _11) * _UNIT >= wanted:
                    continue
                when = time + _delay(coin, theta[2], math.exp(theta[3]))
                if when < end:
                    heapq.heappush(
                        waiting, (when, other, np.int64(node) if likes else np.int64(-1), likes, np.int64(0))
                    )
        rewarded(is_friend[:joined], converted[:joined], brought[:joined], buyers[:joined], rules, rewards[world])
