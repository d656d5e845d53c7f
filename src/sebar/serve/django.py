"""Django, made ready once for the processes and commands that read and write the relational database."""

from __future__ import annotations

import os

import django

from sebar.kit import config


def setup() -> None:
    """Make Django's tables usable in this process and the data folder exist. Calling it again is free."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sebar.settings")
    config.load().make_data_folder()
    django.setup()
