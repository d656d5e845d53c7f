"""Letters that people have sent to themselves: which were asked for, and whether the link in each was used."""

from __future__ import annotations

from django.db import models

from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant


class OwnLetter(models.Model):
    """A letter to an address that somebody calls their own. The link in it opens their page once, and confirms it.

    Who asks is answered before anybody looks whether the address is known: the sender does that afterwards.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, null=True, related_name="+")
    """Whose page it opens; None until that was looked up."""
    is_welcome = models.BooleanField()
    """Whether they joined just now and agreed to letters; else somebody has lost the page."""
    address_hash = models.CharField(max_length=64)
    sealed = models.BinaryField()
    """The address, encrypted; empty once the letter is written."""
    language = models.CharField(max_length=8)
    asked_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)
    mark_hash = models.CharField(max_length=64, null=True, unique=True)
    """Hash of what the link in the letter ends with."""
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        indexes = [
            models.Index(fields=["id"], condition=models.Q(written_at__isnull=True), name="own_letter_to_write"),
            models.Index(fields=["asked_at"], name="own_letter_by_age"),
        ]
