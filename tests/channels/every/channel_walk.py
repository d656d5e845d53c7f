"""Lets one person join by each channel, and draws the tree of who came by which."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from channel_passing import Passing, Visitor
from channel_ways import BRINGS_NOBODY, WAYS, Way

from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant

_FRIENDS_EACH = 3  # so that the tree is some generations deep
_LONGEST_TROUBLE = 160
_WIDTH = 40


@dataclass
class Person:
    """Somebody in the tree, or the place of somebody whom a channel did not bring.

    Attributes
    ----------
    channel, by
        How they came.
    participant
        Who they are; None when they did not come, and `trouble` says why.
    friends
        Who came through them.
    """

    name: str
    participant: Participant | None
    channel: str = ""
    by: str = ""
    trouble: str = ""
    friends: list[Person] = field(default_factory=list)


@dataclass
class Walk:
    """One campaign, passed on by each channel.

    Attributes
    ----------
    campaign, owner
        What is passed on, and whose it is.
    seed
        With whom it begins.
    base, folder
        Our public address, and where servers may keep what they need.
    """

    campaign: Campaign
    owner: Membership
    seed: Participant
    base: str
    folder: Path

    def __post_init__(self) -> None:
        self.root = Person("Seed", self.seed)
        self.people = [self.root]
        self.steps: list[Person] = []

    def go(self, channels: list[str]) -> None:
        """Let one friend after the other join, each by the next channel; one that fails stops no other."""
        for channel in channels:
            parent = self.people[min(len(self.steps) // _FRIENDS_EACH, len(self.people) - 1)]
            friend = self._step(channel, WAYS.get(channel, Way("", _no_way)), parent)
            parent.friends.append(friend)
            self.steps.append(friend)
            if friend.participant is not None:
                self.people.append(friend)

    @property
    def failed(self) -> list[Person]:
        """The places of those who did not come."""
        return [one for one in self.steps if one.participant is None]

    def report(self) -> str:
        """Return the tree, what brings nobody, and the counts."""
        tree = "\n".join([self.root.name, *_branches(self.root)])
        nobody = "; ".join(f"{name} ({why})" for name, why in BRINGS_NOBODY.items())
        joined = len(self.steps) - len(self.failed)
        counts = f"{len(self.steps)} channels, {joined} joined, {len(self.failed)} failed"
        return f"{tree}\n\nBring nobody by themselves: {nobody}.\n{counts}\n"

    def _step(self, channel: str, way: Way, parent: Person) -> Person:
        name = f"Friend {len(self.steps) + 1}"
        assert parent.participant is not None
        folder = self.folder / channel
        folder.mkdir()
        with closing(Visitor(self.base)) as browser:
            passing = Passing(self.campaign, self.owner, channel, parent.participant, name, browser, self.base, folder)
            try:
                return Person(name, _brought(passing, way), channel, way.by)
            except Exception as trouble:  # noqa: BLE001 - whatever a channel's servers and programs raise
                traceback.print_exception(trouble)
                said, _, _ = str(trouble).partition("\n")
                return Person(name, None, channel, way.by, f"{type(trouble).__name__}: {said[:_LONGEST_TROUBLE]}")


def _no_way(passing: Passing) -> Participant:
    raise NotImplementedError(f"nobody joins by {passing.channel} yet: give it a way in channel_ways.py")


def _brought(passing: Passing, way: Way) -> Participant:
    """Return who came, as stored, after looking that they came by this channel and this person."""
    came = way.bring(passing)
    friend = came if isinstance(came, Participant) else passing.follow(came)
    friend = Participant.objects.get(pk=friend.pk)
    assert friend.channel == passing.channel, f"they came by “{friend.channel}”"
    assert friend.parent_id == passing.parent.pk, f"their parent is {friend.parent_id}, not {passing.parent.pk}"
    return friend


def _branches(person: Person, before: str = "") -> Iterator[str]:
    """Yield a line for each place below a person, whether somebody came or a channel failed."""
    for friend in person.friends:
        is_last = friend is person.friends[-1]
        edge = f"{before}{'└─' if is_last else '├─'} {friend.channel} ── "
        if friend.participant is None:
            yield f"{edge}failed: {friend.trouble}"
        else:
            yield f"{edge + friend.name:<{_WIDTH}} {friend.by}"
        yield from _branches(friend, before + ("   " if is_last else "│  "))
