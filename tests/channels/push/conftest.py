"""The push service beside the tests."""

from push_service import service  # noqa: F401 - a fixture found by its name
