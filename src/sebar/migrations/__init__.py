"""Changes of the relational tables, in order."""
