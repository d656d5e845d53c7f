"""What is foreseen of campaigns, and the record of what was foreseen before."""

from __future__ import annotations

from django.db import models

from sebar.campaigns.models import Campaign


class Quantity(models.TextChoices):
    """What is forecast."""

    PARTICIPANTS = "participants"
    REACH = "reach"  # distinct people who saw it or opened a link
    CONVERSIONS = "conversions"


class Outlook(models.Model):
    """What is foreseen of a campaign just now; each look replaces the one before. `content` is a `rules.Outlook`."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="outlook")
    made_at = models.DateTimeField()
    version = models.PositiveBigIntegerField()
    """Number of stored events it rests on (`measures.version`)."""
    content = models.BinaryField()

    class Meta:
        app_label = "sebar"


class Forecast(models.Model):
    """One forecast of record: written when it is made, never changed, scored once when its time has come.

    `quantiles` belong to `rules.LEVELS`. `known` is what was counted when it was made, which is also the naive
    forecast that nothing more will come; `naive` is Szabo and Huberman's.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="forecasts", db_index=False)
    quantity = models.CharField(max_length=12, choices=Quantity.choices)
    made_at = models.DateTimeField()
    horizon_at = models.DateTimeField()
    known = models.PositiveBigIntegerField()
    quantiles = models.JSONField()
    is_calibrated = models.BooleanField()
    naive = models.FloatField(null=True)
    outcome = models.PositiveBigIntegerField(null=True)
    score = models.FloatField(null=True)
    """Weighted interval score on log(1 + count); the smaller, the better."""
    scored_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "quantity", "made_at", "horizon_at"], name="forecast_of_record_once"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__isnull=True, score__isnull=True, scored_at__isnull=True)
                | models.Q(outcome__isnull=False, score__isnull=False, scored_at__isnull=False),
                name="forecast_scored_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["horizon_at"], condition=models.Q(scored_at__isnull=True), name="forecast_to_be_scored"
            ),
        ]


class Learned(models.Model):
    """What forecasts were learned from finished campaigns; the newest row counts, the others are kept as the record."""

    made_at = models.DateTimeField()
    campaigns = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        app_label = "sebar"
