"""The footer on a real Postfix, with a real opendkim behind it: by milter, by relay, and when either dies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import mail_reader
import pytest
from django.db import connection
from footer_beside import Running, a_sender, milter_on, relay_on, wait_until
from kilter.protocol.buffer import SimpleBuffer
from kilter.protocol.messages import (
    Accept,
    ActionFlags,
    AddHeader,
    Body,
    Continue,
    EndOfMessage,
    EnvelopeFrom,
    Message,
    Negotiate,
    ProtocolFlags,
    ReplaceBody,
)
from mail_corpus import ALL, FOOTER, LINE, WORDS, raw
from postfix_beside import SECONDS, Postfix, Signer, Sink, opendkim, postfix, sink

from ports import free_port
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.footer import queries, surgery
from sebar.channels.kinds.footer.models import FooterSender
from sebar.channels.kinds.footer.postfix import for_milter, for_relay
from sebar.channels.kinds.footer.reasons import Reason
from sebar.kit import config
from sebar.participants.models import Participant

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
ANI = "ani@example.com"


@dataclass(frozen=True)
class Office:
    """A company's mail server, what signs its mail, and where its mail ends up."""

    postfix: Postfix
    signer: Signer
    sink: Sink
    milter: int
    relay: int

    def send(self, service: str, mail: bytes, to: str, *, sender: str = ANI, user: str = "") -> None:
        """Send a mail through one of the server's ports."""
        with self.postfix.client(service, user) as client:
            client.sendmail(sender, [to], mail, mail_options=["BODY=8BITMIME"])

    def sent(self, service: str, mail: bytes, to: str, *, sender: str = ANI, user: str = "") -> bytes:
        """Send a mail, and return it as it arrived."""
        self.send(service, mail, to, sender=sender, user=user)
        return self.sink.wait(to)


def settings_of(lines: str) -> dict[str, str]:
    """Return what lines for main.cf say."""
    return dict(line.split(" = ", 1) for line in lines.splitlines())


def services_of(lines: str) -> list[dict[str, str]]:
    """Return what lines for master.cf say is different for each port."""
    found: list[dict[str, str]] = []
    for line in lines.splitlines():
        if line.startswith("  -o "):
            name, _, value = line.removeprefix("  -o ").partition("=")
            found[-1][name] = value
        else:
            found.append({})
    return found


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """The mail server of all these tests; whether a milter or relay of ours listens is for each to say."""
    milter, relay = free_port(), free_port()
    with sink() as (kept, sink_port), opendkim() as signer:
        signs = f"inet:127.0.0.1:{signer.port}"
        main, master = for_milter(f"127.0.0.1:{milter}")
        (submission,) = services_of(master)
        filtered, back = services_of(for_relay(f"127.0.0.1:{relay}"))
        services = {
            "submission": submission,
            "wrong_order": {"smtpd_milters": "$dkim_milter,$footer_milter"},
            "filtered": filtered,
            "back": back | {"smtpd_milters": signs},
        }
        with postfix(sink_port, settings_of(main) | {"dkim_milter": signs}, services) as server:
            yield Office(server, signer, kept, milter, relay)


@pytest.fixture
def ani(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Participant:
    """Somebody whose mail gets the footer."""
    monkeypatch.setattr(queries, "footer_of", lambda _: FOOTER)
    return a_sender(campaign)


@pytest.fixture
def milter(office: Office, ani: Participant) -> Iterator[Running]:
    """The milter, with Ani enrolled."""
    with milter_on(office.milter) as running:
        yield running


@pytest.fixture
def relay(office: Office, ani: Participant) -> Iterator[Running]:
    """The relay, with Ani enrolled."""
    with relay_on(office.relay, office.postfix.ports["back"]) as running:
        yield running


def corpus() -> list[tuple[str, bytes, Reason | None]]:
    """Return a mail of each kind, each in a conversation of its own."""
    return [
        (kind.name, kind.mail.replace(b"<1@example.com>", b"<%d@corpus.example>" % number), kind.reason)
        for number, kind in enumerate(ALL)
    ]


def assert_as_it_should_be(name: str, mail: bytes, arrived: bytes, reason: Reason | None, by: Running) -> None:
    """Check that a mail has its footer, or is as it was, and that no header is missing or other than before."""
    if reason is None:
        assert mail_reader.has_footer(arrived), (name, by.footers.outcomes)
    else:
        assert mail_reader.body(arrived) == mail_reader.body(mail), name
    there = mail_reader.headers(arrived)
    assert [header for header in mail_reader.headers(mail) if header not in there] == [], name


def test_every_kind_of_mail_on_one_connection_arrives_as_it_should_and_rightly_signed(
    office: Office, milter: Running
) -> None:
    mails = corpus()
    with office.postfix.client("submission") as client:
        for number, (_, mail, _) in enumerate(mails):
            client.sendmail(ANI, [f"kind{number}@example.org"], mail, mail_options=["BODY=8BITMIME"])
    for number, (name, mail, reason) in enumerate(mails):
        arrived = office.sink.wait(f"kind{number}@example.org")
        assert_as_it_should_be(name, mail, arrived, reason, milter)
        assert office.signer.is_right(arrived), name
    assert milter.footers.outcomes["added"] == sum(reason is None for _, _, reason in mails)
    assert Reason.TROUBLE not in milter.footers.outcomes


def test_signed_too_early_all_mail_is_left_alone_and_stays_rightly_signed(
    office: Office, milter: Running, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        arrived = office.sent("wrong_order", raw(WORDS), f"early{number}@example.org")
        assert mail_reader.body(arrived) == WORDS.encode()
        assert office.signer.is_right(arrived)
    assert milter.footers.outcomes == {Reason.DKIM: 3}
    assert caplog.text.count("the footer must stand before the signing") == 1


def test_many_connections_at_once_keep_their_mail_apart(office: Office, milter: Running) -> None:
    def send(line: int) -> None:
        with office.postfix.client("submission") as client:
            for turn in range(8):
                mail = raw(f"mail {line} {turn}\r\n").replace(b"<1@", b"<%d.%d@" % (line, turn))
                sender = ANI if turn % 2 else "stranger@example.com"
                client.sendmail(sender, [f"at-once{line}.{turn}@example.org"], mail)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(send, range(10)))
    for line in range(10):
        for turn in range(8):
            body = mail_reader.body(office.sink.wait(f"at-once{line}.{turn}@example.org")).decode()
            expected = f"mail {line} {turn}\r\n"
            assert body == (f"{expected}\r\n-- \r\n{LINE}\r\n" if turn % 2 else expected)
    assert milter.footers.outcomes == {"added": 40, Reason.NOT_ENROLLED: 40}


def test_a_mail_broken_off_in_the_middle_leaves_nothing_behind(office: Office, milter: Running) -> None:
    with office.postfix.client("submission") as client:
        client.mail(ANI)
        client.rset()
        client.mail(ANI)
        client.rcpt("never@example.org")
        client.rset()
        client.rset()
        client.ehlo()
        client.sendmail(ANI, ["after-rset@example.org"], raw("after\r\n"))
    with office.postfix.client("submission") as client:
        client.mail(ANI)
        client.rcpt("never@example.org")
        client.putcmd("DATA")
        client.getreply()
        client.send(b"Subject: never\r\n\r\nhalf a l")
        assert client.sock is not None
        client.sock.shutdown(socket.SHUT_RDWR)
    assert mail_reader.body(office.sink.wait("after-rset@example.org")).startswith(b"after\r\n\r\n-- \r\n")
    wait_until(lambda: milter.busy() == 0)


def test_who_signed_in_counts_not_what_the_envelope_says(office: Office, milter: Running) -> None:
    mail = raw(WORDS).replace(b"<1@", b"<signed-in@")
    assert mail_reader.has_footer(office.sent("submission", mail, "u1@example.org", sender="x@example.com", user=ANI))
    other = office.sent("submission", mail, "u2@example.org", sender=ANI, user="eve@example.com")
    assert mail_reader.body(other) == WORDS.encode()


def test_mail_of_programs_on_the_machine_gets_it_too(office: Office, milter: Running) -> None:
    office.postfix.sendmail(ANI, "local@example.org", raw(WORDS).replace(b"\r\n", b"\n"))
    assert mail_reader.has_footer(office.sink.wait("local@example.org"))


def test_senders_with_letters_beyond_ascii_are_known_as_all_others(
    office: Office, campaign: Campaign, milter: Running
) -> None:
    a_sender(campaign, "änï@exämple.com")
    with office.postfix.client("submission") as client:
        client.sendmail("änï@exämple.com", ["utf8@example.org"], raw(WORDS), mail_options=["SMTPUTF8"])
        client.sendmail("önï@example.com", ["utf8-other@example.org"], raw(WORDS), mail_options=["SMTPUTF8"])
    assert mail_reader.has_footer(office.sink.wait("utf8@example.org"))
    assert mail_reader.body(office.sink.wait("utf8-other@example.org")) == WORDS.encode()
    assert milter.footers.outcomes == {"added": 1, Reason.NOT_ENROLLED: 1}


def test_without_a_milter_mail_goes_out_at_once_and_without_footer(office: Office, ani: Participant) -> None:
    assert mail_reader.body(office.sent("submission", raw(WORDS), "nobody@example.org")) == WORDS.encode()


def test_killed_in_the_middle_mail_still_goes_out_and_started_again_footers_come_back(
    office: Office, ani: Participant, tmp_path: Path
) -> None:
    footer = "I am in. You too? http"
    with process_on(office.milter, tmp_path / "first") as milter, office.postfix.client("submission") as client:
        client.sendmail(ANI, ["alive@example.org"], raw(WORDS).replace(b"<1@", b"<alive@"))
        assert footer.encode() in office.sink.wait("alive@example.org")
        client.mail(ANI)
        milter.kill()
        milter.wait()
        client.rcpt("killed@example.org")
        client.data(raw(WORDS))
        client.sendmail(ANI, ["after@example.org"], raw(WORDS))
    for name in ("killed@example.org", "after@example.org"):
        assert mail_reader.body(office.sink.wait(name)) == WORDS.encode()
    with process_on(office.milter, tmp_path / "second") as milter:
        again = office.sent("submission", raw(WORDS).replace(b"<1@", b"<again@"), "again@example.org")
        assert footer.encode() in again
        milter.send_signal(signal.SIGTERM)
        said, _ = milter.communicate(timeout=SECONDS)
    assert milter.returncode == 0
    assert said.splitlines()[-1].split() == ["1", "added"]
    assert queries.counts_of(FooterSender.objects.get(participant=ani)).added >= 1


def test_killed_while_it_hands_a_mail_back_it_has_handed_back_all_of_it(
    office: Office, ani: Participant, tmp_path: Path
) -> None:
    """Postfix cannot read its own file any more when it is told half a body and then nothing."""
    body = b"y" * 70 + b"\r\n"
    body *= (surgery.LARGEST - 1000) // len(body)
    with process_on(office.milter, tmp_path / "data") as milter, connected(office.milter) as (line, answers):
        tell(line, Negotiate(6, ActionFlags.ALL, ProtocolFlags(0x1FFFFF)))
        next_answer(answers)
        tell(line, EnvelopeFrom(b"<ani@example.com>"))
        assert isinstance(next_answer(answers), Continue)
        for at in range(0, len(body), 65_535):
            tell(line, Body(body[at : at + 65_535]))
        tell(line, EndOfMessage(b""))
        line.recv(1, socket.MSG_PEEK)
        milter.kill()
        milter.wait()
        told = []
        while not told or not isinstance(told[-1], Accept):
            told.append(next_answer(answers))
    assert len(b"".join(bytes(one.content) for one in told if isinstance(one, ReplaceBody))) > len(body)
    assert isinstance(told[-2], AddHeader), "whatever follows a body ends it"


def test_told_to_end_it_finishes_what_it_has_begun(office: Office, ani: Participant, tmp_path: Path) -> None:
    with process_on(office.milter, tmp_path / "data") as milter:
        with ThreadPoolExecutor(4) as pool:
            mails = [raw(f"mail {n}\r\n" * 20_000).replace(b"<1@", b"<end%d@" % n) for n in range(12)]
            sent = [pool.submit(office.send, "submission", mail, f"end{n}@example.org") for n, mail in enumerate(mails)]
            office.sink.wait("end1@example.org")
            milter.send_signal(signal.SIGTERM)
            for one in sent:
                one.result()
        assert milter.wait(SECONDS) == 0
    for n, mail in enumerate(mails):
        assert mail_reader.body(office.sink.wait(f"end{n}@example.org")).startswith(mail_reader.body(mail))
    assert "corrupted queue file" not in office.postfix.log


@contextmanager
def connected(port: int) -> Iterator[tuple[socket.socket, BinaryIO]]:
    """A line to a milter, and what it answers there."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as line, line.makefile("rb") as answers:
        yield line, answers


def tell(line: socket.socket, message: Message) -> None:
    """Tell a milter something, as Postfix does."""
    buffer = SimpleBuffer(100_000)
    message.pack(buffer)
    line.sendall(bytes(buffer[:]))


def next_answer(answers: BinaryIO) -> Message:
    """Return the next thing that a milter told."""
    length = answers.read(4)
    buffer = SimpleBuffer(100_000)
    buffer[:] = length + answers.read(int.from_bytes(length, "big"))
    message, _ = Message.unpack(buffer)
    return message


@contextmanager
def process_on(port: int, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the milter as a process of its own, with the tests' database."""
    folder.mkdir()
    database, environment = connection.settings_dict, {**os.environ, "SEBAR_DATA": str(folder)}
    (folder / "secret.key").write_bytes(config.load().secret)
    if connection.vendor == "sqlite":
        (folder / "sebar.sqlite3").symlink_to(database["NAME"])
    else:
        environment["SEBAR_DATABASE"] = os.environ["SEBAR_DATABASE"].replace("/postgres?", f"/{database['NAME']}?")
    words = [
        sys.executable,
        "-c",
        "from sebar.cli import main; main()",
        "footer",
        "run",
        "--listen",
        f"127.0.0.1:{port}",
    ]
    words += ["--listen", f"127.0.0.1:{port}"]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"Ready at 127.0.0.1:{port}.\n"
            yield process
        finally:
            process.kill()


# ---- real signatures


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A certificate and its key, in one file."""
    path = tmp_path_factory.mktemp("smime") / "both.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=Ani/emailAddress=ani@example.com",
    ]
    subprocess.run([*command, "-keyout", str(path), "-out", str(path) + ".crt"], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return str(path)


def smime(*words: str, mail: bytes) -> bytes:
    """Return what openssl makes of a mail; it must succeed."""
    done = subprocess.run(["openssl", "smime", *words], input=mail, capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, mail)
    return done.stdout.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def test_a_real_signature_is_still_right_after_the_trip(office: Office, milter: Running, certificate: str) -> None:
    top = ("-from", ANI, "-to", "s@example.org", "-subject", "Signed")
    signed = smime("-sign", "-text", "-signer", certificate, *top, mail=WORDS.encode())
    arrived = office.sent("submission", signed, "smime@example.org")
    assert WORDS.encode() in smime("-verify", "-text", "-CAfile", certificate, mail=arrived)
    with pytest.raises(AssertionError):
        smime("-verify", "-CAfile", certificate, mail=arrived.replace(b"noon", b"nine"))
    assert milter.footers.outcomes == {Reason.SIGNED: 1}


def test_a_really_encrypted_mail_can_still_be_read(office: Office, milter: Running, certificate: str) -> None:
    encrypted = smime("-encrypt", "-aes256", "-from", ANI, "-to", "e@example.org", certificate, mail=WORDS.encode())
    arrived = office.sent("submission", encrypted, "secret@example.org")
    assert smime("-decrypt", "-recip", certificate, mail=arrived) == WORDS.encode()
    assert milter.footers.outcomes == {Reason.ENCRYPTED: 1}


# ---- the relay


def test_every_kind_of_mail_arrives_as_it_should_through_the_relay(office: Office, relay: Running) -> None:
    mails = corpus()
    with office.postfix.client("filtered") as client:
        for number, (_, mail, _) in enumerate(mails):
            client.sendmail(ANI, [f"relayed{number}@example.org"], mail, mail_options=["BODY=8BITMIME"])
    for number, (name, mail, reason) in enumerate(mails):
        arrived = office.sink.wait(f"relayed{number}@example.org")
        assert_as_it_should_be(name, mail, arrived, reason, relay)
        assert office.signer.is_right(arrived), name
    assert relay.footers.outcomes["added"] == sum(reason is None for _, _, reason in mails)


def test_while_mail_cannot_go_back_postfix_keeps_it_and_then_it_comes_once(office: Office, ani: Participant) -> None:
    office.send("filtered", raw(WORDS), "kept1@example.org")
    wait_until(lambda: "kept1@example.org" in office.postfix.log and "status=deferred" in office.postfix.log)
    with relay_on(office.relay, free_port()):
        office.send("filtered", raw(WORDS), "kept2@example.org")
        wait_until(lambda: "The mail cannot be passed on just now" in office.postfix.log)
    assert "kept1@example.org" not in office.sink.messages
    with relay_on(office.relay, office.postfix.ports["back"]):
        office.postfix.control("flush")
        for name in ("kept1@example.org", "kept2@example.org"):
            office.sink.wait(name)
    assert len(office.sink.messages["kept1@example.org"]) == len(office.sink.messages["kept2@example.org"]) == 1
