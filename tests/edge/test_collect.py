"""Touches that pages send of themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from visiting import ANNA, BUDI, CITRA, Pages, request

from sebar.edge.app import Edge
from sebar.edge.request import Reply
from sebar.edge.touch import BYTES, MOST, name_or_nothing, read_query
from sebar.events.event import Kind
from sebar.kit import codes, ids

BUDIS = codes.spell(BUDI.participant)


async def send(edge: Edge, *touches: Any, client: str = "192.0.2.7:50000") -> Reply:
    return await edge.collect(request("/t", "POST", client), json.dumps(touches).encode())


async def test_a_batch_is_kept(edge: Edge, pages: Pages) -> None:
    reply = await send(
        edge,
        {"kind": "view", "campaign": "coffee", "code": BUDIS, "via": "WhatsApp", "c": "b", "more": 1},
        {"kind": "share", "campaign": "coffee"},
        {"kind": "invite", "code": BUDIS},
    )
    assert (reply.status, reply.body) == (204, "")
    view, share, invite = pages.touches()
    assert (view.kind, view.participant, view.parent, view.channel) == (
        Kind.VIEW,
        BUDI.participant,
        ANNA.participant,
        "whatsapp",
    )
    assert (share.kind, share.campaign, share.participant) == (Kind.SHARE, 7, 0)
    assert (invite.kind, invite.campaign, invite.participant) == (Kind.INVITE, 7, BUDI.participant)
    assert view.method == "POST"


async def test_a_page_may_name_its_touch_so_that_it_counts_once(edge: Edge, pages: Pages) -> None:
    identity = ids.new_id()
    await send(edge, {"kind": "view", "campaign": "coffee", "id": str(identity)})
    assert pages.touches()[0].id == identity.bytes


async def test_a_code_of_another_campaign_says_nothing(edge: Edge, pages: Pages) -> None:
    await send(edge, {"kind": "view", "campaign": "coffee", "code": codes.spell(CITRA.participant)})
    (touch,) = pages.touches()
    assert (touch.campaign, touch.participant) == (7, 0)


async def test_an_empty_batch_is_no_error(edge: Edge, pages: Pages) -> None:
    assert (await send(edge)).status == 204
    assert pages.touches() == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"{}", "array"),
        (b'[{"kind": "join", "campaign": "coffee"}]', "join"),
        (b'[{"campaign": "coffee"}]', "kind"),
        (b'[{"kind": "view"}]', "campaign"),
        (b'[{"kind": "view", "campaign": "nothing"}]', "nothing"),
        (b'[{"kind": "view", "campaign": "coffee", "id": "7"}]', "id"),
        (b'[{"kind": "view", "campaign": "\xff"}]', "campaign"),
        (json.dumps([{"kind": "view", "campaign": "coffee"}] * (MOST + 1)).encode(), str(MOST)),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_kept(edge: Edge, pages: Pages, body: bytes, named: str) -> None:
    reply = await edge.collect(request("/t", "POST"), body)
    assert reply.status == 400
    assert named in reply.body
    assert pages.touches() == []


async def test_one_wrong_touch_keeps_the_whole_batch_out(edge: Edge, pages: Pages) -> None:
    reply = await send(edge, {"kind": "view", "campaign": "coffee"}, {"kind": "view", "campaign": "nothing"})
    assert reply.status == 400
    assert pages.touches() == []


async def test_a_batch_is_bounded_in_size(edge: Edge) -> None:
    assert (await edge.collect(request("/t", "POST"), b" " * (BYTES + 1))).status == 413


async def test_a_visitor_is_bounded_in_rate(edge: Edge, pages: Pages) -> None:
    batch = [{"kind": "view", "campaign": "coffee"}] * MOST
    statuses = [(await send(edge, *batch)).status for _ in range(4)]
    assert statuses == [204, 204, 204, 429]
    assert len(pages.touches()) == 300
    assert (await send(edge, *batch, client="198.51.100.1:1")).status == 204


@pytest.mark.parametrize(
    "addresses", [["192.0.2.7:1"] * 40, [f"[2001:db8::{place:x}]:1" for place in range(40)]], ids=["four", "six"]
)
async def test_another_name_for_every_request_is_no_way_around_it(edge: Edge, addresses: list[str]) -> None:
    body = json.dumps([{"kind": "share", "campaign": "coffee"}] * MOST).encode()
    sent = [request("/t", "POST", client, user_agent=f"Robot/{place}") for place, client in enumerate(addresses)]
    assert [(await edge.collect(one, body)).status for one in sent][28:] == [204] * 2 + [429] * 10


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("via=whatsapp&c=b", ("whatsapp", "b")),
        ("c=B&via=WhatsApp", ("whatsapp", "b")),
        ("via=a&via=b", ("a", "")),
        ("via=%77a", ("wa", "")),
        ("via=%FF&c=a%20b", ("", "")),
        ("via=<script>&c=" + "x" * 21, ("", "")),
        ("&&=&via", ("", "")),
    ],
)
def test_what_a_query_says(query: str, expected: tuple[str, str]) -> None:
    assert read_query(query) == expected


@given(st.text())
def test_a_name_is_plain_or_nothing(text: str) -> None:
    name = name_or_nothing(text)
    assert len(name) <= 20
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
@given(st.binary(max_size=200))
async def test_no_body_breaks_it(edge: Edge, body: bytes) -> None:
    assert (await edge.collect(request("/t", "POST"), body)).status in {204, 400, 429}
