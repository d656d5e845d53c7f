"""What is told of a campaign to whoever answers for it: goal and outcome, cost, what worked, what went wrong."""
