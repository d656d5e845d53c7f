"""Rewards by the API: what a brand's program can do, again and again without harm."""

from __future__ import annotations

import pytest
from asking import Program, a_program

from builders import a_cascade
from people import People
from rewards.giving import work
from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.rewards import queries

pytestmark = pytest.mark.django_db(transaction=True)
MONEY = {"name": "Both", "who": "both", "what": "money", "amount": 500, "currency": "IDR", "budget": 5000}
WHY = {"reason": "Only among ourselves"}


def test_a_rule_by_the_api(program: Program, campaign: Campaign) -> None:
    home = f"/campaigns/{campaign.slug}"
    _, friend, _ = a_cascade(campaign, [-1, 0, 0])
    work()
    would = program.post(f"{home}/reward-rules/simulate", MONEY).json
    assert would == {
        "cost": 2000,
        "unit": "IDR",
        "rewards": 4,
        "people": 3,
        "largest": 1000,
        "refused": 0,
        "wanted": 2000,
    }
    made = program.post(f"{home}/reward-rules", MONEY)
    assert (made.status, made.json["status"], made.json["is_new"]) == (201, "draft", True)
    again = program.post(f"{home}/reward-rules", MONEY)
    assert (again.status, again.json["id"], again.json["is_new"]) == (200, made.json["id"], False)
    rule = f"{home}/reward-rules/{made.json['id']}"
    refused = program.post(f"{rule}/on")
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "reason")
    assert "does not say what the law wants" in refused.json["errors"][1]["detail"]
    assert program.post(f"{rule}/on", WHY).json["status"] == "on"
    assert program.post(f"{rule}/on").status == 200, "on already: nothing begins"
    assert program.post(f"{rule}/on", {"since": "2026-01-01T00:00:00Z"}).status == 403
    program.post(f"{home}/participants", {"external_id": "x", "referred_by": codes.spell(friend.pk)})
    work()
    found = program.get(f"{home}/rewards?who=x")["rewards"]
    assert [(one["participant"], one["amount"], one["state"]) for one in found] == [
        (found[0]["friend"], 500, "approved")
    ]
    numbers = [one["id"] for one in program.get(f"{home}/rewards")["rewards"]]
    assert program.post(f"{home}/rewards/fulfil", {"rewards": numbers}).json == {"fulfilled": 2}
    assert program.post(f"{home}/rewards/fulfil", {"rewards": numbers}).json == {"fulfilled": 0}
    back = program.post(f"{home}/rewards/{numbers[0]}/reverse", {"reason": "returned"}).json
    assert (back["state"], back["cause"], back["reason"]) == ("reversed", "member", "returned")
    (balance,) = program.get(f"{home}/rewards/balances")["balances"]
    assert balance == {
        "unit": "IDR",
        "pending": 0,
        "earned": 0,
        "fulfilled": 500,
        "owed_back": 500,
        "budget_left": 4000,
        "people_owed": 0,
    }
    changed = program.send("PATCH", rule, {"amount": 600}).json
    assert (changed["version"], changed["amount"], changed["spent"]) == (2, 600, 1000)
    assert program.post(f"{home}/reward-rules/{changed['id']}/off").json["status"] == "off"
    assert program.post(f"{home}/reward-rules", {**MONEY, "budget": None, "name": "x"}).json["field"] == "budget"


def test_what_a_reward_is_good_for_by_the_api(program: Program, campaign: Campaign) -> None:
    home = f"/campaigns/{campaign.slug}"
    points = {"name": "Sips", "what": "points", "labels": {"en": "100 are a coffee"}}
    assert program.post(f"{home}/reward-rules", points).json["labels"] == {"en": "100 are a coffee"}
    refused = program.post(f"{home}/reward-rules", {**points, "name": "y", "labels": {"fr": "un café"}})
    assert (refused.status, refused.json["field"]) == (422, "labels")
    assert "“fr” is not a language of this campaign" in refused.json["detail"]


def test_coupons_by_the_api(program: Program, campaign: Campaign) -> None:
    home = f"/campaigns/{campaign.slug}"
    pool = program.post(f"{home}/coupon-pools", {"name": "Cups", "low_at": 1}).json
    added = program.post(f"{home}/coupon-pools/{pool['id']}/codes", {"codes": ["CUP-1", "CUP-2"]})
    assert added.json == {"added": 2}
    refused = program.post(f"{home}/coupon-pools/{pool['id']}/codes", {"codes": ["CUP-3", "CUP-1"]})
    assert refused.status == 422
    assert refused.json["detail"] == "Line 2: “CUP-1” is in a pool of this campaign already."
    (shown,) = program.get(f"{home}/coupon-pools")["pools"]
    assert (shown["codes"], shown["left"], shown["is_low"]) == (2, 2, False)
    assert program.post(f"{home}/coupons/redeem", {"code": "CUP-1", "by": "order 1"}).status == 422
    assert program.post(f"{home}/coupons/redeem", {"code": "NONE", "by": "order 1"}).status == 404


def test_a_refund_takes_back_what_was_rewarded(program: Program, campaign: Campaign) -> None:
    home = f"/campaigns/{campaign.slug}"
    _, friend = a_cascade(campaign, [-1, 0])
    rule = program.post(f"{home}/reward-rules", {**MONEY, "trigger": "conversion", "hold_days": 9}).json
    program.post(f"{home}/reward-rules/{rule['id']}/on", WHY)
    program.post(f"{home}/conversions", {"external_id": "o/1", "participant": codes.spell(friend.pk)})
    program.post(f"{home}/conversions", {"external_id": "o-1", "participant": codes.spell(friend.pk)})
    work()
    assert queries.counts(campaign) == {"pending": 2}
    undone = program.post(f"{home}/conversions/o-1/refund")
    assert (undone.status, undone.json["is_new"], undone.json["refunded_at"] is None) == (200, True, False)
    assert program.post(f"{home}/conversions/o-1/refund").json["is_new"] is False
    assert program.post(f"{home}/conversions/none/refund").status == 404
    work()
    assert queries.counts(campaign) == {"pending": 2}  # the order o/1 counts


def test_others_reach_none_of_it(people: People, program: Program, campaign: Campaign) -> None:
    stranger = a_program(people.charlie)
    rule = program.post(f"/campaigns/{campaign.slug}/reward-rules", MONEY).json["id"]
    assert stranger.post(f"/campaigns/{campaign.slug}/reward-rules/{rule}/on").status == 404
    reader = a_program(people.alice, "read")
    assert reader.post(f"/campaigns/{campaign.slug}/reward-rules/{rule}/on").status == 403
