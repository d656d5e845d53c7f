"""`sebar doctor`: what is missing or wrong, in plain words."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from sebar.kit import config
from sebar.serve import checks


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, for programs.")] = False
) -> None:
    """Look at everything the platform needs and say how it is. Ends with 1 when something is wrong."""
    findings = checks.examine(config.load())
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(findings)).decode())
    else:
        for finding in findings:
            print(f"{'✓' if finding.well else '✗'} {finding.subject}: {finding.words}")
            if finding.way_out:
                print(f"  → {finding.way_out}")
        print("All is well." if all(finding.well for finding in findings) else "Something needs attention.")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(doctor)
