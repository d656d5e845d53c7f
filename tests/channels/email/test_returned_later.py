"""A returned letter waits at the mail server while the database is away."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import typer
from django.db import connection

from builders import a_campaign, a_participant
from sebar.channels import actions
from sebar.channels.kinds.email.letter import token
from sebar.channels.models import Message, Purpose, State
from sebar.cli import mail

NOT_DELIVERED = (
    b"From: MAILER-DAEMON@mx.example.com\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mx.example.com\r\n\r\n"
    b"Final-Recipient: rfc822; budi@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("database", "words"),
    [("postgresql://sebar@127.0.0.1:1/sebar", "The database cannot be used"), ("", "There is no Sebar in")],
    ids=["a server that is away", "a folder that is not there yet"],
)
def test_postfix_keeps_a_returned_letter_while_the_database_is_away(tmp_path: Path, database: str, words: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from sebar.cli import main; main()", "mail", "bounce", "--to", "back+1-0@kopi.example"],
        input=NOT_DELIVERED,
        capture_output=True,
        check=False,
        env={**os.environ, "SEBAR_DATA": str(tmp_path), "SEBAR_DATABASE": database},
    )
    assert (told.returncode, told.stdout) == (75, b"")
    assert f"Try this letter again later: {words}" in told.stderr.decode()
    assert "Traceback" not in told.stderr.decode()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="this way of refusing to write is SQLite's")
def test_a_database_that_takes_nothing_just_now_loses_no_returned_letter(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    dewi = a_participant(a_campaign())
    message = actions.queue(
        participant=dewi, channel="email", purpose=Purpose.INVITE, address="budi@example.com", once="x", content={}
    )

    def take() -> None:
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(NOT_DELIVERED)))
        mail.bounce(to=f"back+{token(message.pk)}@kopi.example")

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        with pytest.raises(typer.Exit) as ended:
            take()
        cursor.execute("PRAGMA query_only = OFF")
    assert ended.value.exit_code == 75
    take()
    assert Message.objects.get().state == State.BOUNCED
