"""`sebar demo`: a brand with two campaigns and 20,000 invented participants."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import typer

import sebar.serve.tables
from sebar.brands import keys, queries
from sebar.brands.actions import invite, open_brand
from sebar.brands.models import Brand, Role
from sebar.campaigns.queries import of_brand
from sebar.channels import actions as channels
from sebar.channels.kinds.buzz import files
from sebar.cli.campaigns import campaign_of
from sebar.cli.replay import borrowed_key, progress
from sebar.kit import config
from sebar.replay import demo as story
from sebar.replay.affair import Letterbox
from sebar.serve import instance
from sebar.serve import letterbox as letterboxes


def demo(
    *,
    brand: Annotated[str, typer.Option(help="Slug of the brand that shall have it; else Kopi Nusa is made.")] = "",
    people: Annotated[int, typer.Option(min=2, help="How many participants, in both campaigns.")] = story.PEOPLE,
) -> None:
    """Make two campaigns full of invented people on the running platform, through its public surface."""
    sebar.serve.tables.require()
    home = queries.brand_of_slug(brand) if brand else _kopi_nusa()
    address = f"{config.load().public_url}/console/brands/{home.slug}/campaigns"
    if {campaign.slug for campaign in of_brand(home)} >= {told.slug for told in story.STORIES}:
        print(f"The demo is here already: {address}")
    else:
        with progress() as watch, borrowed_key("", home.slug) as key:
            letterbox = _open_letterbox(home)
            making = story.make(
                url=config.load().public_url, key=key, people=people, hear=_hear, letterbox=letterbox, watch=watch
            )
            asyncio.run(making)
        print(f"The demo is ready: {address}")
        if letterbox is not None:
            print(f"Its letters stay on this machine, in {letterboxes.folder(config.load())}")
    _offer(home)


def _hear(slug: str, content: bytes) -> None:
    files.take(campaign=campaign_of(slug), name="What people say", content=content)


def _open_letterbox(home: Brand) -> Letterbox | None:
    """Let the brand send letters, and return what came to an address; None where letters would leave this machine."""
    settings = config.load()
    running = instance.find(settings)
    if running is None or letterboxes.PART not in running.parts:
        return None
    entered = {"sender": "halo@kopi-nusa.example", "bounces": "back@kopi-nusa.example", "postal": "Kopi Nusa, Bandung"}
    channels.set_up(membership=keys.instance_membership(home), channel="email", entered=entered)
    return partial(letterboxes.texts, settings)


def _offer(home: Brand) -> None:
    """Print a link that makes the brand's owner, as long as it has none."""
    instance = keys.instance_membership(home)
    if not queries.members(instance):
        link = f"{config.load().public_url}/console/welcome/{invite(membership=instance, role=Role.OWNER).secret}"
        print(f"Whoever opens this link first becomes the owner of {home.name}; it works once:\n{link}")


def _kopi_nusa() -> Brand:
    found = [brand for brand in queries.brands() if brand.slug == story.BRAND_SLUG]
    return found[0] if found else open_brand(name=story.BRAND_NAME, slug=story.BRAND_SLUG)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(demo)
