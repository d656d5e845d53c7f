"""Paper: posters, postcards, table tents and business cards, each with the link of whoever hands it out."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="paper",
    label=gettext_noop("Paper"),
    about=gettext_noop(
        "Posters, postcards, table tents and business cards as PDF files for any printer, in the campaign’s colour and"
        " languages. Each carries a QR code, the link in words and the code to say. Participants print their own from"
        " their share page; here you print for the campaign itself, or for everybody at once."
    ),
    serves=True,
)
