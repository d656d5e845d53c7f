"""X: a post."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="x",
    label="X",
    address="https://x.com/intent/post?text={words}&url={link}",
    order=7,
    counts_as="share",
)
