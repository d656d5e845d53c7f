"""What a brand says about an affair stands on every page of the campaign, and on its frames."""

from __future__ import annotations

import pytest
from django.test import Client

from builders import a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret
from sebar.steering.decisions import actions, affair

SAID = {"en": "We are looking into it.\n\nNobody was hurt.", "id": "Kami sedang memeriksanya."}


@pytest.fixture
def dewi(campaign: Campaign) -> Participant:
    return a_participant(campaign, name="Dewi")


def pages(dewi: Participant) -> list[str]:
    code = codes.spell(dewi.pk)
    return [f"/c/{dewi.campaign.slug}", f"/s/{code}", f"/me/{personal_secret(dewi)}", f"/e/{code}"]


def test_it_stands_on_every_page_until_it_is_taken_away(people: People, campaign: Campaign, dewi: Participant) -> None:
    affair.state(membership=people.alice, slug=campaign.slug, texts=SAID)
    for address in pages(dewi):
        said = Client().get(address, headers={"Accept-Language": "en"}).content.decode()
        assert "We are looking into it." in said, address
        said = Client().get(address, headers={"Accept-Language": "id"}).content.decode()
        assert "Kami sedang memeriksanya." in said, address
    affair.state(membership=people.alice, slug=campaign.slug, texts={})
    for address in pages(dewi):
        assert "We are looking into it." not in Client().get(address).content.decode(), address


def test_whoever_stops_it_is_seen_on_frames_within_seconds(
    people: People, campaign: Campaign, dewi: Participant
) -> None:
    frame = pages(dewi)[3]
    assert Client().get(frame).headers["Cache-Control"] == "public, max-age=5"
    actions.take(membership=people.alice, slug=campaign.slug, rung="stop")
    assert "nobody can join any more" in Client().get(frame, headers={"Accept-Language": "en"}).content.decode()


def test_what_is_stopped_advertises_nothing(people: People, campaign: Campaign, dewi: Participant) -> None:
    link, own, _secret, frame = pages(dewi)
    invited = f"{link}?ref={codes.spell(dewi.pk)}"
    advertised = ("Share the spark", "Dewi</bdi></b> invites you", 'og:image"')
    before = Client().get(invited).content.decode()
    assert advertised[0] in before
    assert advertised[1] in before

    actions.take(membership=people.alice, slug=campaign.slug, rung="hold")
    assert advertised[1] in Client().get(invited).content.decode(), "it may go on any minute"
    affair.state(membership=people.alice, slug=campaign.slug, texts=SAID)
    for rung in ("", "stop"):
        if rung:
            actions.take(membership=people.alice, slug=campaign.slug, rung=rung)
        for address in (invited, own, frame):
            said = Client().get(address).content.decode()
            assert [word for word in advertised if word in said] == [], address
            assert "We are looking into it." in said


def test_it_is_never_read_as_markup(people: People, campaign: Campaign, dewi: Participant) -> None:
    texts = dict.fromkeys(("en", "id"), "<script>alert(1)</script>")
    affair.state(membership=people.alice, slug=campaign.slug, texts=texts)
    for address in pages(dewi):
        assert b"<script>alert" not in Client().get(address).content
