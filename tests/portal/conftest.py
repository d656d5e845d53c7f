"""What the portal's tests share: a browser that keeps cookies, the form as a page holds it, and pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret

_INPUT = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


def form_of(html: str) -> dict[str, str]:
    """Return what the page's join form would send, as a browser reads it: ticked boxes only."""
    values: dict[str, str] = {}
    inside = re.search(r'<form method="post".*?</form>', html, re.DOTALL)
    assert inside is not None
    for tag in _INPUT.findall(inside[0]):
        attributes = dict(_ATTRIBUTE.findall(tag[6:]))
        if attributes.get("type") != "checkbox" or "checked" in attributes:
            values[attributes["name"]] = unescape(attributes.get("value", ""))
    return values


Joining = Callable[..., Any]


@pytest.fixture
def joining(campaign: Campaign) -> Joining:
    """Open the campaign's page in a browser, fill its form in and send it, as a person does."""

    def join(client: Client, query: str = "", to: Campaign = campaign, **entered: str) -> Any:
        address = f"/c/{to.slug}"
        filled = {**form_of(client.get(address + query).content.decode()), "consent": "1", **entered}
        return client.post(address, filled)

    return join


def the_only(campaign: Campaign) -> Participant:
    """Return the only participant of the campaign."""
    return Participant.objects.get(campaign=campaign)


def code_of(participant: Participant) -> str:
    """Return a participant's code."""
    return codes.spell(participant.pk)


def own_cookie(participant: Participant) -> dict[str, str]:
    """Return the name and the value of the cookie by which a participant's browser is known."""
    return {"name": f"sebar_me_{participant.campaign_id}", "value": personal_secret(participant)}


def as_owner(client: Client, participant: Participant) -> Client:
    """Return the client as the browser of a participant."""
    cookie = own_cookie(participant)
    client.cookies[cookie["name"]] = cookie["value"]
    return client


def a_picture(width: int = 800, height: int = 600, kind: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    """Return a picture file with a gradient in it."""
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
