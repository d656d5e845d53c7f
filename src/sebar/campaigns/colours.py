"""A brand's one colour, turned into a set that can be read on both themes.

Contrast is made by construction: lightness is moved in OKLCH (Ottosson 2020), where equal steps look equal, hue and
chroma stay as near as sRGB allows. The targets are WCAG's ratios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

TEXT_CONTRAST: Final = 4.5
SHAPE_CONTRAST: Final = 3.0
WHITE: Final = "#ffffff"
BLACK: Final = "#14150f"
_STEP: Final = 0.005
_HAIR: Final = 1e-4  # less than half a step of eight bits
_SURFACE: Final = {"light": "#ffffff", "dark": "#1b1c1a"}
_PAGE: Final = {"light": "#fafaf8", "dark": "#131412"}

Linear = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Tones:
    """A brand's colour on one theme, each like ``#0f6b5c``.

    Attributes
    ----------
    brand
        For stripe, tile and primary button.
    ink
        Of words on `brand`: at least 4.5 to 1.
    edge
        Of brand-coloured words and thin lines: at least 4.5 to 1 on the theme's surface.
    outlined
        Whether `brand` alone is too faint on the page (under 3 to 1), so that a button needs a line of `edge`.
    """

    brand: str
    ink: str
    edge: str
    outlined: bool


@dataclass(frozen=True, slots=True)
class Palette:
    """A brand's colour on both themes."""

    light: Tones
    dark: Tones


@lru_cache(maxsize=1024)
def palette(colour: str) -> Palette:
    """Return the readable set for a colour like ``#0f6b5c``."""
    brand, ink = _with_ink(colour)
    return Palette(light=_tones(brand, ink, "light"), dark=_tones(brand, ink, "dark"))


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _tones(brand: str, ink: str, theme: str) -> Tones:
    outlined = contrast(brand, _PAGE[theme]) < SHAPE_CONTRAST
    return Tones(brand=brand, ink=ink, edge=_edge(brand, theme), outlined=outlined)


def _with_ink(colour: str) -> tuple[str, str]:
    """Return the colour, moved as little as needed, and the ink that can be read on it."""
    lightness, chroma, hue = _oklch(colour)
    for moved in range(int(1 / _STEP)):
        for ink, direction in ((WHITE, -1), (BLACK, 1)):
            candidate = _hex(lightness + direction * moved * _STEP, chroma, hue) if moved else colour
            if contrast(candidate, ink) >= TEXT_CONTRAST:
                return candidate, ink
    return BLACK, WHITE


def _edge(brand: str, theme: str) -> str:
    """Return the brand's hue at the lightness nearest to its own that can be read on the theme's surface."""
    surface = _SURFACE[theme]
    if contrast(brand, surface) >= TEXT_CONTRAST:
        return brand
    lightness, chroma, hue = _oklch(brand)
    readable, faint = (0.0 if theme == "light" else 1.0), lightness
    for _ in range(24):
        middle = (readable + faint) / 2
        if contrast(_hex(middle, chroma, hue), surface) >= TEXT_CONTRAST:
            readable = middle
        else:
            faint = middle
    return _hex(readable, chroma, hue)


def _linear(colour: str) -> Linear:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return _expand(red), _expand(green), _expand(blue)


def _expand(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB's own


def _compress(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055  # noqa: PLR2004 - sRGB's own


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklch(colour: str) -> tuple[float, float, float]:
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    chroma = math.hypot(a, b)
    return lightness, chroma if chroma > _HAIR else 0.0, math.atan2(b, a)


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """Return the sRGB colour, with as much of the chroma as can be shown at this lightness."""
    lightness = min(max(lightness, 0.0), 1.0)
    if not _is_shown(linear := _from_oklch(lightness, chroma, hue)):
        shown, hidden = 0.0, chroma
        for _ in range(20):
            middle = (shown + hidden) / 2
            shown, hidden = (middle, hidden) if _is_shown(_from_oklch(lightness, middle, hue)) else (shown, middle)
        linear = _from_oklch(lightness, shown, hue)
    return "#" + "".join(f"{round(255 * min(max(_compress(max(part, 0.0)), 0.0), 1.0)):02x}" for part in linear)


def _from_oklch(lightness: float, chroma: float, hue: float) -> Linear:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _is_shown(linear: Linear) -> bool:
    return all(-_HAIR <= part <= 1 + _HAIR for part in linear)
