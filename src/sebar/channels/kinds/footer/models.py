"""Which mailboxes carry a footer, what became of their mail, and which conversations have it already."""

from __future__ import annotations

from django.db import models

from sebar.participants.models import Participant


class FooterSender(models.Model):
    """The one mailbox of a participant. Its address is kept as a keyed hash only."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="footer_sender")
    address_hash = models.CharField(max_length=64)
    is_on = models.BooleanField(default=False)
    enrolled_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    """When its owner proved to be that; None before."""

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(fields=["address_hash"], condition=models.Q(is_on=True), name="footer_on_once"),
            models.CheckConstraint(
                condition=models.Q(is_on=False) | models.Q(proven_at__isnull=False), name="footer_on_is_proven"
            ),
        ]
        indexes = [models.Index(fields=["address_hash"], name="footer_of_address")]


class FooterTally(models.Model):
    """How many mails of a sender came to one end: got their footer (`ADDED`), or were left alone for a reason."""

    ADDED = "added"

    sender = models.ForeignKey(FooterSender, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    outcome = models.CharField(max_length=20)
    mails = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["sender", "outcome"], name="footer_tally_once")]


class FooterThread(models.Model):
    """A conversation in which a sender's footer stands already: a keyed hash of the Message-ID it began with."""

    sender = models.ForeignKey(FooterSender, on_delete=models.CASCADE, related_name="threads", db_index=False)
    root_hash = models.CharField(max_length=64)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["sender", "root_hash"], name="footer_thread_once")]
