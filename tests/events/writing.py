"""Journals events until it is killed: `python writing.py FOLDER`. Prints the number of each once it is durable."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path
from uuid import UUID

from happenings import NOON, happened

from sebar.events.event import encode
from sebar.events.journal import Journal

YEAR = 31_557_600_000


async def write(folder: Path) -> None:
    journal = Journal(folder, "victim", segment_bytes=200_000)
    numbers = itertools.count()

    async def one_after_another() -> None:
        while True:
            number = next(numbers)
            await journal.append([encode(happened(id=UUID(int=number), ts=NOON + number % 3 * YEAR))])
            os.write(1, b"%d\n" % number)

    await asyncio.gather(*(one_after_another() for _ in range(16)))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
