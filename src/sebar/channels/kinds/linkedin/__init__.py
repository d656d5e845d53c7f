"""LinkedIn: a post; its words come from the page behind the link."""

from sebar.channels.base import Channel

CHANNEL = Channel(
    name="linkedin",
    label="LinkedIn",
    address="https://www.linkedin.com/sharing/share-offsite/?url={link}",
    order=13,
    counts_as="share",
)
