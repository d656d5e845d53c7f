"""What a beacon says and what is pushed, as bytes, beside slow readers that know only the standards."""

from __future__ import annotations

import quopri
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_radio import Inbox

from sebar.channels.kinds.bluetooth import obex
from sebar.channels.kinds.bluetooth.advertising import SERVICE, Mode, Offer, eddystone, plan, uri
from sebar.channels.kinds.bluetooth.card import card
from sebar.kit.errors import UserError

SCHEMES = ["http://www.", "https://www.", "http://", "https://"]
EXPANSIONS = [
    ".com/", ".org/", ".edu/", ".net/", ".info/", ".biz/", ".gov/",
    ".com", ".org", ".edu", ".net", ".info", ".biz", ".gov",
]  # fmt: skip

rests = st.lists(
    st.sampled_from(["kopi", "a", "x.y", ".community", ".co", "/b/k7m2fqx", "?via=bt", "/", *EXPANSIONS]), min_size=1
).map("".join)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


def decoded(frame: bytes) -> str:
    """Return the address that an Eddystone-URL frame says."""
    assert frame[0] == 0x10
    letters = [EXPANSIONS[code] if code < len(EXPANSIONS) else chr(code) for code in frame[3:]]
    return SCHEMES[frame[2]] + "".join(letters)


@cache
def fewest(rest: str) -> int:
    """Return how many bytes a rest takes at least, by trying every way to write it."""
    if not rest:
        return 0
    return 1 + min([fewest(rest[1:]), *(fewest(rest[len(one) :]) for one in EXPANSIONS if rest.startswith(one))])


@given(st.sampled_from(SCHEMES), rests)
def test_an_eddystone_frame_says_the_address_in_the_fewest_bytes_or_tells_how_many_it_takes(
    scheme: str, rest: str
) -> None:
    needed = fewest(
        (scheme + rest).removeprefix(max((one for one in SCHEMES if (scheme + rest).startswith(one)), key=len))
    )
    if needed <= 17:
        frame = eddystone(scheme + rest)
        assert decoded(frame) == scheme + rest
        assert len(frame) == 3 + needed
    else:
        with pytest.raises(UserError, match=f" takes {needed} bytes in an Eddystone beacon, and 17 fit"):
            eddystone(scheme + rest)


@pytest.mark.parametrize(
    "address", ["", "kopi.id", "ftp://kopi.id", "https://kopí.id", "https://kopi.id/a b", "HTTPS://A"]
)
def test_eddystone_refuses_what_it_has_no_letters_for(address: str) -> None:
    with pytest.raises(UserError, match="Eddystone cannot say"):
        eddystone(address)


def test_the_examples_of_the_standard_come_out_as_it_prints_them() -> None:
    assert eddystone("https://www.example.com/")[2:] == b"\x01example\x00"
    assert uri("http://example.org/")[1:] == b"\x24\x16//example.org/"
    assert uri("https://kopi.id")[:4] == b"\x0b\x24\x17/"


def fields(data: bytes) -> dict[int, bytes]:
    """Return the fields of an advertisement by their type."""
    found = {}
    while data:
        assert 1 < data[0] <= len(data) - 1
        found[data[1]] = data[2 : data[0] + 1]
        data = data[data[0] + 1 :]
    return found


def an_offer(name: str = "Kopi Senja", **different: str) -> Offer:
    link = "https://share.example.com/r/k7m2fqx?via=bluetooth"
    return Offer(**{"link": link, "short": "https://kopi.id/b/k7m2fqx", "name": name, "headline": "Ngopi", **different})


@given(words, st.sampled_from(list(Mode)), st.booleans())
def test_whatever_the_name_every_advertisement_keeps_to_its_length(name: str, mode: Mode, takes_long: bool) -> None:
    if mode is Mode.EXTENDED and not takes_long:
        return
    for advert in plan(an_offer(name), mode, takes_long=takes_long).adverts:
        most = 251 if advert.is_long else 31
        for said in (advert.data, advert.response):
            assert len(said) <= most
            shown = fields(said)
            assert name.encode().startswith(shown.get(8, b""))
            assert shown.get(9, name.encode()) == name.encode()
            shown.get(8, b"").decode()


def test_each_means_says_its_own() -> None:
    (short,) = plan(an_offer(), Mode.EDDYSTONE, takes_long=False).adverts
    assert fields(short.data)[0x16][:2] == bytes.fromhex("aafe")
    assert not short.invites
    (long,) = plan(an_offer(), Mode.EXTENDED, takes_long=True).adverts
    assert long.is_long
    assert fields(long.data)[0x24].decode().startswith("\x17//share.example.com")
    (calling,) = plan(an_offer(), Mode.GATT, takes_long=False).adverts
    assert calling.invites
    assert fields(calling.data)[0x07] == SERVICE.bytes[::-1]
    both, alone = plan(an_offer(), Mode.ALL, takes_long=True).adverts
    assert (both.data, alone) == (short.data, long)
    assert fields(both.response)[0x07] == SERVICE.bytes[::-1]


def test_all_means_leave_out_what_cannot_carry_the_link_and_say_why() -> None:
    long = f"https://{'a' * 250}.example/"
    planned = plan(an_offer(short=long, link=long), Mode.ALL, takes_long=False)
    assert [advert.invites for advert in planned.adverts] == [True]
    assert [refused.message.partition(":")[0] for refused in planned.left_out] == [
        "“https",
        "This adapter has no extended advertising (Bluetooth 5)",
    ]


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        (Mode.EDDYSTONE, "takes 259 bytes in an Eddystone beacon, and 17 fit"),
        (Mode.EXTENDED, "takes 262 bytes in an advertisement, and 249 fit: use --mode gatt"),
    ],
)
def test_one_means_alone_refuses_what_it_cannot_carry(mode: Mode, sentence: str) -> None:
    long = f"https://{'a' * 250}.example/"
    with pytest.raises(UserError, match=sentence):
        plan(an_offer(short=long, link=long), mode, takes_long=True)


def test_the_longest_link_of_an_advertisement_fits_whole() -> None:
    link = "https:" + "a" * 248
    assert (
        fields(plan(an_offer(link=link), Mode.EXTENDED, takes_long=True).adverts[0].data)[0x24] == b"\x17" + b"a" * 248
    )
    with pytest.raises(UserError):
        uri(link + "a")


def pushed(file: obex.File, inbox: Inbox) -> None:
    """Hand a file over to an inbox, without any radio between them."""
    requests = obex.push(file)
    request = next(requests)
    try:
        while True:
            request = requests.send(inbox.answer(request))
    except StopIteration:
        return


@given(
    st.binary(max_size=3000), st.integers(255, 0xFFFF), st.text("abcdefghijklmnopqrstuvwxyz-.", min_size=1, max_size=64)
)
def test_a_file_of_any_size_arrives_whole_in_packets_as_small_as_asked_for(
    content: bytes, largest: int, name: str
) -> None:
    inbox = Inbox(largest=largest)
    pushed(obex.File(name, "text/x-vcard", content), inbox)
    assert (inbox.files, inbox.names, inbox.kinds) == ([content], [name], ["text/x-vcard"])
    assert inbox.packets[-1] == b"\x81\0\3"


@given(st.binary(max_size=40))
def test_whatever_a_device_answers_the_push_ends_with_a_sentence(answer: bytes) -> None:
    for turn in range(2):
        requests = obex.push(obex.File("a.vcf", "text/x-vcard", b"a" * 900))
        next(requests)
        for _ in range(turn):
            requests.send(bytes([0xA0, 0, 7, 0x10, 0, 0, 255]))
        if answer[:1] != (b"\xa0", b"\x90")[turn]:
            with pytest.raises(UserError, match=r"broke off|did not take the card"):
                requests.send(answer)


@pytest.mark.parametrize(("connect", "put"), [(0xC3, 0xA0), (0xD3, 0xA0), (0xA0, 0xC6), (0xA0, 0xCF)])
def test_a_refusal_names_the_answer(connect: int, put: int) -> None:
    inbox = Inbox(connect_code=connect, put_code=put)
    with pytest.raises(UserError, match=f"answer 0x{connect if connect != 0xA0 else put:02X}"):
        pushed(obex.File("a.vcf", "text/x-vcard", b"a"), inbox)
    assert inbox.files == []


@given(st.lists(st.binary(max_size=80), max_size=8), st.randoms(use_true_random=False))
def test_packets_are_found_however_they_were_cut(contents: list[bytes], random: object) -> None:
    packets = [bytes([0xA0]) + (len(content) + 3).to_bytes(2, "big") + content for content in contents]
    stream, incoming, found = b"".join(packets), bytearray(), []
    while stream:
        cut = random.randint(1, len(stream))  # type: ignore[attr-defined]
        incoming += stream[:cut]
        stream = stream[cut:]
        while (packet := obex.taken(incoming)) is not None:
            found.append(packet)
    assert found == packets
    assert not incoming


def test_a_packet_that_lies_about_its_length_does_not_hold_up_the_rest() -> None:
    incoming = bytearray(b"\xa0\0\0\xa0\0\3")
    assert [obex.taken(incoming), obex.taken(incoming), obex.taken(incoming)] == [b"\xa0\0\0", b"\xa0\0\3", None]


@given(words, words)
def test_a_card_says_who_and_what_whatever_their_words_hold(name: str, headline: str) -> None:
    file = card(an_offer(name, headline=headline), name="kopi")
    lines = file.content.decode("ascii").replace("=\r\n", "").split("\r\n")
    assert lines[:2] + lines[-3:] == [
        "BEGIN:VCARD", "VERSION:2.1", f"URL:{an_offer().link}", "END:VCARD", "",
    ]  # fmt: skip
    said = {line.partition(";")[0]: quopri.decodestring(line.partition(":")[2]).decode() for line in lines[2:-3]}
    assert said == {"N": name.replace(";", ","), "FN": name, "NOTE": headline}
