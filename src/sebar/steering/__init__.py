"""Looking ahead and acting on it: forecasts and the record of how they did."""
