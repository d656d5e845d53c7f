"""A fake of Telegram's Bot API on the loopback: our half of the conversation is real, theirs is not."""

from __future__ import annotations

import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TOKEN = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"
_LONG_POLL = 0.5


class FakeTelegram:
    """Serves one bot; `refuses` maps a chat to the answer it gives instead of taking messages."""

    def __init__(self, name: str = "kopi_senja_bot") -> None:
        self.name = name
        self.token = TOKEN
        self.sent: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.commands: dict[str, list[str]] = {}
        self.refuses: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self.forgets_offsets = False
        self.conflict = False
        self.hangs_up = False
        self._updates: list[dict[str, Any]] = []
        self._numbers = itertools.count(500)
        self._changed = threading.Condition()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                fields = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                token, _, method = self.path.removeprefix("/bot").rpartition("/")
                status, answer = fake.answer(token, method, fields)
                if not status:
                    self.close_connection = True
                    return
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Say nothing of programs that hang up."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/bot"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def write(self, chat: int, text: str | None, /, **different: Any) -> int:
        """Let somebody write to the bot; return the update's number."""
        number = next(self._numbers)
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "Dewi"},
            "from": {"id": chat, "is_bot": False, "first_name": "Dewi", "language_code": "en"},
            "text": text,
            **different,
        }
        if text is None:
            del message["text"]
        with self._changed:
            self._updates.append({"update_id": number, "message": message})
            self._changed.notify_all()
        return number

    def texts(self, chat: int) -> list[str]:
        return [text for to, text in self.sent if to == str(chat)]

    def answer(self, token: str, method: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(method)
        if token != self.token:
            return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
        return {
            "getMe": self._me,
            "getUpdates": self._get_updates,
            "sendMessage": self._send,
            "setMyCommands": self._set_commands,
        }[method](fields)

    def _me(self, _: dict[str, str]) -> tuple[int, dict[str, Any]]:
        return _ok({"id": 1, "is_bot": True, "first_name": "Kopi", "username": self.name})

    def _set_commands(self, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        commands = [command["command"] for command in json.loads(fields["commands"])]
        self.commands[fields.get("language_code", "")] = commands
        return _ok(True)

    def _get_updates(self, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self.conflict:
            return 409, {"ok": False, "error_code": 409, "description": "Conflict: terminated by other getUpdates"}
        first = 0 if self.forgets_offsets else int(fields.get("offset", 0))
        with self._changed:
            self._updates = [one for one in self._updates if one["update_id"] >= first]
            self._changed.wait_for(lambda: self._updates, timeout=_LONG_POLL)
            return _ok(list(self._updates))

    def _send(self, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        chat = fields["chat_id"]
        if self.hangs_up:
            return 0, {}
        if self.refuses.get(chat):
            status, answer = self.refuses[chat].pop(0)
            return status, {"ok": False, "error_code": status, **answer}
        self.sent.append((chat, fields["text"]))
        return _ok({"message_id": 1, "date": 0, "chat": {"id": int(chat), "type": "private"}, "text": fields["text"]})


def _ok(result: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"ok": True, "result": result}
