from hypothesis import given
from hypothesis import strategies as st

from sebar.campaigns.colours import BLACK, WHITE, contrast, palette

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_wcags() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#0f6b5c", "#ffffff"), 1) == 6.4
    assert contrast("#123456", "#123456") == 1


@given(COLOURS)
def test_every_colour_becomes_readable_on_both_themes(colour: str) -> None:
    shades = palette(colour)
    for tones, surface, page in ((shades.light, "#ffffff", "#fafaf8"), (shades.dark, "#1b1c1a", "#131412")):
        assert contrast(tones.brand, tones.ink) >= 4.5
        assert contrast(tones.edge, surface) >= 4.5
        assert tones.outlined or contrast(tones.brand, page) >= 3


@given(COLOURS)
def test_a_button_keeps_its_brands_colour_nearly(colour: str) -> None:
    brand = palette(colour).light.brand
    moved = max(abs(int(brand[at : at + 2], 16) - int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    assert moved <= 16
    if max(contrast(colour, WHITE), contrast(colour, BLACK)) >= 4.5:
        assert brand == colour


def test_known_brands() -> None:
    yellow = palette("#ffd400").light
    assert (yellow.brand, yellow.ink, yellow.outlined) == ("#ffd400", BLACK, True)
    assert palette("#0f6b5c").light.ink == WHITE
    assert palette("#ffffff").light.edge == "#767676"
    assert palette("#1a1a40").dark.outlined
