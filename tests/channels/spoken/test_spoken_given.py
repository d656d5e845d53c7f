"""Spoken codes are given on demand, once, to one person in a campaign, and in no order that anybody could guess."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import close_old_connections, connections

from builders import a_campaign, a_participant
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.spoken import actions, code, queries
from sebar.channels.kinds.spoken.models import SpokenCode
from sebar.participants.models import Participant


def draw(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Let chance draw these numbers next."""
    drawn = iter(numbers)
    monkeypatch.setattr(code.secrets, "randbelow", lambda _: next(drawn))


def test_the_first_demand_gives_words_and_every_other_the_same(campaign: Campaign) -> None:
    ani, budi = a_participant(campaign), a_participant(campaign)
    assert queries.number_of(ani) is None
    number = actions.give(participant=ani)
    assert actions.give(participant=ani) == queries.number_of(ani) == number
    assert actions.give(participant=budi) != number
    assert queries.people_of(number, campaign) == queries.people_of(number) == [ani]
    assert queries.given(campaign) == 2


def test_zero_is_a_number_like_any_other(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    ani = a_participant(campaign)
    draw(monkeypatch, *range(8))
    assert actions.give(participant=ani) == 0
    assert actions.give(participant=ani) == 0


def test_a_number_that_is_taken_anywhere_is_passed_over(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    ani, budi = a_participant(campaign), a_participant(a_campaign())
    draw(monkeypatch, *range(100, 108), *range(100, 108))
    assert [actions.give(participant=one) for one in (ani, budi)] == [100, 101]


def test_a_number_of_another_campaign_serves_when_no_other_was_drawn(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    ani, budi = a_participant(campaign), a_participant(a_campaign())
    draw(monkeypatch, *[100] * 16)
    assert [actions.give(participant=one) for one in (ani, budi)] == [100, 100]
    assert {*queries.people_of(100)} == {ani, budi}
    assert queries.people_of(100, campaign) == [ani]


def test_a_full_campaign_goes_on_with_four_words(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    ani, budi = a_participant(campaign), a_participant(campaign)
    draw(monkeypatch, *[100] * 8, *[100] * 8, *range(8))
    assert actions.give(participant=ani) == 100
    number = actions.give(participant=budi)
    assert number == code.SHORT
    assert len(code.words(number, "id")) == 4


def test_words_that_offend_are_drawn_again(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    offending = next(number for number in range(code.SHORT) if not code.is_decent(number))
    draw(monkeypatch, offending, *range(8))
    assert code.is_decent(actions.give(participant=a_participant(campaign)))


@pytest.mark.django_db(transaction=True)
def test_many_demands_at_once_give_one_person_one_code() -> None:
    campaign = a_campaign()
    ani = a_participant(campaign)
    doors = Barrier(8)

    def demand(_: int) -> int:
        doors.wait()
        try:
            return actions.give(participant=Participant.objects.get(pk=ani.pk))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        given = set(threads.map(demand, range(8)))
    close_old_connections()
    assert len(given) == SpokenCode.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_people_at_once_get_a_code_each_though_chance_gives_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = a_campaign()
    people = [a_participant(campaign) for _ in range(6)]
    doors = Barrier(len(people))
    monkeypatch.setattr(actions.code, "draw", lambda *, is_short: next(numbers))
    numbers = iter([number for number in range(200, 240) for _ in range(8)])

    def demand(person: Participant) -> int:
        doors.wait()
        try:
            return actions.give(participant=person)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(people)) as threads:
        given = list(threads.map(demand, people))
    close_old_connections()
    assert len(set(given)) == len(people)
