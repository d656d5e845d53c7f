"""Steps on the ladder and policies in words, in the language of whoever reads."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sebar.kit.words import number
from sebar.steering.decisions.models import Mode, Policy


def step(rung: str, invitations_an_hour: int | None) -> str:
    """Return what bringing a campaign to a rung is, as one would ask for it: ``hold it``."""
    if rung == "throttle" and invitations_an_hour is not None:
        sentence = ngettext(
            "slow it to %(number)s invitation an hour", "slow it to %(number)s invitations an hour", invitations_an_hour
        )
        return sentence % {"number": number(invitations_an_hour)}
    return {"watch": _("let it go on"), "throttle": _("slow it"), "hold": _("hold it"), "stop": _("stop it")}[rung]


def modes() -> dict[str, str]:
    """Return how a policy becomes a deed, each way by its name."""
    return {
        "at_once": _("at once"),
        "approved": _("when a second person approves"),
        "unless_objected": _("unless somebody objects in time"),
    }


def beforehand(policy: Policy) -> str:
    """Return what a policy does, and how."""
    done = step(policy.rung, policy.invitations_an_hour)
    if policy.mode == Mode.UNLESS_OBJECTED:
        sentence = ngettext(
            "%(step)s, unless somebody objects within %(minutes)s minute",
            "%(step)s, unless somebody objects within %(minutes)s minutes",
            policy.minutes,
        )
        return sentence % {"step": done, "minutes": number(policy.minutes)}
    return f"{done}, {modes()[policy.mode]}"
