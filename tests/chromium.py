"""How tests start the browser: as people have it, since headless ones say that they are programs."""

from __future__ import annotations

PATH = "/usr/bin/chromium"
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36"
ARGS = ["--no-sandbox", f"--user-agent={PERSON}"]
