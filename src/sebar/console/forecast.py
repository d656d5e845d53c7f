"""The forecast page of a campaign, and the instance's record: what will likely be, and how such words did before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sebar import measures
from sebar.brands.models import User
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.console import sentences
from sebar.console.access import brand_context, of_campaign, page, signed_in
from sebar.console.campaigns import frame
from sebar.events.event import Kind
from sebar.kit.errors import Unavailable
from sebar.pages import charts, words
from sebar.steering import queries, rules
from sebar.steering.models import Forecast, Quantity
from sebar.steering.queries import Look

_TICKS: Final = 6
_A_DAY: Final = timedelta(hours=24)
_NEARLY: Final = timedelta(minutes=10)
_SHOWN: Final = 30
_PROBABLY: Final = 0.6
Context = dict[str, Any]


@dataclass(frozen=True)
class Horizon:
    """One line of the table: what participants, and the other quantities, will likely come to by a moment."""

    at: datetime
    likely: str
    half: str
    almost: str
    others: tuple[str, ...]


@require_GET
@of_campaign(Verb.LOOK)
def forecast(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show what will likely become of the campaign."""
    return page(request, membership, "forecast.html", tab="forecast", **frame(campaign), **_content(campaign))


@require_GET
@of_campaign(Verb.LOOK)
def panels(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Return what changes on the page, for the page that is already open."""
    context = brand_context(membership) | frame(campaign) | _content(campaign)
    return render(request, "console/forecast_panels.html", context)


@require_GET
@of_campaign(Verb.LOOK)
def version(_request: HttpRequest, _membership: Membership, campaign: Campaign) -> HttpResponse:
    """Return the number that changes with every new look ahead."""
    look = queries.look(campaign)
    return JsonResponse({"version": queries.version(campaign), "counted": _made(look, campaign)})


@require_GET
@signed_in
def record(request: HttpRequest, _user: User) -> HttpResponse:
    """Show how forecasts did on the whole instance."""
    return render(request, "console/record.html", {"record": queries.record_of_instance(), "tab": "record"})


def _content(campaign: Campaign) -> Context:
    look = queries.look(campaign)
    past = queries.of_campaign(campaign)
    context: Context = {
        "look": look,
        "made": _made(look, campaign),
        "version": queries.version(campaign),
        "enough": rules.ENOUGH,
        "held": queries.record_of(campaign),
        "past": [_line(one) for one in past if one.quantity == Quantity.PARTICIPANTS][:_SHOWN],
    }
    if look is None:
        return context
    return context | _ahead(campaign, look, past)


def _ahead(campaign: Campaign, look: Look, past: Sequence[Forecast]) -> Context:
    outlook = look.outlook
    chances = []
    if outlook.chance_of_goal is not None:
        chances.append((_("The goal of %(goal)s is reached") % {"goal": words.number(campaign.goal or 0)},
                        outlook.chance_of_goal))  # fmt: skip
    chances.append((_("It ends by itself unless you add seeds"), outlook.die_out))
    return {
        "sentence": sentence(campaign, look),
        "horizons": _horizons(outlook),
        "others": [_quantity_names()[name] for name in outlook.ahead if name != Quantity.PARTICIPANTS],
        "chances": [(what, words.chance(share)) for what, share in chances],
        "busiest": outlook.busiest,
        "r": sentences.shown(outlook.r),
        "more_seeds": [
            (one.seeds, _range(one.quantiles), None if one.chance_of_goal is None else words.tenths(one.chance_of_goal))
            for one in outlook.more_seeds
        ],
        "fan": _fan(campaign, look, past),
        "fan_words": _("Participants so far, and how many there will likely be."),
    }


def sentence(campaign: Campaign, look: Look) -> SafeString:
    """Return what is foreseen in one sentence that a marketer reads."""
    outlook = look.outlook
    last = outlook.ahead[Quantity.PARTICIPANTS][-1]
    day = words.weekday(last.at.astimezone(words.zone(campaign.time_zone)))
    likely = format_html("<b>{}</b>", _range(last.quantiles))
    first = format_html(_("Likely {} participants by {}."), likely, day)
    r = sentences.shown(outlook.r)
    if outlook.die_out >= _PROBABLY:
        return format_html(
            _("{} It will probably stop by itself: each participant brings {} others ({})."), first, r.value, r.range
        )
    growth = words.growth(outlook.r.low, outlook.r.high)
    return format_html(_("{} Each participant brings {} others ({}), so {}."), first, r.value, r.range, growth)


def _range(quantiles: Sequence[float]) -> str:
    return words.span(*words.rounded(quantiles[1], quantiles[5]), 0)


def _horizons(outlook: rules.Outlook) -> list[Horizon]:
    found = []
    for place, joins in enumerate(outlook.ahead[Quantity.PARTICIPANTS]):
        found.append(
            Horizon(
                at=joins.at,
                likely=_range(joins.quantiles),
                half=words.span(*words.rounded(joins.quantiles[2], joins.quantiles[4]), 0),
                almost=words.span(*words.rounded(joins.quantiles[0], joins.quantiles[6]), 0),
                others=tuple(
                    _range(ahead[place].quantiles)
                    for name, ahead in outlook.ahead.items()
                    if name != Quantity.PARTICIPANTS
                ),
            )
        )
    return found


def _fan(campaign: Campaign, look: Look, past: Sequence[Forecast]) -> charts.FanChart | None:
    """Return the picture; without an engine to ask, what was cannot be drawn, and nothing is."""
    try:
        series = measures.series(campaign.pk, Kind.JOIN, zone=campaign.time_zone)
    except Unavailable:
        return None
    if not series.times or not look.outlook.fan:
        return None
    begin, end = series.times[0], look.outlook.fan[-1].at
    width = max((end - begin).total_seconds(), 1.0)

    def x(moment: datetime) -> float:
        return (moment - begin).total_seconds() / width

    ends = [*series.times[1:], look.made_at]
    counted = [(x(min(at, look.made_at)), float(sum_)) for at, sum_ in zip(ends, _running(series), strict=True)]
    counted[-1] = (x(look.made_at), float(look.outlook.counted[Quantity.PARTICIPANTS]))
    ahead = [(x(one.at), one.quantiles) for one in look.outlook.fan]
    zone = words.zone(campaign.time_zone)
    first, last = begin.astimezone(zone), end.astimezone(zone)
    ticks = [(x(at), words.tick(at, year=first.year != last.year)) for at in words.times_between(first, last, _TICKS)]
    earlier = [
        (x(one.horizon_at), one.quantiles[1], one.quantiles[3], one.quantiles[5])
        for one in past
        if one.quantity == Quantity.PARTICIPANTS
        and abs(one.horizon_at - one.made_at - _A_DAY) < _NEARLY
        and begin <= one.horizon_at <= look.made_at
    ]
    goal = float(campaign.goal) if campaign.goal else None
    return charts.fan_chart([(0.0, 0.0), *counted], ahead, ticks, earlier=earlier, goal=goal)


def _running(series: measures.Series) -> list[int]:
    return list(accumulate(sum(step) for step in zip(*(line.values for line in series.lines), strict=True)))


def _line(one: Forecast) -> Context:
    held = rules.held(one.quantiles, one.outcome)[1] if one.outcome is not None else None
    return {"made_at": one.made_at, "for": one.horizon_at, "likely": _range(one.quantiles), "outcome": one.outcome,
            "held": held}  # fmt: skip


def _made(look: Look | None, campaign: Campaign) -> str:
    if look is None:
        return ""
    local = look.made_at.astimezone(words.zone(campaign.time_zone))
    return _("Foreseen at %(time)s") % {"time": f"{words.clock(local, seconds=True)} {local.tzname()}"}


def _quantity_names() -> dict[str, str]:
    return {
        Quantity.PARTICIPANTS.value: _("Participants"),
        Quantity.REACH.value: _("People who opened a link"),
        Quantity.CONVERSIONS.value: _("Conversions"),
    }
