"""Brings tables and static files up to date before anything starts: ``python -m sebar.serve.prepare PARENT``.

A process of its own, so that the supervisor, which lives as long as the instance, never loads Django. What it prints is
the one-time link that makes the first owner, or nothing when there is one.
"""

from __future__ import annotations

import signal
import sys

from django.core.management import call_command
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import override_settings

import sebar.serve.tables  # noqa: F401 - sets Django up before its tables are imported
from sebar.brands.actions import first_owner_link
from sebar.kit import config
from sebar.serve.child import end_with_parent


def main() -> None:
    """Migrate, collect, print; end with one plain sentence when the database does not let us."""
    end_with_parent(int(sys.argv[1]), signal.SIGTERM)
    try:
        _create()
        call_command("migrate", verbosity=0, interactive=False)
        secret = first_owner_link()
    except Error as error:
        reason = " ".join(str(error).split())
        sys.exit(f"The database does not let itself be brought up to date: {reason}")
    call_command("collectstatic", verbosity=0, interactive=False)
    if secret:
        print(f"{config.load().public_url}/console/welcome/{secret}")  # noqa: T201 - the supervisor reads it


def _create() -> None:
    """Make all tables of a fresh database at once, as the models say: a dozen seconds less than migration by migration.

    Killed in between, it goes on where it was: tables are made together or not at all, and none is made twice.
    """
    recorder = MigrationRecorder(connection)
    if any(app == "sebar" for app, _ in recorder.applied_migrations()):
        return
    with override_settings(MIGRATION_MODULES={"sebar": None}):
        call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)
    call_command("migrate", "sebar", fake=True, verbosity=0, interactive=False)


if __name__ == "__main__":
    main()
