"""Somebody who writes to a bot, without any messenger in between."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from sebar.brands.models import Brand
from sebar.channels.conversation import answering, turn
from sebar.channels.conversation.turn import Reply, Saying
from sebar.participants.models import Participant

_numbers = itertools.count(1)


@dataclass
class Person:
    """Somebody with an address of their own on a channel."""

    brand: Brand
    channel: str = "xmpp"
    language: str = "en"
    door: str = ""
    address: str = field(default_factory=lambda: f"person{next(_numbers)}@example.org")

    def send(self, text: str, mark: str = "") -> list[Reply]:
        """Return everything that the bot answers."""
        return answering.answer(
            Saying(
                brand=self.brand,
                channel=self.channel,
                address=self.address,
                text=text,
                language=self.language,
                mark=mark,
                door=self.door,
            )
        )

    def say(self, text: str) -> str:
        """Return what the bot answers, as one text."""
        return "\n\n".join(reply.text for reply in self.send(text))

    def join(self, code: str = "") -> Participant:
        """Start, agree, and return who they are now."""
        self.say(f"/start {code}")
        self.say("yes")
        return self.participant

    @property
    def participant(self) -> Participant:
        return Participant.objects.get(submission=turn.mark_of(self.channel, self.address), campaign__brand=self.brand)
