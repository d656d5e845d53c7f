"""Paper for many people: who is chosen, what lies in the ZIP, and that there is never half of one."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from paper_reading import link_of, scanned, seen_in
from PIL import Image

from builders import a_campaign, a_cascade, a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper import bulk, printing
from sebar.channels.kinds.paper.bulk import Written
from sebar.channels.kinds.paper.printing import Piece, What
from sebar.kit import codes
from sebar.kit.errors import UserError

PIECES = [Piece(f"{number}.bin", os.urandom(3000)) for number in range(10)]
ENDLESS = """
import itertools, os, sys
from pathlib import Path
import sebar.serve.tables
from sebar.channels.kinds.paper.bulk import written
from sebar.channels.kinds.paper.printing import Piece
endless = (Piece(f"{number}.bin", os.urandom(100_000)) for number in itertools.count())
for done in written(endless, lambda _: Path(sys.argv[1])):
    pass
"""


def zipped(folder: Path, files: Iterator[Piece]) -> dict[str, bytes]:
    """Write files into one ZIP file and return what lies in it."""
    done = list(bulk.written(files, lambda _: folder / "all.zip"))[-1]
    assert done.files == (folder / "all.zip",)
    with zipfile.ZipFile(folder / "all.zip") as bundle:
        assert bundle.testzip() is None
        return {name: bundle.read(name) for name in bundle.namelist()}


def test_everybody_is_chosen_in_the_order_of_joining(campaign: Campaign) -> None:
    people = a_cascade(campaign, [-1, 0, 0, 1, -1])
    assert list(bulk.chosen(campaign)) == [person.pk for person in people]
    assert list(bulk.chosen(campaign, first=2)) == [person.pk for person in people[:2]]
    assert bulk.count(campaign) == 5
    assert bulk.count(campaign, first=3) == 3


def test_the_seeds_of_one_source_are_chosen(campaign: Campaign, people: People) -> None:
    fair = a_participant(campaign, how="api", source="fair")
    a_participant(campaign, fair)
    a_participant(campaign, how="api", source="newsletter")
    a_participant(a_campaign(people.charlie), how="api", source="fair")  # another brand's
    assert list(bulk.chosen(campaign, source="fair")) == [fair.pk]
    with pytest.raises(UserError, match="“far”"):
        bulk.count(campaign, source="far")


def test_nobody_to_print_for_is_said(campaign: Campaign) -> None:
    with pytest.raises(UserError, match="Nobody has joined"):
        bulk.count(campaign)


@pytest.mark.parametrize("what", [What.QR_SVG, What.QR_PNG, What.QR_EPS])
def test_each_code_is_a_file_of_its_own(what: What, campaign: Campaign, tmp_path: Path) -> None:
    numbers = [person.pk for person in a_cascade(campaign, [-1, 0, 1])]
    files = zipped(tmp_path, printing.many(what, campaign, "en", numbers))
    ending = what.value.removeprefix("qr-")
    assert list(files) == [f"{codes.spell(number)}.{ending}" for number in numbers]
    if what is What.QR_PNG:
        for number in numbers:
            picture = tmp_path / "code.png"
            Image.open(io.BytesIO(files[f"{codes.spell(number)}.png"])).save(picture)
            assert seen_in(picture) == [f"http://localhost:8000/r/{codes.spell(number)}?via=qr"]


@pytest.mark.parametrize("what", [What.POSTER, What.POSTCARD, What.TENT, What.CARD])
def test_each_person_gets_a_file_of_their_own(what: What, campaign: Campaign, tmp_path: Path) -> None:
    numbers = [person.pk for person in a_cascade(campaign, [-1, 0])]
    files = zipped(tmp_path, printing.many(what, campaign, "id", numbers))
    assert list(files) == [f"{codes.spell(number)}-{what.value}.pdf" for number in numbers]
    for number, content in zip(numbers, files.values(), strict=True):
        assert set(scanned(content)[0]) == {link_of(number)}


def test_cards_of_everybody_stand_ten_on_a_page_a_hundred_in_a_file(campaign: Campaign, tmp_path: Path) -> None:
    numbers = range(5_000_000_000, 5_000_000_103)
    files = zipped(tmp_path, printing.many(What.CARDS, campaign, "en", numbers))
    assert list(files) == ["cards-000001-000100.pdf", "cards-000101-000103.pdf"]
    assert scanned(files["cards-000101-000103.pdf"]) == [sorted(link_of(number) for number in numbers[100:])]


def test_one_file_alone_is_named_after_whose_it_is(campaign: Campaign) -> None:
    person = a_participant(campaign)
    code = codes.spell(person.pk)
    assert printing.one(What.POSTER, campaign, "en", person.pk).name == f"{code}-poster.pdf"
    assert printing.one(What.QR_EPS, campaign, "en", person.pk).name == f"{code}.eps"
    assert printing.one(What.CARDS, campaign, "en", None).name == f"{campaign.slug}-card.pdf"


def test_files_are_counted_as_they_are_written(tmp_path: Path) -> None:
    told = list(bulk.written(PIECES, lambda number: tmp_path / f"{number}.zip"))
    assert [done.people for done in told] == [*range(1, 11), 10]
    assert told[-1] == Written(10, (tmp_path / "1.zip",))


def test_a_bundle_that_is_long_enough_is_followed_by_another(tmp_path: Path) -> None:
    last = list(bulk.written(PIECES, lambda number: tmp_path / f"{number}.zip", most_bytes=9000))[-1]
    assert [path.name for path in last.files] == ["1.zip", "2.zip", "3.zip", "4.zip"]
    names = [name for path in last.files for name in zipfile.ZipFile(path).namelist()]
    assert names == [piece.name for piece in PIECES]


def test_whoever_stops_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    under_way = bulk.written(PIECES, lambda _: tmp_path / "all.zip")
    next(under_way)
    assert [path.name for path in tmp_path.iterdir()] == ["all.zip.part"]
    under_way.close()
    assert list(tmp_path.iterdir()) == []


def test_what_fails_in_the_middle_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    out = tmp_path / "all.zip"
    out.write_bytes(b"yesterday's")

    def failing() -> Iterator[Piece]:
        yield PIECES[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        list(bulk.written(failing(), lambda _: out))
    assert out.read_bytes() == b"yesterday's"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.processes
def test_killed_in_the_middle_it_leaves_no_half_file_under_the_final_name(tmp_path: Path) -> None:
    out = tmp_path / "all.zip"
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(out)])
    half = tmp_path / "all.zip.part"
    try:
        while not half.exists() or half.stat().st_size < 1_000_000:
            assert process.poll() is None
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not out.exists()


def test_the_same_people_make_the_same_file(campaign: Campaign, tmp_path: Path) -> None:
    for name in ("one", "two"):
        files = printing.many(What.QR_SVG, campaign, "en", range(5_000_000_000, 5_000_000_003))
        list(bulk.written(files, lambda _, name=name: tmp_path / name))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
