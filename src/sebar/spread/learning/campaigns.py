"""Learning who influences whom from tracked campaigns, in which everybody's parent is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sebar.spread.graph import from_edges
from sebar.spread.learning.influence import Evidence, Influence, Learner
from sebar.spread.learning.shrinkage import Strength, learned_strength

Numbers = NDArray[np.int64]
Names = NDArray[np.int64] | NDArray[np.str_]
Counts = tuple[Numbers, Numbers, Numbers]


def from_cascades(
    person: ArrayLike,
    parent: ArrayLike,
    campaign: ArrayLike,
    *,
    invitations: tuple[ArrayLike, ArrayLike] | None = None,
) -> Influence:
    """Learn a graph of influence from who brought whom in several campaigns.

    There is an edge from u to v if u ever brought v. That first time shows that there is one; how strong it is, only
    what came afterwards can say without favour: the edge is tried in each later campaign in which u takes part before v
    does, and passes on if u is v's parent again. With `invitations` an edge is tried each time u invites v, whatever
    came of it. Rates are drawn to what is usual between such people as in `sebar.spread.learning.logs`; here the
    strength is that of the largest marginal likelihood.

    Parameters
    ----------
    person
        (r,) who joined, by the same name in every campaign: whole numbers from 0, or text. Rows stand in order of
        joining.
    parent
        (r,) who brought them; -1, or "" in text, for seeds.
    campaign
        (r,) any labels. Campaigns count in the order of their first rows.
    invitations
        (i,) who invited and (i,) whom, once for each time and campaign, with those who never joined.

    Returns
    -------
    Influence
        Its `graph` has the people's names as ids; `held_out` is None.

    Raises
    ------
    ValueError
        One sentence, when a row's parent has not joined that campaign in a row before, when somebody joins a campaign
        twice, or when nothing says how strong ties are.
    """
    joined = _joined(person, parent, campaign, invitations)
    pairs, tries, passed = _retried(joined) if invitations is None else _invited(joined)
    if not passed.any():
        raise ValueError(
            "Nobody brought the same person a second time: how strong ties are takes more campaigns, or invitations."
        )
    nodes = len(joined.names)
    graph = from_edges(pairs // nodes, pairs % nodes, nodes=nodes, ids=joined.names)
    causes = np.repeat(np.arange(len(pairs)), passed)
    evidence = Evidence((tries - passed).astype(np.float64), causes, np.arange(len(causes) + 1))
    learner = Learner(graph)
    shapes = learner.shapes(evidence)
    usual = learner.fit(evidence, shapes).usual
    own = learned_strength(passed.astype(np.float64), (tries - passed).astype(np.float64), usual)
    return learner.influence(evidence, learner.fit(evidence, replace(shapes, edge=Strength.known_as(own))))


@dataclass(frozen=True, slots=True)
class _Joined:
    """Rows in order of joining, people and campaigns numbered; parent -1 for seeds; (i,) invitations, or empty."""

    names: Names
    person: Numbers
    parent: Numbers
    campaign: Numbers
    campaigns: int
    inviter: Numbers
    invited: Numbers

    @property
    def passings(self) -> tuple[Numbers, Numbers]:
        """Return the pair ``source * people + target`` and the campaign of everybody who was brought."""
        brought = self.parent >= 0
        return self.parent[brought] * len(self.names) + self.person[brought], self.campaign[brought]


def _joined(
    person: ArrayLike, parent: ArrayLike, campaign: ArrayLike, invitations: tuple[ArrayLike, ArrayLike] | None
) -> _Joined:
    who, above, labels = np.asarray(person), np.asarray(parent), np.asarray(campaign)
    if not (who.shape == above.shape == labels.shape and who.ndim == 1) or not len(who):
        raise ValueError("People, parents and campaigns must be three rows of the same length, at least 1.")
    inviter, invited = (np.asarray(end) for end in invitations or (who[:0], who[:0]))
    names = np.unique(np.concatenate([who, inviter, invited]))
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    seeds = above == ("" if who.dtype.kind == "U" else -1)
    place = np.minimum(np.searchsorted(names, above), len(names) - 1)
    joined = _Joined(
        names,
        np.searchsorted(names, who),
        np.where(seeds, -1, place),
        np.argsort(np.argsort(first))[number],
        len(first),
        np.searchsorted(names, inviter),
        np.searchsorted(names, invited),
    )
    stranger = ~seeds & (names[place] != above)
    before = _row_of(joined, np.maximum(joined.parent, 0), joined.campaign)
    wrong = stranger | (~seeds & ((before < 0) | (before >= np.arange(len(who)))))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"Row {row}: {above[row]}, who brought {who[row]}, did not join {labels[row]} in a row before."
        )
    twice = _row_of(joined, joined.person, joined.campaign) != np.arange(len(who))
    if twice.any():
        row = int(np.argmax(twice))
        raise ValueError(f"{who[row]} joined {labels[row]} twice: keep one row.")
    return joined


def _row_of(joined: _Joined, person: Numbers, campaign: Numbers) -> Numbers:
    """Return the first row in which each of these people joined each of these campaigns, or -1."""
    keys = joined.person * joined.campaigns + joined.campaign
    order = np.argsort(keys, kind="stable")
    asked = person * joined.campaigns + campaign
    place = np.minimum(np.searchsorted(keys[order], asked), len(keys) - 1)
    return np.where(keys[order][place] == asked, order[place], -1)


def _retried(joined: _Joined) -> Counts:
    """Return the pairs, and how often each was tried and passed on after it first did."""
    people = len(joined.names)
    passing, when = joined.passings
    order = np.lexsort((when, passing))
    pairs, start = np.unique(passing[order], return_index=True)
    first = when[order][start]
    passed = np.bincount(np.searchsorted(pairs, passing), minlength=len(pairs)) - 1
    # Every campaign of each pair's source, one row each.
    taken = np.argsort(joined.person, kind="stable")
    begin = np.searchsorted(joined.person[taken], np.arange(people + 1))
    count = np.diff(begin)[pairs // people]
    pair = np.repeat(np.arange(len(pairs)), count)
    step = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    row = taken[begin[pairs // people][pair] + step]
    later = joined.campaign[row] > first[pair]
    other = _row_of(joined, (pairs % people)[pair], joined.campaign[row])
    tried = later & ((other < 0) | (other > row))
    return pairs, np.bincount(pair[tried], minlength=len(pairs)), passed


def _invited(joined: _Joined) -> Counts:
    """Return the pairs, and how often each was invited, or brought, and came."""
    passing, _ = joined.passings
    asked = joined.inviter * len(joined.names) + joined.invited
    pairs = np.unique(np.concatenate([passing, asked]))
    passed = np.bincount(np.searchsorted(pairs, passing), minlength=len(pairs))
    tries = np.bincount(np.searchsorted(pairs, asked), minlength=len(pairs))
    return pairs, np.maximum(tries, passed), passed
