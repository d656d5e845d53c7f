"""Other people's websites: a server of another origin, and what WordPress makes of an oEmbed answer."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "aB3dE5fG7h"
# The host's side of WordPress' protocol, as its documentation tells it: show and size the frame that knows the secret,
# follow its link where that leads to the frame's own host and the person has just been in the frame.
HOST_SCRIPT = """
addEventListener("message", (event) => {
  const { message, value, secret } = event.data || {};
  const frame = document.querySelector(`iframe[data-secret="${secret}"]`);
  if (!frame || event.source !== frame.contentWindow) return;
  frame.removeAttribute("style");
  document.querySelector("blockquote").style.display = "none";
  if (message === "height") frame.height = Math.min(Math.max(value, 200), 1000);
  if (message === "link" && new URL(value).host === new URL(frame.src).host && document.activeElement === frame) {
    top.location.href = value;
  }
});
"""


def as_wordpress_keeps_it(html: str) -> str:
    """Return what stands in the post: a hidden, sandboxed frame with a secret, and the quotation in its place."""
    kept = re.search(r"(<blockquote>.*?</blockquote>)?.*(<iframe.*?></iframe>)", html, re.DOTALL)
    assert kept is not None
    frame = re.sub(r' src="([^"]*)"', rf' src="\1#?secret={SECRET}" data-secret="{SECRET}"', kept[2])
    held = 'style="position: absolute; visibility: hidden" sandbox="allow-scripts" security="restricted"'
    return f"{kept[1]}{frame.replace('<iframe', f'<iframe {held}')}<script>{HOST_SCRIPT}</script>"


@contextmanager
def a_website(body: str, *, policy: str = "", language: str = "en") -> Iterator[str]:
    """Serve one page from an origin of its own and yield its address."""
    page = f'<!doctype html><html lang="{language}"><title>Blog</title>{body}</html>'

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
