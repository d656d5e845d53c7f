"""Taking, classing and forgetting mentions: each once, with one reaction that counts, and only for its own brand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from builders import a_campaign, emitted
from people import People
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import actions as channels
from sebar.channels.kinds.buzz import actions, queries
from sebar.channels.kinds.buzz.actions import Taken
from sebar.channels.kinds.buzz.models import BuzzSource, Mention
from sebar.channels.kinds.buzz.rules import Heard, Label, SourceKind
from sebar.events.event import Kind, Verdict
from sebar.events.store import Store
from sebar.kit.errors import NotAllowed, NotFound, UserError, UserErrors

DAY = timedelta(days=1)


def a_source(campaign: Campaign, **different: Any) -> BuzzSource:
    return actions.add_source(campaign=campaign, **{"kind": SourceKind.WEBHOOK, "name": "Shop", **different}).source


def told(number: int, **different: Any) -> Heard:
    return Heard(
        **{
            "external_id": str(number),
            "text": f"Mention {number}",
            "at": datetime(2026, 11, 20, 10, 0, tzinfo=UTC) + timedelta(minutes=number),
            "author": "dewi@social.example",
            **different,
        }
    )


def the_mentions(campaign: Campaign) -> list[Mention]:
    return list(Mention.objects.filter(campaign=campaign).order_by("at", "pk"))


@pytest.fixture
def source(campaign: Campaign) -> BuzzSource:
    return a_source(campaign)


def test_the_same_is_taken_once(campaign: Campaign, source: BuzzSource) -> None:
    assert actions.take(source=source, heard=[told(1), told(2), told(1, text="again")]) == Taken(new=2)
    assert actions.take(source=source, heard=[told(2, text="other words"), told(3)]) == Taken(new=1, known=1)
    assert [one.text for one in the_mentions(campaign)] == ["Mention 1", "Mention 2", "Mention 3"]
    assert actions.take(source=a_source(campaign), heard=[told(1)]) == Taken(new=1)


def test_authors_and_identifiers_are_kept_only_as_keyed_hashes(
    people: People, campaign: Campaign, source: BuzzSource
) -> None:
    actions.take(source=source, heard=[told(1, external_id="dewi@social.example/7"), told(2), told(3, author="")])
    first, second, third = the_mentions(campaign)
    assert "dewi" not in str(Mention.objects.filter(campaign=campaign).values())
    assert first.author == second.author != third.author == ""
    elsewhere = a_campaign(people.charlie)
    actions.take(source=a_source(elsewhere), heard=[told(1)])
    assert the_mentions(elsewhere)[0].author not in {first.author, ""}


def test_classing_tells_of_exactly_one_reaction(campaign: Campaign, source: BuzzSource) -> None:
    actions.take(source=source, heard=[told(1, reach=412), told(2)])
    first, _ = the_mentions(campaign)
    for _ in range(2):
        actions.class_mentions(campaign=campaign, numbers=[first.pk], label=Label.NEGATIVE)
    (event,) = emitted(Kind.REACTION)
    assert event.props == {"class": "negative", "reach": "412", "source": "Shop"}
    assert (event.campaign, event.participant, event.channel) == (campaign.pk, 0, "buzz")
    assert event.ts == first.at.timestamp() * 1000
    assert event.visitor
    assert emitted(Kind.CORRECTION) == []


def test_who_said_it_is_one_visitor_a_day_and_another_the_next(campaign: Campaign, source: BuzzSource) -> None:
    actions.take(
        source=source,
        heard=[
            told(n, label=Label.POSITIVE, **more) for n, more in enumerate([{}, {}, {"author": "budi"}, {"author": ""}])
        ]
        + [told(60 * 24, label=Label.POSITIVE)],
    )
    one, same, other, nobody, tomorrow = [event.visitor for event in sorted(emitted(Kind.REACTION), key=lambda e: e.ts)]
    assert one == same
    assert nobody == 0
    assert len({one, other, tomorrow}) == 3


def counted(store: Store, campaign: Campaign) -> list[tuple[str, int]]:
    sql = (
        "SELECT props['class'], count() FROM events WHERE campaign = {campaign:UInt64} AND kind = 'reaction'"
        " AND verdict = 'person' GROUP BY 1 ORDER BY 1"
    )
    return [(row[0], row[1]) for row in store.ask(sql, {"campaign": campaign.pk}).rows]


def test_whoever_counts_sees_each_mention_once_with_its_newest_class(
    campaign: Campaign,
    source: BuzzSource,
    store: Store,
    count: Callable[[], None],
) -> None:
    actions.take(source=source, heard=[told(1), told(2), told(3, label=Label.POSITIVE)])
    first, second, third = the_mentions(campaign)
    actions.class_mentions(campaign=campaign, numbers=[first.pk, second.pk], label=Label.POSITIVE)
    count()
    assert counted(store, campaign) == [("positive", 3)]
    actions.class_mentions(campaign=campaign, numbers=[first.pk], label=Label.COMPLAINT)
    actions.class_mentions(campaign=campaign, numbers=[first.pk], label=Label.NEGATIVE)
    actions.class_mentions(campaign=campaign, numbers=[third.pk], label=Label.UNCLASSED)
    count()
    assert counted(store, campaign) == [("negative", 1), ("positive", 1)]
    assert {event.reason for event in emitted(Kind.CORRECTION)} == {"reclassed"}
    assert {event.verdict for event in emitted(Kind.CORRECTION)} == {Verdict.REPEAT}


def test_nothing_is_told_of_what_is_not_stored(
    campaign: Campaign, source: BuzzSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.take(source=source, heard=[told(1)])
    (mention,) = the_mentions(campaign)

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("sebar.outbox.emit", broken)
    with pytest.raises(RuntimeError):
        actions.class_mentions(campaign=campaign, numbers=[mention.pk], label=Label.POSITIVE)
    with pytest.raises(RuntimeError):
        actions.take(source=source, heard=[told(2, label=Label.POSITIVE)])
    assert [one.label for one in the_mentions(campaign)] == ["unclassed"]


def test_rules_class_what_comes_and_people_have_the_last_word(campaign: Campaign, source: BuzzSource) -> None:
    actions.add_rule(campaign=campaign, label=Label.POSITIVE, words="enak, mantap*")
    actions.add_rule(campaign=campaign, label=Label.COMPLAINT, words="basi")
    actions.take(
        source=source, heard=[told(1, text="enak tapi basi"), told(2, text="mantapnya!"), told(3, text="biasa")]
    )
    assert [one.label for one in the_mentions(campaign)] == ["complaint", "positive", "unclassed"]
    actions.class_mentions(campaign=campaign, numbers=[one.pk for one in the_mentions(campaign)], label=Label.NEUTRAL)
    assert actions.apply_rules(campaign=campaign) == 0
    assert [one.label for one in the_mentions(campaign)] == ["neutral"] * 3
    assert len(emitted(Kind.REACTION)) - len(emitted(Kind.CORRECTION)) == 3


def test_a_rule_is_tried_without_any_effect_and_then_used(campaign: Campaign, source: BuzzSource) -> None:
    said = ["antre panjang", "antre lagi", "cepat"]
    actions.take(source=source, heard=[told(n, text=words) for n, words in enumerate(said * 10)])
    judged = the_mentions(campaign)[:3]
    actions.class_mentions(campaign=campaign, numbers=[one.pk for one in judged[:1]], label=Label.COMPLAINT)
    actions.class_mentions(campaign=campaign, numbers=[one.pk for one in judged[1:]], label=Label.NEUTRAL)
    before, told_before = list(Mention.objects.values()), len(emitted())
    trial = queries.try_rule(campaign, label=Label.COMPLAINT, words=["antre"])
    assert (trial.would, trial.of, trial.agrees, trial.judged) == (18, 27, 1, 2)
    assert len(trial.examples) == 5
    assert (list(Mention.objects.values()), len(emitted())) == (before, told_before)
    actions.add_rule(campaign=campaign, label=Label.COMPLAINT, words="antre")
    assert actions.apply_rules(campaign=campaign) == 18
    assert actions.apply_rules(campaign=campaign) == 0


def test_what_somebody_left_unclassed_on_purpose_no_rule_classes(campaign: Campaign, source: BuzzSource) -> None:
    actions.take(source=source, heard=[told(1, text="antre")])
    (mention,) = the_mentions(campaign)
    actions.class_mentions(campaign=campaign, numbers=[mention.pk], label=Label.UNCLASSED)
    actions.add_rule(campaign=campaign, label=Label.COMPLAINT, words="antre")
    assert actions.apply_rules(campaign=campaign) == 0


def test_what_people_wrote_is_deleted_when_its_days_are_over(campaign: Campaign, source: BuzzSource) -> None:
    actions.take(source=source, heard=[told(1, url="https://a.example/dewi/1", label=Label.NEGATIVE), told(2, url="")])
    Mention.objects.filter(text="Mention 1").update(taken_at=timezone.now() - 31 * DAY)
    Mention.objects.filter(text="Mention 2").update(taken_at=timezone.now() - 29 * DAY)
    assert actions.forget() == 1
    old, young = the_mentions(campaign)
    assert (old.text, old.url, old.author) == ("", "", "")
    assert (old.label, old.at) == ("negative", told(1).at)
    assert (young.text, bool(young.author)) == ("Mention 2", True)
    assert actions.forget() == 0
    assert actions.take(source=source, heard=[told(1)]) == Taken(known=1)
    actions.remove_source(campaign=campaign, number=source.pk)
    Mention.objects.filter(text="Mention 2").update(taken_at=timezone.now() - 31 * DAY)
    assert actions.forget() == 1, "of sources that were removed too"


def test_what_its_author_deletes_is_deleted_here(campaign: Campaign, source: BuzzSource) -> None:
    actions.take(source=source, heard=[told(1), told(2)])
    assert actions.withdraw(sources=[source.pk], external_ids=["1", "other"]) == 1
    assert [one.text for one in the_mentions(campaign)] == ["", "Mention 2"]


def test_a_stream_cannot_fill_the_house(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_A_DAY", 5)
    stream = a_source(campaign, kind=SourceKind.BLUESKY, words="kopi")
    assert actions.take(source=stream, heard=map(told, range(4))) == Taken(new=4)
    assert actions.take(source=stream, heard=map(told, range(8))) == Taken(new=1, known=4, left=3)
    Mention.objects.update(taken_at=timezone.now() - 2 * DAY)
    assert actions.take(source=stream, heard=map(told, range(8))) == Taken(new=3, known=5)


def test_a_campaign_that_is_stopped_or_switched_off_takes_nothing(
    people: People, campaign: Campaign, source: BuzzSource
) -> None:
    channels.switch(campaign=campaign, channel="buzz", is_on=False)
    with pytest.raises(NotAllowed):
        actions.take(source=source, heard=[told(1)])
    assert queries.listening() == []
    channels.switch(campaign=campaign, channel="buzz", is_on=True)
    campaigns.stop(membership=people.alice, slug=campaign.slug, stop_url="")
    source.campaign.refresh_from_db()
    with pytest.raises(NotAllowed):
        actions.take(source=source, heard=[told(1)])


def test_everything_belongs_to_its_campaign(people: People, campaign: Campaign, source: BuzzSource) -> None:
    actions.take(source=source, heard=[told(1)])
    rule = actions.add_rule(campaign=campaign, label=Label.POSITIVE, words="enak")
    (mention,) = the_mentions(campaign)
    theirs = a_campaign(people.charlie)
    assert actions.class_mentions(campaign=theirs, numbers=[mention.pk], label=Label.NEGATIVE) == 0
    with pytest.raises(NotFound):
        actions.remove_source(campaign=theirs, number=source.pk)
    with pytest.raises(NotFound):
        actions.remove_rule(campaign=theirs, number=rule.pk)
    assert queries.inbox(theirs, source=source.pk).mentions == []
    assert the_mentions(campaign)[0].label == "unclassed"
    assert emitted(Kind.REACTION) == []


def test_a_removed_source_is_heard_no_more_and_its_secret_is_gone(campaign: Campaign, source: BuzzSource) -> None:
    code = source.code
    assert code
    assert queries.of_code(code) == source
    actions.remove_source(campaign=campaign, number=source.pk)
    assert queries.of_code(code) is None
    source.refresh_from_db()
    assert not source.sealed
    with pytest.raises(NotAllowed):
        actions.take(source=source, heard=[told(1)])


@pytest.mark.parametrize(
    ("kind", "entered", "wrong"),
    [
        (SourceKind.FEED, {"name": "", "address": "ftp://x"}, {"name", "address"}),
        (SourceKind.FEED, {"address": ""}, {"address"}),
        (SourceKind.FEED, {"address": "https://example.com:8080/feed"}, {"address"}),
        (SourceKind.MASTODON, {"address": "http://social.example"}, {"address", "words"}),
        (SourceKind.BLUESKY, {"words": "", "keep_days": 0}, {"words", "keep_days"}),
        (SourceKind.BLUESKY, {"words": "kopi", "keep_days": 366}, {"keep_days"}),
        (SourceKind.BLUESKY, {"words": "kopi", "address": "https://jetstream.example/subscribe"}, {"address"}),
        (SourceKind.WEBHOOK, {"name": "x" * 81}, {"name"}),
    ],
)
def test_a_source_that_cannot_be_is_refused_field_by_field(
    campaign: Campaign, kind: SourceKind, entered: dict[str, Any], wrong: set[str]
) -> None:
    with pytest.raises(UserErrors) as raised:
        actions.add_source(campaign=campaign, **{"kind": kind, "name": "Mine", **entered})
    assert set(raised.value.by_field()) == wrong
    assert not BuzzSource.objects.exists()


def test_secrets_are_kept_sealed(campaign: Campaign) -> None:
    added = actions.add_source(
        campaign=campaign,
        kind=SourceKind.MASTODON,
        name="M",
        address="https://social.example",
        words="kopi",
        token="tok3n",
    )
    assert b"tok3n" not in bytes(added.source.sealed)
    (ear,) = queries.listening()
    assert ear.token == "tok3n"
    assert "tok3n" not in repr(ear)


def test_there_is_a_limit_to_sources_and_rules(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_MOST_SOURCES", 1)
    monkeypatch.setattr(actions, "_MOST_RULES", 1)
    a_source(campaign)
    actions.add_rule(campaign=campaign, label=Label.POSITIVE, words="enak")
    with pytest.raises(NotAllowed, match="as many as a campaign can have"):
        a_source(campaign)
    with pytest.raises(NotAllowed, match="as many as a campaign can have"):
        actions.add_rule(campaign=campaign, label=Label.POSITIVE, words="enak")


def test_a_rule_needs_words_and_a_class(campaign: Campaign) -> None:
    with pytest.raises(UserError, match="at least one word"):
        actions.add_rule(campaign=campaign, label=Label.POSITIVE, words=" , ")
    with pytest.raises(UserError, match="Choose the class"):
        actions.add_rule(campaign=campaign, label=Label.UNCLASSED, words="enak")


def test_the_inbox_is_paged_newest_first(
    campaign: Campaign, source: BuzzSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 3)
    at = told(1).at
    actions.take(source=source, heard=[told(n, at=at) for n in range(7)])
    seen, before = [], ""
    while True:
        found = queries.inbox(campaign, before=before)
        seen += [one.pk for one in found.mentions]
        before = found.before
        if not before:
            break
    assert seen == sorted((one.pk for one in the_mentions(campaign)), reverse=True)
    with pytest.raises(UserError, match="no place in this list"):
        queries.inbox(campaign, before="1-2'; DROP")
