"""Two small games that come with Sebar, a folder each, to be used as they are or to learn the protocol from."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sebar.kit.words import gettext_noop
from sebar.material import uploads

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {"beans": gettext_noop("Catch the beans"), "pairs": gettext_noop("Find the pairs")}
)
"""Each with what people call it, marked for translation."""


def packed(name: str) -> Path:
    """Return one of them as a file that a brand has uploaded; whoever takes it uses it up."""
    uploads.folder().mkdir(parents=True, exist_ok=True)
    target = uploads.folder() / f"0-0-{secrets.token_hex(16)}"
    target.write_bytes(zipped(name))
    return target


def zipped(name: str) -> bytes:
    """Return one of them as the zip that a brand would upload."""
    folder, out = resources.files(__package__) / name, io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packing:
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            packing.writestr(_entry(file.name), file.read_bytes())  # without times, so that the same game has one name
    return out.getvalue()


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    return entry
