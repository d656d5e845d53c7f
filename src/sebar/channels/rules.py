"""What may be sent, and when to try again: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sebar.kit.words import gettext_noop, say

INVITES_A_DAY: Final = 20
"""How many friends one participant may write to through us within a day."""
_ATTEMPTS: Final = 8
_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(hours=6)


class Reason(StrEnum):
    """Why something is not sent."""

    PAUSED = "paused"
    THROTTLED = "throttled"
    NOT_SET_UP = "not_set_up"
    OVER = "over"
    SWITCHED_OFF = "switched_off"
    NO_CONSENT = "no_consent"
    SUPPRESSED = "suppressed"
    TOO_MANY = "too_many"
    FULL_DAY = "full_day"
    SECOND = "second"

    @property
    def passes(self) -> bool:
        """Whether waiting helps: the message is held back until then."""
        return self in {Reason.PAUSED, Reason.THROTTLED, Reason.NOT_SET_UP, Reason.FULL_DAY}

    @property
    def is_everybodys(self) -> bool:
        """Whether it holds for all of a campaign's messages on the channel, but those it `spares`."""
        return self.passes or self in {Reason.OVER, Reason.SWITCHED_OFF}

    @property
    def spares(self) -> frozenset[str]:
        """For which purposes messages are not refused for it.

        Who slows a campaign slows invitations alone; and what sets something right goes out while all else is held.
        """
        return _SPARES.get(self, frozenset())

    @property
    def words(self) -> str:
        """One sentence for people, in the reader's language."""
        return say(_WORDS[self])


_SPARES: Final = {
    Reason.THROTTLED: frozenset({"notice", "correction", "own"}),
    Reason.PAUSED: frozenset({"correction", "own"}),
    Reason.OVER: frozenset({"correction", "own"}),
}
_WORDS: Final = {
    Reason.PAUSED: gettext_noop("The campaign is paused; it goes out once the campaign goes on."),
    Reason.THROTTLED: gettext_noop("Invitations of this campaign are slowed; it goes out when its turn comes."),
    Reason.NOT_SET_UP: gettext_noop("The channel is not set up; it goes out once it is."),
    Reason.OVER: gettext_noop("The campaign is over or was stopped."),
    Reason.SWITCHED_OFF: gettext_noop("The channel is switched off in this campaign."),
    Reason.NO_CONSENT: gettext_noop("Nobody has agreed to be written to at this address."),
    Reason.SUPPRESSED: gettext_noop("Whoever has this address does not want to be written to."),
    Reason.TOO_MANY: gettext_noop("This person has written to very many friends today; tomorrow they can write again."),
    Reason.FULL_DAY: gettext_noop("The brand’s limit for today is reached; it goes out tomorrow."),
    Reason.SECOND: gettext_noop("Somebody had written to this friend before, and a friend gets one letter only."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the gate needs to know of one message.

    Attributes
    ----------
    purpose
        Why it is sent (`sebar.channels.models.Purpose`).
    phase
        The campaign's (`sebar.campaigns.rules.Phase`).
    is_on, is_set_up
        Whether the campaign has the channel, and the brand what it takes.
    has_consent
        Whether the participant asked for news at this address, or the brand answers for letters to friends.
    is_suppressed
        Whether the address must not be written to, by this brand or at all.
    by_person, by_brand
        How many others this person, and this brand on this channel, sent within a day.
    most_by_brand
        How many the brand lets out within a day.
    this_hour, most_an_hour
        How many invitations of the campaign went out in this hour, and how many may; None for as many as there are.
    """

    purpose: str
    phase: str
    is_on: bool
    is_set_up: bool
    has_consent: bool
    is_suppressed: bool
    by_person: int
    by_brand: int
    most_by_brand: int
    this_hour: int = 0
    most_an_hour: int | None = None


def refusal(facts: Facts) -> Reason | None:
    """Return why a message may not go out; None when it may. What never passes comes before what waiting mends."""
    checks = _checks(facts)
    return next((reason for reason, holds in checks if holds and facts.purpose not in reason.spares), None)


def _checks(facts: Facts) -> tuple[tuple[Reason, bool], ...]:
    return (
        (Reason.SUPPRESSED, facts.is_suppressed),
        (Reason.OVER, facts.phase in {"ended", "stopped"}),
        (Reason.SWITCHED_OFF, not facts.is_on),
        (Reason.NO_CONSENT, not facts.has_consent),
        (Reason.TOO_MANY, facts.by_person >= INVITES_A_DAY),
        (Reason.NOT_SET_UP, not facts.is_set_up),
        (Reason.PAUSED, facts.phase != "running"),
        (Reason.THROTTLED, facts.most_an_hour is not None and facts.this_hour >= facts.most_an_hour),
        (Reason.FULL_DAY, facts.by_brand >= facts.most_by_brand),
    )


def pause(attempts: int) -> timedelta | None:
    """Return how long to rest after so many attempts; None when it was tried often enough.

    Each rest is four times the one before: the last attempt comes a day or so after the first.
    """
    if attempts >= _ATTEMPTS:
        return None
    return min(_FIRST_PAUSE * int(4 ** (attempts - 1)), _LONGEST_PAUSE)
