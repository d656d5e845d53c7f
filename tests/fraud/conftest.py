"""The real engine beside the tests, and members who have signed in."""

import pytest
from django.test import Client

from engine_beside import _campaigns_of_its_own, count, store  # noqa: F401 - fixtures are found by their names
from people import People


@pytest.fixture
def alice(people: People) -> Client:
    """The owner's browser."""
    client = Client()
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    return client
