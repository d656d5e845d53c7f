"""A draw from plan to settling: what each step needs, and what nobody can do any more after the list is fixed."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import IntegrityError, connection, connections, transaction
from draw_life import (
    NOW,
    WORDS,
    Clock,
    a_draw_form,
    a_drawn_draw,
    a_planned_draw,
    a_signature,
    an_open_draw,
    drawn,
    earn,
    enter,
    frozen,
    marks,
)
from draw_making import a_lottery

from builders import a_campaign, a_draft, a_participant
from people import People
from rewards.giving import a_rule, work
from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.kit.errors import NotAllowed, NotFound, UserError, UserErrors
from sebar.rewards.draws import actions, drand, file, jobs, private, queries, randomness, rules
from sebar.rewards.draws.file import Prize
from sebar.rewards.draws.models import Draw, DrawList, DrawWinner, Entrant, FreeEntry
from sebar.rewards.draws.queries import Looked
from sebar.rewards.draws.rules import LAW, Step, may_follow, working_days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
INDONESIA = {
    "sponsor": "PT Kopi Senja",
    "permit_number": "123/UGB/2026",
    "permit_office": "Kementerian Sosial",
    "permit_date": "2026-11-20",
    "permit_asked": "2026-11-02",
}


def wrong_fields(refused: pytest.ExceptionInfo[UserErrors]) -> set[str]:
    return {error.field for error in refused.value.errors}


def by(member: Membership, draw: Draw) -> dict[str, Any]:
    return {"membership": member, "slug": draw.campaign.slug, "number": draw.number}


def test_a_draw_goes_its_way_and_its_file_is_right(people: People, campaign: Campaign, clock: Clock) -> None:
    earn(a_participant(campaign), 5)
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    draw = frozen(people, draw, clock)
    before = queries.file_of(draw)
    assert before.outcome is None
    assert sorted(marks(draw).values()) == [5, 5]
    draw = drawn(people, draw, clock)
    found = queries.file_of(draw)
    assert found.list == before.list
    assert found.hash == before.hash == draw.list_hash
    assert file.check(found, noted=before.hash).done
    for place in (1, 2):
        actions.reach(**by(people.bob, draw), place=place)
    assert actions.settle(**by(people.bob, draw)).state == "settled"
    assert file.check(queries.file_of(draw)).done
    told = [entry.verb for entry in audit.entries(people.alice, subject=campaign.slug)]
    assert told == [
        "draw.settled",
        "draw.winner_reached",
        "draw.winner_reached",
        "draw.drawn",
        "draw.frozen",
        "draw.opened",
        "draw.planned",
    ]


def test_draws_of_a_campaign_are_counted_from_one(people: People, campaign: Campaign) -> None:
    numbers = [a_planned_draw(people, campaign).number for _ in range(3)]
    assert numbers == [1, 2, 3]
    assert a_planned_draw(people, a_campaign(people.alice)).number == 1
    assert queries.public(campaign) == []


def test_who_may_not_edit_or_belongs_to_another_brand_does_nothing(people: People, campaign: Campaign) -> None:
    draw = a_planned_draw(people, campaign)
    with pytest.raises(NotAllowed):
        actions.open_draw(**by(people.vera, draw))
    with pytest.raises(NotFound):
        actions.open_draw(**by(people.charlie, draw))


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"prizes": []}, "prizes"),
        ({"prizes": [Prize("", 1)]}, "prizes"),
        ({"prizes": [Prize("Cup", 0)]}, "prizes"),
        ({"prizes": [Prize("Cup", 1001)]}, "prizes"),
        ({"reserves": -1}, "reserves"),
        ({"minimum_age": 12}, "minimum_age"),
        ({"jurisdictions": ("XX",)}, "jurisdictions"),
        ({"law": {"permit_date": "yesterday"}}, "permit_date"),
        ({"texts": {"en": {"title": "x" * 81}}}, "texts.en.title"),
        ({"source": a_lottery(numbers=2, lowest=0, highest=9)}, "numbers"),
        ({"source": a_lottery(name="")}, "source"),
        ({"source": msgspec.structs.replace(randomness.drand_at(NOW), time="2027-01-01T00:00:00Z")}, "source"),
        ({"entries_until": NOW}, "entries_until"),
        ({"entries_until": NOW + timedelta(days=8) - timedelta(minutes=4)}, "draws_at"),
    ],
)
def test_what_cannot_be_planned_is_named(
    different: dict[str, Any], field: str, people: People, campaign: Campaign
) -> None:
    with pytest.raises(UserErrors) as refused:
        a_planned_draw(people, campaign, **different)
    assert wrong_fields(refused) == {field}


@pytest.mark.parametrize(
    ("different", "missing"),
    [
        ({"law": {}}, {"sponsor", "eligibility"}),
        ({"jurisdictions": ()}, {"jurisdictions"}),
        ({"minimum_age": 0}, {"minimum_age"}),
        ({"texts": {"en": WORDS}}, {"texts.id.title", "texts.id.rules"}),
        (
            {"jurisdictions": ("ID",)},
            {"permit_number", "permit_office", "permit_date", "permit_asked"},
        ),
        ({"jurisdictions": ("US",), "law": {"sponsor": "Kopi"}}, {"eligibility", "void_where"}),
        ({"jurisdictions": ("US", "ELSEWHERE"), "law": {"sponsor": "Kopi"}}, {"eligibility", "void_where"}),
        ({"jurisdictions": ("US", "ID"), "law": INDONESIA}, {"eligibility", "void_where"}),
        ({"jurisdictions": ("ID",), "law": {**INDONESIA, "permit_asked": "2026-11-09"}}, {"permit_asked"}),
    ],
)
def test_a_draw_cannot_open_where_the_law_wants_more_said(
    different: dict[str, Any], missing: set[str], people: People, campaign: Campaign
) -> None:
    draw = a_planned_draw(people, campaign, **different)
    with pytest.raises(UserErrors) as refused:
        actions.open_draw(**by(people.alice, draw))
    assert wrong_fields(refused) == missing
    assert queries.public(campaign) == []


@pytest.mark.parametrize(
    "different",
    [
        {"jurisdictions": ("ID",), "law": INDONESIA},
        {"jurisdictions": ("ID",), "law": {**INDONESIA, "permit_asked": "2026-11-06"}},
        {"jurisdictions": ("US",), "law": {"sponsor": "Kopi", "eligibility": "18 or older", "void_where": "Florida"}},
    ],
)
def test_with_all_said_it_opens(different: dict[str, Any], people: People, campaign: Campaign) -> None:
    assert an_open_draw(people, campaign, **different).state == "open"


def test_a_draw_of_a_draft_does_not_open(people: People) -> None:
    with pytest.raises(UserErrors, match="Publish the campaign first"):
        an_open_draw(people, a_draft(people.alice))


def test_working_days_leave_saturday_and_sunday_out() -> None:
    monday = NOW.date() - timedelta(days=NOW.weekday())
    assert working_days(monday, monday) == 0
    assert working_days(monday, monday + timedelta(days=4)) == 4
    assert working_days(monday, monday + timedelta(days=7)) == 5
    assert working_days(monday + timedelta(days=7), monday) == 0


def test_only_a_planned_draw_is_changed(people: People, campaign: Campaign) -> None:
    draw = a_planned_draw(people, campaign)
    changed = actions.change(**by(people.alice, draw), form=a_draw_form(reserves=7))
    assert changed.reserves == 7
    actions.open_draw(**by(people.alice, draw))
    with pytest.raises(UserError, match="Only a planned draw"):
        actions.change(**by(people.alice, draw), form=a_draw_form(reserves=9))


def test_an_open_draw_can_only_end_later(people: People, campaign: Campaign) -> None:
    draw = an_open_draw(people, campaign)
    later = {"entries_until": NOW + timedelta(days=9), "draws_at": NOW + timedelta(days=10)}
    with pytest.raises(UserError, match="reason"):
        actions.postpone(**by(people.alice, draw), **later, reason=" ")
    moved = actions.postpone(**by(people.alice, draw), **later, reason="The post is on strike")
    assert moved.draws_at == NOW + timedelta(days=10)
    assert randomness.check(moved.from_source)
    with pytest.raises(UserErrors, match="only be postponed"):
        actions.postpone(
            **by(people.alice, draw),
            entries_until=NOW + timedelta(days=8),
            draws_at=NOW + timedelta(days=10),
            reason="Hurry",
        )


def test_one_entry_a_person(people: People, campaign: Campaign) -> None:
    draw = an_open_draw(people, campaign)
    number = enter(draw, "dewi.sari@gmail.com")
    for same in ("DEWI.SARI@gmail.com", "dewisari+draw@gmail.com", "dewisari@googlemail.com"):
        assert enter(draw, same) == number  # nobody learns by it who has entered
    assert enter(draw, "dewi.sari@example.com") != number
    assert queries.entries(draw) == 2


def test_an_entry_needs_name_address_and_age(people: People, campaign: Campaign) -> None:
    draw = an_open_draw(people, campaign)
    with pytest.raises(UserErrors) as refused:
        enter(draw, "", name="", is_old_enough=False)
    assert wrong_fields(refused) == {"name", "email", "age"}
    assert queries.entries(draw) == 0


def test_addresses_are_not_readable_in_the_database(people: People, campaign: Campaign) -> None:
    enter(an_open_draw(people, campaign), "dewi@example.com", name="Dewi")
    entry = FreeEntry.objects.get()
    assert b"dewi" not in bytes(entry.sealed).lower()
    assert "dewi" not in entry.known_by


def test_a_free_entry_has_as_many_tickets_as_the_best_has_earned(
    people: People, campaign: Campaign, clock: Clock
) -> None:
    earn(a_participant(campaign), 3)
    earn(a_participant(campaign), 8)
    earn(a_participant(campaign), 99, at=NOW + timedelta(days=7, seconds=1))  # too late
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    draw = frozen(people, draw, clock)
    assert sorted(marks(draw).values()) == [3, 8, 8]
    assert (draw.people, draw.tickets, draw.free_tickets) == (3, 19, 8)


def test_who_takes_part_and_enters_freely_is_one_person(people: People, campaign: Campaign, clock: Clock) -> None:
    person = earn(a_participant(campaign, how="api", email="dewi@example.com"), 2)
    draw = an_open_draw(people, campaign)
    mark = enter(draw, "dewi+draw@example.com", is_named=True)
    draw = frozen(people, draw, clock)
    assert marks(draw) == {mark: 2}
    standing = queries.standings(person)[0]
    assert standing.entrant is not None
    assert standing.entrant.mark == mark
    assert standing.is_named is False  # whoever knows the address cannot agree for them


def test_marks_differ_from_draw_to_draw(people: People, campaign: Campaign, clock: Clock) -> None:
    earn(a_participant(campaign), 1)
    first, second = an_open_draw(people, campaign), an_open_draw(people, campaign)
    for draw in (first, second):
        enter(draw, "dewi@example.com")
    assert marks(frozen(people, first, clock)).keys().isdisjoint(marks(frozen(people, second, clock)))


def test_nobody_enters_when_entries_have_ended(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    clock.go(draw.entries_until)
    with pytest.raises(UserError, match="ended"):
        enter(draw, "budi@example.com")
    frozen(people, draw, clock)
    with pytest.raises(UserError, match="Nobody can enter"):
        enter(Draw.objects.get(), "budi@example.com")


def test_a_list_is_fixed_after_entries_and_before_the_source_speaks(
    people: People, campaign: Campaign, clock: Clock
) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    with pytest.raises(UserError, match="may still enter"):
        actions.freeze(**by(people.alice, draw))
    clock.go(draw.draws_at - timedelta(minutes=5) + timedelta(seconds=1))
    with pytest.raises(UserError, match="too late"):
        actions.freeze(**by(people.alice, draw))
    clock.go(draw.draws_at - timedelta(minutes=5))
    assert actions.freeze(**by(people.alice, draw)).state == "frozen"


def test_an_empty_list_is_not_fixed(people: People, campaign: Campaign, clock: Clock) -> None:
    with pytest.raises(UserError, match="Nobody is in this draw"):
        frozen(people, an_open_draw(people, campaign), clock)


def test_the_worker_fixes_lists_that_are_due(people: People, campaign: Campaign, clock: Clock) -> None:
    draw, empty = an_open_draw(people, campaign), an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    jobs.freeze()
    assert {one.state for one in Draw.objects.all()} == {"open"}
    clock.go(draw.entries_until)
    jobs.freeze()
    draw.refresh_from_db()
    empty.refresh_from_db()
    assert (draw.state, empty.state) == ("frozen", "open")


def test_nothing_decides_before_the_source_has_spoken(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    value, signature = a_signature()
    with pytest.raises(UserError, match="from a frozen list"):
        actions.draw_winners(**by(people.alice, draw), value=value, signature=signature)
    draw = frozen(people, draw, clock)
    clock.go(draw.draws_at - timedelta(seconds=1))
    with pytest.raises(UserError, match="nothing that is known before"):
        actions.draw_winners(**by(people.alice, draw), value=value, signature=signature)
    clock.go(draw.draws_at)
    assert actions.draw_winners(**by(people.alice, draw), value=value, signature=signature).state == "drawn"
    with pytest.raises(UserError, match="drawn once"):
        actions.draw_winners(**by(people.alice, draw), value=a_signature(1)[0], signature=a_signature(1)[1])


def test_a_fixed_list_stays_whatever_anybody_does(people: People, campaign: Campaign, clock: Clock) -> None:
    person = earn(a_participant(campaign), 2)
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    draw = frozen(people, draw, clock)
    before = file.write(queries.file_of(draw))
    later = {"entries_until": NOW + timedelta(days=30), "draws_at": NOW + timedelta(days=31), "reason": "x"}
    for refused in (
        lambda: actions.change(**by(people.alice, draw), form=a_draw_form()),
        lambda: actions.open_draw(**by(people.alice, draw)),
        lambda: actions.postpone(**by(people.alice, draw), **later),
        lambda: actions.freeze(**by(people.alice, draw)),
        lambda: actions.cancel(**by(people.alice, draw), reason="We do not like it"),
        lambda: enter(draw, "budi@example.com"),
        lambda: actions.settle(**by(people.alice, draw)),
        lambda: actions.pass_on(**by(people.alice, draw), place=1, reason="x"),
    ):
        with pytest.raises(UserError):
            refused()
    earn(person, 50)
    campaign.name = "Another name"
    campaign.save()
    campaign.brand.name = "Another brand"
    campaign.brand.save()
    assert file.write(queries.file_of(Draw.objects.get())) == before


def test_steps_after_freezing_never_lead_back() -> None:
    for state in ("frozen", "drawn", "settled", "cancelled"):
        for step in (Step.CHANGE, Step.OPEN, Step.ENTER, Step.POSTPONE, Step.FREEZE, Step.CANCEL):
            assert not may_follow(state, step)
        assert may_follow(state, Step.GIVE_UP) == (state == "frozen")
    assert not any(may_follow(state, Step.DRAW) for state in ("planned", "open", "drawn", "settled", "cancelled"))


def test_who_cannot_be_reached_is_followed_by_the_reserves_in_their_order(
    people: People, campaign: Campaign, clock: Clock
) -> None:
    draw = a_drawn_draw(people, campaign, clock)
    outcome = draw.drawn
    assert outcome is not None
    with pytest.raises(UserError, match="reason"):
        actions.pass_on(**by(people.alice, draw), place=2, reason="")
    actions.pass_on(**by(people.alice, draw), place=2, reason="No answer for three weeks")
    actions.reach(**by(people.alice, draw), place=1)
    with pytest.raises(UserError, match="was reached"):
        actions.pass_on(**by(people.alice, draw), place=1, reason="x")
    actions.pass_on(**by(people.alice, draw), place=2, reason="Too young")
    with pytest.raises(UserError, match="No reserve is left"):
        actions.pass_on(**by(people.alice, draw), place=2, reason="x")
    with pytest.raises(UserError, match="not reached yet"):
        actions.settle(**by(people.alice, draw))
    holding = [
        (one.winner.place, one.winner.entrant.mark, one.winner.state, one.winner.reserve)
        for one in queries.holders(draw)
    ]
    assert holding == [
        (1, outcome.winners[0].entrant, "reached", 0),
        (2, outcome.winners[1].entrant, "passed_on", 0),
        (2, outcome.reserves[0], "passed_on", 1),
        (2, outcome.reserves[1], "waiting", 2),
    ]
    found = queries.file_of(draw)
    assert found.passed_on == (2, 2)
    assert file.check(found).done


def test_places_without_people_stay_empty(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = a_drawn_draw(people, campaign, clock, "dewi@example.com", prizes=[Prize("Cup", 5)])
    assert DrawWinner.objects.filter(draw=draw).count() == 1
    with pytest.raises(NotFound):
        actions.reach(**by(people.alice, draw), place=2)
    assert file.check(queries.file_of(draw)).done


def test_addresses_are_forgotten_when_all_is_over(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = a_drawn_draw(people, campaign, clock)
    assert all(holder.email for holder in queries.holders(draw))
    for place in (1, 2):
        actions.reach(**by(people.alice, draw), place=place)
    actions.settle(**by(people.alice, draw))
    assert [(bool(holder.name), holder.email) for holder in queries.holders(draw)] == [(True, ""), (True, "")]
    assert sum(bool(bytes(entry.sealed)) for entry in FreeEntry.objects.all()) == 2


def test_cancelling_says_why_and_forgets_who_entered(people: People, campaign: Campaign) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    with pytest.raises(UserError, match="reason"):
        actions.cancel(**by(people.alice, draw), reason="")
    assert actions.cancel(**by(people.alice, draw), reason="No permit").state == "cancelled"
    assert bytes(FreeEntry.objects.get().sealed) == b""
    assert audit.entries(people.alice, subject=campaign.slug)[0].reason == "No permit"


def test_a_draw_whose_source_says_nothing_is_given_up_by_an_owner_and_nobody_is_lost(
    people: People, campaign: Campaign, clock: Clock
) -> None:
    draw = an_open_draw(people, campaign)
    mark = enter(draw, "dewi@example.com", is_named=True)
    draw = frozen(people, draw, clock)
    listed = file.write(queries.file_of(draw))
    clock.go(draw.draws_at + rules.SILENCE - timedelta(seconds=1))
    with pytest.raises(UserError, match="may still speak"):
        actions.give_up(**by(people.alice, draw), reason="Silence")
    clock.go(draw.draws_at + rules.SILENCE)
    with pytest.raises(NotAllowed):
        actions.give_up(**by(people.bob, draw), reason="Silence")
    with pytest.raises(UserError, match="reason"):
        actions.give_up(**by(people.alice, draw), reason=" ")
    given_up = actions.give_up(**by(people.alice, draw), reason="The network was switched off")
    assert (given_up.state, audit.entries(people.alice, subject=campaign.slug)[0].reason) == (
        "cancelled",
        "The network was switched off",
    )
    assert file.write(queries.file_of(given_up)) == listed
    later = {
        "entries_until": clock.now + timedelta(days=7),
        "source": randomness.drand_at(clock.now + timedelta(days=8)),
    }
    for_adults = an_open_draw(people, campaign, minimum_age=30, **later)
    assert queries.entries(for_adults) == 0  # nobody has said that they are so old
    following = an_open_draw(people, campaign, **later)
    assert (queries.entries(following), queries.look_up(following, str(mark))) == (1, Looked(tickets=0))
    enter(following, "dewi@example.com")  # they are in once
    (entry,) = FreeEntry.objects.filter(draw=following)
    assert private.unseal(entry.sealed)[1] == "dewi@example.com"
    assert entry.is_named
    assert bytes(FreeEntry.objects.get(draw=draw).sealed) == b""


def test_who_waits_too_long_for_a_next_draw_is_forgotten(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    draw = frozen(people, draw, clock)
    clock.go(draw.draws_at + rules.SILENCE)
    actions.give_up(**by(people.alice, draw), reason="Silence")
    clock.go(clock.now + rules.KEPT)
    jobs.forget()
    assert bytes(FreeEntry.objects.get().sealed) != b""
    clock.go(clock.now + timedelta(seconds=1))
    jobs.forget()
    assert bytes(FreeEntry.objects.get().sealed) == b""


def test_what_drand_answers_is_read_or_refused() -> None:
    source = randomness.drand_at(NOW)
    said = {"round": source.round, "randomness": "ab", "signature": "cd"}
    assert drand.read(json.dumps(said).encode(), source) == ("ab", "cd")
    for wrong in (b"<html>", b"{}", json.dumps({**said, "round": 1}).encode()):
        with pytest.raises(UserError):
            drand.read(wrong, source)


def test_where_drand_cannot_be_reached_the_reader_is_not_told_of_typing_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    async def offline(address: str) -> bytes:
        raise UserError("There is no host: look for a typing error in the address.")

    monkeypatch.setattr(drand, "_fetch", offline)
    with pytest.raises(UserError, match=r"drand does not answer: try again, or open its address elsewhere") as refused:
        drand.ask(randomness.drand_at(NOW))
    assert "typing error" not in refused.value.message


def test_a_lottery_decides_too(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign, source=a_lottery(time=randomness.spell(NOW + timedelta(days=8))))
    enter(draw, "dewi@example.com")
    draw = frozen(people, draw, clock)
    clock.go(draw.draws_at)
    with pytest.raises(UserError, match="no result"):
        actions.draw_winners(**by(people.alice, draw), value="1 2 3")
    draw = actions.draw_winners(**by(people.alice, draw), value="42-23-16-15-8-4")
    assert draw.drawn is not None
    assert draw.drawn.value == "4 8 15 16 23 42"
    assert file.check(queries.file_of(draw)).done


def test_the_database_itself_lets_a_place_be_held_by_one(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = a_drawn_draw(people, campaign, clock)
    first = DrawWinner.objects.filter(draw=draw, place=1).get()
    with pytest.raises(IntegrityError), transaction.atomic():
        DrawWinner.objects.create(draw=draw, place=1, prize="Cup", entrant=first.entrant, reserve=1)


def test_law_names_are_the_forms() -> None:
    assert set(INDONESIA) <= set(LAW)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_fix_a_list_at_once_one_does(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    for number in range(20):
        enter(draw, f"person{number}@example.com")
    clock.go(draw.entries_until)
    done: list[str] = []

    def fix() -> None:
        try:
            done.append(actions.freeze(**by(people.alice, draw)).list_hash)
        except Exception:  # noqa: BLE001 - refused, or the database was busy
            done.append("")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=fix) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert connection.vendor in {"sqlite", "postgresql"}
    assert len([hash_ for hash_ in done if hash_]) == 1
    assert DrawList.objects.count() == 1
    assert Entrant.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_tickets_that_were_earned_in_time_are_in_however_late_they_are_written_down(
    people: People, campaign: Campaign, clock: Clock
) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "budi@example.com")
    a_rule(campaign, what="tickets", amount=1, hold_days=0)
    dewi = a_participant(campaign, name="Dewi")
    a_participant(campaign, dewi)
    clock.go(draw.entries_until + timedelta(minutes=1))
    jobs.freeze()
    draw.refresh_from_db()
    assert draw.frozen_at is None  # what happened is not answered yet
    work()
    jobs.freeze()
    draw.refresh_from_db()
    assert draw.frozen_at is not None
    assert draw.tickets == 2
