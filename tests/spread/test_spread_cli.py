"""`sebar seeds` and `sebar simulate`: the names that programs rely on, and plain sentences."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sebar import cli
from sebar.cli import seeds, simulate
from sebar.kit.errors import UserError
from sebar.spread import warm
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


def test_each_group_is_told_with_its_interval(app: typer.Typer, friends: Path, tmp_path: Path) -> None:
    (tmp_path / "start.txt").write_text("ani\n")
    (tmp_path / "groups.csv").write_text("ani,west\nbudi,west\ncitra,east\n")
    words = ["simulate", friends, "--seeds", tmp_path / "start.txt", "--p", "0.5", "--groups", tmp_path / "groups.csv"]
    groups: Any = run(app, *words)["groups"]
    assert list(groups) == ["east", "west"]
    for name, truth in (("east", 0.5), ("west", 1.5)):
        assert groups[name]["low"] < truth < groups[name]["high"]
        assert groups[name]["high"] - groups[name]["low"] < 0.03
    printed = CliRunner().invoke(app, list(map(str, words))).output
    assert re.search(r"Reached of west: 1\.\d{3} \(1\.4\d\d to 1\.5\d\d\)", printed)


def test_few_worlds_of_rare_reach_are_told_as_unsure(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "chain.csv").write_text("source,target,chance\n1,2,0.1\n2,3,0.1\n")
    (tmp_path / "start.txt").write_text("1\n")
    words = ["simulate", tmp_path / "chain.csv", "--seeds", tmp_path / "start.txt", "--random-seed", "1"]
    few = run(app, *words, "--worlds", "30")
    assert few["low"] <= 1.11 <= few["high"]  # type: ignore[operator]
    printed = CliRunner().invoke(app, list(map(str, words))).output
    assert re.search(r"They reach 1\.1\d\d on average \(95 % interval 1\.1\d\d to 1\.1\d\d\)\.", printed)


def test_ties_given_twice_are_said_to_keep_the_largest_chance(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "twice.csv").write_text("source,target,chance\n1,2,0\n1,2,1\n1,2,0.5\n2,3,0\n3,1,0\n")
    (tmp_path / "start.txt").write_text("1\n")
    words = ["simulate", tmp_path / "twice.csv", "--seeds", tmp_path / "start.txt", "--json"]
    done = CliRunner().invoke(app, list(map(str, words)))
    assert "merged 2 ties given more than once, each with the largest of its chances." in done.stderr
    assert json.loads(done.stdout)["mean"] == 2


def test_every_hour_is_what_it_says(app: typer.Typer, tmp_path: Path) -> None:
    """On a chain of 40, somebody is reached each hour; the last hour shown must not hold all that comes later."""
    (tmp_path / "chain.csv").write_text("".join(f"{number},{number + 1}\n" for number in range(39)))
    (tmp_path / "start.txt").write_text("0\n")
    words = ("simulate", tmp_path / "chain.csv", "--seeds", tmp_path / "start.txt", "--worlds", "64", "--p", "1")
    found = run(app, *words)
    assert found["by_hour"] == list(range(1, 26))
    assert found["mean"] == 40
    late = run(app, *words, "--delay", "1h")
    assert len(late["by_hour"]) == 24  # type: ignore[arg-type]
    assert late["by_hour"][-1] < 35 < late["mean"]  # type: ignore[index, operator]


def test_likes_and_dislikes_are_told(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "chain.csv").write_text("1,2\n2,3\n")
    (tmp_path / "start.txt").write_text("1\n")
    words = ["simulate", tmp_path / "chain.csv", "--seeds", tmp_path / "start.txt", "--quality", "0.5"]
    found: Any = run(app, *words)
    assert found["likes"]["low"] <= 0.5 + 0.25 + 0.125 <= found["likes"]["high"]
    assert found["likes"]["value"] + found["dislikes"]["value"] == pytest.approx(3)
    printed = CliRunner().invoke(app, list(map(str, words))).output
    assert "Like it: 0.8" in printed
    assert "Do not like it: 2.1" in printed


def test_chances_that_are_given_are_used(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "sure.csv").write_text("source,target,probability\n1,2,0\n2,3,0\n")
    (tmp_path / "start.txt").write_text("1\n")
    words = ["simulate", tmp_path / "sure.csv", "--seeds", tmp_path / "start.txt", "--worlds", "64"]
    assert run(app, *words)["mean"] == 1
    assert run(app, *words, "--p", "1")["mean"] == 3
    done = CliRunner().invoke(app, [*map(str, words), "--model", "wc", "--json"])
    assert "chances in the file are not used, as --model wc says others" in done.stderr
    assert json.loads(done.stdout)["mean"] == 3


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
        (("seeds", "friends.csv", "--k", "0"), "--k is 0: it must be at least 1"),
        (("seeds", "friends.csv", "--k", "1", "--epsilon", "0.9"), "--epsilon is 0.9"),
        (("seeds", "friends.csv", "--k", "1", "--delta", "1"), "--delta is 1"),
        (("seeds", "friends.csv", "--budget", "3"), "--budget needs the --costs"),
        (("seeds", "friends.csv", "--k", "1", "--costs", "costs.csv"), "--costs need a --budget"),
        (("seeds", "friends.csv", "--k", "1", "--model", "wc", "--p", "0.1"), "leave out --p, or say --model ic"),
        (("simulate", "friends.csv", "--seeds", "start.txt", "--model", "wc", "--p", "0.1"), "leave out --p"),
        (
            ("seeds", "friends.csv", "--evaluate", "start.txt", "--exclude", "start.txt"),
            "ani is excluded, or not among",
        ),
        (("seeds", "friends.csv", "--evaluate", "start.txt", "--costs", "costs.csv"), "ani is excluded, or not among"),
        (("seeds", "picture.csv", "--k", "1"), "picture.csv is not a text in UTF-8"),
        (("seeds", "friends.csv", "--evaluate", "picture.csv"), "picture.csv is not a text in UTF-8"),
        (("seeds", "friends.csv", "--k", "1", "--deadline", "soon"), "not a length of time"),
        (("seeds", "friends.csv", "--k", "1", "--deadline", "0h"), "deadline is 0"),
        (("seeds", "friends.csv", "--k", "1", "--evaluate", "start.txt"), "leave out --k, --budget and"),
        (("seeds", "friends.csv", "--k", "1", "--groups", "start.txt"), "needs a group after the person"),
        (("seeds", "friends.csv", "--k", "1", "--already", "none.txt"), "none.txt cannot be read"),
        (("simulate", "friends.csv", "--seeds", "friends.csv"), "line 1: it says source, target, but must name one"),
        (("simulate", "friends.csv", "--seeds", "none.txt"), "none.txt cannot be read"),
        (("simulate", "friends.csv", "--seeds", "start.txt", "--goal", "nan"), "--goal is nan: it must be a number"),
        (("simulate", "friends.csv", "--seeds", "start.txt", "--goal", "-5"), "--goal is -5: .* at least 1"),
        (("simulate", "friends.csv", "--seeds", "start.txt", "--goal", "0"), "--goal is 0: .* at least 1"),
        (("simulate", "friends.csv", "--seeds", "start.txt", "--worlds", "2"), "--worlds is 2: it must be at least 30"),
        (("simulate", "friends.csv", "--seeds", "empty.txt"), "empty.txt names nobody"),
        (("simulate", "friends.csv", "--seeds", "start.txt", "--against", "header.txt"), "header.txt names nobody"),
        (("seeds", "friends.csv", "--evaluate", "header.txt"), "header.txt names nobody"),
        (("simulate", "friends.csv", "--seeds", "both.txt"), "both.txt, line 2: it says ani, budi, but must name one"),
        (("simulate", "friends.csv", "--seeds", "strange.txt"), "strange.txt, line 3: zul is not in this graph"),
        (("seeds", "friends.csv", "--k", "1", "--audience", "twice.csv"), "twice.csv, line 4: 'ani' stands in line 2"),
        (("seeds", "friends.csv", "--k", "1", "--groups", "twice.csv"), "twice.csv, line 4: 'ani' stands in line 2"),
        (("simulate", "friends.csv", "--seeds", "start.txt", "--groups", "twice.csv"), "twice.csv, line 4: 'ani' sta"),
        (("seeds", "friends.csv", "--budget", "3", "--costs", "twice.csv"), "twice.csv, line 4: 'ani' stands in line"),
        (("seeds", "friends.csv", "--k", "1", "--audience", "odd.csv"), "odd.csv, line 2: the weight of 'ani' is '-1'"),
        (("seeds", "friends.csv", "--budget", "3", "--costs", "odd.csv"), "odd.csv, line 2: the cost of 'ani' is '-1'"),
        (
            ("seeds", "friends.csv", "--budget", "3", "--costs", "start.txt"),
            "line 1: the cost of 'ani' is '', but must",
        ),
    ],
)
def test_mistakes_are_one_sentence(
    app: typer.Typer, friends: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(friends.parent)
    (friends.parent / "start.txt").write_text("ani\n")
    (friends.parent / "costs.csv").write_text("budi,1\n")
    (friends.parent / "empty.txt").write_text("")
    (friends.parent / "header.txt").write_text("person\n")
    (friends.parent / "both.txt").write_text("citra\nani,budi\n")
    (friends.parent / "strange.txt").write_text("citra\nani\nzul\n")
    (friends.parent / "twice.csv").write_text("person,x\nani,1\nbudi,1\nani,2\n")
    (friends.parent / "odd.csv").write_text("person,x\nani,-1\nbudi,nan\n")
    (friends.parent / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    with pytest.raises(UserError, match=sentence):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_the_package_alone_loads_no_compiler() -> None:
    program = (
        "import sys, sebar.spread, sebar.spread.generate; sys.exit('numba' in sys.modules or 'pyarrow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def pressed_at_once(*arguments: Any, stop: Callable[[], bool], **more: Any) -> Seeding:
    signal.raise_signal(signal.SIGINT)
    return choose_seeds(*arguments, stop=stop, **more)


def test_ctrl_c_prints_what_is_known_so_far(app: typer.Typer, friends: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "choose_seeds", pressed_at_once)
    found = run(app, "seeds", friends, "--k", "2", "--epsilon", "0.001", "--seconds", "60")
    assert found["stopped_by"] == "interrupt"
    assert len(found["seeds"]) == 2  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_what_ended_early_says_so(app: typer.Typer, friends: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (friends.parent / "start.txt").write_text("ani\n")
    monkeypatch.setattr(seeds, "choose_seeds", pressed_at_once)
    done = CliRunner().invoke(app, ["seeds", str(friends), "--k", "2"])
    assert "Stopped by Ctrl-C: more time may prove more." in done.output
    run_worlds = simulate.diffusion.simulate

    def pressed(*arguments: Any, **more: Any) -> Any:
        if more["worlds"] == 9999:  # not again for those compared with
            signal.raise_signal(signal.SIGINT)
        return run_worlds(*arguments, **more)

    monkeypatch.setattr(simulate.diffusion, "simulate", pressed)
    start = str(friends.parent / "start.txt")
    done = CliRunner().invoke(app, ["simulate", str(friends), "--seeds", start, "--against", start, "--worlds", "9999"])
    assert done.exit_code == 0
    assert "Stopped by Ctrl-C after 64 of 9,999 worlds." in done.output


@pytest.mark.parametrize("where", ["collect", "seeds.warm_seeds"])
def test_ctrl_c_at_once_is_one_line(
    where: str, friends: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"sebar.cli.{where}", pressed)
    monkeypatch.setattr(sys, "argv", ["sebar", "seeds", str(friends), "--k", "1"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "Stopped by Ctrl-C.\n"


@pytest.mark.parametrize("options", [("--k", "1"), ("--k", "1", "--quality", "0.9", "--harm", "1")])
def test_only_what_is_asked_is_made_ready_before_the_clock_starts(
    app: typer.Typer, friends: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    asked: list[dict[str, Any]] = []

    def noted(*_: Any, **more: Any) -> Seeding:
        asked.append(more)
        return choose_seeds(*_, **more)

    monkeypatch.setattr(warm, "choose_seeds", noted)
    run(app, "seeds", friends, *options)
    assert len(asked) == 1
    assert asked[0]["harm"] == ("--harm" in options)
    assert "costs" not in asked[0]


def test_nothing_is_left_to_compile_once_the_clock_runs() -> None:
    """Each kind of question is made ready, then asked: it must use only kernels that were there before."""
    program = """
import importlib, pkgutil
import numpy as np
from sebar.spread import _kernels
from sebar.spread.graph import from_edges
from sebar.spread.model import Model
from sebar.spread.seeding import choose_seeds, evaluate_seeds
from sebar.spread.warm import warm_seeds

names = [one.name for one in pkgutil.iter_modules(_kernels.__path__)]
modules = [importlib.import_module(f"sebar.spread._kernels.{name}") for name in names]
ends = np.random.default_rng(1).integers(0, 50, (2, 200))
graph = from_edges(*ends, probability=np.full(200, 0.1), nodes=50)
sides = {"groups": np.arange(50) % 2, "at_least_per_group": 1.0}
costs = {"costs": np.ones(50), "budget": 3.0}

def kernels():
    found = {name: one for module in modules for name, one in vars(module).items() if hasattr(one, "signatures")}
    return {(name, signature) for name, one in found.items() for signature in one.signatures}

for model, asked in [
    (Model(), {"count": 3}),
    (Model(quality=0.9), {"count": 3, "harm": 0.5}),
    (Model(), {"count": 3} | sides),
    (Model(probability="given", delay=1.0, deadline=3.0), {"count": 3, "weights": np.arange(50.0)}),
    (Model("threshold"), {"count": 3, "already": [1], "reached": [2]}),
    (Model(), costs),
    (Model(), {"seeds": [1, 2]}),
]:
    warm_seeds(model, asked, harm=asked.get("harm", 0.0))
    ready = kernels()
    (evaluate_seeds if "seeds" in asked else choose_seeds)(graph, model, seed=1, error=0.3, **asked)
    assert kernels() == ready, (asked, kernels() - ready)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
