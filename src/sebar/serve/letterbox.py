"""The letterbox: a mail server for a demonstration. It keeps every letter as a file; none leaves this machine.

``python -m sebar.serve.letterbox PORT PARENT``.
"""

from __future__ import annotations

import asyncio
import email
import signal
import sys
import time
from contextlib import suppress
from email.policy import SMTP as POLICY
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from sebar.kit import config
from sebar.kit.config import Config
from sebar.serve.child import end_with_parent

PART: Final = "letterbox"
"""What the supervisor calls this process."""
_HOST: Final = "127.0.0.1"
_MOST: Final = 1000  # letters; the oldest goes when another comes


def folder(settings: Config) -> Path:
    """Return where letters are kept, a file each."""
    return settings.data / "letters"


def texts(settings: Config, address: str) -> list[str]:
    """Return the texts of the letters to an address that are kept, oldest first."""
    found = (email.message_from_bytes(path.read_bytes(), policy=POLICY) for path in sorted(_files(settings)))
    bodies = (letter.get_body(("plain",)) for letter in found if letter["Delivered-To"] == address)
    return [str(body.get_content()) for body in bodies if body is not None]


class _Keeping:
    """Takes every letter."""

    def __init__(self, settings: Config) -> None:
        self._settings = settings
        folder(settings).mkdir(mode=0o700, exist_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        for address in envelope.rcpt_tos:
            path = folder(self._settings) / f"{time.time_ns():020}.eml"
            fresh = path.with_suffix(".new")
            fresh.write_bytes(f"Delivered-To: {address}\r\n".encode() + (envelope.original_content or b""))
            fresh.replace(path)
        for path in sorted(_files(self._settings))[:-_MOST]:
            path.unlink(missing_ok=True)
        return "250 2.0.0 Kept"


def _files(settings: Config) -> list[Path]:
    return list(folder(settings).glob("*.eml"))


async def _serve(port: int) -> None:
    keeping = _Keeping(config.load())
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(keeping, hostname="localhost", enable_SMTPUTF8=True), _HOST, port
    )
    await server.serve_forever()


def main() -> None:
    """Take letters until told to end."""
    end_with_parent(int(sys.argv[2]), signal.SIGTERM)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
