"""The relay: for mail servers without milters. Postfix hands each mail over and gets it back on another port.

It answers nothing of itself. Each command is passed on to the port where the mail goes back, and what is said there is
the answer, so a mail is taken over only when it is safe there: nothing is lost and nothing comes twice. When that port
cannot be reached Postfix keeps the mail and tries again.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, ParamSpec

from aiosmtpd.smtp import SMTP, Envelope, Session

from sebar.channels.kinds.footer import rules
from sebar.channels.kinds.footer.deciding import ADDED, Footers
from sebar.channels.kinds.footer.queries import Standing
from sebar.channels.kinds.footer.reasons import Reason

Given = ParamSpec("Given")

LATER: Final = "451 4.3.0 The mail cannot be passed on just now; try again later"
_SECONDS: Final = 60.0
_OURS: Final = frozenset({"SIZE"})  # what a mail weighs changes on the way
_MEGABYTE: Final = 1024 * 1024
_log = logging.getLogger("sebar.footer")
logging.getLogger("mail.log").setLevel(logging.ERROR)  # the library tells who writes to whom


async def serve(
    footers: Footers, host: str, port: int, onward: tuple[str, int], ready: Callable[[], Awaitable[bool]]
) -> None:
    """Take mail over until cancelled, or at once if `ready`, awaited once it can, says no.

    Parameters
    ----------
    onward
        Host and port where mail goes back.

    Raises
    ------
    OSError
        When nobody can listen there.
    """
    server = await asyncio.get_running_loop().create_server(lambda: _Line(footers, onward), host, port)
    try:
        if await ready():
            await server.serve_forever()
    finally:
        server.close()


@dataclass(frozen=True, slots=True)
class _Made:
    """A mail with its footer, or why it has none; whose it is, and by what its conversation is known."""

    standing: Standing
    mail: bytes | Reason
    thread: str

    @property
    def outcome(self) -> str:
        return self.mail if isinstance(self.mail, Reason) else ADDED


class _Line(SMTP):
    """One connection from Postfix. What a line or a mail may weigh is for Postfix to say."""

    line_length_limit = _MEGABYTE

    def __init__(self, footers: Footers, onward: tuple[str, int]) -> None:
        self._passing = _Passing(footers, onward)
        super().__init__(
            self._passing, data_size_limit=None, enable_SMTPUTF8=True, decode_data=False, hostname="localhost"
        )

    def connection_lost(self, error: Exception | None) -> None:
        """Let go of the line onward with the line here."""
        self._passing.close()
        super().connection_lost(error)


class _Passing:
    """Passes the commands of one connection on, and the answers back."""

    def __init__(self, footers: Footers, onward: tuple[str, int]) -> None:
        self._footers = footers
        self._onward = onward
        self._next: smtplib.SMTP | None = None

    async def handle_MAIL(  # noqa: N802 - the library calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        passed = [option for option in options if option.partition("=")[0].upper() not in _OURS]
        answer = await self._ask(self._begin, address or "", passed)
        if answer.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._ask(self._line().rcpt, address, options)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        mail = envelope.original_content or b""
        made = await self._made(envelope.mail_from or "", mail)
        if made is None:
            return await self._ask(self._line().data, mail)
        answer = await self._ask(self._line().data, mail if isinstance(made.mail, Reason) else made.mail)
        if answer.startswith("2"):  # what is not taken comes once more, and must have its footer then
            self._footers.record(made.standing, made.outcome, made.thread)
        return answer

    async def handle_RSET(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - the library's name
        self.close()
        return "250 2.0.0 Ok"

    async def handle_exception(self, error: Exception) -> str:
        _log.warning("A mail was not taken over because something went wrong: %r", error)
        return LATER

    def close(self) -> None:
        """Let go of the line onward."""
        if self._next is not None:
            self._next.close()
            self._next = None

    def _begin(self, sender: str, options: list[str]) -> tuple[int, bytes]:
        self.close()
        self._next = smtplib.SMTP(*self._onward, local_hostname="localhost", timeout=_SECONDS)
        self._next.ehlo()
        return self._next.mail(sender, options)

    def _line(self) -> smtplib.SMTP:
        if self._next is None:
            raise smtplib.SMTPServerDisconnected
        return self._next

    async def _ask(self, command: Callable[Given, tuple[int, bytes]], *given: Given.args, **named: Given.kwargs) -> str:
        """Ask what is onward, and return its answer; that to try again when there is none."""
        words: bytes | str
        try:
            code, words = await asyncio.to_thread(command, *given, **named)
        except smtplib.SMTPResponseException as refused:
            code, words = refused.smtp_code, refused.smtp_error
        except (OSError, smtplib.SMTPException) as error:
            _log.warning("The mail server does not take mail back: %r", error)
            return LATER
        said = words.decode("ascii", "replace") if isinstance(words, bytes) else words
        return f"{code} {said.partition(chr(10))[0]}" if code > 0 else LATER

    async def _made(self, sender: str, mail: bytes) -> _Made | None:
        """Return what is made of a mail; None where something went wrong, and it goes on as it is."""
        try:
            standing = await self._footers.standing(rules.sender(sender))
            made, thread = await self._footers.add(mail, standing, is_signed_in=False)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the mail goes on as it is
            self._footers.fail(error)
            return None
        return _Made(standing, made, thread)
