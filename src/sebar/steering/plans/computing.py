"""Computing a plan: whom to invite first, and what becomes of it in many worlds. Numbers in, numbers out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.spread import planned
from sebar.spread.futures import Strength
from sebar.spread.graph import Graph
from sebar.spread.learning.campaigns import from_cascades
from sebar.spread.model import Model
from sebar.spread.planned import Law, Outcomes
from sebar.spread.seeding import Seeding, choose_seeds
from sebar.spread.warm import warm_seeds
from sebar.steering.plans import rules, ties
from sebar.steering.plans.rules import Chosen, Inputs, Known, Result, Source, Tried, WhatIf

WORLDS: Final = 1000
_WORLDS_TRIED: Final = 400  # the first of them, in which what-ifs are tried
_SEED: Final = 1
_CHOOSING_SECONDS: Final = 20.0
_CHOOSING_BYTES: Final = 300_000_000
_PLAN_ITSELF: Final = 0.6  # share of the time that goes to the plan; the rest to what is tried beside it
_ENDS: Final = (0.5, 0.1, 0.9)

Progress = Callable[[float], object]
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Past:
    """Who brought whom in the brand's campaigns, three columns in the order of joining; nobody is "" in `parent`."""

    person: NDArray[np.str_]
    parent: NDArray[np.str_]
    campaign: NDArray[np.int64]
    nameless: str
    """What names begin with of those whom the brand knows by none."""


@dataclass(frozen=True, slots=True)
class Task:
    """A plan, and all that was gathered for it.

    Attributes
    ----------
    inputs
        What was asked for.
    strengths
        How people passed on in the brand's campaigns, by their names.
    unlike
        What is believed of a campaign unlike these, learned from so many finished ones of the whole instance; None once
        the campaign itself shows how it goes.
    past
        Who brought whom, if the graph is made of that.
    upload
        Brand and number of the uploaded graph, if there is one.
    there
        Names of those who have joined already.
    """

    inputs: Inputs
    strengths: dict[str, Strength]
    unlike: Strength | None
    learned_from: int
    past: Past | None
    upload: tuple[int, int] | None
    there: Collection[str]


def compute(task: Task, *, progress: Progress, stop: Stop) -> tuple[Result, list[list[object]]] | None:
    """Return what a plan comes to, and whom to invite first; None when told to stop.

    Raises
    ------
    ValueError
        One sentence, when it cannot be computed.
    """
    law = planned.law_of([*task.strengths.values()], task.unlike, worlds=WORLDS, seed=_SEED)
    graph = _graph(task)
    runs = _Runs(task, law, graph, stop)
    base = runs.run(None, law, lambda share: progress(_PLAN_ITSELF * share))
    if base is None:
        return None
    asked_for = rules.what_ifs(task.inputs)
    first, planned_so = Law(law.participants[:_WORLDS_TRIED], law.seeds[:_WORLDS_TRIED]), base.first(_WORLDS_TRIED)
    tried = [_tried(task.inputs, WhatIf.PLAN, planned_so, planned_so, runs)]
    for place, what in enumerate(asked_for):
        found = runs.run(what, first)
        if found is None:
            return None
        tried.append(_tried(task.inputs, what, found, planned_so, runs))
        progress(_PLAN_ITSELF + (1 - _PLAN_ITSELF) * (place + 1) / len(asked_for))
    return _result(task, law, base, runs, tried), runs.listed()


class _Runs:
    """Runs a plan and what is tried beside it, along a graph or without one."""

    def __init__(self, task: Task, law: Law, graph: Graph | None, stop: Stop) -> None:
        self._inputs = task.inputs
        self._there = task.there
        self._nameless = task.past.nameless if task.past else None
        self._law = law
        self._stop = stop
        self.graph = graph
        self.seeding = None if graph is None else self._choose(graph, rules.invited_with(task.inputs))

    def invited(self, what: WhatIf | None) -> int:
        """Return how many are invited: on a graph no more than there are."""
        wanted = rules.invited_with(self._inputs, what)
        return wanted if self.graph is None else min(wanted, self.graph.nodes)

    def run(self, what: WhatIf | None, law: Law, progress: Progress | None = None) -> Outcomes | None:
        """Return what becomes of the plan, with one thing changed."""
        setting = rules.setting_of(self._inputs, what)
        invited = rules.invited_with(self._inputs, what)
        if self.graph is None:
            return planned.branching(
                law,
                setting,
                invited=invited,
                most=rules.cut_at(self._inputs, rules.invited_with(self._inputs)) + invited,
                population=self._inputs.room,
                seed=_SEED,
                progress=progress,
                stop=self._stop,
            )
        seeding = self._choose(self.graph, invited) if what == WhatIf.SEEDS else self.seeding
        if seeding is None or self._stop():
            return None
        return planned.along(
            self.graph,
            law,
            setting,
            chosen=seeding.seeds,
            seed=_SEED,
            progress=progress,
            stop=self._stop,
        )

    def listed(self) -> list[list[object]]:
        """Return name, people added and ties of those to be invited, in their order."""
        if self.graph is None or self.seeding is None:
            return []
        ties = np.diff(self.graph.start)[self.seeding.seeds]
        # What is estimated of somebody without ties may be more than themselves, but only by chance.
        adds = np.where(ties == 0, np.minimum(self.seeding.gain, 1.0), self.seeding.gain)
        names = self.graph.names(self.seeding.seeds)
        return [
            [str(name), round(float(one), 2), int(count)]
            for name, one, count in zip(names.tolist(), adds, ties, strict=True)
        ]

    def _choose(self, graph: Graph, count: int) -> Seeding:
        """Choose by the middle world: who is there already, or known by no name, cannot be invited."""
        if self._inputs.form.invited > graph.nodes:
            message = gettext_noop("The graph has {people:n} people: invite no more than that.")
            raise UserError(message, field="invited", people=graph.nodes)
        chance = "given" if graph.probability is not None else planned.usual_chance(graph, self._law)
        model = Model(probability=chance, quality=self._inputs.form.quality / 100)  # type: ignore[arg-type] # given, or a number
        warm_seeds(model, ("excluded",))  # so that compiling takes nothing of the time to choose in
        return choose_seeds(
            graph,
            model,
            count=count,
            excluded=self._not_to_be_asked(graph),
            seconds=_CHOOSING_SECONDS,
            error=0.1,
            memory_limit=_CHOOSING_BYTES,
            seed=_SEED,
            stop=self._stop,
        )

    def _not_to_be_asked(self, graph: Graph) -> NDArray[np.int64] | None:
        names = graph.names(np.arange(graph.nodes)).astype(np.str_)
        barred = (
            np.isin(names, np.array(sorted(self._there), np.str_)) if self._there else np.zeros(len(names), np.bool_)
        )
        if self._nameless:
            barred |= np.char.startswith(names, self._nameless)
        if barred.all():
            raise UserError(
                gettext_noop("Everybody in the graph has joined already, or is known by no name: nobody is left.")
            )
        found = np.flatnonzero(barred)
        return found if len(found) else None


def _graph(task: Task) -> Graph | None:
    source = task.inputs.form.source
    if source == Source.PAST and task.past is not None:
        if not len(task.past.person):
            raise UserError(
                gettext_noop("No campaign of yours has participants yet: upload a graph, or plan without one.")
            )
        return from_cascades(task.past.person, task.past.parent, task.past.campaign).graph
    if source == Source.UPLOAD:
        if task.upload is None:
            raise UserError(gettext_noop("The uploaded file was removed: choose another one."))
        return ties.opened(*task.upload)
    return None


def _tried(inputs: Inputs, what: WhatIf, found: Outcomes, base: Outcomes, runs: _Runs) -> Tried:
    more = planned.difference(found.total, base.total, counted=~(found.away | base.away))
    times = inputs.form.reward_times * (rules.REWARD_TIMES if what == WhatIf.REWARD else 1.0)
    paid = rules.spending(inputs, found, invited=runs.invited(what), times=times, is_capped=True)
    return Tried(
        what=what.value,
        value=rules.value_of(inputs, what),
        quantiles=rules.quantiles(found.total),
        more=None if more is None else (more.value, more.low, more.high),
        cost=int(np.quantile(paid[inputs.currency], 0.5)) if inputs.currency in paid else None,
        goal=rules.reaching(found, inputs.left),
    )


def _result(task: Task, law: Law, base: Outcomes, runs: _Runs, tried: list[Tried]) -> Result:
    inputs, invited = task.inputs, runs.invited(None)
    times = inputs.form.reward_times
    asked = rules.spending(inputs, base, invited=invited, times=times, is_capped=False)
    paid = rules.spending(inputs, base, invited=invited, times=times, is_capped=True)
    support, busiest = rules.help_wanted(base, inputs.form.support)
    digest = hashlib.sha256(law.participants.tobytes() + law.seeds.tobytes())
    return Result(
        key=digest.hexdigest()[:16],
        worlds=law.worlds,
        most=rules.cut_at(inputs, rules.invited_with(inputs)) + rules.invited_with(inputs),
        away=float(np.mean(base.away)),
        turned=float(np.mean(base.turned)),
        fan=rules.fan(base),
        nothing=rules.nothing(base, inputs, invited),
        over_budget=rules.over(inputs, asked),
        goal=rules.reaching(base, inputs.left),
        costs=rules.costs(paid),
        ends=rules.used_up(inputs, base, times),
        run_out=rules.run_out(inputs, base, times),
        support=support,
        busiest=busiest,
        negative=rules.quantiles(base.negative),
        totals=base.total.tolist(),
        spent=paid.get(inputs.currency, np.zeros(law.worlds, np.int64)).tolist(),
        known=_known(task, law),
        chosen=_chosen(runs),
        tried=tried,
    )


def _known(task: Task, law: Law) -> Known:
    def ends(values: NDArray[np.float64]) -> tuple[float, float, float]:
        middle, low, high = np.quantile(np.exp(values), _ENDS)
        return float(middle), float(low), float(high)

    return Known(
        r=ends(law.participants[:, 0]),
        k=ends(law.participants[:, 1]),
        cycle_time=ends(law.participants[:, 2]),
        campaigns=[*task.strengths],
        learned_from=task.learned_from,
        is_own=task.unlike is None,
    )


def _chosen(runs: _Runs) -> Chosen | None:
    graph, seeding = runs.graph, runs.seeding
    if graph is None or seeding is None:
        return None
    return Chosen(
        people=graph.nodes,
        ties=graph.edges,
        has_chances=graph.probability is not None,
        at_least=seeding.at_least,
        at_most=seeding.at_most,
        guarantee=seeding.guarantee,
        step=graph.nodes / seeding.sets,
    )
