"""Words alone, in the lengths that channels have room for."""

from __future__ import annotations

from sebar.kit.words import gettext_noop
from sebar.material.base import SHARE, TITLE, Kind, Wording

KIND = Kind(
    name="text",
    label=gettext_noop("Text"),
    about=gettext_noop("A story, a joke, a recipe: long on the page, shorter in messages and footers."),
    order=4,
    words=(
        TITLE,
        Wording(name="long", label=gettext_noop("On the page"), most=4000, is_needed=True, is_long=True),
        Wording(
            name="short",
            label=gettext_noop("In one line"),
            most=90,
            hint=gettext_noop("For cards and footers."),
        ),
    ),
    share=SHARE,
)
