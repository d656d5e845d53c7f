"""One folder a channel: what each must hold, and that adding one is adding a folder."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import translation

from sebar import channels
from sebar.channels import kinds
from sebar.channels.base import Channel

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


def test_adding_a_channel_is_adding_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pigeon"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from sebar.channels.base import Channel\nCHANNEL = Channel(name='pigeon', label='Carrier pigeon', order=1)\n"
    )
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    try:
        again = importlib.reload(channels)
        assert again.title("pigeon") == "Carrier pigeon"
    finally:
        monkeypatch.undo()
        importlib.reload(channels)
        sys.modules.pop("sebar.channels.kinds.pigeon", None)
