"""Lists are fixed by the clock, as soon as entries have ended: nobody has to be awake or can choose the moment."""

from __future__ import annotations

import logging
from typing import Final

from django.utils import timezone

from sebar.brands.models import Role
from sebar.brands.queries import Membership
from sebar.kit.errors import UserError
from sebar.rewards import granting
from sebar.rewards.draws import actions, queries, rules

_REST: Final = 5.0
_REST_WITHOUT: Final = 30.0
_REST_FORGETTING: Final = 3600.0
_log = logging.getLogger("sebar.worker")


def freeze() -> float:
    """Fix every list that is due; return how long to rest. What cannot be fixed waits for a member."""
    now = timezone.now()
    due = queries.due(now)
    for draw in due:
        if now < rules.waits_until(draw.entries_until, draw.from_source) and granting.is_behind(
            draw.campaign, draw.entries_until
        ):
            continue  # tickets that were earned in time are still being written down
        membership = Membership(draw.campaign.brand, Role.EDITOR)
        try:
            actions.freeze(membership=membership, slug=draw.campaign.slug, number=draw.number)
        except UserError as refused:
            _log.info("draw %s of %s: %s", draw.number, draw.campaign.slug, refused)
    return _REST if due else _REST_WITHOUT


def forget() -> float:
    """Forget who waits too long for a next draw; return how long to rest."""
    actions.forget_waiting(before=timezone.now() - rules.KEPT)
    return _REST_FORGETTING
