"""What is listened to, what was heard, and the rules that class it."""

from __future__ import annotations

from django.db import models

from sebar.campaigns.models import Campaign


class BuzzSource(models.Model):
    """A place where people say things about a campaign. Removed, it is kept for as long as its mentions are."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="buzz_sources")
    kind = models.CharField(max_length=10)
    """A `rules.SourceKind`."""
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=500, blank=True)
    words = models.JSONField(default=list)
    """What a mention must have one of; empty: all are taken."""
    sealed = models.BinaryField(default=b"")
    """The token with which to ask, or the secret that signs what comes in; encrypted (`sealing`)."""
    code = models.CharField(max_length=32, null=True, unique=True)
    """What names it in the address that a program writes to."""
    keep_days = models.PositiveSmallIntegerField()
    """After so many days what people wrote is deleted."""
    position = models.CharField(max_length=40, blank=True)
    """How far its stream has been heard, in the stream's own words."""
    known = models.JSONField(default=dict)
    """What a feed's server wants to be told of the copy we know, by header."""
    due_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    trouble = models.JSONField(default=dict)
    """Sentence and values of what went wrong last; empty when all goes on."""
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"


class Mention(models.Model):
    """Something that somebody said about a campaign, once.

    Whoever said it is known only by a keyed hash. Hash, text and address are deleted when the source's days are over;
    what remains says when, with which reach and how it was classed.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    source = models.ForeignKey(BuzzSource, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    external_id_hash = models.CharField(max_length=64)
    """Keyed hash of what the source calls it: that often holds the author's name."""
    at = models.DateTimeField()
    taken_at = models.DateTimeField()
    url = models.CharField(max_length=500, blank=True)
    author = models.CharField(max_length=64, blank=True)
    text = models.TextField(blank=True)
    language = models.CharField(max_length=8, blank=True)
    reach = models.BigIntegerField(null=True)
    """How many may have seen it, if that was said."""
    label = models.CharField(max_length=10)
    """A `rules.Label`."""
    labelled_by = models.CharField(max_length=8, blank=True)
    """A `rules.By`; empty while nobody has classed it."""
    event = models.UUIDField(null=True)
    """The reaction that counts for it just now."""

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["source", "external_id_hash"], name="mention_once")]
        indexes = [
            models.Index(fields=["campaign", "-at", "-id"], name="mention_by_time"),
            models.Index(fields=["campaign", "label", "-at"], name="mention_by_label"),
            models.Index(fields=["source", "taken_at"], name="mention_to_forget", condition=~models.Q(text="")),
        ]


class BuzzRule(models.Model):
    """Words that class a mention by themselves."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="buzz_rules")
    label = models.CharField(max_length=10)
    words = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
