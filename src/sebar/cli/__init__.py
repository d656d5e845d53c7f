"""The command line: one module a verb, collected here."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Final, NoReturn

_INTERRUPTED: Final = 130  # 128 + SIGINT


def _stopped() -> NoReturn:
    print("Stopped by Ctrl-C.", file=sys.stderr)
    sys.exit(_INTERRUPTED)


try:
    import typer

    from sebar.kit.errors import Unavailable, UserError, UserErrors
except KeyboardInterrupt:
    _stopped()

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def sebar() -> None:
    """Sebar: a self-hosted viral marketing platform."""


def collect(asked: str = "") -> None:
    """Let every module of this package register its own verbs; only that of the verb `asked` for, if there is one.

    `sebar doctor` must work where the others cannot be loaded.
    """
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    for name in [asked] if asked in names else names:
        importlib.import_module(f"{__name__}.{name}").register(app)


def main() -> None:
    """Run the command line; Ctrl-C ends it with one line and the status that shells expect."""
    try:
        collect(next((word for word in sys.argv[1:] if not word.startswith("-")), ""))
        app()
    except KeyboardInterrupt:  # while loading
        _stopped()
    except SystemExit as done:
        if done.code == _INTERRUPTED:  # while working
            _stopped()
        raise
    except UserErrors as error:
        sys.exit("\n".join(one.message for one in error.errors))
    except UserError as error:
        sys.exit(error.message)
    except Unavailable as error:
        sys.exit(str(error))
