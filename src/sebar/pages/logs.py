"""What must not stand in the log: addresses that open something, as good as passwords, and what is no news."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import Final

_SECRET: Final = re.compile(r"(/me/\w{0,7}|/console/welcome/)[^\s/?]*")


class WithoutSecrets(logging.Filter):
    """Cuts the secret out of personal pages' and invitations' addresses, mistyped ones too."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return always True, with the record's secrets cut out."""
        if isinstance(record.args, tuple):
            record.args = tuple(_cut(part) for part in record.args)
        return True


class WithoutUndone(logging.Filter):
    """Leaves out that a program asked for something we do not do, and was told so."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is about anything else."""
        return getattr(record, "status_code", None) != HTTPStatus.NOT_IMPLEMENTED


def _cut(part: object) -> object:
    return _SECRET.sub(r"\1…", part) if isinstance(part, str) else part
