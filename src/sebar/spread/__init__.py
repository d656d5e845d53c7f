"""The science of spreading, usable alone: plain arrays in, frozen dataclasses out."""
