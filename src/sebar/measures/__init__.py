"""What the events mean: the measures of a campaign. Every one is a single exact query over the event store.

    from sebar import measures

    measures.funnel(campaign)          # campaign is the identifier of a campaign of the asker's own brand
    measures.passing_on(campaign, zone="Asia/Jakarta")

Only touches judged `person` count; what is called *raw* counts everything. Every function asks the engine once; with
`ask=` it asks any other store, as the tests do.
"""

from sebar.measures.campaign import By, funnel, passing_on, series, summary, top_sharers, version
from sebar.measures.cascades import cascade_sizes, cascades, generations, history, joins_matrix, people
from sebar.measures.catalog import CATALOG, Measure
from sebar.measures.figures import (
    Band,
    Cascade,
    CascadePage,
    CascadeSizes,
    Day,
    Dot,
    Funnel,
    GenerationRow,
    Generations,
    Happening,
    JoinsMatrix,
    Line,
    Money,
    PassingOn,
    People,
    Series,
    Sharer,
    SizeBin,
    Stage,
    Step,
    Summary,
    Version,
)

__all__ = [
    "CATALOG",
    "Band",
    "By",
    "Cascade",
    "CascadePage",
    "CascadeSizes",
    "Day",
    "Dot",
    "Funnel",
    "GenerationRow",
    "Generations",
    "Happening",
    "JoinsMatrix",
    "Line",
    "Measure",
    "Money",
    "PassingOn",
    "People",
    "Series",
    "Sharer",
    "SizeBin",
    "Stage",
    "Step",
    "Summary",
    "Version",
    "cascade_sizes",
    "cascades",
    "funnel",
    "generations",
    "history",
    "joins_matrix",
    "passing_on",
    "people",
    "series",
    "summary",
    "top_sharers",
    "version",
]
