"""A mention is one reaction, whoever classes it at the same moment and in whatever order things happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import close_old_connections, connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import a_campaign, emitted
from people import People
from sebar.channels.kinds.buzz import actions
from sebar.channels.kinds.buzz.models import BuzzSource, Mention
from sebar.channels.kinds.buzz.rules import CLASSES, Heard, Label, SourceKind
from sebar.events.event import Kind
from sebar.outbox import OutboxRow


def a_source() -> BuzzSource:
    return actions.add_source(campaign=a_campaign(), kind=SourceKind.WEBHOOK, name="Shop").source


def at_once(works: Sequence[Callable[[], object]]) -> None:
    """Do all of these in threads of their own that begin in the same moment."""
    doors = Barrier(len(works))

    def work(do: Callable[[], object]) -> None:
        doors.wait()
        try:
            do()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as threads:
        list(threads.map(work, works))
    close_old_connections()


def counting() -> dict[str, str]:
    """Return the class of every reaction that counts, by its event, as whoever reads the events sees it."""
    corrected = {event.props["event"] for event in emitted(Kind.CORRECTION)}
    return {str(event.id): event.props["class"] for event in emitted(Kind.REACTION) if str(event.id) not in corrected}


def stored() -> dict[str, str]:
    """Return the same as the database has it."""
    return {str(one.event): one.label for one in Mention.objects.all() if one.label != Label.UNCLASSED}


@pytest.mark.django_db(transaction=True)
def test_what_comes_at_once_from_two_sides_is_taken_once() -> None:
    source = a_source()
    heard = [Heard(external_id=str(number), text="Enak", label=Label.POSITIVE) for number in range(20)]
    at_once([lambda: actions.take(source=source, heard=heard)] * 5)
    assert Mention.objects.count() == 20
    assert len(emitted(Kind.REACTION)) == 20


@pytest.mark.django_db(transaction=True)
def test_who_classes_at_once_leaves_one_reaction_that_counts() -> None:
    source = a_source()
    actions.take(source=source, heard=[Heard(external_id=str(number), text="Enak") for number in range(5)])
    numbers = list(Mention.objects.values_list("pk", flat=True))

    def classing(label: Label) -> Callable[[], int]:
        return lambda: actions.class_mentions(campaign=source.campaign, numbers=numbers, label=label)

    at_once([classing(label) for label in CLASSES for _ in range(2)])
    assert counting() == stored()
    assert len(counting()) == 5


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(0, 5), st.sampled_from(Label)),
        st.tuples(st.just("class"), st.sets(st.integers(0, 5), max_size=4), st.sampled_from(Label)),
        st.tuples(st.just("rule"), st.integers(0, 5), st.sampled_from(CLASSES)),
        st.tuples(st.just("apply"), st.none(), st.none()),
        st.tuples(st.just("withdraw"), st.integers(0, 5), st.none()),
        st.tuples(st.just("forget"), st.none(), st.none()),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(steps=STEPS)
def test_events_and_inbox_agree_whatever_happens(people: People, steps: list[tuple[str, object, object]]) -> None:
    OutboxRow.objects.all().delete()
    source = a_source()
    campaign = source.campaign
    for what, which, label in steps:
        match what:
            case "take":
                actions.take(source=source, heard=[Heard(external_id=str(which), text=f"word{which}", label=label)])
            case "class":
                pks = Mention.objects.filter(campaign=campaign, text__in=[f"word{one}" for one in which])
                actions.class_mentions(campaign=campaign, numbers=[one.pk for one in pks], label=label)
            case "rule":
                actions.add_rule(campaign=campaign, label=label, words=f"word{which}")
            case "apply":
                actions.apply_rules(campaign=campaign)
            case "withdraw":
                actions.withdraw(sources=[source.pk], external_ids=[str(which)])
            case "forget":
                Mention.objects.update(taken_at=timezone.now() - timedelta(days=99))
                actions.forget()
        assert counting() == {
            str(one.event): one.label for one in Mention.objects.filter(campaign=campaign).exclude(label="unclassed")
        }
    assert Mention.objects.filter(campaign=campaign).count() == len({w for what, w, _ in steps if what == "take"})
