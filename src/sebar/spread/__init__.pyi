from .alarm import Detector, State, find_bursts, learn_detector
from .diffusion import Spread, by_group, difference, reach_probability, simulate
from .estimate import Estimate, Figure, TooEarly
from .exact import exact_spread
from .experiment import assign, check_balance, compare, seeds_needed
from .graph import Graph, from_edges, open_graph, trivalency
from .learning.campaigns import from_cascades
from .learning.delays import Delays, learn_delays
from .learning.influence import HeldOut, Influence
from .learning.invitations import InvitationRates, Invitations, invitation_rates, rates_by_invitation
from .learning.logs import learn_from_log
from .learning.shrinkage import Rates
from .model import Model
from .nominating import nominate
from .reading import read_edges
from .seeding import Seeding, choose_seeds, evaluate_seeds

__all__ = [
    "Delays",
    "Detector",
    "Estimate",
    "Figure",
    "Graph",
    "HeldOut",
    "Influence",
    "InvitationRates",
    "Invitations",
    "Model",
    "Rates",
    "Seeding",
    "Spread",
    "State",
    "TooEarly",
    "assign",
    "by_group",
    "check_balance",
    "choose_seeds",
    "compare",
    "difference",
    "evaluate_seeds",
    "exact_spread",
    "find_bursts",
    "from_cascades",
    "from_edges",
    "invitation_rates",
    "learn_delays",
    "learn_detector",
    "learn_from_log",
    "nominate",
    "open_graph",
    "rates_by_invitation",
    "reach_probability",
    "read_edges",
    "seeds_needed",
    "simulate",
    "trivalency",
]
