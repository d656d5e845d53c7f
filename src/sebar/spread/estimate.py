"""What an estimate looks like: never a number without its interval, and no number at all when it is too early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the range it may well have.

    Attributes
    ----------
    value
        Point estimate, in `unit`.
    low, high
        Ends of the interval, ``low <= value <= high``.
    level
        How often such intervals hold, 0 to 1.
    unit
        What is counted, in words: ``"joins per participant"``.
    """

    value: float
    low: float
    high: float
    level: float = 0.95
    unit: str = ""

    too_early: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class TooEarly:
    """There is too little to say anything yet.

    Attributes
    ----------
    have, need
        How many there are and how many it takes.
    of
        What is counted: ``"participants"``, ``"shares"`` or ``"seeds"``.
    """

    have: int
    need: int
    of: str = "participants"

    too_early: ClassVar[bool] = True


Figure = Estimate | TooEarly
