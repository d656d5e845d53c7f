"""What may come of a campaign before it starts: whom to begin with, what it may reach, what it may cost."""
