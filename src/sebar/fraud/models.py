"""What was seen of joins, what that makes somebody suspected of, and what people decided."""

from __future__ import annotations

from django.db import models

from sebar.brands.models import User
from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant


class JoinEvidence(models.Model):
    """What a join left behind, as keyed hashes (`traces`); deleted after `rules.KEEP_DAYS`.

    `seen`: whether the participant has opened their own page since; None when they came by another way than our form.
    """

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    network = models.BigIntegerField(null=True)
    device = models.BigIntegerField(null=True)
    payment = models.BigIntegerField(null=True)
    seen = models.BooleanField(null=True)
    day = models.DateField(db_index=True)

    class Meta:
        app_label = "sebar"


class Suspicion(models.Model):
    """What the worker found about somebody; those of whom nothing is found have none. `reasons`: `rules.Reason`."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    group = models.BigIntegerField()
    """Number of the participant who joined first among those to be looked at together."""
    level = models.PositiveSmallIntegerField()
    score = models.FloatField()
    reasons = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        app_label = "sebar"
        indexes = [models.Index(fields=["campaign", "level"], name="suspicion_of_campaign")]


class Decision(models.Model):
    """What a person decided about somebody: it wins over whatever the worker finds, until it is undone."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    verdict = models.CharField(max_length=5)
    note = models.CharField(max_length=500, blank=True)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=80)
    """`Membership.who` at that time; empty for the command line."""
    at = models.DateTimeField()
    replaces = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="+")
    """The decision that stood before, and stands again when this one is taken back."""
    undone_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(
                fields=["participant"], condition=models.Q(undone_at__isnull=True), name="decision_stands_once"
            ),
        ]
        indexes = [models.Index(fields=["campaign", "-at"], name="decision_of_campaign")]


class Objection(models.Model):
    """That somebody asked for a person to look at what was found about them."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        app_label = "sebar"
