"""One walk over every page of the console, as its owner and as a viewer; `test_every_address` walks as others."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from people import People
from sebar.console.urls import urlpatterns
from test_every_address import MARK, a_private_campaign, the_place

NO_PAGES = {
    "home",
    "welcome",
    "sign-in",
    "version",
    "forecast-version",
    "export",
    "shown",
    "show-material",
    "show-card",
    "compare-plans",
}
"""Lead elsewhere, answer with what is no page of the console's own, or want to be told what to compare."""
_POSTED = re.compile(r"""<form\b[^>]*\bmethod=["']?post\b.*?</form>""", re.DOTALL | re.IGNORECASE)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
SEEN, LEADS_ON, NOT_ALLOWED, ONLY_POST = 200, 302, 403, 405


@pytest.fixture
def addresses(people: People) -> dict[str, str]:
    """Every named address of the console, about a campaign of Alice's that has one of everything."""
    campaign = a_private_campaign(people)
    values = the_place(people, campaign, brand=people.alice.brand).values
    found = {}
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        assert pattern.name is not None
        wanted = {name: values[name] for name in pattern.pattern.regex.groupindex}
        if pattern.name == "export":
            wanted["name"] = "funnel"
        found[pattern.name] = reverse(f"console:{pattern.name}", kwargs=wanted)
    return found


@pytest.fixture
def pages(addresses: dict[str, str], alice: Client, count: Callable[[], None]) -> dict[str, str]:
    """What an owner sees on each page of the console."""
    count()
    found = {}
    for name, address in addresses.items():
        status, content = _seen(alice, address)
        if name not in NO_PAGES:
            assert status in {SEEN, LEADS_ON, ONLY_POST}, name
            if status == SEEN:
                found[name] = content
    return found


def _seen(client: Client, address: str) -> tuple[int, str]:
    response = client.get(address)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, content.decode(errors="replace")


def test_an_owner_sees_every_page(pages: dict[str, str]) -> None:
    assert len(pages) > 30
    assert MARK in pages["person"]


def test_every_form_that_is_posted_carries_its_token(pages: dict[str, str]) -> None:
    forms = [(name, form) for name, content in pages.items() for form in _POSTED.findall(content)]
    assert {"material", "material-panels", "channel", "steer"} <= {
        name for name, form in forms if "/sign-out" not in form
    }
    assert not {name for name, form in forms if not _TOKEN.search(form)}


def test_a_viewer_looks_at_everything_that_nobody_changes(
    addresses: dict[str, str], pages: dict[str, str], vera: Client
) -> None:
    seen = {name: _seen(vera, addresses[name])[0] for name in pages}
    assert set(seen.values()) <= {SEEN, NOT_ALLOWED}
    refused = {name for name, status in seen.items() if status == NOT_ALLOWED}
    assert {"new", "edit", "stop", "keys"} <= refused
    looking = {
        "live",
        "forecast",
        "measures",
        "cascades",
        "branch",
        "person",
        "channels",
        "channel",
        "rewards",
    }
    assert not looking & refused


def test_pages_hold_no_inline_script_and_no_style_attribute(pages: dict[str, str]) -> None:
    # A letter has its looks in itself, as mail programs want it; its own policy lets it do nothing else.
    for name, content in ((name, content) for name, content in pages.items() if name != "letter"):
        assert " style=" not in content, name
        assert "<style" not in content, name
        assert "<script>" not in content, name
        assert "onclick" not in content, name


@pytest.mark.parametrize("language", ["en", "id"])
def test_geometry_never_takes_the_decimal_comma_of_a_language(
    addresses: dict[str, str], alice: Client, count: Callable[[], None], language: str
) -> None:
    count()
    content = _seen(alice, addresses["cascades"] + f"?lang={language}")[1]
    assert 'viewBox="0 0 1000 198"' in content
    assert 'x2="100%"' in content
