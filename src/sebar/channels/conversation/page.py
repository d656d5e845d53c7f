"""What the console shows of every bot alike."""

from __future__ import annotations

from typing import Any

from sebar.channels import qr
from sebar.channels.conversation import answering


def start(door: str) -> dict[str, Any]:
    """Return what the template shows of the address that opens a bot, and what it understands."""
    return {"door": door, "qr": qr.drawing(door), "ways": answering.ways()}
