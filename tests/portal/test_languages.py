"""In which language a link speaks: the reader's, and to programs that ask for none, that of whose link it is."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from builders import a_campaign, a_participant
from people import People
from portal.conftest import code_of
from sebar.kit import config
from sebar.participants.models import Participant

OURS = config.load().public_url
ENGLISH, INDONESIAN = "Free coffee for two", "Kopi gratis untuk berdua"
PLACES = [
    "/c/{slug}?ref={code}",
    "/s/{code}",
    "/e/{code}",
    "/e/{code}.js",
    "/oembed?url={ours}/r/{code}",
    "/c/{slug}/feed?ref={code}",
]


def texts(headline: str) -> dict[str, str]:
    return {"headline": headline, "text": headline, "call_to_action": "OK", "share_text": headline}


@pytest.fixture
def citra(people: People) -> Participant:
    """Somebody who joined in Indonesian a campaign that speaks English first."""
    campaign = a_campaign(people.alice, texts={"en": texts(ENGLISH), "id": texts(INDONESIAN)})
    return a_participant(campaign, name="Citra Lestari", language="id")


def read(client: Client, place: str, citra: Participant, **headers: str) -> str:
    address = place.format(slug=citra.campaign.slug, code=code_of(citra), ours=OURS)
    answer: Any = client.get(address, headers=headers)
    return unescape(answer.content.decode())


@pytest.mark.parametrize("place", PLACES)
def test_a_program_that_names_no_language_hears_the_participants_own(
    client: Client, citra: Participant, place: str
) -> None:
    for headers in ({}, {"Accept-Language": "*"}):
        said = read(client, place, citra, **headers)
        assert INDONESIAN in said
        assert ENGLISH not in said


@pytest.mark.parametrize("place", PLACES)
def test_a_reader_hears_their_own(client: Client, citra: Participant, place: str) -> None:
    assert ENGLISH in read(client, place, citra, **{"Accept-Language": "en-GB"})
    assert INDONESIAN in read(client, place, citra, **{"Accept-Language": "id"})


def test_a_badge_speaks_as_the_html_around_it(client: Client, citra: Participant) -> None:
    for language, headline in (("id", INDONESIAN), ("en", ENGLISH)):
        page = read(client, "/s/{code}/embed", citra, **{"Accept-Language": language})
        shown = re.findall(rf'<img src="([^"]*badge[^"]*)"[^>]*alt="Kopi Senja: {headline}"', unescape(page))
        assert len(shown) == 2  # as it looks, and as it is pasted
        for address in shown:
            assert headline in client.get(address.removeprefix(OURS)).content.decode()
            assert urlsplit(address).query == f"in={language}"


def test_a_badge_that_was_pasted_without_a_language_speaks_its_owners(client: Client, citra: Participant) -> None:
    assert INDONESIAN in read(client, "/e/{code}/badge.svg", citra, **{"Accept-Language": "en"})
