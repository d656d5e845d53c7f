"""Touches of pages that a privileged key plays again with their original time and visitor."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from visiting import ANNA, CITRA, COFFEE, Pages, request

from sebar.edge.app import Edge
from sebar.edge.links import Publisher
from sebar.edge.request import Reply
from sebar.kit import codes
from sebar.verdicts.first import judge

KEY = "sebar_a-key-that-may-replay"
VIEW = {"kind": "view", "code": codes.spell(ANNA.participant), "time": 1_500_000_000_123, "visitor": 99}


async def send(edge: Edge, *touches: Any, key: str = KEY) -> Reply:
    return await edge.collect(request("/t", "POST", authorization=f"Bearer {key}"), json.dumps(touches).encode())


@pytest.fixture(autouse=True)
def _known_key(publisher: Publisher) -> None:
    publisher.publish_keys([(sha256(KEY.encode()).hexdigest(), COFFEE.brand)])


async def test_time_and_visitor_are_kept_and_believed(edge: Edge, pages: Pages) -> None:
    assert (await send(edge, VIEW)).status == 204
    (touch,) = pages.touches()
    assert (touch.ts, touch.visitor, touch.replayed) == (VIEW["time"], VIEW["visitor"], True)
    assert judge(touch).verdict == "person"


@pytest.mark.parametrize(("key", "touch"), [("another", VIEW), (KEY, {**VIEW, "code": codes.spell(CITRA.participant)})])
async def test_only_a_key_of_the_campaigns_brand_may(edge: Edge, pages: Pages, key: str, touch: object) -> None:
    assert (await send(edge, touch, key=key)).status == 403
    assert pages.touches() == []


async def test_a_key_may_send_more_than_a_page(edge: Edge) -> None:
    assert {(await send(edge, *[VIEW] * 100)).status for _ in range(8)} == {204}


async def test_an_agent_that_is_played_again_is_judged(edge: Edge, pages: Pages) -> None:
    visit = request(
        "/r/x", authorization=f"Bearer {KEY}", sebar_time="1", sebar_visitor="2", sebar_agent="WhatsApp/2.23"
    )
    await edge.follow(visit, VIEW["code"])
    assert judge(pages.touches()[0]).verdict == "preview"
