"""The written documents name every address, shape key and verb that there is."""

from __future__ import annotations

import dataclasses
import pkgutil
from pathlib import Path

import pytest

from sebar import cli
from sebar.api.application import api
from sebar.api.figures import MeasuresShown
from sebar.api.shapes import CampaignShown, ParticipantShown

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("path", sorted(api.get_openapi_schema(path_prefix="/api/v1/")["paths"]))
def test_every_address_is_documented(path: str) -> None:
    assert path.rpartition("/")[2].strip("{}") in (DOCS / "api.md").read_text()


@pytest.mark.parametrize("shape", [CampaignShown, ParticipantShown, MeasuresShown])
def test_every_key_of_what_the_command_line_prints_is_documented(shape: type) -> None:
    written = (DOCS / "cli.md").read_text() + (DOCS / "api.md").read_text()
    missing = [one.name for one in dataclasses.fields(shape) if f"`{one.name}`" not in written]
    assert missing == []


def test_every_verb_is_documented() -> None:
    written = (DOCS / "cli.md").read_text()
    assert [verb.name for verb in pkgutil.iter_modules(cli.__path__) if f"`sebar {verb.name}" not in written] == []
