"""What each measure is, in words: the console, the API and the documentation read it here."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sebar.kit.words import gettext_noop
from sebar.measures import ask


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    Attributes
    ----------
    name
        Its name in programs.
    title
        Its name for people.
    definition
        What it says.
    formula
        How it is computed.
    unit
        What is counted.
    source
        Name of the query it comes from.
    interval
        What its range is, or that it is exact.
    minimum
        From when on there is a figure; before, it is too early.
    reference
        Who described it; empty for plain counts.
    """

    name: str
    title: str
    definition: str
    formula: str
    unit: str
    source: str
    interval: str = gettext_noop("none: an exact count")
    minimum: str = gettext_noop("the first event")
    reference: str = ""

    @property
    def sql(self) -> str:
        """The query itself."""
        return ask.text(self.source)


_PROFILE: Final = gettext_noop("95 %, profile likelihood")
_DRAWN: Final = gettext_noop("95 %, from draws of R, k and the delays together")
_EXACT: Final = gettext_noop("95 %, exact for a negative binomial sum, its dispersion by moments over all participants")
_HAD_TIME: Final = gettext_noop("30 people who had their time to pass it on")
_PARTICIPANTS: Final = gettext_noop("30 participants")
_SHARES: Final = gettext_noop("30 shares")
_SEEDS: Final = gettext_noop("30 seeds")
_LLOYD_SMITH: Final = "Lloyd-Smith, Schreiber, Kopp, Getz 2005"
_LIKELIHOOD: Final = gettext_noop(
    "likelihood of who brought how many, and how soon: rates Gamma distributed over people with mean R and shape k, "
    "delays log-normal; whoever joined a time ago counts with the share of friends that comes within it"
)

_MEASURES: Final = (
    Measure(
        "participants",
        gettext_noop("Participants"),
        gettext_noop("People who joined the campaign."),
        gettext_noop("count of joins judged a person's"),
        gettext_noop("people"),
        "summary",
    ),
    Measure(
        "reach",
        gettext_noop("Reach"),
        gettext_noop(
            "How many people it came before, as far as devices tell: one person on two days or with two devices counts "
            "twice, phones that look alike on one line count once. Whoever joined counts in any case."
        ),
        gettext_noop("distinct visitors of counted views and visits; at least as many as showed that they noticed"),
        gettext_noop("people"),
        "reach",
        interval=gettext_noop("none: an exact count of visitors, a rough one of people"),
    ),
    Measure(
        "awareness",
        gettext_noop("Awareness"),
        gettext_noop(
            "How many of them showed that they noticed: at least so many joined, or came back an hour or more later on "
            "the same day. What they would have done without the campaign is not measured: that takes a held-out "
            "control."
        ),
        gettext_noop("the larger of participants and visitors who came back (one can be both), and its share of reach"),
        gettext_noop("people"),
        "reach",
        interval=gettext_noop("for the share: 95 %, Clopper and Pearson"),
        minimum=gettext_noop("30 people reached, for the share"),
        reference="Clopper, Pearson 1934",
    ),
    Measure(
        "funnel",
        gettext_noop("Funnel"),
        gettext_noop("How many saw, opened, joined, were confirmed and did what the brand wants: counted beside raw."),
        gettext_noop(
            "counted = touches judged a person's, conversions less refunds; raw = all touches; persons = distinct "
            "visitors of visits, where the visitor is a keyed hash that changes every day"
        ),
        gettext_noop("touches; distinct visitors"),
        "funnel",
    ),
    Measure(
        "conversions",
        gettext_noop("Conversions"),
        gettext_noop(
            "How often participants did what the brand wants, as far as it was not refunded, and what that was worth. "
            "Beside it stands how many were refunded; both together are all that was recorded."
        ),
        gettext_noop("count of conversions - count of refunds; value of conversions - value of refunds, by currency"),
        gettext_noop("conversions"),
        "summary",
    ),
    Measure(
        "series",
        gettext_noop("By time"),
        gettext_noop(
            "Counted touches of one kind by minute, quarter of an hour, hour, day or week of a time zone. Conversions "
            "stand when they happened, refunded or not; refunds are a kind of their own."
        ),
        gettext_noop("count per step, by channel or generation"),
        gettext_noop("touches per step"),
        "series",
    ),
    Measure(
        "share_rate",
        gettext_noop("Share rate"),
        gettext_noop("How many participants passed it on at least once, as far as that was seen."),
        gettext_noop("participants with a share or invite ÷ participants, of settled days"),
        gettext_noop("of participants"),
        "passing_on",
        gettext_noop("95 %, Clopper and Pearson"),
        _PARTICIPANTS,
        "Clopper, Pearson 1934",
    ),
    Measure(
        "shares_each",
        gettext_noop("Invites per participant"),
        gettext_noop("How often a participant passes it on, to one person or to many at once."),
        gettext_noop("shares and invites ÷ participants, of settled days"),
        gettext_noop("shares per participant"),
        "passing_on",
        _EXACT,
        _PARTICIPANTS,
    ),
    Measure(
        "joins_each_share",
        gettext_noop("Conversion of invites"),
        gettext_noop("How many join for each time it is passed on. Above 1 where it is passed on to many at once."),
        gettext_noop("joins brought by people seen sharing ÷ their shares and invites, of settled days"),
        gettext_noop("joins per share"),
        "passing_on",
        gettext_noop("95 %, on the log scale from the spread over people"),
        _SHARES,
    ),
    Measure(
        "k_factor",
        gettext_noop("K-factor"),
        gettext_noop(
            "What passing on that was seen brings. What R has more came by codes said aloud and links copied."
        ),
        gettext_noop(
            "(shares and invites ÷ participants) × (joins brought by people seen sharing ÷ shares and invites)"
        ),
        gettext_noop("joins per participant"),
        "passing_on",
        _EXACT,
        gettext_noop("30 participants and 30 shares"),
    ),
    Measure(
        "r",
        gettext_noop("R of everybody"),
        gettext_noop(
            "How many people each one brings in the end, seeds too, who often bring more. Many have not had their time "
            "yet; that is corrected for."
        ),
        _LIKELIHOOD,
        gettext_noop("joins per participant"),
        "passing_on",
        _PROFILE,
        _HAD_TIME,
        _LLOYD_SMITH,
    ),
    Measure(
        "r_of_seeds",
        gettext_noop("R of seeds"),
        gettext_noop("The same for seeds alone."),
        gettext_noop("as R, over seeds"),
        gettext_noop("joins per seed"),
        "passing_on",
        _PROFILE,
        _HAD_TIME,
        _LLOYD_SMITH,
    ),
    Measure(
        "r_of_friends",
        gettext_noop("R of friends"),
        gettext_noop(
            "The same for people who were brought themselves. It decides: below 1 a campaign grows only while seeds "
            "are added, above 1 it grows by itself."
        ),
        gettext_noop("as R, over participants with a parent"),
        gettext_noop("joins per participant"),
        "passing_on",
        _PROFILE,
        _HAD_TIME,
        _LLOYD_SMITH,
    ),
    Measure(
        "k",
        gettext_noop("Evenness (k)"),
        gettext_noop(
            "How evenly people pass on. Near 0 few people bring almost all; above 1 most bring about as many."
        ),
        _LIKELIHOOD,
        gettext_noop("dispersion"),
        "passing_on",
        _PROFILE,
        _HAD_TIME,
        _LLOYD_SMITH,
    ),
    Measure(
        "r_seen",
        gettext_noop("Friends brought so far"),
        gettext_noop("What participants have brought up to now. It is too low while a campaign grows."),
        gettext_noop("joins brought ÷ participants, of settled days; a day is open while 1 in 10 may still come"),
        gettext_noop("joins per participant"),
        "passing_on",
        _EXACT,
        _PARTICIPANTS,
    ),
    Measure(
        "cycle_time",
        gettext_noop("Cycle time"),
        gettext_noop(
            "How long it takes from a participant's join to a friend's, slow friends who are still to come included."
        ),
        gettext_noop("median of the log-normal delay, by the likelihood that gives R"),
        gettext_noop("time"),
        "passing_on",
        _PROFILE,
        _HAD_TIME,
    ),
    Measure(
        "cycle_time_seen",
        gettext_noop("Cycle time so far"),
        gettext_noop("The same of those seen so far. It is too short while a campaign grows."),
        gettext_noop("median of child's join - parent's join"),
        gettext_noop("time"),
        "passing_on",
        gettext_noop("none: an exact median"),
        gettext_noop("the first friend"),
    ),
    Measure(
        "growth",
        gettext_noop("Growth"),
        gettext_noop("By how much more people join every day at this pace. 0 where it fades."),
        gettext_noop("r with 1 ÷ R = mean of exp(-r × delay), R of friends; shown as exp(r × one day) - 1"),
        gettext_noop("a day"),
        "passing_on",
        _DRAWN,
        _HAD_TIME,
        "Wallinga, Lipsitch 2007",
    ),
    Measure(
        "doubling_time",
        gettext_noop("Doubling time"),
        gettext_noop("How soon twice as many have joined at this pace. Without an end where it fades."),
        gettext_noop("ln 2 ÷ r"),
        gettext_noop("time"),
        "passing_on",
        _DRAWN,
        _HAD_TIME,
        "Wallinga, Lipsitch 2007",
    ),
    Measure(
        "die_out",
        gettext_noop("Chance that it ends by itself"),
        gettext_noop("The chance that in the end nobody joins any more unless seeds are added."),
        gettext_noop(
            "everybody's remaining rate is Gamma distributed given age and friends brought; q = (1 + R (1 - q) ÷ k)^-k "
            "for each newcomer; mean over draws of R of friends, k and the delays, likelihood tempered as in forecasts"
        ),
        gettext_noop("chance"),
        "passing_on",
        gettext_noop("none: what is not known of R and k is in it already"),
        _HAD_TIME,
        _LLOYD_SMITH,
    ),
    Measure(
        "time_to_half",
        gettext_noop("Time to half"),
        gettext_noop("How long after the first join half of all who have joined by now were there."),
        gettext_noop("median of joins - first join"),
        gettext_noop("time"),
        "shape",
        gettext_noop("none: an exact median"),
        gettext_noop("the first join"),
    ),
    Measure(
        "amplification",
        gettext_noop("Amplification"),
        gettext_noop("How many participants one seed becomes."),
        gettext_noop("participants ÷ seeds"),
        gettext_noop("participants per seed"),
        "cascade_sizes",
        gettext_noop("95 %, on the log scale from the spread of cascade sizes"),
        _SEEDS,
    ),
    Measure(
        "beyond_first",
        gettext_noop("Beyond a friend"),
        gettext_noop("How many came through a friend's friend or further: what an ordinary referral never reaches."),
        gettext_noop("participants of generation 2 or deeper ÷ participants"),
        gettext_noop("of participants"),
        "cascade_sizes",
        gettext_noop("95 %, on the log scale from the spread over cascades"),
        _SEEDS,
        "Goel, Watts, Goldstein 2012",
    ),
    Measure(
        "depth",
        gettext_noop("Depth"),
        gettext_noop("The longest chain: how many steps the farthest participant is from a seed."),
        gettext_noop("largest generation"),
        gettext_noop("generations"),
        "shape",
    ),
    Measure(
        "width",
        gettext_noop("Width"),
        gettext_noop("People in the largest generation."),
        gettext_noop("largest count of joins by generation"),
        gettext_noop("people"),
        "shape",
    ),
    Measure(
        "structural_virality",
        gettext_noop("Structural virality"),
        gettext_noop(
            "How many steps two people of a cascade are apart. Near 2 one person told all the others; large means long "
            "chains. The mean of all cascades, each weighing as much as it has people, lone seeds left out."
        ),
        gettext_noop(
            "mean distance over all pairs of a cascade = 2 Σ z (n - z) ÷ (n (n - 1)), z the size of each branch"
        ),
        gettext_noop("steps"),
        "virality",
        gettext_noop("none: exact"),
        gettext_noop("the first cascade of two people"),
        "Goel, Anderson, Hofman, Watts 2016",
    ),
    Measure(
        "cascade_sizes",
        gettext_noop("Cascade sizes"),
        gettext_noop(
            "How many cascades have which size and depth, beside how many there would be in the end with R and k of "
            "seeds and of friends."
        ),
        gettext_noop(
            "count of seeds by size (people) and depth (deepest generation) of their cascade; expected: the "
            "sizes of a branching process"
        ),
        gettext_noop("cascades"),
        "cascade_sizes",
        reference="Blumberg, Lloyd-Smith 2013",
    ),
    Measure(
        "breakdown",
        gettext_noop("Breakdown"),
        gettext_noop(
            "Visits, joins and what these people have passed on, by channel, creative, source of the seed, country, "
            "day or week."
        ),
        gettext_noop(
            "participants by what they joined by, or by the source of their cascade's seed; conversions less refunds; "
            "R as above, delays and evenness leaning on everybody's"
        ),
        gettext_noop("people"),
        "breakdown",
        _PROFILE,
        gettext_noop("30 people of the group who had their time, for R"),
        _LLOYD_SMITH,
    ),
    Measure(
        "visits_by",
        gettext_noop("Visits by group"),
        gettext_noop(
            "Counted visits, and how often it was passed on, by their own channel, creative, country or day, and by the"
            " source of the seed."
        ),
        gettext_noop("count of visits; count of shares and invites"),
        gettext_noop("visits"),
        "visits_by",
    ),
    Measure(
        "generations",
        gettext_noop("Generations"),
        gettext_noop("How many people joined at each distance from a seed, the largest cascades apart."),
        gettext_noop("count of joins by generation and cascade"),
        gettext_noop("people"),
        "generations",
    ),
    Measure(
        "joins_matrix",
        gettext_noop("Joins by time and generation"),
        gettext_noop("When each generation joined: the cascade replayed."),
        gettext_noop("count of joins by step of time and generation"),
        gettext_noop("people per step"),
        "joins_matrix",
    ),
    Measure(
        "cascades",
        gettext_noop("Cascades"),
        gettext_noop("Every cascade with its size, depth, direct and later friends, first and last join."),
        gettext_noop("joins gathered by seed"),
        gettext_noop("people"),
        "cascades",
    ),
    Measure(
        "top_sharers",
        gettext_noop("Top sharers"),
        gettext_noop("Who brought most people directly, and what else their link did."),
        gettext_noop(
            "joins by parent; shares and visits by owner of the link; conversions less refunds of those they brought"
        ),
        gettext_noop("people"),
        "top_sharers",
    ),
    Measure(
        "people",
        gettext_noop("People of a cascade"),
        gettext_noop("Everybody in one cascade with parent, generation, time and channel."),
        gettext_noop("joins with this seed, in order of time"),
        gettext_noop("people"),
        "people",
    ),
    Measure(
        "history",
        gettext_noop("History"),
        gettext_noop("What happened to one participant and by their link, whatever its verdict."),
        gettext_noop("events of the participant, and joins through them, newest first"),
        gettext_noop("events"),
        "history",
    ),
    Measure(
        "material",
        gettext_noop("Material"),
        gettext_noop("How far people came with each creative: saw it, began, came through a quarter, half, all of it."),
        gettext_noop("distinct visitors of counted views and plays by creative; completion = finished ÷ started"),
        gettext_noop("visitors"),
        "material",
        gettext_noop("for completion: 95 %, Clopper and Pearson"),
        gettext_noop("30 plays, for completion"),
        "Clopper, Pearson 1934",
    ),
    Measure(
        "version",
        gettext_noop("Freshness"),
        gettext_noop("A number that changes whenever any measure may have changed."),
        gettext_noop("count of the campaign's events, corrections included"),
        gettext_noop("events"),
        "version",
    ),
)

CATALOG: Final = MappingProxyType({measure.name: measure for measure in _MEASURES})
