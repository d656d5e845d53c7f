"""What an experiment says so far, in words that a marketer reads, and the picture of its intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sebar.campaigns.models import Campaign
from sebar.console import sentences
from sebar.pages import words
from sebar.pages.narrowing import NarrowingChart, narrowing_chart
from sebar.spread import experiment as science
from sebar.spread.estimate import Estimate, Figure, TooEarly
from sebar.spread.experiment import Balance
from sebar.steering.experiments import queries
from sebar.steering.experiments.models import Experiment, Status, Varies
from sebar.steering.experiments.rules import HOLDOUT
from sebar.steering.experiments.watching import ALL, Beside, Verdict, Wait, Watch

_TICKS: Final = 5
_LONG: Final = 730


def kinds() -> dict[str, tuple[str, str]]:
    """Return what can be varied: its name, and what it is."""
    return {
        Varies.WORDING.value: (_("Wording"), _("Headline, text and the words on the button of the page.")),
        Varies.OFFER.value: (_("Offer"), _("One line on the page that says what joining brings.")),
        Varies.MESSAGE.value: (
            _("Message"),
            _("What people pass on with their link. It comes before what material says, so no points or results."),
        ),
        Varies.CREATIVE.value: (_("Creative"), _("Which material the page shows.")),
    }


def statuses() -> dict[str, str]:
    """Return what an experiment's status is called."""
    return {
        Status.DRAFT.value: _("Draft"),
        Status.RUNNING.value: _("Running"),
        Status.ENDED.value: _("Ended"),
    }


def labels() -> dict[str, str]:
    """Return what the wordings of arms are called."""
    return {
        "headline": _("Headline"),
        "text": _("Text"),
        "call_to_action": _("Words on the button"),
        "offer": _("Offer"),
        "share_text": _("Message people pass on"),
        "creative": _("Creative"),
    }


def arm_name(name: str) -> str:
    """Return what an arm is called; those held out have no name of their own."""
    return _("held out") if name == HOLDOUT else name


def verdict(experiment: Experiment, watch: Watch) -> SafeString:
    """Return in one or two sentences what can be said by now."""
    said = {
        Verdict.NOTHING: lambda: format_html("{}", _("Nobody is part of it yet.")),
        Verdict.MISMATCH: lambda: format_html(
            "<b>{}</b> {}",
            _("Something is wrong with who was given which arm, so nothing may be read from this experiment."),
            _("Find the fault first; then plan it anew."),
        ),
        Verdict.EARLY: lambda: _early(experiment, watch),
        Verdict.UNCLEAR: lambda: format_html("<b>{}</b> {}", _("Cannot tell yet."), _open(experiment, watch)),
        Verdict.BETTER: lambda: _better(experiment, watch),
        Verdict.WORSE: lambda: format_html(
            _("<b>“{}” is clearly the best:</b> every other arm brings less."), experiment.control
        ),
    }[watch.verdict]()
    if watch.wait is not None:
        return format_html("{} {}", said, _waiting(watch.wait, experiment.campaign))
    is_open = watch.verdict in {Verdict.EARLY, Verdict.UNCLEAR} and experiment.status == Status.RUNNING
    if is_open and not queries.is_comparing(experiment):
        no_more = _(
            "No two arms are given beside each other any more: once the seeds so far have had their days, nothing more "
            "can be told. End the experiment."
        )
        return format_html("{} {}", said, no_more)
    return said


def _early(experiment: Experiment, watch: Watch) -> SafeString:
    found = [one.ratio for one in watch.besides if isinstance(one.ratio, TooEarly)]
    need = found[0].need if found else 0
    have = min((one.have for one in found), default=0)
    days = ngettext("%(count)s day", "%(count)s days", experiment.window_days) % {"count": experiment.window_days}
    sentence = _("%(need)s seeds of every arm must have had their %(days)s; of the smallest arm %(have)s have.") % {
        "need": words.number(need),
        "days": days,
        "have": words.number(have),
    }
    return format_html("<b>{}</b> {}", _("Cannot tell yet."), sentence)


def _open(experiment: Experiment, watch: Watch) -> str:
    ratios = [(one.arm, one.ratio) for one in watch.besides if isinstance(one.ratio, Estimate)]
    return " ".join(
        _("Cascades of “%(arm)s” are between %(low)s and %(high)s times as large as those of “%(control)s”.")
        % {
            "arm": arm,
            "low": words.number(ratio.low, 2),
            "high": words.number(ratio.high, 2),
            "control": experiment.control,
        }
        for arm, ratio in ratios
    )


def _better(experiment: Experiment, watch: Watch) -> SafeString:
    best = next(one for one in watch.besides if one.arm == watch.leading)
    ratio = best.ratio
    if isinstance(ratio, TooEarly):  # `leading` is never that
        return format_html("{}", "")
    return format_html(
        _("<b>“{}” is clearly better than “{}”:</b> its cascades are {} times as large ({})."),
        best.arm,
        experiment.control,
        words.number(ratio.value, 2),
        words.span(ratio.low, ratio.high, 2),
    )


def in_time(seeds: int, needed: Sequence[tuple[float, int]]) -> str:
    """Return what so many seeds can tell, all that have had their days before the campaign ends."""
    told = next((factor for factor, wanted in needed if wanted <= seeds), None)
    come = _("At the present pace about %(seeds)s seeds have had their days before the campaign ends.") % {
        "seeds": words.number(seeds)
    }
    if told is None:
        most = {"percent": words.number(round(needed[-1][0] * 100 - 100))}
        return come + " " + _("That is too few to tell even %(percent)s%% more.") % most
    return come + " " + _("They can tell %(percent)s%% more.") % {"percent": words.number(round(told * 100 - 100))}


def _waiting(wait: Wait, campaign: Campaign) -> str:
    """Return how long it will likely take, and whether the campaign lasts that long."""
    said, left = _how_long(wait), campaign.ends_at - timezone.now() if campaign.ends_at is not None else None
    if left is None or left >= timedelta(days=wait.likely):
        return said
    days = max(math.ceil(left / timedelta(days=1)), 0)
    ends = ngettext(
        "The campaign ends in %(days)s day: by then only larger differences can be told.",
        "The campaign ends in %(days)s days: by then only larger differences can be told.",
        days,
    )
    return f"{said} {ends % {'days': words.number(days)}}"


def _how_long(wait: Wait) -> str:
    if wait.likely > _LONG:
        return _("At the present pace it takes more than two years to tell whether one is passed on a fifth more.")
    likely = words.number(wait.likely)
    if wait.latest is None or wait.latest > _LONG:
        return _(
            "At the present pace it takes about %(likely)s days to tell whether one is passed on a fifth more, but so "
            "few seeds come that this is hardly sure."
        ) % {"likely": likely}
    low, high = words.rounded(wait.earliest, wait.latest)
    return _(
        "At the present pace it takes about %(likely)s days more (%(range)s) to tell whether one is passed on a fifth "
        "more."
    ) % {"likely": likely, "range": words.span(low, high, 0)}


@dataclass(frozen=True)
class ArmRow:
    """One line of the table of arms."""

    name: str
    label: str
    given: int
    closed: int
    joins: str
    ratio: sentences.Shown | None
    shared: sentences.Shown
    converted: sentences.Shown
    met: int
    joined: int
    note: str


def rows(experiment: Experiment, watch: Watch) -> list[ArmRow]:
    """Return the table of arms."""
    beside = {one.arm: one for one in watch.besides}
    if watch.over_usual is not None:
        beside[HOLDOUT] = watch.over_usual
    found = []
    for arm in watch.arms:
        is_control = arm.name == experiment.control
        note = _("control") if is_control else ""
        if arm.is_dropped:
            note = _("ended early")
        found.append(
            ArmRow(
                name=arm.name,
                label=arm_name(arm.name),
                given=arm.given,
                closed=arm.closed,
                joins="" if arm.joins is None else words.number(arm.joins, 2),
                ratio=None if is_control or arm.name == HOLDOUT else factor(beside[arm.name].ratio),
                shared=_share(arm.shared),
                converted=_share(arm.converted),
                met=arm.met,
                joined=arm.joined,
                note=note,
            )
        )
    return found


def _share(figure: Figure) -> sentences.Shown:
    """Return a share; where there is nothing at all, no range says so."""
    if isinstance(figure, Estimate) and not figure.high:
        return sentences.Shown(_("none"), "", "", None)
    return sentences.share(figure)


def factor(ratio: Figure) -> sentences.Shown:
    """Return a factor with its range, around a tick at one."""
    return sentences.shown(ratio, None if isinstance(ratio, TooEarly) else 2)


def over_usual(beside: Beside | None) -> str:
    """Return what all arms together add to the usual page; empty without anybody held out, or too early."""
    if beside is None or isinstance(beside.ratio, TooEarly):
        return ""
    return _(
        "All arms together bring cascades %(value)s times as large (%(range)s) as the usual page, which those held out "
        "see."
    ) % {"value": words.number(beside.ratio.value, 2), "range": words.span(beside.ratio.low, beside.ratio.high, 2)}


@dataclass(frozen=True)
class Picture:
    """How one arm's interval has narrowed."""

    arm: str
    beside: str
    chart: NarrowingChart
    rows: tuple[tuple[str, str, str], ...]


def pictures(campaign: Campaign, experiment: Experiment, watch: Watch) -> list[Picture]:
    """Return a picture for each arm of which more than one look is worth drawing."""
    besides = [*watch.besides, *([watch.over_usual] if watch.over_usual else [])]
    return [_picture(campaign, one, experiment.control) for one in besides if len(one.looks) > 1]


def _picture(campaign: Campaign, beside: Beside, control: str) -> Picture:
    zone = words.zone(campaign.time_zone)
    times = [look.at.astimezone(zone) for look in beside.looks]
    width = max((times[-1] - times[0]).total_seconds(), 1.0)
    places = [(at - times[0]).total_seconds() / width for at in times]
    marks = [
        ((at - times[0]).total_seconds() / width, words.tick(at))
        for at in words.times_between(times[0], times[-1], _TICKS)
    ]
    chart = narrowing_chart(
        [(x, look.ratio, look.low, look.high) for x, look in zip(places, beside.looks, strict=True)], marks
    )
    table = tuple(
        (words.full_day(at), words.number(look.ratio, 2), words.span(look.low, look.high, 2))
        for at, look in zip(times, beside.looks, strict=True)
    )
    if beside.arm == ALL:
        return Picture(_("all arms"), _("the usual page"), chart, table)
    return Picture(beside.arm, f"“{control}”", chart, table)


@dataclass(frozen=True)
class Spread:
    """Whether arms were given as was meant: what is counted, the arms with how many and how many were meant."""

    what: str
    is_sound: bool
    says: str
    arms: tuple[tuple[str, int, str], ...]


def spreads(watch: Watch) -> list[Spread]:
    """Return how seeds and visitors were given arms."""
    found: Sequence[tuple[str, Balance | None]] = (
        (_("Visitors of the page without a link"), watch.balance_of_visitors),
        (_("Seeds who joined elsewhere"), watch.balance),
    )
    return [
        Spread(
            what,
            one.sound,
            _agreement(one),
            tuple(
                (arm_name(arm), count, words.number(one.expected[arm], _digits(one)))
                for arm, count in one.seeds.items()
            ),
        )
        for what, one in found
        if one is not None
    ]


def _digits(balance: Balance) -> int:
    """Return to how many digits expected numbers are told, so that they add up to those who were given an arm."""
    return 0 if all(float(one).is_integer() for one in balance.expected.values()) else 1


def _agreement(balance: Balance) -> str:
    """Return in words whether arms were given as was meant."""
    if not balance.sound:
        return _("No: such numbers come up by chance less than once in a thousand times.")
    if balance.is_early:
        said = _("Too early to say: numbers tell it once %(need)s are expected in every arm.")
        return said % {"need": words.number(science.FEWEST_DEALT)}
    return _("Yes: the numbers agree with the shares.")


def spill(watch: Watch) -> str:
    """Return how many visitors met several arms."""
    if not watch.spill.visitors:
        return _("Nobody has opened a link or the page yet.")
    return _("%(several)s of %(visitors)s visitors met more than one arm on the same day (%(share)s).") % {
        "several": words.number(watch.spill.several),
        "visitors": words.number(watch.spill.visitors),
        "share": words.percent(watch.spill.several / watch.spill.visitors),
    }
