"""The real engine beside the tests, as the console's have it."""

from engine_beside import _campaigns_of_its_own, count, store, without_engine  # noqa: F401 - fixtures are found by their names
