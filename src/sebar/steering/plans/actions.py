"""What can be done to plans: the only code that writes them, their versions, and the graphs that brands upload."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from sebar.brands import audit
from sebar.brands.models import Brand
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import queries as campaigns
from sebar.campaigns.brief import queries as brief
from sebar.campaigns.models import Campaign
from sebar.kit import text
from sebar.kit.errors import NotAllowed, UserError
from sebar.kit.words import gettext_noop
from sebar.participants import actions as participants
from sebar.participants import queries as people
from sebar.participants.rules import Entry
from sebar.rewards import queries as rewards
from sebar.rewards.rules import Status as RuleStatus
from sebar.steering.plans import files, queries, rules
from sebar.steering.plans.models import CampaignPlan, PlanGraph, PlanVersion, State
from sebar.steering.plans.rules import Inputs, PlanForm

MOST_PLANS: Final = 50
MOST_GRAPHS: Final = 10
_WAITING: Final = (State.WAITING, State.RUNNING)
_PROBLEM_LENGTH: Final = 500


@transaction.atomic
def ask(*, membership: Membership, slug: str, form: PlanForm, number: int | None = None) -> PlanVersion:
    """Ask for a plan to be computed: a new one, or a new version of the one of this number.

    Raises
    ------
    UserErrors
        When a field cannot be used.
    NotFound
        When the campaign has no such plan, or the brand no such graph.
    """
    membership.require(Verb.EDIT)
    campaign = campaigns.of_slug(membership.brand, slug)
    checked = rules.check(form)
    graph = None if checked.graph is None else queries.graph_of(membership.brand, checked.graph)
    plan = queries.of_number(campaign, number) if number is not None else _new(campaign, checked.name)
    if number is not None:
        _rename(plan, checked.name)
        plan.versions.filter(state__in=_WAITING).update(state=State.CANCELLED)
    last = plan.versions.order_by("-number").values_list("number", flat=True).first() or 0
    return PlanVersion.objects.create(
        plan=plan,
        number=last + 1,
        graph=graph,
        inputs=rules.as_stored(_inputs(campaign, checked, graph)),
        asked_by=membership.who,
    )


@transaction.atomic
def cancel(*, membership: Membership, slug: str, number: int) -> int:
    """Give up what is being computed of a plan; return how many versions that were. What is done stays."""
    plan = _mine(membership, slug, number)
    return plan.versions.filter(state__in=_WAITING).update(state=State.CANCELLED)


@transaction.atomic
def invite(*, membership: Membership, slug: str, number: int) -> int:
    """Make those whom the newest version would invite first seeds of the campaign; return how many are new.

    They are participants by the brand's own word, as those are whom its program sends: no wording was agreed to, and
    nobody is written to. Doing so again adds nobody.

    Raises
    ------
    NotAllowed
        When nobody can join just now.
    UserError
        When there is no list.
    """
    plan = _mine(membership, slug, number)
    found = queries.computed(plan)
    if found is None or not found.version.chosen:
        raise UserError(
            gettext_noop("There is no list of people: a plan has one once it is computed from a graph."), field="plan"
        )
    entries = [Entry(external_id=str(name), source="plan") for name, *_ in found.version.chosen]
    added = participants.add_many(campaign=plan.campaign, entries=entries)
    new = sum(one.is_new for one in added)
    PlanVersion.objects.filter(pk=found.version.pk, invited_at=None).update(invited_at=timezone.now())
    audit.record(
        membership=membership,
        verb="plan.invited",
        subject=slug,
        details={"plan": plan.name, "version": found.version.number, "people": new},
    )
    return new


def upload(*, membership: Membership, file_name: str, is_mutual: bool, pieces: Iterable[bytes]) -> PlanGraph:
    """Keep a file of ties between the brand's customers, to be read by the worker; failed ones of before are removed.

    Raises
    ------
    UserError
        When the file is none that can be read, is empty or too large, or the brand has too many.
    Unavailable
        When the disk has no room for it.
    """
    membership.require(Verb.EDIT)
    name = text.line(file_name, field="file", most=80)
    kind = files.ending(name)
    PlanGraph.objects.filter(brand=membership.brand, state=State.REFUSED).delete()
    if PlanGraph.objects.filter(brand=membership.brand).count() >= MOST_GRAPHS:
        raise UserError(
            gettext_noop("{most} files are kept already: remove one that is not needed any more."),
            field="file",
            most=MOST_GRAPHS,
        )
    # Seen by nobody before it is whole: the row is there when the file is.
    with transaction.atomic():
        graph = PlanGraph.objects.create(
            brand=membership.brand,
            name=name,
            is_mutual=is_mutual,
            uploaded_by=membership.who,
        )
        try:
            files.keep(membership.brand.pk, graph.pk, kind, pieces)
        except BaseException:
            files.remove(membership.brand.pk, graph.pk)
            raise
    return graph


def forget(*, membership: Membership, number: int) -> int:
    """Remove an uploaded graph, and the lists of people that were chosen from it; return how many lists that were.

    What plans say stays.

    Raises
    ------
    NotFound
        When the brand has no such graph.
    """
    membership.require(Verb.EDIT)
    graph = queries.graph_of(membership.brand, number)
    with transaction.atomic():
        mine = PlanVersion.objects.filter(graph=graph)
        mine.filter(state__in=_WAITING).update(state=State.CANCELLED)
        lists = mine.exclude(chosen=[]).update(chosen=[])
        audit.record(membership=membership, verb="plan.graph_removed", subject=graph.name)
        graph.delete()
    files.remove(membership.brand.pk, number)
    return lists


def begin(*, number: int) -> None:
    """Note that a version is being computed, from the beginning."""
    PlanVersion.objects.filter(pk=number, state__in=_WAITING).update(state=State.RUNNING, progress=0)


def note(*, number: int, progress: float) -> None:
    """Note how far a computation has come, 0 to 1."""
    PlanVersion.objects.filter(pk=number, state=State.RUNNING).update(progress=round(100 * min(max(progress, 0), 1)))


def leave_out(*, brand: Brand, external_id: str) -> None:
    """Take somebody who has left for good out of every list of people that a plan of the brand has chosen."""
    lists = PlanVersion.objects.filter(plan__campaign__brand=brand).exclude(chosen=[])
    for version in lists.only("chosen"):
        others = [row for row in version.chosen if row[0] != external_id]
        if len(others) < len(version.chosen):
            PlanVersion.objects.filter(pk=version.pk).update(chosen=others)


def finish(*, number: int, content: bytes, chosen: list[list[object]]) -> None:
    """Keep what a version says, once and for all; one that was cancelled meanwhile stays so."""
    PlanVersion.objects.filter(pk=number, state=State.RUNNING).update(
        state=State.DONE, progress=100, content=content, chosen=chosen, done_at=timezone.now()
    )


def refuse(*, number: int, problem: str) -> None:
    """Note why a version cannot be computed."""
    PlanVersion.objects.filter(pk=number, state__in=_WAITING).update(
        state=State.REFUSED, problem=problem[:_PROBLEM_LENGTH]
    )


def accept_graph(*, number: int, people: int, ties: int, has_chances: bool) -> None:
    """Note that a graph was read and can be used."""
    PlanGraph.objects.filter(pk=number).update(
        state=State.DONE, people=people, ties=ties, has_chances=has_chances, problem=""
    )


def refuse_graph(*, number: int, problem: str) -> None:
    """Note why a graph cannot be read. Its file is deleted."""
    graph = PlanGraph.objects.filter(pk=number).first()
    if graph is not None:
        files.remove(graph.brand_id, graph.pk)
        PlanGraph.objects.filter(pk=number).update(state=State.REFUSED, problem=problem[:_PROBLEM_LENGTH])


def score(*, number: int, outcome: int, score: float) -> bool:
    """Write what happened, and a version's score, where none is written yet; say whether it was."""
    unscored = PlanVersion.objects.filter(pk=number, scored_at=None)
    return unscored.update(outcome=outcome, score=score, scored_at=timezone.now()) == 1


def _inputs(campaign: Campaign, form: PlanForm, graph: PlanGraph | None) -> Inputs:
    """Return all that a computation starts from, as it is now."""
    told = brief.form_of(campaign)
    currency = told.currency or "IDR"
    giving = [one for one in rewards.current(campaign) if one.status != RuleStatus.OFF]
    return Inputs(
        form=form,
        graph_name=graph.name if graph else "",
        goal=campaign.goal,
        population=campaign.population,
        budget=told.budget,
        currency=currency,
        starts_at=_start(campaign),
        joined=people.total(campaign),
        rules=[
            rules.rule_of(terms, spent=rewards.spent(one), pool=one.pool.name if one.pool else "")
            for one in giving
            if (terms := rewards.terms_of(one)).is_granting
        ],
        spent=rewards.spent_in(campaign, currency),
        pools={one.pool.name: max(one.left, 0) for one in rewards.stocks(campaign)},
    )


def _start(campaign: Campaign) -> datetime:
    now = timezone.now()
    return max(now, campaign.starts_at) if campaign.starts_at else now


def _new(campaign: Campaign, name: str) -> CampaignPlan:
    if CampaignPlan.objects.filter(campaign=campaign).count() >= MOST_PLANS:
        raise NotAllowed(gettext_noop("This campaign has very many plans already: change one of them."))
    try:
        with transaction.atomic():
            return CampaignPlan.objects.create(campaign=campaign, name=name)
    except IntegrityError:
        raise _taken(name) from None


def _rename(plan: CampaignPlan, name: str) -> None:
    if plan.name == name:
        return
    plan.name = name
    try:
        with transaction.atomic():
            plan.save(update_fields=["name"])
    except IntegrityError:
        raise _taken(name) from None


def _taken(name: str) -> UserError:
    return UserError(
        gettext_noop("There is a plan called “{shown}” already: choose another name."),
        field="name",
        shown=text.shown(name),
    )


def _mine(membership: Membership, slug: str, number: int) -> CampaignPlan:
    membership.require(Verb.EDIT)
    return queries.of_number(campaigns.of_slug(membership.brand, slug), number)
