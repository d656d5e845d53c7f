"""The measures page: every figure of a campaign with its range and what it means, and participants by group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sebar import channels, measures
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.console import sentences
from sebar.console.access import brand_context, of_campaign
from sebar.console.campaigns import frame
from sebar.console.panels import Context, Panel, streamed
from sebar.console.sentences import Shown
from sebar.measures import CATALOG, PARTS, Group, Measure, Part
from sebar.pages import words
from sebar.spread.estimate import Estimate, Figure

_SAID: Final = frozenset({"time", "chance"})


@dataclass(frozen=True)
class Row:
    """One measure and its figure."""

    measure: Measure
    shown: Shown

    @property
    def unit(self) -> str:
        """The unit, unless the figure says it itself."""
        return "" if self.measure.unit in _SAID else self.measure.unit


@require_GET
@of_campaign(Verb.LOOK)
def page(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Send the frame at once and each group of measures as soon as it is counted."""
    by = next((part for part in PARTS if part == request.GET.get("by")), PARTS[0])
    panels = (*PANELS, Panel("breakdown", partial(_breakdown, by=by)))
    context = brand_context(membership) | frame(campaign) | {"tab": "measures", "by": by}
    return streamed(request, "console/measures.html", panels, campaign, context)


def _reached(campaign: Campaign) -> Context:
    reach = measures.reach(campaign.pk)
    aware = Shown(words.number(reach.aware), "", "", None)
    if not reach.aware_share.too_early:
        part = sentences.share(reach.aware_share)
        of_reach = _("%(share)s of reach (%(range)s)") % {"share": part.value, "range": part.range}
        aware = Shown(aware.value, of_reach, "", None)
    return _rows(_("Whom it reaches"), {"participants": _count(reach.joined), "reach": _count(reach.people),
                                        "awareness": aware})  # fmt: skip


def _passing(campaign: Campaign) -> Context:
    seen = measures.passing_on(campaign.pk, zone=campaign.time_zone, by_day=False)
    spreading = measures.spreading(campaign.pk, zone=campaign.time_zone)
    plain = partial(sentences.shown, is_around_one=False)
    return _rows(
        _("How much it is passed on"),
        {
            "share_rate": sentences.share(seen.share_rate),
            "shares_each": plain(seen.shares_each),
            "joins_each_share": plain(seen.joins_each_share),
            "k_factor": sentences.shown(seen.k_factor),
            "r": sentences.shown(spreading.r),
            "r_of_seeds": sentences.shown(spreading.r_of_seeds),
            "r_of_friends": sentences.shown(spreading.r_of_friends),
            "r_seen": sentences.shown(seen.r),
            "k": plain(spreading.k),
        },
    )


def _pace(campaign: Campaign) -> Context:
    seen = measures.passing_on(campaign.pk, zone=campaign.time_zone, by_day=False)
    spreading = measures.spreading(campaign.pk, zone=campaign.time_zone)
    nothing = Shown("", "", sentences.shown(spreading.r).early, None)
    end = nothing if spreading.die_out is None else Shown(words.chance(spreading.die_out), "", "", None)
    return _rows(
        _("How fast it goes"),
        {
            "cycle_time": sentences.lasting(spreading.cycle_time),
            "cycle_time_seen": _time(seen.cycle_time, _("nobody brought anybody yet")),
            "growth": _growth(spreading.growth),
            "doubling_time": sentences.doubling(spreading.doubling_time),
            "die_out": end,
        },
    )


def _shape(campaign: Campaign) -> Context:
    shape = measures.shape(campaign.pk)
    sizes = measures.cascade_sizes(campaign.pk)
    virality = Shown("", "", _("nobody brought anybody yet"), None)
    if shape.structural_virality is not None:
        virality = Shown(words.number(shape.structural_virality, 2), "", "", None)
    return _rows(
        _("What cascades look like"),
        {
            "amplification": sentences.shown(sizes.amplification, is_around_one=False),
            "beyond_first": sentences.share(sizes.beyond_first_range),
            "depth": _count(shape.depth),
            "width": _count(shape.width),
            "structural_virality": virality,
            "time_to_half": _time(shape.time_to_half, _("nobody has joined yet")),
        },
    )


def _rows(title: str, figures: dict[str, Shown]) -> Context:
    return {"title": title, "rows": [Row(CATALOG[name], shown) for name, shown in figures.items()]}


def _growth(figure: Figure) -> Shown:
    if isinstance(figure, Estimate) and not figure.high:
        return Shown(words.percent(0), _("fades"), "", None)
    return sentences.share(figure)


def _count(number: int) -> Shown:
    return Shown(words.number(number), "", "", None)


def _time(length: timedelta | None, otherwise: str) -> Shown:
    if length is None:
        return Shown("", "", otherwise, None)
    return Shown(words.duration(length.total_seconds()), "", "", None)


def _breakdown(campaign: Campaign, by: Part) -> Context:
    found = measures.breakdown(campaign.pk, by, zone=campaign.time_zone)
    joins = sum(one.joins for one in found.groups)
    return {
        "choices": [(part, name) for part, name in part_names().items()],
        "part_name": part_names()[by],
        "groups": [(_label(by, one), one, words.percent(one.joins / joins) if joins else "",
                    sentences.shown(one.r, 2), sentences.shown(one.k_factor, 2)) for one in found.groups],
    }  # fmt: skip


def part_names() -> dict[Part, str]:
    """Return what participants can be parted by, in words."""
    return {
        "channel": _("Channel"),
        "creative": _("Creative"),
        "source": _("Source of the seed"),
        "country": _("Country"),
        "day": _("Day of joining"),
        "week": _("Week of joining"),
    }


def _label(by: Part, group: Group) -> str:
    if group.is_rest:
        return _("Earlier") if by in {"day", "week"} else _("Others")
    labels: dict[Part, Callable[[str], str]] = {
        "channel": channels.title,
        "day": lambda label: words.full_day(date.fromisoformat(label)),
        "week": lambda label: _("from %(day)s") % {"day": words.full_day(date.fromisoformat(label))},
    }
    return labels[by](group.label) if by in labels else group.label or _("Unknown")


PANELS = (
    Panel("reached", _reached, "measures"),
    Panel("passing", _passing, "measures"),
    Panel("pace", _pace, "measures"),
    Panel("shape", _shape, "measures"),
)
