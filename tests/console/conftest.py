"""Members who have signed in, and the real engine answering beside the tests."""

from __future__ import annotations

import pytest
from django.test import Client

from engine_beside import _campaigns_of_its_own, count, store, without_engine  # noqa: F401 - fixtures found by their names
from people import People
from sebar.brands.queries import Membership


def signed_in(membership: Membership) -> Client:
    """Return a browser in which this member has signed in."""
    client = Client()
    assert membership.user is not None
    client.force_login(membership.user)
    return client


@pytest.fixture
def alice(people: People) -> Client:
    """The owner's browser."""
    return signed_in(people.alice)


@pytest.fixture
def vera(people: People) -> Client:
    """The viewer's browser."""
    return signed_in(people.vera)


@pytest.fixture
def charlie(people: People) -> Client:
    """The browser of another brand's owner."""
    return signed_in(people.charlie)
