"""Reddit: a post with a title."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="reddit",
    label="Reddit",
    address="https://www.reddit.com/submit?url={link}&title={subject}",
    order=14,
    counts_as="share",
    about=gettext_noop("The button opens a post on Reddit with the headline as its title."),
)
