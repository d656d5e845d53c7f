"""Plays cascades through the public surface and compares what Sebar reports with what was played."""
