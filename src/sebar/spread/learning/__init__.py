"""Learning from what happened: rates of invitations, and who influences whom."""
