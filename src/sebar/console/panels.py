"""Pages that are there at once: a frame, then a panel for each question, sent as soon as it is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import translation

from sebar.campaigns.models import Campaign
from sebar.kit.errors import Unavailable

Context = dict[str, Any]
_MARK = "<!--panel {}-->"


@dataclass(frozen=True)
class Panel:
    """One question of a page and how it is answered: by a template in ``console/panels``, of its name unless said."""

    name: str
    read: Callable[[Campaign], Context]
    template: str = ""


def streamed(
    request: HttpRequest, template: str, panels: Sequence[Panel], campaign: Campaign, context: Context
) -> StreamingHttpResponse:
    """Return a page whose template has a mark ``<!--panel NAME-->`` at the place of each panel, in their order."""
    whole = render_to_string(template, context | {"panels": panels}, request)
    get_token(request)  # a form in a panel needs its cookie, which goes with the headers: before any panel
    language = translation.get_language() or "en"

    def chunks(left: str) -> Iterator[str]:
        for panel in panels:
            before, left = left.split(_MARK.format(panel.name), maxsplit=1)
            yield before
            with translation.override(language):
                shown = answered(request, panel, campaign, context)
            yield shown
        yield left

    return StreamingHttpResponse(chunks(whole))


def answered(request: HttpRequest, panel: Panel, campaign: Campaign, context: Context) -> str:
    """Return one panel; when nobody answers just now, one that says so."""
    try:
        answer = panel.read(campaign)
    except Unavailable as error:
        answer = {"unavailable": error.message}
    template = f"console/panels/{panel.template or panel.name}.html"
    return render_to_string(template, context | {"panel": panel} | answer, request)
