"""Brings tables and static files up to date before anything starts: ``python -m sebar.serve.prepare PARENT``.

A process of its own, so that the supervisor, which lives as long as the instance, never loads Django. What it prints is
the one-time link that makes the first owner, or nothing when there is one.
"""

from __future__ import annotations

import signal
import sys

from django.core.management import call_command
from django.db import Error

import sebar.serve.tables  # noqa: F401 - sets Django up before its tables are imported
from sebar.brands.actions import first_owner_link
from sebar.kit import config
from sebar.serve.child import end_with_parent


def main() -> None:
    """Migrate, collect, print; end with one plain sentence when the database does not let us."""
    end_with_parent(int(sys.argv[1]), signal.SIGTERM)
    try:
        call_command("migrate", verbosity=0, interactive=False)
        secret = first_owner_link()
    except Error as error:
        reason = " ".join(str(error).split())
        sys.exit(f"The database does not let itself be brought up to date: {reason}")
    call_command("collectstatic", verbosity=0, interactive=False)
    if secret:
        print(f"{config.load().public_url}/console/welcome/{secret}")  # noqa: T201 - the supervisor reads it


if __name__ == "__main__":
    main()
