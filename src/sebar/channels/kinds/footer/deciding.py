"""Decides of each mail whether it gets a footer, puts it in, and keeps count: the same for milter and relay.

Nothing here may keep a mail from going out: whatever goes wrong becomes a reason to leave it alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.parser import BytesHeaderParser
from functools import partial
from typing import Final, ParamSpec, TypeVar

from django.db import close_old_connections, connections

from sebar.channels import sealing
from sebar.channels.kinds.footer import actions, queries, rules, surgery
from sebar.channels.kinds.footer.models import FooterTally
from sebar.channels.kinds.footer.queries import Standing
from sebar.channels.kinds.footer.reasons import Reason
from sebar.channels.kinds.footer.wording import Footer

Answer = TypeVar("Answer")
Rest = ParamSpec("Rest")

ADDED: Final = FooterTally.ADDED
TEST: Final = Standing(footer=Footer("This is a test.", "https://self-test.invalid/r/0000000?via=footer"))
"""What the address of the test has, which nobody else can know (`test_address`)."""
STRANGER: Final = "stranger@self-test.invalid"
"""Who has no footer in the test."""
_TEST_STRANGER: Final = Standing(reason=Reason.NOT_ENROLLED)
_FRESH_SECONDS: Final = 1.0
_QUICK: Final = 65_536  # bytes of a mail that keeps nobody waiting
_log = logging.getLogger("sebar.footer")
_WRONG_ORDER: Final = (
    "A mail was signed with DKIM before it came here, and was left alone. If mail of your own people is, the order is"
    " wrong: the footer must stand before the signing in smtpd_milters and non_smtpd_milters."
)


def test_address() -> str:
    """Return the sender whose mail gets the footer of the test."""
    return f"{sealing.signed('footer test', 0)}@self-test.invalid"


class Footers:
    """The footers of one process that sees mail. `close` it at the end: what it counted is written by then.

    Attributes
    ----------
    outcomes
        What became of all mail since the start: `ADDED`, or the reason it was left alone for.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="footer-reading")
        self._writing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="footer-writing")
        self._known: dict[str, Standing] = {}
        self._known_until = 0.0
        self._mails: Counter[tuple[int, str]] = Counter()
        self._threads: set[tuple[int, str]] = set()
        self._counting: asyncio.Task[None] | None = None
        self._has_warned = False

    async def standing(self, address: str) -> Standing:
        """Return what is known of whoever sends a mail; an empty address is that of a bounce.

        What was asked within the last second is not asked again.
        """
        if not address:
            return Standing(reason=Reason.NO_SENDER)
        if address == test_address():
            return TEST
        if address == STRANGER:
            return _TEST_STRANGER
        if time.monotonic() >= self._known_until:
            self._known.clear()
            self._known_until = time.monotonic() + _FRESH_SECONDS
        if address not in self._known:
            self._known[address] = await self._ask(self._reading, queries.standing, address)
        return self._known[address]

    async def add(self, mail: bytes, standing: Standing, *, is_signed_in: bool) -> tuple[bytes | Reason, str]:
        """Return a mail with its footer, or why it has none, and by what its conversation is known.

        Parameters
        ----------
        is_signed_in
            Whether the mail server knows for sure who sends it; only then can a mail prove a mailbox.
        """
        headers = _headers(mail)
        if is_signed_in:
            await self._prove(standing, headers)
        if standing.footer is None:
            return standing.reason or Reason.TROUBLE, ""
        thread = rules.thread_hash(headers, standing.sender) if standing.sender else ""
        if thread and await self._has_it(standing.sender, thread):
            return Reason.SAME_THREAD, thread
        if len(mail) <= _QUICK:
            return surgery.add(mail, standing.footer), thread
        return await asyncio.to_thread(surgery.add, mail, standing.footer), thread

    def record(self, standing: Standing, outcome: str, thread: str = "") -> None:
        """Count what became of a mail, and remember its conversation if it got its footer."""
        if standing is TEST or standing is _TEST_STRANGER:
            return
        self.outcomes[outcome] += 1
        if outcome == Reason.DKIM and not self._has_warned:
            self._has_warned = True
            _log.warning(_WRONG_ORDER)
        if standing.sender:
            self._mails[standing.sender, outcome] += 1
            if thread and outcome == ADDED:
                self._threads.add((standing.sender, thread))
            if self._counting is None or self._counting.done():
                self._counting = asyncio.create_task(self._count_soon())

    def fail(self, error: Exception) -> None:
        """Count a mail that was left alone because something went wrong."""
        self.outcomes[Reason.TROUBLE] += 1
        _log.warning("A mail was left alone because something went wrong: %r", error)

    async def close(self) -> None:
        """Write what was counted, and let go of the database."""
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.wait([self._counting])
        await self._count()
        for thread in (self._reading, self._writing):
            await self._ask(thread, connections.close_all)
            thread.shutdown()

    async def _has_it(self, sender: int, thread: str) -> bool:
        return (sender, thread) in self._threads or await self._ask(self._reading, queries.has_it, sender, thread)

    async def _prove(self, standing: Standing, headers: Mapping[str, str]) -> None:
        for token, number in (standing.awaited or {}).items():
            if rules.is_proof(headers, token) and await self._ask(self._writing, _prove_mailbox, number):
                self._known.clear()
                _log.info("A mailbox was proved; it carries the footer from now on.")

    async def _count_soon(self) -> None:
        """Write what was counted, a second's worth at a time: each writing costs as much as a mail."""
        while self._mails:
            await asyncio.sleep(_FRESH_SECONDS)
            await self._count()

    async def _count(self) -> None:
        mails, threads = dict(self._mails), set(self._threads)
        try:
            await self._ask(self._writing, actions.count, mails=mails, threads=threads)
        except Exception as error:  # noqa: BLE001 - whatever the database raises: mail goes out all the same
            _log.warning("What became of mail could not be counted; it is tried again: %r", error)
        else:
            self._mails -= Counter(mails)
            self._threads -= threads

    async def _ask(
        self,
        thread: ThreadPoolExecutor,
        question: Callable[Rest, Answer],
        *args: Rest.args,
        **named: Rest.kwargs,
    ) -> Answer:
        """Ask the database in one of its two threads: whoever reads must not wait for what is written."""
        asked = partial(_on_a_good_line, question, *args, **named)
        return await asyncio.get_running_loop().run_in_executor(thread, asked)


def _on_a_good_line(question: Callable[Rest, Answer], *args: Rest.args, **named: Rest.kwargs) -> Answer:
    close_old_connections()
    return question(*args, **named)


def _prove_mailbox(number: int) -> bool:
    sender = queries.of_number(number)
    if sender is not None:
        actions.prove(sender=sender)
    return sender is not None


def _headers(mail: bytes) -> dict[str, str]:
    """Return the headers by their names in small letters, the first of each."""
    top = mail.partition(b"\r\n\r\n")[0]
    parsed = BytesHeaderParser().parsebytes(top + b"\r\n\r\n")
    return {name.lower(): str(value) for name, value in reversed(parsed.items())}
