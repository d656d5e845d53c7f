"""Where people find things of ours, as they see it: whole addresses, for pages, letters, pictures and programs."""

from __future__ import annotations

from sebar.kit import config


def link(code: str, creative: str = "") -> str:
    """Return the link of whoever has this code, with what it shows, before it says how it travels."""
    bare = f"{config.load().public_url}/r/{code}"
    return f"{bare}?c={creative}" if creative else bare


def campaign_page(slug: str) -> str:
    """Return the page of a campaign."""
    return f"{config.load().public_url}/c/{slug}"


def way_back(mark: str) -> str:
    """Return the address that a letter holds by which somebody finds their own page, once."""
    return f"{config.load().public_url}/back/{mark}"


def share_page(code: str) -> str:
    """Return the public page on which whoever has this code passes it on."""
    return f"{config.load().public_url}/s/{code}"
