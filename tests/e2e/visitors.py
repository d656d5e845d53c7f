"""Everybody's browsers, for the walks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from serve.whole_platform import Platform, eventually

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass
class Visitors:
    """Everybody's browser, and every address that any of their pages asked for."""

    browser: Browser
    base: str
    pictures: Path
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def somebody(self, size: dict[str, int], **different: object) -> Page:
        """Return a page of a new person with nothing kept from anybody else."""
        context: BrowserContext = self.browser.new_context(
            viewport=size,  # type: ignore[arg-type]  # a plain dictionary is what Playwright takes
            base_url=self.base,
            locale="en-GB",
            **different,  # type: ignore[arg-type]  # whatever a context may be
        )
        context.on("request", lambda request: self.asked.append(request.url))
        context.on(
            "console", lambda message: self.complaints.append(f"{message.page and message.page.url}: {message.text}")
        )
        return context.new_page()

    def show(self, page: Page, name: str) -> None:
        """Keep a picture of the page for a person's eye."""
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)


def the_first_owner(visitors: Visitors, platform: Platform) -> Page:
    """Let Alice accept the instance's first invitation; return her browser."""
    owner = visitors.somebody(DESK)
    owner.goto(eventually(lambda: platform.said("/console/welcome/"), "an owner's link").strip())
    owner.get_by_label("Name of your brand").fill("Kopi Nusa")
    owner.get_by_label("Your name").fill("Alice")
    owner.get_by_label("E-mail").fill("alice@example.com")
    owner.get_by_label("Password").fill("a walk in the rain")
    owner.get_by_role("button", name="Begin").click()
    return owner
