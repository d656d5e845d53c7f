"""`sebar up`: start the platform."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer


def up(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Also make the demo brand with its two campaigns.")] = False,
    people: Annotated[int | None, typer.Option(min=2, help="How many people the demo has; else 20,000.")] = None,
) -> None:
    """Start the platform and keep it running until Ctrl-C.

    SEBAR_PORT and SEBAR_DATA say where it listens and where it keeps everything.
    """
    # The supervisor takes this process's place: what the command line has loaded would stay in memory for nothing.
    options = ["--demo", *([] if people is None else ["--people", str(people)])] if demo else []
    os.execv(sys.executable, [sys.executable, "-m", "sebar.serve.supervisor", *options])  # noqa: S606 - own interpreter


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(up)
