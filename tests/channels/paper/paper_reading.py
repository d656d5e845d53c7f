"""Reads paper as people do: a camera's program on the rendered page, and the words that stand in the PDF."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from sebar.brands.models import Brand
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper.design import design
from sebar.channels.kinds.paper.forms import Form, pdf, person
from sebar.kit import codes

PERSON = 5_000_000_000
WORDS = {
    "en": {
        "headline": "Free coffee for two",
        "text": "Everybody who brings two friends drinks for free until Sunday.",
        "call_to_action": "Join in",
    },
    "id": {
        "headline": "Kopi gratis untuk berdua",
        "text": "Siapa pun yang mengajak dua teman dapat kopi gratis sampai hari Minggu.",
        "call_to_action": "Ikut, yuk",
    },
}
POINTS_A_MILLIMETRE = 72 / 25.4


def a_printed_campaign(
    brand: str = "Kopi Senja", *, image: str = "", colour: str = "#0f6b5c", **words: str
) -> Campaign:
    """Return a campaign that is stored nowhere; `words` are said instead of the usual ones, in every language."""
    texts = {language: {**usual, **words} for language, usual in WORDS.items()}
    return Campaign(
        brand=Brand(name=brand),
        slug="kopi",
        name="Coffee",
        languages=["en", "id"],
        texts=texts,
        colour=colour,
        image=image,
    )


def printed(form: Form, campaign: Campaign, language: str = "en", number: int | None = PERSON) -> bytes:
    """Return the PDF of one person, or with None the campaign's own."""
    return pdf(form, design(campaign, language), person(campaign, number))


def scanned(content: bytes, resolution: int = 110) -> list[list[str]]:
    """Return for each page of a PDF what a camera reads, in any order."""
    with tempfile.TemporaryDirectory() as folder:
        _run("pdftoppm", "-r", str(resolution), "-png", _kept(folder, content), f"{folder}/page")
        return [sorted(seen_in(path)) for path in sorted(Path(folder).glob("page*.png"))]


def seen_in(picture: Path) -> list[str]:
    """Return every QR code in a picture."""
    done = subprocess.run(
        ["zbarimg", "-q", "--raw", picture], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    return done.stdout.decode().splitlines()


def words_in(content: bytes) -> str:
    """Return what a PDF says, with single blanks between words."""
    with tempfile.TemporaryDirectory() as folder:
        return " ".join(_run("pdftotext", "-raw", _kept(folder, content), "-").split())


def letters_in(content: bytes) -> str:
    """Return what a PDF says without any blanks, for words that stand on several lines."""
    return "".join(words_in(content).split())


def sizes_of(content: bytes) -> list[tuple[int, int]]:
    """Return the size of each page in millimetres."""
    with tempfile.TemporaryDirectory() as folder:
        told = _run("pdfinfo", "-l", "99", _kept(folder, content))
    sides = re.findall(r"^Page.*size:\s+([\d.]+) x ([\d.]+)", told, re.MULTILINE)
    return [(round(float(x) / POINTS_A_MILLIMETRE), round(float(y) / POINTS_A_MILLIMETRE)) for x, y in sides]


def outside_of(content: bytes, margin: int) -> list[str]:
    """Return the words that come nearer to an edge of their page than so many millimetres."""
    with tempfile.TemporaryDirectory() as folder:
        told = _run("pdftotext", "-bbox", _kept(folder, content), "-")
    found: list[str] = []
    width = height = 0.0
    for page, word in re.findall(r"(<page [^>]*>)|(<word .*?</word>)", told):
        if page:
            width, height = _numbers(page, "width", "height")
            continue
        left, top, right, bottom = _numbers(word, "xMin", "yMin", "xMax", "yMax")
        near = min(left, top, width - right, height - bottom)
        if near < margin * POINTS_A_MILLIMETRE:
            found.append(word)
    return found


def link_of(number: int = PERSON) -> str:
    """Return the link that stands on somebody's paper."""
    return f"http://localhost:8000/r/{codes.spell(number)}?via=paper"


def _numbers(tag: str, *names: str) -> list[float]:
    return [float(re.search(f'{name}="([-\\d.]+)"', tag)[1]) for name in names]  # type: ignore[index]  # always there


def _kept(folder: str, content: bytes) -> str:
    path = Path(folder, "sheet.pdf")
    path.write_bytes(content)
    return str(path)


def _run(*command: Any) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return done.stdout.decode(errors="replace")  # poppler spells rare letters wrongly where it says their places
