"""Coins that are a hash of (random seed, key, world): the same in every order, on every thread, on either path.

A coin is a number between 0 and 1 that is written in digits of base 128, most significant first. Digit j of eight
neighbouring worlds is one hash, a byte a world. It falls below a threshold by the first digit that differs, which is
the first digit in 127 of 128 cases: one hash for one world, eight for sixty-four.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled

U = np.uint64
ONE: Final = 1 << 56
"""The threshold that every coin falls below: eight digits of seven bits."""

_GOLDEN: Final = U(0x9E3779B97F4A7C15)
_FIRST: Final = U(0xBF58476D1CE4E5B9)
_SECOND: Final = U(0x94D049BB133111EB)
_FURTHER: Final = U(0xD6E8FEB86659FD93)
_EIGHT_ONES: Final = U(0x0101010101010101)
_TOPS: Final = U(0x8080808080808080)
_DIGITS: Final = U(0x7F7F7F7F7F7F7F7F)
_GATHER: Final = U(0x0002040810204081)
_0, _1, _3, _7, _8 = U(0), U(1), U(3), U(7), U(8)
_27, _30, _31, _49, _56 = U(27), U(30), U(31), U(49), U(56)
_127, _128, _255 = U(127), U(128), U(255)


@compiled
def hashed(x: np.uint64) -> np.uint64:
    """Return 64 well mixed bits (the finaliser of splitmix64)."""
    x = (x ^ (x >> _30)) * _FIRST
    x = (x ^ (x >> _27)) * _SECOND
    return x ^ (x >> _31)


@compiled
def stream(seed: np.uint64, purpose: np.uint64, number: np.uint64) -> np.uint64:
    """Return where the random numbers of one set, or of eight worlds, begin."""
    return hashed(hashed(seed * _GOLDEN + purpose) + number * _FURTHER)


@compiled
def further_below(x: np.uint64, shift: np.uint64, threshold: np.uint64) -> bool:
    """Decide by the digits after the first, which was equal."""
    place = _49
    while place > _0:
        place -= _7
        x += _FURTHER
        digit = (hashed(x) >> shift) & _127
        wanted = (threshold >> place) & _127
        if digit != wanted:
            return bool(digit < wanted)
    return False


@compiled
def is_below(base: np.uint64, shift: np.uint64, key: np.uint64, threshold: np.uint64) -> bool:
    """Say whether this world's coin for the key falls below the threshold (of `ONE`).

    `base` is the stream of the world's eight, `shift` eight times its place among them.
    """
    x = base + key * _GOLDEN
    digit = (hashed(x) >> shift) & _127
    wanted = threshold >> _49
    if digit != wanted:
        return bool(digit < wanted)
    return further_below(x, shift, threshold)


@compiled
def worlds_below(bases: NDArray[np.uint64], needed: np.uint64, key: np.uint64, threshold: np.uint64) -> np.uint64:
    """Return in which of the needed worlds, a bit each, the coin falls below the threshold."""
    wanted = threshold >> _49
    if wanted == _128:
        return needed
    not_less = (_128 - wanted) * _EIGHT_ONES
    more = (_127 - wanted) * _EIGHT_ONES
    found = _0
    for octet in range(8):
        place = U(octet) << _3
        asked = (needed >> place) & _255
        if asked == _0:
            continue
        x = bases[octet] + key * _GOLDEN
        digits = hashed(x) & _DIGITS
        at_least = digits + not_less
        below = (((~at_least & _TOPS) * _GATHER) >> _56) & asked
        tied = ((((at_least & ~(digits + more)) & _TOPS) * _GATHER) >> _56) & asked
        while tied:
            lowest = tied & (~tied + _1)
            shift = _0
            while (lowest >> shift) != _1:
                shift += _1
            if further_below(x, shift << _3, threshold):
                below |= lowest
            tied ^= lowest
        found |= below << place
    return found
