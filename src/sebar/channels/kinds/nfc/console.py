"""What the console shows of NFC tags: how long the files are, on which chips they fit, and what a phone reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.nfc import files, tags

_EXAMPLE: Final = "k7m2fqx"  # every code is as long


@dataclass(frozen=True, slots=True)
class File:
    """One of the two files: its name, its bytes, and for each chip whether it fits."""

    label: str
    size: int
    fits: tuple[bool, ...]


def context(campaign: Campaign) -> dict[str, Any]:
    """Return what the template needs."""
    poster = files.poster(campaign, _EXAMPLE)
    both = [_file(_("Link"), files.link(_EXAMPLE)), _file(_("Poster"), poster)]
    return {
        "tags": [(tag, [file.fits[place] for file in both]) for place, tag in enumerate(tags.TAGS)],
        "files": both,
        "example": tags.read(poster),
    }


def _file(label: str, content: bytes) -> File:
    return File(label, len(content), tuple(len(content) <= tag.room for tag in tags.TAGS))
