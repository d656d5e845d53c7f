"""Said by the brand's own program."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="api",
    label="API",
)
