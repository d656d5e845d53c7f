"""Threads: a post."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="threads",
    label="Threads",
    address="https://www.threads.com/intent/post?text={words}&url={link}",
    order=11,
    counts_as="share",
)
