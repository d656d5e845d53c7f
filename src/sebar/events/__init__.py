"""What happened: the event, its journal, the loader and the event store. Knows nothing of what it means."""
