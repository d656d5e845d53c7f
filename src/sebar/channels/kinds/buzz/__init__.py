"""Buzz: what is said about a campaign elsewhere. It only listens; nothing is ever sent from here."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="buzz",
    label=gettext_noop("Buzz"),
    about=gettext_noop(
        "Listens for what people say about the campaign: in feeds, on Mastodon and Bluesky, in files of reviews, and"
        " from your own programs. You read and class it in an inbox; what you class is counted here and kept among the"
        " campaign’s events as a reaction. It only listens: nobody is written to, and what people wrote is deleted"
        " after some time."
    ),
    serves=True,
)
