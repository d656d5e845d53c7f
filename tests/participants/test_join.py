"""Joining: one person, one participant, one parent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from builders import a_campaign, a_draft, a_participant, emitted
from people import People
from sebar.campaigns import actions as campaign_actions
from sebar.campaigns import queries as campaign_queries
from sebar.campaigns.models import Campaign
from sebar.events.event import Kind
from sebar.kit import codes
from sebar.kit.errors import NotAllowed, UserErrors
from sebar.participants import actions, queries
from sebar.participants.models import How, Participant
from sebar.participants.rules import Entry


def join(campaign: Campaign, **entry: object) -> actions.Joined:
    return actions.join(campaign=campaign, entry=Entry(**entry))  # type: ignore[arg-type]


def test_a_seed_is_the_root_of_its_own_cascade(campaign: Campaign) -> None:
    joined = join(campaign, name="Ani", how="link", source="advertisement")
    seed = joined.participant
    assert joined.is_new
    assert (seed.parent_id, seed.root_id, seed.generation, seed.how) == (None, seed.pk, 0, How.NOBODY)
    assert len(codes.spell(seed.pk)) == codes.LENGTH


def test_a_friend_gets_the_owner_of_the_link_as_parent(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    budi = a_participant(campaign, ani, channel="whatsapp", creative="red")
    cici = a_participant(campaign, budi)
    assert (budi.parent_id, budi.root_id, budi.generation) == (ani.pk, ani.pk, 1)
    assert (cici.parent_id, cici.root_id, cici.generation) == (budi.pk, ani.pk, 2)
    assert (budi.channel, budi.creative, budi.how) == ("whatsapp", "red", How.LINK)


def test_a_typed_code_may_be_written_as_people_write(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    typed = codes.spell(ani.pk).upper()
    budi = join(campaign, how="code", referred_by=f" {typed[:3]}-{typed[3:]} ").participant
    assert (budi.parent_id, budi.how) == (ani.pk, How.CODE)


def test_an_unknown_typed_code_is_named(campaign: Campaign) -> None:
    with pytest.raises(UserErrors) as caught:
        join(campaign, how="code", referred_by="zzzzzzz")
    assert caught.value.by_field() == {
        "code": "Nobody in this campaign has the code “zzzzzzz”: check it, or leave the field empty."
    }


def test_text_that_spells_no_code_is_named(campaign: Campaign) -> None:
    with pytest.raises(UserErrors, match="“hello” is not a code"):
        join(campaign, how="code", referred_by="hello")


def test_a_broken_or_foreign_link_makes_a_seed(campaign: Campaign, people: People) -> None:
    stranger = a_participant(a_campaign(people.charlie))
    for reference in ("zzzzzzz", "hello", codes.spell(stranger.pk)):
        assert join(campaign, how="link", referred_by=reference).participant.parent_id is None


def test_codes_of_another_campaign_bring_nobody(campaign: Campaign, people: People) -> None:
    stranger = a_participant(a_campaign(people.alice))
    for how in ("code", "api"):
        with pytest.raises(UserErrors, match="Nobody in this campaign"):
            join(campaign, how=how, referred_by=codes.spell(stranger.pk))


def test_the_same_external_id_is_the_same_person(campaign: Campaign) -> None:
    ani, other = a_participant(campaign), a_participant(campaign)
    first = join(campaign, external_id="c-1", referred_by=codes.spell(ani.pk))
    again = join(campaign, external_id="c-1", referred_by=codes.spell(other.pk), name="New name")
    assert (first.is_new, again.is_new, again.recognised_by) == (True, False, "external_id")
    assert again.participant == first.participant
    assert again.participant.parent_id == ani.pk
    assert len(emitted(Kind.JOIN)) == 3


def test_an_address_that_the_brand_says_again_is_the_same_person(campaign: Campaign) -> None:
    first = join(campaign, email="Ani@Example.com")
    again = join(campaign, email=" ani@example.COM ")
    assert (again.participant, again.is_new, again.recognised_by) == (first.participant, False, "email")


def test_an_address_that_people_type_makes_nobody_somebody_else(campaign: Campaign) -> None:
    wording = campaign_queries.consent(campaign)
    by_brand = join(campaign, email="ani@example.com").participant
    typed = Entry(how="link", email="ani@example.com")
    joined = [actions.join(campaign=campaign, entry=typed, consent_text=wording) for _ in range(2)]
    assert [one.is_new for one in joined] == [True, True]
    assert join(campaign, email="ani@example.com").participant == by_brand


def test_a_form_sent_twice_counts_once(campaign: Campaign) -> None:
    mark = "0123456789abcdef"
    first, again = (join(campaign, how="link", name="Ani", submission=mark) for _ in range(2))
    assert (again.participant, again.is_new, again.recognised_by) == (first.participant, False, "submission")


def test_people_without_any_identity_are_different_people(campaign: Campaign) -> None:
    assert join(campaign, how="link").participant != join(campaign, how="link").participant


def test_the_same_identity_in_two_campaigns_is_two_participants(campaign: Campaign, people: People) -> None:
    assert join(campaign, external_id="c-1").is_new
    assert join(a_campaign(people.charlie), external_id="c-1").is_new


def test_the_brands_own_names_come_before_codes_that_look_alike(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    named = join(campaign, external_id=codes.spell(ani.pk)).participant
    child = join(campaign, referred_by=codes.spell(ani.pk)).participant
    assert child.parent_id == named.pk


def test_a_join_writes_its_events_in_the_same_transaction(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    budi = a_participant(campaign, ani, channel="qr")
    joined = emitted(Kind.JOIN)[-1]
    assert (joined.participant, joined.parent, joined.root, joined.generation) == (budi.pk, ani.pk, ani.pk, 1)
    assert (joined.campaign, joined.channel, joined.props["how"]) == (campaign.pk, "qr", "link")
    assert joined.ts == int(budi.joined_at.timestamp() * 1000)
    assert [event.participant for event in emitted(Kind.CONFIRM)] == [ani.pk, budi.pk]


def test_a_brand_may_confirm_joins_itself(people: People) -> None:
    campaign = a_campaign(people.alice, confirmation="by_brand")
    ani = a_participant(campaign)
    assert ani.confirmed_at is None
    assert emitted(Kind.CONFIRM) == []
    confirmed = [actions.confirm(campaign=campaign, number=ani.pk) for _ in range(2)]
    assert confirmed[0].confirmed_at == confirmed[1].confirmed_at is not None
    assert len(emitted(Kind.CONFIRM)) == 1


def test_consent_is_stored_with_its_version(campaign: Campaign) -> None:
    consent = campaign_queries.consent(campaign)
    joined = actions.join(campaign=campaign, entry=Entry(how="link"), consent_text=consent)
    assert Participant.objects.get(pk=joined.participant.pk).consent_text == consent


def test_original_times_are_kept(campaign: Campaign) -> None:
    then = datetime(2014, 6, 1, 12, tzinfo=UTC)
    ani = join(campaign, joined_at=then).participant
    assert ani.joined_at == ani.confirmed_at == then
    assert emitted(Kind.JOIN)[0].ts == int(then.timestamp() * 1000)


@pytest.mark.parametrize("when", [datetime(1999, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)])
def test_times_at_which_nobody_joins_are_refused(campaign: Campaign, when: datetime) -> None:
    with pytest.raises(UserErrors) as caught:
        join(campaign, joined_at=when)
    assert list(caught.value.by_field()) == ["joined_at"]


def test_nobody_joins_a_draft(people: People) -> None:
    with pytest.raises(NotAllowed, match="not published yet"):
        join(a_draft(people.alice))


def test_nobody_joins_before_the_start_or_after_the_end(people: People) -> None:
    now = timezone.now()
    early = a_campaign(people.alice, starts_at=now + timedelta(hours=1))
    with pytest.raises(NotAllowed, match="not started yet"):
        join(early)
    over = a_campaign(people.alice)
    over.ends_at = now - timedelta(hours=1)
    over.save()
    with pytest.raises(NotAllowed, match="is over"):
        join(over)


def test_nobody_joins_while_paused_or_stopped(campaign: Campaign, people: People) -> None:
    paused = campaign_actions.pause(membership=people.alice, slug=campaign.slug)
    with pytest.raises(NotAllowed, match="is paused"):
        join(paused)
    assert join(campaign_actions.resume(membership=people.alice, slug=campaign.slug)).is_new
    stopped = campaign_actions.stop(membership=people.alice, slug=campaign.slug)
    with pytest.raises(NotAllowed, match="was stopped"):
        join(stopped)


@pytest.mark.parametrize("name", ["محمد علي", "שרה", "😀🎉", "Nguyễn Thị", "王小明"])
def test_names_of_all_scripts_are_welcome(campaign: Campaign, name: str) -> None:
    assert join(campaign, how="link", name=f"  {name} ").participant.name == name


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "Ani\x00", "“Ani�” has a character that cannot be shown (U+0000, place 4): take it out."),
        ("name", "\u202eina", "“�ina” has a character that cannot be shown (U+202E, place 1): take it out."),
        ("name", "x" * 81, f"“{'x' * 40}…” has 81 characters; at most 80 fit here."),
        ("name", "\udcff", "“�” has a character that cannot be shown (U+DCFF, place 1): take it out."),
        ("email", "ani@", "“ani@” is not an e-mail address: it should look like name@example.com."),
        ("external_id", "a\x07", "“a�” has a character that cannot be shown (U+0007, place 2): take it out."),
        (
            "channel",
            "Über!",
            "“Über!” cannot be used here: write up to 20 small letters, digits, hyphens and underscores.",
        ),
        ("how", "magic", "“magic” cannot be chosen here: choose from link, code, api."),
    ],
)
def test_bad_input_gets_one_clear_sentence(campaign: Campaign, field: str, value: str, sentence: str) -> None:
    entry = {"email": "", field: value}
    with pytest.raises(UserErrors) as caught:
        join(campaign, **entry)
    assert caught.value.by_field()[field] == sentence


def test_what_a_campaign_asks_for_is_needed(people: People) -> None:
    campaign = a_campaign(people.alice, asks_name="required", asks_email="required")
    with pytest.raises(UserErrors) as caught:
        join(campaign, how="link")
    assert set(caught.value.by_field()) == {"name", "email"}
    assert join(campaign, external_id="c-1").is_new, "a brand's own program need not ask"


def test_what_a_campaign_does_not_ask_for_is_not_kept(people: People) -> None:
    campaign = a_campaign(people.alice, asks_name="no", asks_email="no")
    ani = join(campaign, how="link", name="Ani", email="ani@example.com").participant
    assert (ani.name, ani.email) == ("", None)


def test_a_join_asks_the_database_little(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    entry = Entry(external_id="c-1", referred_by=codes.spell(ani.pk))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        actions.join(campaign=campaign, entry=entry)
    written = [query["sql"] for query in asked if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(written) == 4, written


def test_the_page_can_say_why_this_parent(campaign: Campaign) -> None:
    ani = a_participant(campaign, name="Ani")
    assert "seed" in queries.why(ani)
    grouped = codes.grouped(ani.pk)
    assert f"personal link of Ani ({grouped})" in queries.why(a_participant(campaign, ani))
    by_whatsapp = queries.why(a_participant(campaign, ani, channel="whatsapp"), by="WhatsApp")
    assert f"personal link of Ani ({grouped}), passed on by this means: WhatsApp" in by_whatsapp
    assert "words that Ani" in queries.why(a_participant(campaign, ani, channel="spoken"), by="Spoken word")
    assert "code of Ani" in queries.why(a_participant(campaign, ani, channel="code"), by="Code")
