"""Letters per second through the queue and the gate, each signed and each in its own transaction, beside plain smtplib.

Both hand over to the same server on this machine, which takes everything: `python bench/channel_mail.py [letters]`.
"""

from __future__ import annotations

import os
import smtplib
import socket
import sys
import tempfile
import time
from contextlib import closing
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller

EACH = 10  # letters a person; more than twenty a day are left alone


class Sink:
    """Takes every letter."""

    def __init__(self) -> None:
        self.taken = 0

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
        self.taken += 1
        return "250 ok"


def main() -> None:
    """Print both rates and how many times as long a letter takes through all of it."""
    letters = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(SEBAR_DATA=folder, SEBAR_MAIL=f"smtp://127.0.0.1:{port}", SEBAR_DATABASE="")
        plain = letters / plainly(port, letters)
        ours = letters / through_all(letters)
    controller.stop()
    print(f"{letters} letters: {ours:,.0f} a second through queue, gate and signature; smtplib alone {plain:,.0f},")
    print(f"so {ours / plain:.2f} of its rate. Taken by the server: {sink.taken} of {2 * letters}.")
    if sink.taken != 2 * letters:
        sys.exit(1)


def plainly(port: int, letters: int) -> float:
    """Return the seconds that smtplib takes for as many letters of the same size over one line."""
    content = b"From: a@kopi.example\r\nTo: b@example.com\r\nSubject: Look\r\n\r\n" + (b"x" * 76 + b"\r\n") * 40
    began = time.perf_counter()
    with closing(smtplib.SMTP("127.0.0.1", port)) as line:
        for number in range(letters):
            line.sendmail("a@kopi.example", [f"friend{number}@example.com"], content)
    return time.perf_counter() - began


def through_all(letters: int) -> float:
    """Return the seconds that the sender takes for letters that wait."""
    from django.core.management import call_command

    import sebar.serve.tables  # noqa: F401 - it reads the settings made above

    call_command("migrate", verbosity=0)
    from sebar import channels
    from sebar.brands import actions as brands
    from sebar.brands.keys import instance_membership
    from sebar.campaigns import actions as campaigns
    from sebar.campaigns.rules import CampaignForm
    from sebar.channels import actions
    from sebar.channels.jobs import Sending
    from sebar.channels.models import Purpose
    from sebar.participants import actions as participants
    from sebar.participants.rules import Entry

    member = instance_membership(brands.open_brand(name="Bench"))
    words = {"headline": "Join", "text": "Join.", "call_to_action": "Join", "share_text": "Join"}
    form = CampaignForm(name="Bench", slug="bench", languages=("en",), texts={"en": words})
    campaigns.draft(membership=member, form=form)
    campaign = campaigns.publish(membership=member, slug="bench")
    entered = {"sender": "a@kopi.example", "bounces": "b@kopi.example", "postal": "Here 1", "duties": "yes"}
    actions.set_up(membership=member, channel="email", entered={**entered, "most_a_day": "100000"})
    content = {"subject": "Look", "text": "Something for you", "link": "https://share.example.com/r/x", "who": "Dewi"}
    for person in range(0, letters, EACH):
        writer = participants.join(campaign=campaign, entry=Entry(name="Dewi")).participant
        for number in range(person, min(person + EACH, letters)):
            friend = f"friend{number}@example.com"
            actions.queue(
                participant=writer,
                channel="email",
                purpose=Purpose.INVITE,
                address=friend,
                once=f"invite:{number}",
                content=content,
            )
    sending = Sending(channels.ALL["email"], Event())
    began = time.perf_counter()
    sending.turn()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
