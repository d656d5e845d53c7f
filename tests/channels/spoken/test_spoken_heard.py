"""“How did you hear of it?”: asked once, kept as claimed, shown beside what was tracked and never mixed with it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from builders import a_campaign, a_participant
from channels.spoken.spoken_people import mistyped, words_of
from people import People
from portal.conftest import code_of, form_of
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.spoken import actions, queries, rules
from sebar.channels.kinds.spoken.models import Claim
from sebar.kit.errors import UserErrors
from sebar.participants.models import Participant


def joined(campaign: Campaign, query: str = "") -> tuple[Client, Participant, str]:
    """Let somebody join in a browser of their own; return also where that led."""
    client = Client()
    filled = {**form_of(client.get(f"/c/{campaign.slug}{query}").content.decode()), "consent": "1"}
    address = client.post(f"/c/{campaign.slug}", filled).headers["Location"]
    return client, Participant.objects.filter(campaign=campaign).latest("joined_at"), address


def answers_on(page: str) -> list[str]:
    """Return the answers in the order of a page."""
    return re.findall(r'type="radio" name="answer"[^>]* value="(\w+)"', page)


@pytest.fixture
def who(campaign: Campaign) -> tuple[Client, Participant]:
    """Somebody who has just joined."""
    return joined(campaign)[:2]


def send(who: tuple[Client, Participant], **entered: str) -> Any:
    return who[0].post(f"/s/{code_of(who[1])}/heard", entered)


def test_whoever_just_joined_is_asked_once_and_need_not_answer(campaign: Campaign) -> None:
    client, person, address = joined(campaign)
    assert sorted(answers_on(client.get(address).content.decode())) == sorted(rules.ANSWERS)
    assert answers_on(client.get(f"/s/{code_of(person)}").content.decode()) == []
    answer = client.post(f"/s/{code_of(person)}/heard", {"answer": "poster", "words": "  At the  station "})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/s/{code_of(person)}?heard")
    assert "Thank you for your answer." in client.get(answer.headers["Location"]).content.decode()
    assert answers_on(client.get(address).content.decode()) == []
    claim = Claim.objects.get()
    assert (claim.participant, claim.campaign, claim.answer, claim.words, claim.told_by) == (
        person, campaign, "poster", "At the station", None
    )  # fmt: skip


def test_answers_come_in_another_order_each_time_with_the_vague_one_last() -> None:
    orders = {tuple(rules.shuffled()) for _ in range(50)}
    assert len({order[0] for order in orders}) > 3
    assert {order[-1] for order in orders} == {rules.OTHER}
    assert {tuple(sorted(order)) for order in orders} == {tuple(sorted(rules.ANSWERS))}


@pytest.mark.parametrize("typed", ["words", "code"])
def test_who_told_is_kept_beside_and_changes_no_parent(campaign: Campaign, typed: str) -> None:
    dewi, sari = a_participant(campaign), a_participant(campaign)
    who = joined(campaign, f"?ref={code_of(dewi)}&via=x")[:2]
    told = words_of(sari) if typed == "words" else code_of(sari).upper()
    assert send(who, answer="person", code=told).status_code == 303
    assert Claim.objects.get().told_by == sari
    after = Participant.objects.get(pk=who[1].pk)
    assert (after.parent, after.how, after.channel) == (dewi, "link", "x")


def test_the_first_answer_stays(who: tuple[Client, Participant]) -> None:
    send(who, answer="poster")
    assert send(who, answer="news").status_code == 303
    assert who[0].get(f"/s/{code_of(who[1])}/heard").status_code == 303
    actions.claim(participant=who[1], answer="email")
    assert Claim.objects.get().answer == "poster"


@pytest.mark.parametrize(
    ("entered", "says"),
    [
        ({}, "No answer is chosen"),
        ({"answer": "bribery"}, "No answer is chosen"),
        ({"answer": "other", "words": "a" * 201}, "at most 200 fit here"),
        ({"answer": "other", "words": "a\x00b"}, "cannot be shown"),
        ({"answer": "person", "code": "zzzzzzz"}, "Nobody in this campaign has the code “zzzzzzz”"),
        ({"answer": "person", "code": "k7m"}, "“k7m” is not a code: a code is three words, or letters like k7m 2fqx."),
        ({"answer": "person", "code": "lemon lemon lemon"}, "do not belong together"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_typed_is_lost(
    who: tuple[Client, Participant], entered: dict[str, str], says: str
) -> None:
    answer = send(who, **entered)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert says in page
    assert Claim.objects.count() == 0
    assert f'value="{entered.get("words", "")[:150]}' in page
    if entered.get("answer") in rules.ANSWERS:
        assert f'value="{entered["answer"]}" checked' in page


def test_ones_own_code_is_nobody_who_told(who: tuple[Client, Participant]) -> None:
    assert "That is your own code" in unescape(send(who, answer="person", code=code_of(who[1])).content.decode())


def test_a_misheard_word_is_offered(campaign: Campaign, who: tuple[Client, Participant]) -> None:
    words = words_of(a_participant(campaign))
    page = send(who, answer="person", code=mistyped(words)).content.decode()
    assert f'<button name="code" value="{words}">' in page


def test_nobody_answers_for_another(campaign: Campaign, who: tuple[Client, Participant]) -> None:
    stranger = Client()
    address = f"/s/{code_of(who[1])}/heard"
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, {"answer": "poster"}).status_code == 404
    assert joined(campaign)[0].post(address, {"answer": "poster"}).status_code == 404
    assert Claim.objects.count() == 0


def test_a_person_of_another_campaign_is_nobody_here(people: People, who: tuple[Client, Participant]) -> None:
    other = a_participant(a_campaign(people.charlie))
    page = unescape(send(who, answer="person", code=code_of(other)).content.decode())
    assert "Nobody in this campaign has the code" in page


def a_mixture(campaign: Campaign) -> None:
    """Let six people join and four of them answer."""
    dewi = a_participant(campaign)
    budi = a_participant(campaign, dewi, channel="whatsapp")
    citra = a_participant(campaign, dewi, channel="whatsapp")
    eka = a_participant(campaign, dewi, channel="qr")
    for person, answer, told_by in ((dewi, "poster", None), (budi, "person", dewi), (citra, "person", eka)):
        actions.claim(participant=person, answer=answer, told_by=told_by, words=f"Words of {answer}")
    actions.claim(participant=a_participant(campaign), answer="person")
    a_participant(campaign)


def test_tracked_and_claimed_stand_side_by_side(campaign: Campaign) -> None:
    a_mixture(campaign)
    heard = queries.heard(campaign)
    assert dict(heard.tracked) == {"": 3, "whatsapp": 2, "qr": 1}
    assert {answer: (one.people, one.brought) for answer, one in heard.claimed.items()} == {
        "person": (3, 2),
        "poster": (1, 0),
    }
    assert (heard.joined, heard.answered, heard.untracked_by_person) == (6, 4, 1)
    assert (heard.named, heard.agreed) == (2, 1)
    assert list(heard.words) == ["Words of person", "Words of person", "Words of poster"]


def test_the_console_shows_both(people: People, campaign: Campaign) -> None:
    a_mixture(campaign)
    words_of(Participant.objects.filter(campaign=campaign)[0])
    client = Client()
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    answer = client.get(reverse("console:channel", args=[people.alice.brand.slug, campaign.slug, "spoken"]))
    page = " ".join(unescape(re.sub(r"<[^>]+>", " ", b"".join(answer).decode())).split())
    assert "1 participant has words to say." in page
    assert "WhatsApp 2" in page
    assert "Unknown 3" in page
    assert "A person told me 3 2" in page
    assert "1 person says that somebody told them, and no link or code tells who." in page
    assert "Named who told them: 2. Tracked to the same person: 1." in page


def test_another_brand_sees_nothing_of_it(people: People, campaign: Campaign) -> None:
    a_mixture(campaign)
    assert queries.heard(a_campaign(people.charlie)).joined == 0


def test_words_that_cannot_be_stored_are_refused_by_the_action_too(campaign: Campaign) -> None:
    with pytest.raises(UserErrors, match="No answer is chosen"):
        actions.claim(participant=a_participant(campaign), answer="")
