"""A mail server that takes what it is given, and a brand that sends letters through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import dkim
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from people import People
from ports import free_port
from sebar.campaigns.models import Campaign
from sebar.channels import actions, queries, sealing
from sebar.channels.kinds.email.record import to_publish
from sebar.kit import config
from sebar.kit.config import MailServer
from sebar.pages.pace import Pace
from sebar.participants.models import Participant
from sebar.portal import letter as letter_page

ENTERED = {
    "sender": "halo@kopi.example",
    "bounces": "back@kopi.example",
    "postal": "Kopi Senja, Jl. Braga 1, Bandung",
    "duties": "yes",
}


@dataclass(frozen=True)
class Delivered:
    """A letter as it arrived."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def text(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content())


@dataclass
class Sink:
    """Takes every letter, or says what a test wants it to."""

    delivered: list[Delivered] = field(default_factory=list)
    to_recipient: Callable[[str], str] = lambda _: "250 ok"
    to_text: Callable[[], str] = lambda: "250 ok"
    hangs_up: bool = False

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.to_recipient(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        answer = self.to_text()
        if answer.startswith("2"):
            raw = envelope.original_content
            assert raw is not None
            assert envelope.mail_from is not None
            self.delivered.append(Delivered(envelope.mail_from, envelope.rcpt_tos[0], raw))
        if self.hangs_up:
            transport: Any = server.transport
            transport.abort()
        return answer


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """The instance's mail server."""
    taking = Sink()
    port = free_port()
    controller = Controller(taking, hostname="127.0.0.1", port=port)
    controller.start()
    server = MailServer("127.0.0.1", port, is_tls=False, user="", password="")
    settings = config.load()
    object.__setattr__(settings, "mail", server)
    yield taking
    object.__setattr__(settings, "mail", None)
    controller.stop()


@pytest.fixture(autouse=True)
def _at_any_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_page, "_PACE", Pace(burst=1000, per_second=1000.0))


@pytest.fixture
def brand_with_letters(people: People, campaign: Campaign, sink: Sink) -> Campaign:
    """A campaign whose people can have letters sent."""
    actions.set_up(membership=people.alice, channel="email", entered=ENTERED)
    return campaign


def is_signed(raw: bytes, campaign: Campaign) -> bool:
    """Say whether the letter's signature holds, with the key that the brand is told to publish."""
    account = queries.accounts(campaign.brand)["email"]
    name, text = to_publish({**account.settings, **sealing.unseal_many(account.sealed)})

    def published(asked: bytes, **_: object) -> bytes:
        assert asked.decode().rstrip(".") == name
        return text.encode()

    return bool(dkim.verify(raw, dnsfunc=published))


def page_of(participant: Participant) -> str:
    """Return the address of a participant's letter page."""
    from sebar.participants.queries import personal_secret  # noqa: PLC0415 - tables are loaded by then

    return f"/me/{personal_secret(participant)}/letter"
