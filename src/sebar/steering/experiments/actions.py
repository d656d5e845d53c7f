"""What can be done to experiments: the only code that writes them, and the arms that seeds were given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign, ConsentText
from sebar.kit import text
from sebar.kit.errors import Checks, NotAllowed, UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.material import actions as creatives
from sebar.material import queries as material
from sebar.material.models import Creative
from sebar.participants import actions as participants
from sebar.participants.actions import Joined
from sebar.participants.models import Participant
from sebar.participants.rules import Entry
from sebar.steering.experiments import queries, rules
from sebar.steering.experiments.models import Assignment, Experiment, Status, Varies
from sebar.steering.experiments.rules import HOLDOUT, Plan

REASON_LENGTH: Final = 500
_AT_ONCE: Final = 5000


@transaction.atomic
def plan(*, membership: Membership, slug: str, plan: Plan) -> Experiment:
    """Keep an experiment that nobody is part of yet.

    Raises
    ------
    UserErrors
        When a field cannot be used.
    """
    campaign = _campaign(membership, slug)
    return Experiment.objects.create(campaign=campaign, **_fields(campaign, plan))


@transaction.atomic
def change(*, membership: Membership, slug: str, number: int, plan: Plan) -> Experiment:
    """Plan anew an experiment that has not started; what it varies stays.

    Raises
    ------
    NotAllowed
        When it has: what people were shown stays as it was.
    UserErrors
        When a field cannot be used.
    """
    experiment = _mine(membership, slug, number)
    if experiment.status != Status.DRAFT:
        raise NotAllowed(gettext_noop("This experiment has started, so nothing of it can be changed: plan a new one."))
    if plan.varies != experiment.varies:
        message = gettext_noop("What this experiment varies stays “{varies}”: plan another one for something else.")
        raise UserErrors([UserError(message, field="varies", varies=experiment.varies)])
    fields = _fields(experiment.campaign, plan)
    for name, value in fields.items():
        setattr(experiment, name, value)
    experiment.save(update_fields=[*fields])
    return experiment


def check(campaign: Campaign, plan: Plan) -> Plan:
    """Return a plan as it would be kept.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    checks = Checks()
    checked = checks(rules.check, plan, campaign.languages)
    there = {*material.names(campaign)} if plan.varies == Varies.CREATIVE else set()
    for place, arm in enumerate(checked.arms):
        name = str(arm.shows.get("creative", "")).strip().lower() if plan.varies == Varies.CREATIVE else ""
        if name and name not in there:
            message = gettext_noop("This campaign has no creative called “{name}”: add it first, or choose another.")
            checks.errors.append(UserError(message, field=f"arms.{place}.creative", name=text.shown(name)))
    checks.finish()
    return checked


def _fields(campaign: Campaign, plan: Plan) -> dict[str, Any]:
    """Return what is stored of a plan."""
    checked = check(campaign, plan)
    return {
        "name": checked.name,
        "varies": checked.varies,
        "arms": rules.as_stored(checked.arms),
        "control": checked.control,
        "holdout": checked.holdout,
        "planned": checked.planned,
        "window_days": checked.window_days,
    }


@transaction.atomic
def discard(*, membership: Membership, slug: str, number: int) -> None:
    """Delete an experiment that has not started.

    Raises
    ------
    NotAllowed
        When it has: what people were shown stays on the record.
    """
    experiment = _mine(membership, slug, number)
    if experiment.status != Status.DRAFT:
        raise NotAllowed(gettext_noop("This experiment has started: end it instead, so that its record stays."))
    experiment.delete()


@transaction.atomic
def start(*, membership: Membership, slug: str, number: int, at: datetime | None = None) -> Experiment:
    """Give every new seed an arm from now on. Who is there already, and their friends, are no part of it.

    Parameters
    ----------
    at
        Since when; only from callers who may set original times.

    Raises
    ------
    NotAllowed
        When it has started before, another one of the same kind runs, people are not shown the page it varies, or two
        arms would show the same.
    """
    experiment = _mine(membership, slug, number)
    _lock(experiment.campaign)
    if experiment.status != Status.DRAFT:
        raise NotAllowed(gettext_noop("This experiment has started before: plan a new one to try again."))
    if experiment.campaign.target_url and experiment.varies != Varies.MESSAGE:
        raise NotAllowed(
            gettext_noop("Links of this campaign lead to your own page, which Sebar cannot vary: only messages can be.")
        )
    experiment.usual = _usual_creative(experiment)
    experiment.status, experiment.started_at = Status.RUNNING, at or timezone.now()
    try:
        with transaction.atomic():
            experiment.save(update_fields=["status", "started_at", "usual"])
    except IntegrityError:
        raise NotAllowed(
            gettext_noop(
                "Another experiment varies the same thing just now, and nobody can be shown two at once: end it first."
            )
        ) from None
    audit.record(
        membership=membership, verb="experiment.started", subject=slug, details={"experiment": experiment.name}
    )
    return experiment


@transaction.atomic
def drop(
    *, membership: Membership, slug: str, number: int, arm: str, is_worse: bool = False, reason: str = ""
) -> Experiment:
    """End one arm early: new seeds go to the others, and everybody keeps what they were shown.

    Parameters
    ----------
    is_worse
        Whether the arm is clearly worse by an interval that holds whenever one looks (`watching.Watch.to_drop`).
    reason
        Why, in the member's own words; needed unless it is clearly worse.

    Raises
    ------
    NotAllowed
        When the experiment does not run.
    UserError
        When there is no such arm, it is the last, a reason is missing, or it is the control and not clearly worse.
    """
    experiment = _running(membership, slug, number)
    why = _reason(reason, is_needed=not is_worse)
    weighed = {name: weight for name, weight in queries.weights(experiment).items() if weight and name != HOLDOUT}
    if arm not in weighed:
        raise UserError(gettext_noop("“{shown}” is no arm that is still given."), field="arm", shown=text.shown(arm))
    if len(weighed) == 1:
        raise UserError(gettext_noop("This is the last arm: end the experiment instead."), field="arm")
    if arm == experiment.control and not is_worse:
        message = gettext_noop(
            "“{arm}” is the control, without which nothing more can be told of the others: end the experiment instead."
        )
        raise UserError(message, field="arm", arm=arm)
    _enter_waiting(experiment)
    experiment.dropped = {**experiment.dropped, arm: timezone.now().isoformat()}
    experiment.save(update_fields=["dropped"])
    audit.record(
        membership=membership,
        verb="experiment.arm_dropped",
        subject=slug,
        reason=why,
        details={"experiment": experiment.name, "arm": arm, "clearly_worse": is_worse},
    )
    return experiment


@transaction.atomic
def end(*, membership: Membership, slug: str, number: int, winner: str = "", reason: str = "") -> Experiment:
    """End the experiment. Everybody new sees the winner, or the usual page without one; others keep what they saw.

    Raises
    ------
    NotAllowed
        When the experiment does not run.
    UserError
        When the winner is none of its arms, or the reason is too long.
    """
    experiment = _running(membership, slug, number)
    if winner and winner not in {arm.name for arm in queries.arms(experiment)}:
        raise UserError(gettext_noop("“{shown}” is none of the arms."), field="winner", shown=text.shown(winner))
    why = _reason(reason, is_needed=False)
    _enter_waiting(experiment)
    experiment.status, experiment.winner, experiment.ended_at = Status.ENDED, winner, timezone.now()
    experiment.save(update_fields=["status", "winner", "ended_at"])
    audit.record(
        membership=membership,
        verb="experiment.ended",
        subject=slug,
        reason=why,
        details={"experiment": experiment.name, "winner": winner},
    )
    return experiment


@transaction.atomic
def join(
    *,
    campaign: Campaign,
    entry: Entry,
    consent_text: ConsentText | None = None,
    number: int | None = None,
    given: Mapping[int, str],
) -> Joined:
    """Make somebody a participant as `participants.actions.join` does, and keep the arms that the page gave them.

    Only a new seed keeps them: whoever is brought by somebody has that cascade's, and the first one stays.
    """
    joined = participants.join(campaign=campaign, entry=entry, consent_text=consent_text, number=number)
    person = joined.participant
    if joined.is_new and person.parent_id is None:
        for experiment in Experiment.objects.filter(campaign=campaign, status=Status.RUNNING, pk__in=[*given]):
            if given[experiment.pk] in queries.weights(experiment):
                _enter(experiment, {person: given[experiment.pk]}, by_page=True)
    return joined


@transaction.atomic
def enter_waiting(*, number: int) -> int:
    """Give an arm to seeds of a running experiment who came by no page of ours; return to how many."""
    experiment = Experiment.objects.select_for_update().filter(pk=number, status=Status.RUNNING).first()
    return _enter_waiting(experiment) if experiment is not None else 0


def _enter_waiting(experiment: Experiment) -> int:
    weighed, entered = queries.weights(experiment), 0
    while seeds := queries.waiting(experiment, most=_AT_ONCE):
        _enter(experiment, {seed: rules.arm_for(seed.pk, experiment.pk, weighed) for seed in seeds}, by_page=False)
        entered += len(seeds)
    return entered


def _enter(experiment: Experiment, arms: Mapping[Participant, str], *, by_page: bool) -> None:
    Assignment.objects.bulk_create(
        [
            Assignment(experiment=experiment, seed=seed, arm=arm, by_page=by_page, at=seed.joined_at)
            for seed, arm in arms.items()
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def switch_creative(*, membership: Membership, slug: str, name: str, is_on: bool) -> Creative:
    """Show a creative to people or no longer, as `material.actions.switch` does.

    Raises
    ------
    NotAllowed
        When it should be switched off and a running experiment shows it.
    """
    if not is_on:
        _require_untried(_campaign(membership, slug), name)
    return creatives.switch(membership=membership, slug=slug, name=name, is_on=is_on)


@transaction.atomic
def remove_creative(*, membership: Membership, slug: str, name: str) -> None:
    """Delete a creative, as `material.actions.remove` does.

    Raises
    ------
    NotAllowed
        When a running experiment shows it.
    """
    _require_untried(_campaign(membership, slug), name)
    creatives.remove(membership=membership, slug=slug, name=name)


def _require_untried(campaign: Campaign, name: str) -> None:
    """Refuse to take away what an arm shows that is still given: its people would see something else and be counted."""
    _lock(campaign)
    for experiment in queries.of_campaign(campaign):
        if experiment.status != Status.RUNNING or experiment.varies != Varies.CREATIVE:
            continue
        shows = {arm.name: arm.shows.get("creative", experiment.usual) for arm in queries.arms(experiment)}
        if experiment.holdout:
            shows[HOLDOUT] = experiment.usual
        for arm, shown in shows.items():
            if shown == name and arm not in experiment.dropped:
                raise NotAllowed(
                    gettext_noop(
                        "The experiment “{experiment}” shows “{name}” in its arm “{arm}”: end that arm or the "
                        "experiment first."
                    ),
                    experiment=experiment.name,
                    name=name,
                    arm=arm,
                )


def _lock(campaign: Campaign) -> None:
    """Let nobody start an experiment of a campaign while another takes away what it shows."""
    Campaign.objects.select_for_update().get(pk=campaign.pk)


def _usual_creative(experiment: Experiment) -> str:
    """Return which creative stands first now, for those who are shown what is usual; empty where none is varied.

    Raises
    ------
    NotAllowed
        When an arm shows what nobody can be shown, or what is usual and so another arm's.
    """
    if experiment.varies != Varies.CREATIVE:
        return ""
    there = [creative.name for creative in material.shown(experiment.campaign)]
    shows = {arm.name: arm.shows.get("creative", "") for arm in queries.arms(experiment)}
    for name in shows.values():
        if name and name not in there:
            raise NotAllowed(
                gettext_noop(
                    "Nobody in this campaign can be shown a creative called “{name}”: add it, or switch it on, first."
                ),
                name=name,
            )
    usual = there[0] if there else ""
    alike = [arm for arm, name in shows.items() if (name or usual) == usual]
    if len(alike) > 1:
        raise NotAllowed(
            gettext_noop(
                "“{creative}” stands first in the material, so the arms “{name}” and “{other}” would show the same: "
                "change one, or let something else stand first."
            ),
            creative=usual,
            name=alike[0],
            other=alike[1],
        )
    return usual


def _campaign(membership: Membership, slug: str) -> Campaign:
    membership.require(Verb.EDIT)
    return campaigns.of_slug(membership.brand, slug)


def _mine(membership: Membership, slug: str, number: int) -> Experiment:
    """Return the brand's experiment, locked until the transaction ends."""
    found = queries.of_number(_campaign(membership, slug), number)
    return Experiment.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=found.pk)


def _running(membership: Membership, slug: str, number: int) -> Experiment:
    experiment = _mine(membership, slug, number)
    if experiment.status != Status.RUNNING:
        raise NotAllowed(gettext_noop("This experiment does not run, so nothing of it can be changed."))
    return experiment


def _reason(given: str, *, is_needed: bool) -> str:
    tidy = text.line(given, field="reason", most=REASON_LENGTH)
    if is_needed and not tidy:
        raise UserError(
            gettext_noop("The figures do not show that this arm is worse: write down why it ends all the same."),
            field="reason",
        )
    return tidy
