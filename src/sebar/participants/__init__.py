"""People in a campaign: who joined, through whom, and what they did."""
