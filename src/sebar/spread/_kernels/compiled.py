"""The one place that knows the compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile when first called, keep the result on disk, and let other threads run meanwhile."""
    return cast("Function", numba.njit(nogil=True, cache=True)(function))


def inlined(function: Function) -> Function:
    """Compile into the body of whoever calls it, where a call would cost more than it does."""
    return cast("Function", numba.njit(nogil=True, cache=True, forceinline=True)(function))
