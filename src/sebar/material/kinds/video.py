"""A clip: uploaded in nearly any form, shown in one that every phone plays."""

from __future__ import annotations

from sebar.kit.words import gettext_noop
from sebar.material import film
from sebar.material.base import TEXT, TITLE, Kind

KIND = Kind(
    name="video",
    label=gettext_noop("Video"),
    about=gettext_noop("A clip of up to 10 minutes. It is made small for phones, and plays in the page itself."),
    order=1,
    words=(TITLE, TEXT),
    accept="video/*",
    most_bytes=film.BYTES,
    needs_upload=True,
    takes_address=True,
    steps="quarters",
    look=film.look,
    is_slow=True,
)
