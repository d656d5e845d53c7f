"""The one Django app."""

from django.apps import AppConfig


class SebarConfig(AppConfig):
    """One app for all packages: one place each for migrations, templates, static files and translations."""

    name = "sebar"
    default_auto_field = "django.db.models.BigAutoField"
