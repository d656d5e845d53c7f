"""A game's zip: checked before anything of it is written, then unpacked under a name made of its content."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.material.base import Taken

PACKED: Final = 50 * 1024**2
UNPACKED: Final = 200 * 1024**2
FILES: Final = 2000
COVERS: Final = ("cover.png", "cover.jpg", "cover.webp")
"""What a game's own cover may be called, beside its index.html."""
TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
    "md": "text/plain; charset=utf-8",
    "csv": "text/plain; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "ico": "image/x-icon",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "wasm": "application/wasm",
    "glb": "model/gltf-binary",
    "bin": "application/octet-stream",
    "atlas": "text/plain; charset=utf-8",
    "fnt": "text/plain; charset=utf-8",
}
"""What a game may be made of, by the ending of a file's name, and as what each is served."""
KEY: Final = re.compile(r"[0-9a-f]{32}")
_BEGINS: Final = b"PK\x03\x04"
_PART: Final = re.compile(r"[^\x00-\x1f\x7f<>:\"\\|?*/]{1,100}")
_LONGEST: Final = 200
_CHUNK: Final = 1024 * 1024
_IGNORED: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", ".git/")


def look(path: Path) -> None:
    """Do nothing if a zip can become a game.

    Raises
    ------
    UserError
        Naming the file in it that is in the way.
    """
    with _opened(path) as packed:
        _checked(packed)


def unpack(path: Path, folder: Path) -> Taken:
    """Unpack a zip into ``games/KEY`` of the media folder and return the key.

    Raises
    ------
    UserError
        When it is not what it said it is.
    """
    with path.open("rb") as file:
        key = sha256(file.read(PACKED + 1)).hexdigest()[:32]
    home = folder / "games" / key
    with _opened(path) as packed:
        files = _checked(packed)
        size = sum(info.file_size for info in files.values())
        if not home.exists():
            fresh = home.with_name(f"{key}.{os.getpid()}")
            try:
                _write(packed, files, fresh)
                fresh.rename(home)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    return Taken({"game": key}, size)


def cover(taken: Taken, folder: Path) -> Path | None:
    """Return where an unpacked game's own cover lies, as it came; None when it has none."""
    home = folder / "games" / str(taken.files["game"])
    return next((home / name for name in COVERS if (home / name).is_file()), None)


def _opened(path: Path) -> ZipFile:
    with path.open("rb") as file:
        begins = file.read(len(_BEGINS)) == _BEGINS
    try:
        if begins:
            return ZipFile(path)
    except (BadZipFile, LargeZipFile, ValueError, OSError, NotImplementedError):
        pass
    raise UserError(
        gettext_noop("This is no zip archive: upload the game as a .zip with index.html in it."), field="file"
    )


def _checked(packed: ZipFile) -> dict[str, ZipInfo]:
    """Return what is to be written, by its name in the game."""
    # `ZipInfo.is_dir` of Python 3.11 fails at an empty name.
    names = [info for info in packed.infolist() if not info.filename.endswith("/")]
    every = [info for info in names if not _is_ignored(info.filename)]
    if len(every) > FILES:
        raise _error(gettext_noop("The zip has {count} files; a game may have {most}."), count=len(every), most=FILES)
    for info in every:
        _refuse(info)
    size = sum(info.file_size for info in every)
    if size > UNPACKED:
        raise _error(
            gettext_noop("Unpacked, the zip has {size} MB; a game may have {most} MB."),
            size=size // 1024**2,
            most=UNPACKED // 1024**2,
        )
    files = _without_outer_folder({info.filename: info for info in every})
    twice = [name for name, count in Counter(name.lower() for name in files).items() if count > 1]
    if twice or len(files) < len(every):
        raise _error(
            gettext_noop("The zip has two files of the same name “{name}”."), name=text.shown((twice or [""])[0])
        )
    if "index.html" not in files:
        raise _error(gettext_noop("The zip has no index.html: the game must begin with a file of that name."))
    return files


def _refuse(info: ZipInfo) -> None:
    name = text.shown(info.orig_filename)
    mode = info.external_attr >> 16
    path = PurePosixPath(info.filename)
    if info.flag_bits & 1:
        raise _error(gettext_noop("“{name}” in the zip is encrypted: pack it without a password."), name=name)
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        raise _error(gettext_noop("“{name}” in the zip is a link or a device: pack the file itself."), name=name)
    if (
        info.orig_filename.startswith(("/", "\\"))
        or len(info.filename) > _LONGEST
        or any(part in {"", ".", ".."} or not _PART.fullmatch(part) for part in info.filename.split("/"))
        or info.orig_filename != info.filename
    ):
        raise _error(gettext_noop("“{name}” is no name that a file in the zip may have."), name=name)
    if path.suffix.lower().removeprefix(".") not in TYPES:
        raise _error(
            gettext_noop("“{name}” in the zip is of a kind that a game may not have; it may have: {kinds}."),
            name=name,
            kinds=", ".join(TYPES),
        )
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise _error(gettext_noop("“{name}” is packed in a way that we do not read: make a usual zip."), name=name)


def _is_ignored(name: str) -> bool:
    return name.startswith(_IGNORED) or name.endswith(_IGNORED)


def _without_outer_folder(files: dict[str, ZipInfo]) -> dict[str, ZipInfo]:
    """Return the files as they lie around index.html, which many programs pack inside one folder."""
    outer = {name.split("/")[0] for name in files}
    prefix = f"{outer.pop()}/" if len(outer) == 1 else ""
    return (
        files
        if not prefix or "index.html" in files
        else {name.removeprefix(prefix): one for name, one in files.items()}
    )


def _write(packed: ZipFile, files: dict[str, ZipInfo], home: Path) -> None:
    written = 0
    for name, info in files.items():
        target = home / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            for chunk in _chunks(packed, info):
                written += len(chunk)
                if written > UNPACKED:
                    raise _error(gettext_noop("The zip holds more than it says: pack it anew."))
                out.write(chunk)


def _chunks(packed: ZipFile, info: ZipInfo) -> Iterator[bytes]:
    try:
        with packed.open(info) as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except Exception as error:  # what a damaged or hostile archive makes of its reader is of no one kind
        raise _error(gettext_noop("The zip is damaged: pack it anew.")) from error


def _error(message: str, **values: object) -> UserError:
    return UserError(message, field="file", **values)
