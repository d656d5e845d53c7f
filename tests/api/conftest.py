"""A program that talks to the API with a key."""

from __future__ import annotations

import pytest
from asking import Program, a_program

from people import People


@pytest.fixture
def program(people: People) -> Program:
    """A program of Alice's brand that may read and write."""
    return a_program(people.alice)
