"""What the log holds of addresses that open something."""

from __future__ import annotations

import io
import logging

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils.log import log_response

from builders import a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.pages.logs import WithoutSecrets
from sebar.participants.queries import personal_secret


def test_what_was_answered_properly_is_no_news(people: People, campaign: Campaign, written: io.StringIO) -> None:
    assert people.alice.user is not None
    alice = Client(enforce_csrf_checks=True)
    alice.force_login(people.alice.user)
    many = {f"field{number}": "x" for number in range(5_000)}
    place = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}"
    alice.get(f"{place}/plan/new")
    for answer in (
        alice.post(f"{place}/plan/new", many),
        alice.post(f"/c/{campaign.slug}", many),
        alice.get(f"/c/{campaign.slug}", many),
    ):
        assert answer.status_code == 413
        assert "More than 1000 fields were sent: send fewer at once." in answer.content.decode()
    assert alice.get("/oembed", {"url": "x", "format": "xml"}).status_code == 501
    assert written.getvalue() == ""


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the instance's own handler writes."""
    (handler,) = (
        found
        for found in logging.getLogger().handlers
        if isinstance(found, logging.StreamHandler) and any(isinstance(one, WithoutSecrets) for one in found.filters)
    )
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return stream


def test_no_secret_of_an_address_is_logged(campaign: Campaign, written: io.StringIO) -> None:
    secret = personal_secret(a_participant(campaign))
    for address in (f"/me/{secret}", f"/me/{secret}.", f"/console/welcome/{secret}", "/c/coffee"):
        log_response("%s: %s", "Internal Server Error", address, response=HttpResponse(status=500), request=None)
    code, _, proof = secret.partition(".")
    assert proof not in written.getvalue()
    said = [line.partition("Error: ")[2] for line in written.getvalue().splitlines()]
    assert said == [f"/me/{code}…", f"/me/{code}…", "/console/welcome/…", "/c/coffee"]
