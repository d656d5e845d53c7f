"""What other people's websites fetch of us, and the share page: bytes as written and as sent, beside the goals."""

from __future__ import annotations

import gzip
import sys
import urllib.request

from fresh import fresh
from pages import planted

KILOBYTE = 1000
ELEMENT_GOAL = 10 * KILOBYTE
PAGE_GOAL = 13 * KILOBYTE


def main() -> None:
    """Print the table; end with 1 when a goal is not met."""
    with fresh() as instance:
        share = planted(instance)["share"]
        code = share.rpartition("/")[2]
        rows = [
            ("element <sebar-share>, script", "/e/sebar-share.js", ELEMENT_GOAL),
            ("  its words, a script for each code", f"/e/{code}.js", ELEMENT_GOAL),
            ("page in the frame", f"/e/{code}", PAGE_GOAL),
            ("share page", share, PAGE_GOAL),
            ("badge, SVG", f"/e/{code}/badge.svg", ELEMENT_GOAL),
            ("badge, PNG", f"/e/{code}/badge.png", ELEMENT_GOAL),
            ("oEmbed answer", f"/oembed?url={instance.url}{share}", ELEMENT_GOAL),
            ("feed", f"/c/coffee/feed?ref={code}", PAGE_GOAL),
        ]
        print(f"{'':<40}{'raw':>10}{'sent':>10}{'goal':>12}")
        missed = [name for name, path, goal in rows if not shown(name, instance.url + path, goal)]
    sys.exit(1 if missed else 0)


def shown(name: str, address: str, goal: int) -> bool:
    """Print one row, and return whether what was sent stays below its goal."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - our own instance
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        sent = answer.read()
        raw = gzip.decompress(sent) if answer.headers.get("Content-Encoding") == "gzip" else sent
    is_met = len(sent) <= goal
    print(f"{name:<40}{len(raw):>8,} B{len(sent):>8,} B{goal:>10,} B {'met' if is_met else 'NOT MET'}")
    return is_met


if __name__ == "__main__":
    main()
