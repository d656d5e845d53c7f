"""What turned against the demonstration's second campaign: an alarm; it is slowed, held, stopped and set right.

Nothing of it is made up afterwards: what people say is read as any file of mentions, the alarm is opened by the one
who watches all campaigns, the answer to it goes through the API, and who is written to has confirmed the address.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from sebar.replay.client import Client
from sebar.replay.play import Watch

SLUG: Final = "botol-sendiri"
"""The campaign it happens in."""
Hearing = Callable[[str, bytes], None]
"""Takes a file of mentions of a campaign, by its slug, as `sebar mentions` does."""
Letterbox = Callable[[str], list[str]]
"""Returns the texts of the letters that came to an address."""

_APART: Final = timedelta(minutes=2)
_PATIENCE: Final = 90.0  # seconds; everything people say is looked at each minute
_PATIENCE_FOR_LETTERS: Final = 30.0  # seconds
_LOOK: Final = 60
_READERS: Final = ("wulan", "raka", "tia", "galih", "nisa", "bayu")
"""Who joins with an address, each through the one before, and confirms it."""
_BACK: Final = re.compile(r"/back/[^\s>]+")
_SAID: Final = (
    ("positive", "Senang, akhirnya ada kedai yang peduli sampah."),
    ("negative", "Botol dibawa sendiri, harga tetap sama. Buat siapa sebenarnya?"),
    ("negative", "Barista menolak botol saya karena “bukan merek yang benar”."),
    ("complaint", "Disuruh beli botol seharga tiga cangkir. Kecewa."),
    ("neutral", "Ada yang sudah coba bawa botol ke Kopi Nusa?"),
    ("negative", "Katanya bawa botol sendiri, ternyata harus botol mereka."),
    ("complaint", "Teman saya ajak, saya ditolak di kasir. Malu."),
    ("negative", "Ramah lingkungan, asal beli botol kami. Lucu."),
    ("positive", "Di cabang Dago botol apa saja boleh."),
    ("negative", "Aturannya beda tiap cabang. Perbaiki dulu baru ajak orang."),
)
_CORRECTION: Final = {
    "en": {"subject": "Every clean bottle is welcome", "text": "Tell your friends: it need not be one of ours."},
    "id": {"subject": "Semua botol bersih boleh", "text": "Kabari temanmu: tidak harus botol kami."},
}
_STATEMENT: Final = {
    "en": "Some shops took only our own bottles. That was wrong: from today every clean bottle is welcome.",
    "id": "Ada cabang yang hanya menerima botol kami. Itu keliru: mulai hari ini semua botol bersih boleh.",
}


class _Alarm(msgspec.Struct, frozen=True):
    """An alarm, as far as it matters here."""

    number: int
    watch: str


class _Person(msgspec.Struct, frozen=True):
    """A participant, as far as it matters here."""

    code: str


class _People(msgspec.Struct, frozen=True):
    """Some participants."""

    participants: list[_Person]


class _Alarms(msgspec.Struct, frozen=True):
    """Alarms that are not closed."""

    open: list[_Alarm]


async def begin(hear: Hearing) -> None:
    """Let people say within the last half hour what they are annoyed about."""
    await asyncio.to_thread(hear, SLUG, _file(datetime.now(UTC)))


async def end(client: Client, letterbox: Letterbox | None, watch: Watch) -> None:
    """Wait for the alarm; slow, hold and stop the campaign, say what was the matter, correct it, close the alarm.

    Where nobody watches just now, nothing of this is done: an alarm that comes later is for whoever looks around.
    Without a letterbox nobody is written to: a mail server of somebody's is not for people who do not exist.
    """
    home = f"/campaigns/{SLUG}"
    watch("Botol Sendiri: an affair", 0, 1)
    if letterbox is not None:
        await _join_by_letter(client, home, letterbox)
    alarm = await _opened(client, home)
    if alarm is None:
        return
    await _take(client, home, "throttle", "Complaints about bottles: slowly, until the shops were asked.", an_hour=10)
    await _take(client, home, "hold", "Shops refuse bottles of other makes: nobody is to be invited into that.")
    await client.post(f"{home}/alarms/{alarm.number}/acknowledge", msgspec.Raw)
    await client.put(f"{home}/statement", msgspec.Raw, {"texts": _STATEMENT})
    await _read_it(client, home)
    await _take(client, home, "stop", "Not every shop can be sure of it this week: better no campaign than this one.")
    if letterbox is not None:
        await client.post(f"{home}/correction", msgspec.Raw, {"texts": _CORRECTION})
    why = {"reason": "Two shops had a rule of their own. All were told on the same day; every bottle is welcome now."}
    await client.post(f"{home}/alarms/{alarm.number}/close", msgspec.Raw, why)
    watch("Botol Sendiri: an affair", 1, 1)


def _file(now: datetime) -> bytes:
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["time", "text", "author", "language", "class"])
    for number, (said, text) in enumerate(_SAID):
        at = now - _APART * (len(_SAID) - number)
        lines.writerow([at.isoformat(timespec="seconds"), text, f"warga{number}", "id", said])
    return out.getvalue().encode()


async def _join_by_letter(client: Client, home: str, letterbox: Letterbox) -> None:
    """Let some join with an address and confirm it by the letter they get."""
    before: dict[str, str] = {}
    for name in _READERS:
        known = {"external_id": f"demo-{name}", "name": name.title(), "language": "id"}
        body = {**known, "email": _address(name), "letters": True, **before}
        await client.post(f"{home}/participants", msgspec.Raw, body)
        before = {"referred_by": f"demo-{name}", "channel": "link"}
    until = time.monotonic() + _PATIENCE_FOR_LETTERS
    waiting = {*_READERS}
    while waiting and time.monotonic() < until:
        for name in sorted(waiting):
            if link := _BACK.search(" ".join(await asyncio.to_thread(letterbox, _address(name)))):
                await client.press(link[0])
                waiting.remove(name)
        await asyncio.sleep(0.5)


def _address(name: str) -> str:
    return f"{name}@warga.example"


async def _read_it(client: Client, home: str) -> None:
    """Let some look at the campaign's page, on which the statement stands."""
    people = await client.get(f"{home}/participants", _People, limit=_LOOK)
    now = round(time.time() * 1000)
    looks = [
        {"kind": "view", "campaign": SLUG, "code": one.code, "via": "whatsapp", "time": now, "visitor": 10**9 + number}
        for number, one in enumerate(people.participants)
    ]
    await client.touch(looks)


async def _opened(client: Client, home: str) -> _Alarm | None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        found = await client.get(f"{home}/alarms", _Alarms)
        if mine := [alarm for alarm in found.open if alarm.watch == "negative"]:
            return mine[0]
        await asyncio.sleep(0.5)
    return None


async def _take(client: Client, home: str, rung: str, reason: str, *, an_hour: int | None = None) -> None:
    step = {"rung": rung, "reason": reason, "invitations_an_hour": an_hour}
    await client.post(f"{home}/steering", msgspec.Raw, step)
