"""What is written on tags, read back by a decoder that knows only the standard."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.channels.kinds.nfc import tags
from sebar.kit.errors import UserError

LINK = "https://share.example.com/r/k7m2fqx?via=nfc"
PREFIXES = {0: "", 1: "http://www.", 2: "https://www.", 3: "http://", 4: "https://"}

addresses = st.from_regex(r"https?://(www\.)?[a-z]{1,40}\.(com|id|example)/r/[2-9]{7}\?via=nfc", fullmatch=True)
titles = st.dictionaries(
    st.sampled_from(["en", "id"]),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80),
)


def records(message: bytes) -> list[tuple[bytes, bytes]]:
    """Return type and content of each record, as NDEF 1.0 lays them out."""
    found = []
    while message:
        flags, type_length = message[0], message[1]
        length, head = (message[2], 3) if flags & 0x10 else (int.from_bytes(message[2:6], "big"), 6)
        end = head + type_length + length
        assert len(message) >= end
        found.append((message[head : head + type_length], message[head + type_length : end]))
        message = message[end:]
    return found


def address_of(content: bytes) -> str:
    return PREFIXES[content[0]] + content[1:].decode()


def titles_of(content: bytes) -> dict[str, str]:
    """Return the titles of a poster by language."""
    spoken = [body for kind, body in records(content) if kind == b"T"]
    return {body[1 : 1 + (body[0] & 0x3F)].decode(): body[1 + (body[0] & 0x3F) :].decode() for body in spoken}


@given(addresses)
def test_a_link_is_one_uri_record_that_says_it_whole(address: str) -> None:
    ((kind, content),) = records(tags.link(address))
    assert (kind, address_of(content)) == (b"U", address)
    assert tags.read(tags.link(address)) == tags.Content(address)


@given(addresses, titles)
def test_a_poster_holds_the_link_and_a_title_in_each_language(address: str, said: dict[str, str]) -> None:
    ((kind, content),) = records(tags.poster(address, said))
    assert kind == b"Sp"
    assert [address_of(body) for name, body in records(content) if name == b"U"] == [address]
    assert titles_of(content) == said
    assert tags.read(tags.poster(address, said)) == tags.Content(address, said)


@pytest.mark.parametrize("message", [tags.link(LINK), tags.poster(LINK, {"en": "Share", "id": "Sebarkan"})])
def test_a_message_that_is_cut_short_is_refused_in_one_sentence(message: bytes) -> None:
    for length in range(1, len(message)):
        with pytest.raises(UserError, match=rf"^These {length} bytes are not a whole NFC message: .+\.$"):
            tags.read(message[:length])


@given(st.binary(max_size=60))
def test_whatever_a_tag_holds_there_is_a_link_or_a_sentence(message: bytes) -> None:
    with suppress(UserError):
        assert isinstance(tags.read(message).link, str)


def test_a_tag_without_a_link_is_said_to_be_one() -> None:
    text = bytes.fromhex("d1010a54") + b"\x02enNo link"[:10]
    for message in (b"", text):
        with pytest.raises(UserError, match="no link"):
            tags.read(message)


@pytest.mark.parametrize("tag", tags.TAGS, ids=lambda tag: tag.name)
def test_the_longest_message_leaves_room_for_its_frame(tag: tags.Tag) -> None:
    usable = {"NTAG213": 144, "NTAG215": 496, "NTAG216": 872}[tag.name]  # as the chip declares when asked
    factory = 5 if tag.name == "NTAG213" else 0  # lock control, which must stay
    length_field = 1 if tag.room < 255 else 3
    assert factory + 1 + length_field + tag.room <= usable
    assert usable <= tag.memory
