"""What a bot writes when it is the one to write first: a notice that somebody asked for."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from sebar.channels.base import Outgoing


def written(message: Outgoing) -> str:
    """Return a notice as one text, with its link and the way to get no more."""
    content = message.content
    with translation.override(message.language):
        ending = _("/stop ends these messages.")
    parts = (content["subject"], content["text"], content.get("link", ""), ending)
    return "\n".join(part for part in parts if part)
