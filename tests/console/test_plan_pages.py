"""The console's pages of plans, from nothing to the list that is invited."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from builders import a_cascade, a_draft
from people import People
from plans.planning import a_star, computed, uploaded, worked_out
from rewards.giving import a_pool, a_rule, converts, work
from sebar.campaigns.brief import actions as brief
from sebar.campaigns.brief.rules import BriefForm
from sebar.campaigns.models import Campaign
from sebar.events.store import Store
from sebar.participants.models import Participant
from sebar.steering.plans.models import CampaignPlan, PlanGraph, PlanVersion

FORM = {
    "name": "Few", "source": "none", "graph": "", "invited": "20", "comes": "100", "cost": "1.000", "starts": "0",
    "days": "10", "quality": "97,5", "conversions": "", "support": "20", "reward_times": "1", "reward_effect": "0",
}  # fmt: skip


def home(people: People, campaign: Campaign) -> str:
    return f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/plan"


def test_from_nothing_to_a_plan_that_is_compared(alice: Client, people: People, store: Store) -> None:
    draft = a_draft(people.alice, goal=400)
    address = home(people, draft)
    assert "Nothing is planned yet." in alice.get(address).content.decode()
    assert "How many people you invite first" in alice.get(f"{address}/new").content.decode()
    asked = alice.post(f"{address}/new", FORM, follow=True)
    assert "Version 1 is being computed." in asked.content.decode()
    assert asked.headers["Refresh"] == "2"
    worked_out()
    plan = CampaignPlan.objects.get()
    shown = alice.get(f"{address}/{plan.pk}")
    assert "Refresh" not in shown.headers
    page = shown.content.decode()
    for words in ("people within 10 days", "The chance of reaching 400 is", "only what is usual", "50% of worlds",
                  "Rp20,000", "You invite 30 first", "Fewer like it: 87.8 of 100", "turn against it"):  # fmt: skip
        assert words in page, words
    assert alice.get(address).content.decode().count("verdict") == 1
    assert 'value="97.5"' in alice.get(f"{address}/{plan.pk}/change").content.decode()
    alice.post(f"{address}/{plan.pk}/change", FORM | {"invited": "25"})
    alice.post(f"{address}/new", FORM | {"name": "Many", "invited": "40"})
    worked_out()
    newest = alice.get(f"{address}/{plan.pk}").content.decode()
    assert "You invite 38 first" in newest
    assert "as it was computed then" not in newest
    assert 'href="?version=1"' in newest
    first = alice.get(f"{address}/{plan.pk}", {"version": 1}).content.decode()
    assert "You invite 30 first" in first
    assert "This is version 1, as it was computed then." in first
    for number in ("3", "0", "x", "9" * 30):
        assert alice.get(f"{address}/{plan.pk}", {"version": number}).status_code == 404, number
    numbers = list(CampaignPlan.objects.order_by("pk").values_list("pk", flat=True))
    compared = alice.get(f"{address}/compare", {"plan": numbers}).content.decode()
    assert "+Rp15,000 (Rp15,000 to Rp15,000)" in compared
    refused = alice.get(f"{address}/compare", {"plan": [numbers[0], "x"]})
    assert refused.status_code == 422
    assert "Choose from two to 4 plans to compare, not 1." in refused.content.decode()


def test_what_is_wrong_in_the_form_is_said_at_its_field(alice: Client, people: People) -> None:
    draft = a_draft(people.alice)
    address = f"{home(people, draft)}/new"
    wrong = alice.post(address, FORM | {"invited": "many", "quality": "1e3", "cost": "x"})
    assert wrong.status_code == 422
    page = wrong.content.decode()
    for words in ("“many” is not a whole number", "“1e3” is not a number", "“x” is not an amount"):
        assert words in page, words
    both = alice.post(address, FORM | {"invited": "many", "days": "900"}).content.decode()
    assert "How many people you invite first: “many” is not a whole number" in both
    assert "Days to look ahead: 900 is out of bounds here: write a number from 1 to 180." in both
    assert "from 1 to 180" in alice.post(address, FORM | {"days": "900"}).content.decode()
    assert "No file is chosen" in alice.post(address, FORM | {"source": "upload"}).content.decode()
    assert not CampaignPlan.objects.exists()


def test_a_file_is_uploaded_chosen_from_and_removed(
    alice: Client, people: People, campaign: Campaign, store: Store
) -> None:
    address = home(people, campaign)
    file = SimpleUploadedFile("friends.csv", a_star().encode())
    assert "is being read" in alice.post(f"{address}/graphs", {"file": file}, follow=True).content.decode()
    assert "No file is chosen" in alice.post(f"{address}/graphs", follow=True).content.decode()
    worked_out()
    assert "34 people, 64 ways to pass it on" in alice.get(address).content.decode()
    graph = PlanGraph.objects.get()
    chosen = {"source": "upload", "graph": str(graph.pk), "invited": "2"}
    page = alice.post(f"{address}/new", FORM | chosen, follow=True)
    worked_out()
    plan = CampaignPlan.objects.get()
    page = alice.get(f"{address}/{plan.pk}")
    assert "Why these: each adds so many people" in page.content.decode()
    assert "All ties are alike: whoever is told would bring about" in page.content.decode()
    assert re.search(
        r'data-label="Adds">\d+\.\d ± \d\.\d</td><td class="n" data-label="Ties">30</td>', page.content.decode()
    )
    rows = list(csv.DictReader(io.StringIO(alice.get(f"{address}/{plan.pk}/people.csv").content.decode())))
    assert rows[0]["person"] == "Hub"
    assert (rows[0]["cost"], rows[0]["currency"], rows[0]["took_part"]) == ("1000", "IDR", "0")
    assert "2 people are seeds now." in alice.post(f"{address}/{plan.pk}/invite", follow=True).content.decode()
    again = alice.post(f"{address}/{plan.pk}/invite", follow=True).content.decode()
    assert "Nobody was missing: all of them take part already." in again
    assert Participant.objects.filter(campaign=campaign, source="plan").count() == 2
    version = alice.get(f"{address}/{plan.pk}").content.decode()
    assert "took part before" not in version, "what comes of a plan is not what it rested on"
    alice.post(f"{address}/graphs/{graph.pk}/remove")
    assert "and the list with it" in alice.get(f"{address}/{plan.pk}").content.decode()


def test_a_file_that_cannot_be_read_is_told_once_and_is_no_choice(
    alice: Client, vera: Client, people: People, campaign: Campaign
) -> None:
    address = home(people, campaign)
    alice.post(f"{address}/graphs", {"file": SimpleUploadedFile("bad.csv", b"source,target\nCitra\n")})
    worked_out()
    for member in (alice, vera):
        told = member.get(address, headers={"Accept-Language": "id"}).content.decode()
        assert "Sebuah baris memiliki kolom lebih banyak" in told
        assert "(bad.csv:2: Citra)" in told
        assert "bad.csv" not in member.get(address).content.decode()
    assert "bad.csv" not in alice.get(f"{address}/new").content.decode()
    graph = uploaded(people, a_star(), name="good.csv")
    page = alice.get(address).content.decode()
    assert "Remove this file? No plan uses it." in page
    removed = alice.post(f"{address}/graphs/{graph.pk}/remove", follow=True).content.decode()
    assert "Removed." in removed
    assert "good.csv" not in removed


@pytest.mark.django_db(transaction=True)
def test_a_running_campaign_says_what_is_spent_and_measured(
    alice: Client, people: People, campaign: Campaign, store: Store
) -> None:
    brief.write(membership=people.alice, slug=campaign.slug, form=BriefForm(budget=70_000, currency="IDR"))
    a_rule(campaign, name="Each", what="money", amount=10_000, currency="IDR", budget=500_000)
    a_rule(campaign, name="Cup", what="coupon", pool=a_pool(campaign, codes=8).pk, trigger="conversion")
    _, *friends = a_cascade(campaign, [-1, *[0] * 5, *[-1] * 24])
    converts(friends[0])
    work()
    found = computed(people, campaign)
    page = alice.get(f"{home(people, campaign)}/{found.plan.pk}").content.decode()
    for words in (
        "Rp500 of the budget of Rp700 are spent already",
        "come to more than the Rp200 left of the budget",
        "Rule “Each”: of its budget of Rp5,000, Rp500 are spent already.",
        "“Cups” has 7 coupons left.",
        "The coupons of “Cups” run out",
    ):
        assert words in page, words
    form = alice.get(f"{home(people, campaign)}/new").content.decode()
    assert "Measured here so far: 3.3 (1 of 30 people)." in form
    assert 'value="3.33"' in form


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(alice: Client, people: People, store: Store) -> None:
    draft = a_draft(people.alice)
    graph = uploaded(people, a_star().replace("Hub", "=1+1"))
    found = computed(people, draft, source="upload", graph=graph.pk, invited=1)
    table = alice.get(f"{home(people, draft)}/{found.plan.pk}/people.csv").content.decode()
    assert "'=1+1" in table


def test_along_ties_with_chances_nothing_is_said_of_what_does_not_count(
    alice: Client, people: People, store: Store
) -> None:
    draft = a_draft(people.alice)
    ties = "source,target,probability\n" + "".join(f"Hub,leaf{number},0.4\n" for number in range(20))
    graph = uploaded(people, ties, is_mutual=False)
    found = computed(people, draft, source="upload", graph=graph.pk, invited=3)
    page = alice.get(f"{home(people, draft)}/{found.plan.pk}").content.decode()
    assert "Each tie has the chance that the file gives it" in page
    assert "does not count here, only how soon: half within" in page
    assert "Each brings about" not in page
    rows = list(
        csv.DictReader(io.StringIO(alice.get(f"{home(people, draft)}/{found.plan.pk}/people.csv").content.decode()))
    )
    assert [one["person"] == "Hub" for one in rows] == [True, False, False]
    assert page.count("only themselves") == 3  # two people, and the sentence about them
    assert all(float(one["adds"]) <= 1 for one in rows if one["ties"] == "0")


def test_a_viewer_reads_and_changes_nothing(vera: Client, charlie: Client, people: People, store: Store) -> None:
    draft = a_draft(people.alice)
    found = computed(people, draft)
    address = home(people, draft)
    page = vera.get(f"{address}/{found.plan.pk}").content.decode()
    assert "people within 10 days" in page
    assert "Change and compute" not in page
    for way in ("new", f"{found.plan.pk}/change", f"{found.plan.pk}/cancel", f"{found.plan.pk}/invite", "graphs"):
        assert vera.post(f"{address}/{way}", FORM).status_code == 403, way
        assert charlie.post(f"{address}/{way}", FORM).status_code == 404, way
    assert charlie.get(f"{address}/{found.plan.pk}").status_code == 404
    assert PlanVersion.objects.count() == 1
