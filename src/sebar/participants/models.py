"""Participants and their conversions."""

from __future__ import annotations

from django.db import models

from sebar.campaigns.models import Campaign, ConsentText


class How(models.TextChoices):
    """What told us who brought a participant: the page answers “why this parent” from it."""

    LINK = "link"  # came by the parent's link
    CODE = "code"  # typed the parent's code
    API = "api"  # the brand's own program said so
    NOBODY = "nobody"  # a seed


class Participant(models.Model):
    """One person in one campaign. Its `id` is the number that its code spells (`sebar.kit.codes`).

    Parent, root and generation are written once, when the row is made, and never change.
    """

    id = models.BigIntegerField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="participants", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children", db_index=False)
    root = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", db_index=False)
    generation = models.PositiveIntegerField()
    how = models.CharField(max_length=8, choices=How.choices)
    channel = models.CharField(max_length=20, blank=True)
    creative = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(max_length=254, null=True)
    email_confirmed_at = models.DateTimeField(null=True)
    """When they came by the link of a letter to that address; None: it was only typed, or the brand answers for it."""
    external_id = models.CharField(max_length=120, null=True)
    submission = models.CharField(max_length=64, null=True)
    """Random mark of the page whose form was sent: sent twice, it counts once."""
    language = models.CharField(max_length=8, blank=True)
    secret_version = models.PositiveSmallIntegerField(default=1)
    consent_text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, null=True, db_index=False)
    joined_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    """When they left for good (`sebar.leaving`): what remains is a place in the tree, without a name."""

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "external_id"],
                condition=models.Q(external_id__isnull=False),
                name="participant_external_id_once",
            ),
            models.UniqueConstraint(
                fields=["campaign", "email"],
                # Whoever agreed to a wording typed the address: it proves nothing. The brand answers for its own.
                condition=models.Q(email__isnull=False, consent_text__isnull=True),
                name="participant_email_once",
            ),
            models.UniqueConstraint(
                fields=["campaign", "submission"],
                condition=models.Q(submission__isnull=False),
                name="participant_submission_once",
            ),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True, generation=0, root=models.F("id"))
                | models.Q(parent__isnull=False, generation__gt=0),
                name="participant_seed_or_child",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "joined_at"], name="participant_by_time"),
            models.Index(fields=["root", "joined_at"], name="participant_of_cascade"),
            models.Index(fields=["parent", "joined_at"], name="participant_of_parent"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)


class WaitingJoin(models.Model):
    """Somebody who asked to join while the campaign was held. Its `number` is the participant's whom they will be."""

    number = models.BigIntegerField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="waiting_joins", db_index=False)
    submission = models.CharField(max_length=64)
    """Random mark of the page whose form was sent: sent twice, it counts once."""
    sealed = models.BinaryField()
    """What they sent, encrypted."""
    asked_at = models.DateTimeField()

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "submission"], name="waiting_join_once")]
        indexes = [models.Index(fields=["campaign", "asked_at"], name="waiting_join_by_time")]


class Conversion(models.Model):
    """Something a participant did that the brand wants. The brand's own `external_id` makes it count once."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="conversions", db_index=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="conversions")
    external_id = models.CharField(max_length=120)
    value = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    happened_at = models.DateTimeField()
    refunded_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "external_id"], name="conversion_once")]
