"""What the log holds of addresses that open something."""

from __future__ import annotations

import io
import logging

import pytest
from django.http import HttpResponse
from django.utils.log import log_response

from builders import a_participant
from sebar.campaigns.models import Campaign
from sebar.pages.logs import WithoutSecrets
from sebar.participants.queries import personal_secret


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
