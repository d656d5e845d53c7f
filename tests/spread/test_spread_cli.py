"""`sebar seeds` and `sebar simulate`: the names that programs rely on, and plain sentences."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sebar.cli import seeds, simulate
from sebar.kit.errors import UserError
from sebar.spread.graph import from_edges
from sebar.spread.seeding import Seeding, choose_seeds


@pytest.fixture
def app() -> typer.Typer:
    program = typer.Typer()
    seeds.register(program)
    simulate.register(program)
    return program


@pytest.fixture
def friends(tmp_path: Path) -> Path:
    path = tmp_path / "friends.csv"
    path.write_text("source,target\nani,budi\nani,citra\nani,dewi\nbudi,eka\nfajar,ani\n")
    return path


def run(app: typer.Typer, *words: str | Path) -> dict[str, object]:
    done = CliRunner().invoke(app, [*map(str, words), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_seeds_prints_what_is_promised(app: typer.Typer, friends: Path) -> None:
    found = run(app, "seeds", friends, "--model", "ic", "--p", "1", "--k", "1", "--random-seed", "3")
    assert list(found) == [
        "seeds", "estimate", "at_least", "at_most", "guarantee", "failure", "sets", "stopped_by", "seconds", "peak_mb",
    ]  # fmt: skip
    assert found["seeds"] == ["fajar"]
    assert found["stopped_by"] == "error"


def test_seeds_keep_to_audience_costs_and_deadline(app: typer.Typer, friends: Path, tmp_path: Path) -> None:
    (tmp_path / "audience.csv").write_text("person,weight\neka,2\n")
    (tmp_path / "costs.csv").write_text("person,cost\nani,5\nbudi,2\ncitra,1\n")
    common = ("seeds", friends, "--model", "ic", "--p", "1", "--costs", tmp_path / "costs.csv")
    assert run(app, *common, "--budget", "5", "--audience", tmp_path / "audience.csv")["seeds"] == ["budi"]
    assert run(app, *common, "--budget", "5", "--deadline", "1h")["seeds"] == ["ani"]


def test_seeds_know_groups_waves_harm_and_your_own_list(app: typer.Typer, friends: Path, tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_text("person,group\nani,west\nbudi,west\ncitra,east\neka,east\n")
    (tmp_path / "fajar.txt").write_text("fajar\n")
    (tmp_path / "wave.txt").write_text("person\nfajar\nani\n")
    sure = ("seeds", friends, "--model", "ic", "--p", "1", "--k", "1")
    sides = ("--groups", tmp_path / "groups.csv")
    found = run(app, *sure, *sides, "--at-least-per-group", "1.5")
    assert list(found)[-2:] == ["peak_mb", "groups"]
    assert {name: reach["estimate"] for name, reach in found["groups"].items()} == {"east": 2, "west": 2}  # type: ignore[attr-defined]
    assert run(app, *sure, "--exclude", tmp_path / "fajar.txt")["seeds"] == ["ani"]
    assert run(app, *sure, "--already", tmp_path / "fajar.txt")["estimate"] == 0
    assert run(app, *sure, "--reached", tmp_path / "wave.txt")["seeds"] == ["budi"]
    assert run(app, *sure, "--quality", "0.5", "--harm", "2")["seeds"] == []
    harmful = run(app, *sure, "--quality", "0.9", "--harm", "0.1")
    assert list(harmful)[-1] == "negative"
    assert harmful["negative"]["low"] <= sum(1 - 0.9**d for d in (1, 2, 3, 3, 3, 4)) <= harmful["negative"]["high"]  # type: ignore[index]
    mine = run(app, *sure[:-2], "--evaluate", tmp_path / "fajar.txt")
    assert (mine["seeds"], mine["stopped_by"]) == (["fajar"], "error")
    soon = run(app, *sure, "--delay", "10h", "--deadline", "1h")
    assert soon["estimate"] < 4  # type: ignore[operator]
    with pytest.raises(UserError, match="Group east cannot get 3"):
        run(app, *sure, *sides, "--at-least-per-group", "3")


def test_simulate_prints_what_is_promised(app: typer.Typer, friends: Path, tmp_path: Path) -> None:
    (tmp_path / "start.txt").write_text("ani\n")
    words = ("simulate", friends, "--seeds", tmp_path / "start.txt", "--worlds", "50", "--model", "ic", "--p", "1")
    found = run(app, *words, "--deadline", "2h")
    assert list(found) == ["mean", "low", "high", "quantiles", "by_hour", "worlds", "seconds"]
    assert (found["mean"], found["by_hour"], found["worlds"]) == (5.0, [1.0, 4.0, 5.0], 50)
    slow = run(app, *words, "--deadline", "2h", "--delay", "10h")
    assert len(slow["by_hour"]) == 2  # type: ignore[arg-type]
    assert slow["mean"] < 5  # type: ignore[operator]


def test_saved_graphs_and_words_for_people(app: typer.Typer, tmp_path: Path) -> None:
    from_edges([0, 0, 1], [1, 2, 3]).save(tmp_path / "graph")
    done = CliRunner().invoke(app, ["seeds", str(tmp_path / "graph"), "--k", "1"])
    assert "Start with 1: 0" in done.output
    assert "of the best is proved" in done.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("seeds", "none.csv", "--k", "1"), "There is no file"),
        (("seeds", "friends.csv", "--k", "1", "--model", "ic"), "needs a chance"),
        (("seeds", "friends.csv"), "either how many seeds"),
        (("seeds", "friends.csv", "--k", "1", "--deadline", "soon"), "not a length of time"),
        (("seeds", "friends.csv", "--k", "1", "--deadline", "0h"), "deadline is 0"),
        (("seeds", "friends.csv", "--k", "1", "--evaluate", "start.txt"), "leave out k"),
        (("seeds", "friends.csv", "--k", "1", "--groups", "start.txt"), "needs a group after the person"),
        (("seeds", "friends.csv", "--k", "1", "--already", "none.txt"), "none.txt cannot be read"),
        (("simulate", "friends.csv", "--seeds", "friends.csv"), "source is not in this graph"),
        (("simulate", "friends.csv", "--seeds", "none.txt"), "none.txt cannot be read"),
    ],
)
def test_mistakes_are_one_sentence(
    app: typer.Typer, friends: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(friends.parent)
    (friends.parent / "start.txt").write_text("ani\n")
    with pytest.raises(UserError, match=sentence):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_the_package_alone_loads_no_compiler() -> None:
    program = (
        "import sys, sebar.spread, sebar.spread.generate; sys.exit('numba' in sys.modules or 'pyarrow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_ctrl_c_prints_what_is_known_so_far(app: typer.Typer, friends: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed_at_once(*arguments: Any, stop: Callable[[], bool], **more: Any) -> Seeding:
        signal.raise_signal(signal.SIGINT)
        return choose_seeds(*arguments, stop=stop, **more)

    monkeypatch.setattr(seeds, "choose_seeds", pressed_at_once)
    found = run(app, "seeds", friends, "--k", "2", "--epsilon", "0.001", "--seconds", "60")
    assert found["stopped_by"] == "interrupt"
    assert len(found["seeds"]) == 2  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
