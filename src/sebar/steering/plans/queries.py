"""Reads of plans, their versions and graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec
from django.db.models import Model, Q, QuerySet

from sebar.brands.models import Brand
from sebar.campaigns import queries as campaigns
from sebar.campaigns.brief import queries as brief
from sebar.campaigns.models import Campaign, Status
from sebar.channels.models import Contact
from sebar.kit.errors import NotFound, UserError
from sebar.kit.words import gettext_noop
from sebar.measures.intervals import ENOUGH
from sebar.participants import queries as participants
from sebar.participants.models import Participant
from sebar.spread.estimate import Estimate
from sebar.steering.plans import rules
from sebar.steering.plans.models import CampaignPlan, PlanGraph, PlanVersion, State
from sebar.steering.plans.rules import Inputs, Result

_LARGEST = 2**63 - 1
_LARGEST_VERSION = 2**31 - 1
_MOST_CAMPAIGNS = 20  # the newest
_CHUNK = 900  # names in one question; more than 999 parameters is too much for some SQLite
_OPEN = (State.WAITING, State.RUNNING)
_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Computed:
    """A version that is done, with what it started from and what it says."""

    plan: CampaignPlan
    version: PlanVersion
    inputs: Inputs
    result: Result


@dataclass(frozen=True, slots=True)
class Compared:
    """One of several plans in the same worlds, and how much more it brings and costs than the first; None for it."""

    computed: Computed
    more: Estimate | None
    more_spent: Estimate | None


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to invite first.

    Attributes
    ----------
    name
        As the graph has it.
    adds
        How many people they add to those above them, on average.
    ties
        To how many they may pass on.
    took_part
        Whether they had joined one of the brand's campaigns by this name when the plan was asked for.
    agreed
        Whether they asked to be written to then, and have not ended it.
    """

    name: str
    adds: float
    ties: int
    took_part: bool
    agreed: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """How many of so many participants converted, in this campaign (no names) or in those of before."""

    converted: int
    participants: int
    campaigns: tuple[str, ...]

    @property
    def percent(self) -> float:
        """Of 100 participants, how many converted."""
        return round(100 * self.converted / self.participants, 2)


def begun(campaign: Campaign) -> list[Campaign]:
    """Return the brand's newest campaigns that people have seen; demonstrations tell only of demonstrations."""
    brand: Brand = campaign.brand
    mine = [one for one in campaigns.of_brand(brand) if one.status != Status.DRAFT]
    return [one for one in mine if campaign.is_demo or not one.is_demo][:_MOST_CAMPAIGNS]


def conversions(campaign: Campaign) -> Measured | None:
    """Return how many have converted so far: here or, while too few have joined, in the campaigns of before.

    Campaigns that never heard of a conversion are left out: most of them were not told.
    """
    people, converted = participants.totals(campaign.brand), participants.converted(campaign.brand)
    told = [one for one in begun(campaign) if people.get(one.pk, 0) >= ENOUGH and converted.get(one.pk)]
    here = [one for one in told if one.pk == campaign.pk]
    of = here or told
    if not of:
        return None
    return Measured(
        converted=sum(converted[one.pk] for one in of),
        participants=sum(people[one.pk] for one in of),
        campaigns=() if here else tuple(one.name for one in of),
    )


def of_campaign(campaign: Campaign) -> list[CampaignPlan]:
    """Return the campaign's plans, newest first."""
    return list(CampaignPlan.objects.filter(campaign=campaign).order_by("-created_at", "-pk"))


def of_number(campaign: Campaign, number: int) -> CampaignPlan:
    """Return the campaign's plan of this number.

    Raises
    ------
    NotFound
        When the campaign has none.
    """
    mine = CampaignPlan.objects.filter(campaign=campaign).select_related("campaign")
    return _one(mine, number, "plan", gettext_noop("This campaign has no plan {number}."))


def versions(plan: CampaignPlan) -> list[PlanVersion]:
    """Return a plan's versions, newest first, without what they say."""
    return list(plan.versions.defer("content", "chosen").order_by("-number"))


def computed(plan: CampaignPlan, number: int | None = None) -> Computed | None:
    """Return a version that is done, the newest unless said; None when there is none that this program can read."""
    done = plan.versions.filter(state=State.DONE)
    found = (done if number is None else done.filter(number=number)).order_by("-number").first()
    return None if found is None else _computed(plan, found)


def of_version(plan: CampaignPlan, number: int) -> Computed:
    """Return what a plan's version of this number says.

    Raises
    ------
    NotFound
        When the plan has none, or it is not done.
    """
    found = computed(plan, number) if 0 < number <= _LARGEST_VERSION else None
    if found is None:
        raise NotFound(
            gettext_noop("“{name}” has no version {number} that is computed: the plan’s page lists those it has."),
            field="version",
            name=plan.name,
            number=number,
        )
    return found


def newest(plan: CampaignPlan) -> PlanVersion | None:
    """Return the version that was asked for last, whatever became of it."""
    return plan.versions.defer("content").order_by("-number").first()


def invitees(brand: Brand, version: PlanVersion) -> list[Invitee]:
    """Return whom a version would invite first, in that order, with what the brand knew of them when it was asked for.

    What comes of the plan itself is not told as known before; only whoever has ended their consent since has none.
    """
    names = [str(one[0]) for one in version.chosen]
    joined, agreed = set[str](), set[str]()
    for begin in range(0, len(names), _CHUNK):
        some = names[begin : begin + _CHUNK]
        theirs = Participant.objects.filter(campaign__brand=brand, external_id__in=some, joined_at__lt=version.asked_at)
        joined |= {one for one in theirs.values_list("external_id", flat=True) if one}
        contacts = Contact.objects.filter(participant__in=theirs, ended_at=None)
        agreed |= {one for one in contacts.values_list("participant__external_id", flat=True) if one}
    return [
        Invitee(str(name), float(adds), int(ties), str(name) in joined, str(name) in agreed)
        for name, adds, ties in version.chosen
    ]


def graphs(brand: Brand) -> list[PlanGraph]:
    """Return the graphs that a brand has uploaded and that can be used or are being read, newest first."""
    mine = PlanGraph.objects.filter(brand=brand).exclude(state=State.REFUSED)
    return list(mine.order_by("-uploaded_at", "-pk"))


def failed_graphs(brand: Brand) -> list[PlanGraph]:
    """Return the graphs that could not be read, newest first; the next upload removes them."""
    return list(PlanGraph.objects.filter(brand=brand, state=State.REFUSED).order_by("-uploaded_at", "-pk"))


def is_used(graph: PlanGraph) -> bool:
    """Say whether any version was asked for with a graph."""
    return PlanVersion.objects.filter(graph=graph).exists()


def graph_of(brand: Brand, number: int) -> PlanGraph:
    """Return a brand's graph of this number.

    Raises
    ------
    NotFound
        When the brand has none.
    """
    mine = PlanGraph.objects.filter(brand=brand)
    return _one(mine, number, "graph", gettext_noop("There is no uploaded file {number}."))


def next_graph() -> PlanGraph | None:
    """Return the uploaded graph that waits longest to be read."""
    return PlanGraph.objects.filter(state__in=_OPEN).order_by("uploaded_at", "pk").first()


def next_version() -> PlanVersion | None:
    """Return the version that waits longest; one that was begun and not ended was left by a worker that died.

    One whose graph is still to be read waits for that.
    """
    waiting = PlanVersion.objects.filter(state__in=_OPEN).exclude(graph__state__in=_OPEN)
    waiting = waiting.select_related("plan__campaign__brand")
    return waiting.order_by("asked_at", "pk").first()


def state_of(version: int) -> str:
    """Return where a version is just now; cancelled when it is gone."""
    found: str | None = PlanVersion.objects.filter(pk=version).values_list("state", flat=True).first()
    return found or State.CANCELLED


def compare(campaign: Campaign, plans: Sequence[int]) -> list[Compared]:
    """Return several plans beside the first of them, each by its newest version, world by world.

    Raises
    ------
    UserError
        When there are too few or too many, one is not computed yet, or they were computed in different worlds.
    NotFound
        When the campaign has no such plan.
    """
    found = [_ready(of_number(campaign, number)) for number in rules.check_compared(plans)]
    first = found[0].result
    for one in found[1:]:
        if one.result.key != first.key or one.inputs.currency != found[0].inputs.currency:
            raise UserError(
                gettext_noop(
                    "“{one}” and “{other}” were computed in different worlds, as something was learned meanwhile:"
                    " compute both once more."
                ),
                field="plan",
                one=found[0].plan.name,
                other=one.plan.name,
            )
    return [Compared(found[0], None, None), *(_beside(one, first) for one in found[1:])]


def _beside(one: Computed, first: Result) -> Compared:
    """Return a plan beside the first of them, by the worlds in which neither was cut."""
    from sebar.spread import planned  # noqa: PLC0415 - it brings the compiler, and web compares seldom

    counted = ~(one.result.took_off | first.took_off)
    return Compared(
        one,
        planned.difference(one.result.totals, first.totals, counted=counted),
        planned.difference(one.result.spent, first.spent, counted=counted, unit=one.inputs.currency),
    )


def currency_of(campaign: Campaign) -> str:
    """Return the currency in which a campaign's plans count: its brief's."""
    return brief.form_of(campaign).currency or "IDR"


def comparable(campaign: Campaign) -> list[int]:
    """Return the newest plans that are computed, as many as can be compared; none where there are not two."""
    done = CampaignPlan.objects.filter(campaign=campaign, versions__state=State.DONE).distinct()
    found = list(done.order_by("-created_at", "-pk").values_list("pk", flat=True)[: rules.MOST_COMPARED])
    return found if len(found) > 1 else []


def of_record(plan: CampaignPlan) -> PlanVersion | None:
    """Return the version of record: the newest that was done when the campaign was published."""
    published = plan.campaign.published_at
    if published is None:
        return None
    return plan.versions.filter(state=State.DONE, done_at__lte=published).order_by("-number").first()


def to_be_scored() -> list[CampaignPlan]:
    """Return the plans of campaigns that were published, none of whose versions was scored yet."""
    published = CampaignPlan.objects.filter(campaign__published_at__isnull=False).exclude(campaign__status=Status.DRAFT)
    unscored = published.exclude(Q(versions__scored_at__isnull=False)).select_related("campaign")
    return list(unscored.order_by("pk"))


def over_at(campaign: Campaign) -> datetime | None:
    """Return when a campaign was over, or will be; None when nobody has said."""
    return campaign.changed_at if campaign.status == Status.STOPPED else campaign.ends_at


def _ready(plan: CampaignPlan) -> Computed:
    found = computed(plan)
    if found is None:
        raise UserError(
            gettext_noop("“{name}” is not computed yet: wait until it is, or compute it once more."),
            field="plan",
            name=plan.name,
        )
    return found


def _computed(plan: CampaignPlan, version: PlanVersion) -> Computed | None:
    try:
        inputs, result = rules.from_stored(version.inputs), rules.decode(bytes(version.content or b""))
    except msgspec.MsgspecError:
        return None
    return Computed(plan, version, inputs, result)


def _one(found: QuerySet[_Row], number: int, field: str, message: str) -> _Row:
    row = found.filter(pk=number).first() if 0 < number <= _LARGEST else None
    if row is None:
        raise NotFound(message, field=field, number=number)
    return row
