"""Starts what uses Django's tables: ``python -m sebar.serve.program prepare|engine PARENT``.

Tables can be imported only once Django is set up, so the program is imported by its name, after that.
"""

from __future__ import annotations

import importlib
import signal
import sys

from sebar.serve import django
from sebar.serve.child import end_with_parent


def main() -> None:
    """Run the program that the command line names."""
    name, parent = sys.argv[1], int(sys.argv[2])
    end_with_parent(parent, signal.SIGTERM)
    django.setup()
    importlib.import_module(f"sebar.serve.{name}").main()


if __name__ == "__main__":
    main()
