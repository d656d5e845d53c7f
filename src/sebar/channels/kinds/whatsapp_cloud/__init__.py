"""WhatsApp: a business number that answers by itself, through Meta's Cloud API."""

from sebar.channels.base import Channel
from sebar.channels.kinds.whatsapp_cloud.entered import FIELDS, try_out, wants
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="whatsapp_cloud",
    label=gettext_noop("WhatsApp bot"),
    colour="c1",
    about=gettext_noop(
        "A WhatsApp number that answers by itself, through Meta’s Cloud API. People write the code of a friend to it,"
        " join, and get their own link. It answers within a day of what somebody wrote; news go only to those who have"
        " asked for them, in the form that Meta has approved. You need a business account with Meta, who may charge"
        " for news."
    ),
    fields=FIELDS,
    wants=wants,
    try_out=try_out,
    sends=True,
    hears_back="arrivals",
    serves=True,
)
