"""The engine's side of `sebar.events.engine`: answers questions about the store on a Unix socket."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from clickhouse_connect.driver.exceptions import ClickHouseError

from sebar.events import answer
from sebar.events.event import Kind
from sebar.events.store import Store
from sebar.kit.errors import Unavailable

_LARGEST_QUESTION: Final = 64 * 1024 * 1024
_THREADS: Final = 4
_CHUNK: Final = 1 << 20
_KEPT: Final = 256  # answers; most have some kB
_log = logging.getLogger(__name__)


@asynccontextmanager
async def serve(store: Store, at: Path) -> AsyncIterator[None]:
    """Answer questions on the Unix socket `at` for as long as the context lasts.

    Whoever may enter the socket's folder may ask anything.
    """
    at.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="answering") as threads:
        runner = web.AppRunner(_application(store, threads), access_log=None, handler_cancellation=False)
        await runner.setup()
        await web.UnixSite(runner, at).start()
        try:
            yield
        finally:
            await runner.cleanup()


class _Wanted(msgspec.Struct, frozen=True):
    form: str
    campaigns: list[int]
    kinds: list[Kind]


class _Known:
    """Answers that hold while the store's version stays: everybody who looks at one page asks the same."""

    def __init__(self, store: Store, in_thread: Callable[..., asyncio.Future[bytes]]) -> None:
        self._store = store
        self._in_thread = in_thread
        self._version = -1
        self._answers: dict[bytes, asyncio.Future[bytes]] = {}

    async def answer(self, asked: bytes) -> bytes:
        """Return the encoded answer of an encoded question; the same one asked meanwhile waits for it too."""
        version = self._store.status.version
        if version != self._version or len(self._answers) >= _KEPT:
            self._version, self._answers = version, {}
        found = self._answers.get(asked)
        if found is None or (found.done() and (found.cancelled() or found.exception() is not None)):
            question = answer.decode_question(asked)
            found = self._answers[asked] = self._in_thread(self._store.answer, question.sql, question.parameters)
        return await asyncio.shield(found)


def _application(store: Store, threads: ThreadPoolExecutor) -> web.Application:
    in_thread = partial(asyncio.get_running_loop().run_in_executor, threads)

    known = _Known(store, in_thread)

    async def ask(request: web.Request) -> web.StreamResponse:
        return web.Response(body=await known.answer(await request.read()))

    async def status(_: web.Request) -> web.StreamResponse:
        return web.Response(body=answer.encode(store.status))

    async def export(request: web.Request) -> web.StreamResponse:
        wanted = msgspec.json.decode(await request.read(), type=_Wanted)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "events"
            await in_thread(
                partial(store.export, path, form=wanted.form, campaigns=wanted.campaigns, kinds=wanted.kinds)
            )
            response = web.StreamResponse()
            await response.prepare(request)
            with path.open("rb") as file:
                while chunk := await in_thread(file.read, _CHUNK):
                    await response.write(chunk)
        return response

    application = web.Application(client_max_size=_LARGEST_QUESTION, middlewares=[_in_plain_words])
    application.add_routes([web.post("/ask", ask), web.get("/status", status), web.post("/export", export)])
    return application


@web.middleware
async def _in_plain_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Unavailable as error:
        return web.Response(status=503, text=str(error))
    except (ClickHouseError, msgspec.MsgspecError) as error:
        _log.exception("A question was not understood")
        return web.Response(status=400, text=str(error))
