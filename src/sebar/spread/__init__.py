"""The science of spreading, usable alone: arrays in, frozen dataclasses out; every estimate comes with an interval."""
