"""Sebar: plan, run, measure, forecast and steer campaigns that people pass on to people they know."""
