"""The kinds of material, a module each. Whatever lists kinds reads this folder."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final

from sebar.material.base import Kind


def _found() -> Mapping[str, Kind]:
    every: list[Kind] = [import_module(f"{__name__}.{module.name}").KIND for module in iter_modules(__path__)]
    return MappingProxyType({one.name: one for one in sorted(every, key=lambda one: one.order)})


ALL: Final = _found()
"""Every kind by its name, in the order in which they are offered."""
