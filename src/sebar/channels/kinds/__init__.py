"""One folder a channel: ``__init__.py`` holds its `CHANNEL`, ``icon.svg`` its drawing where it has a button."""
