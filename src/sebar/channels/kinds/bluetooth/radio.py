"""The adapter: advertises, lets a link be read, and pushes cards. Needs ``bumble``, the extra ``bluetooth``.

An adapter is named as bumble names its transports: ``usb:0``, ``hci-socket:0``, ``serial:/dev/ttyUSB0,115200``,
``tcp-client:host:port``. Whoever uses one has it alone.
"""

from __future__ import annotations

import asyncio
import errno
import re
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from bumble import core, gatt, hci, rfcomm
from bumble.device import (
    AdvertisingEventProperties,
    AdvertisingParameters,
    AdvertisingType,
    Connection,
    Device,
    DeviceConfiguration,
)
from bumble.transport import open_transport
from bumble.transport.common import Transport, TransportSpecError

from sebar.channels.kinds.bluetooth import obex
from sebar.channels.kinds.bluetooth.advertising import SERVICE, Advert, Offer
from sebar.channels.kinds.bluetooth.obex import File
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

LINK: Final = core.UUID.from_16_bits(0x2AB6, "URI")
"""The characteristic in which the link is read."""
HEADLINE: Final = core.UUID("7b1f2c64-5a0e-4d3b-9c58-5e6261720002")
"""The characteristic in which it is read what the link is about."""

_ADDRESS: Final = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 5.0
_CONNECT_SECONDS: Final = 20.0
_TAP_SECONDS: Final = 90.0  # a person looks at the phone and taps; phones themselves give up before that
_EVERY_MILLISECONDS: Final = 200.0  # found within a second or so; the adapter has mains or a computer's battery
_READING_SECONDS: Final = 30.0  # nobody hears a short advertisement while somebody is connected
_TAKEN: Final = {errno.EBUSY, -6}  # of the kernel, of libusb
_FORBIDDEN: Final = {errno.EPERM, errno.EACCES, -3}


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter that is ours for now; `lost` is set when it was pulled out or gave up."""

    name: str
    device: Device
    lost: asyncio.Event

    @property
    def takes_long(self) -> bool:
        """Whether it knows extended advertising (Bluetooth 5)."""
        return self.device.supports_le_features(hci.LeFeatureMask.LE_EXTENDED_ADVERTISING)


@asynccontextmanager
async def adapter(name: str, *, says: str, pushes: bool = False) -> AsyncIterator[Adapter]:
    """Open an adapter, and let go of it at the end.

    Parameters
    ----------
    says
        What the adapter calls itself.
    pushes
        Whether for classic Bluetooth, by which cards are pushed, or for low energy, by which beacons speak.

    Raises
    ------
    UserError
        When there is none of this name, or it is taken, forbidden or broken.
    """
    transport = await _opened(name)
    try:
        # Nobody may find or call us: we speak to whom the operator names, or to everybody.
        settings = DeviceConfiguration(
            name=says, classic_enabled=pushes, le_enabled=not pushes, connectable=False, discoverable=False
        )
        settings.advertising_interval_min = settings.advertising_interval_max = _EVERY_MILLISECONDS
        settings.address = hci.Address.generate_static_address()  # new each time: it tells nobody where we were
        device = Device.from_config_with_hci(settings, transport.source, transport.sink)
        lost = asyncio.Event()
        transport.source.terminated.add_done_callback(lambda _ended: lost.set())
        async with asyncio.timeout(_START_SECONDS):
            await device.power_on()
        yield Adapter(name, device, lost)
    except (core.BaseBumbleError, TimeoutError) as error:
        raise UserError(
            gettext_noop("The Bluetooth adapter {name} does not work ({why}): unplug it, plug it in, then try again."),
            field="transport",
            name=name,
            why=_why(error),
        ) from None
    finally:
        await transport.close()


@asynccontextmanager
async def advertising(radio: Adapter, adverts: tuple[Advert, ...], offer: Offer) -> AsyncIterator[None]:
    """Say the advertisements until the end; whoever connects reads the offer's link, and is let go after a while."""
    device = radio.device
    readers: set[asyncio.Task[None]] = set()
    invitation = next((advert for advert in adverts if advert.invites), None)

    def attend(connection: Connection, short: Advert) -> None:
        reader = asyncio.create_task(_read_by(connection, short, radio))
        readers.add(reader)
        reader.add_done_callback(readers.discard)

    if invitation is not None:
        device.add_service(_service(offer))
        device.on(Device.EVENT_CONNECTION, lambda connection: attend(connection, invitation))
    try:
        for advert in adverts:
            await (_say_long(device, advert) if advert.is_long else _say_short(device, advert))
        yield
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        if not radio.lost.is_set():
            with suppress(core.BaseBumbleError, TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await _fall_silent(device)


async def push(radio: Adapter, address: str, file: File) -> None:
    """Hand a file to the one device with this address, whose owner asked for it and now taps “accept”.

    Raises
    ------
    UserError
        When the address is none, or the device does not answer, takes no files, or its owner declines.
    """
    check_address(address)
    connection = await _connected(radio, hci.Address(address, hci.Address.PUBLIC_DEVICE_ADDRESS))
    try:
        async with asyncio.timeout(_TAP_SECONDS):
            with _cut_off_is_an_error():
                await connection.cancel_on_disconnection(_hand_over(connection, file))
    except (core.BaseBumbleError, TimeoutError) as error:
        if radio.lost.is_set():
            raise
        raise UserError(
            gettext_noop(
                "The card did not reach {address} ({why}): keep the phone near and awake, then try once more."
            ),
            field="push",
            address=address,
            why=_why(error),
        ) from None
    finally:
        if connection.handle in radio.device.connections:
            with suppress(core.BaseBumbleError, TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await connection.disconnect()


def check_address(address: str) -> None:
    """Do nothing if this is a device's address. For a name, bumble would ask every device around for theirs.

    Raises
    ------
    UserError
        When it is not.
    """
    if not _ADDRESS.fullmatch(address):
        raise UserError(
            gettext_noop(
                "“{address}” is not a Bluetooth address: it looks like 0C:96:E6:12:34:56, in the phone’s settings."
            ),
            field="push",
            address=address,
        )


async def _opened(name: str) -> Transport:
    try:
        return await open_transport(name)
    except (TransportSpecError, ValueError, AssertionError):
        raise UserError(
            gettext_noop("“{name}” does not name a Bluetooth adapter: write it like usb:0 or hci-socket:0."),
            field="transport",
            name=name,
        ) from None
    except Exception as error:  # noqa: BLE001 - each kind of transport has its own
        code = error.errno if isinstance(error, OSError) else getattr(error, "value", None)
        if code in _TAKEN:
            message = gettext_noop(
                "The Bluetooth adapter {name} is used by another program: stop that first, BlueZ with"
                " “systemctl stop bluetooth” and “hciconfig hci0 down”."
            )
        elif code in _FORBIDDEN:
            message = gettext_noop(
                "You may not use the Bluetooth adapter {name}: run this as root, or let your user have the device."
            )
        else:
            message = gettext_noop(
                "There is no Bluetooth adapter {name} ({why}): plug one in, or name another with --transport."
            )
        raise UserError(message, field="transport", name=name, why=_why(error)) from None


def _service(offer: Offer) -> gatt.Service:
    return gatt.Service(core.UUID(str(SERVICE)), [_readable(LINK, offer.link), _readable(HEADLINE, offer.headline)])


def _readable(name: core.UUID, words: str) -> gatt.Characteristic[bytes]:
    return gatt.Characteristic(name, gatt.Characteristic.Properties.READ, gatt.Characteristic.READABLE, words.encode())


async def _say_short(device: Device, advert: Advert) -> None:
    kinds = AdvertisingType
    await device.start_advertising(
        kinds.UNDIRECTED_CONNECTABLE_SCANNABLE if advert.invites else kinds.UNDIRECTED_SCANNABLE,
        advertising_data=advert.data,
        scan_response_data=advert.response,
    )


async def _say_long(device: Device, advert: Advert) -> None:
    await device.create_advertising_set(
        AdvertisingParameters(
            advertising_event_properties=AdvertisingEventProperties(is_connectable=False),
            primary_advertising_interval_min=_EVERY_MILLISECONDS,
            primary_advertising_interval_max=_EVERY_MILLISECONDS,
        ),
        # Another address than the short one's: nobody who connects to that one may end up here.
        random_address=hci.Address.generate_static_address(),
        advertising_data=advert.data,
    )


async def _read_by(connection: Connection, short: Advert, radio: Adapter) -> None:
    """Wait until a reader has gone, or send them away after a while; then invite the next."""
    try:
        try:
            await connection.sustain(_READING_SECONDS)
        except TimeoutError:
            await connection.disconnect()
        await _say_short(radio.device, short)
    except core.BaseBumbleError:
        radio.lost.set()


async def _fall_silent(device: Device) -> None:
    await device.stop_advertising()
    for advertised in list(device.extended_advertising_sets.values()):
        await advertised.stop()
        await advertised.remove()
    for connection in list(device.connections.values()):
        await connection.disconnect()


async def _connected(radio: Adapter, peer: hci.Address) -> Connection:
    try:
        with _cut_off_is_an_error():
            return await radio.device.connect(peer, core.PhysicalTransport.BR_EDR, timeout=_CONNECT_SECONDS)
    except core.BaseBumbleError:
        if radio.lost.is_set():
            raise
        raise UserError(
            gettext_noop("Nothing answers at {address}: is Bluetooth on there, is it near, and its screen unlocked?"),
            field="push",
            address=peer.to_string(with_type_qualifier=False),
        ) from None


@contextmanager
def _cut_off_is_an_error() -> Iterator[None]:
    """Raise an error where bumble cancels what we wait for, because a connection or the adapter is gone."""
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise core.InvalidStateError("the connection ended") from None


async def _hand_over(connection: Connection, file: File) -> None:
    channel = await rfcomm.find_rfcomm_channel_with_uuid(connection, core.BT_OBEX_OBJECT_PUSH_SERVICE)
    if channel is None:
        raise UserError(
            gettext_noop(
                "This device takes no cards: iPhones never do, and Android phones only while Bluetooth is open."
            ),
            field="push",
        )
    # Not closed but dropped with the connection: closing waits for an answer, for ever when nobody is there any more.
    multiplexer = await rfcomm.Client(connection).start()
    await _talk(await multiplexer.open_dlc(channel), obex.push(file))


async def _talk(line: rfcomm.DLC, requests: Generator[bytes, bytes, None]) -> None:
    """Send each request and wait for its answer."""
    answers: asyncio.Queue[bytes] = asyncio.Queue()
    incoming = bytearray()

    def hear(data: bytes) -> None:
        incoming.extend(data)
        while (packet := obex.taken(incoming)) is not None:
            answers.put_nowait(packet)

    line.sink = hear
    line.on(rfcomm.DLC.EVENT_CLOSE, lambda: answers.put_nowait(b""))
    request = next(requests)
    with suppress(StopIteration):
        while True:
            line.write(request)
            request = requests.send(await answers.get())


def _why(error: BaseException) -> str:
    return str(error).strip() or type(error).__name__
