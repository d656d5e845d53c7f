"""Whose mail gets a footer: only a mailbox that is proved to be the participant's, one campaign at a time."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from builders import a_campaign, a_participant
from material.making import a_creative
from people import People
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels.actions import switch
from sebar.channels.kinds.footer import actions, queries, rules
from sebar.channels.kinds.footer.models import FooterSender, FooterTally, FooterThread
from sebar.channels.kinds.footer.reasons import Reason
from sebar.kit import codes
from sebar.kit.errors import NotAllowed, NotFound, UserError
from sebar.participants.models import Participant
from sebar.participants.rules import Entry
from sebar.steering.experiments import actions as experiments
from sebar.steering.experiments.rules import Arm
from steering.experiments.planning import a_running

pytestmark = pytest.mark.django_db
ANI = "ani@example.com"


def enrolled(participant: Participant, address: str = ANI) -> FooterSender:
    """Return a mailbox that carries the footer."""
    switch(campaign=participant.campaign, channel="footer", is_on=True)
    sender = actions.enrol(participant=participant, address=address)
    actions.prove(sender=sender)
    sender.refresh_from_db()
    return sender


def test_a_proved_mailbox_carries_its_owners_link_and_the_campaigns_words(campaign: Campaign) -> None:
    ani = a_participant(campaign, name="Ani")
    sender = enrolled(ani)
    found = queries.standing("ani@example.com")
    assert found.sender == sender.pk
    assert found.reason is None
    assert found.footer is not None
    assert found.footer.text == "I am in. You too?"
    assert found.footer.link == f"http://localhost:8000/r/{codes.spell(ani.pk)}?via=footer"


def test_words_are_in_the_owners_language(people: People) -> None:
    words = {"headline": "H", "text": "", "call_to_action": "Go"}
    texts = {"en": words | {"share_text": "Free!\nMore below"}, "id": words | {"share_text": "Gratis!"}}
    campaign = a_campaign(people.alice, texts=texts)
    assert queries.footer_of(a_participant(campaign, language="id")).text == "Gratis!"
    assert queries.footer_of(a_participant(campaign, language="en")).text == "Free!"


def test_what_somebody_passes_on_gives_its_own_line(campaign: Campaign, people: People) -> None:
    own = {"title": "A story", "long": "Once upon a time.", "short": "A story in one line."}
    texts = {"en": own, "id": own | {"short": ""}}
    story = a_creative(people.alice, campaign, "text", name="story", texts=texts)
    a_creative(people.alice, campaign, "quiz")
    told = a_participant(campaign, creative="story", language="en")
    footer = queries.footer_of(told)
    assert footer.text == "A story in one line."
    assert footer.link == f"http://localhost:8000/r/{codes.spell(told.pk)}?c=story&via=footer"
    assert footer == queries.footer_with(campaign, story, "en", codes.spell(told.pk))
    assert queries.footer_of(a_participant(campaign, creative="story", language="id")).text == "I am in. You too?"
    assert queries.footer_of(a_participant(campaign, creative="quiz", language="en")).text == "I am in. You too?"


def test_no_address_is_kept(campaign: Campaign) -> None:
    sender = enrolled(a_participant(campaign))
    stored = repr(FooterSender.objects.values().get(pk=sender.pk))
    assert "ani" not in stored
    assert "example.com" not in stored


def test_nothing_happens_before_the_mailbox_is_proved(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    sender = actions.enrol(participant=ani, address=" Ani@Example.COM ")
    found = queries.standing(ANI)
    assert found.footer is None
    assert found.reason is Reason.NOT_ENROLLED
    assert found.awaited == {rules.token(ani.pk, sender.address_hash): sender.pk}
    with pytest.raises(NotAllowed, match="not proved to be yours yet"):
        actions.switch_on(participant=ani)


def test_naming_another_mailbox_starts_anew_and_the_same_one_changes_nothing(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    enrolled(ani)
    assert actions.enrol(participant=ani, address="ANI@example.com").is_on
    other = actions.enrol(participant=ani, address="other@example.com")
    assert not other.is_on
    assert other.proven_at is None
    assert queries.standing(ANI).reason is Reason.NOT_ENROLLED
    assert FooterSender.objects.count() == 1


def test_the_owner_switches_it_off_and_on(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    enrolled(ani)
    actions.switch_off(participant=ani)
    assert queries.standing(ANI).footer is None
    actions.switch_on(participant=ani)
    assert queries.standing(ANI).footer is not None
    with pytest.raises(NotFound, match="No mailbox is named yet"):
        actions.switch_off(participant=a_participant(campaign))


def test_a_mailbox_carries_one_footer_that_of_whoever_proved_last(people: People, campaign: Campaign) -> None:
    first, second = a_participant(campaign), a_participant(a_campaign(people.charlie))
    enrolled(first)
    waiting = actions.enrol(participant=second, address=ANI)
    assert queries.standing(ANI).sender != waiting.pk, "naming somebody's mailbox takes nothing from them"
    actions.prove(sender=waiting)
    assert queries.standing(ANI).sender == waiting.pk
    assert FooterSender.objects.filter(is_on=True).count() == 1
    actions.switch_on(participant=first)
    assert FooterSender.objects.get(is_on=True).participant_id == first.pk


def test_the_database_itself_refuses_two_footers_for_one_mailbox(people: People, campaign: Campaign) -> None:
    sender = enrolled(a_participant(campaign))
    rival = actions.enrol(participant=a_participant(a_campaign(people.charlie)), address=ANI)
    with pytest.raises(IntegrityError), transaction.atomic():
        FooterSender.objects.filter(pk=rival.pk).update(is_on=True, proven_at=sender.proven_at)
    with pytest.raises(IntegrityError), transaction.atomic():
        FooterSender.objects.filter(pk=sender.pk).update(proven_at=None)


@pytest.mark.parametrize("address", ["", "ani", "ani@", "a b@example.com", "x" * 250 + "@example.com", "a@b.c\0"])
def test_what_is_no_address_is_refused_in_one_sentence(campaign: Campaign, address: str) -> None:
    with pytest.raises(UserError) as refused:
        actions.enrol(participant=a_participant(campaign), address=address)
    assert refused.value.field in {"address", "email"}
    assert refused.value.message.endswith(".")


def test_a_campaign_that_does_not_run_or_has_it_switched_off_adds_nothing(people: People) -> None:
    campaign = a_campaign(people.alice)
    enrolled(a_participant(campaign))
    switch(campaign=campaign, channel="footer", is_on=False)
    assert queries.standing(ANI).reason is Reason.CHANNEL_OFF
    switch(campaign=campaign, channel="footer", is_on=True)
    assert queries.standing(ANI).footer is not None
    campaigns.pause(membership=people.alice, slug=campaign.slug)
    assert queries.standing(ANI).reason is Reason.NOT_RUNNING
    assert queries.standing(ANI).footer is None


def test_what_became_of_mail_is_counted_by_sender_and_campaign(people: People, campaign: Campaign) -> None:
    sender, other = enrolled(a_participant(campaign)), enrolled(a_participant(campaign), "budi@example.com")
    foreign = enrolled(a_participant(a_campaign(people.charlie)), "foreign@example.org")
    added = FooterTally.ADDED
    actions.count(mails={(sender.pk, added): 2, (sender.pk, "signed"): 1, (foreign.pk, added): 9}, threads=())
    actions.count(mails={(sender.pk, added): 1, (other.pk, "signed"): 4, (999, added): 5}, threads=[(999, "x")])
    assert (queries.counts_of(sender).added, dict(queries.counts_of(sender).left_alone)) == (3, {Reason.SIGNED: 1})
    assert (queries.counts(campaign).added, dict(queries.counts(campaign).left_alone)) == (3, {Reason.SIGNED: 5})
    assert queries.counts(campaign).last_at is not None
    assert [one.pk for one in queries.of_campaign(campaign)] == [sender.pk, other.pk]


def test_conversations_are_remembered_the_newest_of_them(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_THREADS", 3)
    sender = enrolled(a_participant(campaign))
    for name in ("one", "two", "two", "three", "four"):
        actions.count(mails={}, threads=[(sender.pk, name)])
    assert set(FooterThread.objects.values_list("root_hash", flat=True)) == {"two", "three", "four"}
    assert queries.has_it(sender.pk, "four")
    assert not queries.has_it(sender.pk, "one")
    assert not queries.has_it(sender.pk + 1, "four")


# ---- who sends, and what proves it


@pytest.mark.parametrize(
    ("envelope", "signed_in", "sender"),
    [
        ("<Ani@Example.com>", "", "ani@example.com"),
        ("ani@example.com", "", "ani@example.com"),
        ("<shared@example.com>", "Ani@example.com", "ani@example.com"),
        ("<shared@example.com>", "ani", "ani@example.com"),
        ("<>", "", ""),
        ("<>", "ani@example.com", ""),
    ],
)
def test_the_sender_is_who_signed_in_or_else_the_envelopes(envelope: str, signed_in: str, sender: str) -> None:
    assert rules.sender(envelope, signed_in) == sender


def test_only_a_mail_that_says_nothing_but_the_letters_proves_a_mailbox() -> None:
    """Whoever writes letters into the subject of a mail to somebody gets them back in the answer."""
    token = rules.token(7, "hash")
    assert len(token) == 6
    assert token == rules.token(7, "hash")
    assert token != rules.token(8, "hash")
    assert token != rules.token(7, "other")
    assert rules.is_proof({"subject": f" {token[:3].upper()} {token[3:]} "}, token)
    assert not rules.is_proof({"subject": f"Re: {token}"}, token)
    assert not rules.is_proof({"subject": f"{token} please"}, token)
    assert not rules.is_proof({"subject": token, "in-reply-to": "<1@example.com>"}, token)
    assert not rules.is_proof({"subject": token, "references": "<1@example.com>"}, token)
    assert not rules.is_proof({}, token)


def test_a_conversation_is_known_by_the_message_it_began_with() -> None:
    start = rules.thread_hash({"message-id": "<1@example.com>"}, 1)
    assert rules.thread_hash({"message-id": "<2@x>", "in-reply-to": "<1@example.com>"}, 1) == start
    references = {"message-id": "<3@x>", "in-reply-to": "<2@x>", "references": "<1@example.com>\r\n <2@x>"}
    assert rules.thread_hash(references, 1) == start
    assert rules.thread_hash({"message-id": "<1@example.com>"}, 2) != start, "nobody can compare two senders"
    assert rules.thread_hash({"message-id": "none"}, 1) == ""


def test_the_footer_says_what_an_arm_says_before_what_the_material_says(people: People, campaign: Campaign) -> None:
    texts = {one: {"title": "A story", "long": "Once.", "short": "A story in one line."} for one in ("en", "id")}
    a_creative(people.alice, campaign, "text", name="story", texts=texts)
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {one: {"share_text": "Come along!"} for one in ("en", "id")})]
    experiment = a_running(people.alice, campaign, varies="message", arms=arms)
    for name, said in (("a", "A story in one line."), ("b", "Come along!")):
        entry = Entry(how="link", creative="story", language="en")
        seed = experiments.join(campaign=campaign, entry=entry, given={experiment.pk: name}).participant
        for person in (seed, a_participant(campaign, seed, creative="story", language="en")):
            assert queries.footer_of(person).text == said
    campaign.refresh_from_db()
    assert "tried" not in campaign.texts["en"]
