"""The live page: one campaign as it runs. A frame that is there at once, then a panel for each question.

Panels are sent one after the other while they are counted, and asked for again when the version number changes.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sebar import channels, measures
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.console import buckets, exports, sentences
from sebar.console.access import brand_context, of_campaign
from sebar.console.campaigns import frame
from sebar.console.panels import Context, Panel, answered, streamed
from sebar.events.event import Kind
from sebar.fraud import queries as fraud
from sebar.pages import charts, trees, words
from sebar.participants import queries as participants
from sebar.templatetags.sebar import clock

_FEW_DAYS = 14
_DIGITS = 2
_LINES = 3
_BUCKETS = 60


@require_GET
@of_campaign(Verb.LOOK)
def live(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Send the frame at once and each panel as soon as it is counted."""
    state = {"is_paused": "pause" in request.GET, "tab": "live"}
    return streamed(request, "console/live.html", PANELS, campaign, brand_context(membership) | frame(campaign) | state)


@require_GET
@of_campaign(Verb.LOOK)
def panels(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Return all panels anew, for the page that is already open."""
    context = brand_context(membership) | frame(campaign)
    return HttpResponse("\n".join(answered(request, panel, campaign, context) for panel in PANELS))


@require_GET
@of_campaign(Verb.LOOK)
def version(_request: HttpRequest, _membership: Membership, campaign: Campaign) -> HttpResponse:
    """Return the number that changes whenever a figure may have changed."""
    newest = measures.version(campaign.pk)
    counted = _("Counted up to %(time)s") % {"time": clock(newest.counted_at, campaign.time_zone)}
    return JsonResponse({"version": newest.number, "counted": counted})


@require_GET
@of_campaign(Verb.LOOK)
def export(_request: HttpRequest, _membership: Membership, campaign: Campaign, name: str) -> HttpResponse:
    """Return the figures of one panel as CSV."""
    read = exports.TABLES.get(name)
    if read is None:
        raise Http404
    header, rows = read(campaign)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{campaign.slug}-{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(header)
    writer.writerows(rows)
    return response


def _summary(campaign: Campaign) -> Context:
    newest = measures.version(campaign.pk)
    summary = measures.summary(campaign.pk)
    passing_on = measures.passing_on(campaign.pk, zone=campaign.time_zone, by_day=False)
    spreading = measures.spreading(campaign.pk, zone=campaign.time_zone)
    phase = rules.phase(campaign, timezone.now())
    zone = words.zone(campaign.time_zone)
    span = ""
    if summary.first and summary.last:
        span = words.days(summary.first.astimezone(zone).date(), summary.last.astimezone(zone).date())
    return {
        "version": newest,
        "summary": summary,
        "refused": fraud.refused(campaign),
        "passing_on": passing_on,
        "sentence": sentences.verdict(phase, summary, spreading),
        "span": span,
        "r": sentences.shown(spreading.decides),
        "seeds_bring": None if spreading.decides is spreading.r else sentences.shown(spreading.r_of_seeds),
        "k_factor": sentences.shown(passing_on.k_factor),
        "amplification": sentences.shown(summary.amplification, is_around_one=False),
        "cycle_time": sentences.lasting(spreading.cycle_time),
        "doubling": sentences.doubling(spreading.doubling_time),
        "die_out": None if spreading.die_out is None else words.chance(spreading.die_out),
        "k": sentences.shown(spreading.k, is_around_one=False),
    }


def _funnel(campaign: Campaign) -> Context:
    funnel = measures.funnel(campaign.pk)
    names = stage_names()
    return {
        "stages": [(names[stage.name], stage) for stage in funnel.stages],
        "widest": max((stage.raw for stage in funnel.stages), default=0),
        "refunded": sentences.refunded(funnel.refunded),
        "not_persons": [(verdict_names().get(verdict, verdict), count) for verdict, count in funnel.not_persons],
    }


def stage_names() -> dict[str, str]:
    """Return what the funnel's stages are called."""
    return {
        "view": _("Views"),
        "visit": _("Visits"),
        "person": _("People"),
        "join": _("Joined"),
        "confirm": _("Confirmed"),
        "conversion": _("Converted"),
    }


def verdict_names() -> dict[str, str]:
    """Return what touches were that no person made."""
    return {
        "crawler": _("declared crawlers"),
        "preview": _("link previews of messengers"),
        "prefetch": _("pages fetched ahead"),
        "head": _("requests for headers only"),
        "scanner": _("mail scanners"),
        "repeat": _("repeats within moments"),
    }


def _joins(campaign: Campaign) -> Context:
    series = measures.series(campaign.pk, Kind.JOIN, by="channel", zone=campaign.time_zone, top=_LINES)
    grouped = buckets.coarsen(series, most=_BUCKETS)
    css = channels.colours([line.label for line in series.lines if not line.is_rest])
    named = [
        (
            _("Others") if line.is_rest else channels.title(line.label),
            channels.REST if line.is_rest else css[line.label],
            values,
        )
        for line, values in zip(series.lines, grouped.lines, strict=True)
    ]
    return {
        "named": named,
        "chart": charts.line_chart(named, buckets.ticks(grouped.times, series.zone), height=276),
        "unit": buckets.unit(series.step, grouped.width),
        "rows": list(zip(grouped.times, zip(*grouped.lines, strict=True), strict=True)) if grouped.lines else [],
    }


def _generations(campaign: Campaign) -> Context:
    generations = measures.generations(campaign.pk)
    return {"generations": generations, "generation_rows": trees.generation_rows(generations)}


def _sizes(campaign: Campaign) -> Context:
    sizes = measures.cascade_sizes(campaign.pk)
    expected = measures.expected_sizes(sizes, measures.spreading(campaign.pk, zone=campaign.time_zone))
    most = max((*(size.cascades for size in sizes.bins), *(number or 0 for number in expected)), default=0)
    return {"sizes": sizes, "bins": list(zip(sizes.bins, expected, strict=True)), "most_cascades": most}


def _sharers(campaign: Campaign) -> Context:
    sharers = measures.top_sharers(campaign.pk, limit=10)
    names = participants.names(campaign, [sharer.participant for sharer in sharers])
    return {"sharers": [(names.get(sharer.participant, ""), sharer) for sharer in sharers]}


def _days(campaign: Campaign) -> Context:
    days = measures.passing_on(campaign.pk, zone=campaign.time_zone).days
    rows = [(day, sentences.shown(day.r, _DIGITS)) for day in reversed(days)]
    return {"days": rows[:_FEW_DAYS], "more_days": rows[_FEW_DAYS:]}


PANELS: Sequence[Panel] = (
    Panel("summary", _summary),
    Panel("funnel", _funnel),
    Panel("joins", _joins),
    Panel("generations", _generations),
    Panel("sizes", _sizes),
    Panel("sharers", _sharers),
    Panel("days", _days),
)
