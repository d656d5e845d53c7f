"""Puts the footer under a mail, or leaves the mail as it was: bytes in, bytes or a reason out, nothing else.

It is the text of people and often of the law, so it is changed only where every step can be checked: the mail must come
out byte for byte when it is read and written untouched; the text must be read and written back without loss; and what
was made is read once more and must hold exactly what was meant. Of the headers only ``Content-Type``,
``Content-Transfer-Encoding``, ``MIME-Version`` and our own marker change.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.generator import BytesGenerator
from email.message import Message
from email.policy import Compat32
from io import BytesIO
from typing import Any, Final, TypeAlias, cast

from sebar.channels.kinds.footer.reasons import Reason
from sebar.channels.kinds.footer.wording import Footer

Mail: TypeAlias = "Message[str, str]"  # it has parameters for the type checker only

MARKER: Final = "X-Sebar-Footer"
"""The header that says that a mail has its footer."""
CHANGED: Final = frozenset({"content-type", "content-transfer-encoding", "mime-version", MARKER.lower()})
"""The headers that may differ afterwards, in small letters."""
LARGEST: Final = 2 * 1024 * 1024
"""Bytes above which a mail is left alone: the milter could not hand it back to Postfix at once."""

_LONGEST_LINE: Final = 998  # RFC 5321, without its end
_ONCE: Final = ("content-type", "content-transfer-encoding", "content-disposition", "mime-version")
_BY_HEADER: Final = {
    MARKER.lower(): Reason.ALREADY_THERE,
    "dkim-signature": Reason.DKIM,
    "arc-seal": Reason.DKIM,
    "arc-message-signature": Reason.DKIM,
    "list-id": Reason.LIST,
    "list-post": Reason.LIST,
    "list-unsubscribe": Reason.LIST,
}
_BY_TYPE: Final = {
    "multipart/signed": Reason.SIGNED,
    "application/pgp-signature": Reason.SIGNED,
    "application/pkcs7-signature": Reason.SIGNED,
    "application/x-pkcs7-signature": Reason.SIGNED,
    "multipart/encrypted": Reason.ENCRYPTED,
    "application/pgp-encrypted": Reason.ENCRYPTED,
    "application/pkcs7-mime": Reason.ENCRYPTED,
    "application/x-pkcs7-mime": Reason.ENCRYPTED,
    "multipart/report": Reason.REPORT,
    "message/delivery-status": Reason.REPORT,
    "message/disposition-notification": Reason.REPORT,
    "text/calendar": Reason.CALENDAR,
    "application/ics": Reason.CALENDAR,
}
_BULK: Final = frozenset({"bulk", "list", "junk"})
_PGP: Final = re.compile(r"^-----BEGIN PGP ", re.MULTILINE)
# Every letter of ASCII must stand for itself, or the footer would be written in something that is not text.
_ASCII: Final = "".join(map(chr, range(32, 127))) + "\r\n\t"
_WRONG_QUOTED_PRINTABLE: Final = re.compile(r"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|[ \t]*\Z)")
_LONE_LINE_END: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_CLOSING_TAGS: Final = (re.compile(r"</body\s*>", re.IGNORECASE), re.compile(r"</html\s*>", re.IGNORECASE))


class _Faithful(Compat32):
    """Reads and writes headers as they are, blanks and folds included; the library's own policy mends them."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, _, value = "".join(sourcelines).partition(":")
        return name, value.rstrip("\r\n")

    def header_store_parse(self, name: str, value: str) -> tuple[str, str]:
        return name, f" {value}"

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return super().header_fetch_parse(name, value.lstrip())

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}:{value}{self.linesep}".encode("ascii", "surrogateescape")


_POLICY: Final = _Faithful(mangle_from_=False, linesep="\r\n", max_line_length=None)


class _LeftAloneError(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def add(mail: bytes, footer: Footer) -> bytes | Reason:
    """Return a mail with the footer under its text, or why it must stay as it is. Never raises.

    Parameters
    ----------
    mail
        The whole message, headers and body, with lines that end in CRLF.
    """
    if len(mail) > LARGEST:
        return Reason.TOO_LARGE
    try:
        return _with_footer(mail, footer)
    except _LeftAloneError as left:
        return left.reason
    except Exception:  # noqa: BLE001 - broken mail raises whatever it likes out of the library that reads it
        return Reason.BROKEN


def _with_footer(mail: bytes, footer: Footer) -> bytes:
    parsed = _read(mail)
    _refuse_what_must_not_change(parsed)
    if _is_guessed(parsed) or _written(parsed) != mail:
        raise _LeftAloneError(Reason.BROKEN)
    own = list(_texts(parsed))
    if not own:
        raise _LeftAloneError(Reason.NO_TEXT)
    leaves = [_Leaf.read(part) for part in parsed.walk() if _is_text(part)]
    _refuse_by_text([leaf.text for leaf in leaves], footer)
    for leaf in leaves:
        if any(leaf.part is part for part in own):
            leaf.write(leaf.text_with(footer))
    if "MIME-Version" not in parsed and "Content-Transfer-Encoding" in parsed:
        parsed["MIME-Version"] = "1.0"
    parsed[MARKER] = "added"
    made = _written(parsed)
    again = _read(made)
    if _is_guessed(again) or _content(again) != _content(parsed):
        raise _LeftAloneError(Reason.BROKEN)
    return made


def _read(mail: bytes) -> Mail:
    parsed: Mail = message_from_bytes(mail, policy=_POLICY)
    return parsed


def _is_guessed(parsed: Mail) -> bool:
    """Say whether the library had to guess what was meant."""
    return any(part.defects for part in parsed.walk())


def _written(parsed: Mail) -> bytes:
    out = BytesIO()
    BytesGenerator(out, policy=_POLICY).flatten(parsed)
    return out.getvalue()


def _content(parsed: Mail) -> list[object]:
    """Return what must be the same when a mail is read once more: every part's headers and what it holds."""
    return [
        (part.items(), part.preamble, part.epilogue) if part.is_multipart() else (part.items(), part.get_payload())
        for part in parsed.walk()
    ]


# ---- what is left alone


def _refuse_what_must_not_change(parsed: Mail) -> None:
    for name, value in parsed.items():
        reason = _BY_HEADER.get(name.lower()) or _by_value(name.lower(), value)
        if reason:
            raise _LeftAloneError(reason)
    reasons = [reason for part in parsed.walk() if (reason := _by_part(part))]
    if reasons:
        raise _LeftAloneError(reasons[0])


def _by_value(name: str, value: str) -> Reason | None:
    word = str(value).strip().lower()
    if name == "auto-submitted" and word != "no":
        return Reason.AUTOMATIC
    return Reason.LIST if name == "precedence" and word in _BULK else None


def _by_part(part: Mail) -> Reason | None:
    names = [name.lower() for name in part.keys()]  # noqa: SIM118 - a message is no mapping: names may come twice
    if any(names.count(name) > 1 for name in _ONCE):
        return Reason.BROKEN
    # What is no type at all would be taken for plain text.
    if "content-type" in names and str(part["Content-Type"]).partition(";")[0].count("/") != 1:
        return Reason.BROKEN
    kind = part.get_content_type()
    if kind.startswith("message/"):
        return _BY_TYPE.get(kind, Reason.ENCLOSED)
    return Reason.SIGNED if "content-md5" in names else _BY_TYPE.get(kind)


def _refuse_by_text(texts: Sequence[str], footer: Footer) -> None:
    """Refuse a mail with our link in any of its texts, or with a text that is signed or encrypted in itself."""
    for text in texts:
        if footer.is_in(text):
            raise _LeftAloneError(Reason.ALREADY_THERE)
        if _PGP.search(text):
            raise _LeftAloneError(Reason.SIGNED if "BEGIN PGP SIGNED" in text else Reason.ENCRYPTED)


# ---- which parts are the text


def _texts(part: Mail) -> Iterator[Mail]:
    """Yield the parts that people read as the mail's own text: each alternative, but only the first of a mixture."""
    kind = part.get_content_type()
    if part.is_multipart():
        children = cast("list[Mail]", part.get_payload())
        if kind == "multipart/alternative":
            for child in children:
                yield from _texts(child)
        elif kind == "multipart/mixed" or (kind == "multipart/related" and part.get_param("start") is None):
            yield from _texts(children[0])
    elif kind in {"text/plain", "text/html"} and _is_text(part):
        yield part


def _is_text(part: Mail) -> bool:
    """Say whether a part is text to be read in the mail itself, and no file."""
    is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
    return part.get_content_maintype() == "text" and not is_file


# ---- reading and writing one text


@dataclass(frozen=True)
class _Leaf:
    """One part with text: what it says, and how it is packed."""

    part: Mail
    text: str
    charset: str
    encoding: str

    @classmethod
    def read(cls, part: Mail) -> _Leaf:
        encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower()
        charset = part.get_content_charset() or "us-ascii"
        return cls(part, _decoded(_unpacked(part, encoding), charset), charset, encoding)

    def text_with(self, footer: Footer) -> str:
        newline = "\n" if "\n" in self.text and "\r\n" not in self.text else "\r\n"
        if self.part.get_content_type() == "text/html":
            return _inserted(self.text, f"{newline}{footer.html}{newline}")
        ends = not self.text or self.text.endswith(newline)
        lines = footer.plain(is_flowed=str(self.part.get_param("format", "")).lower() == "flowed")
        return newline.join([self.text.removesuffix(newline), "", *lines, *([""] if ends else [])])

    def write(self, text: str) -> None:
        """Put another text into the part, packed as the old one was if that is possible."""
        charset, encoding = self.charset, self.encoding
        try:
            data = text.encode(charset)
        except UnicodeEncodeError:
            charset, data = "utf-8", text.encode()
        if encoding in {"7bit", "8bit"} and not _fits(data, encoding):
            encoding = "quoted-printable"
        self.part.set_payload(_packed(data, encoding).decode("ascii", "surrogateescape"))
        if charset != self.charset:
            self.part.set_param("charset", charset, replace="Content-Type" in self.part)
        if encoding != self.encoding:
            del self.part["Content-Transfer-Encoding"]
            self.part["Content-Transfer-Encoding"] = encoding


def _unpacked(part: Mail, encoding: str) -> bytes:
    """Return what is in a part, byte for byte. The library's own unpacking guesses where it should refuse."""
    if encoding in {"7bit", "8bit"}:
        return bytes(part.get_payload(decode=True))
    packed = str(part.get_payload())
    if packed.isascii() and encoding == "base64":
        try:
            return base64.b64decode("".join(packed.split()), validate=True)
        except binascii.Error:
            raise _LeftAloneError(Reason.ENCODING) from None
    if packed.isascii() and encoding == "quoted-printable" and not _WRONG_QUOTED_PRINTABLE.search(packed):
        data = quopri.decodestring(packed)
        if not _LONE_LINE_END.search(data):
            return data
    raise _LeftAloneError(Reason.ENCODING)


def _decoded(data: bytes, charset: str) -> str:
    try:
        text = data.decode(charset)
        is_sure = text.encode(charset) == data and _ASCII.encode(charset) == _ASCII.encode()
    except (LookupError, ValueError):
        is_sure = False
    if not is_sure:
        raise _LeftAloneError(Reason.CHARSET)
    return text


def _fits(data: bytes, encoding: str) -> bool:
    return (encoding == "8bit" or data.isascii()) and max(map(len, data.split(b"\r\n"))) <= _LONGEST_LINE


def _packed(data: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(data).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return _LONE_LINE_END.sub(b"\r\n", binascii.b2a_qp(data, istext=True))
    return data


def _inserted(text: str, block: str) -> str:
    """Return HTML with a block before its last closing tag. No parser: what people wrote is never read as a program."""
    for tag in _CLOSING_TAGS:
        found = [match.start() for match in tag.finditer(text)]
        if found:
            return text[: found[-1]] + block + text[found[-1] :]
    return text + block
