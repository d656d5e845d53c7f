"""What the worker does about plans: read uploaded graphs, compute what was asked for, score what has come true.

One graph is read and one version computed at a time, each in a thread beside everything else, so that whoever uploads
a file with a mistake is told while a plan is computed; the loops let the others run. Neither reads or writes a table:
what it needs is gathered before, what it found is kept afterwards, by the worker's own turn. Whoever is killed in the
middle begins it anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Final, Generic, TypeVar

from django.utils import timezone

from sebar.kit.words import gettext_noop
from sebar.measures import ahead
from sebar.spread.forecasting import interval_score
from sebar.spread.graph import Graph
from sebar.steering.plans import actions, computing, gathering, queries, rules, ties
from sebar.steering.plans.models import CampaignPlan, PlanGraph, PlanVersion, State
from sebar.steering.plans.rules import Result

_IDLE_SECONDS: Final = 1.0
_BUSY_SECONDS: Final = 0.5
_SCORE_SECONDS: Final = 300.0
_LATE_EVENTS: Final = timedelta(minutes=10)  # that long events may be on their way to the store
_LOG: Final = logging.getLogger("sebar.worker")

Found = TypeVar("Found")
Answer = tuple[Result, list[list[object]]]


class _Beside(Generic[Found]):
    """Something that is worked out in a thread of its own."""

    def __init__(self, work: Callable[[Callable[[float], object], Callable[[], bool]], Found]) -> None:
        self.progress = 0.0
        self.found: Found | None = None
        self.problem = ""
        self._told_to_stop = Event()
        self._work = work
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tell it to give up."""
        self._told_to_stop.set()

    def is_running(self) -> bool:
        """Say whether it still works."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.found = self._work(self._note, self._told_to_stop.is_set)
        except ValueError as error:
            self.problem = str(error)
        except Exception:  # noqa: BLE001 - whatever went wrong, the version says so and the worker goes on
            _LOG.exception("plans")
            self.problem = gettext_noop("It could not be computed; whoever runs this place finds why in the log.")

    def _note(self, progress: float) -> None:
        self.progress = progress


class Reading:
    """Reads the uploaded graph that waits longest."""

    def __init__(self) -> None:
        self._graph: tuple[PlanGraph, _Beside[Graph]] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a graph is being read."""
        return self._graph is not None

    def turn(self) -> float:
        """Go on with the graph that is being read, or begin the next; return how long to rest."""
        if self._graph is not None:
            return self._read(*self._graph)
        graph = queries.next_graph()
        if graph is None:
            return _IDLE_SECONDS
        brand, number, is_mutual, name = graph.brand_id, graph.pk, graph.is_mutual, graph.name
        self._graph = (graph, _Beside(lambda _note, _stop: ties.read(brand, number, is_mutual=is_mutual, name=name)))
        return _BUSY_SECONDS

    def _read(self, graph: PlanGraph, beside: _Beside[Graph]) -> float:
        if beside.is_running():
            return _BUSY_SECONDS
        self._graph = None
        if beside.found is None:
            actions.refuse_graph(number=graph.pk, problem=beside.problem)
            return _BUSY_SECONDS
        found = beside.found
        actions.accept_graph(
            number=graph.pk, people=found.nodes, ties=found.edges, has_chances=found.probability is not None
        )
        return _BUSY_SECONDS


class Computing:
    """Computes the version of a plan that waits longest."""

    def __init__(self) -> None:
        self._version: tuple[PlanVersion, _Beside[Answer | None]] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a version is being computed."""
        return self._version is not None

    def turn(self) -> float:
        """Go on with the version that is being computed, or begin the next; return how long to rest."""
        if self._version is not None:
            return self._compute(*self._version)
        version = queries.next_version()
        return _IDLE_SECONDS if version is None else self._begin(version)

    def stop(self) -> None:
        """Give up what is being computed."""
        if self._version is not None:
            self._version[1].stop()

    def _begin(self, version: PlanVersion) -> float:
        task = gathering.task(version)
        actions.begin(number=version.pk)
        self._version = (
            version,
            _Beside(lambda note, stop: computing.compute(task, progress=note, stop=stop)),
        )
        return _BUSY_SECONDS

    def _compute(self, version: PlanVersion, beside: _Beside[Answer | None]) -> float:
        if beside.is_running():
            if queries.state_of(version.pk) == State.CANCELLED:
                beside.stop()
            actions.note(number=version.pk, progress=beside.progress)
            return _BUSY_SECONDS
        self._version = None
        if beside.problem:
            actions.refuse(number=version.pk, problem=beside.problem)
        elif beside.found is not None:
            result, chosen = beside.found
            actions.finish(number=version.pk, content=rules.encode(result), chosen=chosen)
        return _BUSY_SECONDS


def score() -> float:
    """Judge the versions of record whose time has come; return how long to rest."""
    for plan in queries.to_be_scored():
        _score(plan)
    return _SCORE_SECONDS


def _score(plan: CampaignPlan) -> None:
    version = queries.of_record(plan)
    computed = None if version is None else queries.computed(plan, version.number)
    published = plan.campaign.published_at
    if computed is None or published is None:
        return
    starts_at = plan.campaign.starts_at
    start = max(published, starts_at) if starts_at else published
    now = timezone.now() - _LATE_EVENTS
    judged = rules.judged(computed.inputs.form.days, start, queries.over_at(plan.campaign), now)
    if judged is None:
        return
    line, until = judged
    outcome = ahead.totals(plan.campaign.pk, until=until).participants
    actions.score(number=computed.version.pk, outcome=outcome, score=interval_score(computed.result.fan[line], outcome))
