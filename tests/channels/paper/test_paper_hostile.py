"""Words that nobody would print: they stand there as they are, or are left out and told; they never do anything."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
import typst
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paper_reading import a_printed_campaign, letters_in, link_of, outside_of, printed, scanned, words_in

from sebar.channels.kinds.paper import compiling
from sebar.channels.kinds.paper.compiling import compiled
from sebar.channels.kinds.paper.design import design
from sebar.channels.kinds.paper.forms import Form
from sebar.channels.kinds.paper.glyphs import printable

EVERY = pytest.mark.parametrize("form", Form)
MARKUP = (
    ('#read("/etc/passwd")', r"\u{1F600} \ # $x^2$ *bold* _it_", '")) #panic("x") #(('),
    ('#import "@preview/cetz:0.3.0"', "= Heading // comment /* x */", "{{ 7 * 7 }} {% raw %} %s"),
    ("<label> @ref `raw` ~ -- ---", '#{ while true {} }" \\', "#sys.inputs #let x = 1; #eval"),
)
RIGHT_TO_LEFT = "قهوة مجانية"
# Of pictures poppler knows no size, so where they end cannot be told.
LETTERS = st.characters(exclude_categories=["So", "Cs"])
OF_NO_FONT = "\U00013000"  # a hieroglyph


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without a font of its own."""
    only = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    monkeypatch.setattr(compiling, "_fonts", lambda: only)
    printable.cache_clear()
    yield
    printable.cache_clear()


@EVERY
@pytest.mark.parametrize("words", MARKUP)
def test_markup_is_only_words(form: Form, words: tuple[str, str, str]) -> None:
    headline, text, call = words
    content = printed(form, a_printed_campaign(call, headline=headline, text=text, call_to_action=call))
    said = letters_in(content)
    for one in (headline, call) if form is Form.CARD else words:
        assert "".join(one.split()) in said
    assert "root:" not in said
    assert scanned(content)[0][0] == link_of()


@pytest.mark.parametrize("source", [b'#read("/etc/passwd")', b'#read("../../../../etc/passwd")', b'#image("/x.png")'])
def test_even_a_source_of_ours_could_read_no_file(source: bytes) -> None:
    with pytest.raises(typst.TypstError, match=r"file not found|escape the project root"):
        compiled(source, {})


@EVERY
def test_a_word_without_end_is_broken_then_cut_and_stays_on_the_paper(form: Form) -> None:
    campaign = a_printed_campaign("B" * 80, headline="W" * 80, text="m" * 2000, call_to_action="Q" * 40)
    content = printed(form, campaign)
    assert outside_of(content, margin=4) == []
    assert scanned(content)[0][0] == link_of()
    assert "W" * (20 if form is Form.CARD else 80) in letters_in(content)
    assert "Q" * (20 if form is Form.CARD else 40) in letters_in(content)
    assert "m…" in letters_in(content) or form is Form.CARD


@EVERY
def test_right_to_left_is_printed_in_its_direction(form: Form, bare_machine: None) -> None:
    """The letters themselves need a font of this machine: see `test_letters_…`."""
    drawn = design(a_printed_campaign(headline=RIGHT_TO_LEFT), "en")
    assert drawn.headline.is_rtl or drawn.missing
    assert not design(a_printed_campaign(headline=f"Kopi {RIGHT_TO_LEFT}"), "en").headline.is_rtl
    assert scanned(printed(form, a_printed_campaign(headline=RIGHT_TO_LEFT)))[0][0] == link_of()


@pytest.mark.skipif(not shutil.which("fc-list"), reason="fontconfig says which fonts are here")
@pytest.mark.parametrize(("words", "language"), [(RIGHT_TO_LEFT, "ar"), ("🎉", "und-zsye"), ("咖啡", "zh")])
def test_letters_that_typst_lacks_come_from_this_machine_or_are_left_out_and_told(words: str, language: str) -> None:
    here = subprocess.run(["fc-list", f":lang={language}"], capture_output=True, check=True).stdout
    campaign = a_printed_campaign(headline=f"Kopi {words} senja")
    missing = design(campaign, "en").missing
    said = words_in(printed(Form.POSTER, campaign))
    if here:
        assert missing == ()
        assert all(letter in said for letter in words)
    else:
        assert set(missing) == set(words)
        assert "Kopi senja" in said


def test_on_a_bare_machine_nothing_is_drawn_as_a_box(bare_machine: None) -> None:
    campaign = a_printed_campaign("Kopi ☕ Senja", headline="Ayo 🎉 ikut, 咖啡!", text=f"{RIGHT_TO_LEFT}. Kopi.")
    drawn = design(campaign, "en")
    assert drawn.headline.words == "Ayo ikut,!"
    assert drawn.text[0].words.endswith("Kopi.")
    assert {"🎉", "咖", "啡"} <= set(drawn.missing)
    said = words_in(printed(Form.POSTER, campaign))
    assert "Ayo ikut,!" in said
    assert "\ufffd" not in said


def test_what_nobody_can_draw_is_told_once() -> None:
    drawn = design(a_printed_campaign(headline=f"A{OF_NO_FONT}B \ue000", text=f"{OF_NO_FONT} x"), "en")
    assert drawn.headline.words in {"AB", f"A{OF_NO_FONT}B"}
    assert drawn.missing.count(OF_NO_FONT) <= 1
    assert "\ue000" in drawn.missing


def test_indonesian_and_english_need_no_font_of_the_machine(bare_machine: None) -> None:
    words = "Café “kopi”, é–è — ‘ya’… 50 % Rp 10.000 @ #1 & © ® ™ € £ × ÷ ½ ° → ← ✓ ★ •"
    assert printable(words) == (words, ())


@settings(max_examples=25, deadline=None)
@given(st.text(LETTERS, max_size=200), st.text(LETTERS, max_size=80))
@example("", "0000\u00a0ÐÐÐ")  # too wide for a line, and no line may end at that space
def test_any_words_can_be_printed(text: str, headline: str) -> None:
    kept, missing = printable(text)
    assert printable(kept) == (kept, ())
    assert not set(missing) & set(kept)
    content = printed(
        Form.POSTCARD, a_printed_campaign(headline, headline=headline, text=text, call_to_action=headline[:40])
    )
    assert content.startswith(b"%PDF-")
    # A mark at the end of a line hangs out of it by typst's own rule; letters never do.
    assert [word for word in outside_of(content, margin=3) if re.search(r">[^<]*\w[^<]*<", word)] == []
