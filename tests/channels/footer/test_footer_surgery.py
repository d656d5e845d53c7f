"""The footer goes under every kind of mail where that is safe, and no other mail changes by a single byte."""

from __future__ import annotations

import random
import re
from email.message import EmailMessage
from email.policy import SMTP

import mail_reader
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_corpus import ALL, CHANGED, FOOTER, LEFT_ALONE, LINE, WORDS, Kind, parts, raw, text

from sebar.channels.kinds.footer import surgery
from sebar.channels.kinds.footer.reasons import Reason
from sebar.channels.kinds.footer.wording import Footer, one_line

FOREIGN = Footer("Kopi untuk berdua – coba ☕", FOOTER.link)
MUTATIONS = 6000


def operated(mail: bytes, footer: Footer = FOOTER) -> bytes:
    """Return the mail with its footer."""
    made = surgery.add(mail, footer)
    assert isinstance(made, bytes), made
    return made


def body_of(mail: bytes, footer: Footer = FOOTER) -> str:
    """Return the body of the mail with its footer."""
    return mail_reader.body(operated(mail, footer)).decode()


def without_block(html: bytes) -> bytes:
    """Return HTML as it was before the footer."""
    for end in (b"\r\n", b"\n"):
        html = html.replace(end + FOOTER.html.encode() + end, b"")
    return html


@pytest.mark.parametrize("kind", CHANGED, ids=lambda kind: kind.name)
def test_the_footer_stands_under_each_text_and_all_else_is_as_it_was(kind: Kind) -> None:
    made = operated(kind.mail)
    assert mail_reader.has_footer(made)
    assert mail_reader.headers(made) == mail_reader.headers(kind.mail)
    before, after = mail_reader.pieces(kind.mail), mail_reader.pieces(made)
    assert [kind for kind, _ in before] == [kind for kind, _ in after]
    changed = 0
    for (content_type, was), (_, now) in zip(before, after, strict=True):
        changed += was != now
        if content_type == "text/html":
            assert without_block(now) == was
        elif was != now:
            assert content_type == "text/plain"
            assert now.startswith(was.rstrip(b"\r\n")), "what the person wrote comes first, untouched"
    assert changed == len(mail_reader.texts(made))


@pytest.mark.parametrize("kind", LEFT_ALONE, ids=lambda kind: kind.name)
def test_what_must_not_change_is_left_alone_with_its_reason(kind: Kind) -> None:
    assert surgery.add(kind.mail, FOOTER) is kind.reason


@pytest.mark.parametrize("kind", CHANGED, ids=lambda kind: kind.name)
def test_nothing_gets_a_second_footer(kind: Kind) -> None:
    assert surgery.add(operated(kind.mail), FOOTER) is Reason.ALREADY_THERE
    without_mark = operated(kind.mail).replace(b"X-Sebar-Footer: added\r\n", b"")
    assert surgery.add(without_mark, Footer("Other", "https://share.example.com/r/zzzzzzz?via=footer")) is (
        Reason.ALREADY_THERE
    )


@pytest.mark.parametrize("kind", CHANGED, ids=lambda kind: kind.name)
def test_a_footer_in_letters_the_text_did_not_have_is_read_by_everybody(kind: Kind) -> None:
    made = operated(kind.mail, FOREIGN)
    for found, words in mail_reader.texts(made).items():
        assert FOREIGN.text in words or (found == "html" and "coba &#9749;" in words)
    assert mail_reader.headers(made) == mail_reader.headers(kind.mail)


def test_at_least_forty_kinds_of_mail_are_tried() -> None:
    assert len(ALL) >= 40
    assert {kind.reason for kind in LEFT_ALONE} >= {
        reason for reason in Reason if reason.value not in _AROUND_THE_MAIL
    }, "a reason without a mail is never tested"


_AROUND_THE_MAIL = {
    "channel_off",
    "no_sender",
    "not_enrolled",
    "not_running",
    "same_thread",
    "trouble",
}


# ---- exactly how


def test_plain_text_gets_a_signature_separator_and_one_line() -> None:
    assert body_of(raw(WORDS)) == f"{WORDS}\r\n-- \r\n{LINE}\r\n"


def test_a_long_footer_has_its_link_on_a_line_of_its_own() -> None:
    long = Footer("x" * 70, FOOTER.link)
    assert body_of(raw(WORDS), long) == f"{WORDS}\r\n-- \r\n{'x' * 70}\r\n{FOOTER.link}\r\n"


def test_flowed_text_keeps_the_separators_blank_and_no_other() -> None:
    """RFC 3676: a blank at an end joins lines, one at the start or a quote mark must be stuffed."""
    flowed = raw("Hi \r\nthere\r\n", "Content-Type: text/plain; format=flowed")
    long = "x" * 70
    assert body_of(flowed, Footer(f"> {long} ", FOOTER.link)).endswith(f"\r\n-- \r\n > {long}\r\n{FOOTER.link}\r\n")
    assert body_of(flowed, Footer("From us", FOOTER.link)).endswith(f"\r\n-- \r\n From us {FOOTER.link}\r\n")
    assert "\r\n From" not in body_of(raw(WORDS), Footer("From us", FOOTER.link))


@pytest.mark.parametrize(
    ("html", "before", "after"),
    [
        ("<body>a</body></html>", "<body>a", "</body></html>"),
        ("<body>a</BODY  ></html>", "<body>a", "</BODY  ></html>"),
        ("<!-- </body> --><body>a</body>b", "<!-- </body> --><body>a", "</body>b"),
        ("<html>a</html>", "<html>a", "</html>"),
        ("<p>a", "<p>a", ""),
        ("a & b < c <body", "a & b < c <body", ""),
    ],
)
def test_html_gets_it_before_the_last_closing_tag_and_is_never_parsed(html: str, before: str, after: str) -> None:
    made = body_of(text(html, "utf-8", "7bit", "text/html"))
    assert made == f"{before}\r\n{FOOTER.html}\r\n{after}"


def test_what_a_campaign_says_cannot_become_html() -> None:
    evil = Footer('<script>alert("1")</script>&', 'https://share.example.com/r/k7m2fqx?via=footer"><b>')
    made = body_of(text("<body></body>", "utf-8", "7bit", "text/html"), evil)
    assert "<script" not in made
    assert '"><b>' not in made
    assert "&lt;script&gt;" in made


@pytest.mark.parametrize(
    ("charset", "encoding", "becomes"),
    [
        ("us-ascii", "7bit", ("utf-8", "quoted-printable")),
        ("iso-8859-1", "8bit", ("utf-8", "8bit")),
        ("iso-8859-1", "quoted-printable", ("utf-8", "quoted-printable")),
        ("iso-2022-jp", "7bit", ("utf-8", "quoted-printable")),
        ("utf-8", "8bit", ("utf-8", "8bit")),
        ("utf-8", "base64", ("utf-8", "base64")),
        ("koi8-r", "base64", ("utf-8", "base64")),
        ("gb18030", "8bit", ("gb18030", "8bit")),
    ],
)
def test_character_set_and_packing_change_only_when_they_must(
    charset: str, encoding: str, becomes: tuple[str, str]
) -> None:
    mail = text("Halo\r\n", charset, encoding)
    assert kind_of(operated(mail)) == (charset, encoding), "ASCII fits everywhere"
    assert kind_of(operated(mail, FOREIGN)) == becomes


def test_html_never_changes_its_character_set() -> None:
    made = operated(text("<p>Ça</p>\r\n", "iso-8859-1", "8bit", "text/html"), FOREIGN)
    assert kind_of(made) == ("iso-8859-1", "8bit")


def test_lines_too_long_for_mail_become_quoted_printable() -> None:
    made = operated(text("x" * 999 + "\r\n", "us-ascii", "7bit"))
    assert kind_of(made) == ("us-ascii", "quoted-printable")
    assert max(map(len, made.split(b"\r\n"))) <= 76


def test_mail_without_mime_learns_it_when_it_must() -> None:
    made = operated(raw(WORDS), FOREIGN)
    assert b"\r\nMIME-Version: 1.0\r\n" in made
    assert kind_of(made) == ("utf-8", "quoted-printable")
    assert b"MIME-Version" not in operated(raw(WORDS))


def kind_of(mail: bytes) -> tuple[str, str]:
    """Return character set and packing of a mail with one part, as its headers say."""
    charset = re.search(rb'charset="?([\w-]+)', mail)
    encoding = re.search(rb"Content-Transfer-Encoding: (\S+)", mail)
    assert charset is not None
    assert encoding is not None
    return charset[1].decode(), encoding[1].decode()


def test_only_the_first_text_of_a_mixture_has_it_and_no_file_ever() -> None:
    note = "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n"
    inline = "Content-Type: text/plain\r\n\r\nsecond\r\n"
    pieces = mail_reader.pieces(operated(parts("multipart/mixed", inline, note, inline).encode()))
    assert [LINE.encode() in content for _, content in pieces] == [True, False, False]
    assert surgery.add(parts("multipart/mixed", note, inline).encode(), FOOTER) is Reason.NO_TEXT


def test_a_line_that_would_end_a_part_is_never_written() -> None:
    mark = "x" * 68
    mail = parts("multipart/mixed", "Content-Type: text/plain\r\n\r\nHi\r\n", mark=mark).encode()
    assert surgery.add(mail, Footer(f"--{mark}", FOOTER.link)) is Reason.BROKEN
    assert operated(mail, Footer(f"-{mark}", FOOTER.link))


def test_bare_line_ends_are_never_mended() -> None:
    assert surgery.add(raw("one\ntwo\r\n"), FOOTER) is Reason.BROKEN
    assert surgery.add(raw("one\rtwo\r\n"), FOOTER) is Reason.BROKEN


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("Free coffee!", "Free coffee!"),
        ("\n\n  Free coffee!  \nMore below", "Free coffee!"),
        ("", ""),
        ("word " * 40, "word " * 23 + "word ..."),
        ("x" * 200, "x" * 120 + " ..."),
    ],
)
def test_a_campaigns_words_become_one_line(words: str, line: str) -> None:
    assert one_line(words) == line


# ---- whatever comes


def assert_valid_or_untouched(mail: bytes, footer: Footer) -> bool:
    """Check that a mail got its footer and lost nothing, or a reason; say which."""
    made = surgery.add(mail, footer)
    if isinstance(made, Reason):
        return False
    assert mail_reader.headers(made) == mail_reader.headers(mail)
    before, after = mail_reader.pieces(mail), mail_reader.pieces(made)
    assert [kind for kind, _ in before] == [kind for kind, _ in after]
    touched = [(kind, was, now) for (kind, was), (_, now) in zip(before, after, strict=True) if was != now]
    assert touched
    for kind, was, now in touched:
        link = b"https://share.example.com/r/k7m2fqx?via=footer"
        assert now.count(link) == 1
        assert kind in {"text/plain", "text/html"}
        if kind == "text/plain":
            assert now.startswith(was.removesuffix(b"\r\n").removesuffix(b"\n")) or footer is FOREIGN
    return True


def mutated(mail: bytes, chance: random.Random) -> bytes:
    """Return the mail with something changed, lost, doubled or moved in it."""
    found = bytearray(mail)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        place = chance.randrange(len(found) + 1)
        end = min(len(found), place + chance.choice((0, 1, 1, 2, 5, 20, 80)))
        what = chance.randrange(5)
        if what == 0:
            found[place:end] = bytes(chance.randrange(256) for _ in range(end - place))
        elif what == 1:
            del found[place:end]
        elif what == 2:
            found[place:place] = found[place:end]
        elif what == 3:
            found[place:place] = chance.choice(
                (b"\r\n", b"\r\n\r\n", b"--bound", b"=", b"\0", b":", b";", b'"', b"\xff")
            )
        else:
            piece = bytes(found[place:end])
            del found[place:end]
            elsewhere = chance.randrange(len(found) + 1)
            found[elsewhere:elsewhere] = piece
    return bytes(found)


def test_mutated_mail_comes_out_valid_or_not_at_all() -> None:
    chance = random.Random(7)
    kinds = [kind.mail for kind in ALL if len(kind.mail) < 20_000]
    changed = sum(
        assert_valid_or_untouched(mutated(chance.choice(kinds), chance), chance.choice((FOOTER, FOREIGN)))
        for _ in range(MUTATIONS)
    )
    assert MUTATIONS / 10 < changed < MUTATIONS * 9 / 10, "both must have been tried"


WRITTEN = st.text(st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=("Cs",)), max_size=400)


@given(
    words=WRITTEN,
    html=st.none() | WRITTEN,
    encoding=st.sampled_from(("7bit", "8bit", "quoted-printable", "base64")),
    charset=st.sampled_from(("utf-8", "iso-8859-1", "iso-2022-jp", "windows-1252", "shift_jis", "gb18030", "us-ascii")),
    footer=st.sampled_from((FOOTER, FOREIGN)),
)
def test_whatever_people_write_comes_out_whole(
    words: str, html: str | None, encoding: str, charset: str, footer: Footer
) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = "Any"
    try:
        mail.set_content(words, charset=charset, cte=encoding)
        if html is not None:
            mail.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    except (UnicodeError, ValueError):
        return  # it cannot be written like this
    assert_valid_or_untouched(mail.as_bytes(), footer)


@given(st.binary(max_size=600))
def test_what_is_no_mail_at_all_is_left_alone_or_gets_a_valid_footer(noise: bytes) -> None:
    assert_valid_or_untouched(noise, FOOTER)
