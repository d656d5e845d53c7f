"""Games come as zips, and zips are not to be trusted."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from material.making import a_link_in_a_zip, a_zip
from sebar.kit.errors import UserError
from sebar.material import archive, games

INDEX = {"index.html": "<p>play</p>"}


def unpacked(content: bytes, folder: Path) -> Path:
    file = folder / "game.zip"
    file.write_bytes(content)
    archive.look(file)
    return folder / "media" / "games" / archive.unpack(file, folder / "media").files["game"]


def refused(content: bytes, folder: Path) -> str:
    with pytest.raises(UserError) as caught:
        unpacked(content, folder)
    media = folder / "media" / "games"
    assert not media.exists() or list(media.iterdir()) == []
    assert caught.value.field == "file"
    return caught.value.message


def test_a_game_is_unpacked_as_it_is(tmp_path: Path) -> None:
    home = unpacked(a_zip({**INDEX, "js/game.js": "play()", "art/bean.png": b"\x89PNG"}), tmp_path)
    found = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert found == {"index.html", "js/game.js", "art/bean.png"}
    assert (home / "js/game.js").read_text() == "play()"


def test_a_folder_around_everything_and_what_systems_leave_behind_are_taken_off(tmp_path: Path) -> None:
    home = unpacked(a_zip({"my game/index.html": "x", "my game/a.js": "y", "__MACOSX/._a.js": "z"}), tmp_path)
    assert {path.name for path in home.iterdir()} == {"index.html", "a.js"}


@pytest.mark.parametrize(
    "name",
    [
        "../evil.js",
        "/etc/evil.js",
        "a/../../evil.js",
        "a\\..\\evil.js",
        "C:evil.js",
        "a//b.js",
        "./a.js",
        "e\x1fvil.js",
    ],
)
def test_no_file_gets_out_of_its_folder(tmp_path: Path, name: str) -> None:
    assert "name" in refused(a_zip({**INDEX, name: "x"}), tmp_path)
    assert not list(tmp_path.rglob("evil*"))


def test_links_are_refused(tmp_path: Path) -> None:
    assert "link" in refused(a_link_in_a_zip("/etc/passwd"), tmp_path)


@pytest.mark.parametrize("name", ["a.php", "a.exe", "a", ".htaccess", "a.html.sh", "a.xhtml", "a.swf"])
def test_only_what_a_page_is_made_of_is_taken(tmp_path: Path, name: str) -> None:
    assert "kind" in refused(a_zip({**INDEX, name: "x"}), tmp_path)


def test_a_bomb_is_seen_before_it_is_lit(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("index.html", "x")
        with packed.open("zeros.txt", "w", force_zip64=True) as file:
            for _ in range(201):
                file.write(bytes(1024 * 1024))
    assert len(out.getvalue()) < 300_000
    assert "201 MB" in refused(out.getvalue(), tmp_path)


def test_a_bomb_that_lies_about_its_size_does_not_go_off(tmp_path: Path) -> None:
    content = bytearray(a_zip({**INDEX, "zeros.txt": bytes(3_000_000)}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.rindex(mark)
        struct.pack_into("<I", content, place + at, 5)
    assert "damaged" in refused(bytes(content), tmp_path)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    assert "2000" in refused(a_zip({**INDEX, **{f"{n}.js": "" for n in range(2000)}}), tmp_path)


def test_names_that_differ_only_in_their_capitals_are_refused(tmp_path: Path) -> None:
    assert "same name" in refused(a_zip({**INDEX, "a.js": "1", "A.js": "2"}), tmp_path)


def test_encrypted_files_are_refused(tmp_path: Path) -> None:
    content = bytearray(a_zip({**INDEX, "a.js": "1"}))
    struct.pack_into("<H", content, content.rindex(b"PK\x01\x02") + 8, 1)
    assert "encrypted" in refused(bytes(content), tmp_path)


def test_unusual_packing_is_refused(tmp_path: Path) -> None:
    assert "packed" in refused(a_zip({**INDEX, "a.js": "1"}, pack=zipfile.ZIP_LZMA), tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"GIF89a" + a_zip(INDEX), a_zip(INDEX)[:-30], b"PK\x03\x04" + bytes(99)]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "zip" in refused(content, tmp_path)


def test_a_game_without_its_first_page_is_refused(tmp_path: Path) -> None:
    assert "index.html" in refused(a_zip({"game.html": "x"}), tmp_path)


@example(flips=[(203, 0)])  # a name that begins with zero is an empty one
@given(flips=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8))
def test_damage_never_makes_more_than_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray(a_zip({**INDEX, "a/b.js": "play()" * 50}))
    for place, value in flips:
        content[place % len(content)] = value
    try:
        home = unpacked(bytes(content), folder)
    except UserError:
        assert not (folder / "media").exists() or list((folder / "media" / "games").iterdir()) == []
    else:
        assert (home / "index.html").is_file()
    outside = [path for path in folder.rglob("*") if path.is_file() and "games" not in path.parts]
    assert outside == [folder / "game.zip"]


@pytest.mark.parametrize("name", games.TITLES)
def test_our_own_games_are_small_and_pass_the_same_door(tmp_path: Path, name: str) -> None:
    zipped = games.packed(name)
    home = unpacked(zipped.read_bytes(), tmp_path)
    zipped.unlink()
    assert sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) < 30_000
