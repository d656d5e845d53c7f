"""Makes Django's tables importable: import this module before any that holds tables or uses them."""

from __future__ import annotations

from sebar.serve import django

django.setup()
