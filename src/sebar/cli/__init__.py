"""The command line: one module a verb, collected here."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from sebar.kit.errors import Unavailable, UserError, UserErrors

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def sebar() -> None:
    """Sebar: a self-hosted viral marketing platform."""


def main() -> None:
    """Run the command line. Every module of this package registers its own verbs with `register(app)`.

    Only the module of the verb that is asked for is loaded: `sebar doctor` must work where the others cannot.
    """
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    try:
        for name in [asked] if asked in names else names:
            importlib.import_module(f"{__name__}.{name}").register(app)
        app()
    except UserErrors as error:
        sys.exit("\n".join(one.message for one in error.errors))
    except UserError as error:
        sys.exit(error.message)
    except Unavailable as error:
        sys.exit(str(error))
