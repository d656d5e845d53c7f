"""The form for what is told to everybody: news of a campaign, and corrections."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.http import QueryDict

from sebar.campaigns.models import Campaign
from sebar.channels import notices

Line = tuple[str, str, str, int]
"""A field's name, its value, what is wrong with it, and how long it may be."""


def lines(campaign: Campaign, entered: Mapping[str, str], errors: Mapping[str, str]) -> list[tuple[str, list[Line]]]:
    """Return the form's lines: for each of the campaign's languages, by its name, each part of the news."""
    names = dict(settings.LANGUAGES)
    return [
        (
            names[language],
            [
                (field, entered.get(field, ""), errors.get(field, ""), longest)
                for part, longest in notices.LONGEST.items()
                for field in (_field(language, part),)
            ],
        )
        for language in campaign.languages
    ]


def sent(post: QueryDict, campaign: Campaign) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return what was entered, by the fields' names, and the same by language and part."""
    texts = {
        language: {part: post.get(_field(language, part), "") for part in notices.LONGEST}
        for language in campaign.languages
    }
    entered = {_field(language, part): value for language, parts in texts.items() for part, value in parts.items()}
    return entered, texts


def _field(language: str, part: str) -> str:
    return f"texts.{language}.{part}"
