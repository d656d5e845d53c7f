"""Making a campaign in under a minute, changing it, and its steps."""

from __future__ import annotations

import io
import re
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from builders import a_draft
from people import People
from sebar.campaigns import queries
from sebar.campaigns.models import Campaign

LEAST = {
    "name": "Kopi Bareng",
    "languages": "en",
    "target": "hosted",
    "time_zone": "Asia/Jakarta",
    "asks_name": "optional",
    "asks_email": "no",
    "confirmation": "at_once",
    "colour": "#0f6b5c",
}


@pytest.fixture
def brand(people: People) -> str:
    """Address of Alice's brand."""
    return f"/console/brands/{people.alice.brand.slug}"


def test_a_name_is_enough_then_preview_then_publish(brand: str, alice: Client, people: People) -> None:
    response = alice.post(f"{brand}/new-campaign", LEAST)
    assert response.headers["Location"] == f"{brand}/campaigns/kopi-bareng/preview"
    assert "Nobody but your brand can see it yet." in alice.get(response.headers["Location"]).content.decode()
    shown = alice.get(f"{brand}/campaigns/kopi-bareng/preview/page").content.decode()
    assert "Kopi Bareng" in shown
    assert "Join in" in shown
    assert queries.public("kopi-bareng") is None
    alice.post(f"{brand}/campaigns/kopi-bareng/publish", {"reason": "A trial"})
    campaign = queries.of_slug(people.alice.brand, "kopi-bareng")
    assert campaign.status == "running"
    assert campaign.texts["en"]["headline"] == "Kopi Bareng"


def test_what_is_wrong_is_listed_on_top_and_nothing_typed_is_lost(brand: str, alice: Client) -> None:
    sent = {
        **LEAST,
        "name": "",
        "slug": "Ä!",
        "target": "own",
        "target_url": "javascript:alert(1)",
        "texts.en.text": "Halo",
    }
    response = alice.post(f"{brand}/new-campaign", sent)
    page = response.content.decode()
    assert response.status_code == 422
    assert {"#name", "#slug", "#target_url"} <= set(re.findall(r'<li><a href="(#[^"]+)"', page))
    assert ">Halo</textarea>" in page
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("evil.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "image"),
        ("not.png", b"\x89PNG\r\n\x1a\n broken", "image"),
    ],
)
def test_an_image_that_is_none_stores_nothing(brand: str, alice: Client, name: str, content: bytes, word: str) -> None:
    upload = SimpleUploadedFile(name, content, "image/png")
    response = alice.post(f"{brand}/new-campaign", {**LEAST, "image": upload})
    assert response.status_code == 422
    assert 'href="#image"' in response.content.decode()
    assert not Campaign.objects.exists()


def test_an_image_is_kept_shown_and_taken_away(brand: str, alice: Client, people: People) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (800, 600), "#c06020").save(drawn, "PNG")
    alice.post(f"{brand}/new-campaign", {**LEAST, "image": SimpleUploadedFile("x.png", drawn.getvalue(), "image/png")})
    image = queries.of_slug(people.alice.brand, "kopi-bareng").image
    assert image
    assert image in alice.get(f"{brand}/campaigns/kopi-bareng/preview/page").content.decode()
    settings = f"{brand}/campaigns/kopi-bareng/settings"
    alice.post(settings, LEAST)
    assert queries.of_slug(people.alice.brand, "kopi-bareng").image == image
    alice.post(settings, {**LEAST, "no_image": "1"})
    assert queries.of_slug(people.alice.brand, "kopi-bareng").image == ""


def test_times_are_read_and_written_in_the_campaigns_zone(brand: str, alice: Client, people: People) -> None:
    sent = {**LEAST, "starts_at": "2026-12-01T09:00", "time_zone": "Asia/Makassar"}
    alice.post(f"{brand}/new-campaign", sent)
    campaign = queries.of_slug(people.alice.brand, "kopi-bareng")
    assert campaign.starts_at is not None
    assert campaign.starts_at.isoformat() == "2026-12-01T01:00:00+00:00"
    assert 'value="2026-12-01T09:00"' in alice.get(f"{brand}/campaigns/kopi-bareng/settings").content.decode()


def test_a_moment_that_is_none_is_named(brand: str, alice: Client) -> None:
    response = alice.post(f"{brand}/new-campaign", {**LEAST, "ends_at": "tomorrow"})
    assert response.status_code == 422
    assert "“tomorrow” is no day and time" in response.content.decode()


def test_what_cannot_be_read_costs_nothing_else_that_was_typed(brand: str, alice: Client) -> None:
    typed = {**LEAST, "texts.en.text": "A story of two cups", "goal": "5oo", "population": "10rb"}
    response = alice.post(f"{brand}/new-campaign", typed)
    page = response.content.decode()
    assert response.status_code == 422
    kept = (
        "A story of two cups",
        'value="5oo"',
        'value="10rb"',
        "“5oo” is not a number",
        "“10rb” is not a number",
    )
    for words in kept:
        assert words in page
    alice.post(f"{brand}/new-campaign", LEAST)
    response = alice.post(f"{brand}/campaigns/kopi-bareng/settings", typed)
    assert "A story of two cups" in response.content.decode()


def test_a_slip_of_the_pen_ends_no_running_campaign(brand: str, alice: Client, people: People) -> None:
    alice.post(f"{brand}/new-campaign", LEAST)
    Campaign.objects.update(status="running", published_at=timezone.now())
    settings = f"{brand}/campaigns/kopi-bareng/settings"
    response = alice.post(settings, {**LEAST, "ends_at": "2020-12-01T10:00"})
    assert response.status_code == 422
    assert "to end it now, stop it" in response.content.decode()
    Campaign.objects.update(ends_at="2020-12-01T03:00Z")
    ended = {**LEAST, "ends_at": "2020-12-01T10:00", "texts.en.text": "Thank you"}
    assert alice.post(settings, ended).status_code == 302  # of one that is over, words can still be mended


def test_a_draft_that_ended_long_ago_is_refused_where_it_is_written(brand: str, alice: Client) -> None:
    response = alice.post(f"{brand}/new-campaign", {**LEAST, "ends_at": "2020-12-01T10:00"})
    assert response.status_code == 422
    assert "The end lies in the past: choose a later one, or none." in response.content.decode()
    assert not Campaign.objects.exists()
    alice.post(f"{brand}/new-campaign", LEAST)
    settings = f"{brand}/campaigns/kopi-bareng/settings"
    assert alice.post(settings, {**LEAST, "ends_at": "2020-12-01T10:00"}).status_code == 422
    assert Campaign.objects.get().ends_at is None


def ends(client: Client, brand: str) -> str:
    """Return what the list says under “Ends” of the only campaign."""
    found = re.search(r'<td class="n muted wide-only">(.*?)</td>', client.get(f"{brand}/campaigns").content.decode())
    assert found is not None
    return found[1]


def test_the_list_says_honestly_when_a_campaign_ends(brand: str, alice: Client, campaign: Campaign) -> None:
    assert ends(alice, brand) == "open"
    zone = ZoneInfo(campaign.time_zone)
    this_year = timezone.now().astimezone(zone).replace(month=6, day=1, hour=10, minute=0)
    for moment, words in ((this_year, "1 Jun, 10:00"), (this_year.replace(year=2020), "1 Jun 2020, 10:00")):
        Campaign.objects.update(ends_at=moment)
        assert ends(alice, brand) == words
    Campaign.objects.update(ends_at=None, status="stopped")
    assert ends(alice, brand) == "was stopped"


def test_new_wording_of_the_consent_is_a_new_version(brand: str, alice: Client, people: People) -> None:
    draft = a_draft(people.alice, languages=("en",))
    before = queries.consent(draft).version
    sent = {**LEAST, "slug": draft.slug, "consent.en": "I agree to get coffee."}
    alice.post(f"{brand}/campaigns/{draft.slug}/settings", sent)
    newest = queries.consent(draft)
    assert (newest.version, newest.texts["en"]) == (before + 1, "I agree to get coffee.")


def test_pause_resume_stop(brand: str, alice: Client, campaign: Campaign) -> None:
    address = f"{brand}/campaigns/{campaign.slug}"
    for step, status in (("pause", "paused"), ("resume", "running")):
        alice.post(f"{address}/{step}")
        campaign.refresh_from_db()
        assert campaign.status == status
    assert "Only an owner lets a stopped campaign go on" in alice.get(f"{address}/stop").content.decode()
    assert f'action="{address}/steer/take"' in alice.get(f"{address}/stop").content.decode()
    alice.post(f"{address}/steer/take", {"rung": "stop", "stop_url": "https://kopi.example/over"})
    campaign.refresh_from_db()
    assert (campaign.status, campaign.stop_url) == ("stopped", "https://kopi.example/over")


def test_a_key_is_shown_once_and_can_be_revoked(brand: str, alice: Client) -> None:
    alice.post(f"{brand}/keys/create", {"name": "Till", "scopes": ["read", "write"]})
    page = alice.get(f"{brand}/keys").content.decode()
    secret = page.split('id="secret" readonly value="')[1].split('"')[0]
    again = alice.get(f"{brand}/keys").content.decode()
    assert secret not in again
    revoke = re.findall(rf'action="({brand}/keys/\d+/revoke)"', again)
    alice.post(revoke[0])
    assert "Revoke</button>" not in alice.get(f"{brand}/keys").content.decode()
