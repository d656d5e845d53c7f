"""A real Postfix and a real opendkim, each in a folder and on ports of its own, and where their mail ends up."""

from __future__ import annotations

import base64
import shutil
import smtplib
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dkim
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ports import free_port

SECONDS = 30
_SERVICES = """\
pickup    unix  n  -  n  60   1  pickup
cleanup   unix  n  -  n  -    0  cleanup
qmgr      unix  n  -  n  300  1  qmgr
rewrite   unix  -  -  n  -    -  trivial-rewrite
bounce    unix  -  -  n  -    0  bounce
defer     unix  -  -  n  -    0  bounce
trace     unix  -  -  n  -    0  bounce
proxymap  unix  -  -  n  -    -  proxymap
smtp      unix  -  -  n  -    -  smtp
lmtp      unix  -  -  n  -    -  lmtp
error     unix  -  -  n  -    -  error
retry     unix  -  -  n  -    -  error
showq     unix  n  -  n  -    -  showq
anvil     unix  -  -  n  -    1  anvil
scache    unix  -  -  n  -    1  scache
postlog   unix-dgram n - n - 1  postlogd
"""


@dataclass
class Sink:
    """Where all mail goes in the end: keeps each message by the first recipient it was for."""

    messages: dict[str, list[bytes]] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message."""
        content = envelope.original_content
        assert content is not None
        with self.changed:
            self.messages.setdefault(envelope.rcpt_tos[0], []).append(content)
            self.changed.notify_all()
        return "250 OK"

    def wait(self, recipient: str, count: int = 1) -> bytes:
        """Return the last message to somebody, once there are `count` of them."""
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.messages.get(recipient, [])) >= count, SECONDS)
            assert arrived, f"{recipient} got {len(self.messages.get(recipient, []))} of {count}"
            return self.messages[recipient][-1]


@contextmanager
def sink() -> Iterator[tuple[Sink, int]]:
    """Listen for what Postfix delivers; yield what keeps it, and its port."""
    kept, port = Sink(), free_port()
    controller = Controller(
        kept,
        hostname="127.0.0.1",
        port=port,
        decode_data=False,
        data_size_limit=None,
        enable_SMTPUTF8=True,
    )
    controller.start()
    try:
        yield kept, port
    finally:
        controller.stop(no_assert=True)


class _Authority(socketserver.StreamRequestHandler):
    """Believes every password, in the words of Dovecot's authentication protocol, which Postfix speaks."""

    def handle(self) -> None:
        self.wfile.write(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] == "AUTH":
                response = next(word.removeprefix("resp=") for word in words if word.startswith("resp="))
                user = base64.b64decode(response).split(b"\0")[1].decode()
                self.wfile.write(f"OK\t{words[1]}\tuser={user}\n".encode())


@contextmanager
def authority() -> Iterator[int]:
    """Run what says who has signed in; yield its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Authority) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@dataclass(frozen=True)
class Postfix:
    """A running Postfix, and the port of each of its services."""

    folder: Path
    ports: Mapping[str, int]

    def client(self, service: str, user: str = "") -> smtplib.SMTP:
        """Return a connection, signed in as `user` if one is named."""
        connection = smtplib.SMTP("127.0.0.1", self.ports[service], "client.example.com", timeout=SECONDS)
        connection.ehlo()
        if user:
            connection.login(user, "any")
        return connection

    def sendmail(self, sender: str, recipient: str, message: bytes) -> None:
        """Send as a program on the machine itself does."""
        command = ["/usr/sbin/sendmail", "-C", str(self.folder), "-i", "-f", sender, recipient]
        subprocess.run(command, input=message, check=True)

    def control(self, word: str) -> None:
        """Start it, stop it, or let it try all mail once more (``flush``)."""
        done = subprocess.run(["/usr/sbin/postfix", "-c", str(self.folder), word], capture_output=True, check=False)
        assert done.returncode == 0, (done, self.log)

    @property
    def log(self) -> str:
        """What it wrote so far."""
        path = self.folder / "log" / "mail.log"
        return path.read_text(errors="replace") if path.exists() else ""


@contextmanager
def postfix(
    sink_port: int, settings: Mapping[str, str], services: Mapping[str, Mapping[str, str]]
) -> Iterator[Postfix]:
    """Run a Postfix.

    Parameters
    ----------
    services
        By its name, what is different for each port where it takes mail. A setting may hold ``{name}``: its port.
    """
    folder = Path(tempfile.mkdtemp(prefix="sebar-postfix-", dir="/tmp"))
    folder.chmod(0o755)
    with authority() as authority_port:
        made = Postfix(folder, {name: free_port() for name in services})
        _write(made, sink_port, authority_port, settings, services)
        made.control("start")
        try:
            yield made
        finally:
            made.control("stop")
            shutil.rmtree(folder, ignore_errors=True)


def _write(
    made: Postfix,
    sink_port: int,
    authority_port: int,
    settings: Mapping[str, str],
    services: Mapping[str, Mapping[str, str]],
) -> None:
    folder = made.folder
    for name in ("queue", "data", "log"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    main = {
        "compatibility_level": "3.6",
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "maillog_file": folder / "log" / "mail.log",
        "maillog_file_prefixes": folder,
        "myhostname": "mail.example.com",
        "mydestination": "",
        "local_recipient_maps": "",
        "relayhost": f"[127.0.0.1]:{sink_port}",
        "disable_dns_lookups": "yes",
        "inet_protocols": "ipv4",
        "inet_interfaces": "127.0.0.1",
        "mynetworks": "127.0.0.0/8",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"inet:127.0.0.1:{authority_port}",
        "message_size_limit": "40000000",
        "smtpd_client_connection_count_limit": "0",
        "in_flow_delay": "0",
    } | dict(settings)
    (folder / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in main.items()))
    taking = "".join(
        f"127.0.0.1:{made.ports[name]} inet n - n - - smtpd\n"
        + "".join(f"  -o {{ {key} = {value.format(**made.ports)} }}\n" for key, value in different.items())
        for name, different in services.items()
    )
    (folder / "master.cf").write_text(taking + _SERVICES)


@dataclass(frozen=True)
class Signer:
    """A running opendkim."""

    port: int
    public: bytes

    def is_right(self, mail: bytes) -> bool:
        """Say whether the uppermost signature of a mail is right."""
        return bool(dkim.verify(mail, dnsfunc=lambda *_, **__: b"v=DKIM1; k=rsa; p=" + self.public))


@contextmanager
def opendkim() -> Iterator[Signer]:
    """Run an opendkim that signs what comes from example.com."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signer = Signer(free_port(), base64.b64encode(public))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "key").write_bytes(private)
        (path / "conf").write_text(
            "Syslog no\nMode s\nDomain example.com\nSelector s1\nInternalHosts 127.0.0.1\nRequireSafeKeys false\n"
            f"KeyFile {path / 'key'}\nSocket inet:{signer.port}@127.0.0.1\n"
        )
        running = subprocess.Popen(["/usr/sbin/opendkim", "-f", "-x", str(path / "conf")])
        try:
            wait_for_port(signer.port)
            yield signer
        finally:
            running.kill()
            running.wait()


def wait_for_port(port: int) -> None:
    """Come back once somebody listens."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), SECONDS).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return
