"""A campaign's picture: checked, re-encoded small, and cut for link previews. What people uploaded is never served.

One upload makes three files in the media folder: ``{stem}.webp``, whose name a campaign keeps, ``{stem}.avif`` for
browsers that can read it, and ``{stem}-og.jpg`` for Open Graph. The stem names the content and the size, so files never
change and pages can reserve the room.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from PIL import Image, ImageCms, ImageOps

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

BYTES: Final = 10 * 1024 * 1024
PIXELS: Final = 40_000_000
SMALLEST: Final = 200
"""Pixels that each side must have at least."""
OG_SIZE: Final = (1200, 630)
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
_WIDTH: Final = 960
_WIDEST, _TALLEST = 2.4, 4 / 3  # width by height: a taller picture would push the button off a phone's screen
_AVIF_BYTES, _WEBP_BYTES = 13_000, 20_000  # one TCP window; all of a page stays under 30 kB
_SIZES: Final = {480: 40_000, 960: 100_000, 1600: 220_000}  # width, and bytes it may have
_QUALITIES: Final = (62, 50, 40, 31, 23, 16, 10)
_NAME: Final = re.compile(r"[0-9a-f]{20}-([1-9][0-9]{0,3})x([1-9][0-9]{0,3})\.webp")


@dataclass(frozen=True, slots=True)
class Picture:
    """The files of one stored picture, by their names in the media folder, and its size in pixels."""

    webp: str
    avif: str
    og: str
    width: int
    height: int


def picture(name: str) -> Picture | None:
    """Return the files behind the name that `store` returned; None for no picture."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    stem = name.removesuffix(".webp")
    return Picture(name, f"{stem}.avif", f"{stem}-og.jpg", int(match[1]), int(match[2]))


def store(upload: bytes, folder: Path) -> str:
    """Check a picture, write its re-encoded files into `folder` and return the name that a campaign keeps.

    Raises
    ------
    UserError
        When it is no picture that we can read, or is too large or too small.
    """
    image = _open(upload)
    page = _for_page(image)
    stem = f"{sha256(upload).hexdigest()[:20]}-{page.width}x{page.height}"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{stem}.avif", _smallest(page, "AVIF", _AVIF_BYTES, speed=8))
    _write(folder / f"{stem}-og.jpg", _encode(_cut(image, OG_SIZE), "JPEG", 82, progressive=True, optimize=True))
    _write(folder / f"{stem}.webp", _smallest(page, "WEBP", _WEBP_BYTES, method=4))
    return f"{stem}.webp"


def store_sizes(upload: bytes, folder: Path) -> list[str]:
    """Check a picture and write it uncut in several widths, the narrowest first; return the names of the files.

    Raises
    ------
    UserError
        When it is no picture that we can read, or is too large or too small.
    """
    image = _open(upload)
    start = sha256(upload).hexdigest()[:20]
    folder.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    for width, most in _SIZES.items():
        if names and width > image.width:
            break
        size = (min(width, image.width), max(round(image.height * min(width, image.width) / image.width), 1))
        names.append(f"{start}-{size[0]}x{size[1]}.webp")
        scaled = image.resize(size, Image.Resampling.LANCZOS)
        _write(folder / names[-1], _smallest(scaled, "WEBP", most, method=4))
    return names


def _open(upload: bytes) -> Image.Image:
    """Return the upright picture in sRGB, on white where it was transparent."""
    if len(upload) > BYTES:
        raise UserError(
            gettext_noop("The image has {size:n} MB; at most {most} MB can be uploaded: make it smaller."),
            field="image",
            size=round(len(upload) / 1024**2, 1),
            most=BYTES // 1024**2,
        )
    with _readable():
        image = Image.open(io.BytesIO(upload), formats=_FORMATS)
        _refuse_size(*image.size)
        upright = ImageOps.exif_transpose(image)
        return _on_white(_in_srgb(upright))


@contextmanager
def _readable() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except UserError:
        raise
    except Exception as error:  # what a decoder raises on a broken or hostile file is of no one kind
        raise _unreadable() from error


def _unreadable() -> UserError:
    return UserError(
        gettext_noop("The image cannot be read: upload a PNG, JPEG, WebP, GIF or AVIF picture. SVG is not possible."),
        field="image",
    )


def _refuse_size(width: int, height: int) -> None:
    if width * height > PIXELS:
        raise UserError(
            gettext_noop("The image is {width} × {height} pixels; at most {most} million fit: make it smaller."),
            field="image",
            width=width,
            height=height,
            most=PIXELS // 1_000_000,
        )
    if min(width, height) < SMALLEST:
        raise UserError(
            gettext_noop("The image is {width} × {height} pixels; each side needs at least {least}: use a larger one."),
            field="image",
            width=width,
            height=height,
            least=SMALLEST,
        )


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except ImageCms.PyCMSError:
        return image  # a broken profile says nothing; the plain values look right nearly always
    return converted or image


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _for_page(image: Image.Image) -> Image.Image:
    """Return it at the size of our pages, cut where it is taller or wider than they can show."""
    shape = min(max(image.width / image.height, _TALLEST), _WIDEST)
    width = min(_WIDTH, image.width, round(image.height * shape))
    return _cut(image, (width, round(width / shape)))


def _cut(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def _smallest(image: Image.Image, kind: str, most: int, **options: int) -> bytes:
    """Return the best encoding that stays under `most` bytes, or the smallest if none does."""
    encoded = b""
    for quality in _QUALITIES:
        encoded = _encode(image, kind, quality, **options)
        if len(encoded) <= most:
            break
    return encoded


def _encode(image: Image.Image, kind: str, quality: int, **options: int) -> bytes:
    # A fresh image carries nothing along: no place, no camera, no comment.
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    out = io.BytesIO()
    bare.save(out, kind, quality=quality, **options)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
