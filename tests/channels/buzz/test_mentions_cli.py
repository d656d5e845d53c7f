"""`sebar mentions`: what programs rely on, and sentences for people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.buzz.models import BuzzSource, Mention
from sebar.cli import mentions
from sebar.kit.errors import UserError

ROWS = "id,time,text\n1,2026-11-20,Enak\n2,soon,Panjang\n3,2026-11-21,Basi\n"


@pytest.fixture
def app() -> typer.Typer:
    program = typer.Typer()
    mentions.register(program)
    return program


def test_a_file_is_taken_once(app: typer.Typer, campaign: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text(ROWS)
    first = CliRunner().invoke(app, [campaign.slug, str(file)])
    assert first.exit_code == 1, "a row is bad"
    assert first.stdout.splitlines() == [
        "Line 3: “soon” is not a time: write it like 2026-12-01 09:00 or 2026-12-01T09:00:00+07:00.",
        "2 new mentions, 0 known already, 1 bad rows left out.",
    ]
    file.write_text(ROWS.replace("2,soon,Panjang\n", ""))
    second = CliRunner().invoke(app, [campaign.slug, str(file), "--json"])
    assert second.exit_code == 0
    assert json.loads(second.stdout) == {"new": 0, "known": 2, "bad": 0, "bad_rows": []}
    assert [source.name for source in BuzzSource.objects.all()] == ["reviews"]
    assert Mention.objects.filter(campaign=campaign).count() == 2


def test_the_encoding_and_the_source_can_be_said(app: typer.Typer, campaign: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes("time;text\n2026-11-20;Café\n".encode("cp1252"))
    done = CliRunner().invoke(app, [campaign.slug, str(file), "--encoding", "cp1252", "--source", "Shop"])
    assert done.exit_code == 0
    mention = Mention.objects.select_related("source").get()
    assert (mention.text, mention.source.name) == ("Café", "Shop")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.csv"], "cannot be read"),
        (["bad.csv"], "Missing: text"),
        (["good.csv", "--encoding", "klingon"], "is not an encoding"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    app: typer.Typer, campaign: Campaign, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "bad.csv").write_text("time\n")
    (tmp_path / "good.csv").write_text(ROWS)
    done = CliRunner().invoke(app, [campaign.slug, str(tmp_path / arguments[0]), *arguments[1:]])
    assert isinstance(done.exception, UserError)
    assert said in done.exception.message
    assert not BuzzSource.objects.exists()


def test_an_unknown_campaign_is_said(app: typer.Typer, people: object, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["nothing", str(tmp_path / "x.csv")])
    assert isinstance(done.exception, UserError)
    assert "There is no campaign called “nothing”" in done.exception.message
