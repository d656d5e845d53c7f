"""What each measure is, in words: the console, the API and the documentation read it here."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sebar.measures import ask


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    Attributes
    ----------
    name
        Its name in programs.
    title
        Its name for people.
    definition
        What it says.
    formula
        How it is computed.
    unit
        What is counted.
    source
        Name of the query it comes from.
    """

    name: str
    title: str
    definition: str
    formula: str
    unit: str
    source: str

    @property
    def sql(self) -> str:
        """The query itself."""
        return ask.text(self.source)


_MEASURES: Final = (
    Measure(
        "participants",
        "Participants",
        "People who joined the campaign.",
        "count of joins judged a person's",
        "people",
        "summary",
    ),
    Measure(
        "funnel",
        "Funnel",
        "How many saw, opened, joined, were confirmed and did what the brand wants: counted beside raw.",
        "counted = touches judged a person's; raw = all touches; persons = distinct visitors of visits, where the "
        "visitor is a keyed hash that changes every day",
        "touches; distinct visitors",
        "funnel",
    ),
    Measure(
        "series",
        "By time",
        "Counted touches of one kind by minute, quarter of an hour, hour, day or week of a time zone.",
        "count per step, by channel or generation",
        "touches per step",
        "series",
    ),
    Measure(
        "r",
        "Friends brought (R)",
        "How many people a participant brings. Below 1 a campaign grows only while seeds are added.",
        "joins brought ÷ participants of one day; exact interval of a negative binomial sum, its dispersion by moments "
        "over all participants; too early below 30 participants; open while 1 in 10 may still come",
        "joins per participant",
        "passing_on",
    ),
    Measure(
        "k_factor",
        "K-factor",
        "What passing on that was seen brings. What R has more came by codes said aloud and links copied.",
        "(shares and invites ÷ participants) × (joins brought by people seen sharing ÷ shares and invites); "
        "interval as R's",
        "joins per participant",
        "passing_on",
    ),
    Measure(
        "cycle_time",
        "Cycle time",
        "How long it takes from a participant's join to a friend's, of those seen so far.",
        "median of child's join - parent's join",
        "time",
        "passing_on",
    ),
    Measure(
        "amplification",
        "Amplification",
        "How many participants one seed becomes.",
        "participants ÷ seeds; interval on the log scale from the spread of cascade sizes; too early below 30 seeds",
        "participants per seed",
        "cascade_sizes",
    ),
    Measure(
        "generations",
        "Generations",
        "How many people joined at each distance from a seed, the largest cascades apart.",
        "count of joins by generation and cascade",
        "people",
        "generations",
    ),
    Measure(
        "joins_matrix",
        "Joins by time and generation",
        "When each generation joined: the cascade replayed.",
        "count of joins by step of time and generation",
        "people per step",
        "joins_matrix",
    ),
    Measure(
        "cascade_sizes",
        "Cascade sizes",
        "How many cascades have which size and depth.",
        "count of seeds by size (people) and depth (deepest generation) of their cascade",
        "cascades",
        "cascade_sizes",
    ),
    Measure(
        "cascades",
        "Cascades",
        "Every cascade with its size, depth, direct and later friends, first and last join.",
        "joins gathered by seed",
        "people",
        "cascades",
    ),
    Measure(
        "top_sharers",
        "Top sharers",
        "Who brought most people directly, and what else their link did.",
        "joins by parent; shares and visits by owner of the link; conversions of those they brought",
        "people",
        "top_sharers",
    ),
    Measure(
        "people",
        "People of a cascade",
        "Everybody in one cascade with parent, generation, time and channel.",
        "joins with this seed, in order of time",
        "people",
        "people",
    ),
    Measure(
        "history",
        "History",
        "What happened to one participant and by their link, whatever its verdict.",
        "events of the participant, and joins through them, newest first",
        "events",
        "history",
    ),
    Measure(
        "version",
        "Freshness",
        "A number that changes whenever any measure may have changed.",
        "count of the campaign's events, corrections included",
        "events",
        "version",
    ),
)

CATALOG: Final = MappingProxyType({measure.name: measure for measure in _MEASURES})
