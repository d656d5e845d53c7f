"""Coupons: what brands upload, whom a code is given to, and that it is redeemed once."""

from __future__ import annotations

import pytest

from builders import a_campaign, a_cascade, a_participant
from people import People
from rewards.giving import a_pool, a_rule, member_of, states, work
from sebar.campaigns.models import Campaign
from sebar.kit.errors import NotFound, UserError, UserErrors
from sebar.rewards import actions, coupon_codes, queries
from sebar.rewards.models import Coupon, Reward

pytestmark = pytest.mark.django_db(transaction=True)  # the outbox shows what was committed


def wrong(given: str) -> list[str]:
    with pytest.raises(UserErrors) as refused:
        coupon_codes.read(given)
    return [error.message for error in refused.value.errors]


def test_codes_are_read_from_lines_and_from_files() -> None:
    assert coupon_codes.read("code;value\nKOPI-1;5\r\n KOPI-2 \n\n") == {
        "KOPI-1": 2,
        "KOPI-2": 3,
    }
    assert coupon_codes.decoded("\ufeffA-1-x".encode()) == "A-1-x"
    with pytest.raises(UserError, match="no text in UTF-8"):
        coupon_codes.decoded(b"\xff\xfe")
    with pytest.raises(UserError, match="8 MB"):
        coupon_codes.decoded(b"x" * 8_000_001)


def test_every_wrong_line_is_named() -> None:
    assert wrong("KOPI-1\n\n=1+1\nKOPI-1\nno good\nab\nKOPI-2") == [
        "Line 2 is empty: take it out.",
        "Line 3: “=1+1” would be a formula in a spreadsheet: begin with a letter.",
        "Line 4: “KOPI-1” stands in line 1 already.",
        "Line 5: “no good” is no code: use 3 to 60 letters, digits and . _ / -",
        "Line 6: “ab” is no code: use 3 to 60 letters, digits and . _ / -",
    ]
    assert wrong("  \n") == ["There are no codes: write one on each line."]


def test_a_code_is_in_one_pool_only(campaign: Campaign) -> None:
    a_pool(campaign, 2)
    other = a_pool(campaign, 0, name="Other")
    with pytest.raises(UserErrors, match="Line 2: “Cups-00001” is in a pool of this campaign already"):
        actions.add_codes(membership=member_of(campaign), pool=other, given="NEW-1\nCups-00001")
    assert queries.stock(other).codes == 0
    assert actions.add_pool(membership=member_of(campaign), campaign=campaign, name="Other")[1] is False


def test_a_code_is_given_to_its_owner_and_redeemed_once(campaign: Campaign, people: People) -> None:
    pool = a_pool(campaign, 2)
    a_rule(campaign, what="coupon", pool=pool.pk, hold_days=0)
    seed, friend = a_cascade(campaign, [-1, 0])
    work()
    reward = Reward.objects.get()
    with pytest.raises(NotFound):
        actions.hand_out(participant=friend, number=reward.pk)
    coupon = actions.hand_out(participant=seed, number=reward.pk)
    assert actions.hand_out(participant=seed, number=reward.pk) == coupon
    assert states(campaign) == ["fulfilled"]
    assert (queries.stock(pool).given, queries.stock(pool).left) == (1, 1)
    redeem = {"membership": member_of(campaign), "campaign": campaign}
    with pytest.raises(UserError, match="was not given to anybody"):
        actions.redeem(**redeem, code="Cups-00001", by="till 3")
    with pytest.raises(UserError, match="The occasion is empty"):
        actions.redeem(**redeem, code=coupon.code, by="")
    assert actions.redeem(**redeem, code=coupon.code, by="order 7").is_new
    assert not actions.redeem(**redeem, code=f" {coupon.code}", by="order 7").is_new
    with pytest.raises(UserError, match=r"redeemed before: on .* UTC, for “order 7”"):
        actions.redeem(**redeem, code=coupon.code, by="order 8")
    with pytest.raises(NotFound):
        actions.redeem(membership=people.charlie, campaign=a_campaign(people.charlie), code=coupon.code, by="x")


def test_a_coupon_taken_back_cannot_be_redeemed(campaign: Campaign) -> None:
    pool = a_pool(campaign, 1)
    a_rule(campaign, what="coupon", pool=pool.pk)
    seed, _ = a_cascade(campaign, [-1, 0])
    work()
    number = Reward.objects.get().pk
    code = actions.hand_out(participant=seed, number=number).code
    member = member_of(campaign)
    actions.reverse(membership=member, campaign=campaign, number=number, reason="wrong person")
    with pytest.raises(UserError, match="was taken back"):
        actions.redeem(membership=member, campaign=campaign, code=code, by="order 1")
    with pytest.raises(UserError, match="is not yours yet"):
        actions.hand_out(participant=seed, number=number)


def test_a_coupon_that_waits_is_not_given(campaign: Campaign) -> None:
    pool = a_pool(campaign, 1)
    a_rule(campaign, what="coupon", pool=pool.pk, hold_days=5)
    seed, _ = a_cascade(campaign, [-1, 0])
    work()
    with pytest.raises(UserError, match="is not yours yet"):
        actions.hand_out(participant=seed, number=Reward.objects.get().pk)


def test_new_codes_let_rewards_go_on(campaign: Campaign) -> None:
    pool = a_pool(campaign, 1)
    a_rule(campaign, what="coupon", pool=pool.pk)
    seed, *_ = a_cascade(campaign, [-1, 0, 0])
    work()
    assert Reward.objects.count() == 1
    actions.add_codes(membership=member_of(campaign), pool=pool, given="MORE-1\nMORE-2")
    a_participant(campaign, seed)
    work()
    assert Reward.objects.count() == 2
    assert Coupon.objects.filter(reward=None).count() == 3
