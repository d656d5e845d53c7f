"""X: a post."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="x",
    label="X",
    address="https://x.com/intent/post?text={words}&url={link}",
    order=7,
    counts_as="share",
    longest=280,
    about=gettext_noop(
        "The button opens a post on X with words and link in it. X takes 280 characters, so longer words are cut."
    ),
)
