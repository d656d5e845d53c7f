"""Prints the benchmarks: ``make bench``, or ``python bench/run.py edge join`` for some of them.

Each is a program of its own, so that none warms up, or weighs on, the next.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

BENCHES = {
    "edge": "redirects with a durable journal, beside nginx and a bare handler",
    "console": "every panel's query with 10 million events and 1 million participants",
    "join": "joins through the API, each a transaction, its event and its live link",
    "footprint": "what an idle instance costs",
    "spread": "simulating and loading graphs, beside cynetdiff and pyarrow",
    "seeds": "choosing whom to start with, beside lazy greedy on cynetdiff",
    "forecast": "forecasts on recorded cascades, beside naive rules",
    "learning": "foretelling who acts, beside the textbooks' estimators",
    "alarm": "false alarms and delays, beside the usual rules",
    "experiment": "errors of both kinds when people are alike, beside tests by person",
    "stop": "from the tap that stops a campaign to its last effect, under load",
    "fraud": "finding six kinds of fraud among 20,000, beside the most joins in a while",
    "pages": "bytes and requests of the participant's pages",
    "channel_mail": "letters through queue, gate and signature, beside smtplib alone",
    "channel_footer": "mail through Postfix with the footer and without",
    "channel_paper": "QR codes and sheets for many, beside a plain loop of segno",
    "channel_spoken": "checking spoken codes, beside a set of all of them",
    "channel_embed": "bytes of what stands on other people's pages",
}


def main() -> None:
    """Run the benches that the command line names, or all; end with 1 when one could not run."""
    failed = [name for name in sys.argv[1:] or BENCHES if not run(name)]
    if failed:
        sys.exit(f"Could not run: {', '.join(failed)}")


def run(name: str) -> bool:
    """Run one bench under its heading; return whether it ran."""
    print(f"\n{name}: {BENCHES[name]}\n{'─' * 100}", flush=True)
    began = time.monotonic()
    done = subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py"))], check=False)
    print(f"({time.monotonic() - began:.0f} s)", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main()
