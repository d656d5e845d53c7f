"""A brand's XMPP bot with an account on a real server, and what its people and its queue do."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

from prosody_server import Chatter, Prosody

from people import People
from sebar.brands.models import Brand
from sebar.channels import ALL, actions
from sebar.channels.conversation.turn import mark_of
from sebar.channels.jobs import Sending
from sebar.channels.models import Account, Message, Purpose, State
from sebar.participants.models import Participant

CONTENT = {"subject": "News", "text": "Something is new.", "link": "https://share.example.com/s/k7m2fqx"}
numbers = itertools.count(1)


class Bot:
    """A brand's bot with an account on the server."""

    def __init__(self, people: People, prosody: Prosody, serve: Callable[[str], None], **different: Any) -> None:
        self.address = prosody.register(f"bot{next(numbers)}")
        self.brand = people.alice.brand
        self.server = f"127.0.0.1:{prosody.port}"
        self._membership = people.alice
        self._entered = {
            "address": self.address,
            "password": "secret",
            "server": self.server,
            **different,
        }
        self.set_up()
        serve("xmpp")

    def set_up(self, **different: str) -> None:
        self._entered |= different
        actions.set_up(membership=self._membership, channel="xmpp", entered=self._entered)

    @property
    def trouble(self) -> str:
        return Account.objects.get(brand=self.brand, channel="xmpp").trouble


def of(person: Chatter, brand: Brand) -> Participant:
    return Participant.objects.get(submission=mark_of("xmpp", person.address), campaign__brand=brand)


def queue(person: Chatter, bot: Bot, text: str = "Something is new.", once: str = "news:1") -> Message:
    """Queue a notice for somebody who has joined and asked for news."""
    return actions.queue(
        participant=of(person, bot.brand),
        channel="xmpp",
        purpose=Purpose.NOTICE,
        address=person.address,
        once=once,
        content={**CONTENT, "text": text},
        language="en",
    )


def wanting_news(arrive: Callable[[str], Chatter], bot: Bot, name: str = "dewi") -> Chatter:
    """Return somebody who has joined and asked for news."""
    person = arrive(name)
    for text, count in (("/start", 2), ("yes", 2), ("/news on", 1)):
        person.ask(bot.address, text, count)
    person.messages.clear()
    return person


def send_what_waits() -> None:
    """Do what the sender process does, once; whatever rests is due."""
    Message.objects.filter(state=State.WAITING).update(due_at="2026-01-01T00:00Z")
    Sending(ALL["xmpp"], threading.Event()).turn()


def states() -> list[str]:
    return [message.state for message in Message.objects.order_by("pk")]
