"""Conversions: recorded once by the brand's own id, with their worth."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from builders import a_cascade, a_participant, emitted
from sebar.campaigns.models import Campaign
from sebar.events.event import Kind
from sebar.kit.errors import UserError, UserErrors
from sebar.participants import actions
from sebar.participants.models import Conversion


def test_a_conversion_has_its_event(campaign: Campaign) -> None:
    _, budi = a_cascade(campaign, [-1, 0])
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    converted = actions.convert(
        campaign=campaign, number=budi.pk, external_id=" order-1 ", value=12_500, currency="idr", happened_at=when
    )
    assert converted.is_new
    stored = Conversion.objects.get()
    assert (stored.external_id, stored.value, stored.currency, stored.happened_at) == ("order-1", 12_500, "IDR", when)
    (event,) = emitted(Kind.CONVERSION)
    assert (event.participant, event.parent, event.generation) == (budi.pk, budi.parent_id, 1)
    assert (event.value, event.currency, event.ts) == (12_500, "IDR", int(when.timestamp() * 1000))


def test_the_same_external_id_again_changes_nothing(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    first, again = (
        actions.convert(campaign=campaign, number=ani.pk, external_id="order-1", value=value, currency="IDR")
        for value in (5, 7)
    )
    assert (again.is_new, again.conversion, again.conversion.value) == (False, first.conversion, 5)
    assert len(emitted(Kind.CONVERSION)) == 1


def test_an_external_id_of_somebody_elses_conversion_is_refused(campaign: Campaign) -> None:
    ani, budi = a_cascade(campaign, [-1, -1])
    actions.convert(campaign=campaign, number=ani.pk, external_id="order-1")
    with pytest.raises(UserError, match="recorded for somebody else"):
        actions.convert(campaign=campaign, number=budi.pk, external_id="order-1")
    assert len(emitted(Kind.CONVERSION)) == 1


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"external_id": " "}, "external_id"),
        ({"value": -1, "currency": "IDR"}, "value"),
        ({"value": 10**18, "currency": "IDR"}, "value"),
        ({"value": 5}, "currency"),
        ({"currency": "Rp"}, "currency"),
    ],
)
def test_what_cannot_be_used_is_named(campaign: Campaign, different: dict[str, object], field: str) -> None:
    ani = a_participant(campaign)
    with pytest.raises(UserErrors) as caught:
        actions.convert(campaign=campaign, number=ani.pk, **{"external_id": "order-1", **different})  # type: ignore[arg-type]
    assert list(caught.value.by_field()) == [field]
    assert emitted(Kind.CONVERSION) == []
