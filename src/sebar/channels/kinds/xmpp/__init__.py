"""XMPP (Jabber): a bot that people write to from any program and any server."""

from sebar.channels.base import Channel
from sebar.channels.kinds.xmpp.entered import FIELDS, refuse
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="xmpp",
    label=gettext_noop("XMPP bot"),
    colour="c3",
    about=gettext_noop(
        "A bot in the open messenger network XMPP, also called Jabber. People start it with a friend’s code, join, and"
        " get their own link. It writes first only to those who have asked for news. You need an account for the bot on"
        " any XMPP server."
    ),
    fields=FIELDS,
    refuse=refuse,
    sends=True,
    hears_back="returns",
    serves=True,
)
