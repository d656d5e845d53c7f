"""The brief and the gate through the API."""

from __future__ import annotations

from asking import Program

from builders import a_draft
from people import People


def test_the_brief_through_the_api(people: People, program: Program) -> None:
    campaign = a_draft(people.alice)
    body = {"objective": "People know us", "budget": 5000, "currency": "USD", "risks": [{"what": "Rain"}]}
    kept = program.send("PUT", f"/campaigns/{campaign.slug}/brief", body).json
    assert (kept["objective"], kept["risks"]) == ("People know us", [{"what": "Rain", "answer": ""}])
    assert {"risks", "harm"} <= {gap["field"] for gap in kept["gaps"]}
    assert program.get(f"/campaigns/{campaign.slug}/brief") == kept
    refused = program.post(f"/campaigns/{campaign.slug}/publish")
    assert refused.status == 422
    assert "harm" in {one["field"] for one in refused.json["errors"]}
    published = program.post(f"/campaigns/{campaign.slug}/publish", {"reason": "Agreed by mail"})
    assert published.json["status"] == "running"
