"""The audit log: who decided what, when and why. The only code that writes it; nothing changes it afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from sebar.brands.models import AuditEntry
from sebar.brands.queries import Membership


def record(
    *,
    membership: Membership,
    verb: str,
    subject: str,
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Record a decision, in the transaction that carries it out.

    Parameters
    ----------
    verb
        What was done, like ``campaign.published``.
    subject
        To what, like a campaign's slug.
    reason
        Why, in the member's own words.
    details
        Whatever else is worth knowing, as JSON can hold it; no secrets, no addresses of people.
    """
    return AuditEntry.objects.create(
        brand=membership.brand,
        at=timezone.now(),
        user=membership.user,
        who=membership.who,
        verb=verb,
        subject=subject,
        reason=reason,
        details=dict(details or {}),
    )


def entries(membership: Membership, *, subject: str, limit: int = 100) -> list[AuditEntry]:
    """Return what was decided about a subject of the brand, newest first."""
    found = AuditEntry.objects.filter(brand=membership.brand, subject=subject)
    return list(found.order_by("-at", "-pk")[:limit])
