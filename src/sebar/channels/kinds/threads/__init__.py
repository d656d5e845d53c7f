"""Threads: a post."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="threads",
    label="Threads",
    address="https://www.threads.com/intent/post?text={words}&url={link}",
    order=11,
    counts_as="share",
    longest=500,
    about=gettext_noop("The button opens a post on Threads with words and link in it."),
)
