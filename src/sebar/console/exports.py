"""The figures of a campaign as plain tables, for spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from sebar import measures
from sebar.campaigns.models import Campaign
from sebar.events.event import Kind
from sebar.kit import codes
from sebar.measures import PARTS, Part
from sebar.participants import queries as participants
from sebar.spread.estimate import Estimate, Figure

Table = tuple[Sequence[str], Iterable[Sequence[object]]]
_MOST_CASCADES = 10_000


def _when(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _ends(figure: Figure) -> tuple[object, object, object]:
    return (figure.value, figure.low, figure.high) if isinstance(figure, Estimate) else ("", "", "")


def funnel(campaign: Campaign) -> Table:
    """Return the stages, counted and raw."""
    stages = measures.funnel(campaign.pk).stages
    return ("stage", "counted", "raw"), [(stage.name, stage.counted, stage.raw) for stage in stages]


def joins(campaign: Campaign) -> Table:
    """Return joins by time and channel."""
    series = measures.series(campaign.pk, Kind.JOIN, by="channel", zone=campaign.time_zone)
    header = ("time", *("other" if line.is_rest else line.label or "unknown" for line in series.lines))
    columns = [line.values for line in series.lines]
    return header, [(_when(when), *(values[i] for values in columns)) for i, when in enumerate(series.times)]


def generations(campaign: Campaign) -> Table:
    """Return people by generation."""
    rows = measures.generations(campaign.pk).rows
    header = ("generation_from", "generation_to", "people", "in_the_largest_cascades")
    return header, [(row.band.first, row.band.last, row.people, sum(row.apart)) for row in rows]


def sizes(campaign: Campaign) -> Table:
    """Return cascades by size, and how many there would be in the end."""
    found = measures.cascade_sizes(campaign.pk)
    expected = measures.expected_sizes(found, measures.spreading(campaign.pk, zone=campaign.time_zone))
    return ("from", "to", "cascades", "people", "expected"), [
        (size.low, size.high, size.cascades, size.people, "" if number is None else round(number, 1))
        for size, number in zip(found.bins, expected, strict=True)
    ]


def sharers(campaign: Campaign) -> Table:
    """Return who brought most."""
    rows = measures.top_sharers(campaign.pk, limit=1000)
    names = participants.names(campaign, [row.participant for row in rows])
    header = ("code", "name", "joins", "shares", "visits", "people", "conversions")
    return header, [
        (
            codes.spell(row.participant),
            plain(names.get(row.participant, "")),
            row.joins,
            row.shares,
            row.visits,
            row.persons,
            row.conversions,
        )
        for row in rows
    ]


def days(campaign: Campaign) -> Table:
    """Return R and the K-factor of each day's participants, with their intervals."""
    header = ("day", "participants", "shares", "joins", "r", "r_low", "r_high", "k", "k_low", "k_high", "still_open")
    return header, [
        (day.day.isoformat(), day.participants, day.shares, day.joins, *_ends(day.r), *_ends(day.k_factor), day.is_open)
        for day in measures.passing_on(campaign.pk, zone=campaign.time_zone).days
    ]


def cascades(campaign: Campaign) -> Table:
    """Return the cascades, largest first."""
    rows = measures.cascades(campaign.pk, limit=_MOST_CASCADES).rows
    viralities = measures.viralities(campaign.pk, [row.root for row in rows])
    header = ("seed", "people", "depth", "direct", "first_join", "last_join", "structural_virality")
    return header, [
        (
            codes.spell(row.root),
            row.size,
            row.depth,
            row.direct,
            _when(row.first),
            _when(row.last),
            viralities.get(row.root, ""),
        )
        for row in rows
    ]


def breakdown(campaign: Campaign, by: Part) -> Table:
    """Return participants by group, with R and the K-factor and their intervals."""
    groups = measures.breakdown(campaign.pk, by, zone=campaign.time_zone).groups
    header = (by, "visits", "joins", "shares", "brought", "conversions", "r", "r_low", "r_high", "k", "k_low", "k_high")
    return header, [
        (
            "other" if one.is_rest else plain(one.label) or "unknown",
            one.visits,
            one.joins,
            one.shares,
            one.brought,
            one.conversions,
            *_ends(one.r),
            *_ends(one.k_factor),
        )
        for one in groups
    ]


def plain(text: str) -> str:
    """Return a person's text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


TABLES: dict[str, Callable[[Campaign], Table]] = {
    "funnel": funnel,
    "joins": joins,
    "generations": generations,
    "sizes": sizes,
    "sharers": sharers,
    "days": days,
    "cascades": cascades,
    **{f"by-{part}": partial(breakdown, by=part) for part in PARTS},
}
