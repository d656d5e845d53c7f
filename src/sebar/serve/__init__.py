"""The processes: supervisor, front and engine."""
