"""Whether a campaign may start: what is missing, and who let it start all the same."""
