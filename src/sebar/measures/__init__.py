"""What the events mean: the measures of a campaign. Every one is a single exact query over the event store.

    from sebar import measures

    measures.funnel(campaign)          # campaign is the identifier of a campaign of the asker's own brand
    measures.passing_on(campaign, zone="Asia/Jakarta")

Only touches judged `person` count; what is called *raw* counts everything. Every function asks the engine once; with
`ask=` it asks any other store, as the tests do.
"""

from sebar.measures.breakdown import PARTS, Part, breakdown
from sebar.measures.campaign import By, funnel, reach, seen_since, series, summary, top_sharers, version, who_shared
from sebar.measures.cascades import (
    cascade_sizes,
    cascades,
    generations,
    history,
    joins_matrix,
    people,
    shape,
    viralities,
)
from sebar.measures.catalog import CATALOG, Measure
from sebar.measures.figures import (
    Band,
    Breakdown,
    Cascade,
    CascadePage,
    CascadeSizes,
    Day,
    Dot,
    Funnel,
    GenerationRow,
    Generations,
    Group,
    Happening,
    JoinsMatrix,
    Line,
    Money,
    PassingOn,
    People,
    Reach,
    Series,
    Shape,
    Sharer,
    SizeBin,
    Spreading,
    Stage,
    Step,
    Summary,
    Version,
)
from sebar.measures.material import Played, material
from sebar.measures.spreading import expected_sizes, passing_on, spreading

__all__ = [
    "CATALOG",
    "PARTS",
    "Band",
    "Breakdown",
    "By",
    "Cascade",
    "CascadePage",
    "CascadeSizes",
    "Day",
    "Dot",
    "Funnel",
    "GenerationRow",
    "Generations",
    "Group",
    "Happening",
    "JoinsMatrix",
    "Line",
    "Measure",
    "Money",
    "Part",
    "PassingOn",
    "People",
    "Played",
    "Reach",
    "Series",
    "Shape",
    "Sharer",
    "SizeBin",
    "Spreading",
    "Stage",
    "Step",
    "Summary",
    "Version",
    "breakdown",
    "cascade_sizes",
    "cascades",
    "expected_sizes",
    "funnel",
    "generations",
    "history",
    "joins_matrix",
    "material",
    "passing_on",
    "people",
    "reach",
    "seen_since",
    "series",
    "shape",
    "spreading",
    "summary",
    "top_sharers",
    "version",
    "viralities",
    "who_shared",
]
