"""The science of spreading, usable alone: arrays in, frozen dataclasses out; every estimate comes with an interval.

Take what you need by its module: ``from sebar.spread import graph, diffusion, seeding``. This page imports none of
them, so that programs which only count cascades never load the compiler.
"""
