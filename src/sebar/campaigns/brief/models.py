"""The brief of a campaign: why it is run, for whom, what would count as success and as harm, and who decides."""

from __future__ import annotations

from django.db import models

from sebar.campaigns.models import Campaign


class Brief(models.Model):
    """What a campaign starts with. Texts may be empty while it is being written; `rules.py` says what is needed.

    `budget` is in minor units of `currency`; None while nobody has said it. `risks` is a list of pairs: what may
    happen, and what is done then.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="brief")
    objective = models.TextField(blank=True)
    audience = models.TextField(blank=True)
    positioning = models.TextField(blank=True)
    success = models.TextField(blank=True)
    harm = models.TextField(blank=True)
    decides = models.TextField(blank=True)
    budget = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    risks = models.JSONField(default=list)
    consent_basis = models.TextField(blank=True)
    ages = models.TextField(blank=True)
    sharing_rewards = models.TextField(blank=True)
    prize_draw = models.TextField(blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "sebar"
