"""The printer: prints what is ordered for many people, beside everything that answers people.

A page that is asked for must not print ten thousand codes itself: web has one thread for everybody. So the order is a
file, and this is what works it off. Killed in the middle, it begins the order anew; what it leaves has no final name.
"""

from __future__ import annotations

import logging
import time
from contextlib import closing
from threading import Event
from typing import Final

from django.db import Error, close_old_connections

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper import bulk, orders, printing
from sebar.channels.kinds.paper.orders import Order, State
from sebar.kit.words import gettext_noop

BUNDLE_BYTES: Final = 12 * 1024 * 1024
"""How long a ZIP file may be: the front reads that far ahead, so that a slow reader holds up nobody else."""
_REST: Final = 1.0
_SECONDS_BETWEEN_NOTES: Final = 0.5
_MOST_ATTEMPTS: Final = 3
_GIVEN_UP: Final = gettext_noop("it was begun three times and never finished")
_log = logging.getLogger("sebar.sender")


def serve(stopping: Event) -> None:
    """Print what is ordered, until `stopping` is set."""
    while not stopping.is_set():
        for campaign, order in orders.waiting():
            work_off(campaign, order, stopping)
        stopping.wait(_REST)


def work_off(campaign: int, order: Order, stopping: Event) -> None:
    """Print one order, or write down why that cannot be done.

    Raises
    ------
    django.db.Error
        When the database is away. The order waits for it.
    """
    attempts = orders.state(campaign, order).attempts + 1
    if attempts > _MOST_ATTEMPTS:
        orders.note(campaign, State(order.id, trouble=_GIVEN_UP))
        return
    try:
        is_done = _print(campaign, order, attempts, stopping)
    except Error:
        orders.note(campaign, State(order.id, attempts=attempts - 1))
        close_old_connections()
        raise
    except OSError as trouble:
        _give_up(campaign, order, trouble.strerror or str(trouble))
    except Exception as trouble:  # noqa: BLE001 - what an order makes fail must not keep the next from being printed
        _log.exception("paper")
        _give_up(campaign, order, type(trouble).__name__)
    else:
        if not is_done and stopping.is_set():
            orders.note(campaign, State(order.id, attempts=attempts - 1))


def _print(campaign: int, order: Order, attempts: int, stopping: Event) -> bool:
    """Print an order and say whether it came to its end: it does not when it is withdrawn or everything is to stop."""
    orders.note(campaign, State(order.id, attempts=attempts))
    orders.clear(campaign)
    folder = orders.place_of(campaign, order)
    folder.mkdir()
    found = Campaign.objects.select_related("brand").get(pk=campaign)
    numbers = bulk.chosen(found, source=order.source, first=order.first)
    files = printing.many(order.what, found, order.language, numbers)
    stem = f"{found.slug}-{order.what}"
    noted = time.monotonic()
    with closing(bulk.written(files, lambda n: folder / f"{stem}-{n}.zip", most_bytes=BUNDLE_BYTES)) as bundles:
        for done in bundles:
            if stopping.is_set() or not orders.is_wanted(campaign, order):
                return False
            if time.monotonic() - noted > _SECONDS_BETWEEN_NOTES:
                orders.note(campaign, State(order.id, done.people, attempts=attempts))
                noted = time.monotonic()
    orders.note(campaign, State(order.id, done.people, tuple(path.name for path in done.files), attempts=attempts))
    return True


def _give_up(campaign: int, order: Order, trouble: str) -> None:
    orders.clear(campaign)
    orders.note(campaign, State(order.id, trouble=trouble))
