"""How many mails a second go through a real Postfix with the milter, beside the same Postfix without one.

As in a company: what signs mail (opendkim) stands behind, and all mail is delivered to Postfix's own `smtp-sink`. Its
`smtp-source` sends over ten connections, in turns to a port that shows its mail to the footer's milter too and to one
that does not, and the clock stops when the last mail is delivered. Nobody, one in ten, or everybody who sends has a
footer. Needs root.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median

FOLDER = tempfile.TemporaryDirectory(prefix="sebar-bench-")
os.environ["SEBAR_DATA"] = FOLDER.name
TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "channels" / "footer")]

from sebar.serve.django import setup  # noqa: E402 - the settings read the folder above

setup()

from django.core.management import call_command  # noqa: E402 - Django comes first
from postfix_beside import Postfix, opendkim, postfix, wait_for_port  # noqa: E402

from ports import free_port  # noqa: E402
from sebar.brands import actions as brands  # noqa: E402
from sebar.brands.models import User  # noqa: E402
from sebar.brands.queries import membership  # noqa: E402
from sebar.campaigns import actions as campaigns  # noqa: E402
from sebar.campaigns.models import Campaign  # noqa: E402
from sebar.campaigns.rules import CampaignForm  # noqa: E402
from sebar.channels.actions import switch  # noqa: E402
from sebar.channels.kinds.footer import actions, queries  # noqa: E402
from sebar.participants import actions as participants  # noqa: E402
from sebar.participants.rules import Entry  # noqa: E402

MAILS, CONNECTIONS, BYTES, ROUNDS = 300, 10, 4000, 7
GOAL = 0.9
ANI = "ani@example.com"
BEN = "ben@example.com"  # has no footer


def main() -> None:
    """Print mails a second on each port, in turns, and the ratio of their medians."""
    campaign = someones_campaign()
    sender = participants.join(campaign=campaign, entry=Entry()).participant
    actions.prove(sender=actions.enrol(participant=sender, address=ANI))
    port = free_port()
    with milter(port), opendkim() as signer, delivery() as sink_port:
        signs = f"inet:127.0.0.1:{signer.port}"
        services = {"bare": {"smtpd_milters": signs}, "milter": {"smtpd_milters": f"inet:127.0.0.1:{port}, {signs}"}}
        with postfix(sink_port, {"milter_default_action": "tempfail"}, services) as server:
            print(f"{MAILS} mails of {BYTES:,} bytes over {CONNECTIONS} connections, {ROUNDS} rounds in turns\n")
            print(f"{'who has a footer':<28}{'bare/s':>10}{'milter/s':>10}{'ratio':>10}")
            for who, footers in (("nobody", 0), ("one in ten", MAILS // 10), ("everybody", MAILS)):
                compare(server, who, footers)
    print(f"\n{queries.counts(campaign).added:,} footers were added; the goal is {GOAL} of the bare rate.")


def someones_campaign() -> Campaign:
    """Make an owner, a brand and a running campaign."""
    call_command("migrate", verbosity=0)
    owner = User.objects.create(name="Dina", email="dina@example.com")
    member = membership(owner, brands.open_brand(name="Kopi Senja", owner=owner).slug)
    words = {"headline": "Bring a friend", "call_to_action": "Join", "share_text": "Free coffee for two:"}
    form = CampaignForm(name="Two cups", slug="two-cups", texts={"en": words})
    campaigns.draft(membership=member, form=form)
    published = campaigns.publish(membership=member, slug=form.slug)
    switch(campaign=published, channel="footer", is_on=True)
    return published


@contextmanager
def running(*words: str, port: int) -> Iterator[int]:
    """Run a program until the end; yield the port at which it listens."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def milter(port: int) -> AbstractContextManager[int]:
    """Run the milter as a process of its own, as a company does."""
    words = [sys.executable, "-c", "from sebar.cli import main; main()", "footer", "run", "--listen"]
    return running(*words, f"127.0.0.1:{port}", port=port)


def delivery() -> AbstractContextManager[int]:
    """Run what takes all mail in the end."""
    port = free_port()
    return running("/usr/sbin/smtp-sink", "-u", "postfix", f"127.0.0.1:{port}", "100", port=port)


def compare(server: Postfix, who: str, footers: int) -> None:
    """Print a line of the table."""
    rates: dict[str, list[float]] = {service: [] for service in server.ports}
    for service in server.ports:
        rate(server, service, footers)
    for turn in range(ROUNDS):
        for service in sorted(rates, reverse=bool(turn % 2)):
            rates[service].append(rate(server, service, footers))
    bare, shown = median(rates["bare"]), median(rates["milter"])
    print(f"{who:<28}{bare:>10.0f}{shown:>10.0f}{shown / bare:>10.2f}", flush=True)


def rate(server: Postfix, service: str, footers: int) -> float:
    """Return how many mails a second go through Postfix by one of its ports, `footers` of them from Ani."""
    before = delivered(server)
    began = time.monotonic()
    for sender, mails in ((BEN, MAILS - footers), (ANI, footers)):
        if mails:
            words = ["-s", str(CONNECTIONS), "-m", str(mails), "-l", str(BYTES), "-f", sender, "-t", "b@example.org"]
            subprocess.run(["/usr/sbin/smtp-source", "-d", *words, f"127.0.0.1:{server.ports[service]}"], check=True)
    while delivered(server) < before + MAILS:
        time.sleep(0.01)
    return MAILS / (time.monotonic() - began)


def delivered(server: Postfix) -> int:
    """Return how many mails Postfix has delivered so far."""
    return server.log.count("status=sent")


if __name__ == "__main__":
    main()
