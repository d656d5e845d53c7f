"""Plans of campaigns, each computation of them, and the graphs that brands upload for them."""

from __future__ import annotations

from django.db import models

from sebar.brands.models import Brand
from sebar.campaigns.models import Campaign


class State(models.TextChoices):
    """Where a computation is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"  # `problem` says why
    CANCELLED = "cancelled"


class PlanGraph(models.Model):
    """Ties between a brand's customers, as it uploaded them; they lie in the data folder. `problem` says what is wrong.

    It is waiting until it was read, done when it can be used.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="plan_graphs", db_index=False)
    name = models.CharField(max_length=80)
    is_mutual = models.BooleanField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=500, blank=True)
    people = models.PositiveIntegerField(default=0)
    ties = models.PositiveIntegerField(default=0)
    has_chances = models.BooleanField(default=False)
    uploaded_by = models.CharField(max_length=80, blank=True)
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
        indexes = [models.Index(fields=["brand", "-uploaded_at"], name="plan_graph_of_brand")]

    def __str__(self) -> str:
        return self.name


class CampaignPlan(models.Model):
    """One way to run a campaign. What it would come to is in its versions."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="plans", db_index=False)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "name"], name="plan_once")]

    def __str__(self) -> str:
        return self.name


class PlanVersion(models.Model):
    """One computation of a plan with all that it started from; done, it never changes, and is scored once.

    `inputs` is a `rules.Inputs` as JSON, `content` a `rules.Result`. `chosen` lists whom to invite first where there is
    a graph: name, people added, ties. It is emptied when the graph is removed, since it names people.
    """

    plan = models.ForeignKey(CampaignPlan, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    inputs = models.JSONField()
    graph = models.ForeignKey(PlanGraph, on_delete=models.SET_NULL, null=True, related_name="versions")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    """Percent."""
    problem = models.CharField(max_length=500, blank=True)
    content = models.BinaryField(null=True)
    chosen = models.JSONField(default=list)
    asked_by = models.CharField(max_length=80, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    invited_at = models.DateTimeField(null=True)
    """When those chosen were made seeds of the campaign."""
    outcome = models.PositiveBigIntegerField(null=True)
    score = models.FloatField(null=True)
    """Weighted interval score on log(1 + count), as forecasts have it; the smaller, the better."""
    scored_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_version_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__isnull=True, score__isnull=True, scored_at__isnull=True)
                | models.Q(outcome__isnull=False, score__isnull=False, scored_at__isnull=False),
                name="plan_scored_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"], condition=models.Q(state__in=("waiting", "running")), name="plan_to_compute"
            ),
        ]
