"""Reads of experiments: which there are, and what somebody is shown."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sebar.campaigns.models import Campaign
from sebar.kit.errors import NotFound
from sebar.kit.words import gettext_noop
from sebar.participants.models import Participant
from sebar.steering.experiments import rules
from sebar.steering.experiments.models import Assignment, Experiment, Status, Varies
from sebar.steering.experiments.rules import HOLDOUT, Arm


@dataclass(frozen=True, slots=True)
class Showing:
    """What somebody is shown of a campaign beside what is usual.

    Attributes
    ----------
    shows
        For each kind of thing that is varied, what the arm shows; see `rules.Arm`.
    given
        The arm by experiment that a visitor was given just now, who was brought by nobody.
    settles_offer
        Whether an experiment says what joining brings, also by saying nothing, so that no page adds to it.
    """

    shows: Mapping[str, Mapping[str, Any]]
    given: Mapping[int, str]
    settles_offer: bool = False

    @property
    def creative(self) -> str:
        """Name of the creative; empty for the usual one."""
        return str(self.shows.get(Varies.CREATIVE, {}).get("creative", ""))

    def texts(self, usual: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
        """Return the campaign's wordings as they are shown.

        What an arm says to friends stands there also as ``tried``: it comes before what material says
        (`material.queries.message`), or arms with the same material would not differ.
        """
        worded = {language: dict(wordings) for language, wordings in usual.items()}
        for varies in rules.FIELDS:
            worded = rules.worded(worded, self.shows.get(varies, {}))
        for language, words in self.shows.get(Varies.MESSAGE, {}).items():
            if language in worded:
                worded[language]["tried"] = words["share_text"]
        return worded

    def worded(self, campaign: Campaign) -> Campaign:
        """Return the campaign with the wordings that are shown; never to be stored."""
        if not self.shows:
            return campaign
        worded = copy.copy(campaign)
        worded.texts = self.texts(campaign.texts)
        return worded


def of_campaign(campaign: Campaign) -> list[Experiment]:
    """Return the campaign's experiments, newest first."""
    return list(Experiment.objects.filter(campaign=campaign).order_by("-created_at", "-pk"))


def speaking(campaign: Campaign) -> str:
    """Return the name of the running experiment on what people pass on; empty without one."""
    running = Experiment.objects.filter(campaign=campaign, status=Status.RUNNING, varies=Varies.MESSAGE).first()
    return running.name if running is not None else ""


def of_number(campaign: Campaign, number: int) -> Experiment:
    """Return the campaign's experiment of this number.

    Raises
    ------
    NotFound
        When the campaign has none.
    """
    found = Experiment.objects.filter(campaign=campaign, pk=number).select_related("campaign").first()
    if found is None:
        raise NotFound(gettext_noop("This campaign has no experiment of number {number}."), number=number)
    return found


def arms(experiment: Experiment) -> list[Arm]:
    """Return the arms of an experiment, in the order in which they were written."""
    return rules.read_arms(experiment.arms)


def weights(experiment: Experiment) -> dict[str, float]:
    """Return the weights by which new seeds are given an arm just now."""
    return rules.weights(arms(experiment), holdout=experiment.holdout, dropped=experiment.dropped)


def is_comparing(experiment: Experiment) -> bool:
    """Say whether new seeds are still given the control and another arm, so that more can be told with time."""
    given = {arm.name for arm in arms(experiment)} - {*experiment.dropped}
    return experiment.status == Status.RUNNING and experiment.control in given and len(given) > 1


def for_visitor(
    campaign: Campaign, root: int | None, visitor: Callable[[], int], given: Mapping[int, str] | None = None
) -> Showing:
    """Return what a visitor is shown who has not joined.

    Whoever comes by a link sees what its cascade sees, of experiments that run; what is not part of any sees the usual
    page. Whoever comes by no link is given an arm by the hash of the day. What has won is shown to everybody new.

    Parameters
    ----------
    root
        The seed of the cascade whose link was followed; None without a link.
    visitor
        Tells a keyed hash of the visitor that changes every day; asked only when it is needed.
    given
        Arms by experiment that a page gave this visitor before.
    """
    begun = _begun(campaign)
    inherited = _inherited(root, begun) if root is not None else {}
    arms: dict[str, tuple[Experiment, str]] = {}
    gives: dict[int, str] = {}
    for experiment in begun:
        if experiment.status == Status.ENDED:
            arms.setdefault(experiment.varies, (experiment, experiment.winner))
        elif root is not None:
            if arm := inherited.get(experiment.pk):
                arms[experiment.varies] = (experiment, arm)
        else:
            arm = (given or {}).get(experiment.pk) or rules.arm_for(visitor(), experiment.pk, weights(experiment))
            arms[experiment.varies] = (experiment, arm)
            gives[experiment.pk] = arm
    return _showing(arms, gives)


def for_participant(campaign: Campaign, root: int) -> Showing:
    """Return what somebody is shown who has joined: what their cascade was given, and what has won else."""
    begun = _begun(campaign)
    inherited = _inherited(root, begun)
    arms: dict[str, tuple[Experiment, str]] = {}
    for experiment in begun:
        arm = inherited.get(experiment.pk, experiment.winner)
        if arm:
            arms.setdefault(experiment.varies, (experiment, arm))
    return _showing(arms, {})


def worded_for(campaign: Campaign, root: int) -> Campaign:
    """Return the campaign with the wordings that the cascade of a seed is shown; never to be stored."""
    return for_participant(campaign, root).worded(campaign)


def _showing(arms: Mapping[str, tuple[Experiment, str]], gives: Mapping[int, str]) -> Showing:
    """Return what the arms show, by what they vary."""
    shows = {varies: _shown(experiment, arm) for varies, (experiment, arm) in arms.items()}
    settled = Varies.OFFER in arms and _settles(*arms[Varies.OFFER])
    return Showing(shows, gives, settled)


def _settles(experiment: Experiment, arm: str) -> bool:
    """Say whether an arm is all that is said: while it is measured always, and afterwards unless nobody chose it."""
    return experiment.status == Status.RUNNING or arm not in {"", HOLDOUT}


def _begun(campaign: Campaign) -> list[Experiment]:
    """Return the experiments that have started, those running first and then those that ended last."""
    found = Experiment.objects.filter(campaign=campaign, started_at__isnull=False).order_by("-ended_at", "-started_at")
    return sorted(found, key=lambda one: one.status != Status.RUNNING)


def _inherited(root: int, begun: list[Experiment]) -> dict[int, str]:
    """Return the arms of a cascade by experiment; those of a seed not stored yet as they will be."""
    if not begun:
        return {}
    known = dict(Assignment.objects.filter(seed_id=root).values_list("experiment_id", "arm"))
    running = [one for one in begun if one.status == Status.RUNNING and one.pk not in known]
    if running:
        joined = Participant.objects.filter(pk=root).values_list("joined_at", flat=True).first()
        for one in running:
            if joined is not None and one.started_at is not None and joined >= one.started_at:
                known[one.pk] = rules.arm_for(root, one.pk, weights(one))
    return known


def _shown(experiment: Experiment, name: str) -> Mapping[str, Any]:
    if not name:
        return {}
    shows = next((arm.shows for arm in arms(experiment) if arm.name == name), {})
    return shows or ({"creative": experiment.usual} if experiment.usual else {})


def waiting(experiment: Experiment, *, most: int) -> list[Participant]:
    """Return seeds who joined since an experiment began and have no arm yet."""
    return list(
        Participant.objects.filter(
            campaign_id=experiment.campaign_id, parent__isnull=True, joined_at__gte=experiment.started_at
        )
        .exclude(assignments__experiment=experiment)
        .order_by("joined_at")[:most]
    )


def running() -> list[Experiment]:
    """Return all experiments that run."""
    return list(Experiment.objects.filter(status=Status.RUNNING).order_by("pk"))
