"""What is done with footers: the only code that writes their tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from sebar.channels.kinds.footer import rules
from sebar.channels.kinds.footer.models import FooterSender, FooterTally, FooterThread
from sebar.kit.errors import NotAllowed, NotFound
from sebar.kit.words import gettext_noop
from sebar.participants.models import Participant

MOST_THREADS: Final = 500
"""How many conversations are remembered of a sender; the oldest are forgotten first."""


@transaction.atomic
def enrol(*, participant: Participant, address: str) -> FooterSender:
    """Name a participant's mailbox. It gets no footer before its owner has proved to be that (`prove`).

    Naming the same one again changes nothing; another one takes its place and must be proved anew.

    Raises
    ------
    UserError
        When it is no address.
    """
    known_by = rules.address_hash(rules.address(address))
    sender, is_new = FooterSender.objects.select_for_update().get_or_create(
        participant=participant, defaults={"address_hash": known_by, "enrolled_at": timezone.now()}
    )
    if not is_new and sender.address_hash != known_by:
        sender.address_hash, sender.enrolled_at = known_by, timezone.now()
        sender.proven_at, sender.is_on = None, False
        sender.save()
    return sender


@transaction.atomic
def prove(*, sender: FooterSender) -> None:
    """Let a mailbox carry the footer from now on: its owner has sent the token, or an administrator vouches."""
    FooterSender.objects.filter(pk=sender.pk, proven_at__isnull=True).update(proven_at=timezone.now())
    switch_on(participant=sender.participant)


@transaction.atomic
def switch_on(*, participant: Participant) -> None:
    """Put the footer under a participant's mail. A mailbox carries one at a time: that of another campaign ends.

    Raises
    ------
    NotFound
        When no mailbox was named.
    NotAllowed
        When it was not proved yet.
    """
    sender = _of(participant)
    rivals = FooterSender.objects.select_for_update().filter(address_hash=sender.address_hash)
    states = {one.pk: one.proven_at for one in rivals.order_by("pk")}
    if states[sender.pk] is None:
        raise NotAllowed(gettext_noop("This mailbox is not proved to be yours yet: send the letters first."))
    rivals.filter(is_on=True).exclude(pk=sender.pk).update(is_on=False)
    rivals.filter(pk=sender.pk).update(is_on=True)


def switch_off(*, participant: Participant) -> None:
    """Put the footer under none of a participant's mail any more.

    Raises
    ------
    NotFound
        When no mailbox was named.
    """
    FooterSender.objects.filter(pk=_of(participant).pk).update(is_on=False)


@transaction.atomic
def count(*, mails: Mapping[tuple[int, str], int], threads: Collection[tuple[int, str]]) -> None:
    """Keep what became of mails.

    Parameters
    ----------
    mails
        How many more came to an end, by sender and outcome.
    threads
        The conversations that got their footer, by sender and hash. Senders deleted meanwhile are passed over.
    """
    named = {sender for sender, _ in [*mails, *threads]}
    known = set(FooterSender.objects.filter(pk__in=named).values_list("pk", flat=True))
    now = timezone.now()
    for (sender, outcome), number in mails.items():
        if sender in known:
            FooterTally.objects.get_or_create(sender_id=sender, outcome=outcome, defaults={"last_at": now})
            mine = FooterTally.objects.filter(sender_id=sender, outcome=outcome)
            mine.update(mails=F("mails") + number, last_at=now)
    kept = [FooterThread(sender_id=sender, root_hash=root) for sender, root in threads if sender in known]
    FooterThread.objects.bulk_create(kept, ignore_conflicts=True)
    for sender in {thread.sender_id for thread in kept}:
        newest = FooterThread.objects.filter(sender=sender).order_by("-pk").values_list("pk", flat=True)
        oldest_kept = newest[MOST_THREADS - 1 : MOST_THREADS].first()
        if oldest_kept is not None:
            FooterThread.objects.filter(sender=sender, pk__lt=oldest_kept).delete()


def _of(participant: Participant) -> FooterSender:
    sender = FooterSender.objects.filter(participant=participant).first()
    if sender is None:
        raise NotFound(gettext_noop("No mailbox is named yet: write its address first."), field="address")
    return sender
