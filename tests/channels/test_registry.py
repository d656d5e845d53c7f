"""One folder a channel: what each must hold, and that adding one is adding a folder."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import translation

from builders import a_participant
from people import People
from sebar import channels
from sebar.campaigns.models import Campaign
from sebar.channels import actions, kinds, queries
from sebar.channels.base import Channel
from sebar.channels.jobs import Sending
from sebar.channels.models import Purpose
from sebar.kit import codes

LINK = "https://share.example.com/r/k7m2fqx"
WORDS = "Kopi & kue? Ayo! “50 %” #gratis"
WITHOUT_WORDS = {"facebook", "linkedin", "reddit"}  # they take them from the page behind the link, or want a title


def texts_of(address: str) -> str:
    """Return every value in an address's query, decoded as the program that opens it does."""
    return " ".join(
        value for values in parse_qs(urlsplit(address).query, strict_parsing=False).values() for value in values
    )


@pytest.mark.parametrize("channel", channels.DOORS, ids=lambda channel: channel.name)
def test_each_button_carries_the_link_by_its_own_channel_and_the_words_whole(channel: Channel) -> None:
    address = channel.door(LINK, words=WORDS, subject="Coffee & more")
    assert f"{LINK}?via={channel.name}" in texts_of(address)
    assert channel.name in WITHOUT_WORDS or WORDS in texts_of(address)
    assert channel.icon.startswith("<svg")


@pytest.mark.parametrize("channel", channels.ALL.values(), ids=lambda channel: channel.name)
def test_a_folders_name_is_its_channels_and_fits_into_links(channel: Channel) -> None:
    assert (Path(kinds.__path__[0]) / channel.name / "__init__.py").is_file()
    assert 1 <= len(channel.name) <= 20
    assert channel.link(LINK) == f"{LINK}?via={channel.name}"
    assert len(channel.description) > 40, "whoever runs campaigns must be told what it is and what it takes"


def test_names_are_spoken_in_the_readers_language() -> None:
    with translation.override("id"):
        assert channels.title("email") == "Email"
    assert channels.title("pigeon") == "pigeon"
    assert channels.title("") == "Unknown"


def test_colours_are_kept_where_they_can_be_and_never_shared_among_the_first_five() -> None:
    chosen = channels.colours(["telegram", "x", "link", "copy", "pigeon"])
    assert chosen["telegram"] == channels.ALL["telegram"].colour
    assert len(set(chosen.values())) == 5
    assert channels.colours([str(number) for number in range(7)])["6"] == channels.REST


PIGEON = """
from sebar.channels.base import Channel, Field
CHANNEL = Channel(
    name="pigeon", label="Carrier pigeon", order=1, address="pigeon:{message}", about="A bird takes it there.",
    fields=(Field(name="loft", label="Where your birds live"),), sends=True,
)
"""
LOFT = """
from sebar.channels.base import Came, Outcome
FLOWN = []
class Loft:
    def send(self, message):
        FLOWN.append((message.address, message.content["text"], message.account["loft"]))
        return Outcome(came=Came.SENT)
    def close(self):
        pass
def open_sender():
    return Loft()
"""


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A channel in a folder of its own, which nothing else knows of."""
    folder = tmp_path / "pigeon"
    folder.mkdir()
    (folder / "__init__.py").write_text(PIGEON)
    (folder / "sending.py").write_text(LOFT)
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    importlib.reload(channels)
    yield folder
    monkeypatch.undo()
    importlib.reload(channels)
    for name in [name for name in sys.modules if name.startswith("sebar.channels.kinds.pigeon")]:
        del sys.modules[name]


def test_adding_a_channel_is_adding_a_folder(pigeon: Path, people: People, campaign: Campaign, client: Client) -> None:
    assert channels.title("pigeon") == "Carrier pigeon"
    dewi = a_participant(campaign, name="Dewi")
    shared = client.get(f"/s/{codes.spell(dewi.pk)}").content.decode()
    assert "pigeon:" in shared
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    page = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/channels"
    listed = b"".join(client.get(page)).decode()  # type: ignore[call-overload]  # streamed
    assert "Carrier pigeon" in listed
    own = b"".join(client.get(f"{page}/pigeon")).decode()  # type: ignore[call-overload]  # streamed
    assert "A bird takes it there." in own
    assert "Where your birds live" in own

    assert client.post(f"{page}/pigeon/set-up", {"loft": "Braga 1"}).status_code == 302
    actions.agree(participant=dewi, channel="pigeon", address="Dewi's window")
    actions.queue(
        participant=dewi,
        channel="pigeon",
        purpose=Purpose.NOTICE,
        address="Dewi's window",
        once="1",
        content={"text": "Budi has joined."},
    )
    Sending(channels.ALL["pigeon"], Event()).turn()
    flown = importlib.import_module("sebar.channels.kinds.pigeon.sending").FLOWN
    assert flown == [("Dewi's window", "Budi has joined.", "Braga 1")]
    assert queries.sent(campaign)["pigeon"].sent == 1

    client.post(f"{page}/pigeon/switch", {"to": "off"})
    assert "pigeon:" not in client.get(f"/s/{codes.spell(dewi.pk)}").content.decode()


def test_every_channel_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "channels" / "README.md").read_text(encoding="utf-8")
    assert [name for name in channels.ALL if f"`{name}`" not in page] == []
