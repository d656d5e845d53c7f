from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.template.loader import get_template

from sebar.pages import channels
from sebar.portal import ways

LINK = "https://share.example.com/r/k7m2fqx"
WORDS = "Kopi & kue? Ayo! “50 %” #gratis"


def texts_of(address: str) -> str:
    """Return every value in an address's query, decoded as the program that opens it does."""
    return " ".join(
        value for values in parse_qs(urlsplit(address).query, strict_parsing=False).values() for value in values
    )


@pytest.mark.parametrize("door", ways.doors(LINK, words=WORDS, subject="Coffee & more"), ids=lambda door: door.way.via)
def test_each_way_carries_its_own_name_and_the_words_whole(door: ways.Door) -> None:
    assert f"{LINK}?via={door.way.via}" in texts_of(door.address)
    assert door.way.via == "facebook" or WORDS in texts_of(door.address)


@pytest.mark.parametrize("way", ways.WAYS, ids=lambda way: way.via)
def test_each_way_has_a_drawing_and_a_name_in_the_console(way: ways.Way) -> None:
    get_template(way.icon)
    assert channels.name(way.via) != way.via


def test_no_two_ways_are_mixed_up() -> None:
    assert len({way.via for way in ways.WAYS} | {ways.SHEET, ways.COPY, ways.QR, ways.SPOKEN}) == len(ways.WAYS) + 4
