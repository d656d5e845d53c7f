"""Coins that are a hash of (random seed, key, world): the same in every order, on every thread, on either path.

A coin is a number between 0 and 1 that is written in digits of base 128, most significant first. Digit j of an octet,
eight worlds that are 8 apart, is one hash, a byte a world. A coin falls below a threshold by the first digit that
differs, which is the first digit in 127 of 128 cases: one hash for one world. For 64 worlds it takes eight, which the
compiler computes several at a time, and whose answers fall into the 64 bits of a word by a shift each, since the octets
lie interleaved.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.spread._kernels.compiled import compiled, inlined

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
_PAIRS: Final = U(0x5555555555555555)
_QUADS: Final = U(0x3333333333333333)
_BYTES: Final = U(0x0F0F0F0F0F0F0F0F)
_FEW: Final = U(4)  # worlds up to which asking one by one is faster than asking all 64
_0, _1, _2, _3, _4, _6, _7 = U(0), U(1), U(2), U(3), U(4), U(6), U(7)
_27, _30, _31, _49, _56 = U(27), U(30), U(31), U(49), U(56)
_127, _128 = U(127), U(128)


@inlined
def hashed(x: np.uint64) -> np.uint64:
    """Return 64 well mixed bits (the finaliser of splitmix64)."""
    x = (x ^ (x >> _30)) * _FIRST
    x = (x ^ (x >> _27)) * _SECOND
    return x ^ (x >> _31)


@compiled
def stream(seed: np.uint64, purpose: np.uint64, number: np.uint64) -> np.uint64:
    """Return where the random numbers of one set, or of an octet, begin."""
    return hashed(hashed(seed * _GOLDEN + purpose) + number * _FURTHER)


@compiled
def octet_of(world: int) -> np.uint64:
    """Return the number of this world's octet."""
    return ((U(world) >> _6) << _3) | (U(world) & _7)


@compiled
def shift_of(world: int) -> np.uint64:
    """Return the bit at which this world's digit begins in its octet's hashes."""
    return U(world) & _56


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


@inlined
def is_below(base: np.uint64, shift: np.uint64, key: np.uint64, threshold: np.uint64) -> bool:
    """Say whether this world's coin for the key falls below the threshold (of `ONE`).

    `base` is the stream of the world's octet, `shift` its place there, see `octet_of` and `shift_of`.
    """
    x = base + key * _GOLDEN
    digit = (hashed(x) >> shift) & _127
    wanted = threshold >> _49
    if digit != wanted:
        return bool(digit < wanted)
    return further_below(x, shift, threshold)


@inlined
def ones(word: np.uint64) -> np.uint64:
    """Return how many bits are set (written so that the compiler finds the processor's own instruction)."""
    word -= (word >> _1) & _PAIRS
    word = (word & _QUADS) + ((word >> _2) & _QUADS)
    return (((word + (word >> _4)) & _BYTES) * _EIGHT_ONES) >> _56


@inlined
def worlds_below(bases: NDArray[np.uint64], needed: np.uint64, key: np.uint64, threshold: np.uint64) -> np.uint64:
    """Return in which of the needed worlds, a bit each, the coin falls below the threshold.

    `bases` are the streams of the eight octets of these 64 worlds.
    """
    if ones(needed) > _FEW:
        return _all_below(bases, needed, key, threshold)
    below = _0
    while needed:
        rest = needed & (needed - _1)
        world = ones((needed ^ rest) - _1)
        if is_below(bases[world & _7], world & _56, key, threshold):
            below |= needed ^ rest
        needed = rest
    return below


@compiled
def _all_below(bases: NDArray[np.uint64], needed: np.uint64, key: np.uint64, threshold: np.uint64) -> np.uint64:
    """Do the same by looking at a digit of all 64 worlds, then at the next while there are ties."""
    x = key * _GOLDEN
    place = _49
    wanted = threshold >> place
    below = _0
    while True:
        not_less = (_128 - wanted) * _EIGHT_ONES
        at_least, more = _0, _0
        for octet in range(bases.size):  # not range(8): only as a loop are several octets computed at once
            digits = (hashed(bases[octet] + x) & _DIGITS) + not_less
            at_least |= (digits & _TOPS) >> (_7 - U(octet))
            more |= ((digits - _EIGHT_ONES) & _TOPS) >> (_7 - U(octet))
        below |= needed & ~at_least
        needed &= at_least & ~more
        if not (needed and place):
            return below
        place -= _7
        x += _FURTHER
        wanted = (threshold >> place) & _127
