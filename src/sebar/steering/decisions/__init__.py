"""Whether a campaign goes on: slowed, held or stopped, by whom and why, and what was decided beforehand."""
