"""The worker: does what comes round by the clock, beside everything that answers people.

``python -m sebar.serve.worker PARENT``. Each job says how long it may rest; whatever one cannot do now, it does at its
next turn. What a job has done is in the database when its turn ends, so the process may be killed at any moment.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import Final

import sebar.serve.tables  # noqa: F401 - sets Django up before its tables are imported
from sebar.fraud import jobs as fraud
from sebar.material import jobs as material
from sebar.portal import admission
from sebar.rewards import jobs as rewards
from sebar.rewards.draws import jobs as draws
from sebar.serve.child import end_with_parent
from sebar.serve.turns import Turns
from sebar.steering import jobs
from sebar.steering.alarms import jobs as alarms
from sebar.steering.decisions import jobs as decisions
from sebar.steering.experiments import jobs as experiments
from sebar.steering.plans import jobs as plans

_KINDNESS: Final = 5


def main() -> None:
    """Work until told to end."""
    end_with_parent(int(sys.argv[1]), signal.SIGTERM)
    os.nice(_KINDNESS)  # whoever answers people comes first
    threading.Thread(target=_tell, name="telling", daemon=True).start()
    turns = Turns(
        {
            "forecasts": jobs.Foreseeing().turn,
            "scores": jobs.score,
            "learning": jobs.learn,
            "waiting": admission.admit,
            "material": material.Making().turn,
            "sweeping": material.sweep,
            "experiments": experiments.enter,
            "decisions": decisions.turn,
            "alarms": alarms.Watching().turn,
            "balance": alarms.Balancing().turn,
            "graphs": plans.Reading().turn,
            "plans": plans.Computing().turn,
            "judging plans": plans.score,
            "fraud": fraud.Judging().turn,
            "forgetting": fraud.forget,
            "rewards": rewards.grant,
            "approving": rewards.approve,
            "expiring": rewards.expire,
            "draws": draws.freeze,
            "forgetting draws": draws.forget,
        },
        logging.getLogger("sebar.worker"),
    )
    while True:
        time.sleep(turns.turn())


def _tell() -> None:
    """Tell members and brands' programs of alarms, beside the rest: their servers may be slow."""
    turns = Turns({"telling": alarms.tell}, logging.getLogger("sebar.worker"))
    while True:
        time.sleep(turns.turn())


if __name__ == "__main__":
    main()
