"""Facebook: a post; its words come from the page behind the link."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="facebook",
    label="Facebook",
    address="https://www.facebook.com/sharer/sharer.php?u={link}",
    order=6,
    counts_as="share",
)
