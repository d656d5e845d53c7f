"""Experiments of a campaign, and which variant each seed was given."""

from __future__ import annotations

from django.db import models

from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant


class Varies(models.TextChoices):
    """What differs between the arms of an experiment."""

    CREATIVE = "creative"  # which material the page shows
    WORDING = "wording"  # headline, text and the words on the button
    OFFER = "offer"  # one line on the page: what joining brings
    MESSAGE = "message"  # what people pass on with their link


class Status(models.TextChoices):
    """Where an experiment is in its life."""

    DRAFT = "draft"
    RUNNING = "running"
    ENDED = "ended"


class Experiment(models.Model):
    """One experiment. `arms` is a list of `rules.Arm` as JSON; nothing of it changes once it has started.

    `dropped` maps an arm that ended early to when it did. `winner` is the arm that everybody new sees after the end;
    empty for the usual page.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="experiments", db_index=False)
    name = models.CharField(max_length=80)
    varies = models.CharField(max_length=10, choices=Varies.choices)
    arms = models.JSONField()
    control = models.CharField(max_length=20)
    holdout = models.FloatField(default=0.0)
    """Share of new seeds who see the usual page."""
    planned = models.PositiveIntegerField()
    """How many seeds it takes, all arms together."""
    window_days = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    usual = models.CharField(max_length=20, blank=True)
    """Creative that stood first when it started: the usual one of its people, whatever stands first later."""
    dropped = models.JSONField(default=dict)
    winner = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "varies"],
                condition=models.Q(status="running"),
                name="experiment_one_running_of_a_kind",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "-created_at"], name="experiment_of_campaign")]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """The arm of one seed, written once and never changed: everybody in the seed's cascade inherits it."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    seed = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="assignments")
    arm = models.CharField(max_length=20)
    by_page = models.BooleanField()
    """Whether a visitor was given it, who then joined; else the seed itself was."""
    at = models.DateTimeField()

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(fields=["experiment", "seed"], name="assignment_once"),
        ]
