"""Every setting of the platform, read once from the environment into one frozen object.

Django's settings, the edge and the engine all read this one; nothing else looks at the environment.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import secrets
import tempfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sebar.kit.errors import UserError

_LAST_PORT = 65535
_MAIL_PORTS = {"smtp": 587, "smtps": 465}
# Asked for once: the engine later names another folder for its own files, and all processes must mean the same.
_TEMPORARY = Path(tempfile.gettempdir())
_SOCKET_PATH_LIMIT = 90  # a Unix socket's whole path must stay under 108 bytes; the names need the rest


@dataclass(frozen=True)
class MailServer:
    """Where outgoing mail is handed over (RFC 5321, RFC 6409).

    Attributes
    ----------
    host, port
        Where it listens.
    is_tls
        Whether the line is encrypted from the start (``smtps://``); else as soon as the server offers it.
    user, password
        How we sign in; empty: not at all. With them the line must be encrypted, unless it stays on this machine.
    """

    host: str
    port: int
    is_tls: bool
    user: str
    password: str


@dataclass(frozen=True)
class Config:
    """The settings of one running instance. Build it with `load`.

    Attributes
    ----------
    data
        Folder that holds everything the instance keeps (``SEBAR_DATA``).
    port, host
        Where the one public port listens (``SEBAR_PORT``, ``SEBAR_HOST``).
    public_url
        How people reach the instance, without a closing slash (``SEBAR_URL``).
    database
        Relational database as a URL; empty means SQLite in the data folder (``SEBAR_DATABASE``).
    event_store
        ClickHouse server as a URL; empty means the embedded store in the data folder (``SEBAR_EVENT_STORE``).
    trusted_proxies
        Networks whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed (``SEBAR_TRUSTED_PROXIES``).
    mail
        The mail server that sends for us; None sends no mail (``SEBAR_MAIL``).
    """

    data: Path
    port: int
    host: str
    public_url: str
    database: str
    event_store: str
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    mail: MailServer | None = None

    @cached_property
    def secret(self) -> bytes:
        """The instance's own random key (32 bytes), made in the data folder the first time it is needed."""
        path = self.data / "secret.key"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            self.make_data_folder()
            fresh = path.with_name(f"secret.{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_bytes(secrets.token_bytes(32))
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
            return path.read_bytes()

    def make_data_folder(self) -> None:
        """Make the data folder if it is not there. Then nobody but its owner may enter it."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def journal(self) -> Path:
        """Folder of the edge's journal segments."""
        return self.data / "journal"

    @property
    def links(self) -> Path:
        """The published link table, a SQLite file."""
        return self.data / "links.sqlite3"

    @property
    def brake(self) -> Path:
        """Which campaigns are held or stopped before it is written down (`sebar.kit.brake`)."""
        return self.data / "brake"

    @property
    def salts(self) -> Path:
        """Folder of today's salt, with which visitors are hashed."""
        return self.data / "salts"

    @property
    def events(self) -> Path:
        """Folder of the embedded event store."""
        return self.data / "events"

    @property
    def positions(self) -> Path:
        """How far the loader has come, a SQLite file."""
        return self.data / "loader.sqlite3"

    @property
    def media(self) -> Path:
        """Folder of the re-encoded images."""
        return self.data / "media"

    @cached_property
    def run(self) -> Path:
        """Folder of the sockets between our processes, private to the user who runs them."""
        inside = self.data / "run"
        if len(str(inside)) <= _SOCKET_PATH_LIMIT:
            return inside
        return _TEMPORARY / f"sebar-{hashlib.sha256(str(self.data).encode()).hexdigest()[:16]}"

    @property
    def web_socket(self) -> Path:
        """Where Django's processes listen for the front."""
        return self.run / "web.sock"

    @property
    def engine_socket(self) -> Path:
        """Where the engine listens for questions."""
        return self.run / "engine.sock"


def read(environment: dict[str, str]) -> Config:
    """Return the settings that `environment` names.

    Raises
    ------
    UserError
        Naming the variable, its value and what it should be.
    """
    data_home = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    data = Path(environment.get("SEBAR_DATA") or Path(data_home) / "sebar").expanduser().resolve()
    port = _port(environment.get("SEBAR_PORT") or "8000")
    public_url = (environment.get("SEBAR_URL") or f"http://localhost:{port}").rstrip("/")
    parts = urlsplit(public_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise UserError(
            f"SEBAR_URL is “{public_url}”; it should be the address people use, like https://share.example.com.",
            field="SEBAR_URL",
        )
    return Config(
        data=data,
        port=port,
        host=environment.get("SEBAR_HOST") or "127.0.0.1",
        public_url=public_url,
        database=environment.get("SEBAR_DATABASE") or "",
        event_store=environment.get("SEBAR_EVENT_STORE") or "",
        trusted_proxies=_networks(environment.get("SEBAR_TRUSTED_PROXIES") or ""),
        mail=_mail(environment.get("SEBAR_MAIL") or ""),
    )


@lru_cache(maxsize=1)
def load() -> Config:
    """Return this process's settings, read from its environment the first time."""
    return read(dict(os.environ))


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= _LAST_PORT:
        return int(text)
    raise UserError(f"SEBAR_PORT is “{text}”; it should be a number from 1 to {_LAST_PORT}.", field="SEBAR_PORT")


def _mail(url: str) -> MailServer | None:
    if not url:
        return None
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in _MAIL_PORTS or not parts.hostname or parts.path.strip("/") or port == 0:
        # What was given may hold a password, so it is not shown.
        raise UserError(
            "SEBAR_MAIL cannot be read; it should be like smtp://user:password@mail.example.com:587 or smtps://….",
            field="SEBAR_MAIL",
        )
    return MailServer(
        host=parts.hostname,
        port=port or _MAIL_PORTS[parts.scheme],
        is_tls=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise UserError(
            f"SEBAR_TRUSTED_PROXIES is “{text}”; it should be networks like 10.0.0.0/8, parted by commas ({error}).",
            field="SEBAR_TRUSTED_PROXIES",
        ) from None
