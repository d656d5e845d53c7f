"""What a bot has asked somebody and waits to hear, kept between two messages."""

from __future__ import annotations

from typing import Literal

import msgspec

from sebar.channels import sealing
from sebar.channels.conversation.models import Talk


class Asked(msgspec.Struct, frozen=True):
    """A question that stands open.

    Attributes
    ----------
    what
        Which of several campaigns, whether they agree, or what a campaign asks of whoever joins.
    campaigns
        Those to choose from, in the order of their numbers.
    consent
        The version of the wording that was shown.
    code, how
        Whose code brought them, and what said so.
    name
        As they gave it.
    """

    what: Literal["", "campaign", "consent", "name", "email"] = ""
    campaigns: tuple[int, ...] = ()
    consent: int = 0
    code: str = ""
    how: str = "link"
    name: str = ""


NOTHING = Asked()


def recall(talk: Talk) -> Asked:
    """Return what stands open; nothing when that cannot be read any more."""
    text = sealing.unseal(talk.sealed)
    return msgspec.json.decode(text, type=Asked) if text else NOTHING


def remember(talk: Talk, asked: Asked) -> None:
    """Note what stands open now. Whoever calls this saves the talk."""
    talk.sealed = b"" if asked == NOTHING else sealing.seal(msgspec.json.encode(asked).decode())
