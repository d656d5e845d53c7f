"""Many kinds of mail, each with what should become of it."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from sebar.channels.kinds.footer.reasons import Reason
from sebar.channels.kinds.footer.wording import Footer

FOOTER = Footer("Get free coffee for two", "https://share.example.com/r/k7m2fqx?via=footer")
LINE = "Get free coffee for two https://share.example.com/r/k7m2fqx?via=footer"
TOP = "From: Ani <ani@example.com>\r\nTo: b@example.org\r\nSubject: Lunch\r\nMessage-ID: <1@example.com>\r\n"
WORDS = "Hello Budi,\r\n\r\nlunch at noon?\r\n\r\nAni\r\n"
INDONESIAN = "Halo Budi – makan siang?\r\nSalam “hangat”, Ani ☕\r\n"
FRENCH = "Ça va? À midi, près du café.\r\nÉlodie\r\n"
HTML = "<html><body><p>Hello <b>Budi</b></p></body></html>\r\n"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True)
class Kind:
    """A mail, and why it must stay as it is; None when it gets a footer."""

    name: str
    mail: bytes
    reason: Reason | None = None


def raw(body: str | bytes, *headers: str) -> bytes:
    """Return a mail of exactly these headers and this body."""
    top = TOP + "".join(f"{header}\r\n" for header in headers) + "\r\n"
    return top.encode() + (body.encode() if isinstance(body, str) else body)


def text(body: str, charset: str, encoding: str, kind: str = "text/plain") -> bytes:
    """Return a mail with one text in a character set and packing."""
    data = body.encode(charset)
    if encoding == "base64":
        data = base64.encodebytes(data).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        data = quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return raw(
        data, "MIME-Version: 1.0", f"Content-Type: {kind}; charset={charset}", f"Content-Transfer-Encoding: {encoding}"
    )


def parts(kind: str, *inside: str, top: str = TOP + "MIME-Version: 1.0\r\n", mark: str = "bound") -> str:
    """Return a multipart mail, or a part of one when `top` is empty; each of `inside` is headers, a blank, a body."""
    body = "".join(f"--{mark}\r\n{part}\r\n" for part in inside)
    return f'{top}Content-Type: {kind}; boundary="{mark}"\r\n\r\n{body}--{mark}--\r\n'


PLAIN_PART = "Content-Type: text/plain; charset=utf-8\r\n\r\nHello Budi\r\n"
HTML_PART = "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>Hello</body></html>\r\n"
PDF_PART = (
    "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    'Content-Disposition: attachment; filename="a.pdf"\r\n\r\nJVBERi0xLjQKJcOkw7zDtsOfCg==\r\n'
)
IMAGE_PART = (
    "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <i1>\r\n\r\n"
    f"{base64.b64encode(PIXEL).decode()}\r\n"
)
CALENDAR_PART = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def modern() -> bytes:
    """Return a mail as a mail program makes it: two texts, a picture in one of them, two files."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Ani <ani@example.com>", "b@example.org", "Liburan di Bali – ☀"
    mail["Message-ID"] = "<9@example.com>"
    mail.set_content(INDONESIAN.replace("\r\n", "\n"))
    mail.add_alternative("<html><body><p>Halo Budi – <img src='cid:i1'></p></body></html>\n", subtype="html")
    mail.get_payload()[1].add_related(PIXEL, "image", "png", cid="<i1>")  # type: ignore[union-attr, index]
    mail.add_attachment(PIXEL, maintype="image", subtype="png", filename="bali.png")
    mail.add_attachment("a text file\n", filename="notes.txt")
    return mail.as_bytes()


def plain() -> Iterator[Kind]:
    """Yield plain text, packed in many ways."""
    yield Kind("no MIME at all", raw(WORDS))
    yield Kind("ASCII", text(WORDS, "us-ascii", "7bit"))
    yield Kind("UTF-8, 8 bits", text(INDONESIAN, "utf-8", "8bit"))
    yield Kind("UTF-8, quoted-printable", text(INDONESIAN, "utf-8", "quoted-printable"))
    yield Kind("UTF-8, base64", text(INDONESIAN, "utf-8", "base64"))
    yield Kind("UTF-8 that says 7 bits", text(INDONESIAN, "utf-8", "7bit"))
    yield Kind("base64 with bare line ends", text(INDONESIAN.replace("\r\n", "\n"), "utf-8", "base64"))
    yield Kind("Latin-1, 8 bits", text(FRENCH, "iso-8859-1", "8bit"))
    yield Kind("Latin-1, quoted-printable", text(FRENCH, "iso-8859-1", "quoted-printable"))
    yield Kind("Windows", text("“Ça” – 5 €\r\n", "windows-1252", "8bit"))
    yield Kind("Japanese, 7 bits", text("こんにちは\r\n", "iso-2022-jp", "7bit"))
    yield Kind("Japanese, base64", text("こんにちは\r\n", "shift_jis", "base64"))
    yield Kind("Chinese", text("你好\r\n", "gb18030", "8bit"))
    yield Kind("Russian", text("Привет\r\n", "koi8-r", "quoted-printable"))
    yield Kind("Arabic", text("مرحبا بالعالم\r\n", "utf-8", "8bit"))
    yield Kind("flowed", raw("one \r\nparagraph\r\n", "MIME-Version: 1.0", "Content-Type: text/plain; format=flowed"))
    yield Kind(
        "flowed, with blanks to delete", raw("o \r\nk\r\n", "Content-Type: text/plain; format=flowed; delsp=yes")
    )
    yield Kind("no body", raw(""))
    yield Kind("one empty line", raw("\r\n"))
    yield Kind("dots and From", raw(".\r\n..\r\nFrom here\r\n.\r\n"))
    yield Kind("a signature of its own", raw(f"{WORDS}-- \r\nAni\r\nExample Ltd\r\n"))
    yield Kind("a very long line", text("x" * 1500 + "\r\n", "us-ascii", "7bit"))


def in_html() -> Iterator[Kind]:
    """Yield HTML."""
    yield Kind("HTML", text(HTML, "utf-8", "7bit", "text/html"))
    yield Kind("HTML without a body", text("<p>Hello</p>\r\n", "utf-8", "7bit", "text/html"))
    yield Kind("HTML in capitals", text("<HTML><BODY>Hi</BODY >\r\n</HTML>\r\n", "utf-8", "7bit", "text/html"))
    yield Kind("HTML, only the end of html", text("<html>Hi</html>\r\n", "utf-8", "7bit", "text/html"))
    yield Kind("HTML, Latin-1, base64", text(f"<p>{FRENCH}</p>", "iso-8859-1", "base64", "text/html"))
    yield Kind("HTML in one long line", text(f"<body>{'<i>x</i>' * 120}</body>\r\n", "utf-8", "8bit", "text/html"))


def in_parts() -> Iterator[Kind]:
    """Yield mail in several parts."""
    yield Kind("two texts", parts("multipart/alternative", PLAIN_PART, HTML_PART).encode())
    related = parts("multipart/related", HTML_PART, IMAGE_PART, top="", mark="inner")
    yield Kind("two texts and a picture", parts("multipart/alternative", PLAIN_PART, related).encode())
    yield Kind("a text and a file", parts("multipart/mixed", PLAIN_PART, PDF_PART).encode())
    two = parts("multipart/alternative", PLAIN_PART, HTML_PART, top="", mark="inner")
    yield Kind("two texts and a file", parts("multipart/mixed", two, PDF_PART).encode())
    apple = parts("multipart/mixed", HTML_PART, PDF_PART, HTML_PART, top="", mark="inner")
    yield Kind("a file between texts", parts("multipart/alternative", PLAIN_PART, apple).encode())
    yield Kind("a picture after the text", parts("multipart/related", HTML_PART, IMAGE_PART).encode())
    yield Kind("a modern mail", modern())
    large = PDF_PART.replace("JVBERi0xLjQKJcOkw7zDtsOfCg==", ("A" * 76 + "\r\n") * 26_000 + "AAAA")
    yield Kind("a large file", parts("multipart/mixed", PLAIN_PART, large).encode())
    no_end = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nno end="
    yield Kind("no line end at the end", parts("multipart/mixed", no_end, PDF_PART).encode())
    before = parts("multipart/mixed", PLAIN_PART).replace("\r\n\r\n--bound", "\r\n\r\nMIME!\r\n--bound", 1)
    yield Kind("words around the parts", f"{before}after\r\n".encode())


def headed() -> Iterator[Kind]:
    """Yield mail with headers that are unusual but right."""
    yield Kind(
        "headers as Outlook folds them", raw(WORDS, "In-Reply-To:\r\n <2@example.com>", "Cc:", "X-Any:y", "X-B: z  ")
    )
    yield Kind("headers of 8 bits", raw(WORDS, "X-Name: Élodie").replace(b"Lunch", "Déjeuner".encode()))
    yield Kind("long folded headers", raw(WORDS, *(f"X-{n}: {'word ' * 12}\r\n\t{'more ' * 12}" for n in range(9))))
    yield Kind("surely no program", raw(WORDS, "Auto-Submitted: no"))
    yield Kind("the host without a link", raw("mail me: ani@share.example.com, not.share.example.com/r/x\r\n"))


def protected() -> Iterator[Kind]:
    """Yield mail that is signed, encrypted or meant for programs."""
    signature = "Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n"
    yield Kind("PGP signed", parts("multipart/signed", PLAIN_PART, signature).encode(), Reason.SIGNED)
    inner = parts("multipart/signed", PLAIN_PART, signature, top="", mark="inner")
    yield Kind("signed inside", parts("multipart/mixed", inner, PDF_PART).encode(), Reason.SIGNED)
    version = "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    yield Kind("PGP encrypted", parts("multipart/encrypted", version, PDF_PART).encode(), Reason.ENCRYPTED)
    smime = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
    yield Kind("S/MIME encrypted", raw("AAAA\r\n", smime, "Content-Transfer-Encoding: base64"), Reason.ENCRYPTED)
    yield Kind("old S/MIME", raw("AAAA\r\n", smime.replace("/pkcs7", "/x-pkcs7")), Reason.ENCRYPTED)
    yield Kind("signed in the text", raw("-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nHi\r\n"), Reason.SIGNED)
    yield Kind("encrypted in the text", raw("Hi\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nh\r\n"), Reason.ENCRYPTED)
    status = "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.com\r\n"
    yield Kind("a bounce", parts("multipart/report", PLAIN_PART, status).encode(), Reason.REPORT)
    receipt = "Content-Type: message/disposition-notification\r\n\r\nReporting-UA: x\r\n"
    yield Kind("a read receipt", parts("multipart/mixed", PLAIN_PART, receipt).encode(), Reason.REPORT)
    yield Kind("an invitation", parts("multipart/alternative", PLAIN_PART, CALENDAR_PART).encode(), Reason.CALENDAR)
    yield Kind("an appointment alone", text("BEGIN:VCALENDAR\r\n", "utf-8", "7bit", "text/calendar"), Reason.CALENDAR)
    enclosed = "Content-Type: message/rfc822\r\n\r\nFrom: c@example.net\r\nSubject: old\r\n\r\nold\r\n"
    yield Kind("forwarded whole", parts("multipart/mixed", PLAIN_PART, enclosed).encode(), Reason.ENCLOSED)
    yield Kind(
        "a digest", parts("multipart/digest", "\r\nFrom: c@example.net\r\n\r\nold\r\n").encode(), Reason.ENCLOSED
    )


def unreadable() -> Iterator[Kind]:
    """Yield mail that cannot be read for sure."""
    yield Kind("unknown letters", raw(WORDS, "Content-Type: text/plain; charset=x-klingon"), Reason.CHARSET)
    yield Kind("a remark", raw(WORDS, "Content-Type: text/plain; charset=us-ascii (plain)"), Reason.CHARSET)
    yield Kind("no letters at all", raw(WORDS, "Content-Type: text/plain; charset=hex"), Reason.CHARSET)
    yield Kind("not what it says", raw(b"\xe9t\xe9\r\n", "Content-Type: text/plain; charset=utf-8"), Reason.CHARSET)
    yield Kind("8 bits without a word", raw("café\r\n".encode()), Reason.CHARSET)
    yield Kind("UTF-7", raw("Hi +AKM-1\r\n", "Content-Type: text/plain; charset=utf-7"), Reason.CHARSET)
    yield Kind("UTF-16", text(WORDS, "utf-16", "base64"), Reason.CHARSET)
    no_boundary = parts("multipart/mixed", PLAIN_PART).replace('; boundary="bound"', "")
    yield Kind("no boundary", no_boundary.encode(), Reason.BROKEN)
    yield Kind("never ends", parts("multipart/mixed", PLAIN_PART).replace("--bound--\r\n", "").encode(), Reason.BROKEN)
    yield Kind("two types", raw(WORDS, "Content-Type: text/plain", "Content-Type: text/html"), Reason.BROKEN)
    yield Kind("no type", raw(WORDS, "Content-Type: plain"), Reason.BROKEN)
    yield Kind("a boundary like our line", parts("multipart/mixed", PLAIN_PART, mark="").encode(), Reason.BROKEN)
    yield Kind("bad base64", raw("%%%\r\n", "Content-Transfer-Encoding: base64"), Reason.ENCODING)
    yield Kind("bad quoted-printable", raw("a=zz\r\n", "Content-Transfer-Encoding: quoted-printable"), Reason.ENCODING)
    lone = raw("a=0Ab\r\n", "Content-Transfer-Encoding: quoted-printable")
    yield Kind("a lone line end", lone, Reason.ENCODING)
    yield Kind("unknown packing", raw(WORDS, "Content-Transfer-Encoding: x-uuencode"), Reason.ENCODING)


def by_header() -> Iterator[Kind]:
    """Yield mail whose headers say that no person wrote it, or that it was signed."""
    yield Kind("an out-of-office note", raw(WORDS, "Auto-Submitted: auto-replied"), Reason.AUTOMATIC)
    yield Kind("a mailing list", raw(WORDS, "List-Id: <dev.example.com>"), Reason.LIST)
    yield Kind("a newsletter", raw(WORDS, "List-Unsubscribe: <https://example.com/u>"), Reason.LIST)
    yield Kind("in bulk", raw(WORDS, "Precedence: Bulk"), Reason.LIST)
    signature = "DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=other.example; s=x; h=from; bh=AAAA; b=AAAA"
    yield Kind("DKIM", raw(WORDS, signature), Reason.DKIM)
    yield Kind("ARC", raw(WORDS, "ARC-Seal: i=1; a=rsa-sha256; b=AA"), Reason.DKIM)


def had_already() -> Iterator[Kind]:
    """Yield mail in which the footer stands already."""
    yield Kind("its own mark", raw(WORDS, "X-Sebar-Footer: added"), Reason.ALREADY_THERE)
    yield Kind("quoted", raw(f"Yes!\r\n\r\n> Hi\r\n> -- \r\n> {LINE}\r\n"), Reason.ALREADY_THERE)
    quoted = HTML_PART.replace("Hello", '<a href="https://share.example.com/r/zzzzzzz?via=footer">x</a>')
    yield Kind("quoted in HTML", parts("multipart/alternative", PLAIN_PART, quoted).encode(), Reason.ALREADY_THERE)
    gateway = "https://safe.example.net/?url=https%3A%2F%2FShare.Example.com%2Fr%2Fk7m2fqx\r\n"
    yield Kind("quoted through a gateway", raw(gateway), Reason.ALREADY_THERE)
    packed = text(f"> {LINE} –\r\n", "utf-8", "base64")
    yield Kind("quoted and packed", packed, Reason.ALREADY_THERE)


def without_text() -> Iterator[Kind]:
    """Yield mail with nothing to write under."""
    yield Kind("a checksum", raw(WORDS, "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ=="), Reason.SIGNED)
    yield Kind("only a file", parts("multipart/mixed", PDF_PART).encode(), Reason.NO_TEXT)
    yield Kind("a picture", raw("AAAA\r\n", "Content-Type: image/png"), Reason.NO_TEXT)
    note = "Content-Disposition: inline; filename=a.txt"
    yield Kind("a text that is a file", raw(WORDS, "Content-Type: text/plain", note), Reason.NO_TEXT)
    yield Kind("a form", parts("multipart/form-data", PLAIN_PART).encode(), Reason.NO_TEXT)
    started = parts('multipart/related; start="<i1>"', IMAGE_PART, HTML_PART).encode()
    yield Kind("another part comes first", started, Reason.NO_TEXT)
    yield Kind("very large", raw("x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 30_000), Reason.TOO_LARGE)


CHANGED = (*plain(), *in_html(), *in_parts(), *headed())
LEFT_ALONE = (*protected(), *unreadable(), *by_header(), *had_already(), *without_text())
ALL = (*CHANGED, *LEFT_ALONE)
