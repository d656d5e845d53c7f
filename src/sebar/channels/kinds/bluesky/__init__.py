"""Bluesky: a post of at most 300 characters, the link among them."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="bluesky",
    label="Bluesky",
    address="https://bsky.app/intent/compose?text={message}",
    order=12,
    counts_as="share",
)
