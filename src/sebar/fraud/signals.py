"""Signs that joins are not what they seem: each a pure function over a campaign's people, as columns of equal length.

Every sign counts something in the family of whoever brought these people, and takes off what is innocent: what a
household does, and what chance brings by two standard deviations when a key is common (a mobile carrier puts thousands
of people behind one address). What is left is told in steps, log2(1 + count): the first few say most. More of the same
evidence never makes a sign weaker.

None of them proves anything: `rules` adds them up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Values = NDArray[np.float64]
Marks = NDArray[np.bool_]

UNKNOWN: Final = -1
HOUSEHOLD: Final = 3
"""So many people may share a phone, an account for payments or a home, and bring each other, without a sign of it."""
LINE: Final = 5
"""So many friends of one person may share a line to the internet: a household with guests."""
QUICK_SECONDS: Final = 600.0
STAR_SECONDS: Final = 3600.0
QUICK: Final = 5
"""Joins through one person within `QUICK_SECONDS` that are no sign in any campaign: a message to a group does that."""
STAR: Final = 6
TOO_FAST_SECONDS: Final = 20.0
"""Nobody joins, tells a friend, and has the friend read, decide and fill a form in within so short a time."""
EVEN_GAPS: Final = 6
EVEN: Final = 0.25
"""Ratio of standard deviation to mean of that many gaps: independent people's is below this 1 time in 340."""
_FEW: Final = 12  # people on one device link it into a ring; more are an office with equal machines
_MANY: Final = 50  # people paid to one account are a ring; more are a shop's own account
_MOST: Final = 4.0
_LEAVES: Final = 0.9
_BUSY: Final = 0.95
_HEADS_BESIDE: Final = 100
_NOBODY: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Crowd:
    """A campaign's people in the order in which they joined: (n,) columns of equal length.

    Attributes
    ----------
    number
        Who.
    parent
        At which place stands whoever brought them; `UNKNOWN` for seeds and for whoever is not among these people.
    joined
        Seconds since any fixed moment.
    network, device, payment, mailbox
        Equal numbers mean the same line to the internet, kind of browser, account for payments, mailbox; `UNKNOWN`
        where nothing is known.
    is_thrown_away
        Whether the e-mail address is one of a service for throw-away addresses.
    is_linked
        Whether they came by somebody's link, so that it must have been opened.
    seen
        1 when they opened their own page, 0 when they could have and did not, `UNKNOWN` when nobody could tell.
    opened
        How often people opened this person's link, programs left out.
    """

    number: Places
    parent: Places
    joined: Values
    network: Places
    device: Places
    payment: Places
    mailbox: Places
    is_thrown_away: Marks
    is_linked: Marks
    seen: Places
    opened: Places

    def __len__(self) -> int:
        return self.number.size


class Sign(NamedTuple):
    """What one signal says of everybody.

    Attributes
    ----------
    strength
        (n,) from 0, nothing, to 4.
    number
        (n,) the number that the reason in words names.
    seconds
        (n,) the time that it names, where it names one.
    """

    strength: Values
    number: Places
    seconds: Values


def own_friends(crowd: Crowd) -> Sign:
    """Find people who share the device, the mailbox or the account of the very person who brought them."""
    machine = _group(crowd.network, crowd.device)
    brought = crowd.parent >= 0
    same = np.zeros(len(crowd), bool)
    by_chance = np.zeros(len(crowd))
    for key in (machine, crowd.mailbox, crowd.payment):
        same |= brought & (key >= 0) & (key == key[crowd.parent])
        by_chance += _size(key)[crowd.parent] / max(len(crowd), 1)
    count = _per_head(crowd, same)
    # The device of a carrier's many is met by chance; how many of the family are on it is taken off.
    others = np.maximum(by_chance - (count[crowd.parent] + 1) / max(len(crowd), 1), 0)
    chance = np.zeros(len(crowd))
    np.maximum.at(chance, crowd.parent[brought], others[brought])
    beyond = _beyond(count, chance * _families(crowd), HOUSEHOLD - 1)
    return _sign(_steps(_from_head(crowd, beyond, same)), _counted(crowd, count, same))


def aliases(crowd: Crowd) -> Sign:
    """Find spellings of one mailbox: what stands after a plus, and dots at Google, make no difference."""
    size = _size(crowd.mailbox)
    shared = size > 1
    brought = _per_head(crowd, shared)
    own = np.where(shared, size - 1, 0)
    return _sign(_steps(np.maximum(own, brought - 2)), np.maximum(np.where(shared, size, 0), brought))


def thrown_away(crowd: Crowd) -> Sign:
    """Find throw-away addresses among those whom one person brought, beyond what is usual in the campaign."""
    count = _per_head(crowd, crowd.is_thrown_away)
    usual = _families(crowd) * _share_elsewhere(crowd, crowd.is_thrown_away, np.ones(len(crowd), bool))
    found = _from_head(crowd, _beyond(count, usual, 1), crowd.is_thrown_away)
    alone = np.where(crowd.is_thrown_away, 0.5, 0.0)
    return _sign(np.maximum(_steps(found), alone), np.maximum(_counted(crowd, count, crowd.is_thrown_away), alone > 0))


def machine(crowd: Crowd) -> Sign:
    """Find accounts of one family, its head included, beyond one a device: the same line and kind of browser."""
    key = _group(crowd.network, crowd.device)
    brought = (crowd.parent >= 0) & (key >= 0)
    siblings = _size(_group(np.where(brought, crowd.parent, UNKNOWN), key))
    is_heads = brought & (key == key[crowd.parent])
    shared = brought & (siblings + is_heads > 1)
    surplus = np.where(shared, np.where(is_heads, 1.0, 1 - 1 / np.maximum(siblings, 1)), 0.0)
    others = np.maximum(_size(key) - siblings - is_heads, 0)
    by_chance = np.where(shared, np.minimum(_families(crowd)[crowd.parent] * others / max(len(crowd), 1), 1), 0.0)
    beyond = _beyond(_sum_per_head(crowd, surplus), _sum_per_head(crowd, by_chance), HOUSEHOLD - 1)
    count = _per_head(crowd, shared)
    return _sign(_steps(_from_head(crowd, beyond, shared)), _counted(crowd, count, shared))


def network(crowd: Crowd) -> Sign:
    """Find people of one family on one line to the internet. Offices and schools do that too: it weighs little."""
    return _shared(crowd, crowd.network, LINE)


def payment(crowd: Crowd) -> Sign:
    """Find people paid to, or paying from, one account, and whoever is in a ring with them."""
    size = _size(crowd.payment)
    linked = rings(crowd)
    most = np.zeros(max(len(crowd), 1), np.int64)
    np.maximum.at(most, linked, size)
    return _sign(_steps(most[linked] - HOUSEHOLD), most[linked])


def velocity(crowd: Crowd) -> Sign:
    """Find many joins through one person within minutes, beyond what the campaign's other people bring."""
    return _bursts(crowd, np.ones(len(crowd), bool), QUICK_SECONDS, QUICK)


def star(crowd: Crowd) -> Sign:
    """Find many within an hour who themselves bring nobody, so that the tree is a star."""
    leaves = (_families(crowd) == 0) & (crowd.parent >= 0)
    all_leaves = _per_head(crowd, leaves) >= _LEAVES * _families(crowd)
    in_stars = leaves & all_leaves[crowd.parent]
    return _bursts(crowd, in_stars, STAR_SECONDS, STAR)


def even_gaps(crowd: Crowd) -> Sign:
    """Find joins through one person at even steps of time, as programs make them."""
    order, head, at = _by_family(crowd)
    runs = at.size - EVEN_GAPS
    strength, seconds = np.zeros(len(crowd)), np.zeros(len(crowd))
    if runs <= 0:
        return _sign(strength, np.zeros(len(crowd)))
    gaps = np.lib.stride_tricks.sliding_window_view(np.diff(at), EVEN_GAPS)
    mean, deviation = gaps.mean(1), gaps.std(1)
    # People of an import share one moment: that is no program at the form.
    usable = (head[EVEN_GAPS:] == head[:-EVEN_GAPS]) & (gaps.min(1) > 0)
    ratio = np.where(usable, deviation / np.where(mean > 0, mean, 1), 1.0)
    evenness = np.where(ratio < EVEN, np.clip(1 + np.log2(EVEN / np.maximum(ratio, 1e-3)), 0, _MOST), 0)
    of_join, of_mean = np.zeros(at.size), np.zeros(at.size)
    for step in range(EVEN_GAPS + 1):
        better = evenness > of_join[step : step + runs]
        of_join[step : step + runs] = np.where(better, evenness, of_join[step : step + runs])
        of_mean[step : step + runs] = np.where(better, mean, of_mean[step : step + runs])
    strength[order], seconds[order] = of_join, of_mean
    found = strength > 0
    count = _per_head(crowd, found)
    np.maximum.at(strength, crowd.parent[found], strength[found])
    np.maximum.at(seconds, crowd.parent[found], seconds[found])
    return Sign(strength, _counted(crowd, count, found), seconds)


def too_fast(crowd: Crowd) -> Sign:
    """Find people who joined within moments of whoever brought them."""
    brought = crowd.parent >= 0
    after = np.where(brought, crowd.joined - crowd.joined[crowd.parent], np.inf)
    fast = (after > 0) & (after <= TOO_FAST_SECONDS)
    count = _per_head(crowd, fast)
    quickest = np.where(fast, after, np.inf)
    np.minimum.at(quickest, crowd.parent[fast], after[fast])
    found = _from_head(crowd, np.maximum(count - 1.0, 0), fast)
    shown = np.where(np.isfinite(quickest), quickest, 0)
    return Sign(_steps(found), _counted(crowd, count, fast), shown)


def ring(crowd: Crowd) -> Sign:
    """Find people linked by devices, mailboxes and accounts who also bring each other."""
    linked = rings(crowd)
    inside = (crowd.parent >= 0) & (linked == linked[crowd.parent])
    edges = np.bincount(linked[inside], minlength=max(len(crowd), 1))
    people = np.bincount(linked, minlength=max(len(crowd), 1))
    return _sign(_steps(edges[linked] - HOUSEHOLD), np.where(edges[linked] > 0, people[linked], 0))


def unopened(crowd: Crowd) -> Sign:
    """Find joins by a link that no person had opened: a program sent the form."""
    linked = _per_head(crowd, crowd.is_linked)
    missing = np.maximum(linked - crowd.opened, 0)
    if not crowd.opened.any():
        return _sign(np.zeros(len(crowd)), missing)  # visits are not known here at all
    usual = (missing.sum() - missing) / np.maximum(linked.sum() - linked, 1)
    found = _from_head(crowd, _beyond(missing, linked * usual, 2), crowd.is_linked)
    return _sign(_steps(found), _counted(crowd, missing, crowd.is_linked))


def unseen(crowd: Crowd) -> Sign:
    """Accounts that never opened their own page, not even the one that a join leads to."""
    never = crowd.seen == 0
    known = crowd.seen != UNKNOWN
    count = _per_head(crowd, never)
    usual = _per_head(crowd, known) * _share_elsewhere(crowd, never, known)
    found = _from_head(crowd, _beyond(count, usual, 2), never)
    return _sign(_steps(found), _counted(crowd, count, never))


ALL: Final[dict[str, Callable[[Crowd], Sign]]] = {
    "own_friends": own_friends,
    "aliases": aliases,
    "thrown_away": thrown_away,
    "machine": machine,
    "network": network,
    "payment": payment,
    "velocity": velocity,
    "star": star,
    "even_gaps": even_gaps,
    "too_fast": too_fast,
    "ring": ring,
    "unopened": unopened,
    "unseen": unseen,
}


def rings(crowd: Crowd) -> Places:
    """Return for everybody the place of the first one they are linked to, through whomever: a union of equal keys.

    A key that too many share links nobody.
    """
    machines = _group(crowd.network, crowd.device)
    keys = [
        np.where(_size(machines) <= _FEW, machines, UNKNOWN),
        np.where(_size(crowd.payment) <= _MANY, crowd.payment, UNKNOWN),
        np.where(_size(crowd.mailbox) <= _MANY, crowd.mailbox, UNKNOWN),
    ]
    return joined_by([_group(key) for key in keys], len(crowd))


def joined_by(groups: list[Places], people: int, *, edges: tuple[Places, Places] = (_NOBODY, _NOBODY)) -> Places:
    """Return for everybody the smallest place among all who are in a group with them, or with one of those, and so on.

    Parameters
    ----------
    groups
        Each (people,): the number of a group from 0 on, `UNKNOWN` for none.
    edges
        Two places each that belong together besides.
    """
    one, other = edges
    label = np.arange(people)
    while True:
        before = label.copy()
        for group in groups:
            known = group >= 0
            smallest = np.full(group.max(initial=0) + 1, people)
            np.minimum.at(smallest, group[known], label[known])
            label[known] = smallest[group[known]]
        smaller = np.minimum(label[one], label[other])
        np.minimum.at(label, one, smaller)
        np.minimum.at(label, other, smaller)
        label = label[label]
        if np.array_equal(label, before):
            return label


def _shared(crowd: Crowd, key: Places, innocent: int) -> Sign:
    """Count the people of each family, its head included, who share a key."""
    brought = crowd.parent >= 0
    siblings = _size(_group(np.where(brought, crowd.parent, UNKNOWN), key))
    is_heads = brought & (key >= 0) & (key == key[crowd.parent])
    count = siblings + is_heads
    others = np.maximum(_size(key) - count, 0)
    by_chance = _families(crowd)[crowd.parent] * others / max(len(crowd), 1)
    beyond = np.where(brought & (key >= 0), _beyond(count, by_chance, innocent), 0.0)
    best, most = beyond.copy(), np.where(beyond > 0, count, 0)
    np.maximum.at(best, crowd.parent[brought], beyond[brought])
    np.maximum.at(most, crowd.parent[brought], most[brought])
    return _sign(_steps(best), most)


def _bursts(crowd: Crowd, counted: Marks, window: float, innocent: int) -> Sign:
    """Count joins through one person within a window, beyond what the busiest twentieth of other heads bring."""
    order, head, at = _by_family(crowd, counted)
    found, count = np.zeros(len(crowd)), np.zeros(len(crowd), np.int64)
    if not at.size:
        return _sign(found, count)
    clock = head * (np.ptp(at) + 2 * window) + (at - at.min())
    place = np.arange(at.size)
    ahead = np.searchsorted(clock, clock + window, "right") - place
    first = np.searchsorted(clock, clock - window)
    pairs = np.stack([first, place + 1], 1).ravel()
    around = np.maximum.reduceat(np.append(ahead, 0), pairs)[::2]
    most = np.zeros(len(crowd), np.int64)
    np.maximum.at(most, head, around)
    beyond = around - _usual_burst(most, _families(crowd) > 0, innocent)[head]
    for of_all, of_joins in ((found, beyond), (count, around)):
        of_all[order] = of_joins
        np.maximum.at(of_all, head, of_joins)
    return _sign(_steps(found), count)


def _usual_burst(most: Places, is_head: Marks, innocent: int) -> Values:
    """Return (n,) what the busiest twentieth of all *other* heads bring, at least the innocent number.

    Nobody sets the norm by which they are judged, and in a young campaign a few together do not either: a hundred
    heads who bring the innocent number are taken to stand beside its own.
    """
    heads = np.flatnonzero(is_head)
    bursts = np.concatenate([most[heads], np.full(_HEADS_BESIDE, innocent)])
    order = np.argsort(bursts, kind="stable")
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    from_below = math.ceil(_BUSY * (order.size - 2))
    usual = np.full(most.size, float(innocent))
    # Without the head itself, whatever stands above it moves down by one.
    moved = np.where(rank[: heads.size] <= from_below, from_below + 1, from_below)
    usual[heads] = np.maximum(bursts[order[moved]], innocent)
    return usual


def _by_family(crowd: Crowd, counted: Marks | None = None) -> tuple[Places, Places, Values]:
    """Return who was brought, family by family in the order of joining: places, heads and times."""
    brought = np.flatnonzero(crowd.parent >= 0 if counted is None else (crowd.parent >= 0) & counted)
    order = brought[np.lexsort((crowd.joined[brought], crowd.parent[brought]))]
    return order, crowd.parent[order], crowd.joined[order]


def _group(*keys: Places) -> Places:
    """Give equal combinations of keys equal numbers from 0 on, and `UNKNOWN` where one of them is."""
    known = np.logical_and.reduce([key >= 0 for key in keys])
    group = np.full(keys[0].size, UNKNOWN)
    if known.any():
        number = np.zeros(int(known.sum()), np.int64)
        for key in keys:
            values, at = np.unique(key[known], return_inverse=True)
            number = np.unique(number * values.size + at, return_inverse=True)[1]
        group[known] = number
    return group


def _size(group: Places) -> Places:
    """Return how many share each one's group; 0 where that is unknown."""
    numbered = _group(group)
    known = numbered >= 0
    return np.where(known, np.bincount(numbered[known], minlength=1)[numbered], 0)


def _families(crowd: Crowd) -> Places:
    """Return how many each one brought."""
    return _per_head(crowd, np.ones(len(crowd), bool))


def _per_head(crowd: Crowd, marked: Marks) -> Places:
    """Return how many of those that each one brought are marked."""
    return np.bincount(crowd.parent[marked & (crowd.parent >= 0)], minlength=len(crowd))


def _sum_per_head(crowd: Crowd, amount: Values) -> Values:
    brought = crowd.parent >= 0
    return np.bincount(crowd.parent[brought], amount[brought], minlength=len(crowd)).astype(np.float64)


def _share_elsewhere(crowd: Crowd, marked: Marks, among: Marks) -> Values:
    """Return (n,) which share is marked among those whom each one did not bring."""
    share: Values = (marked.sum() - _per_head(crowd, marked)) / np.maximum(among.sum() - _per_head(crowd, among), 1)
    return share


def _from_head(crowd: Crowd, of_head: Values, marked: Marks) -> Values:
    """Return what holds for each one as a head or, if they are marked, as one of a head's people."""
    return np.maximum(of_head, np.where(marked & (crowd.parent >= 0), of_head[crowd.parent], 0))


def _counted(crowd: Crowd, count: Places, marked: Marks) -> Places:
    return np.maximum(count, np.where(marked & (crowd.parent >= 0), count[crowd.parent], 0))


def _beyond(count: Places | Values, by_chance: Values, innocent: int) -> Values:
    """Return how many there are beyond the innocent ones and what chance brings, two standard deviations included."""
    found: Values = np.maximum(count - innocent - by_chance - 2 * np.sqrt(by_chance), 0.0)
    return found


def _steps(beyond: NDArray[np.floating] | Places) -> Values:
    steps: Values = np.minimum(np.log2(1 + np.maximum(beyond, 0.0)), _MOST)
    return steps


def _sign(strength: Values, count: Values | Places | Marks) -> Sign:
    return Sign(strength, np.asarray(count).astype(np.int64), np.zeros(strength.size))
