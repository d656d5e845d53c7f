"""A program that talks to the API with a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from django.test import Client

from sebar.brands.keys import create_key
from sebar.brands.queries import Membership


@dataclass(frozen=True)
class Answer:
    """An answer: its status, headers and JSON."""

    status: int
    headers: Any
    json: Any


class Program:
    """Sends requests to the API with one key."""

    def __init__(self, secret: str) -> None:
        self._headers = {"authorization": f"Bearer {secret}"} if secret else {}

    def send(self, method: str, path: str, body: object = None, *, raw: bytes | None = None) -> Answer:
        content = raw if raw is not None else msgspec.json.encode(body) if body is not None else b""
        response = Client().generic(
            method, f"/api/v1{path}", content, content_type="application/json", headers=self._headers
        )
        return Answer(response.status_code, response.headers, msgspec.json.decode(response.content or b"null"))

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def post(self, path: str, body: object = None) -> Answer:
        return self.send("POST", path, body)


def a_program(membership: Membership, *scopes: str) -> Program:
    return Program(create_key(membership=membership, name="Till", scopes=scopes or ("read", "write")).secret)
