"""The spoken codes that were given, and what people say brought them."""

from __future__ import annotations

from django.db import models

from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant


class SpokenCode(models.Model):
    """The number that a participant's three words spell (`code.py`). Given once, never changed."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.BigIntegerField()
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
        # In this order the one index also finds a number in whatever campaign.
        constraints = [models.UniqueConstraint(fields=["number", "campaign"], name="spoken_code_once")]


class Claim(models.Model):
    """What a participant answered when asked how they heard of the campaign.

    It is only what somebody says. Who brought them, and by which channel, was settled when they joined and stands with
    the participant; nothing ever makes one of the other.
    """

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    answer = models.CharField(max_length=12)
    told_by = models.ForeignKey(Participant, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    words = models.CharField(max_length=200, blank=True)
    claimed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
        indexes = [models.Index(fields=["campaign", "claimed_at"], name="claim_of_campaign")]
