"""What bots keep: where each conversation stands, and which messages were heard already. All of it can be lost."""

from __future__ import annotations

from django.db import models

from sebar.brands.models import Brand
from sebar.campaigns.models import Campaign


class Talk(models.Model):
    """Where the conversation with one person stands."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=20)
    address_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    campaign = models.ForeignKey(Campaign, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    """Which one it is about."""
    sealed = models.BinaryField(default=b"")
    """What was asked last and is not answered yet, encrypted (`asked.Asked`)."""
    lost = models.PositiveSmallIntegerField(default=0)
    """How many messages in a row were not understood."""
    heard_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["brand", "channel", "address_hash"], name="talk_once")]
        indexes = [models.Index(fields=["heard_at"], name="talk_by_age")]


class Heard(models.Model):
    """A message that came in, so that it is answered once; its text is kept, encrypted, only until then."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=20)
    mark_hash = models.CharField(max_length=64)
    """The messenger's own name of the message, hashed: some spell the sender's number in it."""
    sealed = models.BinaryField(default=b"")
    heard_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["brand", "channel", "mark_hash"], name="heard_once")]
        indexes = [
            models.Index(
                fields=["channel", "heard_at"], condition=models.Q(answered_at__isnull=True), name="heard_to_answer"
            ),
            models.Index(fields=["heard_at"], name="heard_by_age"),
        ]
