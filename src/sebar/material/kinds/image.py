"""A picture: re-encoded, without what cameras write into it, in several widths."""

from __future__ import annotations

from pathlib import Path

from sebar.campaigns import images
from sebar.kit.words import gettext_noop
from sebar.material.base import TEXT, Kind, Taken, Wording


def take(path: Path, folder: Path) -> Taken:
    """Make a picture's files of an upload."""
    return pictures(path.read_bytes(), folder)


def pictures(upload: bytes, folder: Path) -> Taken:
    """Make a picture's files: in several widths, and cut for cards."""
    name, sizes = images.store(upload, folder), images.store_sizes(upload, folder)
    made = [name, f"{name.removesuffix('.webp')}.avif", f"{name.removesuffix('.webp')}-og.jpg", *sizes]
    return Taken({"picture": name, "sizes": sizes}, sum((folder / one).stat().st_size for one in made))


KIND = Kind(
    name="image",
    label=gettext_noop("Picture"),
    about=gettext_noop("A picture, made small for phones in several widths. Place and camera are taken out of it."),
    order=3,
    words=(
        Wording(
            name="alt",
            label=gettext_noop("What it shows"),
            most=160,
            hint=gettext_noop("For whoever cannot see it."),
            is_needed=True,
        ),
        TEXT,
    ),
    accept="image/png,image/jpeg,image/webp,image/gif,image/avif",
    most_bytes=images.BYTES,
    needs_upload=True,
    take=take,
)
