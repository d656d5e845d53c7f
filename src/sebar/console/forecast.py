"""The forecast page of a campaign, and the instance's record: what will likely be, and how such words did before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sebar import measures
from sebar.brands.models import User
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.console import sentences
from sebar.console.access import brand_context, of_campaign, page, signed_in
from sebar.console.campaigns import frame
from sebar.events.event import Kind
from sebar.kit.errors import Unavailable
from sebar.pages import charts, words
from sebar.spread.estimate import TooEarly
from sebar.steering import queries, rules
from sebar.steering.models import Forecast, Quantity
from sebar.steering.queries import Look

_TICKS: Final = 6
_A_DAY: Final = timedelta(hours=24)
_NEARLY: Final = timedelta(minutes=10)
_SHOWN: Final = 30
_WORTH_A_WORD: Final = 0.05
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
        "held": queries.record_of(campaign),
        "past": [_line(one) for one in past if one.quantity == Quantity.PARTICIPANTS][:_SHOWN],
    }
    if look is None:
        return context | {"waiting": _waiting(campaign)}
    return context | _ahead(campaign, look, past)


def _waiting(campaign: Campaign) -> str:
    """Return why there is no forecast: as long as R cannot be told, futures cannot either."""
    now = campaign_rules.phase(campaign, timezone.now())
    if now is not Phase.RUNNING:
        return _NOT_RUNNING[now]()
    try:
        r = measures.spreading(campaign.pk).r
    except Unavailable:
        return _("Nothing is foreseen just now: the campaign’s figures cannot be read. Try again in a minute.")
    if isinstance(r, TooEarly):
        return _("Too early to foresee anything: %(so_far)s. The first forecast then stands here within seconds.") % {
            "so_far": sentences.so_far(r)
        }
    return _("The forecast is being worked out; while the campaign runs, it stands here within seconds.")


_NOT_RUNNING: Final[dict[Phase, Callable[[], str]]] = {
    Phase.DRAFT: lambda: _("Nothing is foreseen of a draft: publish it first."),
    Phase.SCHEDULED: lambda: _("Nothing is foreseen before the campaign has started."),
    Phase.PAUSED: lambda: _("Paused: nobody can join, so nothing is foreseen until it goes on."),
    Phase.ENDED: lambda: _("It is over: there is nothing to foresee. Below is how its forecasts did."),
    Phase.STOPPED: lambda: _("It was stopped: there is nothing to foresee. Below is how its forecasts did."),
}


def _ahead(campaign: Campaign, look: Look, past: Sequence[Forecast]) -> Context:
    outlook = look.outlook
    counted = outlook.counted[Quantity.PARTICIPANTS]
    chances = []
    if outlook.chance_of_goal is not None:
        chances.append((_("The goal of %(goal)s is reached") % {"goal": words.number(campaign.goal or 0)},
                        outlook.chance_of_goal))  # fmt: skip
    if outlook.takes_off >= _WORTH_A_WORD:
        grows = _("It takes off: more than %(times)s times as many as now") % {"times": rules.MOST_GROWTH}
        chances.append((grows, outlook.takes_off))
    chances.append((_("It ends by itself unless you add seeds"), outlook.die_out))
    return {
        "sentence": sentence(campaign, look),
        "assumed": assumed(look),
        "is_full": campaign.population is not None and counted > campaign.population,
        "horizons": _horizons(outlook),
        "others": [_quantity_names()[name] for name in outlook.ahead if name != Quantity.PARTICIPANTS],
        "chances": [(what, words.chance(share)) for what, share in chances],
        "busiest": outlook.busiest,
        "r": sentences.shown(outlook.r),
        "more_seeds": [
            (
                one.seeds,
                _range(one.quantiles, counted, is_open=rules.is_open_with(outlook, one, _LIKELY[1])),
                None if one.chance_of_goal is None else words.tenths(one.chance_of_goal),
            )
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
    likely = format_html("<b>{}</b>", _told(outlook, Quantity.PARTICIPANTS, -1))
    first = format_html(_("Likely {} participants by {}."), likely, day)
    r = sentences.shown(outlook.r)
    if outlook.takes_off >= _WORTH_A_WORD:
        off = _("It could also take off (%(chance)s).") % {"chance": words.tenths(outlook.takes_off)}
        first = format_html("{} {}", first, off)
    growth = words.growth(outlook.r.low, outlook.r.high)
    each = _("Each brings {} others ({}), so {}.")
    if outlook.is_r_of_friends:
        each = _("Each friend who joined brings {} others ({}), so {}.")
    return format_html("{} {}", first, format_html(each, r.value, r.range, growth))


def assumed(look: Look) -> str:
    """Return what is assumed of seeds still to come, which often decides how many there will be."""
    a_day = look.outlook.seeds_a_day
    if not a_day:
        return _("No seeds came one by one in the last day, so none are assumed to come.")
    number = words.number(a_day, 0 if a_day >= 1 else 1)
    return _("New seeds are assumed to keep coming as in the last day: about %(number)s a day.") % {"number": number}


_LIKELY, _HALF, _ALMOST = ((low, high) for _, low, high in (rules.INTERVALS[place] for place in (1, 0, 2)))


def _range(quantiles: Sequence[float], counted: int, ends: tuple[int, int] = _LIKELY, *, is_open: bool = False) -> str:
    """Return the ends of an interval, of 80 % unless said; never below what is counted already.

    Where nobody can tell how far the upper end reaches, only the lower one is told.
    """
    low, high = words.rounded(quantiles[ends[0]], quantiles[ends[1]], least=counted)
    return _("%(low)s or more") % {"low": words.number(low)} if is_open else words.span(low, high, 0)


def _horizons(outlook: rules.Outlook) -> list[Horizon]:
    joins, others = Quantity.PARTICIPANTS, [name for name in outlook.ahead if name != Quantity.PARTICIPANTS]
    return [
        Horizon(
            at=one.at,
            likely=_told(outlook, joins, place),
            half=_told(outlook, joins, place, _HALF),
            almost=_told(outlook, joins, place, _ALMOST),
            others=tuple(_told(outlook, name, place) for name in others),
        )
        for place, one in enumerate(outlook.ahead[joins])
    ]


def _told(outlook: rules.Outlook, name: str, place: int, ends: tuple[int, int] = _LIKELY) -> str:
    """Return the range of a quantity at one of the horizons."""
    quantiles, is_open = outlook.ahead[name][place].quantiles, rules.is_open(outlook, place, ends[1])
    return _range(quantiles, outlook.counted[name], ends, is_open=is_open)


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
    return {"made_at": one.made_at, "for": one.horizon_at, "likely": _range(one.quantiles, one.known),
            "outcome": one.outcome, "held": held}  # fmt: skip


def _made(look: Look | None, campaign: Campaign) -> str:
    if look is None:
        return ""
    local = look.made_at.astimezone(words.zone(campaign.time_zone))
    return _("Foreseen at %(time)s") % {"time": f"{words.clock(local, seconds=True)} {local.tzname()}"}


def _quantity_names() -> dict[str, str]:
    return {
        Quantity.PARTICIPANTS.value: _("Participants"),
        Quantity.REACH.value: _("Reach"),
        Quantity.CONVERSIONS.value: _("Conversions"),
    }
