"""Mastodon: a post. There are thousands of servers, so people say first on which one they are."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="mastodon",
    label="Mastodon",
    address="https://{server}/share?text={message}",
    order=10,
    counts_as="share",
    longest=500,
    about=gettext_noop(
        "The button asks for the name of the person’s server and opens a post there. The name is kept in their browser "
        "only: we keep no note of where anybody has an account."
    ),
)
