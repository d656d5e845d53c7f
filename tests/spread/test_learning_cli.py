"""`sebar learn`: the names that programs rely on, files that others read, and faults named by line."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import typer
from typer.testing import CliRunner

from sebar.cli import learn, seeds
from sebar.kit.errors import UserError
from sebar.spread.tables import read_table

GRAPH = "source,target\nani,budi\nani,citra\nbudi,dewi\ncitra,dewi\n"


@pytest.fixture
def app() -> typer.Typer:
    program = typer.Typer()
    learn.register(program)
    seeds.register(program)
    return program


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a graph and a log in which Ani often brings Budi, and Citra only once."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "graph.csv").write_text(GRAPH)
    rows = ["item,person,time,split"]
    for item in range(20):
        split = "test" if item >= 15 else "train"
        rows += [f"song {item},ani,2026-01-01,{split}", f"song {item},budi,2026-01-02T00:00:00+00:00,{split}"]
    rows.append("song 3,citra,2026-03-01,train")
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def run(app: typer.Typer, *words: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def written(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_log_prints_what_is_promised(app: typer.Typer) -> None:
    found = run(app, "learn", "log.csv", "--graph", "graph.csv", "--out", "edges.csv")
    assert list(found) == [
        "kind", "cascades", "people", "edges", "tries", "passed_on", "usual", "rates", "strength", "source_strength",
        "target_strength", "held_out", "seconds",
    ]  # fmt: skip
    assert (found["kind"], found["cascades"], found["people"], found["edges"]) == ("log", 20, 3, 4)
    assert list(found["usual"]) == ["rate", "low", "high"]
    assert list(found["rates"]) == ["0.05", "0.25", "0.5", "0.75", "0.95"]
    assert list(found["held_out"]) == ["exposures", "acted", "log_loss", "auc", "predicted_to_observed"]
    assert found["held_out"]["acted"] == 5  # Budi in five songs of the test, told from Citra and Dewi
    assert found["held_out"]["auc"] == 1.0
    edges = {(row["source"], row["target"]): row for row in written("edges.csv")}
    assert set(edges) == {("ani", "budi"), ("ani", "citra"), ("budi", "dewi"), ("citra", "dewi")}
    assert all(float(row["low"]) <= float(row["probability"]) <= float(row["high"]) for row in edges.values())
    assert float(edges["ani", "budi"]["probability"]) > 3 * float(edges["ani", "citra"]["probability"])


def test_what_was_written_is_what_seeds_reads(app: typer.Typer) -> None:
    run(app, "learn", "log.csv", "--graph", "graph.csv", "--out", "edges.csv")
    assert run(app, "seeds", "edges.csv", "--model", "ic", "--k", "1")["seeds"] == ["ani"]


def test_after_the_window_nothing_is_a_consequence(app: typer.Typer) -> None:
    counts = [
        run(app, "learn", "log.csv", "--graph", "graph.csv", "--window", window)["passed_on"]
        for window in ("2d", "90d", "172800")
    ]
    assert counts == [15, 16, 15]


def test_numbers_for_people_undirected_ties_and_other_files(app: typer.Typer, folder: Path) -> None:
    (folder / "ties.csv").write_text("1,0\n1,2\n")
    cascade = np.repeat(np.arange(12), 2)
    table = pa.table({"Cascade": cascade, "user": np.tile([0, 1], 12), "time": np.tile([0.0, 1.5], 12)})
    pyarrow.parquet.write_table(table, "log.parquet")
    rows = zip(cascade, np.tile([0, 1], 12), np.tile([0.0, 1.5], 12), strict=True)
    text = "# acts\n\ncascade\tuser\ttime\n" + "".join(f"{c}\t{p}\t{t}\n" for c, p, t in rows)
    (folder / "log.tsv.gz").write_bytes(gzip.compress(text.encode()))
    found = [
        run(app, "learn", name, "--graph", "ties.csv", "--undirected") | {"seconds": 0}
        for name in ("log.parquet", "log.tsv.gz")
    ]
    assert found[0] == found[1]
    assert (found[0]["passed_on"], found[0]["edges"]) == (12, 4)


def test_invitation_counts_print_what_is_promised(app: typer.Typer, folder: Path) -> None:
    rows = [f"p{i},{'mail' if i % 2 else 'link'},{'film' if i % 3 else 'game'},20,{2 + 8 * (i % 2)}" for i in range(60)]
    (folder / "sent.csv").write_text("inviter,channel,creative,tries,joins\n" + "\n".join(rows))
    found = run(app, "learn", "sent.csv", "--out", "rates.csv")
    assert list(found) == [
        "kind", "inviters", "rows", "tries", "joins", "usual", "rates", "strength", "strength_low", "strength_high",
        "pairs", "seconds",
    ]  # fmt: skip
    assert (found["kind"], found["inviters"], found["tries"], found["joins"]) == ("invitations", 60, 1200, 360)
    assert list(found["pairs"][0]) == ["channel", "creative", "rate", "low", "high", "newcomer_low", "newcomer_high"]
    usual = {(pair["channel"], pair["creative"]): pair["rate"] for pair in found["pairs"]}
    assert usual["mail", "film"] == pytest.approx(0.5, abs=0.05)
    assert usual["link", "game"] == pytest.approx(0.1, abs=0.03)
    rates = written("rates.csv")
    assert list(rates[0]) == ["inviter", "channel", "creative", "tries", "joins", "rate", "low", "high"]
    assert (len(rates), rates[1]["inviter"], rates[1]["joins"]) == (60, "p1", "10")


def test_single_invitations_are_counted_and_young_ones_weighed(app: typer.Typer, folder: Path) -> None:
    random = np.random.default_rng(1)
    lines = ["inviter,channel,sent,joined"]
    for number in range(400):
        sent = 40 * random.random()
        joined = sent + random.lognormal(0, 1)
        came = random.random() < 0.5 and joined <= 40
        lines.append(f"p{number % 40},mail,{sent:.4f},{f'{joined:.4f}' if came else ''}")
    (folder / "sent.csv").write_text("\n".join(lines))
    found = run(app, "learn", "sent.csv", "--out", "rates.csv")
    assert (found["inviters"], found["rows"], found["tries"]) == (40, 40, 400)
    assert found["pairs"][0]["creative"] == ""
    assert found["pairs"][0]["low"] < 0.5 < found["pairs"][0]["high"]
    assert sum(int(row["joins"]) for row in written("rates.csv")) == found["joins"]


def test_people_are_told_in_words(app: typer.Typer, folder: Path) -> None:
    done = CliRunner().invoke(app, ["learn", "log.csv", "--graph", "graph.csv"])
    assert "does not prove influence" in done.output
    assert "AUC 1.000" in done.output
    (folder / "sent.csv").write_text("inviter,channel,tries,joins\nani,mail,10,3\nbudi,link,5,1\n")
    told = CliRunner().invoke(app, ["learn", "sent.csv"]).output
    assert "Of 15 invitations by 2 inviters 4 have joined." in told
    assert "too few channels, or creatives, to say of a new one" in told
    assert run(app, "learn", "sent.csv")["usual"] is None
    rows = "".join(f"ani,{channel},10,3\n" for channel in ("mail", "link", "song"))
    (folder / "three.csv").write_text("inviter,channel,tries,joins\n" + rows)
    told = CliRunner().invoke(app, ["learn", "three.csv"]).output
    assert "by 1 inviter 9 have joined" in told
    assert "Usual, in a channel that is new: 31." in told


COUNTS = "inviter,channel,tries,joins\n"
TIMES = "inviter,channel,sent,joined\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no rows"),
        (COUNTS, "holds no rows"),
        ("a,b\n1,2\n", "has the columns a, b; they must be cascade"),
        ("inviter,channel\n1,2\n", "has the columns inviter, channel; they must be"),
        (COUNTS + "ani,mail,3,1\n\nbudi,mail,many,1\n", "line 4: the tries is 'many', but must be a number"),
        (COUNTS + "ani,mail,3,4\n", "line 2: there are 4 joins of 3 tries"),
        (COUNTS + "ani,mail,-3,4\n", "line 2: the tries is -3, but must be at least 0"),
        (COUNTS + "ani,,3,1\n", "line 2: the channel is empty"),
        (COUNTS + "ani,mail,3,1\nbudi,mail,3\n", "line 3: 4 fields are expected, but it has 3"),
        (TIMES + "ani,mail,5,4\n", "line 2: it was joined before it was sent"),
        (TIMES + "ani,mail,2026-01-01,soon\n", "line 2: the joined is 'soon'"),
        (TIMES + "ani,mail,5,6\n", "Only 1 joined"),
        ("item,person,time\n#music,ani,0\n\n#music,eka,1\n", "line 4: eka is not in the graph"),
        ("item,person,time\n1,ani,0\n1,budi,noon\n", "line 3: the time is 'noon', but must be a number"),
        ("item,person,time\n1,budi,0\n1,ani,1\n", "Nobody in this log acted after a neighbour"),
    ],
)
def test_mistakes_are_one_sentence(app: typer.Typer, folder: Path, text: str, sentence: str) -> None:
    (folder / "wrong.csv").write_text(text)
    with pytest.raises(UserError, match=sentence):
        CliRunner().invoke(app, ["learn", "wrong.csv", "--graph", "graph.csv"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("none.csv",), "none.csv cannot be read: .*No such file"),
        (("log.csv",), "give --graph"),
        (("log.csv", "--graph", "graph.csv", "--window", "soon"), "not a length of time"),
        (("log.csv", "--graph", "graph.csv", "--out", "no/edges.csv"), "cannot be written"),
    ],
)
def test_wrong_words_are_one_sentence(app: typer.Typer, words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        CliRunner().invoke(app, ["learn", *words], catch_exceptions=False)


def test_damaged_files_are_one_sentence(folder: Path) -> None:
    (folder / "log.csv.gz").write_bytes(b"no gzip")
    (folder / "log.parquet").write_bytes(b"no parquet")
    for name in ("log.csv.gz", "log.parquet"):
        with pytest.raises(ValueError, match=f"{name} cannot be read"):
            read_table(Path(name))
    (folder / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    with pytest.raises(ValueError, match=r"picture.csv is not a text in UTF-8: save it as CSV in UTF-8"):
        read_table(Path("picture.csv"))
