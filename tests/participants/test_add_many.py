"""Adding many at once: all or nothing, with parents in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from builders import a_campaign, a_participant, emitted
from people import People
from sebar.campaigns.models import Campaign
from sebar.events.event import Kind
from sebar.kit import codes
from sebar.kit.errors import UserError, UserErrors
from sebar.participants import actions
from sebar.participants.models import Participant
from sebar.participants.rules import BATCH_LIMIT, Entry


def add(campaign: Campaign, *entries: Entry) -> list[actions.Joined]:
    return actions.add_many(campaign=campaign, entries=entries)


def test_parents_may_stand_anywhere_among_them(campaign: Campaign) -> None:
    joined = add(
        campaign,
        Entry(external_id="c", referred_by="b"),
        Entry(external_id="a"),
        Entry(external_id="b", referred_by="a"),
    )
    c, a, b = (one.participant for one in joined)
    assert (a.generation, b.generation, c.generation) == (0, 1, 2)
    assert (b.parent_id, c.parent_id) == (a.pk, b.pk)
    assert {one.root_id for one in (a, b, c)} == {a.pk}


def test_parents_may_be_stored_before(campaign: Campaign) -> None:
    ani = a_participant(campaign, how="api", external_id="ani")
    by_name, by_code = add(campaign, Entry(referred_by="ani"), Entry(referred_by=codes.spell(ani.pk)))
    assert by_name.participant.parent_id == by_code.participant.parent_id == ani.pk


def test_who_is_there_already_stays_as_they_are(campaign: Campaign) -> None:
    add(campaign, Entry(external_id="a"), Entry(external_id="b", referred_by="a"))
    again = add(campaign, Entry(external_id="b"), Entry(external_id="a", referred_by="b"), Entry(external_id="a"))
    assert [one.is_new for one in again] == [False] * 3
    assert again[0].participant.generation == 1
    assert again[1].participant == again[2].participant
    assert len(emitted(Kind.JOIN)) == 2


def test_the_same_person_twice_among_them_is_one(campaign: Campaign) -> None:
    first, second, third = add(
        campaign, Entry(external_id="a"), Entry(external_id="a"), Entry(external_id="x", email="a@example.com")
    )
    assert (first.is_new, second.is_new, second.recognised_by) == (True, False, "external_id")
    assert first.participant == second.participant != third.participant


def test_every_join_has_its_event(campaign: Campaign) -> None:
    joined = add(campaign, Entry(external_id="a"), *(Entry(referred_by="a") for _ in range(3)))
    assert [event.participant for event in emitted(Kind.JOIN)] == [one.participant.pk for one in joined]


def test_a_wrong_row_is_named_and_nothing_is_stored(campaign: Campaign) -> None:
    with pytest.raises(UserErrors) as caught:
        add(campaign, Entry(external_id="a"), Entry(email="nonsense", channel="Ü"), Entry(source="\x00"))
    assert caught.value.by_field() == {
        "participants[1].email": "Row 2: “nonsense” is not an e-mail address: it should look like name@example.com.",
        "participants[1].channel": (
            "Row 2: “Ü” cannot be used here: write up to 20 small letters, digits, hyphens and underscores."
        ),
        "participants[2].source": "Row 3: “�” has a character that cannot be shown (U+0000, place 1): take it out.",
    }
    assert (Participant.objects.count(), emitted()) == (0, [])


def test_an_unknown_parent_is_named_and_nothing_is_stored(campaign: Campaign, people: People) -> None:
    stranger = a_participant(a_campaign(people.charlie), how="api", external_id="stranger")
    with pytest.raises(UserErrors) as caught:
        add(
            campaign,
            Entry(external_id="a"),
            Entry(referred_by="nobody"),
            Entry(referred_by="stranger"),
            Entry(referred_by=codes.spell(stranger.pk)),
        )
    assert set(caught.value.by_field()) == {f"participants[{row}].referred_by" for row in (1, 2, 3)}
    assert caught.value.errors[0].message == (
        "Row 2: Nobody in this campaign has the code or external id “nobody”: add that person first."
    )
    assert not Participant.objects.filter(campaign=campaign).exists()


@pytest.mark.parametrize("chain", ["a", "ab", "abc"])
def test_people_cannot_have_brought_each_other_in_a_circle(campaign: Campaign, chain: str) -> None:
    entries = [
        Entry(external_id=one, referred_by=parent) for one, parent in zip(chain, chain[1:] + chain[0], strict=True)
    ]
    with pytest.raises(UserErrors, match="in a circle"):
        add(campaign, *entries)
    assert not Participant.objects.exists()


def test_long_chains_are_no_trouble(campaign: Campaign) -> None:
    entries = [Entry(external_id=str(n), referred_by=str(n + 1) if n < 2999 else "") for n in range(3000)]
    joined = add(campaign, *entries)
    assert [one.participant.generation for one in joined] == list(range(2999, -1, -1))


def test_original_times_are_kept_for_each(campaign: Campaign) -> None:
    start = datetime(2014, 6, 1, tzinfo=UTC)
    times = [start + timedelta(minutes=minute) for minute in range(3)]
    joined = add(campaign, *(Entry(joined_at=time) for time in times))
    assert [one.participant.joined_at for one in joined] == times
    assert [event.ts for event in emitted(Kind.JOIN)] == [int(time.timestamp() * 1000) for time in times]


def test_too_many_at_once_are_refused_in_words(campaign: Campaign) -> None:
    with pytest.raises(UserError, match=f"at most {BATCH_LIMIT}"):
        add(campaign, *[Entry()] * (BATCH_LIMIT + 1))


def test_nothing_to_add_adds_nothing(campaign: Campaign) -> None:
    assert add(campaign) == []
