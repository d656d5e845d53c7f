"""What is kept about channels: switches, accounts, whom we may write to, whom never, and what is to be sent."""

from __future__ import annotations

from django.db import models

from sebar.brands.models import Brand
from sebar.campaigns.models import Campaign
from sebar.kit.words import say_kept
from sebar.participants.models import Participant


class Switch(models.Model):
    """A campaign's word about one channel. Without a row the channel is as it comes (`Channel.is_on`)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="switches")
    channel = models.CharField(max_length=20)
    is_on = models.BooleanField()
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "channel"], name="switch_once")]


class Account(models.Model):
    """What a brand entered to set a channel up, and what the provider last said."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="accounts")
    channel = models.CharField(max_length=20)
    settings = models.JSONField(default=dict)
    sealed = models.BinaryField(default=b"")
    """The secrets among them, encrypted (`sealing`)."""
    trouble = models.CharField(max_length=300, blank=True)
    """For people: `trouble_words`."""
    trouble_at = models.DateTimeField(null=True)
    sent_on = models.DateField(null=True)
    sent = models.PositiveIntegerField(default=0)
    """How many went out on that day (UTC): counted here, since counting messages would cost more with each."""
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["brand", "channel"], name="account_once")]

    @property
    def trouble_words(self) -> str:
        """What the provider said last, in the reader's language as far as it is ours."""
        return say_kept(self.trouble)


class Contact(models.Model):
    """An address at which a participant asked to be written to. Ended, it is kept without the address, as a proof."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="contacts")
    channel = models.CharField(max_length=20)
    sealed = models.BinaryField()
    """The address, encrypted; empty once ended."""
    address_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    agreed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(fields=["participant", "channel", "address_hash"], name="contact_once"),
        ]
        indexes = [models.Index(fields=["channel", "address_hash"], name="contact_of_address")]


class Suppression(models.Model):
    """An address that is never written to again: for one brand or, without one, for the whole instance."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, null=True)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(fields=["brand", "address_hash"], name="suppression_of_brand_once"),
            models.UniqueConstraint(
                fields=["address_hash"], condition=models.Q(brand__isnull=True), name="suppression_of_all_once"
            ),
        ]


class Purpose(models.TextChoices):
    """Why something is sent."""

    INVITE = "invite"  # somebody asked us to write to a friend
    NOTICE = "notice"  # a participant asked us for news
    CORRECTION = "correction"  # the brand sets something right with those who passed it on and asked for news
    OWN = "own"  # somebody asked for a letter to themselves, by which they find their page


class State(models.TextChoices):
    """Where a message is. Whatever has left `WAITING` and `SENDING` never comes back."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    LEFT_ALONE = "left_alone"  # the gate said no; `reason` says why
    BOUNCED = "bounced"  # sent, and came back
    DOUBTFUL = "doubtful"  # the process died, or the line broke, in the very moment of sending


class Message(models.Model):
    """Something that is to be sent, once. The address is forgotten as soon as nothing more can become of it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="messages", db_index=False)
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="messages")
    """Who asked for it, and whose link it carries."""
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, db_index=False)
    once = models.CharField(max_length=80)
    """What must not happen twice in a campaign on a channel: writing to a friend, telling of one join."""
    address_hash = models.CharField(max_length=64)
    sealed = models.BinaryField()
    language = models.CharField(max_length=8)
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=20, blank=True)
    trouble = models.CharField(max_length=300, blank=True)
    has_arrived = models.BooleanField(default=False)
    """Whether the provider said so; most never do."""
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "channel", "once"], name="message_once")]
        indexes = [
            models.Index(fields=["channel", "due_at"], condition=models.Q(state="waiting"), name="message_to_send"),
            models.Index(fields=["campaign", "channel", "state"], name="message_of_campaign"),
            models.Index(fields=["participant", "created_at"], name="message_of_participant"),
        ]


class ToldJoin(models.Model):
    """A friend's join of which the parent was told; forgotten when nobody looks so far back any more."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "sebar"


class Pace(models.Model):
    """How many invitations of a campaign that is slowed went out in an hour, which begins with the clock's."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="pace")
    hour = models.DateTimeField()
    sent = models.PositiveIntegerField()

    class Meta:
        app_label = "sebar"


class News(models.Model):
    """What a brand tells everybody in a campaign who asked for news. Never changed once stored."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="news", db_index=False)
    texts = models.JSONField()
    """Language to ``subject`` and ``text``."""
    created_at = models.DateTimeField(auto_now_add=True)
    is_correction = models.BooleanField(default=False)
    """Whether it sets something right: then it goes to those who passed it on, whatever the campaign's state."""
    told_up_to = models.BigIntegerField(default=0)
    """The last contact for whom it is queued: they are taken in the order of their keys."""
    done_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        indexes = [models.Index(fields=["id"], condition=models.Q(done_at__isnull=True), name="news_to_spread")]
