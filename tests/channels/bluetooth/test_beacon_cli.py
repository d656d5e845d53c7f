"""`sebar beacon` beside a virtual phone: what it says, when it ends, and one sentence for whatever goes wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import typer
from django.db import connection
from test_beacon_radio import eddystone_of, uri_of
from typer.testing import CliRunner, Result
from virtual_radio import PHONE, Ether, Inbox, beside

from builders import a_campaign, a_draft, a_membership, a_participant
from sebar.brands.queries import Membership
from sebar.campaigns import actions
from sebar.campaigns.models import Campaign
from sebar.channels.models import Switch
from sebar.cli import beacon
from sebar.kit import codes, config
from sebar.kit.errors import UserError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member() -> Membership:
    return a_membership()


def run(*words: str) -> Result:
    app = typer.Typer()
    beacon.register(app)
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def refused(*words: str) -> str:
    """Return the sentence with which the command ends."""
    with pytest.raises(UserError) as error:
        run(*words)
    return error.value.message


def in_its_own_thread(step: Callable[..., object], **named: object) -> None:
    """Do a step and let go of the thread's connection."""
    step(**named)
    connection.close()


def test_it_says_somebodys_link_until_the_campaign_stops(member: Membership) -> None:
    campaign = a_campaign(member)
    code = codes.spell(a_participant(campaign).pk)
    heard = []

    async def scenario(ether: Ether) -> None:
        phone = await ether.phone()
        heard.append(uri_of(await phone.hear(lambda one: bool(uri_of(one)))))
        await asyncio.to_thread(in_its_own_thread, actions.stop, membership=member, slug=campaign.slug)
        await ether.silence()

    with beside(scenario) as adapter:
        done = run(campaign.slug, "--code", code.upper(), "--transport", adapter)
    link = f"{config.load().public_url}/r/{code}?via=bluetooth"
    assert heard == [link]
    assert done.exit_code == 0
    assert f"{adapter} says {link} by every means" in done.output
    assert "Left out: " in done.output
    assert "in an Eddystone beacon, and 17 fit" in done.output
    assert done.output.endswith("This campaign was stopped: nobody can join any more. The beacon is silent.\n")


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_tidily_when_asked_to(member: Membership, by: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = a_campaign(member)
    code = codes.spell(a_participant(campaign).pk)
    short = config.read({"SEBAR_URL": "https://kopi.id"})
    monkeypatch.setattr(config, "load", lambda: short)
    heard = []

    async def scenario(ether: Ether) -> None:
        phone = await ether.phone()
        heard.append(eddystone_of(await phone.hear(lambda one: bool(eddystone_of(one)))))
        os.kill(os.getpid(), by)
        await ether.silence()

    with beside(scenario) as adapter:
        done = run(campaign.slug, "--code", code, "--transport", adapter, "--mode", "eddystone")
    assert heard == [f"https://kopi.id/b/{code}"]
    assert done.exit_code == 0
    assert done.output == (
        f"{adapter} says https://kopi.id/r/{code}?via=bluetooth by Eddystone. Ctrl-C ends it.\nThe beacon is silent.\n"
    )


def test_an_adapter_that_is_pulled_out_ends_it_with_a_sentence(member: Membership) -> None:
    async def scenario(ether: Ether) -> None:
        phone = await ether.phone()
        await phone.hear(lambda one: bool(uri_of(one)))
        ether.pull_out()

    campaign = a_campaign(member)
    with beside(scenario) as adapter:
        assert refused(campaign.slug, "--transport", adapter).startswith(f"The Bluetooth adapter {adapter} is gone")


def test_it_pushes_a_card_to_the_one_device_that_was_named(member: Membership) -> None:
    campaign = a_campaign(member)
    inbox = Inbox()

    async def scenario(ether: Ether) -> None:
        inbox.open((await ether.phone(classic=True)).device)

    with beside(scenario) as adapter:
        done = run(campaign.slug, "--transport", adapter, "--push", PHONE)
    assert done.output.endswith(f"{PHONE} has the card.\n")
    assert inbox.names == [f"{campaign.slug}.vcf"]
    assert f"URL:{config.load().public_url}/c/{campaign.slug}?via=bluetooth\r\n".encode() in inbox.files[0]


def a_paused(member: Membership) -> Campaign:
    return actions.pause(membership=member, slug=a_campaign(member).slug)


def a_stopped(member: Membership) -> Campaign:
    return actions.stop(membership=member, slug=a_campaign(member).slug)


def one_to_come(member: Membership) -> Campaign:
    return a_campaign(member, starts_at=datetime(2190, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (a_draft, "This campaign is not published yet."),
        (a_paused, "This campaign is paused"),
        (a_stopped, "This campaign was stopped"),
        (one_to_come, "This campaign has not started yet."),
    ],
)
@pytest.mark.parametrize("push", [[], ["--push", PHONE]])
def test_only_a_running_campaign_is_passed_on(
    member: Membership, make: Callable[[Membership], Campaign], why: str, push: list[str]
) -> None:
    sentence = refused(make(member).slug, "--transport", "nothing:0", *push)
    assert sentence.startswith(why)
    assert sentence.endswith("There is nothing to pass on by Bluetooth.")


def test_a_campaign_without_this_channel_is_not_passed_on(member: Membership) -> None:
    campaign = a_campaign(member)
    Switch.objects.create(campaign=campaign, channel="bluetooth", is_on=False)
    assert refused(campaign.slug).startswith("Bluetooth is switched off in this campaign.")


def test_what_does_not_exist_is_named(member: Membership) -> None:
    assert "“nothing”" in refused("nothing")
    assert "“k7m2fqx”" in refused(a_campaign(member).slug, "--code", "k7m2fqx")
    assert "There is no Bluetooth adapter tcp-client:127.0.0.1:1" in refused(
        a_campaign(member).slug, "--transport", "tcp-client:127.0.0.1:1"
    )
    assert "“12:34” is not a Bluetooth address" in refused(
        a_campaign(member).slug, "--push", "12:34", "--transport", "tcp-client:127.0.0.1:1"
    )


def test_a_link_that_is_too_long_is_refused_with_its_length_and_a_way_out(member: Membership) -> None:
    campaign = a_campaign(member)
    code = codes.spell(a_participant(campaign).pk)

    async def scenario(ether: Ether) -> None: ...

    with beside(scenario) as adapter:
        sentence = refused(campaign.slug, "--code", code, "--mode", "eddystone", "--transport", adapter)
    address = f"{config.load().public_url}/b/{code}"
    assert sentence.startswith(f"“{address}” takes {len(address) - len('http://')} bytes in an Eddystone beacon")
    assert sentence.endswith("or --mode extended, which carries the whole link.")


def test_a_campaigns_own_page_is_too_long_for_eddystone_whatever_the_host(member: Membership) -> None:
    async def scenario(ether: Ether) -> None: ...

    with beside(scenario) as adapter:
        sentence = refused(a_campaign(member).slug, "--mode", "eddystone", "--transport", adapter)
    assert sentence.startswith("Eddystone has no room for the campaign’s own page: name somebody with --code")


def test_without_bumble_it_says_what_to_install(member: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bumble", None)
    assert "pip install 'sebar[bluetooth]'" in refused(a_campaign(member).slug)


@pytest.mark.processes
def test_nothing_else_needs_bumble() -> None:
    everything = (
        "import sys; sys.modules['bumble'] = None\n"
        "from sebar import cli; cli.collect('beacon')\n"
        "import sebar.portal.urls, sebar.channels.kinds.bluetooth.console\n"
    )
    done = subprocess.run([sys.executable, "-c", everything], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
