"""Bluesky: a post of at most 300 characters, the link among them."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="bluesky",
    label="Bluesky",
    address="https://bsky.app/intent/compose?text={message}",
    order=12,
    counts_as="share",
    longest=300,
    about=gettext_noop(
        "The button opens a post on Bluesky with words and link in it; the person sends it. Bluesky takes 300 "
        "characters, so longer words are cut."
    ),
)
