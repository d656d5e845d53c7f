"""The pages after joining, and what holds for every page: light, alone, private, and a reading changes nothing."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from builders import a_brand, a_campaign, a_draft, a_membership, a_participant
from people import People
from portal.conftest import Joining, a_picture, code_of, the_only
from sebar import channels
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.edge.links import decode
from sebar.kit import config
from sebar.participants.models import Participant
from sebar.participants.queries import Counts, personal_secret
from sebar.portal import join
from sebar.portal.mine import headline
from sebar.portal.people import called

ONE_WINDOW = 13_000
ADDRESS = re.compile(r'(?:src|srcset|href|action|content)="((?:https?:)?//[^"]*)"')
WAYS_OUT = tuple(f"https://{urlsplit(channel.address).netloc}/" for channel in channels.DOORS if channel.opens_page)


def addresses(campaign: Campaign, participant: Participant) -> list[str]:
    """Return every page that a person can open."""
    code = code_of(participant)
    return [
        "/",
        f"/c/{campaign.slug}",
        f"/c/{campaign.slug}?ref={code}&via=line",
        f"/s/{code}",
        f"/s/{code}?new",
        f"/s/{code}/qr.svg",
        f"/s/{code}/qr.png",
        f"/me/{personal_secret(participant)}",
        f"/code?code={code}",
        "/code?code=zzz+zzzz",
        "/r/zzzzzzz",
        f"/-/link/{code}",
        "/c/nothing",
        "/s/nothing",
        "/me/nothing",
    ]


def table_sizes() -> dict[str, int]:
    with connection.cursor() as cursor:
        sizes = {}
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - our own tables' names
            sizes[table] = cursor.fetchone()[0]
    return sizes


def test_opening_a_page_changes_nothing(client: Client, campaign: Campaign) -> None:
    participant = a_participant(campaign, name="Dewi")
    before = table_sizes()
    for address in addresses(campaign, participant):
        client.get(address)
        client.head(address)
    assert table_sizes() == before
    assert [name for name in client.cookies if name != "sebar_csrf"] == []


def test_pages_for_everybody_set_no_cookie(campaign: Campaign) -> None:
    participant = a_participant(campaign, name="Dewi")
    for address in addresses(campaign, participant):
        if not address.startswith("/me/"):
            stranger = Client()
            stranger.get(address)
            assert not stranger.cookies, address


def test_every_page_is_one_light_answer_with_its_own_style(client: Client, campaign: Campaign) -> None:
    participant = a_participant(campaign, name="Dewi")
    for address in addresses(campaign, participant):
        answer = client.get(address)
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        page = answer.content.decode()
        assert len(gzip.compress(page.encode())) <= ONE_WINDOW
        (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
        assert 'rel="stylesheet"' not in page
        assert not re.search(r"\sstyle=|\son\w+=|<script>", page)
        assert "no-store" in answer.headers["Cache-Control"]
        assert all(found.startswith((*WAYS_OUT, config.load().public_url)) for found in ADDRESS.findall(page))


def test_the_share_page_opens_nothing_private_to_others(client: Client, campaign: Campaign, joining: Joining) -> None:
    joining(client, name="Dewi Anggraini")
    dewi = the_only(campaign)
    own = client.get(f"/s/{code_of(dewi)}?new").content.decode()
    assert "You are in. Now bring your friends." in own
    assert f"/me/{personal_secret(dewi)}" in own
    assert "Your friends read: “" in own
    strangers = Client().get(f"/s/{code_of(dewi)}?new").content.decode()
    assert "/me/" not in strangers
    assert "Your friends read" not in strangers
    assert "Anggraini" not in strangers
    assert f"/r/{code_of(dewi)}?via=link" in strangers


def test_the_cookie_is_kept_from_scripts(client: Client, campaign: Campaign, joining: Joining) -> None:
    cookie = joining(client, name="Dewi").cookies[f"sebar_me_{campaign.pk}"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie.value == personal_secret(the_only(campaign))


def test_a_cookie_that_was_made_up_is_nobodys(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign, name="Dewi")
    client.cookies[f"sebar_me_{campaign.pk}"] = f"{code_of(dewi)}.{'A' * 22}"
    assert "/me/" not in client.get(f"/s/{code_of(dewi)}").content.decode()
    assert "<form" in client.get(f"/c/{campaign.slug}").content.decode()


def test_the_own_page_shows_the_tree_and_nobodys_code(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign, name="Dewi Anggraini")
    budi = a_participant(campaign, dewi, name="Budi Santoso")
    friends = [a_participant(campaign, budi, name=f"Friend{number} Wijaya") for number in range(3)]
    later = [a_participant(campaign, friends[0], name=name) for name in ("محمد العربي", "")]
    page = client.get(f"/me/{personal_secret(budi)}").content.decode()
    assert "3 friends joined through you, 2 through them." in page
    assert "Dewi A. brought you: you came by their personal link." in page
    assert page.count("<bdi>Friend") == 3
    assert "محمد" in page
    assert "A friend" in page
    for other in [dewi, *friends, *later]:
        assert code_of(other) not in page
    assert "Anggraini" not in page
    assert "Wijaya" not in page


def test_a_large_tree_names_twelve_and_counts_the_rest(client: Client, campaign: Campaign) -> None:
    star = a_participant(campaign, name="Star")
    for number in range(17):
        a_participant(campaign, star, name=f"Fan{number}")
    page = client.get(f"/me/{personal_secret(star)}").content.decode()
    assert page.count("<bdi>Fan") == 12
    assert "and 5 more" in page


def test_the_own_page_needs_the_whole_secret(client: Client, campaign: Campaign) -> None:
    secret = personal_secret(a_participant(campaign, name="Dewi"))
    for wrong in (secret[:-1], secret.partition(".")[0], secret.swapcase(), f"{secret}x"):
        assert client.get(f"/me/{wrong}").status_code == 404


@pytest.mark.parametrize(
    ("direct", "later", "sentence"),
    [
        (0, 0, "Nobody has joined through you yet."),
        (1, 0, "1 friend joined through you."),
        (3, 2, "3 friends joined through you, 2 through them."),
        (1200, 34567, "1,200 friends joined through you, 34,567 through them."),
    ],
)
def test_the_headline_says_how_many(direct: int, later: int, sentence: str) -> None:
    assert headline(Counts(direct, later)) == sentence


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Dewi Anggraini Putri", "Dewi P."),
        ("Dewi", "Dewi"),
        ("Siti 🎉", "Siti"),
        ("محمد العربي", "محمد ا."),
        ("", "A friend"),
        ("x" * 80, "x" * 18 + "…"),
    ],
)
def test_others_see_a_first_name_and_an_initial(name: str, shown: str) -> None:
    assert called(name) == shown


def test_a_code_that_somebody_typed_leads_to_its_link(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign, name="Dewi"))
    page = client.get("/code", {"code": f" {code[:3].upper()} {code[3:]}"}).content.decode()
    assert f'content="0;url=/r/{code}?via=code"' in page
    assert "This is the code of <bdi>Dewi</bdi>." in page


@pytest.mark.parametrize("code", ["", "k7m", "zzz zzzz", "<b>", "\x00", "é" * 500])
def test_a_code_that_nobody_has_gets_a_friendly_page(client: Client, db: None, code: str) -> None:
    answer = client.get("/code", {"code": code})
    assert answer.status_code == 404
    said = "We do not know this code." if code else "Type a code first."
    assert said in answer.content.decode()
    assert client.get("/r/" + (code.strip("\x00") or "x")).status_code == 404


def test_a_draft_is_nobodys_to_see(client: Client, people: People) -> None:
    assert client.get(f"/c/{a_draft(people.alice).slug}").status_code == 404


def test_a_draft_can_be_previewed_by_who_may(people: People) -> None:
    request = RequestFactory().get("/preview")
    request.COOKIES = {}
    page = join.preview(request, a_draft(people.alice)).content.decode()
    assert "Share the spark" in page
    assert "disabled" in page
    assert "<script" not in page


def test_a_paused_an_ended_and_a_stopped_campaign_say_so(client: Client, people: People) -> None:
    paused, ended, stopped = (a_campaign(people.alice) for _ in range(3))
    dewi = a_participant(stopped, name="Dewi")
    campaigns.pause(membership=people.alice, slug=paused.slug)
    Campaign.objects.filter(pk=ended.pk).update(ends_at=timezone.now() - timedelta(hours=1))
    campaigns.stop(membership=people.alice, slug=stopped.slug, stop_url="https://brand.example/thanks")
    assert "This campaign is paused" in client.get(f"/c/{paused.slug}").content.decode()
    assert "This campaign is over" in client.get(f"/c/{ended.slug}").content.decode()
    page = client.get(f"/c/{stopped.slug}").content.decode()
    assert "This campaign was stopped" in page
    assert 'href="https://brand.example/thanks"' in page
    share = client.get(f"/s/{code_of(dewi)}").content.decode()
    assert "wa.me" not in share
    assert "This campaign was stopped" in share


def test_a_page_speaks_the_readers_language_if_the_campaign_does(client: Client, people: People) -> None:
    words = {"headline": "Kopi gratis", "text": "", "call_to_action": "Ikut", "share_text": "Mau?"}
    only_indonesian = a_campaign(people.alice, languages=("id",), texts={"id": words})
    answer = client.get(f"/c/{only_indonesian.slug}", headers={"Accept-Language": "en"})
    assert '<html lang="id">' in answer.content.decode()
    assert answer.headers["Content-Language"] == "id"
    both = a_campaign(people.alice)
    page = client.get(f"/c/{both.slug}?via=line", headers={"Accept-Language": "id"}).content.decode()
    assert '<html lang="id">' in page
    assert 'href="?via=line&amp;lang=en"' in page


def test_a_picture_is_shown_in_its_size_and_offered_to_link_previews(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    name = images.store(a_picture(), config.load().media)
    campaigns.dress(membership=people.alice, slug=campaign.slug, image=name)
    page = client.get(f"/c/{campaign.slug}").content.decode()
    assert f'src="/media/{name}" width="800" height="600"' in page
    preview = re.search(r'property="og:image" content="([^"]+)"', page)
    assert preview is not None
    for address in re.findall(r"/media/[^\"]+", page):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert preview[1].startswith(config.load().public_url)


@pytest.mark.parametrize("name", ["secret.key", "..%2fsecret.key", "0" * 20 + "-9x9.webp", "a.svg"])
def test_nothing_but_pictures_is_served(client: Client, db: None, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_the_edge_learns_of_a_link_at_once(client: Client, people: People) -> None:
    ends_at = timezone.now() + timedelta(days=1)
    campaign = a_campaign(people.alice, target_url="https://brand.example/coffee", ends_at=ends_at)
    dewi = a_participant(campaign)
    budi = a_participant(campaign, dewi)
    found = decode(client.get(f"/-/link/{code_of(budi)}").content)
    link, target = found.link, found.target
    assert (link.participant, link.campaign) == (budi.pk, campaign.pk)
    assert (link.parent, link.root, link.generation) == (dewi.pk, dewi.pk, 1)
    assert (target.slug, target.brand, target.status) == (campaign.slug, campaign.brand_id, "running")
    assert (target.url, target.stop_url) == ("https://brand.example/coffee", "")
    assert target.ends_at == pytest.approx(ends_at.timestamp() * 1000, abs=1)
    assert client.get("/-/link/zzzzzzz").status_code == 404


def test_a_qr_code_leads_to_the_link(client: Client, campaign: Campaign) -> None:
    code = code_of(a_participant(campaign))
    assert client.get(f"/s/{code}/qr.svg").headers["Content-Type"] == "image/svg+xml"
    assert client.get(f"/s/{code}/qr.png").content.startswith(b"\x89PNG")
    assert client.get("/s/nothing/qr.svg").status_code == 404


def test_the_first_page_of_a_new_place_says_what_to_do(client: Client, db: None) -> None:
    assert "This place has no owner yet." in client.get("/").content.decode()
    a_membership(a_brand())
    assert "This place has no owner yet." not in client.get("/").content.decode()


def test_a_page_is_read_not_sent(client: Client, campaign: Campaign) -> None:
    for address in addresses(campaign, a_participant(campaign)):
        if not address.startswith("/c/"):
            assert client.post(address).status_code in {405, 403}
