"""A web process for the tests of the front: says what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from visiting import COFFEE

from sebar.edge import links
from sebar.edge.links import Found, Link
from sebar.kit import codes

NEW = Link(codes.FIRST * 5, COFFEE.campaign)
PARTS = 300
PART = b"x" * 100_000


def application(environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == f"/-/link/{codes.spell(NEW.participant)}":
        start("200 OK", [("content-type", "application/json")])
        return [links.encode(Found(NEW, COFFEE))]
    if path.startswith("/-/link/"):
        start("404 Not Found", [])
        return [b""]
    if path == "/large":
        start("200 OK", [("content-type", "text/csv")])
        return (PART for _ in range(PARTS))
    if path == "/moved":
        start("302 Found", [("location", "/there"), ("set-cookie", "a=1"), ("set-cookie", "b=2")])
        return [b""]
    body = environ["wsgi.input"].read()
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    start("200 OK", [("content-type", "application/json"), ("connection", "keep-alive"), ("x-from", "web")])
    return [json.dumps({**said, "body": len(body)}).encode()]
