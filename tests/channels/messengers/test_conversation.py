"""What bots say and do, without any messenger: joining, own links, friends, stopping, in both languages."""

from __future__ import annotations

import pytest
from talking import Person

from builders import a_campaign, a_draft, a_participant, emitted
from material.making import a_creative
from people import People
from sebar.campaigns import actions as campaign_actions
from sebar.campaigns.models import Campaign
from sebar.channels import actions, queries, sealing
from sebar.channels.conversation.models import Talk
from sebar.channels.models import Contact, Suppression
from sebar.events.event import Kind
from sebar.kit import codes, config
from sebar.participants.models import Participant
from sebar.participants.rules import Entry
from sebar.steering.experiments import actions as experiments
from sebar.steering.experiments.rules import Arm
from steering.experiments.planning import a_running

WORDS = {"headline": "Coffee for two", "text": "First.\n\nMore.", "call_to_action": "Join", "share_text": "Come along!"}
INDONESIAN = {"headline": "Kopi berdua", "text": "Pertama.", "call_to_action": "Ikut", "share_text": "Yuk ikut!"}
TEXTS = {"en": WORDS, "id": INDONESIAN}
CHANNELS = ["xmpp", "telegram_bot", "whatsapp_cloud"]


@pytest.fixture
def coffee(people: People) -> Campaign:
    """The only running campaign of Alice's brand."""
    return a_campaign(people.alice, texts=TEXTS)


@pytest.mark.parametrize("channel", CHANNELS)
def test_people_join_only_after_they_read_the_consent_and_agreed(coffee: Campaign, channel: str) -> None:
    dewi = Person(coffee.brand, channel)
    shown = dewi.say("/start")
    assert "Coffee for two" in shown
    assert "First." in shown
    assert "More." not in shown
    assert "I agree that Kopi Senja keeps" in shown
    assert not Participant.objects.filter(campaign=coffee).exists()
    welcome = dewi.say("Yes")
    link = f"{config.load().public_url}/r/{codes.spell(dewi.participant.pk)}?via={channel}"
    assert link in welcome
    assert dewi.participant.consent_text == coffee.consent_texts.get()
    assert dewi.participant.channel == channel
    assert [event.channel for event in emitted(Kind.JOIN)] == [channel]


def test_no_is_an_answer_too(coffee: Campaign) -> None:
    dewi = Person(coffee.brand)
    dewi.say("/start")
    assert "not joined" in dewi.say("no")
    assert "Nothing is asked" in dewi.say("yes")
    assert not Participant.objects.filter(campaign=coffee).exists()


@pytest.mark.parametrize(
    ("written", "how"),
    [
        ("/start {code}", "link"),
        ("start {code}", "link"),
        ("/join {code}", "link"),
        ("/mulai {code}", "link"),
        ("look: https://share.example.com/r/{code}?via=whatsapp nice", "link"),
        ("{typed}", "code"),
    ],
)
def test_who_starts_with_a_friends_code_becomes_their_child(coffee: Campaign, written: str, how: str) -> None:
    friend = a_participant(coffee)
    dewi = Person(coffee.brand)
    dewi.say(written.format(code=codes.spell(friend.pk), typed=codes.grouped(friend.pk).upper()))
    dewi.say("yes")
    assert (dewi.participant.parent, dewi.participant.how) == (friend, how)


def test_a_whole_chain_of_friends_joins_through_the_bot_alone(coffee: Campaign) -> None:
    door = "xmpp:bot@example.com?message;body=%2Fstart%20{code}"
    dewi, eko, fitri = (Person(coffee.brand, door=door) for _ in range(3))
    first = dewi.join()
    assert f"body=%2Fstart%20{codes.spell(first.pk)}" in dewi.say("/link")
    second = eko.join(codes.spell(first.pk))
    third = fitri.join(codes.spell(second.pk))
    assert [one.generation for one in (first, second, third)] == [0, 1, 2]
    assert dewi.say("/stats") == "1 friend joined through you, 1 through them."
    assert eko.say("/stats") == "1 friend joined through you."
    assert fitri.say("/stats") == "Nobody has joined through you yet."


def test_starting_again_changes_nothing_and_shows_the_link(coffee: Campaign) -> None:
    dewi, friend = Person(coffee.brand), a_participant(coffee)
    own = dewi.join()
    assert codes.spell(own.pk) in dewi.say(f"/start {codes.spell(friend.pk)}")
    assert "Nothing is asked" in dewi.say("yes")
    assert dewi.participant.parent is None


def test_the_invitation_is_a_message_of_its_own_that_can_be_passed_on_as_it_is(coffee: Campaign) -> None:
    dewi = Person(coffee.brand)
    dewi.join()
    hint, invitation = dewi.send("/invite")
    assert "Pass on" in hint.text
    assert invitation.text == f"Come along!\n{invitation.link}"
    assert invitation.link.endswith(f"{codes.spell(dewi.participant.pk)}?via=xmpp")


def test_the_invitation_says_what_the_material_says(coffee: Campaign, people: People) -> None:
    said = {"en": "Six seconds.", "id": "Enam detik."}
    texts = {one: {"title": "Film", "long": "Once.", "share": words} for one, words in said.items()}
    a_creative(people.alice, coffee, "text", texts=texts)
    dewi = Person(coffee.brand)
    dewi.join()
    assert dewi.send("/invite")[1].text.startswith("Six seconds.\nhttp")
    dewi.say("/id")
    assert dewi.send("/invite")[1].text.startswith("Enam detik.\nhttp")


@pytest.mark.parametrize("command", ["/link", "/invite", "/stats", "/news on"])
def test_who_has_not_joined_is_told_how(coffee: Campaign, command: str) -> None:
    assert "You have not joined yet. /start" in Person(coffee.brand).say(command)


def test_with_several_campaigns_a_number_chooses(people: People) -> None:
    campaigns = [
        a_campaign(people.alice, texts={**TEXTS, "en": {**WORDS, "headline": name}}) for name in ("Tea", "Cake")
    ]
    dewi = Person(people.alice.brand)
    offered = dewi.say("/start")
    assert offered.splitlines()[1:] == ["1. Cake", "2. Tea"]
    assert "Which one?" in dewi.say("7")
    assert "Tea" in dewi.say("2")
    dewi.say("yes")
    assert dewi.participant.campaign == campaigns[0]
    assert dewi.say(f"/start {campaigns[1].slug}").startswith("Cake")
    dewi.say("yes")
    assert {one.campaign for one in Participant.objects.all()} == set(campaigns)


def test_one_who_looks_at_a_second_campaign_keeps_the_link_of_the_first(people: People) -> None:
    first = a_campaign(people.alice)
    dewi = Person(people.alice.brand)
    code = codes.spell(dewi.join().pk)
    second = a_campaign(people.alice)
    dewi.say(f"/start {second.slug}")
    dewi.say("no")
    assert code in dewi.say("/link")
    assert dewi.participant.campaign == first


def test_another_brands_codes_and_drafts_are_unknown(coffee: Campaign, people: People) -> None:
    theirs = codes.spell(a_participant(a_campaign(people.charlie)).pk)
    draft = a_draft(people.alice)
    for word in (theirs, "zzzzzzz", draft.slug, "\u202e%00"):
        assert "is no code of Kopi Senja" in Person(coffee.brand).say(f"/start {word}")


def test_nothing_runs_nothing_can_be_joined(people: People) -> None:
    assert "nothing to join" in Person(people.alice.brand).say("/start")


def test_a_paused_stopped_or_switched_off_campaign_says_so(coffee: Campaign, people: People) -> None:
    code = codes.spell(a_participant(coffee).pk)
    dewi = Person(coffee.brand)
    dewi.say(f"/start {code}")
    campaign_actions.pause(membership=people.alice, slug=coffee.slug)
    assert "paused" in dewi.say("yes")
    assert "paused" in Person(coffee.brand).say(f"/start {code}")
    campaign_actions.resume(membership=people.alice, slug=coffee.slug)
    actions.switch(campaign=coffee, channel="xmpp", is_on=False)
    assert "cannot be joined here" in Person(coffee.brand).say(f"/start {code}")
    campaign_actions.stop(membership=people.alice, slug=coffee.slug)
    assert "was stopped" in Person(coffee.brand).say(f"/start {code}")
    assert Participant.objects.count() == 1


def test_a_wording_that_changed_meanwhile_is_asked_anew(coffee: Campaign, people: People) -> None:
    dewi = Person(coffee.brand)
    dewi.say("/start")
    campaign_actions.word_consent(membership=people.alice, slug=coffee.slug, texts={"en": "New words", "id": "Baru"})
    assert "New words" in dewi.say("yes")
    assert not Participant.objects.exists()
    dewi.say("yes")
    assert dewi.participant.consent_text == coffee.consent_texts.get(version=2)


def test_only_what_the_campaign_requires_is_asked_for(people: People) -> None:
    campaign = a_campaign(people.alice, asks_name="required", asks_email="required")
    dewi, eko = Person(campaign.brand), Person(campaign.brand)
    dewi.say("/start")
    assert "name" in dewi.say("yes")
    assert "e-mail" in dewi.say("Dewi Lestari")
    assert "“nonsense” is not an e-mail address" in dewi.say("nonsense")
    assert "Welcome" in dewi.say("Dewi@Example.com")
    assert (dewi.participant.name, dewi.participant.email) == ("Dewi Lestari", "dewi@example.com")
    assert bytes(Talk.objects.get().sealed) == b""
    eko.say("/start")
    eko.say("yes")
    eko.say("Eko")
    assert "Welcome" in eko.say("dewi@example.com"), "an address that is typed proves nothing, and tells nothing"
    assert eko.participant != dewi.participant


def test_a_name_that_cannot_be_is_asked_for_again_and_stop_still_stops(people: People) -> None:
    campaign = a_campaign(people.alice, asks_name="required")
    dewi = Person(campaign.brand)
    dewi.say("/start")
    dewi.say("yes")
    assert "at most 80 fit" in dewi.say("x" * 90)
    assert "Stopped" in dewi.say("stop")
    assert "understand" in dewi.say("Dewi")
    dewi.say("/start")
    dewi.say("yes")
    assert "Welcome" in dewi.say("Link")
    assert dewi.participant.name == "Link"


def test_each_person_is_spoken_to_in_their_language_and_it_is_remembered(coffee: Campaign) -> None:
    dewi = Person(coffee.brand, language="id-ID")
    assert "Kopi berdua" in dewi.say("/start")
    dewi.say("ya")
    assert dewi.participant.language == "id"
    dewi.language = "en"  # another phone
    assert "lewat kamu" in dewi.say("/stats")
    dewi.say("/en")
    assert "Nobody" in dewi.say("/stats")
    assert "lewat kamu" in dewi.say("/statistik")


def test_without_a_hint_the_campaigns_first_language_is_spoken(people: People) -> None:
    campaign = a_campaign(people.alice, languages=("id", "en"))
    assert Talk.objects.count() == 0
    Person(campaign.brand, language="").say("hm")
    Person(campaign.brand, language="fr").say("hm")
    assert {talk.language for talk in Talk.objects.all()} == {"id"}


def test_news_are_asked_for_apart_and_only_then_the_address_is_kept(coffee: Campaign) -> None:
    dewi = Person(coffee.brand)
    own = dewi.join()
    assert not Contact.objects.exists()
    assert "/news on" in dewi.say("/news")
    dewi.say("/news on")
    contact = Contact.objects.get()
    assert (contact.participant, contact.language, sealing.unseal(contact.sealed)) == (own, "en", dewi.address)
    assert dewi.address.encode() not in bytes(contact.sealed)
    dewi.say("/news off")
    assert not queries.contacts(own, "xmpp")
    assert bytes(Contact.objects.get().sealed) == b""


@pytest.mark.parametrize("word", ["/stop", "Stop!", "berhenti", "UNSUBSCRIBE", "/stop@kopi_bot"])
def test_stop_always_works_and_says_so(coffee: Campaign, word: str) -> None:
    dewi = Person(coffee.brand)
    own = dewi.join()
    dewi.say("/news on")
    for _ in range(40):
        dewi.say("chatter")
    dewi.language = "en"
    answered = dewi.say(word)
    assert "Stopped" in answered or "Berhenti" in answered
    assert not queries.contacts(own, "xmpp")


def test_a_stranger_can_stop_too(coffee: Campaign) -> None:
    assert "Stopped" in Person(coffee.brand).say("/stop")


def test_who_could_not_be_reached_and_writes_again_gets_news_again(coffee: Campaign) -> None:
    dewi = Person(coffee.brand)
    dewi.join()
    address_hash = sealing.hashed("xmpp", dewi.address)
    actions.suppress(address_hash=address_hash, reason="bounced", brand=coffee.brand)
    dewi.say("/news on")
    assert not Suppression.objects.exists()
    assert Contact.objects.count() == 1


def test_who_is_never_to_be_written_to_cannot_ask_for_news(coffee: Campaign) -> None:
    dewi = Person(coffee.brand)
    dewi.join()
    actions.suppress(address_hash=sealing.hashed("xmpp", dewi.address), reason="unsubscribe", brand=None)
    assert "asked never to write to you" in dewi.say("/news on")
    assert not Contact.objects.exists()


def test_what_is_not_understood_gets_one_line_and_another_bot_is_not_talked_with_for_ever(coffee: Campaign) -> None:
    dewi = Person(coffee.brand)
    answers = [dewi.send("Out of office until Monday") for _ in range(6)]
    assert [len(one) for one in answers] == [1, 1, 1, 0, 0, 0]
    assert all("\n" not in one.text for one in answers[0])
    assert dewi.send("/help")
    assert len(dewi.send("what?")) == 1


def test_what_is_far_too_long_is_left_alone_politely(coffee: Campaign) -> None:
    dewi = Person(coffee.brand)
    assert "too long for a bot" in dewi.say(f"/start {'x' * 1000}")
    assert dewi.say("/help").startswith("/link")


@pytest.mark.parametrize(
    "text", ["", " ", "\n\0", "/", "@", "/@bot", "٣", "9" * 900, "💥" * 500, "/start \x00", "yes no"]
)
def test_whatever_is_written_gets_a_calm_answer(coffee: Campaign, text: str) -> None:
    dewi = Person(coffee.brand)
    assert len(dewi.send(text)) == 1
    dewi.say("/start")
    assert "Welcome" in dewi.say("yes")


def test_somebody_who_writes_without_end_is_left_alone(coffee: Campaign) -> None:
    dewi = Person(coffee.brand)
    assert [bool(dewi.send("/help")) for _ in range(30)].count(True) <= 21


def test_the_same_message_is_answered_once(coffee: Campaign) -> None:
    dewi, eko = Person(coffee.brand), Person(coffee.brand)
    assert dewi.send("/help", mark="17")
    assert not dewi.send("/help", mark="17")
    assert dewi.send("/help", mark="18")
    other = a_campaign().brand
    assert Person(other, address=eko.address).send("/help", mark="17")


def test_two_brands_bots_do_not_know_each_others_people(people: People) -> None:
    ours, theirs = a_campaign(people.alice), a_campaign(people.charlie)
    dewi = Person(ours.brand)
    dewi.join()
    elsewhere = Person(theirs.brand, address=dewi.address)
    assert "not joined" in elsewhere.say("/link")
    elsewhere.join()
    elsewhere.say("/news on")
    dewi.say("/stop")
    assert Contact.objects.get().ended_at is None


def test_bots_say_what_the_experiment_of_a_cascade_says(people: People, coffee: Campaign) -> None:
    shows = {one: {"headline": "Tea for two", "text": "Hot.", "call_to_action": "Join"} for one in ("en", "id")}
    tried = {one: {"share_text": "Tea, anybody?"} for one in ("en", "id")}
    given = {
        a_running(
            people.alice, coffee, name=varies, varies=varies, arms=[Arm("a", 1.0, {}), Arm("b", 1.0, arm)]
        ).pk: "b"
        for varies, arm in (("wording", shows), ("message", tried))
    }
    seed = experiments.join(campaign=coffee, entry=Entry(how="link"), given=given).participant
    dewi = Person(coffee.brand, "xmpp")
    for asked in (f"/start {codes.spell(seed.pk)}", "/join"):
        shown = dewi.say(asked)
        assert "Tea for two" in shown
        assert "Coffee for two" not in shown
    dewi.say("yes")
    assert "Tea, anybody?" in dewi.say("/invite")
    stranger = Person(coffee.brand, "xmpp")
    assert "Coffee for two" in stranger.say(f"/start {coffee.slug}")
