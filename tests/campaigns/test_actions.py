"""The life of a campaign, and that nobody else's brand can touch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from builders import a_campaign, a_draft, a_form
from people import People
from sebar.brands.queries import Membership
from sebar.campaigns import actions, queries
from sebar.campaigns.models import Campaign, ConsentText, Status
from sebar.kit.errors import NotAllowed, NotFound, UserError, UserErrors

CHANGES: dict[str, Callable[[Membership, str], object]] = {
    "edit": lambda member, slug: actions.edit(membership=member, slug=slug, form=a_form()),
    "dress": lambda member, slug: actions.dress(membership=member, slug=slug, image="x.webp"),
    "publish": lambda member, slug: actions.publish(membership=member, slug=slug),
    "pause": lambda member, slug: actions.pause(membership=member, slug=slug),
    "resume": lambda member, slug: actions.resume(membership=member, slug=slug),
    "stop": lambda member, slug: actions.stop(membership=member, slug=slug),
    "word_consent": lambda member, slug: actions.word_consent(
        membership=member, slug=slug, texts={"en": "x", "id": "y"}
    ),
}


def everything() -> list[dict[str, object]]:
    return [*Campaign.objects.order_by("pk").values(), *ConsentText.objects.order_by("pk").values()]


@pytest.mark.parametrize("change", CHANGES)
def test_tenants_never_change_each_others_campaigns(people: People, change: str) -> None:
    slugs = [a_draft(people.alice).slug, a_campaign(people.alice).slug]
    before = everything()
    for slug in slugs:
        with pytest.raises(NotFound):
            CHANGES[change](people.charlie, slug)
    assert everything() == before


@pytest.mark.parametrize("change", CHANGES)
def test_viewers_change_nothing(people: People, change: str) -> None:
    slugs = [a_draft(people.alice).slug, a_campaign(people.alice).slug]
    before = everything()
    for slug in slugs:
        with pytest.raises(NotAllowed, match="ask an owner"):
            CHANGES[change](people.vera, slug)
    with pytest.raises(NotAllowed):
        actions.draft(membership=people.vera, form=a_form())
    assert everything() == before


def test_tenants_never_see_each_others_campaigns(people: People) -> None:
    mine, strange = a_campaign(people.alice), a_campaign(people.charlie)
    assert queries.of_brand(people.alice.brand) == [mine]
    assert queries.of_brand(people.charlie.brand) == [strange]
    assert queries.of_slug(people.bob.brand, mine.slug) == mine
    with pytest.raises(NotFound):
        queries.of_slug(people.charlie.brand, mine.slug)


def test_a_campaign_lives_from_draft_to_stop(people: People) -> None:
    slug = a_draft(people.bob).slug
    assert queries.public(slug) is None
    published = actions.publish(membership=people.bob, slug=slug)
    assert published.published_at is not None
    assert queries.public(slug) == published
    assert actions.pause(membership=people.bob, slug=slug).status == Status.PAUSED
    assert actions.resume(membership=people.bob, slug=slug).status == Status.RUNNING
    stopped = actions.stop(membership=people.bob, slug=slug, stop_url="https://example.com/thanks")
    assert (stopped.status, stopped.stop_url) == (Status.STOPPED, "https://example.com/thanks")
    assert queries.public(slug) == stopped
    with pytest.raises(UserError, match="Only a running or paused"):
        actions.stop(membership=people.bob, slug=slug)


def test_a_stop_leads_only_to_the_web(people: People) -> None:
    campaign = a_campaign(people.alice)
    with pytest.raises(UserError, match="not an address of a web page"):
        actions.stop(membership=people.alice, slug=campaign.slug, stop_url="javascript:alert(1)")
    assert queries.of_slug(people.alice.brand, campaign.slug).status == Status.RUNNING


def test_a_draft_without_words_cannot_be_published(people: People) -> None:
    slug = a_draft(people.alice, texts={}, languages=("id",)).slug
    with pytest.raises(UserErrors) as caught:
        actions.publish(membership=people.alice, slug=slug)
    assert set(caught.value.by_field()) == {
        "texts.id.headline",
        "texts.id.call_to_action",
        "texts.id.share_text",
    }
    assert queries.public(slug) is None


def test_what_the_form_says_is_what_is_stored(people: People) -> None:
    now = timezone.now().replace(microsecond=0)
    form = a_form(
        starts_at=now,
        ends_at=now + timedelta(days=3),
        asks_name="required",
        asks_email="optional",
        confirmation="by_brand",
        colour="#102030",
        target_url="https://example.com/",
        stop_url="https://example.com/x",
        time_zone="Asia/Makassar",
    )
    campaign = actions.draft(membership=people.alice, form=form)
    assert queries.form_of(queries.of_slug(people.alice.brand, campaign.slug)) == form
    other = replace(
        form, name="Other", slug="other-slug", languages=("id",), texts={"id": form.texts["id"]}, starts_at=None
    )
    actions.edit(membership=people.alice, slug=campaign.slug, form=other)
    stored = queries.form_of(queries.of_slug(people.alice.brand, "other-slug"))
    assert stored == other


def test_the_address_of_a_published_campaign_stays(people: People) -> None:
    campaign = a_campaign(people.alice)
    form = queries.form_of(campaign)
    with pytest.raises(UserErrors, match="The address stays"):
        actions.edit(membership=people.alice, slug=campaign.slug, form=replace(form, slug="new-slug"))
    edited = actions.edit(membership=people.alice, slug=campaign.slug, form=replace(form, name="New name"))
    assert (edited.name, edited.status) == ("New name", Status.RUNNING)


def test_a_published_campaign_keeps_the_words_people_need(people: People) -> None:
    campaign = a_campaign(people.alice)
    form = replace(queries.form_of(campaign), texts={})
    with pytest.raises(UserErrors, match="people need it"):
        actions.edit(membership=people.alice, slug=campaign.slug, form=form)


def test_an_address_is_taken_on_the_whole_instance(people: People) -> None:
    taken = a_draft(people.charlie).slug
    with pytest.raises(UserErrors, match="is taken"):
        actions.draft(membership=people.alice, form=a_form(slug=taken))
    mine = a_draft(people.alice)
    with pytest.raises(UserErrors, match="is taken"):
        actions.edit(membership=people.alice, slug=mine.slug, form=replace(queries.form_of(mine), slug=taken))


def test_people_consent_to_words_that_are_never_changed(people: People) -> None:
    campaign = a_campaign(people.alice, languages=("en",))
    first, words = queries.consent_words(campaign, "en")
    assert first.version == 1
    assert people.alice.brand.name in words
    second = actions.word_consent(membership=people.alice, slug=campaign.slug, texts={"en": " I agree. "})
    assert (second.version, second.texts) == (2, {"en": "I agree."})
    assert actions.word_consent(membership=people.alice, slug=campaign.slug, texts={"en": "I agree."}) == second
    assert ConsentText.objects.get(pk=first.pk).texts == first.texts
    assert queries.consent_words(campaign, "id") == (second, "I agree.")


def test_a_new_language_gets_its_consent(people: People) -> None:
    campaign = a_campaign(people.alice, languages=("en",))
    actions.word_consent(membership=people.alice, slug=campaign.slug, texts={"en": "I agree."})
    texts = queries.form_of(campaign).texts
    form = replace(queries.form_of(campaign), languages=("en", "id"), texts={**texts, "id": texts["en"]})
    edited = actions.edit(membership=people.alice, slug=campaign.slug, form=form)
    newest = queries.consent(edited)
    assert (newest.version, newest.texts["en"]) == (3, "I agree.")
    assert "Saya setuju" in newest.texts["id"]


@pytest.mark.parametrize("texts", [{}, {"en": " "}, {"en": "x" * 2001}, {"en": "a\x00"}])
def test_consent_needs_words(people: People, texts: dict[str, str]) -> None:
    campaign = a_campaign(people.alice, languages=("en",))
    with pytest.raises(UserErrors) as caught:
        actions.word_consent(membership=people.alice, slug=campaign.slug, texts=texts)
    assert list(caught.value.by_field()) == ["consent.en"]


def test_the_engine_sees_what_changed(people: People) -> None:
    old, new = a_campaign(people.alice), a_campaign(people.charlie)
    hour_ago = timezone.now() - timedelta(hours=1)
    Campaign.objects.filter(pk=old.pk).update(changed_at=hour_ago)
    since = timezone.now() - timedelta(minutes=5)
    assert queries.changed_since(since) == [new]
    actions.pause(membership=people.alice, slug=old.slug)
    assert [one.pk for one in queries.changed_since(since)] == [new.pk, old.pk]
    actions.dress(membership=people.charlie, slug=new.slug, image="a.webp")
    assert [one.pk for one in queries.changed_since(since)] == [old.pk, new.pk]
