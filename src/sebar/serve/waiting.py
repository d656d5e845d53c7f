"""What the front says by itself, in two languages, when a part of the platform cannot answer just now."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Final

from sebar.edge.request import Reply, Scope

_STYLE: Final = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1.5rem;"
    "color:#1c2422;background:#fbfaf7}h1{font-size:1.5rem}"
    "@media(prefers-color-scheme:dark){body{color:#e8ebe9;background:#151a18}}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_RETRY: Final = ("retry-after", "3")
_NO_STORE: Final = ("cache-control", "no-store")
_WORDS: Final = {
    "en": (
        "One moment, please",
        "This page cannot be shown just now. It tries again by itself in three seconds.",
        "Nothing you sent was kept. Go back and send it again in a moment.",
    ),
    "id": (
        "Mohon tunggu sebentar",
        "Halaman ini belum dapat ditampilkan. Halaman akan dicoba lagi sendiri dalam tiga detik.",
        "Yang kamu kirim belum tersimpan. Kembali dan kirim lagi sebentar lagi.",
    ),
}


def reply(scope: Scope) -> Reply:
    """Return the 503 that suits whoever asked: a page, a problem document or a sentence."""
    path = scope.path
    if path.startswith("/api/"):
        return _problem()
    if path == "/t":
        return Reply(
            503, [("content-type", "text/plain; charset=utf-8"), _RETRY, _NO_STORE], "Try again in a moment.\n"
        )
    return _page(scope)


def _problem() -> Reply:
    problem = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "A part of the platform cannot answer just now. Nothing was changed; send the request again.",
    }
    return Reply(503, [("content-type", "application/problem+json"), _RETRY, _NO_STORE], json.dumps(problem))


def _page(scope: Scope) -> Reply:
    language = _language(scope.headers.get("accept-language", ""))
    title, reading, sending = _WORDS[language]
    reads = scope.method in {"GET", "HEAD"}
    refresh = '<meta http-equiv="refresh" content="3">' if reads else ""
    return Reply(
        503,
        [
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'"),
            ("content-language", language),
            _RETRY,
            _NO_STORE,
        ],
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">{refresh}'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{reading if reads else sending}</p></html>",
    )


def _language(accepted: str) -> str:
    """Return the first language of ours that the browser names."""
    for part in accepted.lower().split(","):
        language = part.strip()[:2]
        if language in _WORDS:
            return language
    return "en"
