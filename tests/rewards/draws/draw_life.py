"""A draw of a campaign and a clock that tests turn: everything here waits for moments."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from builders import a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.participants.models import Participant
from sebar.rewards.draws import actions, queries, randomness
from sebar.rewards.draws.file import Prize
from sebar.rewards.draws.models import Draw
from sebar.rewards.draws.rules import DrawForm
from sebar.rewards.models import Reward, RewardRule

WORDS = {"title": "Win a grinder", "rules": "Everybody may win.\n\nNothing has to be bought."}
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The time as everybody sees it."""

    now: datetime

    def go(self, to: datetime) -> None:
        self.now = to


def a_draw_form(**different: Any) -> DrawForm:
    """Return a form that could be opened anywhere."""
    values: dict[str, Any] = {
        "texts": {"en": WORDS, "id": WORDS},
        "prizes": [Prize("Grinder", 1), Prize("Cup", 1)],
        "entries_until": NOW + timedelta(days=7),
        "source": randomness.drand_at(NOW + timedelta(days=8)),
        "reserves": 2,
        "minimum_age": 18,
        "jurisdictions": ("ELSEWHERE",),
        "law": {"sponsor": "Kopi Senja, Jalan Senja 1, Bandung", "eligibility": "Whoever lives in Atlantis"},
    }
    return DrawForm(**{**values, **different})


def a_planned_draw(people: People, campaign: Campaign, **different: Any) -> Draw:
    """Return a draw that nobody sees yet."""
    return actions.plan(membership=people.alice, slug=campaign.slug, form=a_draw_form(**different))


def an_open_draw(people: People, campaign: Campaign, **different: Any) -> Draw:
    """Return a draw that people can enter."""
    draw = a_planned_draw(people, campaign, **different)
    return actions.open_draw(membership=people.alice, slug=campaign.slug, number=draw.number)


def enter(draw: Draw, email: str, **different: Any) -> str:
    """Enter somebody who passes nothing on."""
    values = {"name": email.partition("@")[0], "is_old_enough": True, "is_named": False, **different}
    return actions.enter(draw=draw, email=email, **values)


def frozen(people: People, draw: Draw, clock: Clock) -> Draw:
    """Fix the list of a draw when its time has come."""
    clock.go(draw.entries_until + timedelta(seconds=1))
    return actions.freeze(membership=people.alice, slug=draw.campaign.slug, number=draw.number)


def a_signature(number: int = 0) -> tuple[str, str]:
    """Return a value and a signature that belong together, as drand may say them."""
    signature = hashlib.sha384(str(number).encode()).digest()
    return hashlib.sha256(signature).hexdigest(), signature.hex()


def drawn(people: People, draw: Draw, clock: Clock) -> Draw:
    """Draw the winners of a frozen draw when its source has spoken."""
    clock.go(draw.draws_at + timedelta(seconds=1))
    value, signature = a_signature()
    return actions.draw_winners(
        membership=people.alice, slug=draw.campaign.slug, number=draw.number, value=value, signature=signature
    )


def a_drawn_draw(people: People, campaign: Campaign, clock: Clock, *entered: str, **different: Any) -> Draw:
    """Return a draw whose winners are drawn from those who entered freely."""
    draw = an_open_draw(people, campaign, **different)
    for email in entered or [f"person{number}@example.com" for number in range(6)]:
        enter(draw, email, is_named=True)
    return drawn(people, frozen(people, draw, clock), clock)


def earn(participant: Participant, tickets: int, at: datetime = NOW) -> Participant:
    """Let a participant have earned tickets, as the rewards of a rule."""
    rule, _ = RewardRule.objects.get_or_create(
        campaign=participant.campaign,
        name="Tickets",
        defaults={
            "kind": "each",
            "trigger": "join",
            "who": "referrer",
            "what": "tickets",
            "unit": "tickets",
            "amount": 1,
        },
    )
    friend = a_participant(participant.campaign, participant)
    Reward.objects.create(
        campaign=participant.campaign,
        rule=rule,
        participant=participant,
        referral=friend,
        trigger="join",
        unit="tickets",
        amount=tickets,
        state="approved",
        happened_at=at,
        counts_on=at,
        granted_at=at,
        approved_at=at,
    )
    return participant


def marks(draw: Draw) -> dict[str, int]:
    """Return the tickets in the list of a frozen draw, by mark."""
    return dict(queries.file_of(draw).list.entrants)
