"""A running platform and browsers for the walks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

import chromium
from e2e.visitors import Visitors
from serve.whole_platform import PATIENCE, Platform

expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """A platform with nothing in it yet."""
    with Platform(tmp_path / "data") as platform:
        platform.start()
        yield platform


@pytest.fixture
def visitors(platform: Platform, tmp_path: Path) -> Iterator[Visitors]:
    """Everybody's browsers."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.ARGS)
        yield Visitors(browser, platform.settings.public_url, tmp_path)
        browser.close()
