"""Choosing seeds without knowing who knows whom: ask some people at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def nominate(nominations: ArrayLike, *, count: int) -> NDArray[np.int64]:
    """Choose seeds without knowing the graph: people asked at random each name somebody; the most named come first.

    Asked for a friend, they name somebody with more friends than people have on average. Asked who spreads news best
    (gossip), they name people from whom it goes far, friends or not. What is counted is the same.

    Parameters
    ----------
    nominations
        (a,) who was named, as numbers; -1 for no answer.
    count
        How many to choose; fewer when fewer were named.

    Raises
    ------
    ValueError
        When the count is below 1, or names are no whole numbers.

    References
    ----------
    Feld: Why your friends have more friends than you do. American Journal of Sociology 96(6), 1991.
    Banerjee, Chandrasekhar, Duflo, Jackson: Using gossips to spread information. Review of Economic Studies 86, 2019.
    """
    if count < 1:
        raise ValueError(f"The number of seeds is {count}: it must be at least 1.")
    named = np.atleast_1d(np.asarray(nominations))
    if named.size and named.dtype.kind not in "iu":
        raise ValueError(f"Nominations must be whole numbers, not {named.dtype}: number the people first.")
    people, votes = np.unique(named[named >= 0].astype(np.int64), return_counts=True)
    return people[np.lexsort((people, -votes))][:count]
