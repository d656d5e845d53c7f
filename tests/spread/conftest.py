"""The science's tests: kernels are compiled when first called, which no deadline of a single example should count."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")
