"""Facebook: a post; its words come from the page behind the link."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="facebook",
    label="Facebook",
    address="https://www.facebook.com/sharer/sharer.php?u={link}",
    order=6,
    counts_as="share",
    about=gettext_noop(
        "The button opens a post on Facebook. Its picture and words come from the campaign’s page: Facebook takes "
        "none from the button."
    ),
)
