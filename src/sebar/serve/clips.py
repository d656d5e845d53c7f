"""Clips: ``/v/NAME.mp4`` from the disk, whole or in the part that a player asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Protocol

from sebar.edge.request import Reply, Scope, plain

PATH: Final = "/v/"
_NAME: Final = re.compile(r"[0-9a-f]{32}\.mp4")
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_HEADERS: Final = [
    ("content-type", "video/mp4"),
    ("accept-ranges", "bytes"),
    ("cache-control", "public, max-age=31536000, immutable"),
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; sandbox"),
]


class Sending(Protocol):
    """How the server sends a file."""

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None: ...
    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None: ...
    def response_file_range(
        self, status: int, headers: list[tuple[str, str]], file: str, start: int, end: int
    ) -> None: ...


def answer(scope: Scope, folder: Path, sending: Sending) -> Reply | None:
    """Send a clip, or return what is said instead.

    Parameters
    ----------
    folder
        Where clips are.
    """
    if scope.method not in {"GET", "HEAD"}:
        return plain(405, "A clip is read with GET.", ("allow", "GET, HEAD"))
    name = scope.path.removeprefix(PATH)
    path = folder / name
    if not _NAME.fullmatch(name) or not path.is_file():
        return plain(404, "There is nothing here.")
    size = path.stat().st_size
    part = _part(scope.headers.get("range", ""), size)
    if part is None:
        return plain(416, "The clip has no such part.", ("content-range", f"bytes */{size}"))
    start, end = part
    is_whole = "range" not in scope.headers or end - start == size
    headers = [*_HEADERS, ("content-length", str(end - start))]
    if not is_whole:
        headers.append(("content-range", f"bytes {start}-{end - 1}/{size}"))
    status = 200 if is_whole else 206
    if scope.method == "HEAD":
        sending.response_empty(status, headers)
    elif is_whole:
        sending.response_file(status, headers, str(path))
    else:
        sending.response_file_range(status, headers, str(path), start, end)
    return None


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """Return where the asked part begins and ends; the whole when it is asked for in a way we do not serve."""
    match = _RANGE.fullmatch(asked.strip().lower())
    if match is None or match[1] == match[2] == "":
        return 0, size
    if not match[1]:
        return (max(size - int(match[2]), 0), size) if int(match[2]) else None
    start = int(match[1])
    end = min(int(match[2]) + 1, size) if match[2] else size
    return (start, end) if start < end else None
