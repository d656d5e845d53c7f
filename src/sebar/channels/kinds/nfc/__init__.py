"""NFC tags: stickers and cards that open a link when a phone touches them."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="nfc",
    label="NFC",
    about=gettext_noop(
        "A sticker or card with a small chip. Whoever holds an unlocked phone against it gets the link, without an app."
        " You download a participant’s file and write it on a tag with a phone."
    ),
)
