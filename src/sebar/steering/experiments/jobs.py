"""Seeds who came by no page of ours, through a program or a bot, are given their arms by the clock."""

from __future__ import annotations

import time
from typing import Final

from sebar.steering.experiments import actions, queries

_REST: Final = 2.0
_SHARE_OF_TIME: Final = 0.05  # of one processor that looking for them may take


def enter() -> float:
    """Give arms to seeds who have none yet; return how long to rest."""
    began = time.monotonic()
    for experiment in queries.running():
        if queries.waiting(experiment, most=1):
            actions.enter_waiting(number=experiment.pk)
    return max(_REST, (time.monotonic() - began) / _SHARE_OF_TIME)
