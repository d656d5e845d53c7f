"""What it means: every measure once, with its unit, its SQL and its interval."""
