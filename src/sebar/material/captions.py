"""Captions of a clip: WebVTT or SubRip as people have it, kept as plain WebVTT."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

BYTES: Final = 300_000
_TIME: Final = r"(?:(\d{1,2}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
_TIMES: Final = re.compile(rf"{_TIME}\s+-->\s+{_TIME}(?:\s.*)?")
_TAG: Final = re.compile(r"</?[^>]*>?")


def tidy(written: bytes, *, field: str) -> str:
    """Return captions as WebVTT with nothing in it but times and words.

    Raises
    ------
    UserError
        When they cannot be read, saying where.
    """
    if len(written) > BYTES:
        raise UserError(gettext_noop("The captions have more than {most} kB."), field=field, most=BYTES // 1000)
    try:
        text = written.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UserError(
            gettext_noop("The captions are not UTF-8: save them anew in that encoding."), field=field
        ) from None
    cues, latest = [], timedelta(0)
    for number, block in enumerate(re.split(r"\n{2,}", text.strip()), start=1):
        lines = block.split("\n")
        place = next((index for index, line in enumerate(lines[:2]) if "-->" in line), None)
        if place is None:
            _refuse_words_without_times(block, number, field)
            continue
        start, end = _times(lines[place], field)
        if end <= start or start < latest:
            message = gettext_noop("In the captions the line “{line}” ends before it begins, or comes too late.")
            raise UserError(message, field=field, line=lines[place][:60])
        latest = start
        words = "\n".join(_plain(line) for line in lines[place + 1 :] if line.strip())
        cues.append(f"{_shown(start)} --> {_shown(end)}\n{words}")
    if not cues:
        raise UserError(gettext_noop("There are no captions in this file: choose a .vtt or .srt file."), field=field)
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


def _refuse_words_without_times(block: str, number: int, field: str) -> None:
    is_head = number == 1 and block.startswith("WEBVTT")
    if not is_head and not block.startswith(("NOTE", "STYLE", "REGION")) and block.strip():
        message = gettext_noop("In the captions “{line}” has no times: they look like 00:01.000 --> 00:04.000.")
        raise UserError(message, field=field, line=block[:60])


def _times(line: str, field: str) -> tuple[timedelta, timedelta]:
    match = _TIMES.fullmatch(line.strip())
    if match is None:
        message = gettext_noop("In the captions the times “{line}” cannot be read: write 00:01.000 --> 00:04.000.")
        raise UserError(message, field=field, line=line[:60])
    first, second = match.groups()[:4], match.groups()[4:]
    return _moment(first), _moment(second)


def _moment(parts: tuple[str | None, ...]) -> timedelta:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=thousandths)


def _plain(line: str) -> str:
    return _TAG.sub("", line).replace("-->", "→").strip()


def _shown(moment: timedelta) -> str:
    thousandths = moment // timedelta(milliseconds=1)
    seconds, rest = divmod(thousandths, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
