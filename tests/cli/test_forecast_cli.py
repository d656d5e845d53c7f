"""`sebar forecast` and `sebar offspring`: the names that programs rely on, no look into the future, plain sentences."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from django.utils import timezone
from typer.testing import CliRunner

from sebar.campaigns.models import Campaign
from sebar.cli import forecast, offspring
from sebar.kit.errors import UserError
from sebar.steering import actions
from steering.test_forecast_rules import an_outlook

HOUR = 3600.0


@pytest.fixture
def app() -> typer.Typer:
    program = typer.Typer()
    forecast.register(program)
    offspring.register(program)
    return program


def record(folder: Path, numbers: range, *, starts: bool = True, late: float = 1.0) -> Path:
    """Write cascades; `late` moves everything that happens after two hours."""
    folder.mkdir(exist_ok=True)
    lines, posted = ["cascade,node,parent,seconds"], ["cascade,posted_unix"]
    for number in numbers:
        random = np.random.default_rng(number)
        lines.append(f"{number},0,-1,0")
        posted.append(f"{number},{1_700_000_000 + 3600 * number}")
        people = int(random.integers(15, 120))
        times = np.sort(random.lognormal(math.log(2 * HOUR), 1.5, people))
        for node, seconds in enumerate(times, start=1):
            parent = 0 if random.random() < 0.6 else int(random.integers(0, node))
            shown = seconds if seconds <= 2 * HOUR else 2 * HOUR + (seconds - 2 * HOUR) * late + (late - 1)
            lines.append(f"{number},{node},{parent},{shown:.0f}")
    (folder / "events.csv").write_text("\n".join(lines))
    if starts:
        (folder / "cascades.csv").write_text("\n".join(posted))
    return folder


def origins(path: Path, numbers: range, note: str = "copied") -> Path:
    rows = [f"{number},{2 * HOUR:.0f},{7 * 86400},{note}" for number in numbers]
    path.write_text("\n".join(["cascade,origin_seconds,horizon_seconds,note", *rows]))
    return path


def run(app: typer.Typer, *words: str | Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*map(str, words), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_answer_has_the_same_rows_and_the_quantiles(app: typer.Typer, tmp_path: Path) -> None:
    past, new = record(tmp_path / "past", range(100)), record(tmp_path / "new", range(200, 230))
    asked, out = origins(tmp_path / "origins.csv", range(200, 230)), tmp_path / "out.csv"
    found = run(app, "forecast", new, "--learn", past, "--origins", asked, "--out", out)
    assert list(found) == ["rows", "calibrated", "learned_from", "settings", "seconds"]
    assert (found["rows"], found["learned_from"]) == (30, 100)
    with out.open() as file:
        rows = list(csv.DictReader(file))
    levels = ["q0.025", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.975"]
    assert list(rows[0]) == ["cascade", "origin_seconds", "horizon_seconds", "note", *levels]
    assert [row["cascade"] for row in rows] == [str(number) for number in range(200, 230)]
    assert {row["note"] for row in rows} == {"copied"}
    for row in rows:
        values = [float(row[level]) for level in levels]
        assert values == sorted(values)


@pytest.mark.parametrize("learned", [True, False])
def test_what_comes_after_the_origin_changes_nothing(app: typer.Typer, tmp_path: Path, learned: bool) -> None:
    past = record(tmp_path / "past", range(60))
    asked = origins(tmp_path / "origins.csv", range(200, 215))
    answers = []
    for name, late in (("one", 1.0), ("other", 3.0)):
        new = record(tmp_path / name, range(200, 215), late=late)
        out = tmp_path / f"{name}.csv"
        teachers = ("--learn", past) if learned else ()
        run(app, "forecast", new, *teachers, "--origins", asked, "--out", out)
        answers.append(out.read_text())
    assert answers[0] == answers[1]


def test_a_cascade_to_be_forecast_is_never_learned_from(app: typer.Typer, tmp_path: Path) -> None:
    same = record(tmp_path / "same", range(50))
    asked, out = origins(tmp_path / "origins.csv", range(10)), tmp_path / "out.csv"
    assert run(app, "forecast", same, "--learn", same, "--origins", asked, "--out", out)["learned_from"] == 40


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("7,soon,99,x", "line 2: cascade, origin and horizon must be numbers"),
        ("999,10,99,x", "line 2: there is no cascade 999"),
        ("200,99,10,x", "line 2: the horizon 10 must lie after the origin 99"),
    ],
)
def test_wrong_rows_are_named(app: typer.Typer, tmp_path: Path, line: str, sentence: str) -> None:
    new = record(tmp_path / "new", range(200, 202))
    asked = tmp_path / "origins.csv"
    asked.write_text(f"cascade,origin_seconds,horizon_seconds,note\n{line}\n")
    words = ["forecast", str(new), "--origins", str(asked), "--out", str(tmp_path / "out.csv")]
    with pytest.raises(UserError, match=sentence):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_records_need_to_be_told_what_is_asked(app: typer.Typer, tmp_path: Path) -> None:
    new = record(tmp_path / "new", range(2))
    with pytest.raises(UserError, match="need --origins"):
        CliRunner().invoke(app, ["forecast", str(new)], catch_exceptions=False)
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="has no column"):
        run(app, "forecast", new, "--origins", tmp_path / "odd.csv", "--out", tmp_path / "out.csv")
    with pytest.raises(UserError, match="no column cascade"):
        run(app, "forecast", tmp_path / "odd.csv", "--origins", tmp_path / "odd.csv", "--out", tmp_path / "out.csv")


def test_a_campaign_that_runs_here(app: typer.Typer, campaign: Campaign) -> None:
    early = CliRunner().invoke(app, ["forecast", campaign.slug], catch_exceptions=False)
    assert "it takes a running campaign, and 30 people" in early.output
    actions.show(campaign=campaign, made_at=timezone.now(), version=1, outlook=an_outlook())
    assert run(app, "forecast", campaign.slug)["counted"]["participants"] == 10
    assert "12 to 45" in CliRunner().invoke(app, ["forecast", campaign.slug], catch_exceptions=False).output


def test_offspring_of_pairs_and_of_people(app: typer.Typer, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("infector,infectee\n1,2\n1,3\n3,4\n")
    found = run(app, "offspring", pairs, "--others", "6")
    assert list(found) == ["people", "brought", "r", "r_low", "r_high", "k", "k_low", "k_high"]
    assert (found["people"], found["brought"], found["r"]) == (10, 3, pytest.approx(0.3, abs=0.01))
    people = tmp_path / "people.csv"
    people.write_text("id,recruiter\n1,-1\n2,1\n3,1\n4,3\n")
    found = run(app, "offspring", people)
    assert (found["people"], found["brought"]) == (4, 3)


def test_the_same_number_in_two_cascades_is_two_people(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "cascades.csv"
    path.write_text("cascade,node,parent,seconds\n1,0,-1,0\n1,1,0,5\n2,0,-1,0\n2,1,0,5\n2,2,0,6\n")
    found = run(app, "offspring", path)
    assert (found["people"], found["brought"]) == (5, 3)


def test_offspring_of_nobody_says_so(app: typer.Typer, tmp_path: Path) -> None:
    alone = tmp_path / "alone.csv"
    alone.write_text("id,parent\n1,-1\n2,-1\n")
    with pytest.raises(UserError, match="nobody brought anybody"):
        run(app, "offspring", alone)
    odd = tmp_path / "odd.csv"
    odd.write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="it needs one of parent"):
        run(app, "offspring", odd)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("1,1\n", "line 2: “1” cannot have brought themselves"),
        ("1,-1\n2,1\n2,1\n", "line 4: “2” stands there twice"),
        ("5,-1\n0,1\n1,0\n", "line 3: “0” was brought by people whom they brought"),
        ("1,-1\n2\n", "line 3: 2 fields are expected, but it has 1"),
    ],
)
def test_offspring_refuses_what_cannot_have_been(app: typer.Typer, tmp_path: Path, rows: str, words: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(f"id,parent\n{rows}")
    with pytest.raises(UserError, match=words):
        run(app, "offspring", path)


def test_offspring_of_a_picture_prints_none_of_it(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "picture.csv"
    for content in (b"\x89PNG\r\n\x1a\n\x00\xff", b"\x1b[31mred\x07,\x00\n\x1b[2J\n"):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"picture\.csv") as refused:
            run(app, "offspring", path)
        assert str(refused.value).isprintable()


def test_pictures_are_no_records(app: typer.Typer, tmp_path: Path) -> None:
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    sentence = r"picture\.csv is not a text in UTF-8: save it as CSV in UTF-8"
    with pytest.raises(UserError, match=sentence):
        run(app, "offspring", picture)
    past = record(tmp_path / "past", range(3))
    for subject, asked in ((picture, origins(tmp_path / "origins.csv", range(1))), (past, picture)):
        with pytest.raises(UserError, match=sentence):
            run(app, "forecast", subject, "--learn", past, "--origins", asked, "--out", tmp_path / "out.csv")


def test_offspring_says_where_nothing_bounds_a_figure(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "even.csv"
    path.write_text("infector,infectee\n" + "".join(f"{number},{number + 1}\n" for number in range(60)))
    found = run(app, "offspring", path)
    assert found["k_high"] is None
    assert "to any more)" in CliRunner().invoke(app, ["offspring", str(path)]).output


def test_nothing_is_foreseen_beyond_humanity_and_an_empty_question_is_said(app: typer.Typer, tmp_path: Path) -> None:
    records, origins, out = tmp_path / "records.csv", tmp_path / "origins.csv", tmp_path / "out.csv"
    grown = "".join(f"1,{node},{(node - 1) // 2},{node * 0.1}\n" for node in range(1, 60))
    records.write_text(f"cascade,node,parent,seconds\n1,0,-1,0\n{grown}")
    origins.write_text("cascade,origin_seconds,horizon_seconds\n1,6,604800\n")
    run(app, "forecast", records, "--origins", origins, "--out", out)
    *_, most = out.read_text().splitlines()[1].split(",")
    assert float(most) <= 8.3e9
    origins.write_text("cascade,origin_seconds,horizon_seconds\n")
    with pytest.raises(UserError, match="has no row"):
        run(app, "forecast", records, "--origins", origins, "--out", out)
