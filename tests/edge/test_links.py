"""The published link table: both ends on one real file."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.edge import links
from sebar.edge.links import Found, Link, LinkTable, Publisher, Target
from sebar.events.event import Event, Kind
from sebar.kit import codes, ids
from sebar.kit.brake import Brake

ANNA = Link(participant=codes.FIRST + 1, campaign=7, parent=0, root=codes.FIRST + 1, generation=0)
BUDI = Link(participant=codes.FIRST + 2, campaign=7, parent=ANNA.participant, root=ANNA.participant, generation=1)
COFFEE = Target(campaign=7, brand=3, slug="coffee")


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    opened = Publisher(tmp_path / "links.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def table(tmp_path: Path, publisher: Publisher) -> Iterator[LinkTable]:
    opened = LinkTable(tmp_path / "links.sqlite3", Brake(tmp_path / "brake"), hot=2)
    yield opened
    opened.close()


def reread(table: LinkTable) -> None:
    table._fresh_until = 0.0


def test_a_published_link_is_found(publisher: Publisher, table: LinkTable) -> None:
    publisher.publish_targets([COFFEE])
    publisher.publish_links([ANNA, BUDI], (5, 9))
    assert table.find(codes.spell(BUDI.participant)) == Found(BUDI, COFFEE)
    assert table.find(codes.spell(codes.FIRST + 3)) is None
    assert publisher.position() == (5, 9)


def test_a_link_without_its_target_is_not_found(publisher: Publisher, table: LinkTable) -> None:
    publisher.publish_links([ANNA], (0, 1))
    assert table.find(codes.spell(ANNA.participant)) is None
    publisher.publish_targets([COFFEE])
    reread(table)
    assert table.find(codes.spell(ANNA.participant)) == Found(ANNA, COFFEE)


def test_a_changed_target_is_followed(publisher: Publisher, table: LinkTable) -> None:
    publisher.publish_targets([COFFEE])
    publisher.publish_links([ANNA], (0, 1))
    table.find(codes.spell(ANNA.participant))
    stopped = Target(campaign=7, brand=3, slug="coffee", status="stopped", stop_url="https://example.com/over")
    publisher.publish_targets([stopped])
    reread(table)
    assert table.find(codes.spell(ANNA.participant)) == Found(ANNA, stopped)


def test_publishing_again_changes_nothing(publisher: Publisher, table: LinkTable) -> None:
    publisher.publish_targets([COFFEE])
    publisher.publish_links([ANNA, BUDI], (0, 2))
    publisher.publish_links([ANNA, BUDI], (0, 2))
    assert publisher.position() == (0, 2)
    assert table.find(codes.spell(BUDI.participant)) == Found(BUDI, COFFEE)


def test_more_links_than_are_kept_at_hand(publisher: Publisher, table: LinkTable) -> None:
    publisher.publish_targets([COFFEE])
    many = [Link(codes.FIRST + number, 7) for number in range(50)]
    publisher.publish_links(many, (0, 50))
    for _ in range(2):
        assert [table.find(codes.spell(link.participant)) for link in many] == [Found(link, COFFEE) for link in many]
    assert len(table._recent) + len(table._older) <= 4


def test_only_the_last_published_keys_count(publisher: Publisher, table: LinkTable) -> None:
    publisher.publish_keys([("aa", 3), ("bb", 4)])
    assert table.brand_of_key("bb") == 4
    publisher.publish_keys([("aa", 3)])
    reread(table)
    assert (table.brand_of_key("aa"), table.brand_of_key("bb")) == (3, None)


def test_a_campaign_is_found_by_its_slug(publisher: Publisher, table: LinkTable) -> None:
    publisher.publish_targets([COFFEE])
    assert table.find_slug("coffee") == COFFEE
    assert table.find_slug("tea") is None


def test_the_link_of_a_seed_is_its_own_root() -> None:
    join = Event(id=ids.new_id(), ts=0, campaign=7, kind=Kind.JOIN, participant=ANNA.participant)
    assert links.link_of(join) == ANNA


def test_the_answer_for_an_unpublished_link_survives_the_wire() -> None:
    found = Found(BUDI, Target(campaign=7, brand=3, slug="kopi", url="https://example.com/?a=1#x", ends_at=99))
    assert links.decode(links.encode(found)) == found


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Target(1, 1, "coffee"), "/c/coffee?ref=k"),
        (Target(1, 1, "coffee", url="https://example.com/buy"), "https://example.com/buy?ref=k"),
        (Target(1, 1, "coffee", url="https://example.com/?a=b#part"), "https://example.com/?a=b&ref=k#part"),
        (Target(1, 1, "coffee", status="paused", url="https://example.com/buy"), "/c/coffee?ref=k"),
        (Target(1, 1, "coffee", status="stopped", url="https://example.com/buy"), "/c/coffee?ref=k"),
        (
            Target(1, 1, "coffee", status="stopped", stop_url="https://example.com/over"),
            "https://example.com/over?ref=k",
        ),
        (Target(1, 1, "coffee", url="https://example.com/buy", ends_at=1000), "/c/coffee?ref=k"),
        (Target(1, 1, "coffee", url="https://example.com/buy", ends_at=1001), "https://example.com/buy?ref=k"),
    ],
)
def test_where_links_lead(target: Target, expected: str) -> None:
    assert target.address("ref=k", now=1000) == expected


@given(st.integers(codes.FIRST, codes.LAST), st.integers(1, 2**31), st.integers(0, 60))
def test_any_link_survives_the_wire(number: int, campaign: int, generation: int) -> None:
    found = Found(Link(number, campaign, number, number, generation), Target(campaign, 1, "coffee"))
    assert links.decode(links.encode(found)) == found


def _open_and_find(path: Path) -> bool:
    table = LinkTable(path, Brake(path.with_name("brake")))
    return table.find(codes.spell(codes.FIRST)) is None


def test_many_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert all(pool.map(_open_and_find, [tmp_path / "links.sqlite3"] * 16, chunksize=1))


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://müller.example/ünï?q=ö#ä", "https://xn--mller-kva.example/%C3%BCn%C3%AF?q=%C3%B6&ref=x#%C3%A4"),
        ("http://例え.テスト:8080/%41b+c", "http://xn--r8jz45g.xn--zckzah:8080/%41b+c?ref=x"),
        ("https://tea.example/a!$&'()*,;=:@[]~", "https://tea.example/a!$&'()*,;=:@[]~?ref=x"),
    ],
)
def test_an_address_in_any_script_is_one_that_a_header_may_hold(url: str, location: str) -> None:
    assert Target(campaign=1, brand=1, slug="s", url=url).address("ref=x", 0) == location
