"""What was decided about a campaign while it ran, and what is decided beforehand for when an alarm speaks."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sebar.campaigns.models import Campaign


class Rung(models.TextChoices):
    """How far a campaign is let go, from freely to not at all. `rules.py` says which is stricter."""

    WATCH = "watch"  # it goes on, and is watched
    THROTTLE = "throttle"  # invitations go out slowly
    HOLD = "hold"  # nothing is sent, nobody joins, for now
    STOP = "stop"  # links show a page that says so; rewards earned stay


class State(models.TextChoices):
    """Where a decision is."""

    PROPOSED = "proposed"  # waits for a second person, or for its time
    IN_FORCE = "in_force"  # was carried out
    REFUSED = "refused"  # somebody objected
    OVERTAKEN = "overtaken"  # the campaign had got there by another way


class CampaignDecision(models.Model):
    """One step on the ladder. Who took it stays readable when the account is gone (`who`)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="decisions", db_index=False)
    before = models.CharField(max_length=8, choices=Rung.choices)
    rung = models.CharField(max_length=8, choices=Rung.choices)
    invitations_an_hour = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State.choices)
    watch = models.CharField(max_length=20, blank=True)
    """The watch whose alarm brought it about, by a policy; empty when somebody decided by hand."""
    numbers = models.JSONField(default=dict)
    """What that alarm rested on at that moment, as `Alarm.numbers`; empty when somebody decided by hand."""
    began_at = models.DateTimeField(null=True)
    """Since when, as far as that tells."""
    reason = models.CharField(max_length=500, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    who = models.CharField(max_length=80, blank=True)
    second = models.CharField(max_length=80, blank=True)
    """Who approved or refused what a policy proposed."""
    made_at = models.DateTimeField()
    acts_at = models.DateTimeField(null=True)
    """When a proposal is carried out unless somebody objects; None when it takes a second person's word."""
    in_force_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    """When another decision took its place, or it was answered for good without coming into force."""
    cut = models.JSONField(default=dict)
    """What it cut short, by kind: messages that waited, joins a day."""
    spared = models.JSONField(null=True)
    """What was foreseen to come within a week without it, as `queries.foreseen` tells it."""
    seeds_a_day = models.FloatField(null=True)
    """How many seeds that assumes to keep coming every day; None where nothing was foreseen."""

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "watch", "rung"],
                condition=models.Q(state="proposed"),
                name="decision_proposed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "-made_at"], name="steps_of_campaign"),
            models.Index(fields=["acts_at"], condition=models.Q(state="proposed"), name="step_to_take"),
        ]


class Mode(models.TextChoices):
    """How a policy becomes a deed."""

    AT_ONCE = "at_once"
    APPROVED = "approved"  # by a second person: not the one who wrote the policy
    UNLESS_OBJECTED = "unless_objected"  # after some minutes


class Policy(models.Model):
    """What is to be done when the alarm of a watch speaks, decided beforehand by an owner."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="policies", db_index=False)
    watch = models.CharField(max_length=20)
    rung = models.CharField(max_length=8, choices=Rung.choices)
    invitations_an_hour = models.PositiveIntegerField(null=True)
    mode = models.CharField(max_length=16, choices=Mode.choices)
    minutes = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    who = models.CharField(max_length=80, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "watch"], name="policy_once")]
