"""Pinterest: a pin; its picture comes from the page behind the link."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="pinterest",
    label="Pinterest",
    address="https://www.pinterest.com/pin/create/button/?url={link}&description={words}",
    order=15,
    counts_as="share",
)
