"""What users are promised in `docs/` is there, and what is there is documented."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from typer.main import get_command

from sebar import cli, measures
from sebar.measures.catalog import Measure

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*DOCS.glob("*.md"), *ROOT.glob("*.md")]


def table_of_measures() -> str:
    """Return the generated part of `docs/measures.md`."""
    names = ("measure", "what it says", "how it is counted", "unit", "range", "from", "source")
    rows = [
        (one.title, one.definition, one.formula, one.unit, one.interval, one.minimum, f"{one.reference} `{one.source}`")
        for one in measures.CATALOG.values()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (names, ("---",) * len(names), *rows))


def renew() -> None:
    """Write the table anew below the words that people wrote."""
    page = DOCS / "measures.md"
    words, _, _ = page.read_text().partition("| measure |")
    page.write_text(f"{words}{table_of_measures()}\n")


def test_the_table_of_measures_is_the_catalogue() -> None:
    assert table_of_measures() in (DOCS / "measures.md").read_text(), "renew it: make docs"


def test_every_measure_says_all_about_itself() -> None:
    for measure in measures.CATALOG.values():
        assert all(getattr(measure, one.name) for one in fields(Measure) if one.name != "reference"), measure.name


def test_every_setting_is_documented() -> None:
    source = (ROOT / "src/sebar/kit/config.py").read_text()
    page = (DOCS / "settings.md").read_text()
    for setting in set(re.findall(r'"(SEBAR_[A-Z_]+)"', source)):
        assert f"`{setting}`" in page, setting


def test_every_verb_is_documented_and_explains_itself() -> None:
    page = (DOCS / "cli.md").read_text()
    cli.collect()
    for name, command in get_command(cli.app).commands.items():  # type: ignore[attr-defined]  # a group has commands
        assert f"sebar {name}" in page, name
        assert command.help or command.commands, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_local_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


if __name__ == "__main__":
    renew()
