"""What Meta says went wrong, in an answer at once or in a delivery later."""

from __future__ import annotations

from typing import Final

import msgspec

# https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
GONE: Final = frozenset({131026, 131050})
"""No such number on WhatsApp, or one that wants no news from this business."""
TOKEN: Final = frozenset({0, 3, 10, 190, *range(200, 300)})
"""The access token is not accepted."""
NUMBER: Final = frozenset({33, 100, 803})
"""There is no such number, or the token does not reach it."""
LATER: Final = frozenset({4, 80007, 130429, 131016, 131048, 131049, 131056, 133004})
"""Too much at once, or a rest that Meta wants."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that went wrong, by Meta's number and in its words."""

    code: int = 0
    message: str = ""

    @property
    def words(self) -> str:
        """Both in one line."""
        return f"{self.code} {self.message}".strip()
