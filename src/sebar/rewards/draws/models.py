"""Prize draws, who entered them, their lists and their winners."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.db import models

from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant
from sebar.rewards.draws import randomness
from sebar.rewards.draws.file import Outcome
from sebar.rewards.draws.randomness import Source


class DrawState(models.TextChoices):
    """Where a draw is in its life. `rules.py` says which step may follow which."""

    PLANNED = "planned"
    OPEN = "open"
    FROZEN = "frozen"
    DRAWN = "drawn"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class Draw(models.Model):
    """One prize draw of a campaign.

    From `frozen_at` on nothing that the list holds changes any more, and `outcome` is written once.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="draws", db_index=False)
    number = models.PositiveIntegerField()
    """Counts the campaign's draws from 1; stands in their addresses."""
    state = models.CharField(max_length=10, choices=DrawState.choices, default=DrawState.PLANNED)
    mark = models.CharField(max_length=32, unique=True)
    """Random digits, by which every draw has other marks for the same people."""
    texts = models.JSONField(default=dict)
    prizes = models.JSONField(default=list)
    """Each a name, how many there are, and the names by language where they differ: the fields of `file.Prize`."""
    entries_until = models.DateTimeField()
    source = models.JSONField()
    """As `randomness.Source` is written."""
    reserves = models.PositiveIntegerField()
    is_once = models.BooleanField(default=True)
    minimum_age = models.PositiveSmallIntegerField(default=0)
    jurisdictions = models.JSONField(default=list)
    law = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True)
    frozen_at = models.DateTimeField(null=True)
    list_hash = models.CharField(max_length=64, blank=True)
    people = models.PositiveIntegerField(default=0)
    tickets = models.PositiveBigIntegerField(default=0)
    free_tickets = models.PositiveIntegerField(default=0)
    drawn_at = models.DateTimeField(null=True)
    outcome = models.JSONField(null=True)
    """As `file.Outcome` is written."""
    ended_at = models.DateTimeField(null=True)
    """When it was settled or cancelled."""
    reason = models.CharField(max_length=500, blank=True)
    """Why it was cancelled."""

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="draw_number_once")]
        indexes = [models.Index(fields=["state", "entries_until"], name="draw_by_end_of_entries")]

    @property
    def from_source(self) -> Source:
        """From where the randomness comes."""
        found: Source = msgspec.convert(self.source, Source)
        return found

    @property
    def draws_at(self) -> datetime:
        """When the source speaks."""
        return randomness.read(self.from_source.time)

    @property
    def drawn(self) -> Outcome | None:
        """What came of it; None before."""
        return None if self.outcome is None else msgspec.convert(self.outcome, Outcome)


class DrawList(models.Model):
    """The list of a frozen draw, byte by byte as it was hashed, packed by zlib. Written once."""

    draw = models.OneToOneField(Draw, on_delete=models.CASCADE, primary_key=True, related_name="+")
    packed = models.BinaryField()


class FreeEntry(models.Model):
    """Somebody who entered a draw without passing anything on. The address is sealed, and emptied when all is over."""

    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, related_name="+", db_index=False)
    mark = models.CharField(max_length=32, unique=True)
    """What stands for them in the list; shown to whoever entered."""
    known_by = models.CharField(max_length=64)
    """Keyed hash of the e-mail address: one entry a person."""
    sealed = models.BinaryField()
    """Name and address (`private.seal`)."""
    is_named = models.BooleanField(default=False)
    """Whether they agreed that their name is shown if they win."""
    entered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["draw", "known_by"], name="draw_entered_once")]


class DrawNaming(models.Model):
    """A participant agreed that their name is shown if they win a draw."""

    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, related_name="+", db_index=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["draw", "participant"], name="draw_named_once")]


class Entrant(models.Model):
    """Who stands behind a mark in the list of a frozen draw: a participant, a free entry, or somebody who is both."""

    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, related_name="+", db_index=False)
    mark = models.CharField(max_length=32)
    tickets = models.PositiveBigIntegerField()
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, null=True, related_name="+")
    free_entry = models.ForeignKey(FreeEntry, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["draw", "mark"], name="draw_entrant_once")]


class WinnerState(models.TextChoices):
    """What became of a prize in somebody's hands."""

    WAITING = "waiting"
    REACHED = "reached"
    PASSED_ON = "passed_on"


class DrawWinner(models.Model):
    """Somebody to whom a place fell: by the draw, or as a reserve after somebody who could not be reached."""

    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, related_name="+", db_index=False)
    place = models.PositiveIntegerField()
    prize = models.CharField(max_length=120)
    entrant = models.ForeignKey(Entrant, on_delete=models.CASCADE, related_name="+")
    reserve = models.PositiveIntegerField(default=0)
    """Which reserve it is, counted from 1; 0 for who was drawn for the place."""
    state = models.CharField(max_length=10, choices=WinnerState.choices, default=WinnerState.WAITING)
    reason = models.CharField(max_length=500, blank=True)
    """Why it was passed on."""
    decided_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
        constraints = [
            models.UniqueConstraint(fields=["draw", "place", "reserve"], name="draw_winner_once"),
            models.UniqueConstraint(
                fields=["draw", "reserve"], condition=models.Q(reserve__gt=0), name="draw_reserve_once"
            ),
            models.UniqueConstraint(
                fields=["draw", "place"], condition=~models.Q(state="passed_on"), name="draw_place_of_one"
            ),
        ]
