"""The relay takes nothing over that is not safe on the other side, and passes on what is said there."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field

import mail_reader
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from footer_beside import Running, a_sender, relay_on, wait_until
from mail_corpus import FOOTER, WORDS, raw, text

from ports import free_port
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.footer import actions, queries, rules, surgery
from sebar.channels.kinds.footer.reasons import Reason

pytestmark = pytest.mark.django_db(transaction=True)
ANI = "ani@example.com"
BEN = "ben@example.org"


@dataclass
class Behind:
    """The server on the other side: says what it was told to say, and keeps what it took."""

    refusals: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str | None, list[str], bytes]] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        self.options = options
        return self.refusals.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.refusals.get(address, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refusals.get("DATA") == "die":
            assert server.transport is not None
            server.transport.abort()
        answer = self.refusals.get("DATA", "250 OK queued as 1234")
        if answer.startswith("2"):
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content or b""))
        return answer


class Patient(SMTP):
    """A server that takes long lines."""

    line_length_limit = 1024 * 1024


class Listening(Controller):
    """Runs it."""

    def factory(self) -> SMTP:
        """Return one for a new connection."""
        return Patient(self.handler, data_size_limit=None, enable_SMTPUTF8=True)


@pytest.fixture
def onward() -> int:
    """The port of the other side."""
    return free_port()


@pytest.fixture
def behind(onward: int) -> Iterator[Behind]:
    """The other side, which takes everything unless a test says otherwise."""
    controller = Listening(Behind(), hostname="127.0.0.1", port=onward)
    controller.start()
    yield controller.handler
    controller.stop(no_assert=True)


@pytest.fixture
def relay(onward: int, campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Running, int]]:
    """The relay before the other side, with Ani enrolled, and its port."""
    monkeypatch.setattr(queries, "footer_of", lambda _: FOOTER)
    a_sender(campaign)
    port = free_port()
    with relay_on(port, onward) as running:
        yield running, port


@pytest.fixture
def client(relay: tuple[Running, int]) -> Iterator[smtplib.SMTP]:
    """A mail server that hands mail over."""
    with smtplib.SMTP("127.0.0.1", relay[1], "localhost") as line:
        line.ehlo()
        yield line


def test_mail_is_handed_on_with_its_footer_and_the_answer_comes_back(
    relay: tuple[Running, int], client: smtplib.SMTP, behind: Behind
) -> None:
    assert client.mail(ANI, ["BODY=8BITMIME", "SIZE=99"])[0] == 250
    assert client.rcpt(BEN)[0] == 250
    assert client.data(raw(WORDS)) == (250, b"OK queued as 1234")
    ((sender, recipients, mail),) = behind.taken
    assert (sender, recipients) == (ANI, [BEN])
    assert mail_reader.has_footer(mail)
    assert behind.options == ["BODY=8BITMIME"], "what it weighs has changed"
    assert relay[0].footers.outcomes == {"added": 1}


@pytest.mark.parametrize("sender", ["stranger@example.com", ""])
def test_other_mail_and_bounces_pass_byte_for_byte(client: smtplib.SMTP, behind: Behind, sender: str) -> None:
    mail = text("Halo – é\r\n.\r\n..\r\n" + "x" * 5000 + "\r\n", "utf-8", "8bit")
    client.sendmail(sender, [BEN], mail)
    assert behind.taken == [(sender or "<>", [BEN], mail)]


def test_what_could_not_be_handed_back_has_its_footer_when_it_comes_again(
    relay: tuple[Running, int], client: smtplib.SMTP, behind: Behind
) -> None:
    behind.refusals["DATA"] = "451 4.3.0 Out of paper"
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail(ANI, [BEN], raw(WORDS))
    del behind.refusals["DATA"]
    client.sendmail(ANI, [BEN], raw(WORDS))
    assert mail_reader.has_footer(behind.taken[-1][2])
    client.sendmail(ANI, [BEN], raw(WORDS))
    assert relay[0].footers.outcomes == {"added": 1, Reason.SAME_THREAD: 1}


def test_what_the_other_side_refuses_is_refused_here(client: smtplib.SMTP, behind: Behind) -> None:
    behind.refusals |= {"no@example.org": "550 5.1.1 No such person", "full@example.org": "452 4.2.2 Mailbox full"}
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        client.sendmail(ANI, ["no@example.org"], raw(WORDS))
    assert refused.value.recipients == {"no@example.org": (550, b"5.1.1 No such person")}
    assert set(client.sendmail(ANI, [BEN, "full@example.org"], raw(WORDS))) == {"full@example.org"}
    assert [recipients for _, recipients, _ in behind.taken] == [[BEN]]
    behind.refusals["DATA"] = "451 4.3.0 Out of paper"
    with pytest.raises(smtplib.SMTPDataError) as later:
        client.sendmail(ANI, [BEN], raw(WORDS))
    assert (later.value.smtp_code, later.value.smtp_error) == (451, b"4.3.0 Out of paper")
    behind.refusals["MAIL"] = "553 5.1.8 Not from here"
    with pytest.raises(smtplib.SMTPSenderRefused):
        client.sendmail(ANI, [BEN], raw(WORDS))
    assert len(behind.taken) == 1


def test_several_mails_on_one_line_and_a_reset_between_them(client: smtplib.SMTP, behind: Behind) -> None:
    client.mail(ANI)
    client.rcpt("never@example.org")
    client.rset()
    for number in range(3):
        client.sendmail("stranger@example.com", [f"b{number}@example.org"], raw(f"mail {number}\r\n"))
    assert [(recipients, mail_reader.body(mail)) for _, recipients, mail in behind.taken] == [
        ([f"b{number}@example.org"], f"mail {number}\r\n".encode()) for number in range(3)
    ]


def test_while_the_other_side_is_away_mail_stays_where_it_is(client: smtplib.SMTP) -> None:
    assert client.mail(ANI)[0] == 451
    assert client.rcpt(BEN)[0] in {451, 503}


def test_when_the_other_side_dies_in_the_middle_mail_stays_where_it_is(client: smtplib.SMTP, behind: Behind) -> None:
    client.mail(ANI)
    client.rcpt(BEN)
    behind.refusals["DATA"] = "die"
    assert client.data(raw(WORDS))[0] == 451
    behind.refusals.clear()
    behind.taken.clear()
    client.sendmail(ANI, [BEN], raw(WORDS))
    assert len(behind.taken) == 1


def test_whatever_goes_wrong_with_the_footer_the_mail_goes_on_as_it_was(
    relay: tuple[Running, int], client: smtplib.SMTP, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surgery, "add", lambda *_: 1 / 0)
    client.sendmail(ANI, [BEN], raw(WORDS))
    assert behind.taken == [(ANI, [BEN], raw(WORDS))]
    assert relay[0].footers.outcomes == {Reason.TROUBLE: 1}


def test_a_mail_cannot_prove_a_mailbox_here_where_nobody_knows_who_signed_in(
    client: smtplib.SMTP, behind: Behind, campaign: Campaign
) -> None:
    sender = queries.of_campaign(campaign)[0]
    waiting = actions.enrol(participant=sender.participant, address="other@example.com")
    token = rules.token(sender.participant_id, waiting.address_hash)
    client.sendmail("other@example.com", [BEN], f"Subject: {token}\r\n\r\n\r\n".encode())
    assert len(behind.taken) == 1
    assert queries.standing("other@example.com").footer is None


def test_a_line_that_breaks_leaves_nothing_waiting(relay: tuple[Running, int], behind: Behind) -> None:
    with smtplib.SMTP("127.0.0.1", relay[1], "localhost") as client:
        client.ehlo()
        client.mail(ANI)
        client.close()
    wait_until(lambda: relay[0].busy() == 0)
    assert behind.taken == []
