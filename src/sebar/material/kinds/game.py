"""A game: a zip of HTML, shown in a frame that can reach nothing of ours."""

from __future__ import annotations

from sebar.kit.words import gettext_noop
from sebar.material import archive
from sebar.material.base import SHARE, TEXT, TITLE, Kind, Wording

KIND = Kind(
    name="game",
    label=gettext_noop("Game"),
    about=gettext_noop("A game in HTML, packed as a zip with index.html in it. Scores can be passed on: beat my 42."),
    order=2,
    words=(TITLE, TEXT),
    share=Wording(
        name="share",
        label=SHARE.label,
        most=SHARE.most,
        hint=gettext_noop("{score} stands for the points somebody made, like “I made {score}: beat it”."),
        is_long=True,
        mark="score",
    ),
    accept=".zip,application/zip",
    most_bytes=archive.PACKED,
    needs_upload=True,
    steps="ends",
    keeps="best",
    look=archive.look,
    take=archive.unpack,
    is_slow=True,
)
