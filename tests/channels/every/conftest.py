"""Puts what others built for single channels within reach: their servers, fakes, radios and readers."""

from __future__ import annotations

import sys
from pathlib import Path

_CHANNELS = Path(__file__).parents[1]
sys.path += [str(_CHANNELS / name) for name in ("bluetooth", "footer", "messengers", "nfc", "paper")]
