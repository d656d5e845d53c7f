"""Currencies: how they are written, and how many of their digits are minor units (ISO 4217)."""

from __future__ import annotations

import re
from typing import Final

_CODE: Final = re.compile(r"[A-Z]{3}")
_WITHOUT_CENTS: Final = frozenset({"JPY", "KRW", "VND"})
_SIGNS: Final = {"IDR": "Rp", "USD": "$"}
_UNUSED: Final = frozenset({"IDR"})  # ISO 4217 gives the rupiah two digits of sen, which nobody writes


def is_currency(unit: str) -> bool:
    """Say whether a unit is a currency, and not points or pieces."""
    return _CODE.fullmatch(unit) is not None


def minor_digits(currency: str) -> int:
    """Return how many digits of a currency are minor units."""
    return 0 if currency in _WITHOUT_CENTS else 2


def shown_digits(currency: str) -> int:
    """Return how many digits of a currency people write behind the comma."""
    return 0 if currency in _UNUSED else minor_digits(currency)


def major(value: int, unit: str) -> int | float:
    """Return an amount of minor units in whole ones; of what is no currency, as it is."""
    whole = 10 ** minor_digits(unit) if is_currency(unit) else 1
    return value // whole if value % whole == 0 else value / whole


def plain(value: int, unit: str) -> str:
    """Return an amount of minor units in whole ones, as English writes it: ``1,234.50``."""
    return f"{major(value, unit):,.{shown_digits(unit) if is_currency(unit) else 0}f}"


def sign(currency: str) -> str:
    """Return what stands before an amount: ``Rp``, ``$``, or the code and a blank."""
    return _SIGNS.get(currency, f"{currency} ".lstrip())
