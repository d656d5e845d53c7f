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
        """Tell lower packages what only higher ones know: the reader's language, and what experiments show."""
        from sebar.channels.shown import show_with  # noqa: PLC0415 - models can be imported only now
        from sebar.steering.experiments.queries import worded_for  # noqa: PLC0415

        speak_with(gettext, mark, full_day)
        show_with(worded_for)
