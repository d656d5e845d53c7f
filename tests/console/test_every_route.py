"""One walk over every address of the console: as owner, viewer, stranger and signed out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from builders import a_participant
from people import People
from sebar.brands.models import Member
from sebar.campaigns.models import Campaign
from sebar.console.urls import urlpatterns
from sebar.kit import codes

POSTS = {
    "demo",
    "invite",
    "change-role",
    "remove-member",
    "withdraw",
    "create-key",
    "revoke-key",
    "step",
    "sign-out",
}
EDITING = {"new", "edit", "stop", "step", "demo"}
MANAGING = {"invite", "change-role", "withdraw", "keys", "create-key", "revoke-key"}
OPEN = {"sign-in", "sign-out", "welcome"}
OWN = {"record", "home", "account"}


@pytest.fixture
def addresses(people: People, campaign: Campaign) -> dict[str, str]:
    """Every named address of the console, about Alice's brand."""
    person = a_participant(campaign, name="Dewi")
    values = {
        "brand": people.alice.brand.slug,
        "slug": campaign.slug,
        "code": codes.spell(person.pk),
        "name": "pause",
        "secret": "nothing",
        "user": Member.objects.get(user=people.bob.user).user_id,
        "invitation": 1,
        "key": 1,
    }
    found = {}
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        assert pattern.name is not None
        wanted = {name: values[name] for name in pattern.pattern.regex.groupindex}
        if pattern.name == "export":
            wanted["name"] = "funnel"
        found[pattern.name] = reverse(f"console:{pattern.name}", kwargs=wanted)
    return found


def _knock(client: Client, name: str, address: str) -> tuple[int, str]:
    response = client.post(address) if name in POSTS else client.get(address)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, content.decode()


def test_signed_out_nothing_is_seen(addresses: dict[str, str]) -> None:
    for name, address in addresses.items():
        if name not in OPEN:
            status, content = _knock(Client(), name, address)
            assert (status, content) == (302, ""), name


def test_a_stranger_sees_and_changes_nothing(
    addresses: dict[str, str], charlie: Client, campaign: Campaign, count: Callable[[], None]
) -> None:
    count()
    before = list(Campaign.objects.values()), list(Member.objects.values())
    for name, address in addresses.items():
        if name not in OPEN | OWN:
            status, content = _knock(charlie, name, address)
            assert status == 404, name
            assert "Dewi" not in content
            assert campaign.name not in content
            assert "Kopi Senja" not in content
    assert before == (list(Campaign.objects.values()), list(Member.objects.values()))


def test_a_viewer_looks_and_changes_nothing(addresses: dict[str, str], vera: Client, count: Callable[[], None]) -> None:
    count()
    before = list(Campaign.objects.values()), list(Member.objects.values())
    for name, address in addresses.items():
        if name not in OPEN | OWN | {"remove-member"}:
            assert _knock(vera, name, address)[0] == (403 if name in EDITING | MANAGING else 200), name
    _knock(vera, "remove-member", addresses["remove-member"])
    assert before == (list(Campaign.objects.values()), list(Member.objects.values()))


def test_an_owner_sees_every_page(addresses: dict[str, str], alice: Client, count: Callable[[], None]) -> None:
    count()
    for name, address in addresses.items():
        if name not in POSTS | OPEN | {"home"}:
            assert _knock(alice, name, address)[0] == 200, name


def test_pages_hold_no_inline_script_and_no_style_attribute(
    addresses: dict[str, str], alice: Client, count: Callable[[], None]
) -> None:
    count()
    for name, address in addresses.items():
        if name not in POSTS | OPEN | {"home", "version", "export", "shown"}:
            content = _knock(alice, name, address)[1]
            assert " style=" not in content, name
            assert "<style" not in content, name
            assert "<script>" not in content, name
            assert "onclick" not in content, name


@pytest.mark.parametrize("language", ["en", "id"])
def test_geometry_never_takes_the_decimal_comma_of_a_language(
    addresses: dict[str, str], alice: Client, count: Callable[[], None], language: str
) -> None:
    count()
    content = _knock(alice, "cascades", addresses["cascades"] + f"?lang={language}")[1]
    assert 'viewBox="0 0 1000 198"' in content
    assert 'x2="100%"' in content
