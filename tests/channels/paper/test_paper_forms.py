"""What comes out of the printer: every form is scanned back, and says what the campaign says."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from paper_reading import (
    PERSON,
    WORDS,
    a_printed_campaign,
    letters_in,
    link_of,
    outside_of,
    printed,
    scanned,
    sizes_of,
    words_in,
)
from PIL import Image

from sebar.campaigns import images
from sebar.channels import qr
from sebar.channels.kinds.paper.design import design
from sebar.channels.kinds.paper.forms import Form, cards, person, png
from sebar.kit import codes, config

CODES = {Form.POSTER: 1, Form.POSTCARD: 1, Form.TENT: 2, Form.CARD: 10}
PAGES = {Form.POSTER: (210, 297), Form.POSTCARD: (105, 148), Form.TENT: (210, 297), Form.CARD: (210, 297)}
LABELS = {"en": "Code", "id": "Kode"}
EVERY = pytest.mark.parametrize("form", Form)
LONG = {
    "headline": "Ajak dua temanmu, nyalakan lampu kota, dan menangkan kopi gratis setahun penuh",
    "text": " ".join(
        f"Kalimat nomor {number} menjelaskan hal yang penting bagi semua peserta." for number in range(28)
    ),
    "call_to_action": "Gabung sekarang dan ajak temanmu juga ya",
}


@pytest.fixture
def picture() -> str:
    """The name of a stored picture."""
    out = io.BytesIO()
    Image.radial_gradient("L").resize((1200, 630)).convert("RGB").save(out, "PNG")
    return images.store(out.getvalue(), config.load().media)


@EVERY
@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("words", [{}, LONG], ids=["short", "long"])
def test_a_camera_reads_the_link_with_its_channel(form: Form, language: str, words: dict[str, str]) -> None:
    content = printed(form, a_printed_campaign(**words), language)
    assert scanned(content) == [[link_of()] * CODES[form]]
    assert sizes_of(content) == [PAGES[form]]
    assert outside_of(content, margin=4) == []


@EVERY
def test_a_camera_reads_it_beside_a_picture_and_on_any_colour(form: Form, picture: str) -> None:
    for colour in ("#ffffff", "#000000", "#f5c518"):
        campaign = a_printed_campaign(image=picture, colour=colour)
        assert scanned(printed(form, campaign)) == [[link_of()] * CODES[form]], colour


@EVERY
@pytest.mark.parametrize("language", ["en", "id"])
def test_it_says_what_the_campaign_says_in_that_language(form: Form, language: str) -> None:
    said = words_in(printed(form, a_printed_campaign(), language))
    wanted = WORDS[language]
    assert "Kopi Senja" in said
    assert wanted["headline"] in said
    assert wanted["call_to_action"] in said
    assert link_of().removeprefix("http://") in said
    assert codes.grouped(PERSON) in said
    if form is not Form.CARD:
        assert wanted["text"] in said


@pytest.mark.parametrize("form", [Form.POSTER, Form.POSTCARD, Form.TENT])
def test_a_long_text_is_cut_behind_a_sentence(form: Form) -> None:
    said = words_in(printed(form, a_printed_campaign(**LONG)))
    assert LONG["headline"] in said
    assert LONG["call_to_action"] in said
    assert "Kalimat nomor 0 menjelaskan hal yang penting bagi semua peserta." in said
    assert said.count("Kalimat") == said.count("semua peserta.")
    assert "Kalimat nomor 27" not in said


def test_of_several_paragraphs_the_first_ones_are_kept() -> None:
    said = words_in(printed(Form.POSTER, a_printed_campaign(text=f"The first one.\n\n{LONG['text']}")))
    assert "The first one." in said
    assert "nomor 27" not in said


@EVERY
def test_the_campaigns_own_leads_to_its_page_and_shows_no_code(form: Form) -> None:
    content = printed(form, a_printed_campaign(), number=None)
    assert scanned(content) == [["http://localhost:8000/c/kopi?via=paper"] * CODES[form]]
    assert "localhost:8000/c/kopi?via=paper" in words_in(content)
    assert "Code" not in words_in(content)


def test_cards_of_many_people_are_ten_different_ones_on_a_page() -> None:
    campaign = a_printed_campaign()
    numbers = range(PERSON, PERSON + 23)
    content = cards(design(campaign, "en"), [person(campaign, number) for number in numbers])
    wanted = [link_of(number) for number in numbers]
    assert scanned(content) == [sorted(wanted[:10]), sorted(wanted[10:20]), sorted(wanted[20:])]
    assert all(codes.grouped(number) in words_in(content) for number in numbers)


def test_four_modules_of_white_are_left_around_a_code_on_a_colour() -> None:
    """The scanner above reads codes with less, a camera in a dim café does not."""
    campaign = a_printed_campaign()
    image = Image.open(io.BytesIO(png(Form.CARD, design(campaign, "en"), person(campaign, PERSON), width=2100)))
    dots = image.convert("L")
    assert dots.size == (2100, 2970)  # ten to a millimetre
    found = [spans(dots.crop((655, 170, 995, 500))), spans(dots.crop((660, 165, 990, 505)).rotate(90, expand=True))]
    for before, dark, after in found:
        module = dark / (person(campaign, PERSON).qr.size - 2 * qr.QUIET)
        assert before == pytest.approx(qr.QUIET * module, abs=2)
        assert after == pytest.approx(qr.QUIET * module, abs=2)


def spans(dots: Image.Image) -> tuple[int, int, int]:
    """Return how much white lies before a code, how wide it is, and how much white after, on its middle line."""
    across = [dots.getpixel((x, dots.height // 2)) for x in range(dots.width)]
    white = [x for x, value in enumerate(across) if value == 255]
    black = dots.point(lambda value: 255 * (value < 50)).getbbox()
    assert black is not None
    return black[0] - white[0], black[2] - black[0], white[-1] + 1 - black[2]


def test_a_long_address_of_the_instance_still_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    host = f"https://{'sangat-panjang-sekali' * 2}.share.example.co.id"
    settings = config.read({"SEBAR_URL": host, "SEBAR_DATA": str(config.load().data)})
    monkeypatch.setattr(config, "load", lambda: settings)
    for form in Form:
        content = printed(form, a_printed_campaign())
        link = f"{host}/r/{codes.spell(PERSON)}?via=paper"
        assert scanned(content) == [[link] * CODES[form]]
        assert link.removeprefix("https://") in letters_in(content)
        assert outside_of(content, margin=4) == []


def test_a_picture_that_is_gone_is_left_out(picture: str) -> None:
    found = images.picture(picture)
    assert found is not None
    whole = len(printed(Form.POSTER, a_printed_campaign(image=picture)))
    Path(config.load().media / found.og).unlink()
    assert len(printed(Form.POSTER, a_printed_campaign(image=picture))) < whole - 2000


def test_the_words_on_every_sheet_are_the_readers() -> None:
    for language, label in LABELS.items():
        assert f"{label} {codes.grouped(PERSON)}" in words_in(printed(Form.POSTER, a_printed_campaign(), language))
    assert design(a_printed_campaign(), "fr").language == "en"  # the campaign's first


def test_a_campaign_without_words_is_printed_by_its_name() -> None:
    said = words_in(printed(Form.POSTER, a_printed_campaign(headline="", text="", call_to_action="")))
    assert "Coffee" in said


@EVERY
def test_it_can_be_looked_at_before(form: Form) -> None:
    campaign = a_printed_campaign()
    image = Image.open(io.BytesIO(png(form, design(campaign, "en"), person(campaign, None), width=400)))
    width, height = PAGES[form]
    assert abs(image.width - 400) <= 1
    assert abs(image.height - 400 * height / width) <= 1


def test_the_same_paper_is_the_same_file() -> None:
    assert printed(Form.POSTER, a_printed_campaign()) == printed(Form.POSTER, a_printed_campaign())
