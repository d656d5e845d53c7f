from .diffusion import Spread, by_group, difference, reach_probability, simulate
from .estimate import Estimate, Figure, TooEarly
from .exact import exact_spread
from .graph import Graph, from_edges, open_graph, trivalency
from .model import Model
from .reading import read_edges
from .seeding import Seeding, choose_seeds, evaluate_seeds, nominate

__all__ = [
    "Estimate",
    "Figure",
    "Graph",
    "Model",
    "Seeding",
    "Spread",
    "TooEarly",
    "by_group",
    "choose_seeds",
    "difference",
    "evaluate_seeds",
    "exact_spread",
    "from_edges",
    "nominate",
    "open_graph",
    "reach_probability",
    "read_edges",
    "simulate",
    "trivalency",
]
