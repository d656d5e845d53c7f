"""The hot loops, compiled once and cached on disk: functions over arrays that trust what they are given."""
