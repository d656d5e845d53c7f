"""One parent, once: whatever is repeated, in whatever order, by however many at the same moment."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import close_old_connections, connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from builders import a_campaign, a_participant, emitted
from people import People
from sebar.campaigns.models import Campaign
from sebar.events.event import Kind
from sebar.kit import codes
from sebar.kit.errors import Unavailable, UserErrors
from sebar.participants import actions, rules
from sebar.participants.models import Participant
from sebar.participants.rules import Entry, Known

NAMES = "abcdef"
REPLAYS = some.lists(
    some.builds(
        Entry,
        external_id=some.sampled_from(NAMES),
        referred_by=some.sampled_from(["", *NAMES]),
        submission=some.sampled_from(["", "0123456789abcdef", "fedcba9876543210"]),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(replays=REPLAYS, batches=some.lists(some.booleans(), min_size=14, max_size=14))
def test_replays_in_any_order_never_change_a_parent(people: People, replays: list[Entry], batches: list[bool]) -> None:
    campaign = a_campaign(people.alice)
    parents: dict[int, int | None] = {}
    for entry, in_a_batch in zip(replays, batches, strict=False):
        try:
            if in_a_batch:
                actions.add_many(campaign=campaign, entries=[entry, entry])
            else:
                actions.join(campaign=campaign, entry=entry)
        except UserErrors:
            pass
        now = dict(Participant.objects.filter(campaign=campaign).values_list("pk", "parent_id"))
        assert parents.items() <= now.items()
        parents = now
    everybody = Participant.objects.filter(campaign=campaign).select_related("parent")
    for one in everybody:
        above = one.parent
        assert (one.generation, one.root_id) == ((above.generation + 1, above.root_id) if above else (0, one.pk))
    joined = [event for event in emitted(Kind.JOIN) if event.campaign == campaign.pk]
    assert {event.participant: event.parent or None for event in joined} == parents
    assert len(joined) == len(parents)


@given(
    parents=some.integers(1, 60).flatmap(
        lambda size: some.lists(some.integers(-1, size - 1), min_size=size, max_size=size)
    )
)
def test_placing_finds_every_generation_or_the_circle(parents: list[int]) -> None:
    entries = [
        Entry(external_id=f"p{row}", referred_by=f"p{parent}" if parent >= 0 else "")
        for row, parent in enumerate(parents)
    ]
    numbers = iter(range(1, len(entries) + 1))
    generations = [naive_generation(parents, row) for row in range(len(parents))]
    if None in generations:
        with pytest.raises(UserErrors, match="circle"):
            rules.place(entries, Known({}, {}, {}, {}), lambda: next(numbers))
        return
    placed = rules.place(entries, Known({}, {}, {}, {}), lambda: next(numbers))
    assert [one.kin.generation for one in placed] == generations
    assert [one.kin.parent for one in placed] == [parent + 1 for parent in parents]


def naive_generation(parents: list[int], row: int) -> int | None:
    generation = 0
    while parents[row] >= 0:
        row, generation = parents[row], generation + 1
        if generation > len(parents):
            return None
    return generation


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("identity", ["external_id", "email", "submission"])
def test_one_person_at_many_doors_at_once_is_one_participant(identity: str) -> None:
    campaign = a_campaign(asks_email="optional")
    friends = [a_participant(campaign) for _ in range(8)]
    values = {"external_id": "c-1", "email": "ani@example.com", "submission": "0123456789abcdef"}
    doors = Barrier(len(friends))

    def enter(friend: Participant) -> tuple[int, int | None, bool]:
        doors.wait()
        try:
            entry = Entry(referred_by=codes.spell(friend.pk), **{identity: values[identity]})
            joined = actions.join(campaign=campaign, entry=entry)
            return joined.participant.pk, joined.participant.parent_id, joined.is_new
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(friends)) as threads:
        entered = list(threads.map(enter, friends))
    close_old_connections()
    assert len({(number, parent) for number, parent, _ in entered}) == 1
    assert [is_new for *_, is_new in entered].count(True) == 1
    assert len(emitted(Kind.JOIN)) == len(friends) + 1


@pytest.mark.django_db(transaction=True)
def test_one_conversion_reported_at_once_many_times_counts_once() -> None:
    campaign = a_campaign()
    ani = a_participant(campaign)
    doors = Barrier(6)

    def report(_: int) -> bool:
        doors.wait()
        try:
            return actions.convert(
                campaign=campaign, number=ani.pk, external_id="order-1", value=5, currency="IDR"
            ).is_new
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(report, range(6))).count(True) == 1
    assert len(emitted(Kind.CONVERSION)) == 1


def draw(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Let chance draw these numbers next."""
    drawn = iter(numbers)
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn) - codes.FIRST)


def test_a_code_that_is_taken_is_drawn_again(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    ani = a_participant(campaign)
    draw(monkeypatch, ani.pk, ani.pk, codes.FIRST + 5)
    assert a_participant(campaign).pk == codes.FIRST + 5


def test_codes_that_are_taken_are_drawn_again_for_many(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    ani = a_participant(campaign)
    draw(monkeypatch, ani.pk, codes.FIRST + 5, codes.FIRST + 6)
    joined = actions.add_many(campaign=campaign, entries=[Entry(), Entry()])
    assert {one.participant.pk for one in joined} == {codes.FIRST + 5, codes.FIRST + 6}


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_takes_nobody_in_and_heals() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a private PostgreSQL has no way to be full for one table")
    campaign = a_campaign()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # pages that earlier tests gave back are room too
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
    try:
        with pytest.raises(Unavailable, match="cannot be stored just now"):
            actions.add_many(campaign=campaign, entries=[Entry()] * 2000)
        assert (Participant.objects.count(), emitted()) == (0, [])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    assert len(actions.add_many(campaign=campaign, entries=[Entry()] * 2000)) == 2000
