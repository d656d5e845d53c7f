"""What a campaign's figures mean, in one sentence. Every page of a campaign opens with one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.kit import codes
from sebar.measures.figures import CascadeSizes, Happening, Spreading, Summary
from sebar.pages import charts, words
from sebar.spread.estimate import Estimate, Figure, TooEarly


def phase_name(phase: Phase) -> str:
    """Return the word on a campaign's chip."""
    return {
        Phase.DRAFT: _("Draft"),
        Phase.SCHEDULED: _("Scheduled"),
        Phase.RUNNING: _("Running"),
        Phase.PAUSED: _("Paused"),
        Phase.ENDED: _("Ended"),
        Phase.STOPPED: _("Stopped"),
    }[phase]


def chip(campaign: Campaign, phase: Phase, now: datetime) -> str:
    """Return the chip's words with the day the campaign is in: ``Running, day 3 of 14``."""
    name = phase_name(phase)
    begun = campaign.starts_at or campaign.published_at
    if phase != Phase.RUNNING or begun is None:
        return name
    zone = words.zone(campaign.time_zone)
    today = (now.astimezone(zone).date() - begun.astimezone(zone).date()).days + 1
    if campaign.ends_at is None:
        return _("%(phase)s, day %(day)s") % {"phase": name, "day": today}
    days = (campaign.ends_at.astimezone(zone).date() - begun.astimezone(zone).date()).days + 1
    return _("%(phase)s, day %(day)s of %(days)s") % {"phase": name, "day": today, "days": days}


@dataclass(frozen=True)
class Shown:
    """A figure ready to be read: its value and range, or the words that say why there is none."""

    value: str
    range: str
    early: str
    scale: charts.Scale | None


def shown(figure: Figure, digits: int | None = None, *, is_around_one: bool = True) -> Shown:
    """Return a figure with its range, rounded to what the range deserves unless said, on a scale around one if so."""
    if isinstance(figure, TooEarly):
        return Shown("", "", too_early(figure), None)
    if digits is None:
        digits = min(words.digits_of(figure.low, figure.high), 2)
    return Shown(
        words.number(figure.value, digits),
        words.span(figure.low, figure.high, digits),
        "",
        charts.scale(figure.value, figure.low, figure.high) if is_around_one else None,
    )


def share(figure: Figure) -> Shown:
    """Return a share of one in percent, with its range."""
    if isinstance(figure, TooEarly):
        return Shown("", "", too_early(figure), None)
    low, high = (number * 100 for number in (figure.low, figure.high))
    digits = min(words.digits_of(low, high), 1)
    return Shown(f"{words.number(figure.value * 100, digits)}%", f"{words.span(low, high, digits)}%", "", None)


def lasting(figure: Figure) -> Shown:
    """Return a length of time given in seconds, with its range."""
    if isinstance(figure, TooEarly):
        return Shown("", "", too_early(figure), None)
    return Shown(words.duration(figure.value), _between(figure.low, figure.high), "", None)


def _between(low: float, high: float) -> str:
    """Return a range of seconds; the unit once where both ends have the same."""
    first, last = words.duration(low), words.duration(high)
    number, _space, unit = first.partition(" ")
    return f"{number}–{last}" if last.endswith(f" {unit}") else f"{first} – {last}"


def doubling(figure: Figure) -> Shown:
    """Return how soon it doubles, in words where it may never."""
    if isinstance(figure, TooEarly):
        return Shown("", "", too_early(figure), None)
    if math.isinf(figure.low):
        return Shown(_("fades"), _("it does not double"), "", None)
    soonest = words.duration(figure.low)
    if math.isinf(figure.value):
        return Shown(_("fades"), _("or doubles, every %(time)s at the soonest") % {"time": soonest}, "", None)
    value = _("every %(time)s") % {"time": words.duration(figure.value)}
    if math.isinf(figure.high):
        return Shown(value, _("%(time)s at the soonest, or never") % {"time": soonest}, "", None)
    return Shown(value, _between(figure.low, figure.high), "", None)


def too_early(figure: TooEarly) -> str:
    """Return why there is no figure yet: how many there are and how many it takes."""
    values = {"have": words.number(figure.have), "need": words.number(figure.need)}
    match figure.of:
        case "shares":
            return _("too early: %(have)s of %(need)s shares") % values
        case "plays":
            return _("too early: %(have)s of %(need)s plays") % values
        case "seeds":
            return _("too early: %(have)s of %(need)s seeds") % values
        case "people reached":
            return _("too early: %(have)s of %(need)s people") % values
        case "participants who had their time":
            return _("too early: %(have)s of %(need)s have had their time") % values
        case _other:
            return _("too early: %(have)s of %(need)s joins") % values


def so_far(figure: TooEarly) -> str:
    """Return how many there are and how many it takes until it can be said how it spreads."""
    values = {"have": words.number(figure.have), "need": words.number(figure.need)}
    if figure.of == "participants who had their time":
        return _("%(have)s have had time to pass it on, %(need)s are needed") % values
    return _("%(have)s have joined, and it takes %(need)s who have had time to pass it on") % values


def verdict(phase: Phase, summary: Summary, spreading: Spreading) -> SafeString:
    """Return the sentence that stands above everything else on the live page."""
    if not summary.participants:
        return format_html("{}", _nobody(phase))
    if phase.is_over:
        return _over(summary)
    return format_html("{} {}", _joined(summary.participants), how_it_spreads(spreading))


def _nobody(phase: Phase) -> str:
    return {
        Phase.DRAFT: _("Nobody sees this campaign yet. Look at the preview, then publish it."),
        Phase.SCHEDULED: _("Nobody has joined yet: the campaign has not started."),
        Phase.RUNNING: _("Nobody has joined yet. Pass on the first link; what happens shows here within two seconds."),
        Phase.PAUSED: _("Nobody has joined, and nobody can while it is paused."),
        Phase.ENDED: _("It is over, and nobody joined."),
        Phase.STOPPED: _("It was stopped before anybody joined."),
    }[phase]


def _joined(count: int) -> str:
    return ngettext("%(count)s person has joined.", "%(count)s people have joined.", count) % {
        "count": words.number(count)
    }


def how_it_spreads(spreading: Spreading) -> SafeString:
    """Return how much each brings, and what follows; or that it is too early to say."""
    r = spreading.decides
    if isinstance(r, TooEarly):
        return format_html("{}", _("Too early to say how it spreads: %(so_far)s.") % {"so_far": so_far(r)})
    figure = shown(r)
    growth = words.growth(r.low, r.high)
    each = _("Each brings {} others ({}), so {}.")
    if r is spreading.r_of_friends:
        each = _("Each friend who joined brings {} others ({}), so {}.")
    return format_html("{} {}", format_html(each, format_html("<b>{}</b>", figure.value), figure.range, growth),
                       _pace(spreading.doubling_time))  # fmt: skip


def _pace(doubling_time: Figure) -> str:
    """Return how fast it goes, where that is known."""
    if isinstance(doubling_time, TooEarly):
        return ""
    if math.isinf(doubling_time.low):
        return _("Left alone, it fades.")
    if math.isinf(doubling_time.high):
        return ""
    return _("At this pace it doubles every %(time)s.") % {"time": words.duration(doubling_time.value)}


def _over(summary: Summary) -> SafeString:
    seeds = words.seeds(summary.seeds)
    people = words.people(summary.participants)
    if isinstance(summary.amplification, Estimate):
        each = words.number(summary.amplification.value, 1)
        return format_html(
            _("It is over. {} became {}: {} for each seed."), seeds, format_html("<b>{}</b>", people), each
        )
    return format_html(_("It is over. {} became {}."), seeds, format_html("<b>{}</b>", people))


def in_brief(phase: Phase, r: Figure | None) -> str:
    """Return the line under a campaign's name in the list."""
    if r is None:
        return _nobody(phase)
    if isinstance(r, TooEarly):
        return _("Too early to say how it spreads.")
    if phase.is_over:
        return _("It is over.")
    growth = words.growth(r.low, r.high)
    return growth[0].upper() + growth[1:] + "."


def cascades(sizes: CascadeSizes) -> SafeString:
    """Return what the cascades look like together."""
    if not sizes.people:
        return format_html("{}", _("Nobody has joined yet, so there is nothing to follow."))
    trees = ngettext("%(count)s cascade", "%(count)s cascades", sizes.cascades) % {
        "count": words.number(sizes.cascades)
    }
    people = format_html("<b>{}</b>", words.people(sizes.people))
    if sizes.people == sizes.cascades:
        return format_html(_("{}, and nobody has brought anybody yet."), people)
    return format_html(
        _("{} in {}. The largest holds {} of them; {} came through a friend’s friend or further."),
        people,
        trees,
        words.number(sizes.largest),
        words.percent(sizes.beyond_first),
    )


def refunded(count: int) -> str:
    """Return how many conversions do not count any more; empty for none."""
    if not count:
        return ""
    said = ngettext("%(count)s conversion was refunded.", "%(count)s conversions were refunded.", count)
    return said % {"count": words.number(count)}


def happening(of: Happening, names: Mapping[int, str]) -> str:
    """Return one line of a person's history in words."""
    if of.is_friend:
        friend = names.get(of.participant) or codes.grouped(of.participant)
        return _("%(friend)s joined through them") % {"friend": friend}
    return {
        "view": _("Somebody saw what they passed on"),
        "visit": _("Somebody opened their link"),
        "share": _("Passed it on"),
        "invite": _("Invited somebody"),
        "join": _("Joined"),
        "confirm": _("The join was confirmed"),
        "conversion": _("Converted"),
        "refund": _("The conversion was refunded"),
        "play": _("Somebody played what they passed on"),
    }.get(of.kind, of.kind)
