"""Journals rows until it is killed: `python writing.py FOLDER`. Prints the number of each row once it is durable."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path

from sebar.events.journal import Journal


async def write(folder: Path) -> None:
    journal = Journal(folder, "victim", segment_bytes=200_000)
    numbers = itertools.count()

    async def one_after_another() -> None:
        while True:
            number = next(numbers)
            await journal.append([b"%d" % number])
            os.write(1, b"%d\n" % number)

    await asyncio.gather(*(one_after_another() for _ in range(16)))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
