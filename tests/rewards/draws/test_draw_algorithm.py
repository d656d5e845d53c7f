"""Who wins: as the slow way says, each ticket alike, and nothing but hash and value decides."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from itertools import islice

import msgspec
import pytest
from draw_making import a_file, a_list, a_mark, naive_winners
from hypothesis import given, settings
from hypothesis import strategies as st

from sebar.kit.errors import UserError
from sebar.rewards.draws import algorithm, file
from sebar.rewards.draws.file import Prize

TICKETS = st.lists(st.integers(1, 12), min_size=1, max_size=12)


@settings(max_examples=150)
@given(
    TICKETS,
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.integers(0, 5),
    st.sampled_from(["once", "again"]),
    st.binary(min_size=1, max_size=8),
)
def test_winners_are_those_of_the_slow_way(
    tickets: list[int], counts: list[int], reserves: int, wins: str, drawn: bytes
) -> None:
    prizes = tuple(Prize(f"Prize {number}", count) for number, count in enumerate(counts))
    listed = a_list(tickets, prizes=prizes, reserves=reserves, wins=wins, draw=drawn.hex().zfill(32))
    found = a_file(listed)
    assert found.outcome is not None
    won, follow = naive_winners(listed, found.hash, found.outcome.value)
    assert [winner.entrant for winner in found.outcome.winners] == won
    assert list(found.outcome.reserves) == follow


def test_a_draw_that_was_written_down_once_comes_out_the_same_for_ever() -> None:
    """Whatever changes these values changes who won in files that people keep: it needs a new name of the format."""
    found = a_file(a_list((1, 2, 3, 4)))
    assert found.outcome is not None
    assert found.hash == "a8fa60d45ed15470a869d1ac9891c387daef9950cfdfbcfd00e83214859831d9"
    assert found.outcome.seed == "c8bcf88041e4e8580ac80c9a3ecf4c7bfae9f56b73fd7f9727c6f11083f00560"
    assert [winner.entrant for winner in found.outcome.winners] == [
        "d4735e3a265e16eee03f59718b9b5d03",
        "5feceb66ffc86f38d952786c6d696c79",
        "6b86b273ff34fce19d6b804eff5a3f57",
    ]
    assert list(found.outcome.reserves) == ["4e07408562bedb8b60ce05c1decfe3ad"]


@given(st.permutations([(a_mark(number), number + 1) for number in range(6)]))
def test_the_order_in_which_people_came_changes_nothing(entrants: list[tuple[str, int]]) -> None:
    right = a_file(a_list(range(1, 7)))
    assert a_file(a_list(entrants=tuple(sorted(entrants)))) == right


def test_nobody_wins_twice_unless_it_is_said() -> None:
    prizes = (Prize("Cup", 8),)
    once = a_file(a_list((1000, 1, 1), prizes=prizes)).outcome
    again = a_file(a_list((1000, 1, 1), prizes=prizes, wins="again")).outcome
    assert once is not None
    assert again is not None
    assert len({winner.entrant for winner in once.winners}) == len(once.winners) == 3
    assert len(again.winners) == 8
    assert {winner.entrant for winner in again.winners}.isdisjoint(again.reserves)


def test_chances_are_as_tickets_are() -> None:
    """Chi-squared of 6,000 draws of one place over five entrants, and of the second place after each first."""
    tickets = [1, 2, 3, 5, 9]
    entrants = [(a_mark(number), count) for number, count in enumerate(tickets)]
    first, pairs = Counter[str](), Counter[tuple[str, str]]()
    rounds = 6000
    for number in range(rounds):
        seed = algorithm.seed_of("0" * 64, str(number))
        one, two = algorithm.draw(entrants, seed, places=2, reserves=0, is_once=True).winners
        first[one] += 1
        pairs[one, two] += 1
    total = sum(tickets)
    expected_first = {mark: rounds * count / total for mark, count in entrants}
    expected_pairs = {
        (one, two): rounds * n / total * m / (total - n) for (one, n), (two, m) in itertools.permutations(entrants, 2)
    }
    # 99.9 % of fair draws stay below these (4 and 19 degrees of freedom).
    assert sum((first[one] - there) ** 2 / there for one, there in expected_first.items()) < 18.47
    assert sum((pairs[one] - there) ** 2 / there for one, there in expected_pairs.items()) < 43.82


def test_what_would_favour_small_numbers_is_passed_over() -> None:
    # Of four bits, 15 is the largest multiple of 5 that fits: the number 15 itself would come out as a sixth 0.
    assert algorithm.below(5, iter([15, 15, 14]), bits=4) == 4
    assert algorithm.below(16, iter([15]), bits=4) == 15
    found = Counter(algorithm.below(5, iter([number, 0]), bits=4) for number in range(15))
    assert set(found.values()) == {3}


def test_a_stream_is_hmac_of_a_counter() -> None:
    # HMAC-SHA-256 of eight zero bytes under 32 zero bytes, by the definition of RFC 2104 written out.
    import hashlib  # noqa: PLC0415 - only here, where HMAC is not to be used

    inner = hashlib.sha256(b"\x36" * 64 + b"\0" * 8).digest()
    outer = hashlib.sha256(b"\x5c" * 64 + inner).digest()
    assert next(algorithm.numbers(b"\0" * 32)) == int.from_bytes(outer)
    assert len(set(islice(algorithm.numbers(b"\0" * 32), 50))) == 50


def test_a_million_tickets_are_drawn_at_once() -> None:
    entrants = [(a_mark(number), 1 + number % 7) for number in range(50_000)]
    drawn = algorithm.draw(entrants, b"\1" * 32, places=1000, reserves=1000, is_once=True)
    assert len({*drawn.winners, *drawn.reserves}) == 2000


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ({"é": '"\\/\n\x01☕'}, '{"é":"\\"\\\\/\\n\\u0001☕"}'),
    ],
)
def test_the_canonical_form_is_that_of_rfc_8785(value: object, written: str) -> None:
    assert algorithm.canonical(value) == written.encode()


def test_half_as_many_tickets_is_half_the_chance_even_among_many() -> None:
    entrants = [(a_mark(number), 1) for number in range(999)] + [(a_mark(999), 999)]
    won = sum(
        algorithm.draw(entrants, algorithm.seed_of("1" * 64, str(turn)), places=1, reserves=0, is_once=True).winners[0]
        == a_mark(999)
        for turn in range(400)
    )
    assert abs(won - 200) < 4 * math.sqrt(100)


def test_a_list_from_before_prizes_had_names_by_language_keeps_its_hash() -> None:
    found = a_file()
    assert found.hash == "a8fa60d45ed15470a869d1ac9891c387daef9950cfdfbcfd00e83214859831d9"
    assert b'"names"' not in file.write(found)
    assert file.check(file.read(file.write(found))).done


def test_a_file_names_a_prize_in_each_language() -> None:
    prizes = (Prize("Grinder", 1, {"en": "Grinder", "id": "Penggiling"}), Prize("Cup", 2))
    found = a_file(a_list(prizes=prizes))
    again = file.read(file.write(found))
    assert file.check(again).done
    assert [prize.said("id") for prize in again.list.prizes] == ["Penggiling", "Cup"]
    other = (Prize("Grinder", 1, {"en": "Grinder", "id": "Mobil"}), Prize("Cup", 2))
    changed = msgspec.structs.replace(found, list=msgspec.structs.replace(found.list, prizes=other))
    with pytest.raises(UserError, match="it changed"):
        file.check(changed)


def test_places_are_named_by_their_prizes() -> None:
    assert file.places((Prize("Grinder", 1), Prize("Cup", 2))) == ["Grinder", "Cup", "Cup"]
