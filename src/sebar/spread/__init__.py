"""The science of spreading, usable alone: arrays in, frozen dataclasses out; every estimate comes with an interval.

    from sebar import spread

    graph = spread.read_edges(Path("friends.csv"))
    found = spread.choose_seeds(graph, spread.Model(), count=10, seconds=5, seed=1)
    ahead = spread.simulate(graph, spread.Model(), found.seeds, seed=1)

Names are loaded when they are first used, so that programs which only count cascades never load the compiler. Which
names there are stands in ``__init__.pyi``, for type checkers and for this page alike.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
