"""What an adapter says, lets read and hands over, heard by virtual phones near it."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Iterator

import pytest
from bumble import core, gatt
from bumble.controller import Controller
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Peer
from virtual_radio import PATIENCE, PHONE, Ether, Inbox

from sebar.channels.kinds.bluetooth import radio
from sebar.channels.kinds.bluetooth.advertising import SERVICE, Mode, Offer, plan
from sebar.channels.kinds.bluetooth.card import card
from sebar.kit.errors import UserError

OFFER = Offer(
    link="https://share.example.com/r/k7m2fqx?via=bluetooth",
    short="https://kopi.id/b/k7m2fqx",
    name="Kopi Senja",
    headline="Ngopi bareng: “kopi & kue”",
)
CARD = card(OFFER, name="kopi-senja")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing may go wrong inside bumble unseen: it only logs what an event's handler raises."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelname == "ERROR"] == []


def eddystone_of(advertisement: Advertisement) -> str:
    """Return the address in an Eddystone-URL frame, empty without one."""
    data = advertisement.data.get(AdvertisingData.Type.SERVICE_DATA_16_BIT_UUID)
    if data is None or bytes(data[0])[::-1] != bytes.fromhex("feaa") or data[1][0] != 0x10:
        return ""
    return ["http://www.", "https://www.", "http://", "https://"][data[1][2]] + data[1][3:].decode()


def uri_of(advertisement: Advertisement) -> str:
    """Return the address in the URI field, empty without one."""
    said = advertisement.data.get(AdvertisingData.Type.URI)
    return "" if said is None else {"\x16": "http:", "\x17": "https:"}[str(said)[0]] + str(said)[1:]


@pytest.mark.parametrize("mode", [Mode.EDDYSTONE, Mode.ALL])
async def test_a_phone_hears_the_short_link(mode: Mode) -> None:
    ether = Ether()
    phone = await ether.phone()
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name) as adapter:
        async with radio.advertising(adapter, plan(OFFER, mode, takes_long=True).adverts, OFFER):
            heard = await phone.hear(lambda one: bool(eddystone_of(one)))
            assert eddystone_of(heard) == OFFER.short
        assert ether.is_silent


@pytest.mark.parametrize("mode", [Mode.EXTENDED, Mode.ALL])
async def test_a_phone_hears_the_whole_link_of_any_length(mode: Mode) -> None:
    ether = Ether()
    phone = await ether.phone()
    link = f"https://{'a' * 60}.{'b' * 60}.example/r/k7m2fqx?via=bluetooth"
    offer = Offer(link=link, short=OFFER.short, name=OFFER.name, headline=OFFER.headline)
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name) as adapter:
        async with radio.advertising(adapter, plan(offer, mode, takes_long=True).adverts, offer):
            heard = await phone.hear(lambda one: bool(uri_of(one)))
            assert uri_of(heard) == link
            assert heard.data.get(AdvertisingData.Type.COMPLETE_LOCAL_NAME) == OFFER.name
        assert ether.is_silent


@pytest.mark.parametrize("is_bluetooth_5", [True, False])
async def test_one_phone_after_another_connects_and_reads(is_bluetooth_5: bool) -> None:
    ether = Ether()
    async with ether.adapter(is_bluetooth_5=is_bluetooth_5) as name, radio.adapter(name, says=OFFER.name) as adapter:
        assert adapter.takes_long == is_bluetooth_5
        adverts = plan(OFFER, Mode.ALL, takes_long=adapter.takes_long).adverts
        async with radio.advertising(adapter, adverts, OFFER):
            for _turn in range(2):
                phone = await ether.phone()
                heard = await phone.hear(lambda one: bool(eddystone_of(one)))
                await phone.device.stop_scanning()
                connection = await phone.device.connect(heard.address)
                async with Peer(connection) as peer:
                    service = peer.get_services_by_uuid(core.UUID(str(SERVICE)))[0]
                    link, headline = service.get_characteristics_by_uuid(radio.LINK) + (
                        service.get_characteristics_by_uuid(radio.HEADLINE)
                    )
                    assert (await link.read_value()).decode() == OFFER.link
                    assert (await headline.read_value()).decode() == OFFER.headline
                    assert link.properties == headline.properties == gatt.Characteristic.Properties.READ
                await connection.disconnect()
        assert ether.is_silent


async def test_whoever_stays_connected_is_let_go_so_that_others_hear_the_beacon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(radio, "_READING_SECONDS", 0.01)
    ether = Ether()
    phone = await ether.phone()
    adverts = plan(OFFER, Mode.ALL, takes_long=True).adverts
    async with (
        ether.adapter() as name,
        radio.adapter(name, says=OFFER.name) as adapter,
        radio.advertising(adapter, adverts, OFFER),
    ):
        heard = await phone.hear(lambda one: bool(eddystone_of(one)))
        connection = await phone.device.connect(heard.address)
        gone = asyncio.Event()
        connection.on(connection.EVENT_DISCONNECTION, lambda _reason: gone.set())
        async with asyncio.timeout(PATIENCE):
            await gone.wait()
        assert eddystone_of(await phone.hear(lambda one: bool(eddystone_of(one)))) == OFFER.short


async def test_ending_while_somebody_reads_lets_them_go_and_is_silent() -> None:
    ether = Ether()
    phone = await ether.phone()
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name) as adapter:
        async with radio.advertising(adapter, plan(OFFER, Mode.GATT, takes_long=True).adverts, OFFER):
            heard = await phone.hear(lambda one: one.is_connectable)
            await phone.device.connect(heard.address)
        assert ether.is_silent
        assert not adapter.device.connections


async def test_an_adapter_that_is_pulled_out_is_noticed_and_does_not_hold_up_the_end() -> None:
    ether = Ether()
    adverts = plan(OFFER, Mode.ALL, takes_long=True).adverts
    async with (
        ether.adapter() as name,
        radio.adapter(name, says=OFFER.name) as adapter,
        radio.advertising(adapter, adverts, OFFER),
    ):
        ether.pull_out()
        async with asyncio.timeout(PATIENCE):
            await adapter.lost.wait()


@pytest.mark.parametrize("largest", [255, 300, 0xFFFF])
async def test_a_card_is_pushed_whole_to_the_phone_that_was_named(largest: int) -> None:
    ether, inbox = Ether(), Inbox(largest=largest)
    phone = await ether.phone(classic=True)
    inbox.open(phone.device)
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name, pushes=True) as adapter:
        await radio.push(adapter, PHONE.lower(), CARD)
    assert (inbox.names, inbox.kinds, inbox.files) == (["kopi-senja.vcf"], ["text/x-vcard"], [CARD.content])


async def test_an_owner_who_declines_is_not_asked_again() -> None:
    ether, inbox = Ether(), Inbox(put_code=0xC3)
    phone = await ether.phone(classic=True)
    inbox.open(phone.device)
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name, pushes=True) as adapter:
        with pytest.raises(UserError, match=r"did not take the card \(answer 0xC3\): its owner declined"):
            await radio.push(adapter, PHONE, CARD)
    assert [packet[0] for packet in inbox.packets if packet[0] in {0x80, 0x82}] == [0x80, 0x82]
    assert inbox.files == []


async def test_a_phone_that_takes_no_files_is_said_to_be_one() -> None:
    ether = Ether()
    await ether.phone(classic=True)
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name, pushes=True) as adapter:
        with pytest.raises(UserError, match="takes no cards: iPhones never do"):
            await radio.push(adapter, PHONE, CARD)


async def test_a_phone_that_goes_away_in_the_middle_ends_the_push() -> None:
    ether, inbox = Ether(), Inbox()
    phone = await ether.phone(classic=True)
    inbox.open(phone.device)
    inbox.on_put = lambda: asyncio.create_task(next(iter(phone.device.connections.values())).disconnect())
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name, pushes=True) as adapter:
        with pytest.raises(UserError, match=f"did not reach {PHONE}"):
            await radio.push(adapter, PHONE, CARD)


async def test_an_adapter_that_is_pulled_out_ends_the_push_too() -> None:
    ether, inbox = Ether(), Inbox()
    inbox.on_put = ether.pull_out
    phone = await ether.phone(classic=True)
    inbox.open(phone.device)
    async with ether.adapter() as name:
        with pytest.raises(UserError, match=f"The Bluetooth adapter {name} does not work"):
            async with radio.adapter(name, says=OFFER.name, pushes=True) as adapter:
                await radio.push(adapter, PHONE, CARD)


async def test_a_phone_that_is_not_there_is_said_to_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radio, "_CONNECT_SECONDS", 0.01)
    ether = Ether()
    Controller("a phone in a drawer", link=ether.link, public_address=PHONE)
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name, pushes=True) as adapter:
        with pytest.raises(UserError, match=f"Nothing answers at {PHONE}: is Bluetooth on there"):
            await radio.push(adapter, PHONE, CARD)


async def test_an_owner_who_never_taps_ends_the_push(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radio, "_TAP_SECONDS", 0.5)
    ether, inbox = Ether(), Inbox(is_silent=True)
    phone = await ether.phone(classic=True)
    inbox.open(phone.device)
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name, pushes=True) as adapter:
        with pytest.raises(UserError, match=f"did not reach {PHONE}"):
            await radio.push(adapter, PHONE, CARD)


@pytest.mark.parametrize("address", ["", "Dina's phone", "0C:96:E6:12:34", "0C:96:E6:12:34:5G", "FF:FF:FF:FF:FF:FF:FF"])
async def test_only_an_address_is_pushed_to_never_a_name_that_would_be_searched_for(address: str) -> None:
    ether = Ether()
    async with ether.adapter() as name, radio.adapter(name, says=OFFER.name, pushes=True) as adapter:
        with pytest.raises(UserError, match="is not a Bluetooth address"):
            await radio.push(adapter, address, CARD)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "does not name a Bluetooth adapter"),
        ("pigeon:0", "“pigeon:0” does not name a Bluetooth adapter: write it like usb:0"),
        ("usb:", "does not name a Bluetooth adapter"),
        ("tcp-client:127.0.0.1:first", "does not name a Bluetooth adapter"),
        ("tcp-client:127.0.0.1", "does not name a Bluetooth adapter"),
        ("usb:77", "There is no Bluetooth adapter usb:77"),
        ("tcp-client:127.0.0.1:1", "There is no Bluetooth adapter tcp-client:127.0.0.1:1"),
        ("serial:/dev/nothing", "There is no Bluetooth adapter serial:/dev/nothing"),
    ],
)
async def test_an_adapter_that_is_not_there_is_one_sentence(name: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        async with radio.adapter(name, says="Nobody"):
            pass


async def test_an_adapter_that_does_not_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radio, "_START_SECONDS", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        name = f"tcp-client:127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UserError, match=f"The Bluetooth adapter {name} does not work"):
            async with radio.adapter(name, says="Nobody"):
                pass


class UsbError(Exception):
    """What libusb raises."""

    def __init__(self, value: int) -> None:
        super().__init__(f"LIBUSB_ERROR [{value}]")
        self.value = value


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.EBUSY, "busy"), "is used by another program: stop that first"),
        (UsbError(-6), "is used by another program: stop that first"),
        (OSError(errno.EPERM, "forbidden"), "You may not use the Bluetooth adapter"),
        (UsbError(-3), "You may not use the Bluetooth adapter"),
        (UsbError(-4), "There is no Bluetooth adapter"),
        (OSError(errno.ENODEV, "No such device"), "There is no Bluetooth adapter"),
        (Exception("Bluetooth HCI sockets not supported on this platform"), "not supported on this platform"),
    ],
)
async def test_what_the_system_says_of_an_adapter_is_said_in_plain_words(
    error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_name: str) -> None:
        raise error

    monkeypatch.setattr(radio, "open_transport", fail)  # no test machine has adapters that are in use
    with pytest.raises(UserError, match=sentence):
        async with radio.adapter("hci-socket:0", says="Nobody"):
            pass
