"""Clips made fit for phones by ffmpeg: H.264 and AAC in an MP4 that plays before it is all there, and one frame of it.

ffmpeg runs as a program of its own, kindly, without network, in bounded time and memory, and reads only containers that
cannot name other files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from sebar.campaigns import images
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.material.base import Taken

BYTES: Final = 500 * 1024**2
PREFIX: Final = "film-"
"""How folders begin in which clips are made, beside their uploads."""
SECONDS: Final = 600
"""How long a clip may be."""
_PIXELS: Final = 50_000_000
_LIMIT_SECONDS: Final = 1800  # of the whole work
_PROBE_SECONDS: Final = 30
_MEMORY: Final = 3 * 1024**3
_FORMATS: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg"
_BEGINNINGS: Final = (
    *((4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (4, b"wide"), (4, b"free"), (4, b"skip")),
    *((0, b"\x1aE\xdf\xa3"), (8, b"AVI "), (0, b"FLV"), (0, b"OggS"), (0, b"\x00\x00\x01\xba"), (0, b"G")),
)
_SAFE: Final = ("-protocol_whitelist", "file", "-format_whitelist", _FORMATS)
_SCALE: Final = (
    "scale=w='if(gt(iw,ih),min(1280,iw),min(720,iw))':h='if(gt(iw,ih),min(720,ih),min(1280,ih))'"
    ":force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1"
)
_FRAME: Final = "scale='max(iw,640)':-2"


@dataclass(frozen=True, slots=True)
class Film:
    """What is known of a clip: its length in seconds, its size in pixels."""

    seconds: float
    width: int
    height: int


def is_installed() -> bool:
    """Say whether this machine has what clips take."""
    return bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))


def look(path: Path) -> None:
    """Do nothing if a file begins as clips do.

    Raises
    ------
    UserError
        When it does not, or this machine cannot make clips.
    """
    if not is_installed():
        raise UserError(
            gettext_noop("This place has no ffmpeg, which clips take: whoever runs it can install it from Debian."),
            field="file",
        )
    with path.open("rb") as file:
        beginning = file.read(16)
    if not any(beginning[at : at + len(mark)] == mark for at, mark in _BEGINNINGS):
        raise _unreadable()


def probe(path: Path) -> Film:
    """Return what a clip is.

    Raises
    ------
    UserError
        When there is no picture in it that can be read, or it is too long or too large.
    """
    said = _run(
        ("ffprobe", "-v", "error", *_SAFE, "-select_streams", "v:0", "-show_entries"),
        ("format=duration:stream=width,height,duration", "-of", "json", str(path)),
        seconds=_PROBE_SECONDS,
    )
    try:
        found = msgspec.json.decode(said)
        stream = found["streams"][0]
        length = found.get("format", {}).get("duration") or stream.get("duration") or 0
        film = Film(float(length), int(stream["width"]), int(stream["height"]))
    except (msgspec.DecodeError, LookupError, ValueError, TypeError):
        raise _unreadable() from None
    if film.width * film.height > _PIXELS or film.seconds <= 0:
        raise _unreadable()
    if film.seconds > SECONDS:
        raise UserError(
            gettext_noop("The clip lasts {length} s; at most {most} s can be shown: cut it."),
            field="file",
            length=round(film.seconds),
            most=SECONDS,
        )
    return film


class Making:
    """A clip being made. Ask `percent` now and then; `finish` once `is_running` says no.

    Parameters
    ----------
    path
        The upload.
    folder
        The media folder.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._film = probe(path)
        self._folder = folder
        self._work = tempfile.TemporaryDirectory(prefix=PREFIX, dir=path.parent)
        self._made = Path(self._work.name, "made.mp4")
        self._told = Path(self._work.name, "progress")
        self._ends_at = time.monotonic() + _LIMIT_SECONDS
        command = (
            *("ffmpeg", "-nostdin", "-v", "error", "-y", *_SAFE, "-i", str(path), "-map", "0:v:0", "-map", "0:a:0?"),
            *("-t", str(SECONDS), "-vf", _SCALE, "-fpsmax", "30", "-c:v", "libx264", "-preset", "veryfast"),
            *("-crf", "26", "-maxrate", "1800k", "-bufsize", "3600k", "-pix_fmt", "yuv420p", "-profile:v", "high"),
            *("-level", "4.0", "-g", "60", "-c:a", "aac", "-b:a", "96k", "-ac", "2", "-ar", "44100"),
            *("-movflags", "+faststart", "-map_metadata", "-1", "-map_chapters", "-1", "-threads", "2"),
            *("-progress", str(self._told), "-f", "mp4", str(self._made)),
        )
        self._process = subprocess.Popen(  # noqa: S603 - a command of ours; no part of it is anybody's text
            (*_limits(), *command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )

    def is_running(self) -> bool:
        """Say whether it takes longer; whatever takes too long is ended."""
        if self._process.poll() is not None:
            return False
        if time.monotonic() > self._ends_at:
            self._process.kill()
        return True

    def percent(self) -> int:
        """Return how far it is."""
        try:
            lines = self._told.read_text().splitlines()
        except FileNotFoundError:
            return 0
        times = [line.partition("=")[2] for line in lines if line.startswith("out_time_us=")]
        done = int(times[-1]) / 1e6 if times and times[-1].isdecimal() else 0.0
        return min(int(100 * done / self._film.seconds), 99)

    def finish(self) -> Taken:
        """Put the clip and its frame into the media folder.

        Raises
        ------
        UserError
            When ffmpeg could not make one.
        """
        try:
            if self._process.returncode or not self._made.is_file():
                raise _unreadable()
            film = probe(self._made)
            return self._kept(film)
        finally:
            self._work.cleanup()

    def stop(self) -> None:
        """End it before it is done."""
        self._process.kill()
        self._process.wait()
        self._work.cleanup()

    def _kept(self, film: Film) -> Taken:
        frame = _frame(self._made, film)
        with self._made.open("rb") as file:
            digest = sha256()
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
        name = f"{digest.hexdigest()[:32]}.mp4"
        home = self._folder / "clips"
        home.mkdir(parents=True, exist_ok=True)
        self._made.replace(home / name)
        files = {
            "clip": name,
            "width": film.width,
            "height": film.height,
            "seconds": round(film.seconds, 1),
            "picture": images.store(frame, self._folder),
            "sizes": images.store_sizes(frame, self._folder),
        }
        return Taken(files, (home / name).stat().st_size)


def _frame(path: Path, film: Film) -> bytes:
    at = f"{min(1.0, film.seconds / 10):.2f}"
    return _run(
        ("ffmpeg", "-nostdin", "-v", "error", *_SAFE, "-ss", at, "-i", str(path), "-frames:v", "1", "-vf", _FRAME),
        ("-c:v", "png", "-f", "image2pipe", "-"),
        seconds=_PROBE_SECONDS,
    )


def _run(*parts: Sequence[str], seconds: float) -> bytes:
    command = [*_limits(), *(word for part in parts for word in part)]
    try:
        done = subprocess.run(  # noqa: S603 - as above
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False, env=_environment()
        )
    except (subprocess.TimeoutExpired, OSError):
        raise _unreadable() from None
    if done.returncode or not done.stdout:
        raise _unreadable()
    return done.stdout


def _limits() -> tuple[str, ...]:
    """Return what runs a program within bounds, and ends it with us; not every system has these two."""
    bounds = ("prlimit", f"--as={_MEMORY}", f"--cpu={_LIMIT_SECONDS}", f"--fsize={2 * BYTES}", "--core=0")
    ends = ("setpriv", "--pdeathsig", "KILL")
    return tuple(word for command in (bounds, ends) if shutil.which(command[0]) for word in command)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _unreadable() -> UserError:
    return UserError(
        gettext_noop(
            "The clip cannot be read: upload an MP4, MOV, WebM, MKV, AVI or MPEG video that plays on your device."
        ),
        field="file",
    )
