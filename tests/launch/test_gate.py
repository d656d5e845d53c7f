"""The brief, the checklist and the gate: what is missing is named, and a reason to go on is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from builders import a_campaign, a_draft, a_form
from material.making import a_creative, a_picture
from people import People
from rewards.draws.draw_life import a_planned_draw
from rewards.giving import a_rule
from sebar.brands import audit
from sebar.brands.keys import instance_membership
from sebar.brands.queries import Membership
from sebar.campaigns import actions as campaigns
from sebar.campaigns.brief import actions, queries, rules
from sebar.campaigns.brief.models import Brief
from sebar.campaigns.brief.rules import BriefForm, Risk
from sebar.campaigns.models import Campaign
from sebar.kit.errors import NotAllowed, NotFound, UserError, UserErrors
from sebar.launch import actions as launch
from sebar.launch import queries as checklist
from sebar.material import actions as material
from sebar.pages import words

WHOLE = BriefForm(
    objective="Coffee drinkers know our new shop.",
    audience="Students nearby.",
    positioning="Warm and plain, as in our shops.",
    success="500 people join.",
    harm="Complaints from more than 1 in 100.",
    decides="Dina, at any hour.",
    budget=500_000_000,
    currency="IDR",
    risks=(Risk("People mock it.", "We pause and answer in person."),),
    consent_basis="Consent when joining.",
    ages="From 13 years, said on the page.",
)


def a_whole_draft(membership: Membership) -> Campaign:
    """Return a draft that lacks nothing."""
    campaign = a_draft(membership)
    actions.write(membership=membership, slug=campaign.slug, form=WHOLE)
    a_creative(membership, campaign, "quiz")
    return campaign


def missing(campaign: Campaign) -> set[str]:
    return {f"{gap.part}.{gap.field}" for gap in checklist.gaps(campaign)}


def test_a_brief_is_kept_as_it_was_written(people: People) -> None:
    campaign = a_draft(people.alice)
    assert queries.form_of(campaign) == BriefForm()
    actions.write(membership=people.bob, slug=campaign.slug, form=replace(WHOLE, objective="  Told.  "))
    assert queries.form_of(campaign) == replace(WHOLE, objective="Told.")
    half = BriefForm(objective="Only this.", risks=[Risk("", ""), Risk("Rain", "")])
    actions.write(membership=people.bob, slug=campaign.slug, form=half)
    assert queries.form_of(campaign) == BriefForm(objective="Only this.", risks=(Risk("Rain", ""),))


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"objective": "x" * 2001}, "objective"),
        ({"budget": -1}, "budget"),
        ({"currency": "rupiah"}, "currency"),
        ({"risks": [Risk("x" * 501, "")]}, "risks.0.what"),
        ({"risks": [Risk("x", "y")] * 21}, "risks"),
    ],
)
def test_what_cannot_be_used_is_named(different: dict[str, Any], field: str) -> None:
    with pytest.raises(UserErrors) as refused:
        rules.check(replace(WHOLE, **different))
    assert field in refused.value.by_field()


def test_every_gap_is_named_until_it_is_filled(people: People) -> None:
    campaign = a_draft(people.alice)
    assert missing(campaign) == {
        *(f"brief.{name}" for name in ("objective", "audience", "positioning", "success", "harm", "decides")),
        *("brief.budget", "brief.risks", "legal.consent_basis", "legal.ages", "material."),
    }
    whole = a_whole_draft(people.alice)
    assert missing(whole) == set()
    unanswered = replace(WHOLE, risks=[Risk("People mock it.", "")])
    actions.write(membership=people.alice, slug=whole.slug, form=unanswered)
    assert missing(whole) == {"brief.risks"}


def test_without_gaps_anybody_who_edits_publishes(people: People) -> None:
    campaign = a_whole_draft(people.alice)
    assert launch.publish(membership=people.bob, slug=campaign.slug).status == "running"
    entry = audit.entries(people.alice, subject=campaign.slug)[0]
    assert (entry.verb, entry.who, entry.details) == ("campaign.published", "Bob", {"gaps": []})


def test_with_gaps_it_takes_an_owner_and_a_reason(people: People) -> None:
    campaign = a_draft(people.alice)
    for member, reason, sentence in (
        (people.alice, "", "write down why"),
        (people.alice, "   ", "write down why"),
        (people.bob, "It is urgent", "ask an owner"),
    ):
        with pytest.raises(UserErrors, match=sentence) as refused:
            launch.publish(membership=member, slug=campaign.slug, reason=reason)
        assert "harm" in refused.value.by_field()
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    assert not [one for one in audit.entries(people.alice, subject=campaign.slug) if one.reason]
    launch.publish(membership=people.alice, slug=campaign.slug, reason="It is urgent")
    entry = audit.entries(people.alice, subject=campaign.slug)[0]
    assert (entry.who, entry.reason) == ("Alice", "It is urgent")
    assert "brief.harm" in entry.details["gaps"]
    with pytest.raises(UserError, match="published before"):
        launch.publish(membership=people.alice, slug=campaign.slug, reason="Again")


def test_no_reason_makes_up_for_missing_texts(people: People) -> None:
    campaign = campaigns.draft(membership=people.alice, form=a_form(texts={}))
    assert any(gap.is_needed for gap in checklist.gaps(campaign))
    with pytest.raises(UserErrors, match="people need it"):
        launch.publish(membership=people.alice, slug=campaign.slug, reason="It is urgent")


def test_who_may_not_edit_changes_nothing(people: People) -> None:
    campaign = a_whole_draft(people.alice)
    with pytest.raises(NotAllowed):
        launch.publish(membership=people.vera, slug=campaign.slug)
    with pytest.raises(NotAllowed):
        actions.write(membership=people.vera, slug=campaign.slug, form=BriefForm())
    with pytest.raises(NotFound):
        launch.publish(membership=people.charlie, slug=campaign.slug)
    assert launch.publish(membership=instance_membership(people.alice.brand), slug=campaign.slug)


def test_words_alone_are_nothing_to_pass_on(people: People) -> None:
    campaign = a_draft(people.alice)
    a_creative(people.alice, campaign, "text")
    words = {"kind": "text", "words": {"en": "Roses are red", "id": "Mawar merah"}}
    a_creative(people.alice, campaign, "page", content={"blocks": [words]})
    assert "material." in missing(campaign)
    picture = a_creative(people.alice, campaign, "image", upload=a_picture())
    assert "material." not in missing(campaign)
    named: dict[str, Any] = {"membership": people.alice, "slug": campaign.slug}
    material.switch(**named, name=picture.name, is_on=False)
    assert "material." in missing(campaign)
    blocks = {"blocks": [{"kind": "creative", "creative": picture.name}]}
    a_creative(people.alice, campaign, "page", name="album", content=blocks)
    assert "material." in missing(campaign), "what is switched off is gone from pages too"
    material.switch(**named, name=picture.name, is_on=True)
    material.switch(**named, name="album", is_on=False)
    assert "material." not in missing(campaign)


def browser(member: Membership) -> Client:
    client = Client()
    assert member.user is not None
    client.force_login(member.user)
    return client


def test_the_brief_in_the_console(people: People) -> None:
    campaign = a_draft(people.alice)
    home = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}"
    bob = browser(people.bob)
    assert "11 things are missing" in bob.get(f"{home}/brief").content.decode()
    sent = {
        "objective": "People know us", "budget": "5.000.000", "currency": "IDR", "risk": ["They mock it", ""],
        "answer": ["We pause", ""],
    }  # fmt: skip
    before = bob.get(f"{home}/brief").content.decode()
    assert "Write brief" in before
    assert "As of " not in before
    said = bob.post(f"{home}/brief/edit", sent, follow=True).content.decode()
    assert "Change brief" in said
    assert "Write brief" not in said
    written = Brief.objects.get().changed_at.astimezone(ZoneInfo(campaign.time_zone))
    assert f"As of {words.moment(written)}" in said
    assert "People know us" in said
    assert "Rp5,000,000" in said
    assert "We pause" in said
    assert "8 things are missing" in said
    assert queries.form_of(campaign).budget == 500_000_000
    wrong = bob.post(f"{home}/brief/edit", sent | {"budget": "a lot", "harm": "Tears"})
    assert wrong.status_code == 422
    assert "is not an amount" in wrong.content.decode()
    assert "Tears" in wrong.content.decode()


def test_the_gate_in_the_console(people: People) -> None:
    campaign = a_draft(people.alice)
    home = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}"
    assert "An owner can publish it with gaps" in browser(people.bob).get(f"{home}/preview").content.decode()
    alice = browser(people.alice)
    assert "Publish with these gaps" in alice.get(f"{home}/preview").content.decode()
    alice.post(f"{home}/publish", {"reason": "A trial among ourselves"})
    campaign.refresh_from_db()
    assert campaign.status == "running"
    said = alice.get(f"{home}/brief").content.decode()
    assert "A trial among ourselves" in said
    actions.write(membership=people.alice, slug=campaign.slug, form=WHOLE)
    said = alice.get(f"{home}/brief").content.decode()
    assert "The brief does not say what would count as harm." in said, "the gaps there were stay with the reason"
    assert "Still missing" in said
    assert "1 thing is still missing." in said
    assert "Before it is published" not in said


def test_rewards_that_begin_in_public_pass_the_gate_too(people: People) -> None:
    campaign = a_campaign(people.alice)
    rule = a_rule(campaign, is_on=False)
    page = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/rewards/rules/{rule.pk}"
    alice, bob = browser(people.alice), browser(people.bob)
    gap = "There are rewards, but the brief does not say what the law wants where they are given."
    for client, way_out in ((alice, "Why it begins all the same"), (bob, "An owner can begin it all the same")):
        shown = client.get(page).content.decode()
        assert gap in shown
        assert way_out in shown
        assert "brief/edit#sharing_rewards" in shown
    for client, entered, sentence in (
        (alice, {"reason": " "}, "write down why this begins all the same"),
        (bob, {"reason": "It is urgent"}, "ask an owner to begin this with a reason"),
    ):
        refused = client.post(page, {"do": "on", **entered})
        assert refused.status_code == 422
        assert sentence in refused.content.decode()
    rule.refresh_from_db()
    assert rule.status == "draft"
    assert alice.post(page, {"do": "on", "reason": "Only among ourselves"}).status_code == 302
    rule.refresh_from_db()
    assert rule.status == "on"
    entry = audit.entries(people.alice, subject=campaign.slug)[0]
    assert (entry.who, entry.reason, entry.details["gaps"]) == (
        "Alice", "Only among ourselves", ["legal.sharing_rewards"],
    )  # fmt: skip
    brief = alice.get(f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/brief").content.decode()
    assert "Rewards “Thanks” were switched on by Alice, " in brief
    assert "Only among ourselves" in brief


def test_with_its_legal_note_or_before_publishing_nothing_is_asked(people: People) -> None:
    noted = a_campaign(people.alice)
    form = replace(WHOLE, sharing_rewards="Both sides are told.", prize_draw="Permit 12/2026; free on its page.")
    actions.write(membership=people.alice, slug=noted.slug, form=form)
    for campaign in (noted, a_draft(people.alice)):
        rule = a_rule(campaign, is_on=False)
        assert launch.switch_on(membership=people.bob, rule=rule).status == "on"
    assert not [one for one in audit.entries(people.alice, subject=noted.slug) if one.verb.endswith(".begun")]
    draw = a_planned_draw(people, noted)
    assert launch.open_draw(membership=people.bob, slug=noted.slug, number=draw.number).state == "open"


def test_a_draw_that_opens_in_public_passes_the_gate_too(people: People) -> None:
    campaign = a_campaign(people.alice)
    draw = a_planned_draw(people, campaign)
    home = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}"
    alice = browser(people.alice)
    shown = alice.get(f"{home}/draws/{draw.number}").content.decode()
    assert "There is a prize draw, but the brief names neither its permit nor its free way in." in shown
    refused = alice.post(f"{home}/draws/{draw.number}", {"do": "open"})
    assert refused.status_code == 422
    assert "write down why this begins all the same" in refused.content.decode()
    draw.refresh_from_db()
    assert draw.state == "planned"
    assert alice.post(f"{home}/draws/{draw.number}", {"do": "open", "reason": "A trial"}).status_code == 302
    draw.refresh_from_db()
    assert draw.state == "open"
    assert f"Draw {draw.number} was opened by Alice, " in alice.get(f"{home}/brief").content.decode()


@pytest.mark.parametrize(
    ("asks", "says"),
    [
        ("no", "asks nobody for an e-mail address"),
        ("optional", "Not everybody in this campaign gives"),
        ("required", ""),
    ],
)
def test_who_cannot_be_reached_is_said_before_a_draw_opens(people: People, asks: str, says: str) -> None:
    campaign = a_campaign(people.alice, asks_email=asks)
    draw = a_planned_draw(people, campaign)
    home = f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/draws"
    alice = browser(people.alice)
    for page in (f"{home}/plan", f"{home}/{draw.number}", f"{home}/{draw.number}/change"):
        shown = alice.get(page).content.decode()
        assert ("you know them by name and code" in shown) is bool(says)
        assert says in shown
