"""Paper for many people: one file after the other into ZIP files, which get their names only once they are whole.

Nothing is held but the file at hand and, for each person, a number and an entry of ZIP's directory: some 400 bytes.
"""

from __future__ import annotations

import zipfile
from array import array
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from django.db.models import QuerySet

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper.printing import Piece
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.participants.models import Participant

_SAME_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # ZIP's first: the same people make the same file


@dataclass(frozen=True, slots=True)
class Written:
    """How far it is: for how many people files are written, and which ZIP files are whole."""

    people: int
    files: tuple[Path, ...]


def count(campaign: Campaign, *, source: str = "", first: int | None = None) -> int:
    """Return for how many people it would be.

    Parameters
    ----------
    source
        Only seeds that came from here.
    first
        Only so many of them, those who joined first.

    Raises
    ------
    UserError
        When that is nobody.
    """
    number = _wanted(campaign, source)[:first].count()
    if not number and source:
        message = gettext_noop("Nobody in this campaign came from the source “{shown}”: write it as it was given.")
        raise UserError(message, field="source", shown=source[:40])
    if not number:
        raise UserError(gettext_noop("Nobody has joined yet: there is nobody to print for."), field="campaign")
    return number


def chosen(campaign: Campaign, *, source: str = "", first: int | None = None) -> Sequence[int]:
    """Return the numbers of those whom `count` counts, in the order in which they joined."""
    return array("q", _wanted(campaign, source)[:first].iterator())


def written(
    files: Iterable[Piece], name: Callable[[int], Path], *, most_bytes: int | None = None
) -> Generator[Written, None, None]:
    """Write files into ZIP files; yield after each how far it is. Whoever stops early leaves no half ZIP file.

    Parameters
    ----------
    name
        What the first, second … ZIP file is called.
    most_bytes
        How long one may become, apart from the last file in it and what ZIP itself adds; None for all in one.
    """
    waiting, people = iter(files), 0
    whole: tuple[Path, ...] = ()
    for first in waiting:
        path = name(len(whole) + 1)
        half = path.with_name(f"{path.name}.part")
        try:
            with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as bundle:
                length = 0
                for piece in chain([first], waiting):
                    entry = zipfile.ZipInfo(piece.name, _SAME_MOMENT)
                    bundle.writestr(entry, piece.content, zipfile.ZIP_DEFLATED)
                    people += piece.people
                    length += entry.compress_size
                    yield Written(people, whole)
                    if most_bytes is not None and length >= most_bytes:
                        break
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
        whole = (*whole, path)
    yield Written(people, whole)


def _wanted(campaign: Campaign, source: str) -> QuerySet[Participant, int]:
    found = Participant.objects.filter(campaign=campaign)
    if source:
        found = found.filter(source=source)
    return found.order_by("joined_at", "id").values_list("pk", flat=True)
