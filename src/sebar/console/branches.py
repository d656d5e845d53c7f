"""Everybody below one person, read once and drawn by how many they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sebar import measures
from sebar.campaigns.models import Campaign
from sebar.pages import trees
from sebar.pages.trees import Icicle, SmallTree, TimeTree
from sebar.participants import queries as participants
from sebar.participants.models import Participant

NAMED = 60
"""Up to so many people a branch is drawn with names."""
DRAWN = 2000
"""Up to so many people every one of them is drawn."""
READ = 200_000
"""So many people of one cascade are read at most; a larger one is shown by its top only."""
_LISTED = 20


@dataclass(frozen=True)
class Below:
    """A person's branch as columns of the cascade it belongs to: parents before their children."""

    top: int
    parents: dict[int, int]
    rows: dict[int, tuple[int, datetime, str]]
    """Generation, time of joining and channel of each."""
    is_cut: bool

    @property
    def people(self) -> int:
        """How many there are, the person included."""
        return len(self.parents)

    @property
    def later(self) -> int:
        """How many came through others of the branch."""
        return self.people - 1 - self.direct

    @property
    def direct(self) -> int:
        """How many the person brought."""
        return sum(1 for number, parent in self.parents.items() if parent == self.top and number != self.top)

    @property
    def depth(self) -> int:
        """How many generations there are below the person."""
        generations = [generation for generation, _, _ in self.rows.values()]
        return max(generations) - min(generations)

    @property
    def duration(self) -> timedelta:
        """From the first to the last join."""
        moments = [joined_at for _, joined_at, _ in self.rows.values()]
        return max(moments) - min(moments)


def read(campaign: Campaign, person: Participant, *, until: datetime | None = None) -> Below:
    """Return the branch below a person, of those who had joined by `until`."""
    cascade = measures.people(campaign.pk, person.root_id, until=until, limit=READ)
    columns = zip(
        cascade.participant, cascade.parent, cascade.generation, cascade.joined_at, cascade.channel, strict=True
    )
    parents = {person.pk: person.parent_id or 0}
    rows = {person.pk: (person.generation, person.joined_at, person.channel)}
    for number, parent, generation, joined_at, channel in columns:
        if parent in parents and number != person.pk:
            parents[number] = parent
            rows[number] = (generation, joined_at, channel)
    return Below(person.pk, parents, rows, cascade.is_cut)


@dataclass(frozen=True)
class Picture:
    """The one picture that suits the number of people; the others are None."""

    small: SmallTree | None = None
    time: TimeTree | None = None
    icicle: Icicle | None = None


def picture(
    below: Below, campaign: Campaign, step_of: Callable[[datetime], int], *, is_log: bool | None = None
) -> Picture:
    """Draw names for few, a time tree for some thousands, an icicle beyond.

    `step_of` says at which step of the replay somebody appears who joined at a moment.
    """
    if below.people > DRAWN:
        return Picture(icicle=trees.icicle(below.parents, below.top))
    names = participants.names(campaign, list(below.parents))
    people = [
        trees.Person(
            number,
            parent,
            below.rows[number][0],
            names.get(number, ""),
            below.rows[number][1].timestamp(),
            step_of(below.rows[number][1]),
        )
        for number, parent in below.parents.items()
    ]
    tree = trees.branch(people)
    if below.people <= NAMED:
        return Picture(small=trees.small_tree(tree))
    return Picture(time=trees.time_tree(tree, is_log=is_log))


@dataclass(frozen=True)
class Friend:
    """One row of the table of a person's friends: who, and what hangs on them."""

    number: int
    name: str
    joined_at: datetime
    channel: str
    direct: int
    people: int
    last: datetime


@dataclass(frozen=True)
class Friends:
    """The direct friends, the largest branches first."""

    rows: list[Friend]
    hidden: int
    most: int


def friends(below: Below, campaign: Campaign, *, show_all: bool) -> Friends:
    """Return the rows of the table beside the picture."""
    size = dict.fromkeys(below.parents, 1)
    last = {number: row[1] for number, row in below.rows.items()}
    direct: dict[int, int] = {}
    for number in reversed(below.parents):
        if number != below.top:
            parent = below.parents[number]
            size[parent] += size[number]
            last[parent] = max(last[parent], last[number])
            direct[parent] = direct.get(parent, 0) + 1
    children = [number for number, parent in below.parents.items() if parent == below.top and number != below.top]
    children.sort(key=lambda number: (-size[number], below.rows[number][1]))
    listed = children if show_all else children[:_LISTED]
    names = participants.names(campaign, listed)
    rows = [
        Friend(
            number,
            names.get(number, ""),
            below.rows[number][1],
            below.rows[number][2],
            direct.get(number, 0),
            size[number],
            last[number],
        )
        for number in listed
    ]
    return Friends(rows, len(children) - len(listed), max((row.people for row in rows), default=0))
