from __future__ import annotations

import io
import re

from PIL import Image

from sebar.pages import qr

LINK = "https://share.example.com/r/k7m2fqx?via=qr"


def cells(drawing: qr.Drawing) -> set[tuple[int, int]]:
    """Return the dark modules that the path draws."""
    dark: set[tuple[int, int]] = set()
    x, y = 0.0, 0.0
    for right, down, length in re.findall(r"m(-?[\d.]+) (-?[\d.]+)h(\d+)", drawing.path):
        x, y = x + float(right), y + float(down)
        dark |= {(int(x) + step, int(y - 0.5)) for step in range(int(length))}
        x += int(length)
    return dark


def test_the_path_the_file_and_the_picture_show_the_same_code() -> None:
    drawing = qr.drawing(LINK)
    image = Image.open(io.BytesIO(qr.png(LINK))).convert("L")
    scale = image.width // drawing.size
    seen = {
        (x, y)
        for x in range(drawing.size)
        for y in range(drawing.size)
        if image.getpixel((x * scale + scale // 2, y * scale + scale // 2)) == 0
    }
    assert cells(drawing) == seen
    assert drawing.path in qr.svg(LINK).decode()


def test_a_quiet_zone_is_left_all_around() -> None:
    drawing = qr.drawing(LINK)
    places = {place for cell in cells(drawing) for place in cell}
    assert min(places) == qr.QUIET
    assert max(places) == drawing.size - qr.QUIET - 1


def test_it_is_large_enough_to_print() -> None:
    assert Image.open(io.BytesIO(qr.png(LINK))).width >= 800
