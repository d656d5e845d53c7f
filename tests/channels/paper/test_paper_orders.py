"""Orders for many people: what can be ordered, how far it is, and what becomes of it when things go wrong."""

from __future__ import annotations

import shutil
import threading
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from django.db import OperationalError

from builders import a_campaign, a_cascade, a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels import ALL
from sebar.channels.kinds.paper import orders, printing, service
from sebar.channels.kinds.paper.orders import Order, State
from sebar.channels.kinds.paper.printing import Piece, What
from sebar.kit import codes, config
from sebar.kit.errors import UserError, UserErrors


@pytest.fixture
def crowd(campaign: Campaign) -> Campaign:
    """A campaign with five participants, one of them from a fair."""
    a_participant(campaign, how="api", source="fair")
    a_cascade(campaign, [-1, 0, 0, -1])
    return campaign


@pytest.fixture(autouse=True)
def _nothing_ordered() -> None:
    """Campaigns of other tests had the same numbers."""
    shutil.rmtree(config.load().data / "paper", ignore_errors=True)


def an_order(campaign: Campaign, what: What = What.QR_SVG, **different: str) -> Order:
    """Return an order that was placed."""
    return orders.place(campaign, what=what.value, language="en", **different)


def work(campaign: Campaign, order: Order, stopping: threading.Event | None = None) -> State:
    """Let the printer work an order off and return how it ended."""
    service.work_off(campaign.pk, order, stopping or threading.Event())
    return orders.state(campaign.pk, order)


def test_what_is_ordered_is_printed_and_can_be_fetched(crowd: Campaign) -> None:
    order = an_order(crowd)
    assert orders.look(crowd) == (order, State(order.id))
    assert [(crowd.pk, order)] == list(orders.waiting())
    done = work(crowd, order)
    assert done.people == order.people == 5
    assert done.files == (f"{crowd.slug}-qr-svg-1.zip",)
    path = orders.bundle(crowd, done.files[0])
    assert path is not None
    with zipfile.ZipFile(path) as bundle:
        assert len(bundle.namelist()) == 5
    assert list(orders.waiting()) == []


def test_those_of_one_source_or_the_first_ones_are_printed(crowd: Campaign) -> None:
    assert work(crowd, an_order(crowd, source="fair")).people == 1
    assert work(crowd, an_order(crowd, first="3")).people == 3
    assert work(crowd, an_order(crowd, What.CARDS, first=" 4 ")).people == 4


def test_all_that_is_wrong_is_said_at_once(crowd: Campaign) -> None:
    with pytest.raises(UserErrors) as refused:
        orders.place(crowd, what="book", language="fr", source="\x07", first="many")
    assert set(refused.value.by_field()) == {"what", "language", "source", "first"}
    assert orders.look(crowd) is None


@pytest.mark.parametrize("first", ["0", "-1", "1.5", "ten", "9" * 5000, "１２"])
def test_a_number_of_people_is_a_number(crowd: Campaign, first: str) -> None:
    with pytest.raises(UserErrors, match="is not a number of people"):
        an_order(crowd, first=first)


def test_nobody_and_too_many_are_refused(people: People, crowd: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="Nobody has joined"):
        an_order(a_campaign(people.alice))
    monkeypatch.setattr(orders, "_MOST_FILES", 4)
    with pytest.raises(UserError, match=r"5 people are too many .* the first 4") as refused:
        an_order(crowd, What.POSTER)
    assert refused.value.field == "first"
    assert an_order(crowd, What.POSTER, first="4").people == 4


def test_a_new_order_takes_the_place_of_the_last(crowd: Campaign) -> None:
    first = an_order(crowd)
    work(crowd, first)
    second = an_order(crowd, What.QR_EPS)
    assert [(crowd.pk, second)] == list(orders.waiting())
    assert orders.bundle(crowd, f"{crowd.slug}-qr-svg-1.zip") is None
    assert work(crowd, second).files == (f"{crowd.slug}-qr-eps-1.zip",)
    assert not orders.place_of(crowd.pk, first).exists()


def test_an_order_that_no_longer_stands_is_left(crowd: Campaign) -> None:
    order = an_order(crowd)
    orders.withdraw(crowd)
    assert work(crowd, order).files == ()
    assert orders.look(crowd) is None
    assert list(orders.waiting()) == []
    assert not orders.place_of(crowd.pk, order).exists()


def test_files_can_be_fetched_for_a_week(crowd: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    order = an_order(crowd)
    work(crowd, order)
    monkeypatch.setattr(orders, "KEPT", timedelta(0))
    assert list(orders.waiting()) == []
    assert orders.look(crowd) is None
    assert not orders.place_of(crowd.pk, order).exists()


def test_no_name_leads_out_of_the_folder(crowd: Campaign, people: People) -> None:
    work(crowd, an_order(crowd))
    for name in ("../order.json", "order.json", "", ".", "/etc/passwd", f"../{crowd.pk}/order.json"):
        assert orders.bundle(crowd, name) is None
    assert orders.bundle(a_campaign(people.charlie), f"{crowd.slug}-qr-svg-1.zip") is None


def test_long_orders_come_in_several_files_none_longer_than_the_front_reads_ahead(
    crowd: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BUNDLE_BYTES", 30_000)
    done = work(crowd, an_order(crowd, What.POSTER))
    assert len(done.files) > 1
    paths = [orders.bundle(crowd, name) for name in done.files]
    assert sum(len(zipfile.ZipFile(path).namelist()) for path in paths if path) == 5


def test_told_to_stop_it_begins_anew_next_time(crowd: Campaign) -> None:
    order, stopping = an_order(crowd), threading.Event()
    stopping.set()
    for _ in range(5):  # however often
        assert not work(crowd, order, stopping).is_over
    assert work(crowd, order).people == 5


def test_killed_again_and_again_it_gives_up(crowd: Campaign) -> None:
    order = an_order(crowd)
    for attempts in range(1, 4):
        orders.note(crowd.pk, State(order.id, 2, attempts=attempts))  # as it was when the process was killed
        assert list(orders.waiting()) == [(crowd.pk, order)]
    assert "begun three times" in work(crowd, order).trouble
    assert list(orders.waiting()) == []


def test_a_full_disk_is_said_and_the_next_order_is_printed(crowd: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Iterator[Piece]:
        yield Piece("one", b"1")
        raise OSError(28, "No space left on device")

    order = an_order(crowd)
    with monkeypatch.context() as patched:
        patched.setattr(printing, "many", full)
        assert work(crowd, order).trouble == "No space left on device"
    assert list(orders.waiting()) == []
    assert not orders.place_of(crowd.pk, order).exists()
    assert work(crowd, an_order(crowd)).people == 5


def test_whatever_breaks_keeps_no_other_order_back(crowd: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[Piece]:
        raise ZeroDivisionError

    monkeypatch.setattr(printing, "many", broken)
    assert work(crowd, an_order(crowd)).trouble == "ZeroDivisionError"


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_waited_for(crowd: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError

    order = an_order(crowd)
    with monkeypatch.context() as patched:
        patched.setattr("sebar.channels.kinds.paper.bulk.chosen", away)
        with pytest.raises(OperationalError):
            work(crowd, order)
    assert list(orders.waiting()) == [(crowd.pk, order)]
    assert work(crowd, order).people == 5


def test_what_another_version_wrote_is_no_order(crowd: Campaign) -> None:
    order = an_order(crowd)
    path = orders.place_of(crowd.pk, order).with_name("order.json")
    path.write_bytes(msgspec.json.encode({"what": "scroll"}))
    assert orders.look(crowd) is None
    assert list(orders.waiting()) == []


def test_the_printer_is_part_of_the_channel(crowd: Campaign) -> None:
    """As the sender runs it, until it is told to stop."""

    class OneRound(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            self.set()
            return True

    order = an_order(crowd, first="2")
    assert ALL["paper"].serves
    ALL["paper"].serve(OneRound())
    assert orders.state(crowd.pk, order).people == 2


def test_only_codes_and_links_lie_in_the_files(campaign: Campaign) -> None:
    person = a_participant(campaign, name="Dewi Lestari", external_id="dewi-1")
    order = an_order(campaign)
    work(campaign, order)
    path = orders.bundle(campaign, f"{campaign.slug}-qr-svg-1.zip")
    assert path is not None
    with zipfile.ZipFile(path) as bundle:
        assert bundle.namelist() == [f"{codes.spell(person.pk)}.svg"]
    for file in orders.place_of(campaign.pk, order).parent.rglob("*"):
        assert file.is_dir() or b"Dewi" not in file.read_bytes()
