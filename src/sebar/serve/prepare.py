"""Brings tables and static files up to date before anything starts: ``python -m sebar.serve.prepare``.

A process of its own, so that the supervisor, which lives as long as the instance, never loads Django.
"""

from __future__ import annotations

import sys

from django.core.management import call_command
from django.db import Error

from sebar.serve import django


def main() -> None:
    """Migrate, collect, and end with one plain sentence when the database does not let us."""
    django.setup()
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except Error as error:
        reason = " ".join(str(error).split())
        sys.exit(f"The database does not let itself be brought up to date: {reason}")
    call_command("collectstatic", verbosity=0, interactive=False)


if __name__ == "__main__":
    main()
