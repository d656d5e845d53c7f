"""The one Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext

from sebar.kit.words import speak_with
from sebar.pages.words import full_day, mark


class SebarConfig(AppConfig):
    """One app for all packages: one place each for migrations, templates, static files and translations."""

    name = "sebar"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the sentences of packages without Django be shown in the reader's language."""
        speak_with(gettext, mark, full_day)
