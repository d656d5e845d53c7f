"""Watching a running campaign for what its brand does not tolerate, at a stated rate of false alarms."""
