"""The pages of a draw: what everybody sees, how people enter, and how members take each step."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from draw_life import (
    NOW,
    WORDS,
    Clock,
    a_drawn_draw,
    a_planned_draw,
    a_signature,
    an_open_draw,
    earn,
    enter,
    frozen,
    marks,
)
from draw_making import a_lottery

from builders import a_participant
from people import People
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.kit.errors import UserErrors
from sebar.pages.pace import Pace
from sebar.participants.queries import personal_secret
from sebar.portal import draws as portal
from sebar.rewards.draws import actions, file, queries, randomness
from sebar.rewards.draws.models import Draw, FreeEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
SENT = {
    "texts.en.title": "Win a grinder",
    "texts.en.rules": "Everybody may win.",
    "texts.id.title": "Menangkan penggiling",
    "texts.id.rules": "Semua boleh menang.",
    "prizes": "2 x Grinder\nCup",
    "entries_until": "2026-12-03T19:00",
    "draws_at": "2026-12-03T20:00",
    "source": "drand",
    "reserves": "3",
    "is_once": "1",
    "minimum_age": "18",
    "sponsor": "Kopi Senja",
    "law.ELSEWHERE": "1",
    "eligibility": "Whoever lives in Atlantis",
}


def page_of(draw: Draw) -> str:
    return f"/c/{draw.campaign.slug}/draw/{draw.number}"


def console(draw: Draw, rest: str = "") -> str:
    return f"/console/brands/{draw.campaign.brand.slug}/campaigns/{draw.campaign.slug}/draws/{draw.number}{rest}"


def signed_in(member: Membership) -> Client:
    client = Client()
    assert member.user is not None
    client.force_login(member.user)
    return client


def seen(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(answer.content.decode()))


def entry(**different: str) -> dict[str, str]:
    return {"name": "Dewi Sari", "email": "dewi@example.com", "age": "1", **different}


def test_nobody_sees_a_draw_before_it_is_open(people: People, campaign: Campaign) -> None:
    draw = a_planned_draw(people, campaign)
    for address in (page_of(draw), f"{page_of(draw)}/file", f"/c/{campaign.slug}/draw/99", "/c/nothing/draw/1"):
        assert Client().get(address).status_code == 404
    assert Client().post(page_of(draw), entry()).status_code == 404


def test_everybody_reads_what_an_open_draw_is(people: People, campaign: Campaign) -> None:
    draw = an_open_draw(
        people,
        campaign,
        jurisdictions=("US",),
        law={"sponsor": "Kopi Senja, Bandung", "eligibility": "Residents of 50 states", "void_where": "Florida"},
    )
    shown = seen(Client().get(page_of(draw)))
    for words in ("Win a grinder", "No purchase is necessary", "Kopi Senja, Bandung", "Residents of 50", "Florida"):
        assert words in shown
    assert f"round {randomness.round_at(draw.draws_at)}" in shown
    assert "Win a grinder" in seen(Client().get(f"/c/{campaign.slug}"))
    assert Client().get(f"{page_of(draw)}/file").status_code == 404


def test_somebody_enters_freely_and_finds_their_number_again(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    answer = Client().post(page_of(draw), entry(), follow=True)
    assert "You are in." in seen(answer)
    mark = FreeEntry.objects.get().mark
    assert mark in seen(answer)
    again = Client().post(page_of(draw), entry(email="DEWI+x@example.com"), follow=True)
    assert "You are in." in seen(again)  # the same answer: nobody learns by it who has entered
    assert mark in seen(again)
    assert FreeEntry.objects.count() == 1
    frozen(people, draw, clock)
    assert "is in the draw. " + mark not in seen(Client().get(page_of(draw)))
    assert "It has 1 ticket." in seen(Client().get(f"{page_of(draw)}?number={mark.upper()}"))
    assert "not in the draw" in seen(Client().get(f"{page_of(draw)}?number={'0' * 32}"))
    assert "not in the draw" in seen(Client().get(f"{page_of(draw)}?number=%00<b>"))


def test_a_draw_that_is_overdue_promises_no_moment(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    Client().post(page_of(draw), entry())
    frozen(people, draw, clock)
    assert "Winners are drawn" in seen(Client().get(page_of(draw)))
    clock.go(draw.draws_at + timedelta(minutes=5))
    assert "Winners are drawn" not in seen(Client().get(page_of(draw)))
    assert "they are drawn as soon as what the source said is entered" in seen(Client().get(page_of(draw)))


def test_wrong_entries_are_told_field_by_field(people: People, campaign: Campaign) -> None:
    draw = an_open_draw(people, campaign)
    answer = Client().post(page_of(draw), {"name": "", "email": "dewi@", "age": ""})
    assert answer.status_code == 422
    for words in ("Your name is missing", "is not an e-mail address", "18 or older may enter"):
        assert words in seen(answer)
    assert 'value="dewi@"' in answer.content.decode()
    assert Client().post(page_of(draw), entry(**{portal.TRAP: "x"})).status_code == 422
    assert queries.entries(draw) == 0


def test_machines_are_slowed_down(people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal, "_PACE", Pace(burst=1, per_second=0.001))
    draw = an_open_draw(people, campaign)
    assert Client().post(page_of(draw), entry()).status_code == 303
    assert Client().post(page_of(draw), entry(email="b@example.com")).status_code == 429


def test_nobody_enters_late(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    clock.go(draw.entries_until)
    answer = Client().post(page_of(draw), entry())
    assert answer.status_code == 409
    assert "Entries have ended" in seen(answer)


def test_hash_and_file_stand_there_before_and_after_the_draw(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    draw = frozen(people, draw, clock)
    assert draw.list_hash in seen(Client().get(page_of(draw)))
    answer = Client().get(f"{page_of(draw)}/file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="draw-1.json"'
    assert file.check(file.read(answer.content), noted=draw.list_hash).done
    assert "dewi" not in answer.content.decode().lower()


def test_winners_are_named_only_if_they_agreed_and_were_reached(
    people: People, campaign: Campaign, clock: Clock
) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com", name="Dewi Sari", is_named=True)
    enter(draw, "budi@example.com", name="Budi Rahman", is_named=False)
    frozen(people, draw, clock)
    clock.go(draw.draws_at)
    value, signature = a_signature()
    draw = actions.draw_winners(membership=people.alice, slug=campaign.slug, number=1, value=value, signature=signature)
    before = seen(Client().get(page_of(draw)))
    assert "Dewi" not in before
    for place in (1, 2):
        actions.reach(membership=people.alice, slug=campaign.slug, number=1, place=place)
    shown = seen(Client().get(page_of(draw)))
    assert "Dewi S." in shown
    assert "Sari" not in shown
    assert "Budi" not in shown
    outcome = draw.drawn
    assert outcome is not None
    assert all(winner.entrant in shown for winner in outcome.winners)
    assert "sebar draw verify draw-1.json" in shown


def test_a_number_says_whether_it_has_won(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = a_drawn_draw(people, campaign, clock)
    outcome = draw.drawn
    assert outcome is not None
    first, reserve = outcome.winners[0].entrant, outcome.reserves[0]
    others = set(FreeEntry.objects.values_list("mark", flat=True))
    others -= {winner.entrant for winner in outcome.winners} | set(outcome.reserves)

    def told(mark: str) -> str:
        return seen(Client().get(f"{page_of(draw)}?number={mark}"))

    assert "This number has won: Grinder" in told(first)
    assert "gets in touch" in told(first)
    assert "This number is reserve 1" in told(reserve)
    assert "This number has not won." in told(others.pop())
    actions.pass_on(membership=people.alice, slug=campaign.slug, number=1, place=1, reason="No answer")
    assert "its prize went to a reserve" in told(first)
    assert "This number has won: Grinder" in told(reserve)


def test_a_cancelled_draw_says_why(people: People, campaign: Campaign) -> None:
    draw = an_open_draw(people, campaign)
    actions.cancel(membership=people.alice, slug=campaign.slug, number=1, reason="The permit was refused")
    assert "The permit was refused" in seen(Client().get(page_of(draw)))
    assert Client().post(page_of(draw), entry()).status_code == 409


def test_a_participant_sees_where_they_stand(people: People, campaign: Campaign, clock: Clock) -> None:
    person = earn(a_participant(campaign, name="Wati"), 3)
    address = f"/me/{personal_secret(person)}"
    draw = an_open_draw(people, campaign)
    assert "You have 3 tickets so far" in seen(Client().get(address))
    assert Client().post(f"{address}/draws/1", {"named": "yes"}).status_code == 303
    assert "Do not show my name" in seen(Client().get(address))
    Client().post(f"{address}/draws/1", {"named": "no"})
    assert "Show my first name" in seen(Client().get(address))
    frozen(people, draw, clock)
    entrant = queries.standings(person)[0].entrant
    assert entrant is not None
    assert entrant.mark in seen(Client().get(address))
    clock.go(draw.draws_at)
    value, signature = a_signature()
    actions.draw_winners(membership=people.alice, slug=campaign.slug, number=1, value=value, signature=signature)
    assert "You have won" in seen(Client().get(address))
    own, others = (personal_secret(one).split(".") for one in (person, a_participant(campaign)))
    assert Client().post(f"/me/{own[0]}.{others[1]}/draws/1", {"named": "yes"}).status_code == 404


def test_pages_speak_indonesian(people: People, campaign: Campaign) -> None:
    draw = an_open_draw(people, campaign, texts={"en": WORDS, "id": {**WORDS, "title": "Menangkan penggiling"}})
    shown = seen(Client().get(f"{page_of(draw)}?lang=id"))
    assert "Menangkan penggiling" in shown
    assert "Ikut undian" in shown


def test_a_member_plans_opens_and_draws_by_the_pages(people: People, campaign: Campaign, clock: Clock) -> None:
    browser = signed_in(people.bob)
    root = f"/console/brands/{people.bob.brand.slug}/campaigns/{campaign.slug}/draws"
    assert "No prize draw yet" in seen(browser.get(root))
    assert browser.get(f"{root}/plan").status_code == 200
    assert browser.post(f"{root}/plan", SENT).status_code == 302
    draw = Draw.objects.get()
    assert [(one.name, one.count) for one in queries.prizes_of(draw)] == [("Grinder", 2), ("Cup", 1)]
    assert draw.entries_until == NOW.replace(month=12, day=3, hour=12)
    shown = browser.get(f"{root}/1/change").content.decode()
    assert "2 × Grinder" in shown
    assert browser.post(f"{root}/1/change", {**SENT, "reserves": "4"}).status_code == 302
    opening = {"do": "open", "reason": "Only among ourselves"}
    assert browser.post(f"{root}/1", opening).status_code == 422, "only an owner goes on without a legal note"
    assert signed_in(people.alice).post(f"{root}/1", opening).status_code == 302
    assert browser.post(f"{root}/1/change", SENT).status_code == 400
    enter(Draw.objects.get(), "dewi@example.com", name="Dewi Sari")
    assert "1 person entered freely" in seen(browser.get(f"{root}/1"))
    assert browser.post(f"{root}/1", {"do": "freeze"}).status_code == 422
    clock.go(draw.entries_until)
    assert browser.post(f"{root}/1", {"do": "freeze"}).status_code == 302
    value, signature = a_signature()
    said = {"do": "draw", "value": value, "signature": signature, "round": str(draw.from_source.round)}
    assert browser.post(f"{root}/1", said).status_code == 422
    clock.go(draw.draws_at)
    wrong = browser.post(f"{root}/1", said | {"signature": signature[:-1] + "z"})
    assert wrong.status_code == 422
    assert "hexadecimal" in seen(wrong)
    assert browser.post(f"{root}/1", said).status_code == 302
    winners = seen(browser.get(f"{root}/1"))
    assert "Dewi Sari" in winners
    assert "dewi@example.com" in winners
    assert browser.post(f"{root}/1", {"do": "settle"}).status_code == 422
    assert browser.post(f"{root}/1", {"do": "reach", "place": "1"}).status_code == 302
    assert browser.post(f"{root}/1", {"do": "settle"}).status_code == 302
    assert "Win a grinder" in seen(browser.get(root))


def test_a_form_that_is_wrong_keeps_what_was_entered(people: People, campaign: Campaign) -> None:
    browser = signed_in(people.alice)
    root = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/draws/plan"
    answer = browser.post(root, {**SENT, "entries_until": "", "reserves": "many"})
    assert answer.status_code == 422
    shown = seen(answer)
    assert "Choose the day and hour until which" in shown
    assert "“many” is no whole number" in shown
    assert "2 x Grinder" in shown
    lottery = {"source": "lottery", "lottery": "", "drawing": "", "numbers": "6", "lowest": "1", "highest": "45"}
    answer = browser.post(root, {**SENT, **lottery})
    assert answer.status_code == 422
    assert "is not whole" in seen(answer)
    assert Draw.objects.count() == 0


def test_a_planned_draw_names_what_it_lacks(people: People, campaign: Campaign) -> None:
    draw = a_planned_draw(people, campaign, jurisdictions=("ID",))
    browser = signed_in(people.bob)
    shown = seen(browser.get(console(draw)))
    assert "Number of the permit" in shown
    assert "Open the draw" not in shown
    assert browser.post(console(draw), {"do": "open"}).status_code == 422
    assert Draw.objects.get().state == "planned"


def test_a_lottery_is_typed_twice(people: People, campaign: Campaign, clock: Clock) -> None:
    source = a_lottery(time=randomness.spell(NOW + timedelta(days=8)))
    draw = an_open_draw(people, campaign, source=source)
    enter(draw, "dewi@example.com")
    frozen(people, draw, clock)
    clock.go(draw.draws_at)
    browser = signed_in(people.bob)
    answer = browser.post(console(draw), {"do": "draw", "value": "1 2 3 4 5 6", "again": "1 2 3 4 5 7"})
    assert answer.status_code == 422
    assert "in two ways" in seen(answer)
    assert (
        browser.post(console(draw), {"do": "draw", "value": "1 2 3 4 5 6", "again": "1, 2, 3, 4, 5, 6"}).status_code
        == 302
    )


def test_a_prize_is_called_as_the_reader_s_language_does(people: People, campaign: Campaign, clock: Clock) -> None:
    browser = signed_in(people.bob)
    home = f"/console/brands/{people.bob.brand.slug}/campaigns/{campaign.slug}/draws"
    wrong = browser.post(f"{home}/plan", SENT | {"prizes.id": "Penggiling"})
    assert wrong.status_code == 422
    assert "There are 2 kinds of prizes, and 1 are named here" in seen(wrong)
    wrong = browser.post(f"{home}/plan", SENT | {"prizes.id": "3 × Penggiling\nCangkir"})
    assert "“Grinder” is there 2 times, and 3 times here: write the same number." in seen(wrong)
    assert browser.post(f"{home}/plan", SENT | {"prizes.id": "2 × Penggiling\nCangkir"}).status_code == 302
    draw = Draw.objects.get()
    kept = re.findall(r"<textarea[^>]*>([^<]*)", browser.get(f"{home}/1/change").content.decode())
    assert "2 × Grinder\n1 × Cup" in kept
    assert "Penggiling\nCangkir" in kept
    draw = actions.open_draw(membership=people.alice, slug=campaign.slug, number=1)
    person = earn(a_participant(campaign, name="Dewi"), 1)
    (mark,) = marks(frozen(people, draw, clock))
    clock.go(draw.draws_at)
    value, signature = a_signature()
    actions.draw_winners(membership=people.alice, slug=campaign.slug, number=1, value=value, signature=signature)
    for language, called, other in (("en", "Grinder", "Penggiling"), ("id", "Penggiling", "Grinder")):
        read = {"lang": language, "number": mark}
        for shown in (
            seen(Client().get(page_of(draw), read)),
            seen(Client().get(f"/me/{personal_secret(person)}", read)),
            seen(browser.get(f"{home}/1", read)),
        ):
            assert called in shown
            assert other not in shown
    packed = json.loads(Client().get(f"{page_of(draw)}/file").content)
    assert packed["list"]["prizes"][0] == {
        "name": "Grinder", "count": 2, "names": {"en": "Grinder", "id": "Penggiling"}
    }  # fmt: skip


def test_what_drand_said_of_another_round_is_refused(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    frozen(people, draw, clock)
    clock.go(draw.draws_at)
    browser, (value, signature) = signed_in(people.bob), a_signature()
    said = {"do": "draw", "value": value, "signature": signature, "round": str(draw.source["round"])}
    for other in ("", str(draw.source["round"] + 1)):
        wrong = browser.post(console(draw), said | {"round": other})
        assert wrong.status_code == 422
        assert f"is not the round of this draw: copy what drand says of round {draw.source['round']}." in seen(wrong)
    apart = browser.post(console(draw), said | {"signature": a_signature(1)[1]})
    assert "The randomness is not the SHA-256 of the signature" in seen(apart)
    assert browser.post(console(draw), said).status_code == 302


@pytest.mark.parametrize(("language", "day"), [("en", "19 Aug 2026"), ("id", "19 Agu 2026")])
def test_the_days_of_a_permit_are_written_as_the_reader_does(
    people: People, campaign: Campaign, clock: Clock, language: str, day: str
) -> None:
    words = dict.fromkeys(("sponsor", "permit_number", "permit_office"), "PT Kopi Senja")
    law = {**words, "permit_date": "2026-08-19", "permit_asked": "2026-07-01"}
    draw = an_open_draw(people, campaign, jurisdictions=("ID",), law=law)
    shown = seen(Client().get(f"{page_of(draw)}?lang={language}"))
    assert day in shown
    assert "2026-08-19" not in shown
    late = a_planned_draw(people, campaign, jurisdictions=("ID",), law={**law, "permit_asked": "2026-11-25"})
    with translation.override(language), pytest.raises(UserErrors) as refused:
        actions.open_draw(membership=people.alice, slug=campaign.slug, number=late.number)
    with translation.override(language):
        assert "25 Nov 2026" in refused.value.by_field()["permit_asked"]


def test_passing_on_and_postponing_and_cancelling_ask_for_a_reason(
    people: People, campaign: Campaign, clock: Clock
) -> None:
    browser = signed_in(people.bob)
    draw = an_open_draw(people, campaign)
    later = {"entries_until": "2026-12-10T19:00", "draws_at": "2026-12-10T20:00"}
    for wrong in ({"do": "postpone", **later}, {"do": "postpone", "reason": "x"}, {"do": "cancel"}):
        assert browser.post(console(draw), wrong).status_code == 422
    assert browser.post(console(draw), {"do": "postpone", **later, "reason": "Strike"}).status_code == 302
    assert browser.post(console(draw), {"do": "cancel", "reason": "No permit"}).status_code == 302
    drawn = a_drawn_draw(people, campaign, clock)
    assert browser.post(console(drawn), {"do": "pass_on", "place": "1"}).status_code == 422
    assert browser.post(console(drawn), {"do": "pass_on", "place": "1", "reason": "No answer"}).status_code == 302
    assert "went to the next reserve" in seen(Client().get(page_of(drawn)))


def test_a_viewer_looks_and_does_nothing(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    browser = signed_in(people.vera)
    assert browser.get(console(draw)).status_code == 200
    assert browser.get(console(draw, "/change")).status_code == 403
    for do in ("open", "freeze", "cancel", "give_up", "draw", "fetch", "settle"):
        assert browser.post(console(draw), {"do": do, "reason": "x"}).status_code == 403
    assert signed_in(people.charlie).get(console(draw)).status_code == 404


def test_nothing_that_is_sent_after_freezing_changes_the_file(people: People, campaign: Campaign, clock: Clock) -> None:
    draw = an_open_draw(people, campaign)
    enter(draw, "dewi@example.com")
    frozen(people, draw, clock)
    before = Client().get(f"{page_of(draw)}/file").content
    browser = signed_in(people.alice)
    value, signature = a_signature()
    for do in ("open", "postpone", "freeze", "cancel", "give_up", "settle", "reach", "pass_on", "draw", "fetch"):
        sent = {"do": do, "reason": "x", "place": "1", "value": value, "signature": signature, **SENT}
        assert browser.post(console(draw), sent).status_code == 422, do
    assert browser.post(console(draw, "/change"), SENT).status_code == 400
    Client().post(page_of(draw), entry(email="late@example.com"))
    assert Client().get(f"{page_of(draw)}/file").content == before
    assert json.loads(before)["outcome"] is None
