"""Paper for many people: the ZIP of 10,000 QR codes beside a plain loop of segno, and sheets by the second.

Both loops take turns on the same links, so that what else the machine does weighs on both. Nothing is stored:
`python bench/channel_paper.py [codes]`.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

os.environ["SEBAR_DATA"] = tempfile.mkdtemp(prefix="sebar-bench-")

import segno

import sebar.serve.tables  # noqa: F401 - sets Django up before its tables are imported
from sebar.brands.models import Brand
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper import bulk, forms, printing
from sebar.channels.kinds.paper.design import design
from sebar.channels.kinds.paper.forms import Form
from sebar.channels.kinds.paper.printing import What
from sebar.kit import codes, config

CODES = 10_000
FIRST = 5_000_000_000
TURNS = 10
SHEETS = 25
WORDS = {
    "headline": "Free coffee for two",
    "text": "Everybody who brings two friends drinks for free until Sunday.",
    "call_to_action": "Join in",
}
CAMPAIGN = Campaign(
    brand=Brand(name="Kopi Senja"), name="Coffee", slug="kopi", languages=["en"], texts={"en": WORDS}, colour="#0f6b5c"
)


def main() -> None:
    """Print the figures."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else CODES
    compare(What.QR_SVG, "svg", number)
    compare(What.QR_PNG, "png", number // TURNS)
    remember(number // 5)
    for form in Form:
        sheets(form)


def compare(what: What, kind: str, number: int) -> None:
    """Let the ZIP and the loop take turns on a tenth each."""
    ours = peer = 0.0
    for turn in range(TURNS):
        numbers = range(FIRST + turn * number // TURNS, FIRST + (turn + 1) * number // TURNS)
        ours += seconds(lambda numbers=numbers: bundle(what, numbers))
        peer += seconds(lambda numbers=numbers: plain(kind, numbers))
    print(
        f"{number:,} codes as {kind} in a ZIP: {60 * number / ours:,.0f} a minute; "
        f"segno alone {60 * number / peer:,.0f}; ratio {peer / ours:.2f}"
    )


def bundle(what: What, numbers: range) -> None:
    """Make a ZIP file of codes."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in bulk.written(printing.many(what, CAMPAIGN, "en", numbers), lambda _: Path(folder, "codes.zip")):
            pass


def plain(kind: str, numbers: range) -> None:
    """Make the same codes one after the other, and keep none."""
    for number in numbers:
        link = f"{config.load().public_url}/r/{codes.spell(number)}?via=qr"
        segno.make_qr(link, error="m").save(io.BytesIO(), kind=kind, border=4, scale=24 if kind == "png" else 1)


def remember(number: int) -> None:
    """Compare what the first tenth and all of the codes hold in memory at most."""
    peaks = []
    for many in (number // TURNS, number):
        tracemalloc.start()
        bundle(What.QR_SVG, range(FIRST, FIRST + many))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    few, all_of_them = peaks
    print(
        f"memory at most: {all_of_them / 1e6:.1f} MB for {number:,} codes, {few / 1e6:.1f} MB for a tenth of them; "
        f"{(all_of_them - few) / (number - number // TURNS):,.0f} bytes for each more"
    )


def sheets(form: Form) -> None:
    """Compare the first sheet with the next ones, and with the QR code on it alone."""
    drawn = design(CAMPAIGN, "en")
    first = seconds(lambda: forms.pdf(form, drawn, forms.person(CAMPAIGN, FIRST)))
    following = seconds(lambda: [forms.pdf(form, drawn, forms.person(CAMPAIGN, FIRST + n)) for n in range(1, SHEETS)])
    alone = seconds(lambda: plain("svg", range(FIRST, FIRST + SHEETS - 1)))
    each = following / (SHEETS - 1)
    print(
        f"{form.value}: {1 / each:.0f} a second, the first in {1000 * first:.0f} ms, the next in {1000 * each:.0f} ms "
        f"({following / alone:.1f} times segno's bare code)"
    )


def seconds(act: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
