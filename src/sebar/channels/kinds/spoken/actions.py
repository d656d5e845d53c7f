"""Spoken codes are given, and claims kept: the only code that writes either."""

from __future__ import annotations

from itertools import product
from typing import Final

from sebar.campaigns.models import Campaign
from sebar.channels.kinds.spoken import code, queries, rules
from sebar.channels.kinds.spoken.models import Claim, SpokenCode
from sebar.kit.errors import Unavailable, UserError
from sebar.kit.words import gettext_noop
from sebar.participants.actions import at_once
from sebar.participants.models import Participant

_CROWDED: Final = gettext_noop("No spoken code is free just now; trying again helps.")
_DRAWN: Final = 8  # numbers at once; a campaign that has them all is as good as full


def give(*, participant: Participant) -> int:
    """Return the number of a participant's spoken code; the first time it is drawn, and kept for good.

    Raises
    ------
    Unavailable
        When it cannot be stored just now.
    """
    return at_once(lambda: _give(participant), crowded=_CROWDED)


def claim(*, participant: Participant, answer: str, words: str = "", told_by: Participant | None = None) -> None:
    """Keep what a participant says of how they heard of the campaign. The first answer stays; nothing else changes.

    Raises
    ------
    UserErrors
        When no answer was chosen, or the words cannot be stored.
    """
    kept, added = rules.check(answer, words)
    if told_by == participant:
        raise UserError(gettext_noop("That is your own code: enter the one of whoever told you."), field="code")
    values = {"campaign_id": participant.campaign_id, "answer": kept, "words": added, "told_by": told_by}
    at_once(lambda: Claim.objects.get_or_create(participant=participant, defaults=values), crowded=_CROWDED)


def _give(participant: Participant) -> int:
    found = queries.number_of(participant)
    if found is not None:
        return found
    number = _free(participant.campaign)
    SpokenCode.objects.create(participant=participant, campaign_id=participant.campaign_id, number=number)
    return number


def _free(campaign: Campaign) -> int:
    """Draw a number nobody has; if there is none among those drawn, one nobody in this campaign has; else a longer one.

    Numbers that are nobody's anywhere come first, so that words seldom mean somebody in each of two campaigns.
    """
    for is_short in (True, False):
        drawn = [code.draw(is_short=is_short) for _ in range(_DRAWN)]
        taken = SpokenCode.objects.filter(number__in=drawn).values_list("number", "campaign_id")
        anywhere, here = {row[0] for row in taken}, {row[0] for row in taken if row[1] == campaign.pk}
        for unlucky, number in product((anywhere, here), drawn):
            if number not in unlucky:
                return number
    raise Unavailable(_CROWDED)
