"""Campaigns and the wording people consent to."""

from __future__ import annotations

from typing import Final

from django.db import models

from sebar.brands.models import Brand
from sebar.kit import brake, config
from sebar.kit.brake import Level


class Status(models.TextChoices):
    """Where a campaign is in its life. `rules.py` says which step may follow which."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


_BRAKED: Final = {Level.HOLD: Status.PAUSED.value, Level.STOP: Status.STOPPED.value}


class Asks(models.TextChoices):
    """Whether the join form asks for something."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Confirmation(models.TextChoices):
    """When a join is confirmed: at once, or when the brand says so through the API."""

    AT_ONCE = "at_once"
    BY_BRAND = "by_brand"


class Campaign(models.Model):
    """One thing to be passed on.

    `texts` maps a language to its ``headline``, ``text``, ``call_to_action`` and ``share_text``; `rules.py` checks it.
    An empty `target_url` means the page that Sebar hosts. `starts_at` and `ends_at` bound when people can join. `goal`
    is how many participants the brand wants, `population` how many people could become one at most.
    """

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    languages = models.JSONField(default=list)
    texts = models.JSONField(default=dict)
    target_url = models.URLField(max_length=500, blank=True)
    stop_url = models.URLField(max_length=500, blank=True)
    statement = models.JSONField(default=dict)
    """Language to what the brand says about an affair: as long as there is one, every link leads to a page with it."""
    invitations_an_hour = models.PositiveIntegerField(null=True)
    """How many letters to friends may go out within an hour; None for as many as people ask for."""
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=40, default="Asia/Jakarta")
    goal = models.PositiveBigIntegerField(null=True)
    population = models.PositiveBigIntegerField(null=True)
    asks_name = models.CharField(max_length=10, choices=Asks.choices, default=Asks.OPTIONAL)
    asks_email = models.CharField(max_length=10, choices=Asks.choices, default=Asks.NO)
    confirmation = models.CharField(max_length=10, choices=Confirmation.choices, default=Confirmation.AT_ONCE)
    colour = models.CharField(max_length=7, default="#0f6b5c")
    image = models.CharField(max_length=80, blank=True)
    """File name in the media folder of the re-encoded image; the Open Graph image has the same stem and ``-og``."""
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    resumed_at = models.DateTimeField(null=True)
    """When it last went on after a hold or stop."""
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        app_label = "sebar"
        indexes = [models.Index(fields=["brand", "-created_at"], name="campaign_of_brand")]

    def __str__(self) -> str:
        return self.name

    @property
    def in_force(self) -> str:
        """The status as it holds at this moment: a brake that is pulled counts before it is written down."""
        level = brake.opened(config.load().brake).level(self.pk)
        if level is None or self.status in {Status.DRAFT, Status.STOPPED}:
            return self.status
        return _BRAKED[level]


class ConsentText(models.Model):
    """One version of the wording people agree to when they join. Never changed once stored."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="consent_texts")
    version = models.PositiveIntegerField()
    texts = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "version"], name="consent_version_once")]
