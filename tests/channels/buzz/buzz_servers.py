"""Servers on this machine that behave as those of the world do, the badly behaved among them."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """A web server in a thread of its own. What it is to answer is set by path, at any time.

    Attributes
    ----------
    url
        Where it is, without a closing slash.
    asked
        Every request so far: its path with query, and its headers.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, Answer] = {}
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    def says(self, path: str, body: bytes | str, kind: str = "application/rss+xml", **headers: str) -> str:
        """Let a path answer with this; return its address."""
        content = body.encode() if isinstance(body, str) else body
        named = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}

        async def answer(_request: web.Request) -> web.Response:
            return web.Response(body=content, headers=named)

        return self.does(path, answer)

    def does(self, path: str, answer: Answer) -> str:
        """Let a path answer as this function does; return its address."""
        self.answers[path] = answer
        return self.url + path

    def sends_packed(self, path: str, body: bytes) -> str:
        """Let a path answer with a packed body; return its address."""
        return self.says(path, gzip.compress(body), Content_Encoding="gzip")

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path_qs, request.headers))
        found = self.answers.get(request.path)
        return await found(request) if found else web.Response(status=404)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._over.wait()
        await runner.cleanup()


@contextmanager
def a_server() -> Iterator[Server]:
    """Yield a server."""
    server = Server()
    try:
        yield server
    finally:
        server.close()


@contextmanager
def a_dripping_server(beginning: bytes, drop: bytes) -> Iterator[str]:
    """Yield the address of a server that never comes to an end: it says something, then goes on in small drops."""
    ready, over = threading.Event(), threading.Event()
    address: list[str] = []

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        try:
            while not over.is_set():
                writer.write(drop)
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        address.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        ready.set()
        await asyncio.to_thread(over.wait)
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield address[0]
    finally:
        over.set()
        thread.join()


def recorded(name: str) -> bytes:
    """Return a recorded file."""
    return (Path(__file__).parent / "recorded" / name).read_bytes()
