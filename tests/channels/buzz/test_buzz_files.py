"""CSV files of mentions and reviews: good rows are taken, each bad one is named with its line."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.channels.kinds.buzz import files
from sebar.channels.kinds.buzz.files import BadRow
from sebar.channels.kinds.buzz.rules import Heard, Label
from sebar.kit.errors import UserError

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")


def read(content: str | bytes, encoding: str = "") -> list[Heard | BadRow]:
    raw = content.encode() if isinstance(content, str) else content
    return list(files.read(raw, encoding=encoding, zone=JAKARTA, now=NOW))


def good(rows: list[Heard | BadRow]) -> list[str]:
    return [row.text for row in rows if isinstance(row, Heard)]


def bad(rows: list[Heard | BadRow]) -> dict[int, str]:
    return {row.line: row.error.message for row in rows if isinstance(row, BadRow)}


def test_a_whole_row_is_read() -> None:
    (row,) = read(
        "ID,Time,Text,URL,Author,Language,Reach,Class,Stars\n"
        'r-1,2026-11-20 09:30,"Enak, sekali",https://shop.example/r/1,Dewi,id,120,Positive,5\n'
    )
    assert row == Heard(
        external_id="r-1",
        text="Enak, sekali",
        at=datetime(2026, 11, 20, 2, 30, tzinfo=UTC),
        url="https://shop.example/r/1",
        author="Dewi",
        language="id",
        reach=120,
        label=Label.POSITIVE,
    )


def test_each_bad_row_is_named_by_its_line_and_good_ones_are_kept() -> None:
    rows = read(
        "id,time,text,reach,class,url\n"
        "1,2026-11-20,first,,,\n"
        "2,yesterday,second,,,\n"
        '3,2026-11-20T10:00:00Z,"third\nover two lines",,,\n'
        "4,2031-01-01,fourth,,,\n"
        "5,2026-11-20,,,,\n"
        "\n"
        "6,2026-11-20,sixth,many,,\n"
        "7,2026-11-20,seventh,,angry,\n"
        "8,2026-11-20,eighth,,,javascript:alert(1)\n"
        "9,2026-11-20,ni,nth,,,\n"
        "10,1850-01-01,tenth,,,\n"
        "11,2026-11-20,last\n"
    )
    assert good(rows) == ["first", "third\nover two lines", "last"]
    said = bad(rows)
    assert list(said) == [3, 6, 7, 9, 10, 11, 12, 13]
    assert said[3] == "“yesterday” is not a time: write it like 2026-12-01 09:00 or 2026-12-01T09:00:00+07:00."
    assert "lies in the future" in said[6]
    assert "The text is empty" in said[7]
    assert "“many” is not a reach" in said[9]
    assert "“angry” is not a class" in said[10]
    assert "not an address of a web page" in said[11]
    assert "7 cells are more than the 6" in said[12]
    assert "before 2000" in said[13]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_files_of_every_spreadsheet_are_read(delimiter: str, end: str, encoding: str) -> None:
    content = end.join([f"time{delimiter}text", f'2026-11-20{delimiter}"Café; crème, ""oui"""', ""])
    stated = "" if encoding.startswith("utf-8") else encoding
    assert good(read(content.encode(encoding), stated)) == ['Café; crème, "oui"']


def test_letters_of_another_encoding_spoil_only_their_row() -> None:
    content = b"time,text\n2026-11-20,good\n" + "2026-11-20,Café\n".encode("latin-1") + b"2026-11-20,fine\n"
    rows = read(content)
    assert good(rows) == ["good", "fine"]
    assert "say which encoding the file has" in bad(rows)[3]


def test_a_quotation_mark_that_is_never_closed_costs_one_row() -> None:
    lines = ["time,text", "2026-11-20,first", '2026-11-20,"second', *[f"2026-11-20,row {n}" for n in range(500)]]
    rows = read("\n".join(lines))
    assert len(good(rows)) == 501
    assert list(bad(rows)) == [3]
    assert "quotation mark" in bad(rows)[3]


def test_a_cell_without_bounds_costs_one_row() -> None:
    rows = read('time,text\n2026-11-20,"' + "x" * 200_000 + '"\n2026-11-20,fine\n')
    assert (good(rows), list(bad(rows))) == (["fine"], [2])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Missing: time, text."),
        ("date,comment\n", "Missing: time, text. It says: “date, comment”."),
        ("time;body\n", "Missing: text. It says: “time, body”."),
        ("time,text,Text\n", "The column “text” is there twice"),
        ("\0\0\0", "Missing: time, text."),
    ],
)
def test_a_file_without_the_columns_is_refused_as_a_whole(content: str, said: str) -> None:
    with pytest.raises(UserError) as raised:
        files.read(content.encode(), zone=JAKARTA, now=NOW)
    assert said in raised.value.message


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "utf\0-8"])
def test_an_encoding_that_is_none_is_said(encoding: str) -> None:
    with pytest.raises(UserError, match="is not an encoding"):
        read("time,text\n", encoding)


def test_rows_without_an_id_are_known_by_what_they_say() -> None:
    twice = [read("time,text,author\n2026-11-20,a,x\n2026-11-20,a,y\n") for _ in range(2)]
    ids = [[row.external_id for row in rows if isinstance(row, Heard)] for rows in twice]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


cells = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(str.strip)
moments = st.datetimes(datetime(2001, 1, 1), NOW.replace(tzinfo=None) - timedelta(days=1), timezones=st.just(UTC))  # noqa: DTZ001 - given one


@given(
    st.lists(st.tuples(moments, cells), max_size=12),
    st.sampled_from(",;\t"),
    st.sampled_from(["\r\n", "\n"]),
    st.data(),
)
def test_every_good_row_comes_through_with_bad_ones_among_them(
    written: list[tuple[datetime, str]], delimiter: str, end: str, data: st.DataObject
) -> None:
    spoiled = data.draw(st.sets(st.integers(0, max(len(written) - 1, 0)), max_size=4))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(["time", "text", "author"])
    for place, (moment, words) in enumerate(written):
        writer.writerow(["soon" if place in spoiled else moment.isoformat(), f"{words}\n{words}", words])
    rows = read(out.getvalue())
    assert [row.line for row in rows if isinstance(row, BadRow)] == [
        2 + 2 * n for n in sorted(spoiled) if n < len(written)
    ]
    kept = [row for row in rows if isinstance(row, Heard)]
    assert [row.at for row in kept] == [moment for n, (moment, _) in enumerate(written) if n not in spoiled]
    assert all(row.text for row in kept)


@given(
    st.binary(max_size=300) | st.text('time,;"\n\r\t x2026-1', max_size=200).map(str.encode),
    st.sampled_from(["", "utf-16", "cp1252", "utf-7"]),
)
def test_no_bytes_break_the_reader(content: bytes, encoding: str) -> None:
    for head in (b"", "time,text\n".encode(encoding or "utf-8")):
        try:
            rows = read(head + content, encoding)
        except UserError:
            continue
        lines = (head + content).count(b"\n") + (head + content).count(b"\r") + 1
        assert all(2 <= row.line <= lines + 1 for row in rows if isinstance(row, BadRow))
