"""A virtual ether: adapters that our own code opens over TCP as it would a real one, and phones near them."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from bumble import core, hci, rfcomm
from bumble.controller import Controller
from bumble.device import Advertisement, Device, DeviceConfiguration
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.tcp_server import open_tcp_server_transport_with_socket

PATIENCE = 30.0  # seconds; nothing takes that long unless it is broken
PHONE = "0C:96:E6:12:34:56"
OBEX_CHANNEL = 9


@dataclass
class Phone:
    """What a phone has received: adverts as (address, data), and whole files pushed to it."""

    device: Device
    heard: list[Advertisement] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, wanted: Callable[[Advertisement], bool]) -> Advertisement:
        """Return the first advertisement of this kind from now on."""
        self.heard.clear()
        async with asyncio.timeout(PATIENCE):
            while True:
                for advertisement in self.heard:
                    if wanted(advertisement):
                        return advertisement
                self.news.clear()
                await self.news.wait()

    def _note(self, advertisement: Advertisement) -> None:
        self.heard.append(advertisement)
        self.news.set()


class Ether:
    """The air between adapters and phones."""

    def __init__(self) -> None:
        self.link = LocalLink()
        self.controllers: list[Controller] = []
        self.sinks: list[Any] = []

    @asynccontextmanager
    async def adapter(self, *, is_bluetooth_5: bool = True) -> AsyncIterator[str]:
        """Plug an adapter in; yield its name for `--transport`."""
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            transport = await open_tcp_server_transport_with_socket(listening)
            controller = Controller(
                "adapter",
                host_source=transport.source,
                host_sink=transport.sink,
                link=self.link,
                public_address="F0:F1:F2:F3:F4:F5",
            )
            if not is_bluetooth_5:
                controller.le_features &= ~hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
            self.controllers.append(controller)
            self.sinks.append(transport.sink)
            try:
                yield f"tcp-client:127.0.0.1:{listening.getsockname()[1]}"
            finally:
                for advertised in [*controller.advertising_sets.values(), controller.le_legacy_advertiser]:
                    advertised.stop()
                transport.server.close()

    async def phone(self, *, classic: bool = False) -> Phone:
        """Switch a phone on that listens to adverts, or whose classic Bluetooth is open."""
        controller = Controller("phone", link=self.link, public_address=PHONE)
        host = Host()
        host.controller = controller
        controller.host = host
        config = DeviceConfiguration(name="Phone", address=hci.Address("C0:C1:C2:C3:C4:C5"))
        config.classic_enabled, config.le_enabled = classic, not classic
        device = Device(config=config, host=host)
        await device.power_on()
        phone = Phone(device)
        if not classic:
            device.on(Device.EVENT_ADVERTISEMENT, phone._note)
            await device.start_scanning(filter_duplicates=False)
        return phone

    def pull_out(self) -> None:
        """Pull all adapters out."""
        for sink in self.sinks:
            sink.transport.abort()

    async def silence(self) -> None:
        """Wait until no adapter advertises anything."""
        async with asyncio.timeout(PATIENCE):
            while not self.is_silent:  # noqa: ASYNC110 - an adapter tells nobody
                await asyncio.sleep(0.02)

    @property
    def is_silent(self) -> bool:
        """Whether no adapter advertises anything."""
        return not any(
            controller.le_legacy_advertiser.enabled or any(one.enabled for one in controller.advertising_sets.values())
            for controller in self.controllers
        )


@contextmanager
def beside(scenario: Callable[[Ether], Awaitable[None]]) -> Iterator[str]:
    """Let a scenario happen in a thread of its own while this one runs `sebar beacon`; yield the adapter's name.

    Should the scenario fail, the adapter is pulled out, so that the beacon ends.
    """
    names: queue.Queue[str] = queue.Queue()
    ended = threading.Event()
    failures: list[BaseException] = []

    async def happen() -> None:
        ether = Ether()
        async with ether.adapter() as name:
            names.put(name)
            try:
                await scenario(ether)
            except BaseException as failure:  # noqa: BLE001 - raised again where the test waits
                failures.append(failure)
                ether.pull_out()
            await asyncio.to_thread(ended.wait, PATIENCE)

    thread = threading.Thread(target=lambda: asyncio.run(happen()))
    thread.start()
    try:
        yield names.get(timeout=PATIENCE)
    finally:
        ended.set()
        thread.join(PATIENCE)
    if failures:
        raise failures[0]


@dataclass
class Inbox:
    """A phone's OBEX server: what it answers to a connect and to the last put, and how much it takes at once."""

    largest: int = 255
    connect_code: int = 0xA0
    put_code: int = 0xA0
    names: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    packets: list[bytes] = field(default_factory=list)
    on_put: Callable[[], object] = lambda: None
    is_silent: bool = False
    _body: bytes = b""

    def open(self, device: Device) -> None:
        """Take files at this phone, as its service records say."""
        server = rfcomm.Server(device)
        server.listen(self._serve, OBEX_CHANNEL)
        device.sdp_service_records = {
            1: rfcomm.make_service_sdp_records(1, OBEX_CHANNEL, core.BT_OBEX_OBJECT_PUSH_SERVICE)
        }

    def _serve(self, line: rfcomm.DLC) -> None:
        incoming = bytearray()

        def hear(data: bytes) -> None:
            incoming.extend(data)
            while len(incoming) >= 3 and len(incoming) >= (length := int.from_bytes(incoming[1:3], "big")):
                answer = self.answer(bytes(incoming[:length]))
                del incoming[:length]
                if not self.is_silent:
                    line.write(answer)

        line.sink = hear

    def answer(self, packet: bytes) -> bytes:
        """Return what a server says to one request, as OBEX 1.3 lays it down."""
        assert len(packet) == int.from_bytes(packet[1:3], "big")
        assert len(packet) <= self.largest or packet[0] == 0x80
        self.packets.append(packet)
        match packet[0]:
            case 0x80:
                return self._connected(packet)
            case 0x02 | 0x82:
                return self._put(packet)
            case 0x81:
                return bytes([0xA0, 0, 3])
        return bytes([0xD1, 0, 3])

    def _connected(self, packet: bytes) -> bytes:
        assert packet[3] == 0x10
        if self.connect_code != 0xA0:
            return bytes([self.connect_code, 0, 3])
        return bytes([0xA0, 0, 7, 0x10, 0]) + self.largest.to_bytes(2, "big")

    def _put(self, packet: bytes) -> bytes:
        self.on_put()
        for code, content in headers(packet[3:]):
            match code:
                case 0x01:
                    self.names.append(content.decode("utf-16-be").removesuffix("\0"))
                case 0x42:
                    self.kinds.append(content.decode("ascii").removesuffix("\0"))
                case 0x48 | 0x49:
                    self._body += content
        if packet[0] == 0x02:
            return bytes([0x90, 0, 3])
        if self.put_code == 0xA0:
            self.files.append(self._body)
        self._body = b""
        return bytes([self.put_code, 0, 3])


def headers(content: bytes) -> list[tuple[int, bytes]]:
    """Return the headers of a packet; the two highest bits of each say how long it is."""
    found = []
    while content:
        code = content[0]
        length = {0: 0, 1: 0, 2: 2, 3: 5}[code >> 6] or int.from_bytes(content[1:3], "big")
        head = 3 if code >> 6 in {0, 1} else 1
        found.append((code, content[head:length]))
        content = content[length:]
    return found
