"""The cascade explorer: all cascades together first, then one branch, then one person; replayed over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sebar import channels, measures
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.console import branches, buckets, sentences
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.console.live import verdict_names
from sebar.events.event import Kind
from sebar.kit import codes
from sebar.kit.errors import UserError
from sebar.leaving import actions as leaving
from sebar.measures.figures import Band, CascadeSizes, JoinsMatrix
from sebar.pages import charts, trees, words
from sebar.participants import queries as participants

_PAGE = 25
_HISTORY = 40
_ORDERS: dict[str, Literal["size", "depth", "first", "last"]] = {
    "size": "size",
    "depth": "depth",
    "first": "first",
    "last": "last",
}


@dataclass(frozen=True)
class Replay:
    """How far the replay has come: a step of the matrix, None for all of it."""

    matrix: JoinsMatrix
    step: int | None

    @property
    def last(self) -> int:
        """The last step."""
        return max(len(self.matrix.times) - 1, 0)

    @property
    def shown(self) -> int:
        """The step that is shown."""
        return self.last if self.step is None else self.step

    @property
    def until(self) -> datetime | None:
        """The moment up to which joins are shown; None for all."""
        return None if self.step is None else self.matrix.times[self.step] + self.matrix.step

    def step_of(self, moment: datetime) -> int:
        """Return the step in which a moment falls."""
        if not self.matrix.times:
            return 0
        return min(max(int((moment - self.matrix.times[0]) / self.matrix.step), 0), self.last)

    @property
    def clip(self) -> str:
        """How much of the picture has happened, in its own units."""
        return charts.place(charts.WIDE * (self.shown + 1) / max(len(self.matrix.times), 1))


def _replay(request: HttpRequest, matrix: JoinsMatrix) -> Replay:
    text = request.GET.get("step", "")
    step = _count(text)
    step = step if step is not None and step < len(matrix.times) - 1 else None
    return Replay(matrix, step)


@require_GET
@of_campaign(Verb.LOOK)
def cascades(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show all cascades together: joins by time and generation, people by generation, the table, sizes and depths."""
    if request.GET.get("at"):
        return _found(membership, campaign, request.GET["at"])
    channel = request.GET.get("channel", "")[:20]
    replay = _replay(request, measures.joins_matrix(campaign.pk, channel=channel))
    generations = measures.generations(campaign.pk, channel=channel, until=replay.until)
    sizes = measures.cascade_sizes(campaign.pk, until=replay.until)
    order = _ORDERS.get(request.GET.get("order", ""), "size")
    offset = _offset(request.GET.get("from", ""))
    listed = measures.cascades(campaign.pk, order=order, offset=offset, limit=_PAGE, until=replay.until)
    viralities = measures.viralities(campaign.pk, [row.root for row in listed.rows], until=replay.until)
    names = participants.names(campaign, [*(row.root for row in listed.rows), *generations.largest])
    return page(
        request,
        membership,
        "cascades.html",
        sentence=sentences.cascades(sizes),
        generations=generations,
        rows=trees.generation_rows(generations),
        listed=[(names.get(row.root, ""), row, viralities.get(row.root)) for row in listed.rows],
        total=listed.total,
        onward=_query(request, offset + _PAGE) if offset + _PAGE < listed.total else "",
        back=_query(request, max(offset - _PAGE, 0)) if offset else "",
        offset=offset,
        order=order,
        orders=_orders(request),
        names=names,
        sizes=sizes,
        dots=_dots(sizes),
        channel=channel,
        kept=[(name, value) for name, value in (("channel", channel), ("order", order)) if value],
        channels=_channels(campaign),
        tab="cascades",
        **_replayed(replay, campaign),
        **frame(campaign),
    )


def _found(membership: Membership, campaign: Campaign, typed: str) -> HttpResponse:
    """Go to the branch of the person whose code or external id was typed."""
    person = participants.find(campaign, typed)
    return redirect("console:branch", membership.brand.slug, campaign.slug, codes.spell(person.pk))


def _replayed(replay: Replay, campaign: Campaign) -> dict[str, Any]:
    """Return the chart of joins by generation, and what the slider under it needs."""
    matrix = replay.matrix
    layers = [
        (band_name(band), trees.colour(band.first), counts)
        for band, counts in zip(matrix.bands, matrix.counts, strict=True)
    ]
    times = [*matrix.times, matrix.times[-1] + matrix.step] if matrix.times else []
    ticks = buckets.ticks(times, campaign.time_zone)
    moments = [f"{words.full_day(at)}, {words.clock(at)}" for at in _ends(matrix, campaign)]
    return {
        "replay": replay,
        "stacked": charts.stacked_chart(layers, ticks, height=240),
        "step_words": words.duration(matrix.step.total_seconds()),
        "moments": moments,
        "shown_moment": moments[replay.shown] if moments else "",
    }


def _ends(matrix: JoinsMatrix, campaign: Campaign) -> list[datetime]:
    zone = words.zone(campaign.time_zone)
    return [(at + matrix.step).astimezone(zone) for at in matrix.times]


def band_name(band: Band) -> str:
    """Return what a row of generations is called."""
    if band.first == 0 and band.last == 0:
        return _("seeds")
    return words.number(band.first) if band.width == 1 else f"{band.first}–{band.last}"


def _dots(sizes: CascadeSizes) -> charts.DotPlot:
    decades = {10**power: words.short(10**power) for power in range(9)}
    return charts.dot_plot([(dot.size_low, dot.size_high, dot.depth, dot.cascades) for dot in sizes.dots], decades)


def _orders(request: HttpRequest) -> dict[str, str]:
    kept = {name: value for name, value in request.GET.items() if name in {"channel", "step"} and value}
    return {order: "?" + urlencode(kept | {"order": order}) for order in _ORDERS}


def _query(request: HttpRequest, offset: int) -> str:
    kept = {name: value for name, value in request.GET.items() if name in {"channel", "step", "order"} and value}
    return "?" + urlencode(kept | {"from": offset}) + "#cascades"


def _offset(text: str) -> int:
    return _count(text) or 0


def _count(text: str) -> int | None:
    """Return a number from an address, None when it is none or has more than nine digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - as said


def _channels(campaign: Campaign) -> list[tuple[str, str]]:
    lines = measures.series(campaign.pk, Kind.JOIN, by="channel", top=20).lines
    return [(line.label, channels.title(line.label)) for line in lines if line.label and not line.is_rest]


@require_GET
@of_campaign(Verb.LOOK)
def branch(request: HttpRequest, membership: Membership, campaign: Campaign, code: str) -> HttpResponse:
    """Show everybody who came through one person: as a tree as long as it can be read, then as an icicle."""
    person = participants.of_number(campaign, _number(code))
    replay = _replay(request, measures.joins_matrix(campaign.pk, root=person.root_id))
    below = branches.read(campaign, person, until=replay.until)
    whole = below if replay.step is None else branches.read(campaign, person)
    drawn = below if whole.people > branches.DRAWN else whole
    is_log = {"log": True, "linear": False}.get(request.GET.get("clock", ""))
    return page(
        request,
        membership,
        "branch.html",
        person=person,
        path=participants.path(person),
        kept=[("clock", request.GET["clock"])] if is_log is not None else [],
        below=below,
        picture=branches.picture(drawn, campaign, replay.step_of, is_log=is_log),
        friends=branches.friends(below, campaign, show_all="all" in request.GET),
        tab="cascades",
        **_replayed(replay, campaign),
        **frame(campaign),
    )


@require_GET
@of_campaign(Verb.LOOK)
def person(request: HttpRequest, membership: Membership, campaign: Campaign, code: str) -> HttpResponse:
    """Show one person: why this parent, what they did, whom they brought."""
    somebody = participants.of_number(campaign, _number(code))
    happenings = measures.history(campaign.pk, somebody.pk, limit=_HISTORY)
    names = participants.names(campaign, [happening.participant for happening in happenings if happening.is_friend])
    friends = participants.children(somebody, limit=_PAGE)
    verdicts = verdict_names()
    return page(
        request,
        membership,
        "person.html",
        person=somebody,
        why=participants.why(somebody, by=channels.title(somebody.channel) if somebody.channel else ""),
        path=participants.path(somebody),
        counts=participants.counts(somebody),
        friends=friends,
        history=[(sentences.happening(one, names), verdicts.get(one.verdict, one.verdict), one) for one in happenings],
        tab="cascades",
        **frame(campaign),
    )


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def forget(request: HttpRequest, membership: Membership, campaign: Campaign, code: str) -> HttpResponseBase:
    """Say what forgetting a person means, then do it, with a reason."""
    somebody = participants.of_number(campaign, _number(code))
    error = ""
    if request.method == "POST":
        try:
            leaving.forget(participant=somebody, membership=membership, reason=request.POST.get("reason", ""))
        except UserError as refused:
            error = refused.message
        else:
            messages.success(request, _("Everything about this person is deleted. The reason is in the audit log."))
            return redirect("console:person", membership.brand.slug, campaign.slug, codes.spell(somebody.pk))
    return page(
        request,
        membership,
        "forget.html",
        status=422 if error else 200,
        person=somebody,
        error=error,
        reason=request.POST.get("reason", ""),
        most=leaving.REASON_LENGTH,
        tab="cascades",
        **frame(campaign),
    )


def _number(code: str) -> int:
    """Return the number a code spells.

    Raises
    ------
    UserError
        When it is none.
    """
    number = codes.read(code)
    if number is None:
        raise UserError(_("“%(code)s” is not a code.") % {"code": code[:20]}, field="code")
    return number
