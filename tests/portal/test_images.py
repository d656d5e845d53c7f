from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from portal.conftest import a_picture
from sebar.campaigns import images
from sebar.kit.errors import UserError

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def stored(upload: bytes, folder: Path) -> images.Picture:
    picture = images.picture(images.store(upload, folder))
    assert picture is not None
    return picture


def refusal(upload: bytes, folder: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        images.store(upload, folder)
    assert caught.value.field == "image"
    assert list(folder.iterdir()) == []
    return caught.value


def a_bomb() -> bytes:
    """Return a PNG of a few hundred bytes that says it has 30,000 × 30,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
def test_every_usual_kind_is_reencoded_small(kind: str, tmp_path: Path) -> None:
    picture = stored(a_picture(1600, 900, kind), tmp_path)
    assert (picture.width, picture.height) == (960, 540)
    for name, most in ((picture.avif, 13_000), (picture.webp, 20_000), (picture.og, 300_000)):
        assert (tmp_path / name).stat().st_size <= most
    with Image.open(tmp_path / picture.og) as og:
        assert (og.format, og.size) == ("JPEG", (1200, 630))
    with Image.open(tmp_path / picture.webp) as page:
        assert page.size == (960, 540)


def test_a_noisy_photograph_still_fits_one_window(tmp_path: Path) -> None:
    noise = Image.effect_noise((480, 360), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "PNG")
    picture = stored(out.getvalue(), tmp_path)
    assert (tmp_path / picture.avif).stat().st_size <= 20_000  # pure noise is worse than any photograph


def test_a_tall_picture_is_cut_so_that_the_button_stays_on_the_screen(tmp_path: Path) -> None:
    picture = stored(a_picture(600, 1800), tmp_path)
    assert picture.width / picture.height == pytest.approx(4 / 3, abs=0.01)


def test_transparency_becomes_white(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (400, 300), (255, 0, 0, 0)).save(out, "PNG")
    picture = stored(out.getvalue(), tmp_path)
    with Image.open(tmp_path / picture.webp) as page:
        assert all(low >= 250 for low, _ in page.convert("RGB").getextrema())


def test_what_a_camera_notes_is_not_passed_on(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home"
    exif[0x0112] = 6  # lying on its side
    picture = stored(a_picture(900, 600, "JPEG", exif=exif), tmp_path)
    assert picture.height == round(picture.width * 3 / 4)
    for name in (picture.webp, picture.avif, picture.og):
        assert b"at home" not in (tmp_path / name).read_bytes()
        with Image.open(tmp_path / name) as image:
            assert not image.getexif()


def test_the_same_picture_again_is_the_same_file(tmp_path: Path) -> None:
    upload = a_picture()
    assert images.store(upload, tmp_path) == images.store(upload, tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("upload", [b"", b"hello", SVG, b"GIF89a", a_picture()[:200], b"%PDF-1.7"])
def test_what_is_no_picture_is_refused_in_one_sentence(upload: bytes, tmp_path: Path) -> None:
    assert "SVG is not possible" in refusal(upload, tmp_path).message


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    refusal(a_bomb(), tmp_path)


def test_too_many_pixels_too_many_bytes_and_too_small_are_told_apart(tmp_path: Path) -> None:
    assert "million" in refusal(a_picture(8000, 6000, mode="L"), tmp_path).message
    assert "at most 10 MB" in refusal(b"\0" * (images.BYTES + 1), tmp_path).message
    assert "each side needs at least 200" in refusal(a_picture(400, 199), tmp_path).message


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_damaged_picture_is_refused_or_read_but_never_breaks(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    upload = bytearray(a_picture(300, 220, data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))))
    for _ in range(data.draw(st.integers(1, 6))):
        upload[data.draw(st.integers(0, len(upload) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UserError):
        images.store(bytes(upload), tmp_path_factory.mktemp("media"))


@pytest.mark.parametrize("name", ["", "x.webp", "../secret.key", "0" * 20 + "-960x600-og.jpg"])
def test_a_name_that_was_never_given_is_no_picture(name: str) -> None:
    assert images.picture(name) is None


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_picture_broken_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["AVIF", "PNG", "JPEG", "WEBP", "GIF"]))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "somewhere"
    broken = bytearray(a_picture(240, 240, kind, exif=exif))
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, min(len(broken), 500) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UserError):
        images._open(bytes(broken))
