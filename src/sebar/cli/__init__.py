"""The command line: one module a verb, collected here."""

from __future__ import annotations

import importlib
import pkgutil

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Sebar: a self-hosted viral marketing platform.")


def main() -> None:
    """Run the command line. Every module of this package registers its own verbs with `register(app)`."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}").register(app)
    app()
