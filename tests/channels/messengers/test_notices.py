"""What people who asked for it are told: that a friend joined, and a campaign's news. On every channel that sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext

from builders import a_campaign, a_draft, a_participant
from people import People
from sebar.campaigns import actions as campaign_actions
from sebar.campaigns.models import Campaign
from sebar.channels import ALL, actions, notices, sealing
from sebar.channels.conversation import actions as conversation
from sebar.channels.conversation.models import Heard, Talk
from sebar.channels.models import Message, News, ToldJoin
from sebar.channels.notices import Notices
from sebar.kit import codes, config
from sebar.kit.errors import NotAllowed, UserErrors
from sebar.participants.models import Participant
from sebar.steering.decisions import actions as decisions

TEXTS = {"en": {"subject": "New cakes", "text": "Come and see."}, "id": {"subject": "Kue baru", "text": "Ayo lihat."}}


@pytest.fixture
def dewi(campaign: Campaign) -> Participant:
    """Somebody who gets news in Telegram, in English."""
    return asking(a_participant(campaign, language="en"), "1001")


def asking(participant: Participant, address: str, channel: str = "telegram_bot") -> Participant:
    actions.agree(participant=participant, channel=channel, address=address)
    return participant


def told() -> list[tuple[str, str, Mapping[str, str]]]:
    """Return what is queued: channel, address and content."""
    queued = Message.objects.order_by("pk")
    return [(message.channel, sealing.unseal(message.sealed), message.content) for message in queued]


def news(people: People, campaign: Campaign, texts: Mapping[str, Mapping[str, str]] = TEXTS) -> News:
    return notices.announce(membership=people.bob, slug=campaign.slug, texts=texts)


def test_a_parent_is_told_once_of_each_friend(campaign: Campaign, dewi: Participant) -> None:
    jobs = [Notices(), Notices()]
    for name in ("Eko Prasetyo", ""):
        a_participant(campaign, dewi, name=name)
        for job in [*jobs, *jobs]:
            assert job.turn() > 0
    link = f"{config.load().public_url}/s/{codes.spell(dewi.pk)}"
    sentences = ["Eko joined “Share the spark” through you.", "A friend joined “Share the spark” through you."]
    assert told() == [
        ("telegram_bot", "1001", {"subject": "A friend joined through you", "text": sentence, "link": link})
        for sentence in sentences
    ]


def test_it_is_said_in_the_language_in_which_it_was_asked_for(campaign: Campaign, dewi: Participant) -> None:
    actions.agree(participant=dewi, channel="telegram_bot", address="1001", language="id")
    a_participant(campaign, dewi, name="Eko")
    Notices().turn()
    assert Message.objects.get().language == "id"
    with translation.override("id"):
        assert told()[0][2]["subject"] == gettext("A friend joined through you")


def test_every_channel_that_sends_is_used_and_each_person_hears_once_on_it(
    campaign: Campaign, dewi: Participant
) -> None:
    asking(dewi, "1002")
    asking(dewi, "dewi@example.org", "xmpp")
    asking(dewi, "dewi@example.com", "email")
    asking(dewi, "nobody sends here", "copy")
    a_participant(campaign, dewi)
    Notices().turn()
    assert {(channel, address) for channel, address, _ in told()} == {
        ("telegram_bot", "1002"),
        ("xmpp", "dewi@example.org"),
        ("email", "dewi@example.com"),
    }


def test_who_has_not_asked_or_has_ended_it_is_not_told(campaign: Campaign, dewi: Participant) -> None:
    actions.end(channel="telegram_bot", address="1001")
    a_participant(campaign, dewi)
    a_participant(campaign, a_participant(campaign))
    Notices().turn()
    assert told() == []


def test_old_joins_and_those_while_a_campaign_rests_are_not_told(
    campaign: Campaign, dewi: Participant, people: People
) -> None:
    a_participant(campaign, dewi, joined_at=timezone.now() - timedelta(hours=25))
    job = Notices()
    job.turn()
    assert told() == []
    a_participant(campaign, dewi)
    campaign_actions.stop(membership=people.alice, slug=campaign.slug)
    job.turn()
    assert told() == []


@pytest.mark.parametrize("rung", ["hold", "stop"])
def test_joins_from_before_a_hold_or_stop_are_not_told_after_it(
    campaign: Campaign,
    dewi: Participant,
    people: People,
    rung: str,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    a_participant(campaign, dewi, name="Eko", joined_at=timezone.now() - timedelta(minutes=1))
    decisions.take(membership=people.alice, slug=campaign.slug, rung=rung)
    with django_capture_on_commit_callbacks(execute=True):
        decisions.take(membership=people.alice, slug=campaign.slug, rung="watch", reason="It was a misunderstanding.")
    jobs = [Notices(), Notices()]
    for job in jobs:
        job.turn()
    assert told() == []
    a_participant(campaign, dewi, name="Fitri")
    for job in jobs:
        job.turn()
    assert [content["text"] for _, _, content in told()] == ["Fitri joined “Share the spark” through you."]


def test_a_campaign_that_was_only_slowed_tells_all_the_same(
    campaign: Campaign, dewi: Participant, people: People
) -> None:
    a_participant(campaign, dewi, joined_at=timezone.now() - timedelta(minutes=1))
    decisions.take(membership=people.alice, slug=campaign.slug, rung="throttle", invitations_an_hour=5)
    decisions.take(membership=people.alice, slug=campaign.slug, rung="watch")
    Notices().turn()
    assert len(told()) == 1


def test_friends_who_joined_within_one_look_are_told_in_one_letter(campaign: Campaign, dewi: Participant) -> None:
    other = asking(a_participant(campaign, language="id"), "1002")
    for parent in (dewi, other, dewi, dewi):
        a_participant(campaign, parent, name="Eko")
    jobs = [Notices(), Notices()]
    for job in jobs:
        job.turn()
    a_participant(campaign, dewi, name="Fitri")
    for job in jobs:
        job.turn()
    subjects = [(address, content["subject"]) for _, address, content in told()]
    with translation.override("id"):
        one_friend = gettext("A friend joined through you")
    assert subjects == [
        ("1001", "3 friends joined through you"),
        ("1002", one_friend),
        ("1001", "A friend joined through you"),
    ]
    assert told()[0][2]["text"] == "3 friends joined “Share the spark” through you."


def test_who_was_told_of_is_kept_as_long_as_anybody_looks(campaign: Campaign, dewi: Participant) -> None:
    a_participant(campaign, dewi)
    Notices().turn()
    Notices().turn()
    assert ToldJoin.objects.count() == 1
    ToldJoin.objects.update(at=timezone.now() - timedelta(days=2))
    Notices().turn()
    assert not ToldJoin.objects.filter(at__lt=timezone.now() - timedelta(days=1)).exists()


def test_a_join_that_was_stored_late_is_still_told(campaign: Campaign, dewi: Participant) -> None:
    job = Notices()
    job.turn()
    a_participant(campaign, dewi, joined_at=timezone.now() - timedelta(minutes=5))
    job.turn()
    assert len(told()) == 1


def test_news_reach_everybody_who_had_asked_once_and_nobody_else(
    campaign: Campaign, dewi: Participant, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_CHUNK", 2)
    for number in range(5):
        asking(a_participant(campaign, language="id"), str(2000 + number))
    asking(dewi, "1002")
    asking(a_participant(a_campaign(people.alice)), "3000")
    a_participant(campaign)
    announced = news(people, campaign)
    asking(a_participant(campaign), "4000")  # they came too late for it
    job = Notices()
    rests = [job.turn() for _ in range(6)]
    assert rests.count(0.0) >= 4
    assert rests[-1] > 0
    assert [address for _, address, _ in told()] == ["2000", "2001", "2002", "2003", "2004", "1002"]
    assert told()[0][2]["text"] == "Ayo lihat."
    assert told()[-1][2]["subject"] == "New cakes"
    announced.refresh_from_db()
    assert announced.done_at is not None


def test_news_that_cannot_be_are_refused_part_by_part(campaign: Campaign, dewi: Participant, people: People) -> None:
    wrong = {"en": {"subject": "x" * 81, "text": ""}, "id": {"subject": "a\0b", "text": "y" * 501}}
    with pytest.raises(UserErrors) as refused:
        news(people, campaign, wrong)
    assert sorted(refused.value.by_field()) == [
        "texts.en.subject",
        "texts.en.text",
        "texts.id.subject",
        "texts.id.text",
    ]
    with pytest.raises(NotAllowed):
        notices.announce(membership=people.vera, slug=campaign.slug, texts=TEXTS)
    with pytest.raises(NotAllowed, match="not published"):
        news(people, a_draft(people.alice))
    actions.end_for(participant=dewi, channel="telegram_bot", address="1001")
    with pytest.raises(NotAllowed, match="Nobody has asked"):
        news(people, campaign)
    assert not News.objects.exists()


def test_what_bots_have_heard_long_ago_is_forgotten(campaign: Campaign) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    conversation.note(brand=campaign.brand, channel="xmpp", mark="1")
    Talk.objects.create(brand=campaign.brand, channel="xmpp", address_hash="1", language="en")
    conversation.tidy()
    assert (Heard.objects.count(), Talk.objects.count()) == (1, 1)
    Heard.objects.update(heard_at=long_ago)
    Talk.objects.update(heard_at=long_ago)
    conversation.tidy()
    assert (Heard.objects.count(), Talk.objects.count()) == (0, 0)


def test_every_channel_that_sends_can_be_told_on(campaign: Campaign) -> None:
    assert set(notices._SENDING) == {channel.name for channel in ALL.values() if channel.sends}
    assert {"xmpp", "telegram_bot", "whatsapp_cloud", "email"} <= set(notices._SENDING)
