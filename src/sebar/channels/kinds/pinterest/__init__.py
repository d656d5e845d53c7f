"""Pinterest: a pin of the campaign’s picture."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="pinterest",
    label="Pinterest",
    address="https://www.pinterest.com/pin/create/button/?url={link}&media={picture}&description={words}",
    shows_card=False,
    order=15,
    counts_as="share",
    about=gettext_noop("The button makes a pin of the campaign’s picture. Without a picture there is nothing to pin."),
)
