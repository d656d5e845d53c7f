"""The explorer: all cascades, one branch, one person, and the replay."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from builders import a_campaign, a_cascade, a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.console import branches
from sebar.kit import codes
from sebar.participants import actions
from sebar.participants.models import Participant
from sebar.participants.rules import Entry

START = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def address(people: People, campaign: Campaign) -> str:
    """Address of the explorer."""
    return f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}"


def a_star(campaign: Campaign, people: int) -> list[Participant]:
    """Return a seed with all others brought by it, a minute apart."""
    entries = [
        Entry(
            external_id=f"p{number}",
            referred_by="p0" if number else "",
            name=f"Friend {number}",
            joined_at=START + timedelta(minutes=number),
        )
        for number in range(people)
    ]
    return [joined.participant for joined in actions.add_many(campaign=campaign, entries=entries)]


def test_all_cascades_together(address: str, campaign: Campaign, alice: Client, count: Callable[[], None]) -> None:
    made = a_cascade(campaign, [-1, 0, 1, -1])
    count()
    page = alice.get(f"{address}/cascades").content.decode()
    assert "<b>4 people</b> in 2 cascades. The largest holds 3 of them; 25% came through" in page
    rows = re.findall(r'<tr data-first="(\d+)".*?<td class="n">(\d+)', page, re.DOTALL)
    assert rows == [("0", "2"), ("1", "1"), ("2", "1")]
    assert f"/cascades/{codes.spell(made[0].pk)}" in page


def test_a_typed_code_leads_to_the_branch(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    seed = a_participant(campaign, name="Dewi")
    count()
    typed = codes.grouped(seed.pk).upper()
    response = alice.get(f"{address}/cascades", {"at": typed})
    assert response.headers["Location"] == f"{address}/cascades/{codes.spell(seed.pk)}"
    assert alice.get(f"{address}/cascades", {"at": "nobody"}).status_code == 404


def test_a_small_branch_shows_names_and_the_way_to_the_seed(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    seed = a_participant(campaign, name="Seed S.")
    middle = a_participant(campaign, seed, name="Middle M.")
    leaf = a_participant(campaign, middle, name="Leaf L.")
    count()
    page = alice.get(f"{address}/cascades/{codes.spell(middle.pk)}").content.decode()
    assert "<b>1 person</b> joined through this person, and <b>0 people</b> through those" in page
    crumbs = page.split('class="crumbs"')[1].split("</nav>")[0]
    assert crumbs.index("Seed S.") < crumbs.index("Middle M.")
    assert "Leaf L." not in crumbs
    assert f"/people/{codes.spell(leaf.pk)}" in page


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(("size", "picture"), [(60, "small"), (61, "time"), (2000, "time"), (2001, "icicle")])
def test_the_picture_suits_the_number_of_people(  # noqa: PLR0917 - two of them come from the table above
    size: int, picture: str, address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    seed = a_star(campaign, size)[0]
    count()
    below = branches.read(campaign, seed)
    assert below.people == size
    drawn = branches.picture(below, campaign, lambda moment: 0)
    assert [name for name in ("small", "time", "icicle") if getattr(drawn, name)] == [picture]
    page = alice.get(f"{address}/cascades/{codes.spell(seed.pk)}").content.decode()
    assert page.count('class="g1 node"') == (size - 1 if size <= branches.DRAWN else 0)


def test_the_replay_shows_only_what_had_happened_and_needs_no_script(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    seed = a_star(campaign, 100)[0]
    count()
    page = alice.get(f"{address}/cascades").content.decode()
    last = int(re.findall(r'name="step" min="0" max="(\d+)"', page)[0])
    half = alice.get(f"{address}/cascades?step={last // 2}").content.decode()
    shown = int(re.findall(r"<b>(\d+) people</b> in 1 cascade", half)[0])
    assert 40 <= shown <= 60
    branch = alice.get(f"{address}/cascades/{codes.spell(seed.pk)}?step={last // 2}").content.decode()
    assert branch.count('class="ahead"') == 100 - shown
    assert "<noscript><button>" in branch


@pytest.mark.parametrize("step", ["-1", "x", "99999999999999999999", "٣", ""])
def test_a_step_that_is_none_shows_everything(
    step: str, address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    a_cascade(campaign, [-1, 0])
    count()
    assert "<b>2 people</b>" in alice.get(f"{address}/cascades", {"step": step}).content.decode()


def test_a_person_has_a_history_and_a_reason(
    address: str, campaign: Campaign, alice: Client, count: Callable[[], None]
) -> None:
    seed = a_participant(campaign, name="Seed S.")
    person = a_participant(campaign, seed, name="Dewi", channel="whatsapp", joined_at=START)
    a_participant(campaign, person, name="Friend F.")
    count()
    page = alice.get(f"{address}/people/{codes.spell(person.pk)}").content.decode()
    assert "Why this parent" in page
    assert "Seed S." in page
    assert "WhatsApp" in page
    assert "Friend F. joined through them" in page
    assert page.index("Friend F. joined through them") < page.index("<td>Joined"), "newest first"


def test_people_of_another_campaign_are_nobody_here(
    address: str, people: People, alice: Client, count: Callable[[], None]
) -> None:
    from_elsewhere = a_participant(a_campaign(people.charlie))
    count()
    for page in ("cascades", "people"):
        assert alice.get(f"{address}/{page}/{codes.spell(from_elsewhere.pk)}").status_code == 404
    assert alice.get(f"{address}/people/zzz").status_code == 400


def test_the_demo_button_makes_a_campaign_worth_looking_at(
    people: People, alice: Client, count: Callable[[], None]
) -> None:
    brand = f"/console/brands/{people.alice.brand.slug}"
    response = alice.post(f"{brand}/demo")
    count()
    page = b"".join(alice.get(response.headers["Location"]).streaming_content).decode()
    assert "2,000 people have joined." in page
    assert "Each friend who joined brings <b>" in page
    assert "declared crawlers" in page
    campaign = Campaign.objects.get(brand=people.alice.brand)
    assert campaign.is_demo
    assert not Participant.objects.filter(campaign=campaign, parent__joined_at__gt=datetime.now(UTC)).exists()


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 30, "-1", "1e9", "٣", "%00", "x"])
def test_a_place_that_is_none_shows_all(
    alice: Client, campaign: Campaign, address: str, count: Callable[[], None], number: str
) -> None:
    a_star(campaign, 3)
    count()
    for asked in (f"cascades?step={number}", f"cascades?from={number}"):
        page = alice.get(f"{address}/{asked}")
        assert page.status_code == 200
        assert "Friend 0" in page.content.decode()


def test_a_member_deletes_what_is_kept_about_a_person(
    alice: Client, vera: Client, campaign: Campaign, count: Callable[[], None]
) -> None:
    dewi = a_participant(campaign, name="Dewi Anggraini")
    count()
    person = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/people/{codes.spell(dewi.pk)}"
    assert f"{person}/forget" in alice.get(person).content.decode()
    assert f"{person}/forget" not in vera.get(person).content.decode()
    assert vera.post(f"{person}/forget", {"reason": "x"}).status_code == 403
    assert "Dewi Anggraini" in alice.get(f"{person}/forget").content.decode()
    assert alice.post(f"{person}/forget", {"reason": ""}).status_code == 422
    seen = alice.post(f"{person}/forget", {"reason": "She asked us to."}, follow=True).content.decode()
    assert "Left for good" in seen
    assert "Dewi" not in seen
