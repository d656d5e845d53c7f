"""An alarm's life: opened, told and answered once, acknowledged, snoozed, closed, and what is fresh after that."""

from __future__ import annotations

import email
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from email.policy import SMTP

import pytest
from django.utils import timezone, translation

from alarms.affairs import HOUR, Clock, a_past_campaign, reactions, store_all, visits, watch_through
from alarms.conftest import Program
from builders import a_campaign, a_participant
from people import People
from rewards.giving import a_rule
from sebar.brands import audit
from sebar.campaigns.models import Campaign
from sebar.channels import sealing
from sebar.channels.base import Came, Outcome
from sebar.channels.kinds.buzz import webhook
from sebar.channels.kinds.email import sending
from sebar.channels.models import Message
from sebar.events.store import Store
from sebar.kit import config, http
from sebar.kit.errors import NotAllowed, Unavailable, UserError, UserErrors
from sebar.participants.models import Participant
from sebar.rewards.models import RewardRule
from sebar.steering.alarms import actions, jobs, notices, queries, rules, words
from sebar.steering.alarms.jobs import Watching
from sebar.steering.alarms.models import Alarm, AlarmHook, AlarmNotice, Lookout, Status, Watched
from sebar.steering.alarms.rules import Evidence
from sebar.steering.decisions import actions as decisions
from sebar.steering.decisions.models import CampaignDecision
from sebar.steering.decisions.rules import PolicyForm
from sebar.steering.experiments import actions as experiments
from sebar.steering.experiments.models import Assignment
from sebar.steering.experiments.rules import Arm, Plan
from sebar.steering.models import Forecast
from sebar.steering.watches import Watch

_OTHER_ARM = Arm("b", 1.0, {"en": {"share_text": "Come along!"}, "id": {"share_text": "Ayo ikut!"}})


def an_alarm(campaign: Campaign, key: str = "") -> Alarm:
    """Sound an alarm about negative reactions."""
    now = timezone.now()
    numbers = {"kind": "people", "people": 6, "of": 7, "tolerated": 0.2}
    actions.begin(campaign=campaign, now=now)
    found = {Watch.NEGATIVE: [Evidence(now - HOUR, now, key, numbers)]}
    actions.sound(campaign=campaign, found=found, now=now)
    return Alarm.objects.filter(campaign=campaign).latest("pk")


def test_people_who_complain_within_an_hour_are_told_of_within_a_minute(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=5)
    store_all(store, reactions(campaign, began + 4 * HOUR, bad=5, good=2, label="complaint"))
    Watching(Clock(began + 5 * HOUR - timedelta(minutes=1))).turn()
    watches = {one.watch: one for one in queries.of_campaign(campaign)}
    assert watches.keys() == {Watch.NEGATIVE, Watch.COMPLAINTS}
    assert "5 people said something bad" in words.in_english(watches[Watch.NEGATIVE])
    assert all(one.answered_at for one in watches.values())


def test_what_was_decided_beforehand_follows_even_when_the_engine_has_died_since(
    people: People, campaign: Campaign, without_engine: None
) -> None:
    form = PolicyForm(watch="negative", rung="throttle", mode="at_once", invitations_an_hour=5)
    decisions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    alarm = an_alarm(campaign)
    with pytest.raises(Unavailable):
        Watching().turn()
    (decision,) = CampaignDecision.objects.filter(campaign=campaign)
    assert (decision.rung, decision.state, decision.watch) == ("throttle", "in_force", "negative")
    assert words.in_english(decision) == words.in_english(alarm) != ""
    with pytest.raises(Unavailable):
        Watching().turn()
    assert CampaignDecision.objects.count() == 1


def test_an_open_alarm_is_written_into_and_told_once(campaign: Campaign) -> None:
    first, second = an_alarm(campaign), an_alarm(campaign)
    assert first == second
    assert second.spoke_at > first.spoke_at
    assert sorted(one.member.name for one in queries.letters(first) if one.member) == ["Alice", "Bob"]


def test_no_look_is_taken_twice(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=30)
    store_all(store, [one for hour in range(30) for one in reactions(campaign, began + hour * HOUR, 2, 20)])
    clock = watch_through(began, 30, first=30)
    before = Watched.objects.get(campaign=campaign, watch=Watch.NEGATIVE).state
    assert before[0] == 30
    lookout = Lookout.objects.get(campaign=campaign)
    Watching(clock).turn()
    stale = Lookout(campaign=campaign, looked_until=began, version=0)
    actions.keep(lookout=stale, looked=actions.Looked(clock.now, 1), now=clock.now)
    assert Watched.objects.get(campaign=campaign, watch=Watch.NEGATIVE).state == before
    assert Lookout.objects.get(campaign=campaign).looked_until == lookout.looked_until


def test_what_comes_late_counts_at_the_next_look(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=30)
    store_all(store, visits(campaign, began + 20 * HOUR, 5))
    clock = watch_through(began, 28, first=28)
    version = Lookout.objects.get(campaign=campaign).version
    store_all(store, reactions(campaign, began + 20 * HOUR, bad=9, good=0))
    counts = queries.hours([campaign], since=began + 28 * HOUR, until=began + 29 * HOUR, version=2**62, after=version)
    assert [(one.events, one.total) for one in counts[campaign.pk][Watch.NEGATIVE]] == [(9, 9)]
    clock.now += HOUR
    Watching(clock).turn()
    state = Watched.objects.get(campaign=campaign, watch=Watch.NEGATIVE).state
    assert state[-2:] == [9, 9]


def test_closed_with_a_reason_it_begins_anew(people: People, campaign: Campaign) -> None:
    alarm = an_alarm(campaign, key="one")
    Watched.objects.filter(campaign=campaign, watch=Watch.NEGATIVE).update(state=[1.0] * 11)
    actions.close(membership=people.alice, slug=campaign.slug, number=alarm.pk, reason="It was a joke")
    assert Watched.objects.get(campaign=campaign, watch=Watch.NEGATIVE).state == []
    assert not queries.of_campaign(campaign)
    assert an_alarm(campaign, key="one") == alarm  # what was closed is no fresh evidence
    assert an_alarm(campaign, key="two") != alarm
    assert audit.entries(people.alice, subject=campaign.slug)[0].reason == "It was a joke"
    with pytest.raises(NotAllowed):
        actions.acknowledge(membership=people.alice, slug=campaign.slug, number=alarm.pk)


def test_what_was_said_before_closing_is_not_fresh(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=5)
    store_all(store, reactions(campaign, began + 4 * HOUR, bad=6, good=0))
    clock = Clock(began + 5 * HOUR)
    Watching(clock).turn()
    (alarm,) = queries.of_campaign(campaign)
    actions.close(membership=people.alice, slug=campaign.slug, number=alarm.pk, reason="Answered")
    Watching(clock).turn()
    assert not queries.of_campaign(campaign)


def test_who_spoke_well_within_the_hour_keeps_a_liked_campaign_quiet_minute_by_minute(
    people: People, store: Store
) -> None:
    campaign, began = a_past_campaign(people, hours=5)
    turned = began + 4 * HOUR
    store_all(store, reactions(campaign, turned - HOUR, bad=0, good=60))
    at_once = (turned - HOUR / 2 + timedelta(seconds=10 * place) for place in range(6))
    store_all(store, [one for at in at_once for one in reactions(campaign, at, bad=1, good=0)])
    clock = Clock(turned)
    for minutes in range(-10, 70, 4):  # also when the last hour holds bad words alone
        clock.now = turned + timedelta(minutes=minutes)
        Watching(clock).turn()
    assert not queries.of_campaign(campaign)


def test_who_spoke_before_closing_still_counts_among_all_within_the_hour(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=5)
    store_all(store, reactions(campaign, began + 4 * HOUR, bad=6, good=8))
    clock = Clock(began + 5 * HOUR)
    Watching(clock).turn()
    (alarm,) = queries.of_campaign(campaign)
    actions.close(membership=people.alice, slug=campaign.slug, number=alarm.pk, reason="Answered")
    Alarm.objects.update(closed_at=began + 5 * HOUR)
    store_all(store, reactions(campaign, began + 5 * HOUR, bad=5, good=0))
    clock.now = began + 5 * HOUR + timedelta(minutes=51)
    Watching(clock).turn()
    (alarm,) = queries.of_campaign(campaign)
    assert alarm.began_at > began + 5 * HOUR
    assert (alarm.numbers["people"], alarm.numbers["of"]) == (5, 7)  # two of those before spoke within the hour
    assert max(one.events for one in queries.around(alarm, now=clock.now)) == 5


def test_what_is_said_more_is_written_into_the_alarm_and_nobody_is_told_again(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=5)
    store_all(store, reactions(campaign, began + 4 * HOUR, bad=5, good=3))
    clock = Clock(began + 5 * HOUR)
    Watching(clock).turn()
    (first,) = queries.of_campaign(campaign)
    assert (first.numbers["people"], first.numbers["of"]) == (5, 8)
    store_all(store, reactions(campaign, began + 4 * HOUR, bad=10, good=1))
    clock.now += timedelta(minutes=1)
    Watching(clock).turn()
    (alarm,) = queries.of_campaign(campaign)
    assert (alarm.pk, alarm.numbers["people"], alarm.numbers["of"]) == (first.pk, 15, 19)
    assert len(queries.letters(alarm)) == 2
    assert alarm.spoke_at > first.spoke_at
    clock.now += HOUR
    Watching(clock).turn()
    (last,) = queries.of_campaign(campaign)
    assert (last.numbers, last.spoke_at) == (alarm.numbers, alarm.spoke_at)


def test_what_a_budget_has_come_to_is_written_into_the_alarm(campaign: Campaign) -> None:
    now = timezone.now()
    actions.begin(campaign=campaign, now=now)

    def sound(minutes: int, *rules_of: tuple[str, int]) -> Alarm:
        at = now + timedelta(minutes=minutes)
        found = [
            rules.exposure(name, spent=spent, budget=100, unit="points", level=0.8, now=at) for name, spent in rules_of
        ]
        actions.sound(campaign=campaign, found={Watch.REWARD_EXPOSURE: [one for one in found if one]}, now=at)
        return Alarm.objects.get(campaign=campaign)

    assert sound(0, ("Coffee", 81)).numbers["spent"] == 81
    assert sound(1, ("Coffee", 85)).numbers["spent"] == 85
    alarm = sound(2, ("Coffee", 86), ("Tea", 90))
    assert (alarm.numbers["rule"], alarm.keys) == ("Tea", ["Coffee level", "Tea level"])
    alarm = sound(3, ("Coffee", 100), ("Tea", 91))
    assert (alarm.numbers["rule"], alarm.keys[-1]) == ("Coffee", "Coffee all")
    assert len(queries.letters(alarm)) == 2


def test_exact_thresholds_of_many_campaigns_take_as_many_queries_as_of_one(
    people: People, store: Store, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    now, campaigns = timezone.now(), [a_campaign(people.alice) for _ in range(4)]
    for number, campaign in enumerate(campaigns):
        actions.begin(campaign=campaign, now=now)
        rule = a_rule(campaign, name="Coffee", budget=100)
        RewardRule.objects.filter(pk=rule.pk).update(status="off")
        for version, (spent, unit) in enumerate([(60 if number else 0, rule.unit), (25, rule.unit), (9, "old")]):
            rule.pk, rule.version, rule.spent, rule.unit = None, 4 - version, spent, unit
            rule.status = "off" if version else "on"
            rule.save()
    rows = queries.rows(campaigns)
    with django_assert_num_queries(2):  # the joins are asked of the engine
        found = queries.thresholds(campaigns, rows, now)
    spent = {
        number: [one.numbers["spent"] for one in watches[Watch.REWARD_EXPOSURE]] for number, watches in found.items()
    }
    assert spent == {one.pk: [85] if place else [] for place, one in enumerate(campaigns)}


def test_acknowledged_and_snoozed_alarms_leave_the_top_of_the_pages(people: People, campaign: Campaign) -> None:
    alarm = an_alarm(campaign)
    assert queries.ringing(campaign) == [alarm]
    until = timezone.now() + 2 * HOUR
    actions.snooze(membership=people.bob, slug=campaign.slug, number=alarm.pk, until=until)
    assert queries.ringing(campaign) == []
    assert queries.ringing(campaign, now=until + HOUR) == [alarm]
    actions.acknowledge(membership=people.bob, slug=campaign.slug, number=alarm.pk)
    assert queries.ringing(campaign, now=until + HOUR) == []
    assert [one.status for one in queries.of_campaign(campaign)] == [Status.ACKNOWLEDGED]


def test_a_watch_that_is_off_says_nothing_and_a_viewer_sets_none(people: People, campaign: Campaign) -> None:
    actions.set_watch(membership=people.bob, slug=campaign.slug, watch="negative", is_on=False)
    actions.sound(
        campaign=campaign,
        found={Watch.NEGATIVE: [Evidence(timezone.now(), timezone.now(), "", {})]},
        now=timezone.now(),
    )
    assert not Alarm.objects.exists()
    with pytest.raises(NotAllowed):
        actions.set_watch(membership=people.vera, slug=campaign.slug, watch="negative", is_on=True)
    with pytest.raises(UserErrors) as refused:
        actions.set_watch(membership=people.bob, slug=campaign.slug, watch="negative", is_on=True, level=2.0, people=0)
    assert refused.value.by_field().keys() == {"level", "people"}


def test_the_chance_is_shared_by_the_shares_that_are_on(people: People, campaign: Campaign) -> None:
    actions.set_watch(membership=people.bob, slug=campaign.slug, watch="bots", is_on=False)
    actions.set_watch(membership=people.bob, slug=campaign.slug, watch="forecast", is_on=False)
    assert queries.chance(0.06, queries.rows([campaign])[campaign.pk]) == pytest.approx(0.01)


def test_letters_that_come_back_are_counted_among_those_that_went_out(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=3)
    person = a_participant(campaign)
    at = began + HOUR + timedelta(minutes=5)
    for place, state in enumerate(["sent"] * 6 + ["bounced"] * 3 + ["failed", "waiting"]):
        Message.objects.create(
            campaign=campaign, channel="email", purpose="invite", participant=person, once=str(place), address_hash="",
            sealed=b"", language="en", state=state, created_at=at, due_at=at, changed_at=at,
        )  # fmt: skip
    counts = queries.hours([campaign], since=began, until=began + 2 * HOUR, version=2**62)[campaign.pk]
    assert [(one.events, one.total) for one in counts[Watch.BOUNCES]] == [(0, 0), (3, 9)]
    assert [(one.events, one.total) for one in counts[Watch.DELIVERY]] == [(0, 0), (1, 7)]


def test_a_forecast_that_did_not_hold_is_told_once(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=3)
    store_all(store, visits(campaign, began + HOUR, 0, joins=9))
    now = timezone.now()
    forecast = Forecast(campaign=campaign, quantity="participants", made_at=now - HOUR, horizon_at=now + 20 * HOUR)
    forecast.known, forecast.quantiles, forecast.is_calibrated = 1, [1, 2, 3, 4, 5, 6, 7], True
    forecast.save()
    Watching().turn()
    (alarm,) = queries.of_campaign(campaign)
    assert words.in_english(alarm).startswith("9 participants, where the forecast of ")
    actions.close(membership=people.alice, slug=campaign.slug, number=alarm.pk, reason="A newspaper")
    Watching().turn()
    assert not queries.of_campaign(campaign)


def test_an_experiment_out_of_balance_is_told(people: People, store: Store) -> None:
    campaign, _ = a_past_campaign(people, hours=3)
    plan = Plan(name="Two", varies="message", arms=[Arm("a", 1.0, {}), _OTHER_ARM], control="a")
    number = experiments.plan(membership=people.alice, slug=campaign.slug, plan=plan).pk
    experiments.start(membership=people.alice, slug=campaign.slug, number=number)
    actions.begin(campaign=campaign, now=timezone.now())
    seeds = [a_participant(campaign) for _ in range(40)]
    jobs.Balancing().turn()
    assert not queries.of_campaign(campaign)
    Assignment.objects.bulk_create(
        [Assignment(experiment_id=number, seed=one, arm="a", by_page=False, at=one.joined_at) for one in seeds]
    )
    jobs.Balancing().turn()
    (alarm,) = queries.of_campaign(campaign)
    assert words.in_english(alarm).startswith("The arms of “Two” are not dealt out as was meant")


def test_a_dry_run_says_when_it_would_have_spoken(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=100)
    happened = []
    for hour in range(100):
        happened += reactions(campaign, began + hour * HOUR, 12 if hour > 85 else 1 + hour % 3, 25)
    store_all(store, happened)
    (now,) = (one for one in queries.watches(campaign) if one.watch is Watch.NEGATIVE)
    run = queries.dry_runs(campaign, [now])[now.watch]
    assert len(run.spoken) == 1
    assert abs(run.spoken[0].began - (began + 86 * HOUR)) <= 2 * HOUR
    assert not Alarm.objects.exists()


def test_a_dry_run_hears_what_was_said_within_the_running_hour(people: People, store: Store) -> None:
    campaign, began = a_past_campaign(people, hours=5)
    store_all(store, reactions(campaign, began + 5 * HOUR, bad=6, good=0))
    (now,) = (one for one in queries.watches(campaign) if one.watch is Watch.NEGATIVE)
    run = queries.dry_runs(campaign, [now], now=began + 5 * HOUR + timedelta(minutes=50))[now.watch]
    assert [one.numbers["people"] for one in run.spoken] == [5]
    assert run.until == began + 5 * HOUR + timedelta(minutes=50)


def test_a_past_that_was_brought_along_teaches_what_is_usual_at_the_first_look(people: People, store: Store) -> None:
    campaign, published = a_past_campaign(people, hours=2)
    began = published - 80 * HOUR
    Participant.objects.filter(pk=a_participant(campaign).pk).update(joined_at=began)
    store_all(store, [one for hour in range(80) for one in visits(campaign, began + hour * HOUR, 30, joins=10)])
    watch_through(published, 1)
    assert Watched.objects.get(campaign=campaign, watch=Watch.CONVERSION_DROP).learned == pytest.approx(1 / 3, abs=0.1)


class Way:
    """What leaves the house, and what is answered."""

    def __init__(self, answer: Outcome) -> None:
        self.answer = answer
        self.letters: list[tuple[str, bytes]] = []

    def hand_over(self, _server: object, letter: sending.Letter, address: str) -> Outcome:
        self.letters.append((address, letter.content))
        return self.answer


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Way:
    """A mail server that takes everything."""
    way = Way(Outcome(came=Came.SENT))
    server = config.MailServer("localhost", 25, is_tls=False, user="", password="")
    found = replace(config.load(), mail=server)
    monkeypatch.setattr(config, "load", lambda: found)
    monkeypatch.setattr(sending, "hand_over", way.hand_over)
    return way


def tell(alarm: Alarm) -> None:
    """Let follow what was decided beforehand, and tell of it all."""
    actions.answer(alarm=alarm)
    jobs.tell()


def test_each_is_written_to_once_in_their_language(people: People, campaign: Campaign, mail: Way) -> None:
    assert people.bob.user is not None
    people.bob.user.language = "id"
    people.bob.user.save()
    alarm = an_alarm(campaign)
    tell(alarm)
    tell(alarm)
    assert len(mail.letters) == 2
    written = dict(mail.letters)
    assert b"Alarm in " in written[people.alice.user.email if people.alice.user else ""]
    assert b"Alarm di " in written[people.bob.user.email]


def letters(mail: Way) -> dict[str, str]:
    """Return what was written to whom."""
    parsed = {address: email.message_from_bytes(content, policy=SMTP) for address, content in mail.letters}
    return {
        address: f"{letter['Subject']}\n{letter.get_content()}".replace("\r\n", "\n")
        for address, letter in parsed.items()
    }


def test_a_letter_says_what_is_done_and_when_and_where_to_object(people: People, campaign: Campaign, mail: Way) -> None:
    form = PolicyForm(watch="negative", rung="stop", mode="unless_objected", minutes=1)
    decisions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    alarm = an_alarm(campaign)
    jobs.tell()
    assert not mail.letters  # it waits for what follows
    tell(alarm)
    (decision,) = queries.proposed(campaign)
    assert decision.acts_at is not None
    at = f"{words.moment(decision.acts_at, campaign.time_zone)} WIB"
    (said,) = set(letters(mail).values())
    assert f"Decided beforehand: stop it. It is done at {at} unless somebody objects." in said
    assert f"Have it done now, or object to it:\n\n{notices.page(alarm, 'steer')}\n" in said


def test_a_letter_says_who_is_to_approve_and_what_was_done_at_once(
    people: People, campaign: Campaign, mail: Way
) -> None:
    form = PolicyForm(watch="negative", rung="hold", mode="approved")
    decisions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    alarm = an_alarm(campaign)
    tell(alarm)
    assert people.bob.user is not None
    said = letters(mail)[people.bob.user.email]
    assert "hold it. It is done when somebody else than Alice, who decided it, approves." in said
    actions.close(membership=people.bob, slug=campaign.slug, number=alarm.pk, reason="A joke")
    decisions.set_policy(membership=people.alice, slug=campaign.slug, form=replace(form, rung="stop", mode="at_once"))
    tell(an_alarm(campaign))
    said = letters(mail)[people.bob.user.email]
    assert "Decided beforehand, and done at " in said
    assert ": stop it." in said
    assert f"See how far the campaign is let go, and change that:\n\n{notices.page(alarm, 'steer')}\n" in said


@pytest.mark.usefixtures("without_engine")
@pytest.mark.parametrize(
    ("answered", "title", "said"),
    [
        ("approved", "Done in", "Decided beforehand, approved by Bob and done at "),
        ("refused", "Not done in", "Bob objected, and it is not done: “It was a joke.”"),
        ("held", "Not done in", "Another decision came before it."),
    ],
)
def test_what_became_of_a_proposal_is_told_once(  # noqa: PLR0917 - three of them are one row of the table above
    people: People, campaign: Campaign, mail: Way, answered: str, title: str, said: str
) -> None:
    form = PolicyForm(watch="negative", rung="hold", mode="approved")
    decisions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    tell(an_alarm(campaign))
    turn()
    assert len(mail.letters) == 2  # nobody has answered yet
    ((proposed,), slug) = queries.proposed(campaign), campaign.slug
    if answered == "approved":
        decisions.approve(membership=people.bob, slug=slug, number=proposed.pk)
    elif answered == "refused":
        decisions.refuse(membership=people.bob, slug=slug, number=proposed.pk, reason="It was a joke.")
    else:
        decisions.take(membership=people.bob, slug=slug, rung="hold")
    turn()
    turn()
    assert len(mail.letters) == 4
    (letter,) = set(letters(mail).values())
    assert letter.startswith(f"{title} {campaign.name}: hold it\n")
    assert said in letter
    assert "6 people said something bad" in letter


def turn() -> None:
    """Let a minute's work be done, and whoever is due be told."""
    with pytest.raises(Unavailable):  # nobody counts here; what follows an alarm does not need to
        Watching().turn()
    jobs.tell()


def test_an_alarm_whose_answer_fails_is_told_nevertheless(campaign: Campaign) -> None:
    an_alarm(campaign)
    assert not queries.due_notices(timezone.now())
    assert len(queries.due_notices(timezone.now() + timedelta(minutes=5))) == 2


def test_a_long_name_stands_whole_in_the_subject(people: People, mail: Way) -> None:
    campaign = a_campaign(people.alice, name="Bring your own bottle to every coffee shop in the town")
    tell(an_alarm(campaign))
    (said,) = set(letters(mail).values())
    assert said.startswith(f"Alarm in {campaign.name}: Negative reactions\n")


def test_a_mail_server_that_fails_is_tried_five_times_and_then_told_of(campaign: Campaign, mail: Way) -> None:
    mail.answer = Outcome(came=Came.AWAY, trouble="Connection refused")
    alarm = an_alarm(campaign)
    for _ in range(7):
        tell(alarm)
        AlarmNotice.objects.filter(done_at__isnull=True).update(due_at=timezone.now())
    assert len(mail.letters) == 10
    assert {one.trouble for one in queries.letters(alarm)} == {"Connection refused"}


def test_without_a_mail_server_the_page_says_so(campaign: Campaign) -> None:
    alarm = an_alarm(campaign)
    tell(alarm)
    assert {one.trouble for one in queries.letters(alarm)} == {"No mail server is set: see SEBAR_MAIL."}


def test_a_program_inside_of_our_network_is_never_called(people: People, campaign: Campaign) -> None:
    with pytest.raises(UserError, match="private network"):
        actions.set_hook(membership=people.alice, address="http://127.0.0.1/alarms")
    actions.set_hook(membership=people.alice, address="http://program.example/alarms")
    AlarmHook.objects.update(address="http://127.0.0.1/alarms")  # as if its name had come to mean another machine
    alarm = an_alarm(campaign)
    tell(alarm)
    assert AlarmHook.objects.get().trouble_words.startswith("127.0.0.1 leads into a private network")
    with translation.override("id"):
        assert AlarmHook.objects.get().trouble_words.startswith("127.0.0.1 mengarah ke jaringan pribadi")
    assert queries.letters(alarm)[-1].done_at is None


def test_what_a_program_answers_is_told_in_the_readers_language(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, program: Program
) -> None:
    monkeypatch.setattr(http, "_reach_loopback", True)
    actions.set_hook(membership=people.alice, address=program.address)
    program.status = 503
    tell(an_alarm(campaign))
    assert AlarmHook.objects.get().trouble_words == "127.0.0.1 answered “503 Service Unavailable”."
    with translation.override("id"):
        assert AlarmHook.objects.get().trouble_words == "127.0.0.1 menjawab “503 Service Unavailable”."


def test_a_program_is_told_with_a_signature_that_holds(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, program: Program
) -> None:
    monkeypatch.setattr(http, "_reach_loopback", True)
    secret = actions.set_hook(membership=people.alice, address=program.address)
    form = PolicyForm(watch="negative", rung="stop", mode="unless_objected", minutes=20)
    decisions.set_policy(membership=people.alice, slug=campaign.slug, form=form)
    alarm = an_alarm(campaign)
    tell(alarm)
    ((headers, content),) = program.told
    assert webhook.verify(secret, headers, content, timezone.now().timestamp()) == f"alarm-{alarm.pk}"
    told = json.loads(content)
    assert (told["type"], told["watch"], told["campaign"]) == ("alarm.opened", "negative", campaign.slug)
    assert told["because"].startswith("6 people said something bad")
    decision, (proposed,) = told["decision"], queries.proposed(campaign)
    assert (decision["number"], decision["rung"], decision["state"]) == (proposed.pk, "stop", "proposed")
    assert datetime.fromisoformat(decision["acts_at"]) == proposed.acts_at
    assert decision["says"].startswith("Decided beforehand: stop it. It is done at ")
    assert decision["page"] == notices.page(alarm, "steer")
    decisions.refuse(membership=people.bob, slug=campaign.slug, number=proposed.pk, reason="")
    alarm.proposal = proposed
    actions.tell_end(alarm=alarm)
    jobs.tell()
    headers, content = program.told[-1]
    assert webhook.verify(secret, headers, content, timezone.now().timestamp()) == f"alarm-{alarm.pk}-decided"
    told = json.loads(content)
    assert (told["type"], told["decision"]["state"]) == ("alarm.decided", "refused")
    assert AlarmHook.objects.get().trouble == ""
    assert sealing.unseal(AlarmHook.objects.get().sealed) == secret
    assert notices.page(alarm) in content.decode()
