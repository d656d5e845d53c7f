"""LinkedIn: a post; its words come from the page behind the link."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="linkedin",
    label="LinkedIn",
    address="https://www.linkedin.com/sharing/share-offsite/?url={link}",
    order=13,
    counts_as="share",
    about=gettext_noop("The button opens a post on LinkedIn. Its picture and words come from the campaign’s page."),
)
