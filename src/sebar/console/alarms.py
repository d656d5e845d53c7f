"""Alarms of a campaign: what is open, when it began and what is behind it, what is watched, and who is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sebar.brands import audit
from sebar.brands.models import AuditEntry
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.push import subscription
from sebar.console import buckets, buzz
from sebar.console.access import of_brand, of_campaign, page
from sebar.console.campaigns import frame
from sebar.kit.errors import Unavailable, UserError, UserErrors
from sebar.pages import charts
from sebar.pages import words as pages_words
from sebar.pages.charts import LineChart
from sebar.steering.alarms import actions, queries, rules, words
from sebar.steering.alarms.models import Alarm, AlarmNotice
from sebar.steering.alarms.queries import DryRun, WatchNow
from sebar.steering.alarms.rules import SHARES, Standard
from sebar.steering.decisions import queries as decisions
from sebar.steering.decisions import words as decision_words
from sebar.steering.decisions.models import Policy
from sebar.steering.watches import Watch

_SECRET: Final = "sebar_alarm_secret"  # noqa: S105 - the name under which a session holds it until it is shown
_SHOWN_TIMES: Final = 5
_RIGHT: Final = 0.8  # of the picture: beyond, a label would leave it
_SNOOZES: Final = (1, 6, 24, 72, 168)


@dataclass(frozen=True)
class Picture:
    """What was counted in shares (`unit` is %) or people; where along it (a percentage) the alarm began, and when.

    `anchor` is where the label of that ends.
    """

    summary: str
    chart: LineChart
    unit: str
    began: str
    clock: str
    anchor: str
    rows: list[tuple[str, int, int, str]]


@dataclass(frozen=True)
class Card:
    """An alarm; `follows` is what a policy does then, or did, `behind` a page's name and address that shows more."""

    alarm: Alarm
    name: str
    says: str
    follows: str
    status: str
    chip: str
    behind: tuple[str, str]
    picture: Picture | None
    told: list[str]


@dataclass(frozen=True)
class Row:
    """A watch: what it tolerates, what it would have said, what a policy does then, and what is being entered."""

    now: WatchNow
    name: str
    about: str
    tolerates: str
    dry: str
    does: str
    has_level: bool
    has_people: bool
    level: str
    people: str
    errors: Mapping[str, str]
    is_open: bool


@dataclass(frozen=True)
class _Entering:
    """What was just sent, what of it was refused, and what it is about: a watch, an alarm, or trying a watch."""

    sent: QueryDict
    errors: Mapping[str, str]
    about: object


@require_GET
@of_campaign(Verb.LOOK)
def alarms(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show what is open, what is watched, and what was closed."""
    return _page(request, membership, campaign)


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def alarm(request: HttpRequest, membership: Membership, campaign: Campaign, alarm: int) -> HttpResponseBase:
    """Show one alarm, closed or not; acknowledge, snooze or close it."""
    if request.method == "GET":
        return _one(request, membership, campaign, alarm)
    membership.require(Verb.EDIT)
    sent = request.POST
    try:
        match sent.get("do", ""):
            case "acknowledge":
                actions.acknowledge(membership=membership, slug=campaign.slug, number=alarm)
                said = _("Acknowledged: it has left the top of the pages.")
            case "snooze":
                until = timezone.now() + timedelta(hours=_hours(sent.get("hours", "")))
                actions.snooze(membership=membership, slug=campaign.slug, number=alarm, until=until)
                said = _("It keeps quiet until %(moment)s.") % {"moment": words.moment(until, campaign.time_zone)}
            case _:
                actions.close(membership=membership, slug=campaign.slug, number=alarm, reason=sent.get("reason", ""))
                said = _("Closed. Only what happens from now on can open another.")
    except UserError as refused:
        return _one(request, membership, campaign, alarm, error=refused.message)
    messages.success(request, said)
    return _back(membership, campaign)


def _one(
    request: HttpRequest, membership: Membership, campaign: Campaign, number: int, *, error: str = ""
) -> HttpResponse:
    return page(
        request,
        membership,
        "alarm.html",
        status=422 if error else 200,
        tab="alarms",
        card=_card(campaign, queries.of_number(campaign, number)),
        snoozes=_snoozes(),
        error=error,
        reason=request.POST.get("reason", ""),
        **frame(campaign),
    )


@require_POST
@of_campaign(Verb.EDIT)
def watch(request: HttpRequest, membership: Membership, campaign: Campaign, watch: str) -> HttpResponseBase:
    """Set what one watch tolerates, or try that on the past without setting it."""
    sent = request.POST
    try:
        which = rules.check_watch(watch)
        level, people = _share(sent.get("level", "")), _whole(sent.get("people", ""))
        if sent.get("do") == "try":
            rules.check_level(which, level)
            rules.check_people(which, people)
            return _page(request, membership, campaign, tried=_tried(campaign, which, level, people))
        actions.set_watch(
            membership=membership,
            slug=campaign.slug,
            watch=which,
            is_on=sent.get("is_on") == "1",
            level=level,
            people=people,
        )
    except UserError as refused:
        errors = refused.by_field() if isinstance(refused, UserErrors) else {refused.field: refused.message}
        return _page(request, membership, campaign, errors=errors, about=watch)
    messages.success(request, _("Set: %(watch)s.") % {"watch": words.name(which)})
    return _back(membership, campaign)


@require_POST
@of_campaign(Verb.EDIT)
def false_alarm(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Set the chance of a false alarm that the campaign bears."""
    try:
        chance = _share(request.POST.get("false_alarm", ""), field="false_alarm")
        actions.set_false_alarm(
            membership=membership, slug=campaign.slug, chance=rules.FALSE_ALARM if chance is None else chance
        )
    except UserError as refused:
        return _page(request, membership, campaign, errors={"false_alarm": refused.message}, about="false_alarm")
    messages.success(request, _("Set."))
    return _back(membership, campaign)


@require_POST
@of_campaign(Verb.MANAGE)
def hook(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Say where the brand's own program is told of alarms, or that it is not."""
    if request.POST.get("do") == "drop":
        actions.drop_hook(membership=membership)
        messages.success(request, _("No program is told any more."))
        return _back(membership, campaign)
    try:
        request.session[_SECRET] = actions.set_hook(membership=membership, address=request.POST.get("address", ""))
    except UserError as refused:
        return _page(request, membership, campaign, errors={"address": refused.message}, about="hook")
    return _back(membership, campaign)


@require_POST
@of_brand(Verb.EDIT)
def browser(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Tell this member of alarms in this browser too, or no longer; what it answers is shown as it is."""
    try:
        address = subscription.read(request.POST.get("subscription", ""))
    except UserError as refused:
        return JsonResponse({"said": refused.message}, status=422)
    if request.POST.get("to") != "on":
        actions.end_in_browser(membership=membership, address=address)
        return JsonResponse({"said": _("No more notes of alarms in this browser.")})
    actions.tell_in_browser(membership=membership, address=address)
    return JsonResponse({"said": _("Each alarm of %(brand)s is shown here.") % {"brand": membership.brand.name}})


def _back(membership: Membership, campaign: Campaign) -> HttpResponseBase:
    return redirect("console:alarms", membership.brand.slug, campaign.slug)


def _page(
    request: HttpRequest,
    membership: Membership,
    campaign: Campaign,
    *,
    errors: Mapping[str, str] | None = None,
    about: object = "",
    tried: WatchNow | None = None,
) -> HttpResponse:
    """Show the page, with what was refused and where, or with a watch as somebody tries it."""
    watches = [tried if tried and one.watch is tried.watch else one for one in queries.watches(campaign)]
    unavailable, runs = "", {}
    try:
        runs = queries.dry_runs(campaign, watches)
    except Unavailable as trouble:
        unavailable = trouble.message
    entering = _Entering(request.POST, errors or {}, f"try {tried.watch}" if tried else about)
    policies = {policy.watch: policy for policy in decisions.policies(campaign)}
    browsers = list(queries.browsers(membership))
    chance = queries.false_alarm(campaign)
    on = sum(one.is_on for one in watches if one.watch in SHARES)
    return page(
        request,
        membership,
        "alarms.html",
        status=422 if errors else 200,
        tab="alarms",
        cards=[_card(campaign, alarm) for alarm in queries.of_campaign(campaign)],
        rows=[_row(campaign, one, runs.get(one.watch), policies.get(one.watch), entering) for one in watches],
        closed=[(one, words.name(one.watch), words.of_alarm(one)) for one in queries.closed(campaign)],
        decisions=[
            (one, _done(one, campaign))
            for one in audit.entries(membership, subject=campaign.slug)
            if one.verb.startswith("alarm.")
        ],
        hook=queries.hook(campaign),
        push_key=subscription.public_key() if membership.may(Verb.EDIT) else "",
        push_marks=subscription.marks(one.sealed for one in browsers),
        browsers_in_trouble=[one for one in browsers if one.trouble],
        secret=request.session.pop(_SECRET, ""),
        snoozes=_snoozes(),
        chance=words.percent(chance),
        chance_entered=request.POST.get("false_alarm", pages_words.typed(100 * chance)),
        each=words.percent(chance / max(on, 1)),
        on=on,
        days=pages_words.age(round(queries.looks(campaign) / 24) * 86400),
        errors=errors or {},
        about=about,
        entered=request.POST,
        unavailable=unavailable,
        **frame(campaign),
    )


def _snoozes() -> list[tuple[int, str]]:
    return [(hours, pages_words.duration(hours * 3600.0)) for hours in _SNOOZES]


def _card(campaign: Campaign, alarm: Alarm) -> Card:
    alarm.campaign = campaign
    decision = queries.followed(alarm)
    return Card(
        alarm=alarm,
        name=words.name(alarm.watch),
        says=words.of_alarm(alarm),
        follows=words.followed(decision) if decision is not None else "",
        status=words.status(alarm),
        chip={"open": "trouble", "closed": "off"}.get(alarm.status, "paused"),
        behind=_behind(campaign, alarm),
        picture=_picture(campaign, alarm),
        told=[_told(one, campaign) for one in queries.letters(alarm)],
    )


def _behind(campaign: Campaign, alarm: Alarm) -> tuple[str, str]:
    """Return where it is seen what an alarm is about: what it is called, and its address."""
    watch = Watch(alarm.watch)
    name, title = {
        Watch.NEGATIVE: ("buzz", _("What was said then")),
        Watch.COMPLAINTS: ("buzz", _("What was said then")),
        Watch.UNSUBSCRIBES: ("channels", _("Channels")),
        Watch.BOUNCES: ("channels", _("Channels")),
        Watch.DELIVERY: ("channels", _("Channels")),
        Watch.CONVERSION_DROP: ("measures", _("Measures")),
        Watch.BOTS: ("live", _("Live")),
        Watch.REWARD_EXPOSURE: ("rewards", _("Rewards")),
        Watch.FORECAST: ("forecast", _("Forecast")),
        Watch.SAMPLE_RATIO: ("experiments", _("Experiments")),
    }[watch]
    address = reverse(f"console:{name}", args=[campaign.brand.slug, campaign.slug])
    if watch in rules.LABELS:
        labels = sorted(rules.LABELS[watch])
        until = alarm.spoke_at + timedelta(milliseconds=1)  # which events leave out what comes after
        address = f"{address}?{buzz.asked_for(labels, since=alarm.began_at, until=until)}"
    return title, address


def _picture(campaign: Campaign, alarm: Alarm) -> Picture | None:
    """Return the chart of what was counted around an alarm; None where there is none, or nobody can count just now."""
    try:
        counted = queries.around(alarm)
    except Unavailable:
        return None
    if len(counted) < 2:  # noqa: PLR2004 - one step shows no change
        return None
    shares = [one.events / one.total if one.total else 0.0 for one in counted]
    if is_share := alarm.numbers["kind"] == "share":
        tolerated = [100 * alarm.numbers["tolerated"]] * len(shares)
        lines = [(_("share"), "c1", [100 * share for share in shares]), (_("tolerated"), "c2", tolerated)]
    else:
        lines = [
            (
                _("complaints") if alarm.watch == Watch.COMPLAINTS else _("bad"),
                "c1",
                [float(one.events) for one in counted],
            ),
            (_("everybody"), "c2", [float(one.total) for one in counted]),
        ]
    times = [one.at for one in counted]
    began = (alarm.began_at - times[0]) / max(times[-1] - times[0], timedelta(seconds=1))
    rows = [
        (words.moment(one.at, campaign.time_zone), one.events, one.total, words.percent(share))
        for one, share in zip(counted, shares, strict=True)
        if one.total
    ]
    return Picture(
        summary=_("The share and what is tolerated, in percent.")
        if is_share
        else _("How many people said something within the hour before."),
        chart=charts.line_chart(lines, buckets.ticks(times, campaign.time_zone), height=200),
        unit="%" if is_share else "",
        began=charts.percentage(began),
        clock=pages_words.clock(alarm.began_at.astimezone(pages_words.zone(campaign.time_zone))),
        anchor="end" if began > _RIGHT else "start",
        rows=rows[::-1],
    )


def _told(notice: AlarmNotice, campaign: Campaign) -> str:
    who = notice.member.name if notice.member is not None else _("Your own program")
    if notice.is_note:
        who = _("%(name)s, in a browser,") % {"name": who}
    if notice.done_at is not None and not notice.trouble:
        told = (
            _("%(who)s was told at %(moment)s what became of it.")
            if notice.is_end
            else _("%(who)s was told at %(moment)s.")
        )
        return told % {
            "who": who,
            "moment": words.moment(notice.done_at, campaign.time_zone),
        }
    if notice.trouble:
        return _("%(who)s could not be told: %(trouble)s") % {"who": who, "trouble": notice.trouble_words}
    return _("%(who)s is to be told.") % {"who": who}


def _row(campaign: Campaign, now: WatchNow, run: DryRun | None, policy: Policy | None, entering: _Entering) -> Row:
    is_wrong = entering.about == now.watch
    is_entered = is_wrong or entering.about == f"try {now.watch}"
    level = "" if now.level is None else pages_words.typed(100 * now.level)
    return Row(
        now=now,
        name=words.name(now.watch),
        about=words.about(now.watch),
        tolerates=_tolerates(now, is_tried=entering.about == f"try {now.watch}"),
        dry=_dry(now, run, campaign),
        does=decision_words.beforehand(policy) if policy is not None else "",
        has_level=now.watch in rules.LEVELS,
        has_people=now.watch in rules.PEOPLE,
        level=entering.sent.get("level", "") if is_entered else level,
        people=entering.sent.get("people", "") if is_entered else str(now.people or ""),
        errors=entering.errors if is_wrong else {},
        is_open=is_entered,
    )


def _tolerates(now: WatchNow, *, is_tried: bool) -> str:
    """Return what a watch tolerates, and from where that is known."""
    if now.watch not in rules.LEVELS:
        return ""
    tolerated = now.standard.tolerated
    if tolerated is None:
        return _("learned from the first three days or more of the campaign, once they are enough")
    if now.level is not None:
        said = _("%(share)s, only tried, not set") if is_tried else _("%(share)s, as you set it")
        said %= {"share": words.percent(tolerated)}
    elif now.standard.is_learned:
        said = _("%(share)s, learned from the campaign’s first days") % {"share": words.percent(tolerated)}
    else:
        said = _("%(share)s, as is usual") % {"share": words.percent(tolerated)}
    if now.count is None:
        return said
    many = ngettext("or %(n)s person within an hour", "or %(n)s people within an hour", now.count) % {"n": now.count}
    return f"{said}, {many}"


def _dry(now: WatchNow, run: DryRun | None, campaign: Campaign) -> str:
    """Return when a watch would have spoken."""
    if run is None:
        return ""
    if now.watch not in SHARES:
        return _("It speaks just now.") if run.spoken else _("It does not speak just now.")
    days = max(round((run.until - run.since) / timedelta(days=1)), 1)
    if run.tolerated is None:
        return _("Too little is known yet to say what is usual.")
    within = _("in the last day") if days == 1 else _("in the last %(days)s days") % {"days": days}
    if not run.spoken:
        return _("It would not have spoken %(within)s.") % {"within": within}
    times = [words.moment(one.at, campaign.time_zone) for one in run.spoken[:_SHOWN_TIMES]]
    return ngettext(
        "It would have spoken once %(within)s: on %(moments)s.",
        "It would have spoken %(times)s times %(within)s: on %(moments)s.",
        len(run.spoken),
    ) % {
        "times": pages_words.number(len(run.spoken)),
        "within": within,
        "moments": "; ".join(times) + ("; …" if len(run.spoken) > _SHOWN_TIMES else ""),
    }


def _tried(campaign: Campaign, watch: Watch, level: float | None, people: int | None) -> WatchNow:
    """Return a watch as it would be, were it set so."""
    (now,) = (one for one in queries.watches(campaign) if one.watch is watch)
    count = now.count if people is None else people
    if level is None:
        return replace(now, level=None, people=people, count=count)
    return replace(now, level=level, people=people, count=count, standard=Standard(level, now.standard.rho))


def _done(entry: AuditEntry, campaign: Campaign) -> str:
    """Return what a member did to alarms: to which, and from what to what."""
    details = entry.details
    if entry.verb == "alarm.false_alarm_set":
        said = _("set the chance of a false alarm: %(before)s → %(now)s")
        return said % {"before": words.percent(details["before"]), "now": words.percent(details["false_alarm"])}
    if entry.verb == "alarm.watch_set":
        said = _("set the watch “%(name)s”: %(before)s → %(now)s")
        ends = {"before": _as_set(details["before"]), "now": _as_set(details)}
        return said % {"name": words.name(details["watch"]), **ends}
    said = {
        "alarm.acknowledged": _("acknowledged the alarm “%(name)s”"),
        "alarm.snoozed": _("snoozed the alarm “%(name)s” until %(moment)s"),
        "alarm.closed": _("closed the alarm “%(name)s”"),
    }[entry.verb]
    until = datetime.fromisoformat(details["until"]) if "until" in details else entry.at
    return said % {"name": words.name(details["watch"]), "moment": words.moment(until, campaign.time_zone)}


def _as_set(to: Mapping[str, Any]) -> str:
    """Return how a watch is set: on or off, and what it tolerates where that is not the usual."""
    if not to["is_on"]:
        return _("off")
    level, people = to["level"], to["people"]
    share = "" if level is None else words.percent(level)
    many = "" if people is None else ngettext("%(n)s person an hour", "%(n)s people an hour", people) % {"n": people}
    return ", ".join(part for part in (share, many) if part) or _("as is usual")


def _hours(given: str) -> int:
    return int(given) if given in {str(hours) for hours in _SNOOZES} else _SNOOZES[0]


def _share(given: str, *, field: str = "level") -> float | None:
    """Return a share that was written in percent; None of nothing.

    Raises
    ------
    UserError
        When it is no number.
    """
    tidy = given.strip().rstrip("%").strip().replace(",", ".")
    if not tidy:
        return None
    try:
        found = float(tidy)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        message = _("“%(text)s” is not a number: write it with digits, like 12 or 7.5.")
        raise UserError(message % {"text": given[:40]}, field=field)
    return found / 100


def _whole(given: str) -> int | None:
    """Return a whole number that was written; None of nothing.

    Raises
    ------
    UserError
        When it is none.
    """
    tidy = given.strip()
    if not tidy:
        return None
    if not (tidy.isascii() and tidy.isdecimal() and len(tidy) < 7):  # noqa: PLR2004 - a million
        raise UserError(_("“%(text)s” is not a whole number.") % {"text": given[:40]}, field="people")
    return int(tidy)
