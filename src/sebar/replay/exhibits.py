"""What a campaign of the demonstration has besides its people: a brief, material, an experiment, prize draws."""

from __future__ import annotations

import asyncio
import io
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from PIL import Image, ImageDraw

from sebar.kit.errors import UserError
from sebar.material import games
from sebar.replay.client import Client

Texts = Mapping[str, Mapping[str, str]]

_GROUND, _FOAM, _LIGHT, _DARK = "#7a4419", "#f4e3cf", "#ffffff", "#3b1f0b"
_SIDE: Final = 480
_FRAMES, _A_SECOND = 72, 12
_BEGIN: Final = 0.7  # of those who see something that can be played
_ENTRIES: Final = timedelta(seconds=90)  # what people earned is booked by then
_LIST_STANDS: Final = timedelta(minutes=6)
_LATER: Final = timedelta(days=7)


class _Made(msgspec.Struct, frozen=True):
    """What was made, by its number."""

    number: int


class _Upload(msgspec.Struct, frozen=True):
    """A file on its way."""

    upload: str
    piece: int


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One creative, and how people take to it.

    Attributes
    ----------
    name, kind, texts, content
        As the API takes them.
    upload
        Makes the file it is made of.
    weight
        How many people pass it on, beside the others' weights.
    finishes
        Share of those who begin it and see its end; None for what cannot be played.
    points
        How many points it brings usually; 0 for none.
    """

    name: str
    kind: str
    texts: Texts
    content: Mapping[str, Any] = field(default_factory=dict)
    upload: Callable[[], bytes] | None = None
    weight: float = 1.0
    finishes: float | None = None
    points: int = 0


def plays(exhibit: Exhibit, random: np.random.Generator) -> list[dict[str, object]]:
    """Return how far somebody comes with it who sees it, as touches tell it; nothing when they do not begin."""
    if exhibit.finishes is None or random.random() > _BEGIN:
        return []
    steps = ["started"]
    later = ("q25", "q50", "q75", "finished") if exhibit.kind == "video" else ("finished",)
    for step in later:
        if random.random() > exhibit.finishes ** (1 / len(later)):
            break
        steps.append(step)
    told: list[dict[str, object]] = [{"kind": "play", "step": step} for step in steps]
    if exhibit.points and steps[-1] == "finished":
        told[-1]["score"] = int(random.gamma(4.0, exhibit.points / 4.0))
    return told


async def prepare(client: Client, slug: str) -> list[Exhibit]:
    """Write the brief and hang up the material; return what hangs there: without ffmpeg there is no film."""
    await client.put(f"/campaigns/{slug}/brief", msgspec.Raw, BRIEF)
    hung = [one for one in EXHIBITS if one.kind != "video" or shutil.which("ffmpeg")]
    for exhibit in hung:
        await _hang(client, slug, exhibit)
    return hung


async def try_headlines(client: Client, slug: str, since: datetime) -> None:
    """Begin an experiment, as if it had begun long ago."""
    home = f"/campaigns/{slug}/experiments"
    planned = await client.post(home, _Made, EXPERIMENT)
    await client.post(f"{home}/{planned.number}/begin", msgspec.Raw, {"since": since})


async def open_draws(client: Client, slug: str) -> None:
    """Open a draw whose entries end at once, so that a lottery decides minutes later; the other is open for days."""
    home, now = f"/campaigns/{slug}/draws", datetime.now(UTC)
    for words, until in ((A_YEAR, now + _ENTRIES), (A_MONTH, now + _LATER)):
        times = {"entries_until": until, "draws_at": until + _LIST_STANDS}
        planned = await client.post(home, _Made, {**DRAW, **words, **times})
        await client.post(f"{home}/{planned.number}/open", msgspec.Raw)


async def plan(client: Client, slug: str) -> None:
    """Ask for two plans to compare: fifty regulars are invited, or a hundred while not everybody likes it."""
    for wanted in PLANS:
        await client.post(f"/campaigns/{slug}/plans", msgspec.Raw, wanted)


async def _hang(client: Client, slug: str, exhibit: Exhibit) -> None:
    body = {"kind": exhibit.kind, "name": exhibit.name, "texts": exhibit.texts, "content": exhibit.content}
    if exhibit.upload is not None:
        body["upload"] = await _send(client, slug, exhibit.kind, await asyncio.to_thread(exhibit.upload))
    await client.post(f"/campaigns/{slug}/creatives", msgspec.Raw, body)


async def _send(client: Client, slug: str, kind: str, content: bytes) -> str:
    """Upload a file piece by piece; return its mark."""
    begun = await client.post(f"/campaigns/{slug}/uploads", _Upload, {"kind": kind, "size": len(content)})
    for at in range(0, len(content), begun.piece):
        path = f"/campaigns/{slug}/uploads/{begun.upload}?at={at}"
        await client.put(path, msgspec.Raw, msgspec.Raw(content[at : at + begun.piece]))
    return begun.upload


def _two_cups(apart: float, width: int = _SIDE, height: int = _SIDE) -> Image.Image:
    """Draw two cups seen from above, so many of their own widths from touching each other."""
    picture = Image.new("RGB", (width, height), _GROUND)
    pen, across = ImageDraw.Draw(picture), min(width / 3, height / 2)
    for side in (-1, 1):
        middle = width / 2 + side * across * (0.5 + apart)
        for colour, share in ((_LIGHT, 1.0), (_DARK, 0.86), (_FOAM, 0.5)):
            half = across * share / 2
            pen.ellipse((middle - half, height / 2 - half, middle + half, height / 2 + half), fill=colour)
    return picture


def _picture() -> bytes:
    return _png(_two_cups(0.02, 1200, 900))


def _card() -> bytes:
    return _png(_two_cups(0.3, 1200, 1200))


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _film() -> bytes:
    """Return a clip of two cups that find each other.

    Raises
    ------
    UserError
        When ffmpeg cannot make one.
    """
    moments = np.arange(_FRAMES) / _FRAMES
    frames = (_two_cups(0.5 * abs(math.cos(math.pi * moment))).tobytes() for moment in moments.tolist())
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "film.mp4")
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{_SIDE}x{_SIDE}", "-r", str(_A_SECOND), "-i", "-")
        command = ("ffmpeg", "-v", "error", "-y", *raw, "-c:v", "mpeg4", "-q:v", "3", str(made))
        done = subprocess.run(command, input=b"".join(frames), capture_output=True, check=False)  # noqa: S603 - ours
        if done.returncode:
            raise UserError(f"ffmpeg cannot make the film of the demo: {done.stderr.decode(errors='replace')[:200]}")
        return made.read_bytes()


EXHIBITS: Final = (
    Exhibit(
        name="film",
        kind="video",
        texts={
            "en": {"title": "Two cups meet", "share": "Six seconds that made me think of you:"},
            "id": {"title": "Dua cangkir bertemu", "share": "Enam detik yang bikin ingat kamu:"},
        },
        upload=_film,
        weight=3.0,
        finishes=0.55,
    ),
    Exhibit(
        name="beans",
        kind="game",
        texts={
            "en": {"title": "Catch the beans", "share": "I caught {score} beans. Beat it:"},
            "id": {"title": "Tangkap biji kopi", "share": "Aku tangkap {score} biji. Kalahkan:"},
        },
        upload=lambda: games.zipped("beans"),
        weight=2.5,
        finishes=0.8,
        points=42,
    ),
    Exhibit(
        name="pairs",
        kind="game",
        texts={
            "en": {"title": "Find the pairs", "share": "{score} points in Find the pairs. You?"},
            "id": {"title": "Temukan pasangan", "share": "{score} poin di Temukan pasangan. Kamu?"},
        },
        upload=lambda: games.zipped("pairs"),
        weight=1.5,
        finishes=0.6,
        points=60,
    ),
    Exhibit(
        name="quiz",
        kind="quiz",
        texts={
            "en": {"title": "Which coffee are you?", "share": "I am {result}. And you?"},
            "id": {"title": "Kamu kopi yang mana?", "share": "Aku {result}. Kamu?"},
        },
        content={
            "results": [
                {
                    "title": {"en": "Kopi tubruk", "id": "Kopi tubruk"},
                    "text": {"en": "Strong, honest, no filter.", "id": "Kuat, jujur, tanpa saringan."},
                },
                {
                    "title": {"en": "Es kopi susu", "id": "Es kopi susu"},
                    "text": {"en": "Sweet, cool, everybody’s friend.", "id": "Manis, adem, teman semua orang."},
                },
            ],
            "questions": [
                {
                    "question": {"en": "Monday, seven o’clock?", "id": "Senin, jam tujuh?"},
                    "answers": [
                        {"answer": {"en": "Up since five", "id": "Bangun sejak jam lima"}, "to": 0},
                        {"answer": {"en": "Five more minutes", "id": "Lima menit lagi"}, "to": 1},
                    ],
                },
                {
                    "question": {"en": "A friend is late. You …", "id": "Teman terlambat. Kamu …"},
                    "answers": [
                        {"answer": {"en": "say so", "id": "bilang terus terang"}, "to": 0},
                        {"answer": {"en": "order for two", "id": "pesan untuk berdua"}, "to": 1},
                    ],
                },
            ],
        },
        weight=2.0,
        finishes=0.85,
    ),
    Exhibit(
        name="card",
        kind="card",
        texts={
            "en": {"title": "A seat for you", "line": "{name} saves you a seat", "share": "I saved you a seat:"},
            "id": {"title": "Kursi untukmu", "line": "{name} simpan kursi buatmu", "share": "Kursimu sudah kusimpan:"},
        },
        content={"place": "bottom", "colour": "#ffffff"},
        upload=_card,
        weight=1.2,
    ),
    Exhibit(
        name="picture",
        kind="image",
        texts={
            "en": {"alt": "Two cups of coffee side by side", "text": "Better together."},
            "id": {"alt": "Dua cangkir kopi berdampingan", "text": "Lebih enak berdua."},
        },
        upload=_picture,
    ),
    Exhibit(
        name="story",
        kind="text",
        texts={
            "en": {
                "title": "The second cup",
                "long": "Our first shop had two chairs and one cup.\n\nSo people shared. They still do.",
                "short": "Two chairs, one cup: how it began.",
            },
            "id": {
                "title": "Cangkir kedua",
                "long": "Kedai pertama kami punya dua kursi dan satu cangkir.\n\nJadi orang berbagi. Sampai sekarang.",
                "short": "Dua kursi, satu cangkir: begini mulanya.",
            },
        },
        weight=0.5,
    ),
)
"""The material, what stands first being shown to whoever comes by no creative's link."""

BRIEF: Final[Mapping[str, object]] = {
    "objective": "Bring 5,000 first-time guests into the shops by the end of the month, through guests who like us.",
    "audience": "Students and office people of 18 to 35 in Jakarta, Bandung and Surabaya who meet friends for coffee.",
    "positioning": "Kopi Nusa is where friends meet. We speak warmly and plainly, and never push anybody to share.",
    "success": "R above 0.8 for two weeks; 5,000 redeemed second cups; fewer than 1 in 200 asks what this message is.",
    "harm": "People feel used by friends; queues that keep regulars away; made-up friends for free cups.",
    "decides": "Rani (brand) may change and pause it; Dimas (owner) may stop it, at any hour.",
    "budget": 2_500_000_000,
    "currency": "IDR",
    "risks": [
        {"what": "It turns against us: “they pay you to spam me”.", "answer": "Pause, answer in public, drop money."},
        {"what": "Free cups are gone in a day.", "answer": "Coupons come from a pool of 400; then points instead."},
        {"what": "Accounts that do not exist.", "answer": "Seven days’ hold; a person looks at the review each day."},
    ],
    "consent_basis": "Consent at the form, to the text that is shown there; withdrawn by one tap on the own page.",
    "ages": "17 or older.",
    "sharing_rewards": "Both sides are told what the other gets, on the page and in the message.",
    "prize_draw": "A demo: no permit was asked for and no prize is given. Entry is free on the page of the draw.",
}
EXPERIMENT: Final[Mapping[str, object]] = {
    "name": "Two headlines",
    "varies": "wording",
    "control": "together",
    "planned": 1000,
    "window_days": 3,
    "arms": [
        {
            "name": "together",
            "shows": {
                "en": {"headline": "Coffee tastes better together"},
                "id": {"headline": "Ngopi lebih nikmat bareng"},
            },
        },
        {
            "name": "second-cup",
            "shows": {
                "en": {"headline": "Your friend’s cup is on us"},
                "id": {"headline": "Cangkir temanmu kami yang bayar"},
            },
        },
    ],
}
_RULES: Final[Mapping[str, str]] = {
    "en": "Who brings two friends has a ticket. Whoever passes nothing on may enter freely, with as many "
    "tickets as the best has. A lottery decides who the three winners are. A demo: no prize is given.",
    "id": "Yang mengajak dua teman dapat tiket. Yang tidak menyebarkan boleh ikut gratis, dengan tiket "
    "sebanyak milik yang terbanyak. Tiga pemenang ditentukan hasil lotre. Ini demo: tidak ada hadiah.",
}
A_YEAR: Final[Mapping[str, object]] = {
    "texts": {
        "en": {"title": "A year of coffee", "rules": _RULES["en"]},
        "id": {"title": "Kopi setahun", "rules": _RULES["id"]},
    },
    "prizes": [
        {"names": {"en": "A year of coffee", "id": "Kopi setahun"}, "count": 1},
        {"name": "Tumbler", "count": 2},
    ],
}
PLANS: Final[Sequence[Mapping[str, object]]] = (
    {"name": "Fifty regulars", "invited": 50, "cost": 1_000_000, "support": 5.0},
    {"name": "A hundred, some unhappy", "invited": 100, "cost": 1_000_000, "quality": 85.0, "support": 5.0},
)
A_MONTH: Final[Mapping[str, object]] = {
    "texts": {
        "en": {"title": "A month of coffee", "rules": _RULES["en"]},
        "id": {"title": "Kopi sebulan", "rules": _RULES["id"]},
    },
    "prizes": [{"names": {"en": "A month of coffee", "id": "Kopi sebulan"}, "count": 3}],
}
DRAW: Final[Mapping[str, object]] = {
    "lottery": {"name": "Lotto 6 of 49 (type any result)", "drawing": "Demo", "numbers": 6, "lowest": 1, "highest": 49},
    "minimum_age": 17,
    "jurisdictions": ["ELSEWHERE"],
    "law": {
        "sponsor": "Kopi Nusa, a brand that never existed",
        "eligibility": "Nobody: the people of this demonstration are invented, and so are its prizes.",
    },
}
