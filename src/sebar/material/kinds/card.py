"""A card with the sharer's own name in it: a picture that everybody gets a different one of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sebar.campaigns import images
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.material.base import TITLE, Content, Kind, Taken, Wording
from sebar.material.kinds.image import pictures

PLACES: Final = ("top", "middle", "bottom")
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")


def take(path: Path, folder: Path) -> Taken:
    """Make the ground of the card: the picture that the words are set on."""
    return pictures(path.read_bytes(), folder)


def read(fields: Mapping[str, str], _languages: Sequence[str]) -> Content:
    """Return what the form says."""
    return {"place": fields.get("place", "middle"), "colour": fields.get("colour", "#ffffff").lower()}


def check(content: Content, _languages: Sequence[str]) -> Content:
    """Return where and in which colour the words stand.

    Raises
    ------
    UserError
        When there is no such place or colour.
    """
    place, colour = content.get("place", "middle"), str(content.get("colour", "#ffffff")).lower()
    if place not in PLACES:
        raise UserError(gettext_noop("The words stand at the top, in the middle or at the bottom."), field="place")
    if not _COLOUR.fullmatch(colour):
        raise UserError(gettext_noop("The colour should look like #ffffff."), field="colour")
    return {"place": place, "colour": colour}


KIND = Kind(
    name="card",
    label=gettext_noop("Personal card"),
    about=gettext_noop("Your picture with words on it and the name of whoever passes it on."),
    order=6,
    words=(
        TITLE,
        Wording(
            name="line",
            label=gettext_noop("Words on the card"),
            most=80,
            hint=gettext_noop("{name} stands for the name, like “{name} saves you a seat”."),
            is_needed=True,
            mark="name",
            needs_mark=True,
        ),
    ),
    accept="image/png,image/jpeg,image/webp,image/gif,image/avif",
    most_bytes=images.BYTES,
    needs_upload=True,
    take=take,
    read=read,
    check=check,
)
