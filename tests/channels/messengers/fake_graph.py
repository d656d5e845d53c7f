"""A fake of Meta's Graph API on the loopback, and deliveries as Meta signs them: our half is real, theirs is not."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.http import HttpResponse
from django.test import Client

from sebar.brands.models import Brand

NUMBER_ID = "590968830767958"
ENTERED = {
    "number": "+62 812-0000",
    "number_id": NUMBER_ID,
    "token": "EAAtoken",
    "app_secret": "app secret",
    "template": "sebar_news",
}
"""What a brand enters for its number."""
_numbers = itertools.count(1)


class FakeGraph:
    """Takes messages to people; `refuses` holds the answers it gives instead, in order."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.refuses: list[tuple[int, bytes]] = []
        self.hangs_up = False
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(*(fake.refusal(self.headers["Authorization"]) or fake.shown(self.path)))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if fake.hangs_up:
                    self.close_connection = True
                    return
                self._answer(*(fake.refusal(self.headers["Authorization"]) or fake.take(self.path, body)))

            def _answer(self, status: int, answer: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def refusal(self, authorization: str) -> tuple[int, bytes] | None:
        if authorization != "Bearer EAAtoken":
            return 401, fault(190, "Error validating access token")
        return self.refuses.pop(0) if self.refuses else None

    def take(self, path: str, body: bytes) -> tuple[int, bytes]:
        self.sent.append({"path": path, **json.loads(body)})
        return 200, b'{"messages":[{"id":"wamid.A"}]}'

    def shown(self, path: str) -> tuple[int, bytes]:
        if path.partition("?")[0].split("/")[2:] != [NUMBER_ID]:
            return 400, fault(100, "Unsupported get request")
        return 200, json.dumps({"display_phone_number": "62 812-0000", "id": NUMBER_ID}).encode()

    def texts(self, to: str) -> list[str]:
        return [one["text"]["body"] for one in self.sent if one.get("to", one.get("recipient")) == to]


def fault(code: int, message: str = "Something") -> bytes:
    return json.dumps(
        {"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A"}}
    ).encode()


def signature(body: bytes, secret: str = "app secret") -> str:  # noqa: S107 - a test's
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def a_message(text: str, *, sender: str = "6281234567890", **different: Any) -> dict[str, Any]:
    """Return a message as it stands in a delivery."""
    return {
        "from": sender,
        "id": f"wamid.{next(_numbers)}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
        **different,
    }


def a_delivery(*, number_id: str = NUMBER_ID, **value: Any) -> bytes:
    """Return what Meta posts."""
    metadata = {"display_phone_number": "62 812-0000", "phone_number_id": number_id}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [change]}]}).encode()


def post(brand: Brand, body: bytes, signed: str | None = None) -> HttpResponse:
    headers = {"X-Hub-Signature-256": signature(body) if signed is None else signed}
    return Client(enforce_csrf_checks=True).post(
        f"/hooks/whatsapp/{brand.slug}", body, content_type="application/json", headers=headers
    )
