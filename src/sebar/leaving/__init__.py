"""Leaving for good: whatever tells who a participant is goes; a place in the tree stays, without a name."""
