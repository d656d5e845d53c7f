"""What is watched of campaigns, the alarms that were sounded, and who is told."""

from __future__ import annotations

from django.db import models

from sebar.brands.models import Brand, Member, User
from sebar.campaigns.models import Campaign
from sebar.kit.words import say_kept


class Lookout(models.Model):
    """How far a campaign has been looked at. Written with what the look changed, so that none is taken twice."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="lookout")
    false_alarm = models.FloatField()
    """The chance of any false alarm over the campaign."""
    since = models.DateTimeField()
    """The first hour that was looked at."""
    looked_until = models.DateTimeField()
    """The end of the last hour that was looked at."""
    version = models.PositiveBigIntegerField(default=0)
    """Of the event store at that look: what came later counts at the next one."""

    class Meta:
        app_label = "sebar"


class Watched(models.Model):
    """One watch of a campaign: what is tolerated, and what its detector needs to know of the looks before."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="watches", db_index=False)
    watch = models.CharField(max_length=20)
    """A `rules.Watch`."""
    is_on = models.BooleanField(default=True)
    level = models.FloatField(null=True)
    """What the brand says is tolerated; None leaves it to be learned."""
    people = models.PositiveSmallIntegerField(null=True)
    """How many people within an hour the brand says are too many; None for the usual number."""
    learned = models.FloatField(null=True)
    rho = models.FloatField(null=True)
    state = models.JSONField(default=list)
    """`spread.alarm.State.numbers`; empty before the first look, and after an alarm was closed."""

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "watch"], name="watched_once")]


class Status(models.TextChoices):
    """Where an alarm is in its life."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # somebody sees to it
    SNOOZED = "snoozed"  # quiet until a moment, then open again
    CLOSED = "closed"


class Alarm(models.Model):
    """One alarm of one watch. As long as it is not closed, what is found out more is written into it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="alarms", db_index=False)
    watch = models.CharField(max_length=20)
    opened_at = models.DateTimeField()
    began_at = models.DateTimeField()
    """When it began, as far as the evidence tells."""
    spoke_at = models.DateTimeField()
    """When there was evidence enough for the last time."""
    numbers = models.JSONField()
    """`rules.Evidence.numbers`, the newest."""
    keys = models.JSONField(default=list)
    """What it was about so far: `rules.Evidence.key`."""
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)
    answered_at = models.DateTimeField(null=True)
    """When what was decided beforehand for such an alarm was carried out or proposed."""
    proposal = models.ForeignKey(
        "sebar.CampaignDecision", on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    """What a policy proposed then; None where nothing was, and once its end is to be told."""
    snoozed_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    who = models.CharField(max_length=80, blank=True)
    """Who took the last step; empty for a program."""
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "watch"], condition=models.Q(closed_at__isnull=True), name="alarm_one_at_once"
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "-opened_at"], name="alarm_of_campaign"),
            models.Index(fields=["id"], condition=models.Q(answered_at__isnull=True), name="alarm_to_be_answered"),
            models.Index(fields=["id"], condition=models.Q(proposal__isnull=False), name="alarm_with_proposal"),
        ]


class AlarmHook(models.Model):
    """Where a brand's own program is told of alarms, and what went wrong there last."""

    brand = models.OneToOneField(Brand, on_delete=models.CASCADE, primary_key=True, related_name="alarm_hook")
    address = models.CharField(max_length=500)
    sealed = models.BinaryField()
    """The secret that signs, encrypted (`sealing`)."""
    trouble = models.CharField(max_length=300, blank=True)
    trouble_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"

    @property
    def trouble_words(self) -> str:
        """What went wrong last, in the reader's language as far as it is ours."""
        return say_kept(self.trouble)


class AlarmBrowser(models.Model):
    """A browser in which a member asked to be told of the brand's alarms. It ends with the membership."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="alarm_browsers", db_index=False)
    sealed = models.BinaryField()
    """Its address at its push service, encrypted (`sealing`)."""
    address_hash = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    trouble = models.CharField(max_length=300, blank=True)
    trouble_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["member", "address_hash"], name="browser_of_member_once")]

    @property
    def trouble_words(self) -> str:
        """What went wrong last, in the reader's language as far as it is ours."""
        return say_kept(self.trouble)


class AlarmNotice(models.Model):
    """That somebody is to be told of an alarm, once, and once of the end of what was proposed then.

    A member by a letter, and by a note in each of their browsers; the brand's program where there is no member.
    """

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="notices", db_index=False)
    member = models.ForeignKey(User, on_delete=models.CASCADE, null=True, db_index=False)
    is_note = models.BooleanField(default=False)
    browser = models.ForeignKey(AlarmBrowser, on_delete=models.SET_NULL, null=True, related_name="+")
    """Where a note is shown; None once that has ended."""
    is_end = models.BooleanField(default=False)
    """Whether it tells what became of the proposal."""
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    """When they were told, or given up on; then `trouble` says why."""
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(
                fields=["alarm", "member", "is_end"], condition=models.Q(is_note=False), name="notice_of_member_once"
            ),
            models.UniqueConstraint(fields=["alarm", "browser", "is_end"], name="notice_of_browser_once"),
            models.UniqueConstraint(
                fields=["alarm", "is_end"], condition=models.Q(member__isnull=True), name="notice_of_program_once"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(done_at__isnull=True), name="notice_due")]

    @property
    def trouble_words(self) -> str:
        """What went wrong last, in the reader's language as far as it is ours."""
        return say_kept(self.trouble)
