"""Fixtures for every test. Builders make single things (`builders.py`), `people` is a whole cast (`people.py`)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import environment

environment.prepare()

import pytest  # noqa: E402 - the environment comes first
from django.conf import settings  # noqa: E402
from django.test import override_settings  # noqa: E402
from hypothesis import settings as examples  # noqa: E402

import people as cast  # noqa: E402
from builders import a_campaign  # noqa: E402
from sebar.campaigns.models import Campaign  # noqa: E402
from sebar.kit import brake  # noqa: E402

# No test measures time: a machine may be busy, and what comes with the compiler is slow at first.
examples.register_profile("patient", deadline=None)
# A change is refused for what it does, not for what chance finds that day: that is for everybody's own runs.
examples.register_profile("repeated", deadline=None, derandomize=True)
examples.load_profile("repeated" if os.environ.get("CI") else "patient")


@pytest.fixture(autouse=True, scope="session")
def _quick_settings() -> Iterator[None]:
    """Hash passwords quickly, and find static files without collecting them first."""
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    ):
        yield


@pytest.fixture(autouse=True)
def _brake_released() -> Iterator[None]:
    """Let go of what a test left on the brake: the next one's campaigns may have the same numbers."""
    yield
    opened = brake.opened(settings.CONFIG.brake)
    for pull in list(opened.pulled().values()):
        opened.release(pull)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Keep the tests' SQLite in a file, as the platform does: one in memory locks in another way."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(settings.CONFIG.data / "tests.sqlite3")


@pytest.fixture
def people(db: None) -> cast.People:
    """Alice, Bob, Vera and the stranger Charlie."""
    return cast.gather()


@pytest.fixture
def campaign(people: cast.People) -> Campaign:
    """A running campaign of Alice's brand."""
    return a_campaign(people.alice)
