"""Bluetooth: a beacon that says a link to whatever listens near by, and cards pushed to whoever asks for one."""

from importlib.util import find_spec

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop, say


def _lacks() -> str:
    if find_spec("bumble") is not None:
        return ""
    return say(gettext_noop("Bluetooth needs one more part: install it with “pip install 'sebar[bluetooth]'”."))


CHANNEL = Channel(
    name="bluetooth",
    label="Bluetooth",
    about=gettext_noop(
        "A computer with a Bluetooth adapter says a link to whatever listens near by, and hands a card to a phone whose"
        " owner asks for one. No phone of today shows such links by itself: this is for your own app, for trials and"
        " for showing. For everybody else there are NFC tags and QR codes."
    ),
    lacks=_lacks,
)
