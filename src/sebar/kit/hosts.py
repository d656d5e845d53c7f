"""The name of a server, as a person types it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sebar.kit.errors import UserError
from sebar.kit.text import shown
from sebar.kit.words import gettext_noop

_LONGEST: Final = 253
_NAME: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))+")
_HANDLE: Final = re.compile(r"\A@?[a-z0-9_]+@(?=[^@]+$)")  # more than letters before the @ may be another server's name
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as the last part, browsers take the whole for an address


def host(typed: str, *, field: str = "server") -> str:
    """Return the name of a server as browsers look it up: in small letters, other scripts as ``xn--…``.

    People are led there, so nothing but a name is taken, or a whole handle like ``@dewi@social.example``: no scheme, no
    path, no port.

    Raises
    ------
    UserError
        When it is anything else.
    """
    tidy = unicodedata.normalize("NFKC", typed.strip()).lower().removesuffix(".")
    name = _in_ascii(_HANDLE.sub("", tidy, count=1))
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise UserError(
            gettext_noop("“{shown}” is not the name of a server: type what stands after the last @, like {example}."),
            field=field,
            shown=shown(typed),
            example="mastodon.social",
        )
    return name


def _in_ascii(name: str) -> str:
    """Return a name as it is looked up; empty when it has no one such form."""
    if name.isascii():
        return name
    try:
        looked_up = name.encode("idna").decode()
        # What does not come back the same (ß, joiners) is read in two ways by two standards: somebody else's server.
        return looked_up if looked_up.encode().decode("idna") == name else ""
    except UnicodeError:
        return ""
