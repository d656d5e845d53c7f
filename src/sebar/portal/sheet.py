"""The style sheet of the participant's pages: so small that it stands inside the page and is never fetched."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from sebar.campaigns.colours import Tones, palette


def _small(css: str) -> str:
    """Return the sheet without its comments and its air. It must hold no string with either."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", bare)).replace(";}", "}").strip()


_SHEET: Final = _small(Path(__file__).with_name("sheet.css").read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def sheet(colour: str) -> str:
    """Return the whole sheet in a brand's colour, exactly as it stands between the `<style>` tags."""
    tones = palette(colour)
    light, dark = f":root{{{_variables(tones.light)}}}", f":root{{{_variables(tones.dark)}}}"
    return f"{light}@media (prefers-color-scheme:dark){{{dark}}}{_SHEET}"


def _variables(tones: Tones) -> str:
    line = tones.edge if tones.outlined else tones.brand
    return f"--brand:{tones.brand};--ink:{tones.ink};--brand-edge:{tones.edge};--rim:{line}"
