"""How much room the frame takes on somebody's page, where no script of ours can size it."""

from __future__ import annotations

import textwrap
from typing import Final

from sebar.campaigns import rules
from sebar.campaigns.models import Campaign

WIDTH: Final = 550
"""Pixels that a frame is wide where nobody wants it narrower."""
NARROWEST: Final = 320
"""Pixels of a column of text on a small phone."""
MOST_TEXT: Final = 160
"""Characters of the campaign's text that the frame shows."""
# As the style sheet has it, all in pixels.
_SIDES, _GAP = 32, 14
_ALWAYS: Final = 6 + _SIDES + 34 + 5 * _GAP + 2 * 21 + 52  # edge, brand, "or copy this address" and the address
_PICTURE: Final = 180 + _GAP
_NAMED: Final = 26 + 10
_BUTTON_SIDES, _NOTE_SIDES = 36, 31
_SMALL, _HEADING, _BUTTON = (7.4, 21), (13.2, 27), (10.8, 27)  # an average letter's width, a line's height


def height(campaign: Campaign, *, width: int = NARROWEST, is_named: bool = False) -> int:
    """Return how many pixels high a frame must be to show all of itself in each of the campaign's languages.

    What it shows is a little lower than this where the fonts are narrower than most.

    Parameters
    ----------
    width
        How wide it is at least.
    is_named
        Whether it says who invites.
    """
    fixed = _ALWAYS + (_PICTURE if campaign.image else 0) + (_NAMED if is_named else 0)
    return fixed + max(_words(campaign, language, max(width - _SIDES, 1)) for language in campaign.languages)


def _words(campaign: Campaign, language: str, room: int) -> int:
    wording = rules.text_for(campaign.texts, language, campaign.languages)
    said = campaign.statement.get(language, "")
    text = wording["text"].partition("\n\n")[0][:MOST_TEXT]
    return (
        _high(wording["headline"] or campaign.name, room, _HEADING)
        + (10 + _high(text, room, _SMALL) if text else 0)
        + max(56, 20 + _high(wording["call_to_action"], room - _BUTTON_SIDES, _BUTTON))
        + (24 + _GAP + _high(said, room - _NOTE_SIDES, _SMALL) if said else 0)
    )


def _high(words: str, room: int, letters: tuple[float, int]) -> int:
    wide, high = letters
    most = max(int(room / wide), 1)
    return high * sum(max(len(textwrap.wrap(line, most)), 1) for line in words.split("\n"))
