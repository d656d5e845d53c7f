"""The milter, spoken to as a mail server does: no mail is lost, halved, mixed up or kept from going out."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from footer_beside import Running, a_sender, milter_on, wait_until
from kilter.protocol.messages import Abort, Accept, AddHeader, Body, Header
from mail_corpus import ALL

from ports import free_port
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.footer import actions, queries, rules, surgery
from sebar.channels.kinds.footer.models import FooterSender
from sebar.channels.kinds.footer.reasons import Reason
from sebar.channels.kinds.footer.self_test import Line, Told, trouble
from sebar.channels.kinds.footer.wording import Footer
from sebar.participants.models import Participant

pytestmark = pytest.mark.django_db(transaction=True)

TOP = [("From", b"ani@example.com"), ("Subject", b"Hi\n with a fold")]
ANI = "ani@example.com"


@pytest.fixture
def port() -> int:
    """Where the milter listens."""
    return free_port()


@pytest.fixture
def milter(port: int, ani: Participant) -> Iterator[Running]:
    """The milter, with Ani enrolled."""
    with milter_on(port) as running:
        yield running


@pytest.fixture
def ani(campaign: Campaign) -> Participant:
    """Somebody whose mail gets the footer."""
    return a_sender(campaign)


@pytest.fixture
def footer(ani: Participant) -> Footer:
    """Ani's footer."""
    return queries.footer_of(ani)


def shown(*mails: tuple[str, list[tuple[str, bytes]], bytes], port: int, signed_in: str = "") -> list[Told]:
    """Show mails on one line, and return what was told of each."""

    async def show() -> list[Told]:
        async with connected(port) as line:
            return [await line.mail(*mail, signed_in=signed_in) for mail in mails]

    return asyncio.run(show())


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Line]:
    """A mail server's line to the milter."""
    line = Line(*await asyncio.open_connection("127.0.0.1", port))
    await line.open()
    yield line
    line.drop()


def as_postfix_tells(mail: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """Return headers and body of a mail, spelled as Postfix spells them."""
    top, _, body = mail.partition(b"\r\n\r\n")
    named = [line.partition(b": ") for line in re.split(rb"\r\n(?![ \t])", top)]
    return [(name.decode(), value.replace(b"\r\n", b"\n")) for name, _, value in named], body


def test_a_mail_gets_its_footer_whole(milter: Running, port: int, footer: Footer) -> None:
    body = b"".join(b"line %d\r\n" % number for number in range(30_000))
    (told,) = shown((ANI, TOP, body), port=port)
    assert isinstance(told.answer, Accept)
    assert told.body == body + "\r\n".join(["", *footer.plain(), ""]).encode()
    assert told.headers == {"X-Sebar-Footer": b"added"}
    assert milter.footers.outcomes == {"added": 1}


def test_postfix_is_told_just_what_the_surgery_made_of_each_kind_of_mail(
    milter: Running, port: int, footer: Footer
) -> None:
    mails = [
        kind.mail.replace(b"share.example.com", b"localhost:8000").replace(
            b"<1@example.com>", b"<%d@example.org>" % number
        )
        for number, kind in enumerate(ALL)
    ]
    told = shown(*((ANI, *as_postfix_tells(mail)) for mail in mails), port=port)
    for kind, mail, one in zip(ALL, mails, told, strict=True):
        assert isinstance(one.answer, Accept), kind.name
        made = surgery.add(mail, footer)
        if isinstance(made, Reason):
            assert (one.body, one.headers) == (None, {}), kind.name
        else:
            assert one.body == as_postfix_tells(made)[1], kind.name
            assert dict(as_postfix_tells(mail)[0]) | one.headers == dict(as_postfix_tells(made)[0]), kind.name
    outcomes = [surgery.add(mail, footer) for mail in mails]
    assert milter.footers.outcomes == Counter(one if isinstance(one, Reason) else "added" for one in outcomes)


def test_a_mail_is_looked_at_just_as_it_was_sent(milter: Running, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Postfix tells values without their first blank, and folds without their CR."""
    seen = []

    def look(mail: bytes, _: Footer) -> Reason:
        seen.append(mail)
        return Reason.BROKEN

    monkeypatch.setattr(surgery, "add", look)
    mails = [
        b"Subject: a\r\n\tfolded\r\n  twice\r\nIn-Reply-To: \r\n <1@example.com>\r\nCc: \r\n\r\nbody\r\n",
        b"Subject:   blanks \r\n\r\n\r\n",
    ]
    shown(*((ANI, *as_postfix_tells(mail)) for mail in mails), port=port)
    assert seen == mails


def test_what_the_system_does_not_take_at_once_is_left_alone(
    port: int, ani: Participant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sebar.channels.kinds.footer.milter._taken_at_once", lambda: 20_000)
    with milter_on(port) as milter:
        small, large = (b"y" * 70 + b"\r\n") * 200, (b"y" * 70 + b"\r\n") * 300
        told = shown((ANI, TOP, small), (ANI, TOP, large), port=port)
    assert [one.body is not None for one in told] == [True, False]
    assert milter.footers.outcomes == {"added": 1, Reason.TOO_LARGE: 1}
    assert "takes 20 kB of an answer at once" in caplog.text


def test_a_header_may_be_as_long_as_it_likes(milter: Running, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One packet of the library above holds a thousand bytes; more would be a temporary failure: mail refused."""
    monkeypatch.setattr(queries, "footer_of", lambda _: Footer("Kopi – gratis", "https://share.example.com/r/x"))
    long = b"text/plain; charset=us-ascii; x=" + b"y" * 50_000
    (told,) = shown((ANI, [*TOP, ("Content-Type", long)], b"Hi\r\n"), port=port)
    assert isinstance(told.answer, Accept)
    assert b'charset="utf-8"' in told.headers["Content-Type"]
    assert len(told.headers["Content-Type"]) > 50_000
    assert told.body is not None


def test_what_need_not_change_may_be_as_long_as_it_likes(milter: Running, port: int) -> None:
    (told,) = shown((ANI, [*TOP, ("References", b"<a@example.com>\n " * 200)], b"Hi\r\n"), port=port)
    assert told.body is not None


@pytest.mark.parametrize("broken", ["surgery", "database", "telling"])
def test_whatever_goes_wrong_the_mail_goes_out_as_it_was(
    broken: str, milter: Running, port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of order")

    def fail_later(*_: object) -> Iterator[AddHeader]:
        yield AddHeader("X-Half", b"done")
        fail()

    if broken == "surgery":
        monkeypatch.setattr(surgery, "add", fail)
    elif broken == "database":
        monkeypatch.setattr(queries, "standing", fail)
    else:
        monkeypatch.setattr("sebar.channels.kinds.footer.milter._Mail.changes", fail_later)
    (told,) = shown((ANI, TOP, b"A line of text.\r\n" * 500), port=port)
    assert isinstance(told.answer, Accept)
    assert (told.body, told.headers) == (None, {})
    assert milter.footers.outcomes == {Reason.TROUBLE: 1}
    assert "out of order" in caplog.text


def test_counting_that_fails_keeps_no_mail_back_and_is_made_up_for(
    milter: Running,
    port: int,
    ani: Participant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(actions, "count", lambda **_: 1 / 0)
        (told,) = shown((ANI, TOP, b"Hi\r\n"), port=port)
        assert told.body is not None
        wait_until(lambda: "could not be counted" in caplog.text)
    shown((ANI, TOP, b"Hi\r\n"), port=port)
    wait_until(lambda: added(ani) == 2)


def added(participant: Participant) -> int:
    """Return how many footers are counted."""
    return queries.counts_of(FooterSender.objects.get(participant=participant)).added


def test_mails_on_one_line_know_nothing_of_each_other(milter: Running, port: int, footer: Footer) -> None:
    mails = []
    for number in range(12):
        sender = ANI if number % 3 else "stranger@example.com"
        mails.append((sender, [*TOP, ("Message-ID", b"<%d@x>" % number)], b"mail %d\r\n" % number))
    under = "\r\n".join(["", *footer.plain(), ""]).encode()
    told = shown(*mails, port=port)
    assert [one.body for one in told] == [
        None if number % 3 == 0 else b"mail %d\r\n" % number + under for number in range(12)
    ]


def test_many_lines_at_once_know_nothing_of_each_other(milter: Running, port: int) -> None:
    found: dict[tuple[int, int], bytes] = {}

    async def one(number: int) -> None:
        async with connected(port) as line:
            for turn in range(8):
                told = await line.mail(ANI, TOP, b"mail %d %d\r\n" % (number, turn))
                assert told.body is not None
                found[number, turn] = told.body.splitlines()[0]

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(10)))

    asyncio.run(all_of_them())
    assert found == {key: b"mail %d %d" % key for key in found}
    assert len(found) == 80


def test_a_mail_that_is_broken_off_leaves_nothing_for_the_next(milter: Running, port: int) -> None:
    async def show() -> Told:
        async with connected(port) as line:
            for _ in range(3):
                await line.begin(ANI)
                await line.tell(Header("Subject", b"never sent"))
                await line.tell(Body(b"never sent"))
                await line.tell(Abort())
                await line.tell(Abort())
            return await line.mail(ANI, TOP, b"the real one\r\n")

    told = asyncio.run(show())
    assert told.body is not None
    assert told.body.startswith(b"the real one\r\n")


def test_a_mail_server_that_dies_leaves_nothing_waiting(milter: Running, port: int) -> None:

    async def die() -> None:
        async with AsyncExitStack() as stack:
            for _ in range(5):
                line = await stack.enter_async_context(connected(port))
                await line.begin(ANI)
                await line.tell(Header("Subject", b"half"))
            assert milter.busy() >= 5

    asyncio.run(die())
    wait_until(lambda: milter.busy() == 0)


def test_the_name_somebody_signed_in_with_counts_and_is_forgotten_with_the_mail(milter: Running, port: int) -> None:
    async def show() -> list[Told]:
        mails = [("shared@example.com", ANI), (ANI, "other@example.com"), ("shared@example.com", ""), (ANI, "")]
        async with connected(port) as line:
            return [await line.mail(sender, TOP, b"Hi\r\n", signed_in=name) for sender, name in mails]

    assert [one.body is not None for one in asyncio.run(show())] == [True, False, False, True]


def test_a_bounce_is_left_alone(milter: Running, port: int) -> None:
    (told,) = shown(("", TOP, b"Hi\r\n"), port=port)
    assert told.body is None
    assert milter.footers.outcomes == {Reason.NO_SENDER: 1}


def test_each_conversation_gets_the_footer_once(milter: Running, port: int, ani: Participant) -> None:
    first = [*TOP, ("Message-ID", b"<1@example.com>")]
    answer = [*TOP, ("Message-ID", b"<3@example.com>"), ("References", b"<1@example.com>\n <2@example.org>")]
    other = [*TOP, ("Message-ID", b"<4@example.com>")]
    told = shown((ANI, first, b"A\r\n"), (ANI, answer, b"B\r\n"), (ANI, other, b"C\r\n"), port=port)
    assert [one.body is not None for one in told] == [True, False, True]
    wait_until(lambda: added(ani) == 2)
    with milter_on(again := free_port()):
        (told_later,) = shown((ANI, answer, b"B\r\n"), port=again)
    assert told_later.body is None, "another process knows it too"


def test_what_became_of_mail_is_counted_for_its_sender_only(port: int, ani: Participant) -> None:
    sender = FooterSender.objects.get(participant=ani)
    with milter_on(port):
        signed = as_postfix_tells(next(kind.mail for kind in ALL if kind.reason is Reason.SIGNED))
        shown((ANI, TOP, b"A\r\n"), (ANI, *signed), ("stranger@example.com", TOP, b"B\r\n"), port=port)
    found = queries.counts_of(sender)
    assert (found.added, dict(found.left_alone)) == (1, {Reason.SIGNED: 1})


def test_a_wrong_order_of_signing_is_said_once(milter: Running, port: int, caplog: pytest.LogCaptureFixture) -> None:
    signed = (ANI, [*TOP, ("DKIM-Signature", b"v=1; b=AA")], b"Hi\r\n")
    assert [one.body for one in shown(signed, signed, port=port)] == [None, None]
    assert milter.footers.outcomes == {Reason.DKIM: 2}
    assert caplog.text.count("the footer must stand before the signing in smtpd_milters") == 1


# ---- proving a mailbox


@pytest.fixture
def waiting(campaign: Campaign) -> FooterSender:
    """A mailbox that is not proved yet."""
    participant = a_sender(campaign, "budi@example.com", name="Budi")
    actions.enrol(participant=participant, address="other@example.com")
    return actions.enrol(participant=participant, address="budi@example.com")


def test_a_mail_with_the_letters_proves_a_mailbox(port: int, waiting: FooterSender) -> None:
    token = rules.token(waiting.participant_id, waiting.address_hash).upper()
    budi = "budi@example.com"
    with milter_on(port):
        proof, next_one = shown(
            (budi, [("Subject", token.encode())], b"\r\n"), (budi, TOP, b"Hi\r\n"), port=port, signed_in=budi
        )
    assert proof.body is None
    assert next_one.body is not None
    assert queries.of_number(waiting.pk).is_on  # type: ignore[union-attr]


@pytest.mark.parametrize("how", ["not signed in", "another mailbox", "an answer", "other letters"])
def test_nothing_else_proves_it(how: str, port: int, waiting: FooterSender) -> None:
    token = rules.token(waiting.participant_id, waiting.address_hash)
    who = "budi@example.com"
    headers = [("Subject", (token if how != "other letters" else "kkkkkk").encode())]
    if how == "an answer":
        headers.append(("In-Reply-To", b"<1@example.org>"))
    signed_in = {"not signed in": "", "another mailbox": "eve@example.com"}.get(how, who)
    with milter_on(port):
        shown((who, headers, b"\r\n"), port=port, signed_in=signed_in)
    assert not queries.of_number(waiting.pk).is_on  # type: ignore[union-attr]


# ---- the test of itself


def test_the_milter_tests_itself_and_counts_it_nowhere(milter: Running, port: int) -> None:
    assert asyncio.run(trouble("127.0.0.1", port)) == ""
    assert milter.footers.outcomes == {}


def test_the_test_says_what_is_wrong(milter: Running, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing listens at 127.0.0.1:" in asyncio.run(trouble("127.0.0.1", free_port()))
    monkeypatch.setattr(surgery, "add", lambda mail, _: mail)
    assert "did not get its footer" in asyncio.run(trouble("127.0.0.1", port))


def test_the_test_notices_that_something_else_listens() -> None:
    async def other() -> str:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example.com ESMTP\r\n")
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        found = await trouble("127.0.0.1", server.sockets[0].getsockname()[1])
        server.close()
        return found

    assert "does not speak as a milter does" in asyncio.run(other())
