from __future__ import annotations

import io
import re

from PIL import Image

from sebar.channels import qr

LINK = "https://share.example.com/r/k7m2fqx?via=qr"
Cells = set[tuple[int, int]]


def cells(drawing: qr.Drawing) -> Cells:
    """Return the dark modules that the path draws."""
    dark: Cells = set()
    x, y = 0.0, 0.0
    for right, down, length in re.findall(r"m(-?[\d.]+) (-?[\d.]+)h(\d+)", drawing.path):
        x, y = x + float(right), y + float(down)
        dark |= {(int(x) + step, int(y - 0.5)) for step in range(int(length))}
        x += int(length)
    return dark


def seen_in_svg(svg: str) -> Cells:
    """Return the modules that the areas of the file cover."""
    areas = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg)
    return {(int(x) + step, int(y)) for x, y, length in areas for step in range(int(length))}


def seen_in_eps(eps: str) -> Cells:
    """Return the modules that the file paints black, counted from above."""
    size = int(re.search(r"1 setgray 0 0 (\d+) dup r", eps)[1])  # type: ignore[index]  # without it the test fails too
    areas = re.findall(r"^(\d+) (\d+) (\d+) 1 r$", eps.partition("0 setgray\n")[2], re.MULTILINE)
    return {(int(x) + step, size - 1 - int(y)) for x, y, length in areas for step in range(int(length))}


def seen_in_png(png: bytes, size: int) -> Cells:
    """Return the modules that are black in the middle."""
    image = Image.open(io.BytesIO(png)).convert("L")
    scale = image.width // size
    places = [(x, y) for x in range(size) for y in range(size)]
    return {(x, y) for x, y in places if image.getpixel((x * scale + scale // 2, y * scale + scale // 2)) == 0}


def test_the_path_and_every_file_show_the_same_code() -> None:
    drawing = qr.drawing(LINK)
    assert cells(drawing)
    assert cells(drawing) == seen_in_png(qr.png(LINK), drawing.size)
    assert cells(drawing) == seen_in_svg(qr.svg(LINK).decode())
    assert cells(drawing) == seen_in_eps(qr.eps(LINK).decode())


def test_a_quiet_zone_is_left_all_around() -> None:
    drawing = qr.drawing(LINK)
    places = {place for cell in cells(drawing) for place in cell}
    assert min(places) == qr.QUIET
    assert max(places) == drawing.size - qr.QUIET - 1


def test_it_is_large_enough_to_print() -> None:
    assert Image.open(io.BytesIO(qr.png(LINK))).width >= 800


def test_the_file_for_printers_is_black_ink_on_white_and_nothing_else() -> None:
    eps = qr.eps(LINK).decode()
    assert "setrgbcolor" not in eps
    assert "setcmykcolor" not in eps
    assert eps.startswith("%!PS-Adobe-3.0 EPSF-3.0\n")
    assert eps.index("1 setgray 0 0") < eps.index("\n0 setgray\n")
