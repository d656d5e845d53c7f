"""Opening a link: where it leads, what is kept of it, and when it is refused."""

from __future__ import annotations

import ipaddress
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from visiting import ANNA, BUDI, CITRA, COFFEE, PHONE, MakeEdge, Pages, request

from sebar.edge.app import Edge
from sebar.edge.links import Found, Link, Publisher
from sebar.edge.request import Reply
from sebar.events.event import Kind
from sebar.kit import codes
from sebar.kit.errors import Unavailable
from sebar.kit.ids import now_ms

BUDIS = codes.spell(BUDI.participant)


async def follow(edge: Edge, path: str, **headers: str) -> Reply:
    asked = request(f"/r/{path}", **headers)
    reply = await edge.follow(asked, asked.path[3:])
    assert reply is not None
    return reply


def leads_to(reply: Reply) -> str:
    return dict(reply.headers)["location"]


async def test_a_link_leads_to_the_hosted_page(edge: Edge) -> None:
    reply = await follow(edge, BUDIS)
    assert (reply.status, leads_to(reply)) == (302, f"/c/coffee?ref={BUDIS}")
    assert ("cache-control", "no-store") in reply.headers


async def test_a_link_leads_to_the_brands_own_page(edge: Edge) -> None:
    code = codes.spell(CITRA.participant)
    assert leads_to(await follow(edge, code)) == f"https://tea.example/buy?x=1&ref={code}"


async def test_what_is_kept_of_a_visit(edge: Edge, pages: Pages) -> None:
    before = now_ms()
    await follow(edge, f"{BUDIS}?via=whatsapp&c=b", sec_fetch_mode="navigate", sec_fetch_dest="document")
    (touch,) = pages.touches()
    assert before <= touch.ts <= now_ms()
    assert (touch.kind, touch.campaign, touch.participant) == (Kind.VISIT, 7, BUDI.participant)
    assert (touch.parent, touch.root, touch.generation) == (ANNA.participant, ANNA.participant, 1)
    assert (touch.channel, touch.creative, touch.method, touch.agent) == ("whatsapp", "b", "GET", PHONE)
    assert touch.fetch == "navigate/document/"
    assert touch.visitor != 0
    assert touch.network != 0
    assert not touch.replayed


async def test_the_address_is_not_kept(edge: Edge, pages: Pages) -> None:
    await follow(edge, BUDIS)
    assert b"192.0.2" not in b"".join(pages.rows())


@pytest.mark.parametrize("header", ["sec_purpose", "purpose", "x_moz"])
async def test_who_fetches_ahead_says_so(edge: Edge, pages: Pages, header: str) -> None:
    await follow(edge, BUDIS, **{header: "prefetch"})
    assert pages.touches()[0].purpose == "prefetch"


async def test_head_is_answered_and_kept_as_head(edge: Edge, pages: Pages) -> None:
    reply = await edge.follow(request(f"/r/{BUDIS}", "HEAD"), BUDIS)
    assert reply is not None
    assert reply.status == 302
    assert pages.touches()[0].method == "HEAD"


async def test_other_methods_are_refused_and_not_kept(edge: Edge, pages: Pages) -> None:
    reply = await edge.follow(request(f"/r/{BUDIS}", "POST"), BUDIS)
    assert reply is not None
    assert (reply.status, dict(reply.headers)["allow"]) == (405, "GET, HEAD")
    assert pages.touches() == []


@pytest.mark.parametrize("end", ["/", ".", ")", ",", "!"])
async def test_capitals_and_what_stands_around_a_link_do_not_matter(edge: Edge, end: str) -> None:
    assert leads_to(await follow(edge, BUDIS.upper() + end)) == f"/c/coffee?ref={BUDIS}"


@pytest.mark.parametrize(
    "code", ["", "x", "2222222", "aaaaaaa", "../../etc", "\x00", "https://evil.example", "k" * 500]
)
async def test_nobody_has_this_code(edge: Edge, pages: Pages, code: str) -> None:
    assert await edge.follow(request(f"/r/{code}"), code) is None
    assert pages.touches() == []


async def test_a_link_works_the_instant_it_is_made(edge: Edge, made_just_now: dict[str, Found]) -> None:
    new = Link(codes.FIRST * 2, 7, BUDI.participant, ANNA.participant, 2)
    made_just_now[codes.spell(new.participant)] = Found(new, COFFEE)
    assert leads_to(await follow(edge, codes.spell(new.participant))) == f"/c/coffee?ref={codes.spell(new.participant)}"


async def test_nothing_is_answered_that_is_not_kept(edge: Edge, pages: Pages) -> None:
    pages.journal.close()
    with pytest.raises(Unavailable):
        await follow(edge, BUDIS)


async def test_the_same_visitor_has_the_same_hash_today(edge: Edge, pages: Pages) -> None:
    await follow(edge, BUDIS)
    await follow(edge, BUDIS)
    await follow(edge, BUDIS, user_agent="another")
    first, second, third = pages.touches()
    assert first.visitor == second.visitor != third.visitor
    assert first.network == second.network == third.network
    assert len({first.id, second.id, third.id}) == 3


async def test_forwarding_headers_are_believed_from_trusted_proxies_only(edge_behind: MakeEdge, pages: Pages) -> None:
    headers = {"x_forwarded_for": "203.0.113.9", "cf_ipcountry": "ID", "x_forwarded_proto": "https"}
    await follow(edge_behind([ipaddress.ip_network("192.0.2.0/24")]), BUDIS, **headers)
    await follow(edge_behind([ipaddress.ip_network("10.0.0.0/8")]), BUDIS, **headers)
    await follow(edge_behind([]), BUDIS)
    believed, doubted, plain = pages.touches()
    assert (believed.country, believed.props) == ("ID", {"scheme": "https"})
    assert (doubted.country, doubted.props) == ("", {})
    assert believed.visitor != doubted.visitor == plain.visitor


class TestReplay:
    KEY = "a-key-of-the-coffee-brand"

    @pytest.fixture(autouse=True)
    def _known_keys(self, publisher: Publisher) -> None:
        publisher.publish_keys([(sha256(self.KEY.encode()).hexdigest(), COFFEE.brand)])

    async def test_a_privileged_key_keeps_time_and_visitor(self, edge: Edge, pages: Pages) -> None:
        headers = {
            "authorization": f"Bearer {self.KEY}",
            "sebar_time": "1300000000123",
            "sebar_visitor": str(2**64 - 1),
        }
        assert (await follow(edge, BUDIS, **headers)).status == 302
        (touch,) = pages.touches()
        assert (touch.ts, touch.visitor, touch.replayed) == (1300000000123, 2**64 - 1, True)
        assert int.from_bytes(touch.id) >> 80 == 1300000000123

    @pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic a-key-of-the-coffee-brand"])
    async def test_nobody_else_does(self, edge: Edge, pages: Pages, authorization: str) -> None:
        assert (await follow(edge, BUDIS, sebar_time="1", authorization=authorization)).status == 403
        assert pages.touches() == []

    async def test_nor_a_key_of_another_brand(self, edge: Edge, pages: Pages) -> None:
        headers = {"authorization": f"Bearer {self.KEY}", "sebar_time": "1"}
        assert (await follow(edge, codes.spell(CITRA.participant), **headers)).status == 403
        assert pages.touches() == []

    @pytest.mark.parametrize("time", ["", "-1", "1.5", "now", "9" * 30, "٣"])
    async def test_a_time_that_is_none_is_named(self, edge: Edge, pages: Pages, time: str) -> None:
        reply = await follow(edge, BUDIS, authorization=f"Bearer {self.KEY}", sebar_time=time)
        assert reply.status == 400
        assert "sebar-time" in reply.body
        assert pages.touches() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(via=st.text(max_size=40), creative=st.text(max_size=40), more=st.text(max_size=40))
async def test_no_query_leads_anywhere_else(edge: Edge, via: str, creative: str, more: str) -> None:
    reply = await follow(edge, f"{BUDIS}?{more}&via={via}&c={creative}")
    where = urlsplit(leads_to(reply))
    assert (where.scheme, where.netloc, where.path) == ("", "", "/c/coffee")
    assert parse_qs(where.query)["ref"] == [BUDIS]
    assert set(parse_qs(where.query)) <= {"ref", "via", "c"}
