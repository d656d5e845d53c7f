"""A game: a zip of HTML, shown in a frame that can reach nothing of ours."""

from __future__ import annotations

from pathlib import Path

from sebar.campaigns import images
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.material import archive
from sebar.material.base import SHARE, TEXT, TITLE, Kind, Taken, Wording


def take(upload: Path, folder: Path) -> Taken:
    """Unpack a game, and make a picture of the cover in it.

    Raises
    ------
    UserError
        When the zip is not what it said it is, or its cover is no picture that we can use.
    """
    taken = archive.unpack(upload, folder)
    cover = archive.cover(taken, folder)
    if cover is None:
        return taken
    try:
        with cover.open("rb") as file:
            return Taken({**taken.files, "picture": images.store(file.read(images.BYTES + 1), folder)}, taken.size)
    except UserError as error:
        message = gettext_noop(
            "“{name}” in the zip is no picture that can be used: take a PNG, JPEG or WebP of at least {least} pixels "
            "on each side and at most {most} MB, or leave it out."
        )
        raise UserError(
            message, field="file", name=cover.name, least=images.SMALLEST, most=images.BYTES // 1024**2
        ) from error


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
    takes_cover=True,
    steps="ends",
    keeps="best",
    look=archive.look,
    take=take,
    is_slow=True,
)
