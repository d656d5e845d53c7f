"""Texts in a language that the campaign does not have are refused, and change nothing."""

from __future__ import annotations

import pytest

from builders import a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels import actions

SAID = {"en": "We are looking into it.", "id": "Kami sedang memeriksanya."}
FOREIGN = "“fr” is not a language of this campaign: it has en (English), id (Bahasa Indonesia)."


@pytest.mark.parametrize("texts", [{"fr": "On arrête"}, {**SAID, "fr": "On arrête"}, {"fr": ""}])
def test_a_statement_in_another_language_leaves_the_one_that_stands(program, campaign: Campaign, texts) -> None:
    place = f"/campaigns/{campaign.slug}/statement"
    assert program.send("PUT", place, {"texts": SAID}).json["statement"] == SAID
    refused = program.send("PUT", place, {"texts": texts})
    assert refused.status == 422
    assert FOREIGN in {wrong["detail"] for wrong in refused.json["errors"]}
    assert program.get(f"/campaigns/{campaign.slug}/steering")["statement"] == SAID


@pytest.mark.parametrize("texts", [{}, {"en": "", "id": " "}])
def test_a_statement_that_says_nothing_takes_it_away(program, campaign: Campaign, texts) -> None:
    place = f"/campaigns/{campaign.slug}/statement"
    program.send("PUT", place, {"texts": SAID})
    taken = program.send("PUT", place, {"texts": texts})
    assert (taken.status, taken.json["statement"]) == (200, {})


def test_wordings_of_a_campaign_are_in_its_languages(program, people: People) -> None:
    words = {"headline": "Kopi"}
    refused = program.post("/campaigns", {"name": "Coffee", "slug": "coffee", "texts": {"id": words}})
    assert (refused.status, refused.json["field"]) == (422, "texts")
    assert refused.json["detail"] == "“id” is not a language of this campaign: it has en (English)."
    both = {"languages": ["en", "id"], "texts": {"id": words, "en": {"headline": "Coffee"}}}
    assert program.post("/campaigns", {"name": "Coffee", "slug": "coffee", **both}).status == 201
    assert program.send("PATCH", "/campaigns/coffee", {"texts": {"fr": words}}).status == 422
    fewer = program.send("PATCH", "/campaigns/coffee", {"languages": ["id"]})
    assert (fewer.status, set(fewer.json["texts"]), fewer.json["texts"]["id"]["headline"]) == (200, {"id"}, "Kopi")


def test_a_correction_in_another_language_names_it(program, people: People, campaign: Campaign) -> None:
    dewi = a_participant(campaign)
    a_participant(campaign, dewi)
    actions.agree(participant=dewi, channel="telegram_bot", address="1001")
    words = {"subject": "Not so", "text": "We were wrong."}
    refused = program.post(
        f"/campaigns/{campaign.slug}/correction", {"texts": dict.fromkeys(("en", "id", "fr"), words)}
    )
    assert refused.status == 422
    assert [wrong["detail"] for wrong in refused.json["errors"]] == [FOREIGN]
