"""Joins that are not what they seem: signals, a queue for people to decide, and what follows from their verdicts."""
