"""Makes Django's tables importable: import this module before any that holds tables or uses them."""

from __future__ import annotations

from django.db import DatabaseError, connection

from sebar.kit import config
from sebar.kit.errors import Unavailable
from sebar.serve import django

django.setup()


def require() -> None:
    """Make sure that the tables are there.

    Raises
    ------
    Unavailable
        Saying what to do when they are not, or when the database cannot be reached.
    """
    try:
        is_there = "sebar_brand" in connection.introspection.table_names()
    except DatabaseError as error:
        raise Unavailable(f"The database cannot be used ({error}); `sebar doctor` says what is wrong.") from None
    if not is_there:
        folder = config.load().data
        raise Unavailable(f"There is no Sebar in {folder} yet: `sebar up` makes it. SEBAR_DATA names another folder.")
