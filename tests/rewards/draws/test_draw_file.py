"""The check of a file finds every change, and says in one sentence what is wrong."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from draw_making import (
    RANDOMNESS,
    ROUND,
    ROUND_AT,
    SIGNATURE,
    a_file,
    a_list,
    a_lottery,
    a_mark,
    as_file,
    as_json,
    changed,
)
from hypothesis import given
from hypothesis import strategies as st

from sebar.kit.errors import UserError
from sebar.rewards.draws import file, randomness
from sebar.rewards.draws.file import Listed, Prize

ROOT = Path(__file__).parents[3]
PROGRAM = re.search(r"```python\n(.*?)```", (ROOT / "docs/draws.md").read_text(), re.DOTALL)
WITHOUT_DJANGO = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "ninja", "chdb", "aiohttp", "requests", "cryptography"}:
            raise ImportError(f"{name} is not here")

def no_network(*_):
    raise OSError("no network")

sys.meta_path.insert(0, Refuse())
import socket
socket.socket.connect = no_network
from sebar.cli import main
main()
"""


def verify(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Return what the command says where neither Django nor a network is."""
    command = [sys.executable, "-c", WITHOUT_DJANGO, "draw", "verify", str(path), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "", "LANG": "C.UTF-8"})


def rehashed(found: Any) -> Any:
    """Return a file whose hash fits its list again."""
    written = json.dumps(found["list"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {**found, "hash": hashlib.sha256(written.encode()).hexdigest()}


def test_a_right_file_is_right_drawn_or_not() -> None:
    drawn = a_file()
    assert file.check(drawn).done
    assert file.check(drawn, noted=f" {drawn.hash.upper()} ").done
    assert file.check(changed(drawn, outcome=None)).open
    lottery = a_file(a_list(source=a_lottery(), frozen="2026-12-05T19:00:00Z"), "4 8 15 16 23 42", "")
    assert file.check(lottery).done


def test_what_is_written_is_read_as_the_same_and_in_one_way() -> None:
    found = a_file()
    assert file.read(file.write(found)) == found
    assert file.read(json.dumps(as_json(found), indent=4).encode()) == found
    assert file.write(file.read(json.dumps(as_json(found), indent=4).encode())) == file.write(found)


def _every_change(found: Any) -> list[tuple[str, Callable[[Any], None]]]:
    other, mark = a_mark(99), found["list"]["entrants"][0][0]

    def put(*way: str | int, to: object) -> Callable[[Any], None]:
        def change(changing: Any) -> None:
            for step in way[:-1]:
                changing = changing[step]
            changing[way[-1]] = to

        return change

    def swap(*way: str) -> Callable[[Any], None]:
        def change(changing: Any) -> None:
            for step in way:
                changing = changing[step]
            changing[0], changing[1] = changing[1], changing[0]

        return change

    drand = randomness.drand_at(ROUND_AT + timedelta(seconds=3))
    return [
        ("tickets", put("list", "entrants", 0, 1, to=77)),
        ("a mark", put("list", "entrants", 0, 0, to="0" * 32)),
        ("one left out", lambda changing: changing["list"]["entrants"].pop()),
        ("one more", lambda changing: changing["list"]["entrants"].append(["f" * 32, 1])),
        ("a prize", put("list", "prizes", 0, "name", to="Nothing")),
        ("the title", put("list", "title", to="Another")),
        ("the round", put("list", "source", to=msgspec.to_builtins(drand))),
        ("reserves", put("list", "reserves", to=3)),
        ("who wins twice", put("list", "wins", to="again")),
        ("when it was fixed", put("list", "frozen", to="2023-01-01T00:00:00Z")),
        ("the hash", put("hash", to="0" * 64)),
        ("the value", put("outcome", "value", to=RANDOMNESS[:-1] + "e")),
        ("the signature", put("outcome", "signature", to=SIGNATURE[:-1] + "8")),
        ("the seed", put("outcome", "seed", to="0" * 64)),
        ("a winner", put("outcome", "winners", 0, "entrant", to=other)),
        ("their prize", put("outcome", "winners", 0, "prize", to="Cup")),
        ("their place", put("outcome", "winners", 0, "place", to=2)),
        ("winners change places", swap("outcome", "winners")),
        ("a winner less", lambda changing: changing["outcome"]["winners"].pop()),
        ("a reserve", put("outcome", "reserves", 0, to=mark if mark not in found["outcome"]["reserves"] else other)),
        ("no reserves", put("outcome", "reserves", to=[])),
        ("passed on to nobody", put("passed_on", to=[1, 2, 3])),
        ("a place nobody has", put("passed_on", to=[9])),
    ]


RIGHT = as_json(a_file())


@pytest.mark.parametrize("change", [pytest.param(act, id=name) for name, act in _every_change(RIGHT)])
def test_every_change_is_found(change: Callable[[Any], None]) -> None:
    found = copy.deepcopy(RIGHT)
    change(found)
    assert found != RIGHT
    with pytest.raises(UserError):
        file.check(as_file(found))


@given(st.data())
def test_any_digit_of_an_outcome_matters(data: st.DataObject) -> None:
    found = copy.deepcopy(RIGHT)
    name = data.draw(st.sampled_from(["value", "signature", "seed"]))
    digits = found["outcome"][name]
    place = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from([one for one in "0123456789abcdef" if one != digits[place]]))
    found["outcome"][name] = digits[:place] + digit + digits[place + 1 :]
    with pytest.raises(UserError):
        file.check(as_file(found))


@given(st.lists(st.integers(1, 5), min_size=4, max_size=4).filter(lambda tickets: tickets != [1, 2, 3, 4]))
def test_other_tickets_cannot_be_slipped_in_with_a_new_hash(tickets: list[int]) -> None:
    """Winners may happen to be the same, but the seed is not, and the hash that people noted is not."""
    found = copy.deepcopy(RIGHT)
    found["list"]["entrants"] = as_json(a_file(a_list(tickets)))["list"]["entrants"]
    forged = as_file(rehashed(found))
    with pytest.raises(UserError, match="seed"):
        file.check(forged)
    complete = a_file(a_list(tickets))
    assert file.check(complete).done
    with pytest.raises(UserError, match="noted"):
        file.check(complete, noted=RIGHT["hash"])


@pytest.mark.parametrize(
    ("different", "words"),
    [
        ({"frozen": randomness.spell(ROUND_AT - timedelta(minutes=4))}, "was fixed at"),
        ({"frozen": randomness.spell(ROUND_AT + timedelta(days=1))}, "was fixed at"),
        ({"source": msgspec.structs.replace(randomness.drand_at(ROUND_AT), time="2023-08-23T15:59:25Z")}, "is at"),
        ({"entrants": ((a_mark(1), 1), (a_mark(1), 2))}, "twice"),
        ({"entrants": tuple(sorted(((a_mark(1), 1), (a_mark(2), 2)), reverse=True))}, "not sorted"),
        ({"frozen": "2023-13-40T00:00:00Z"}, "no moment"),
    ],
)
def test_a_list_that_is_consistent_but_not_allowed_is_refused(different: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        file.check(a_file(a_list(**different)))


def _with(way: str, to: object) -> bytes:
    found = copy.deepcopy(RIGHT)
    place = found
    *steps, last = way.split(".")
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = to
    return json.dumps(found).encode()


WHOLE = file.write(a_file())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(WHOLE[:-40], id="truncated"),
        pytest.param(b"\x80\x81", id="bytes"),
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(b"[]", id="another kind"),
        pytest.param(WHOLE.replace(b"sebar-draw/1", b"sebar-draw/2"), id="another version"),
        pytest.param(WHOLE.replace(b'"wins"', b'"winz"'), id="another name"),
        pytest.param(WHOLE.replace(b'{"hash"', b'{"hash":"","hash"', 1), id="a name twice"),
        pytest.param(_with("list.entrants.0.1", float("nan")), id="NaN"),
        pytest.param(_with("list.entrants.0.1", float("inf")), id="Infinity"),
        pytest.param(_with("list.entrants.0.1", 1.5), id="half a ticket"),
        pytest.param(_with("list.entrants.0.1", 2.0), id="two tickets as 2.0"),
        pytest.param(_with("list.entrants.0.1", -1), id="negative"),
        pytest.param(_with("list.entrants.0.1", 0), id="none"),
        pytest.param(_with("list.entrants.0.1", True), id="true"),
        pytest.param(_with("list.entrants.0.1", 10**30), id="too many"),
        pytest.param(_with("list.entrants.0.1", 1).replace(b", 1]", b", 1" + b"0" * 9000 + b"]"), id="a long number"),
        pytest.param(_with("list.entrants.0.0", "Dewi"), id="a name"),
        pytest.param(_with("list.entrants", []), id="nobody"),
        pytest.param(_with("list.title", "\ud800"), id="half a character"),
        pytest.param(_with("list.source.kind", "dice"), id="another source"),
        pytest.param(_with("list.source.chain", "0" * 64), id="another chain"),
    ],
)
def test_a_wrong_file_gives_one_clear_sentence(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        file.read(content)
    assert "not a whole file of a draw" in refused.value.message
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 300


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as opened:
        opened.truncate(10 * file.LARGEST)
    monkeypatch.setattr(file, "LARGEST", 1024)  # so that the test does not fill memory; the file is as large as before
    with pytest.raises(UserError, match="larger than"):
        file.load(huge)


def test_the_command_works_where_neither_django_nor_a_network_is(tmp_path: Path) -> None:
    path = tmp_path / "draw-1.json"
    path.write_bytes(file.write(a_file()))
    done = verify(path)
    assert done.returncode == 0, done.stderr
    assert "all that a file can show is right" in done.stdout
    assert randomness.address(randomness.drand_at(ROUND_AT)) in done.stdout
    assert str(ROUND) in done.stdout
    told = json.loads(verify(path, "--json").stdout)
    assert told["is_right"] is True
    assert [winner["place"] for winner in told["winners"]] == [1, 2, 3]


def test_the_command_names_who_has_a_place_after_it_was_passed_on(tmp_path: Path) -> None:
    found = changed(a_file(a_list((1, 2, 3, 4, 5))), passed_on=(2, 2))
    assert found.outcome is not None
    path = tmp_path / "draw.json"
    path.write_bytes(file.write(found))
    told = json.loads(verify(path, "--json").stdout)
    assert [one["entrant"] for one in told["winners"]] == [one.entrant for one in found.outcome.winners]
    first, _, third = found.outcome.winners
    assert [one["entrant"] for one in told["holders"]] == [first.entrant, found.outcome.reserves[1], third.entrant]
    said = verify(path).stdout
    assert f"place 2: {found.outcome.reserves[1]}  Cup" in said
    assert said.count("passed on:") == 1


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        (WHOLE[:-40], (), "not a whole file"),
        (_with("outcome.winners.0.entrant", "0" * 32), (), "Place 1"),
        (WHOLE, ("--hash", "0" * 64), "noted"),
        (None, (), "cannot be read"),
    ],
)
def test_the_command_says_what_is_wrong_and_ends_with_1(
    content: bytes | None, more: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "draw.json"
    if content is not None:
        path.write_bytes(content)
    done = verify(path, *more)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    told = verify(path, *more, "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["error"] == done.stderr.strip()


def program(path: Path) -> subprocess.CompletedProcess[str]:
    """Run the program of the documentation, which has nothing of ours in it."""
    assert PROGRAM is not None
    return subprocess.run([sys.executable, "-I", "-c", PROGRAM[1], path], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "listed",
    [
        a_list(),
        a_list((5, 1)),
        a_list(range(1, 40), prizes=(Prize("Cup", 9),), reserves=20, wins="again"),
        a_list(source=a_lottery(), frozen="2026-12-05T19:00:00Z"),
    ],
)
def test_the_program_of_the_documentation_comes_to_the_same(listed: Listed, tmp_path: Path) -> None:
    is_drand = isinstance(listed.source, randomness.Drand)
    found = a_file(listed, RANDOMNESS if is_drand else "42 4 8 15 16 23", SIGNATURE if is_drand else "")
    path = tmp_path / "draw.json"
    path.write_bytes(file.write(found))
    done = program(path)
    assert (done.returncode, done.stderr) == (0, "")
    wrong = as_json(found)
    wrong["outcome"]["winners"][0]["entrant"] = "0" * 32
    path.write_text(json.dumps(wrong))
    assert program(path).returncode != 0


def test_rounds_of_drand_and_their_times() -> None:
    assert randomness.time_of(ROUND) == ROUND_AT
    assert randomness.round_at(ROUND_AT) == ROUND
    assert randomness.round_at(ROUND_AT + timedelta(microseconds=1)) == ROUND + 1
    assert randomness.round_at(ROUND_AT - timedelta(seconds=3)) == ROUND - 1
    assert randomness.round_at(ROUND_AT - timedelta(days=9999)) == 1


@given(st.datetimes(ROUND_AT.replace(tzinfo=None), ROUND_AT.replace(year=2100, tzinfo=None)))
def test_a_round_is_the_first_that_is_not_before(moment: Any) -> None:
    number = randomness.round_at(moment.replace(tzinfo=ROUND_AT.tzinfo))
    assert (
        randomness.time_of(number - 1).replace(tzinfo=None) < moment <= randomness.time_of(number).replace(tzinfo=None)
    )


@pytest.mark.parametrize(
    "typed", ["42,4,8,15,16,23", "4-8-15-16-23-42", " 04 08 15 16 23 42 ", "4/8/15/16/23/42", "23 16 42 15 8 4"]
)
def test_a_result_is_written_in_one_way(typed: str) -> None:
    assert randomness.check_value(a_lottery(), typed) == ("4 8 15 16 23 42", "")


def test_digits_that_were_drawn_keep_their_order() -> None:
    lottery = a_lottery(numbers=6, lowest=0, highest=9, order="drawn")
    assert randomness.check_value(lottery, "90 0173") == ("9 0 0 1 7 3", "")


@pytest.mark.parametrize("typed", ["", "1 2 3 4 5", "1 2 3 4 5 5", "0 1 2 3 4 5", "1 2 3 4 5 46", "1 2 3 4 5 6 7", "x"])
def test_what_is_no_result_is_refused(typed: str) -> None:
    with pytest.raises(UserError, match="no result of this lottery"):
        randomness.check_value(a_lottery(), typed)


@pytest.mark.parametrize(
    ("value", "signature"),
    [
        (RANDOMNESS, ""),
        ("", SIGNATURE),
        (RANDOMNESS, SIGNATURE[2:]),
        (RANDOMNESS[1:] + "0", SIGNATURE),
        ("g" * 64, SIGNATURE),
    ],
)
def test_what_drand_cannot_have_said_is_refused(value: str, signature: str) -> None:
    with pytest.raises(UserError):
        randomness.check_value(randomness.drand_at(ROUND_AT), value, signature)


def test_a_number_that_comes_twice_is_named_as_what_is_wrong() -> None:
    with pytest.raises(UserError, match="6 different numbers from 1 to 45"):
        randomness.check_value(a_lottery(), "1 2 3 4 5 5")
    with pytest.raises(UserError, match="it has 6 numbers from 0 to 9"):
        randomness.check_value(a_lottery(lowest=0, highest=9, order="drawn"), "1 2 3 4 5")


def test_a_small_lottery_is_refused() -> None:
    with pytest.raises(UserError, match="too small"):
        randomness.check(a_lottery(numbers=4, lowest=0, highest=9, order="drawn"))
    assert randomness.check(a_lottery(numbers=6, lowest=0, highest=9, order="drawn"))
