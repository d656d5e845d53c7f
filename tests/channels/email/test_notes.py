"""What people write to a friend: ordinary words pass, whatever their dots; links, disguised ones and numbers do not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkify_it.tlds import TLDS

from sebar.channels.kinds.email.note import check
from sebar.kit.errors import UserError

ORDINARY = [
    "Ketemu jam 19.30",
    "Rp 15.000",
    "Rp15.000,-",
    "Rp 1.500.000.000 atau Rp 25000000",
    "Tanggal 27.11.2026",
    "tgl 27-11-2026 jam 08.00-17.00, atau 2026-11-28",
    "harga 1.500,50",
    "versi 2.0.1",
    "Dr. Dewi S.Kom",
    "Dewi, S.T., M.Si",
    "Budi S.E.,M.M. dan Sari S.Pd.SD",
    "apt. Rini S.Farm, Ph.D.",
    "S.Tr.T, S.Th.I, M.Ag, Amd.Keb, Sp.OG, A.Md",
    "dkk. d.h. a.n. Dewi, s.d. Jumat",
    "siang dan/atau malam, 24/7",
    "PS:ajak aku",
    "Ketemu @ kafe",
    "Kopinya enak. Ke sana yuk. Top! Id kamu apa?",
    "titik temu di titik kumpul",
    "Jl. Braga No.12B RT.01/RW.02, Bandung 40111",
    "enak...banget… mau",
    "Kopi gratis! ☕️ Ajak aku ya 👨‍👩‍👧",
    "珈琲。一緒に",
]
LINKS = [
    "jahat.com",
    "Jahat.CO.ID/masuk",
    "kopi.gratis",
    "казино.рф/вход",
    "xn--80a.xn--p1ai",
    "cheap.example",
    "www.elsewhere.zz",
    "evil.com.Besok",
    "evil.com-nya",
    "evil.com去",
    "t.me/kopi",
    "x.si:8080",
    "203.0.113.9",
    "https://203.0.113.9",
    "hxxps://evil",
    "a@b",
    "tel:112",
    "mailto:x",
]
DISGUISED = [
    "jahat[.]example",
    "jahat (dot) com",
    "jahat{titik}com",
    "jahat titik com",
    "jahat DOT com",
    "jahat-dot-com",
    "bca。com",
    "bca．com",
    "bca․com",
    "bca•com",
    "evil.\u200bcom",
    "evil.c\u00adom",
    "evil . com",
    "evil .com",
    "evil. com",
    "evil. co.id",
    "𝐞𝐯𝐢𝐥.𝐜𝐨𝐦",
]
NUMBERS = [
    "Telpon aku 0812 3456 789 ya",
    "call 0812 3456 7890",
    "0812.3456.7890",
    "0812-3456-7890",
    "(021) 555-1234-0",
    "+62 812 3456 7890",
    "08.12.34.56.78",
    "rek 1234567890",
    "１２３４ ５６７８ ９０",
    "٠٨١٢٣٤٥٦٧٨٩",
]
# No word and no beginning of one is an ending of hosts or the name of a dot.
WORD = st.text("bcdfghjklmnpqrstvwxyz", min_size=4, max_size=9).filter(lambda word: word.upper() not in TLDS)
LABEL = st.from_regex(r"[a-z][a-z0-9]{2,12}", fullmatch=True)
ENDING = st.sampled_from(TLDS).filter(str.isalpha)


def refused(written: str) -> str:
    """Return the sentence with which something is refused; empty when it is not."""
    try:
        return "" if check(written, field="note") == written else "changed"
    except UserError as wrong:
        return wrong.message


@pytest.mark.parametrize("written", ORDINARY)
def test_ordinary_words_pass(written: str) -> None:
    assert refused(written) == ""


def test_what_is_refused_is_quoted_as_it_was_written() -> None:
    for written in ("www.foto-kita.example", "t.me/foto", "http://foto"):
        assert f"“{written}” looks like" in refused(f"Lihat {written} ya")


@pytest.mark.parametrize("written", LINKS + DISGUISED)
def test_links_and_plain_disguises_are_refused(written: str) -> None:
    assert "looks like the address of a page" in refused(f"Lihat {written} ya")


@pytest.mark.parametrize("written", NUMBERS)
def test_numbers_to_call_or_pay_to_are_refused_in_words_of_their_own(written: str) -> None:
    assert "looks like a telephone or account number" in refused(written)


@given(st.lists(WORD, min_size=1, max_size=8), st.sampled_from([" ", ", ", ". ", ".\n", "! ", " – ", "… ", ": "]))
def test_sentences_pass(words: list[str], between: str) -> None:
    assert refused(between.join(words) + ".") == ""


@given(
    st.integers(0, 23), st.integers(0, 59), st.sampled_from(["jam {}", "{} WIB", "{}-{}", "{}–{}", "{} {}.", "({})"])
)
def test_times_pass(hour: int, minute: int, form: str) -> None:
    assert refused(form.replace("{}", f"{hour:02d}.{minute:02d}")) == ""


@given(st.dates(), st.sampled_from(["%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d"]), st.booleans())
def test_dates_pass(day: object, form: str, is_twice: bool) -> None:
    written = format(day, form)
    assert refused(f"tanggal {written} sampai {written}" if is_twice else written) == ""


@given(st.integers(0, 10**12), st.sampled_from(["Rp {}", "Rp{}", "rp. {},-", "IDR {}.", "hanya {} rupiah"]))
def test_amounts_pass(amount: int, form: str) -> None:
    written = form.replace("{}", f"{amount:,}".replace(",", "."))
    assert form.startswith("hanya") or refused(written) == ""  # without a currency four short groups may be a host


@settings(max_examples=60)
@given(LABEL, ENDING, st.data())
def test_every_host_is_refused_however_it_is_dressed(label: str, ending: str, data: st.DataObject) -> None:
    dot = data.draw(st.sampled_from([".", "。", "．", "․", ".\u200b", "[.]", " (dot) ", "(titik)", ".\u2060"]))
    before, after = data.draw(
        st.sampled_from([("", ""), ("lihat ", " ya"), ("(", ")"), ("", "/x"), ("“", "”"), ("", ".")])
    )
    cased = data.draw(st.sampled_from([str.lower, str.upper, str.title]))
    assert refused(f"{before}{cased(label)}{dot}{cased(ending)}{after}")


@given(
    st.text("0123456789", min_size=9, max_size=13), st.sampled_from(["", " ", "-", ".", ") ", " - "]), st.integers(3, 5)
)
def test_every_long_number_is_refused_however_it_is_grouped(digits: str, between: str, size: int) -> None:
    groups = [digits[at : at + size] for at in range(0, len(digits), size)]
    zero = "0" if between == "." else ""  # with dots between threes it would be an amount
    assert refused(f"hubungi {zero}{between.join(groups)}")
