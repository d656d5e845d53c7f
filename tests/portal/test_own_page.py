"""A participant's own page: newest friends first, one clock, why this parent, and all that is kept about them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.apps import apps
from django.db.models import ForeignKey, Model
from django.test import Client
from django.utils import timezone

from builders import a_campaign, a_participant
from people import People
from portal.conftest import as_owner, code_of
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import actions as channels
from sebar.channels.kinds.footer.models import FooterSender
from sebar.channels.kinds.spoken import actions as spoken
from sebar.channels.kinds.spoken import code as spelling
from sebar.channels.models import Purpose
from sebar.fraud.models import Decision, Suspicion
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret
from sebar.portal import kept

# Tables in which nobody stands who passes something on: a new one belongs here, or into `kept.TABLES`.
OF_NOBODY = {
    *("Account", "AuditEntry", "Brand", "Brief", "BuzzRule", "BuzzSource", "Campaign", "CouponPool", "Creative"),
    *("Draw", "DrawList", "Experiment", "Forecast", "Invitation", "Key", "Learned", "Member", "Mention", "News"),
    *("Outlook", "RewardPosition", "RewardRule", "Switch", "User"),
    *("Alarm", "AlarmBrowser", "AlarmHook", "AlarmNotice", "CampaignDecision", "CampaignPlan", "Lookout", "Pace"),
    *("PlanGraph", "PlanVersion", "Policy", "Watched"),
    "WaitingJoin",  # sealed until they are in: the page of who waits says so
    "Heard",  # a hash of a message until it is answered
    "OutboxRow",  # events on their way to the store: the page says what stands there
}


def own(client: Client, participant: Participant, beyond: str = "") -> str:
    return unescape(client.get(f"/me/{personal_secret(participant)}{beyond}").content.decode())


def leads_to_a_person(table: type[Model]) -> bool:
    """Say whether a table, or one it belongs to, names a participant."""
    parents = [field.related_model for field in table._meta.fields if isinstance(field, ForeignKey)]
    return any(one is Participant or (isinstance(one, type) and one in kept.TABLES) for one in parents)


def test_every_table_is_told_of_or_holds_nobody() -> None:
    tables = {table for table in apps.get_app_config("sebar").get_models() if not table._meta.auto_created}
    told = set(kept.TABLES)
    untold = {table.__name__ for table in tables - told}
    assert untold <= OF_NOBODY, f"who tells participants of {untold - OF_NOBODY}?"
    assert not [table.__name__ for table in tables - told if leads_to_a_person(table)]


def test_every_column_of_a_participant_is_told() -> None:
    said = {"id", "name", "email", "external_id", "submission", "language", "channel", "creative", "source"}
    said |= {"email_confirmed_at", "generation", "consent_text", "joined_at", "confirmed_at"}
    elsewhere = {"campaign", "parent", "root", "how", "secret_version"}  # who brought you; the page's own address
    elsewhere |= {"left_at"}  # who left has no page
    assert {field.name for field in Participant._meta.fields} == said | elsewhere


def test_all_that_is_kept_is_listed(client: Client, campaign: Campaign) -> None:
    ayu = a_participant(campaign, name="Ayu Wulandari")
    dewi = a_participant(
        campaign,
        ayu,
        how="api",
        name="Dewi Anggraini",
        email="dewi@example.com",
        source="newsletter",
        channel="whatsapp",
        creative="cups",
        language="id",
    )
    spoken.claim(participant=dewi, answer="person", words="di pasar", told_by=ayu)
    number = spoken.give(participant=dewi)
    channels.agree(participant=dewi, channel="telegram", address="12345")
    for friend in ("a@example.com", "b@example.com"):
        once = f"invite:{friend}"
        channels.queue(participant=dewi, channel="email", purpose=Purpose.INVITE, address=friend, once=once, content={})
    FooterSender.objects.create(participant=dewi, address_hash="0" * 64, enrolled_at=timezone.now())
    listed = dict(kept.facts(dewi))
    assert listed["Name"] == "Dewi Anggraini"
    assert listed["E-mail"] == "dewi@example.com"
    assert listed["Source"] == "newsletter"
    assert listed["Came by"] == "WhatsApp"
    assert listed["Material you saw"] == "cups"
    assert listed["Language"] == "Bahasa Indonesia"
    assert listed["How you heard of it"].endswith("di pasar")
    assert listed["Who you say told you"] == "Ayu W."
    assert listed["News goes to"] == "Telegram"
    assert listed["Letters that you had sent to friends"] == "2"
    assert listed["Your words to say"] == " ".join(spelling.words(number, "en"))
    assert "Your mailbox for footers, since" in listed
    page = own(client, dewi)
    for label, value in listed.items():
        assert f"<dt>{label}</dt>" in page
        assert value in page


@pytest.mark.parametrize("is_decided", [False, True])
def test_a_check_is_told_of_without_what_it_saw(campaign: Campaign, is_decided: bool) -> None:
    dewi, now = a_participant(campaign, name="Dewi"), timezone.now()
    assert "Check of your joins by people" not in dict(kept.facts(dewi))
    found = {"group": dewi.pk, "level": 1, "score": 1.0, "reasons": ["network"], "made_at": now}
    Suspicion.objects.create(participant=dewi, campaign=campaign, **found)
    if is_decided:
        Decision.objects.create(participant=dewi, campaign=campaign, verdict="fine", who="Alice", at=now)
    told = dict(kept.facts(dewi))
    assert told["Check of your joins by people"].startswith("decided" if is_decided else "under way")
    assert "network" not in str(told)


def test_the_newest_friends_come_first_and_all_can_be_seen(client: Client, campaign: Campaign) -> None:
    dewi = a_participant(campaign, name="Dewi")
    began = timezone.now() - timedelta(days=3)
    for hour in range(60):
        friend = a_participant(campaign, dewi, name=f"N{hour:02d}")
        Participant.objects.filter(pk=friend.pk).update(joined_at=began + timedelta(hours=hour))
    page = own(client, dewi)
    named = re.findall(r"<bdi>(N\d\d)</bdi>", page)
    assert named == [f"N{hour:02d}" for hour in range(59, 47, -1)]
    more = re.search(r'href="([^"]*/friends)">and 48 more', page)
    assert more is not None
    first = unescape(client.get(more[1]).content.decode())
    onward = re.search(r'href="(\?after=[^"]*)"', first)
    assert onward is not None
    rest = unescape(client.get(more[1] + onward[1]).content.decode())
    listed = re.findall(r"<bdi>(N\d\d)</bdi>", first + rest)
    assert listed == [f"N{hour:02d}" for hour in range(59, -1, -1)]
    assert 'rel="next"' not in rest
    assert client.get("/me/nonsense/friends").status_code == 404


def test_days_are_those_of_the_campaigns_zone_on_both_pages(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice, time_zone="Asia/Jakarta")
    dewi = a_participant(campaign, name="Dewi")
    budi = a_participant(campaign, dewi, name="Budi")
    Participant.objects.filter(pk=budi.pk).update(joined_at=datetime(2025, 11, 26, 18, 3, tzinfo=UTC))
    budi.refresh_from_db()
    for beyond in ("", "/friends"):
        assert '<span class="small">27 Nov 2025</span>' in own(client, dewi, beyond)
    assert "27 Nov 2025, 01:03 WIB" in own(client, budi)


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("whatsapp", "you came by their personal link"),
        ("code", "you typed their code"),
        ("spoken", "you typed the words they told you"),
    ],
)
def test_why_this_parent_says_what_was_used(client: Client, campaign: Campaign, channel: str, words: str) -> None:
    joko = a_participant(campaign, a_participant(campaign, name="Dewi"), name="Joko", channel=channel)
    assert f"Dewi brought you: {words}." in own(client, joko)


def test_a_second_link_says_who_brought_its_reader(client: Client, campaign: Campaign) -> None:
    dewi, citra = a_participant(campaign, name="Dewi"), a_participant(campaign, name="Citra Lestari")
    budi = a_participant(campaign, dewi, name="Budi")
    page = as_owner(client, budi).get(f"/c/{campaign.slug}?ref={code_of(citra)}").content.decode()
    assert "Dewi brought you: you came by their personal link." in unescape(page)


@pytest.mark.parametrize("how", ["pause", "stop", "end"])
def test_what_is_over_or_paused_asks_nobody_to_share(client: Client, people: People, how: str) -> None:
    campaign = a_campaign(people.alice)
    dewi = a_participant(campaign, name="Dewi")
    if how == "end":
        ended = timezone.now() - timedelta(hours=1)
        Campaign.objects.filter(pk=campaign.pk).update(starts_at=ended - timedelta(days=1), ends_at=ended)
    else:
        getattr(campaigns, how)(membership=people.alice, slug=campaign.slug)
    as_owner(client, dewi)
    for page in (own(client, dewi), unescape(client.get(f"/c/{campaign.slug}").content.decode())):
        for asking in ("Send your link", "is waiting for you", "Pass it on", "Share now"):
            assert asking not in page
        assert re.search(r'<div class="note[^"]*">\s*<h2>This campaign', page)


def test_only_the_owner_of_a_link_is_told_that_it_is_theirs(client: Client, campaign: Campaign) -> None:
    budi = a_participant(campaign, name="Budi")
    for query in ("", "?again", "?new"):
        seen = unescape(client.get(f"/s/{code_of(budi)}{query}").content.decode())
        assert "Your link" not in seen
        assert "You had joined before" not in seen
        assert "Join through" in seen
    assert "You had joined before" in as_owner(client, budi).get(f"/s/{code_of(budi)}?again").content.decode()
