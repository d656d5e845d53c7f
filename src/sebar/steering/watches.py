"""What is watched in a running campaign: the names by which alarms and policies know it."""

from __future__ import annotations

from enum import StrEnum


class Watch(StrEnum):
    """What is watched."""

    NEGATIVE = "negative"  # of those who said something, how many said something bad
    COMPLAINTS = "complaints"  # of those who said something, how many complained
    UNSUBSCRIBES = "unsubscribes"  # of those who answered to a letter, how many want no more
    BOUNCES = "bounces"  # of the letters that went out, how many came back
    DELIVERY = "delivery"  # of the letters that were tried, how many could not be sent
    CONVERSION_DROP = "conversion_drop"  # of those who opened a link, how many joined
    BOTS = "bots"  # of those who opened a link, how many were programs
    REWARD_EXPOSURE = "reward_exposure"  # what rewards have come to, beside their budget
    FORECAST = "forecast"  # the outcome has left the interval of the forecast of record
    SAMPLE_RATIO = "sample_ratio"  # an experiment's arms are not dealt out as was meant
