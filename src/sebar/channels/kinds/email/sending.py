"""Handing letters over to the mail server (RFC 5321), over one line that is kept while there is more to send."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from datetime import timedelta
from typing import Final

from sebar.channels.base import Came, Outcome, Outgoing
from sebar.channels.kinds.email import entered
from sebar.channels.kinds.email.letter import Letter, written
from sebar.kit import config
from sebar.kit.config import MailServer
from sebar.kit.words import gettext_noop, kept

_SECONDS: Final = 20
_PERMANENT: Final = 500
_NOBODY: Final = (b"5.1.1", b"5.1.6", b"5.1.10", b"5.2.1")  # RFC 3463: there is no such mailbox, or no more
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NOT_REACHED: Final = gettext_noop(
    "The mail server of this instance cannot be reached; letters wait, and it is tried again. Whoever runs the instance"
    " looks at SEBAR_MAIL and at that server."
)
_NOT_LET_IN: Final = gettext_noop(
    "The mail server of this instance refuses our user and password; letters wait. Whoever runs the instance mends"
    " SEBAR_MAIL."
)
_IN_THE_CLEAR: Final = gettext_noop(
    "The mail server of this instance offers no encryption, so the password was not sent to it; letters wait. Whoever"
    " runs the instance looks at SEBAR_MAIL and at that server."
)


class Mail:
    """What sends letters. Several per line; the line is opened with the first."""

    def __init__(self) -> None:
        self._line: smtplib.SMTP | None = None

    def send(self, message: Outgoing) -> Outcome:
        """Send one letter, and say whether the server took it."""
        server = config.load().mail
        if server is None:
            return Outcome(came=Came.AWAY, trouble=entered.lacks())
        try:
            letter = written(message)
        except Exception as trouble:  # noqa: BLE001 - whatever the address or the words do to the libraries: nothing has left
            return Outcome(came=Came.REFUSED, trouble=_in_words(trouble))
        return self.hand_over(server, letter, message.address)

    def hand_over(self, server: MailServer, letter: Letter, address: str) -> Outcome:
        """Hand one letter over as it is, and say whether the server took it."""
        try:
            line = self._open(server)
        except (OSError, smtplib.SMTPException) as trouble:
            self.close()
            return _away(server, trouble)
        return self._through(server, line, letter, address)

    def close(self) -> None:
        """Say goodbye to the server."""
        if self._line is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._line.quit()
            self._line = None

    def _open(self, server: MailServer) -> smtplib.SMTP:
        if self._line is not None:
            try:
                self._line.rset()
            except (OSError, smtplib.SMTPException):  # it was kept too long, or closed while we were not looking
                self._line = None
        if self._line is None:
            self._line = _connected(server)
        return self._line

    def _through(self, server: MailServer, line: smtplib.SMTP, letter: Letter, address: str) -> Outcome:
        """Go through the steps of one letter. Until its text is being sent, whatever breaks means that it was not."""
        try:
            for answer in (line.mail(letter.sender), line.rcpt(address)):
                if answer[0] >= 400:  # noqa: PLR2004 - RFC 5321 4.2.1: from here on it says no
                    return _refused(*answer)
        except (OSError, smtplib.SMTPException) as trouble:
            self._line = None
            return _away(server, trouble)
        try:
            answer = line.data(letter.content)
        except smtplib.SMTPDataError as refused:
            return _refused(refused.smtp_code, _bytes(refused.smtp_error))
        except (OSError, smtplib.SMTPException) as trouble:
            self._line = None
            return Outcome(came=Came.DOUBTFUL, trouble=_in_words(trouble))
        return Outcome(came=Came.SENT) if answer[0] < 400 else _refused(*answer)  # noqa: PLR2004 - as above


def open_sender() -> Mail:
    """Return what sends letters."""
    return Mail()


def hand_over(server: MailServer, letter: Letter, address: str) -> Outcome:
    """Hand one letter over that waits in no queue, and say whether the server took it."""
    mail = Mail()
    try:
        return mail.hand_over(server, letter, address)
    finally:
        mail.close()


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.is_tls:
        line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
    else:
        line = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    try:
        line.ehlo_or_helo_if_needed()
        is_safe = server.is_tls or server.host in _LOCAL
        if not is_safe and line.has_extn("starttls"):
            line.starttls(context=context)
            line.ehlo()
            is_safe = True
        if server.user:
            _sign_in(line, server, is_safe=is_safe)
    except BaseException:
        line.close()
        raise
    return line


def _sign_in(line: smtplib.SMTP, server: MailServer, *, is_safe: bool) -> None:
    if not is_safe:
        raise smtplib.SMTPNotSupportedError
    line.login(server.user, server.password)


def _away(server: MailServer, trouble: Exception) -> Outcome:
    sentence = _NOT_REACHED
    if isinstance(trouble, smtplib.SMTPAuthenticationError):
        sentence = _NOT_LET_IN
    elif isinstance(trouble, smtplib.SMTPNotSupportedError):
        sentence = _IN_THE_CLEAR
    return Outcome(came=Came.AWAY, trouble=kept(sentence, f"{server.host}:{server.port}: {_in_words(trouble)}"))


def _refused(code: int, words: bytes) -> Outcome:
    told = f"{code} {words.decode(errors='replace')}"
    if code < _PERMANENT:
        return Outcome(came=Came.LATER, trouble=told, wait=timedelta(minutes=5))
    return Outcome(came=Came.GONE if words.startswith(_NOBODY) else Came.REFUSED, trouble=told)


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()


def _in_words(trouble: Exception) -> str:
    return " ".join(str(trouble).split()) or type(trouble).__name__
