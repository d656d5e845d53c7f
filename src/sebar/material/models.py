"""What is passed on: the creatives of a campaign, and the points people made with them."""

from __future__ import annotations

from django.db import models

from sebar.campaigns.models import Campaign
from sebar.kit.words import say


class State(models.TextChoices):
    """Whether a creative can be shown."""

    WORKING = "working"  # the worker fetches its file, or makes of it what pages show
    READY = "ready"
    REFUSED = "refused"  # its upload cannot be used; `trouble` says why


class Creative(models.Model):
    """One piece of material of a campaign.

    `name` is what links (``?c=``) and events call it. `texts` maps a language to its wordings, `content` is what its
    kind asks for beyond them, `files` names what is in the media folder, `size` is how many bytes those take.
    `source` is the address its file is fetched from, or was. `progress` is how far the worker is, in percent. `trouble`
    holds a sentence of ours and what fills it.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="creatives", db_index=False)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=20)
    position = models.PositiveIntegerField()
    is_on = models.BooleanField(default=True)
    texts = models.JSONField(default=dict)
    content = models.JSONField(default=dict)
    files = models.JSONField(default=dict)
    size = models.PositiveBigIntegerField(default=0)
    source = models.CharField(max_length=2000, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    progress = models.PositiveSmallIntegerField(default=0)
    trouble = models.JSONField(default=dict)
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "name"], name="creative_name_once")]
        indexes = [models.Index(fields=["campaign", "position"], name="creative_in_order")]

    def __str__(self) -> str:
        return self.name

    @property
    def trouble_words(self) -> str:
        """Why its upload cannot be used, in the reader's language; empty when it can."""
        return say(self.trouble["words"], **self.trouble["values"]) if self.trouble else ""


class Best(models.Model):
    """The most points a participant made with a creative, as their own browser says: nobody has checked it."""

    creative = models.ForeignKey(Creative, on_delete=models.CASCADE, related_name="bests", db_index=False)
    # By name, because participants stand above: who joined knows of material, not the other way round.
    participant = models.ForeignKey("sebar.Participant", on_delete=models.CASCADE, related_name="+")
    score = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["creative", "participant"], name="best_score_once")]
