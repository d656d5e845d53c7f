"""The pages of rewards in the console: a rule from its simulation to what it gave, and coupons."""

from __future__ import annotations

import pytest
from django.test import Client

from builders import a_campaign, a_cascade, a_participant
from people import People
from rewards.giving import a_pool, a_rule, states, work
from sebar.campaigns.models import Campaign
from sebar.rewards import actions
from sebar.rewards.models import Coupon, Reward, RewardRule

pytestmark = pytest.mark.django_db(transaction=True)
ENTERED = {
    "name": "Thanks",
    "kind": "each",
    "trigger": "join",
    "who": "both",
    "what": "money",
    "amount": "2.500",
    "currency": "IDR",
    "budget": "1.000.000",
    "hold_days": "0",
    "do": "keep",
}


def home(campaign: Campaign) -> str:
    return f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/rewards"


def test_a_rule_from_simulation_to_what_is_owed(alice: Client, campaign: Campaign) -> None:
    seed, *_ = a_cascade(campaign, [-1, 0, 0])
    assert "No rewards yet" in alice.get(home(campaign)).content.decode()
    tried = alice.post(f"{home(campaign)}/rules/new", {**ENTERED, "do": "simulate"}).content.decode()
    assert "it would have cost Rp10,000: 4 rewards to 3 people, at most Rp5,000 to one." in tried
    assert not RewardRule.objects.exists()
    alice.post(f"{home(campaign)}/rules/new", ENTERED)
    rule = RewardRule.objects.get()
    assert (rule.amount, rule.budget, rule.status) == (250_000, 100_000_000, "draft")
    page = f"{home(campaign)}/rules/{rule.pk}"
    assert "Rp2,500 each to referrer and friend when the friend joins" in alice.get(page).content.decode()
    alice.post(page, {"do": "on", "reason": "Only among ourselves"})
    friend = a_participant(campaign, seed, name="Dewi Ayu")
    work()
    assert "You owe Rp5,000 to 2 people." in alice.get(home(campaign)).content.decode()
    given = alice.get(f"{home(campaign)}/given?state=approved").content.decode()
    assert "Dewi Ayu" in given
    numbers = list(Reward.objects.values_list("pk", flat=True))
    alice.post(f"{home(campaign)}/given", {"reward": numbers, "state": "approved"})
    assert states(campaign) == ["fulfilled", "fulfilled"]
    one = f"{home(campaign)}/given/{numbers[0]}"
    assert "say why, for whoever asks later" in alice.post(one, {"do": "reverse", "reason": ""}).content.decode()
    alice.post(one, {"do": "reverse", "reason": "paid twice"})
    shown = alice.get(one).content.decode()
    assert "paid twice" in shown
    assert "to get back" in shown
    assert friend.pk == Reward.objects.get(pk=numbers[1]).participant_id


def test_a_budget_is_not_cut_below_what_was_given(alice: Client, campaign: Campaign) -> None:
    rule = a_rule(
        campaign,
        **{**{name: ENTERED[name] for name in ("who", "what", "currency")}, "amount": 250_000, "budget": 1_250_000},
    )
    a_cascade(campaign, [-1, 0, 0])
    work()
    assert 'Rp2,500 <span class="muted">(gives nothing more)</span>' in alice.get(home(campaign)).content.decode()
    page = f"{home(campaign)}/rules/{rule.pk}"
    refused = alice.post(page, {**ENTERED, "budget": "9.999"}).content.decode()
    assert "The budget is less than the 10,000 IDR that this rule has given already" in refused
    assert 'value="9.999"' in refused
    assert RewardRule.objects.count() == 1
    alice.post(page, {**ENTERED, "budget": "10.000"})
    assert RewardRule.objects.latest("pk").budget == 1_000_000


def test_wrong_input_is_named_and_kept(alice: Client, campaign: Campaign) -> None:
    wrong = {**ENTERED, "amount": "much", "hold_days": "100", "budget": "", "valid_to": "soon"}
    answer = alice.post(f"{home(campaign)}/rules/new", wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“much” is not an amount" in page
    assert "“soon” is no day and time" in page
    assert 'value="much"' in page
    again = alice.post(f"{home(campaign)}/rules/new", {**wrong, "amount": "1", "valid_to": ""}).content.decode()
    assert "100 is out of bounds here: write a whole number from 0 to 90." in again
    assert "The budget is empty" in again


@pytest.mark.parametrize(
    ("written", "currency", "stored"),
    [("25000", "IDR", 2_500_000), ("25,50", "USD", 2550), ("1.234.567", "IDR", 123_456_700), ("1 500", "JPY", 1500)],
)
def test_money_is_written_as_people_write_it(
    alice: Client, campaign: Campaign, written: str, currency: str, stored: int
) -> None:
    entered = {**ENTERED, "amount": written, "currency": currency, "budget": "9999999"}
    alice.post(f"{home(campaign)}/rules/new", entered)
    assert RewardRule.objects.get().amount == stored
    page = f"{home(campaign)}/rules/{RewardRule.objects.get().pk}"
    kept = {name: value for name, value in entered.items() if name != "amount"}
    shown = alice.get(page).content.decode()
    amount = shown.split('id="amount"')[1].split('value="')[1].split('"')[0]
    alice.post(page, {**kept, "amount": amount})
    assert RewardRule.objects.get().amount == stored


def test_the_table_for_spreadsheets_has_no_formula(alice: Client, campaign: Campaign) -> None:
    a_rule(campaign, name="=1+1")
    seed = a_participant(campaign, name="@SUM(A1)")
    a_participant(campaign, seed)
    work()
    table = b"".join(alice.get(f"{home(campaign)}/given.csv")).decode()  # type: ignore[call-overload]  # streamed
    assert "'@SUM(A1)" in table
    assert ",'=1+1," in table
    assert len(table.splitlines()) == 2


def test_codes_by_hand_and_by_file(alice: Client, campaign: Campaign) -> None:
    page = f"{home(campaign)}/coupons"
    assert "The name is empty" in alice.post(page, {"do": "pool", "pool_name": ""}).content.decode()
    pool = a_pool(campaign, 0)
    wrong = alice.post(page, {"do": "codes", "pool": pool.pk, "codes": "ONE-1\n\nONE-1"})
    assert wrong.status_code == 422
    assert "Line 2 is empty" in wrong.content.decode()
    assert "Line 3: “ONE-1” stands in line 1 already." in wrong.content.decode()
    alice.post(page, {"do": "codes", "pool": pool.pk, "codes": "ONE-1\nTWO-2"})
    assert Coupon.objects.count() == 2
    assert "runs low" not in alice.get(page).content.decode()


def test_an_empty_pool_is_said(alice: Client, campaign: Campaign) -> None:
    pool = a_pool(campaign, 1)
    a_rule(campaign, name="Cups", what="coupon", pool=pool.pk)
    assert "1 code of" in alice.get(home(campaign)).content.decode()
    a_cascade(campaign, [-1, 0])
    work()
    (reward,) = Reward.objects.select_related("participant__campaign")
    waiting = alice.get(f"{home(campaign)}/coupons").content.decode()
    assert "runs low" in waiting
    actions.hand_out(participant=reward.participant, number=reward.pk)
    assert "No codes of “" in alice.get(home(campaign)).content.decode()


def test_viewers_look_and_strangers_find_nothing(vera: Client, charlie: Client, campaign: Campaign) -> None:
    rule = a_rule(campaign, is_on=False)
    page = vera.get(f"{home(campaign)}/rules/{rule.pk}").content.decode()
    assert "Switch on" not in page
    assert vera.post(f"{home(campaign)}/rules/{rule.pk}", {"do": "on"}).status_code == 403
    assert charlie.get(f"{home(campaign)}/rules/{rule.pk}").status_code == 404
    assert RewardRule.objects.get().status == "draft"


def test_a_reward_of_another_campaign_is_not_there(alice: Client, campaign: Campaign, people: People) -> None:
    other = a_campaign(people.alice)
    a_rule(other)
    a_cascade(other, [-1, 0])
    work()
    number = Reward.objects.get().pk
    assert alice.get(f"{home(campaign)}/given/{number}").status_code == 404
    assert alice.post(f"{home(campaign)}/given", {"reward": number}).status_code == 302
    assert states(other) == ["approved"]
