"""How people are called in front of others, and the small tree of one participant's friends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from sebar.participants.queries import Node

SHOWN = 12
"""How many friends a personal page names."""
DEEPEST = 3
"""How many generations below a participant its page shows."""
_LONGEST = 18


@dataclass(slots=True)
class Friend:
    """One person in a tree.

    Attributes
    ----------
    name
        As others may see it.
    step
        Generations below the reader of the page: 1 for a friend, 2 for a friend's friend.
    friends
        Whom they brought, as far as the page shows them.
    hidden
        How many more they brought.
    """

    name: str
    joined_at: datetime
    step: int
    friends: list[Friend] = field(default_factory=list)
    hidden: int = 0


def called(name: str) -> str:
    """Return what somebody is called in front of others: the first name and an initial, never the whole name."""
    words = name.split()
    if not words:
        return _("A friend")
    first = words[0] if len(words[0]) <= _LONGEST else f"{words[0][:_LONGEST]}…"
    last = words[-1][0]
    return f"{first} {last.upper()}." if len(words) > 1 and last.isalpha() else first


def called_within(name: str) -> str:
    """Return the same as it stands in the middle of a sentence."""
    return called(name) if name.strip() else _("a friend")


def grow(nodes: Sequence[Node]) -> Friend:
    """Return the tree of a participant, who stands first among `nodes`, with at most `SHOWN` friends in it.

    Whoever does not fit is counted with the one who brought them.
    """
    top = nodes[0]
    tree = {node.number: _friend(node, top.generation) for node in nodes[: SHOWN + 1]}
    for node in nodes[1 : SHOWN + 1]:
        brought_by = tree[node.parent]
        brought_by.friends.append(tree[node.number])
        brought_by.hidden -= 1
    return tree[top.number]


def _friend(node: Node, top: int) -> Friend:
    return Friend(called(node.name), node.joined_at, node.generation - top, hidden=node.direct)
