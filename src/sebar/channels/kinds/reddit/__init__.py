"""Reddit: a post with a title."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="reddit",
    label="Reddit",
    address="https://www.reddit.com/submit?url={link}&title={subject}",
    order=14,
    counts_as="share",
)
