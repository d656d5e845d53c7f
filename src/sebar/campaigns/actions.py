"""What can be done to a campaign: the only code that writes campaigns and their consent texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from django.db import IntegrityError, transaction
from django.utils import timezone

from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import queries, rules
from sebar.campaigns.models import Campaign, ConsentText, Status
from sebar.campaigns.rules import CampaignForm, Step
from sebar.kit.errors import UserError, UserErrors
from sebar.kit.words import gettext_noop


@transaction.atomic
def draft(*, membership: Membership, form: CampaignForm, is_demo: bool = False) -> Campaign:
    """Store a new campaign that nobody sees yet, with the usual consent in each of its languages.

    Raises
    ------
    UserErrors
        When a field of the form cannot be used.
    """
    membership.require(Verb.EDIT)
    checked = rules.check(form)
    rules.check_draft(checked, timezone.now())
    campaign = Campaign(brand=membership.brand, is_demo=is_demo, **_columns(checked))
    _store(campaign)
    _complete_consent(campaign)
    return campaign


@transaction.atomic
def edit(*, membership: Membership, slug: str, form: CampaignForm) -> Campaign:
    """Change everything the form holds. The slug is fixed once the campaign was published: it stands in people's links.

    Raises
    ------
    UserErrors
        When a field of the form cannot be used, or a published campaign would lose what people need.
    """
    campaign = _mine(membership, slug)
    checked = rules.check(form)
    if campaign.status == Status.DRAFT:
        rules.check_draft(checked, timezone.now())
    else:
        _refuse_new_slug(campaign, checked)
        rules.check_new_end(checked.ends_at, campaign.ends_at, timezone.now())
        # Of one that is over, only the wordings are needed as long as people can see it.
        rules.check_publishable(replace(checked, ends_at=None), timezone.now())
    for column, value in _columns(checked).items():
        setattr(campaign, column, value)
    _store(campaign)
    _complete_consent(campaign)
    return campaign


@transaction.atomic
def dress(*, membership: Membership, slug: str, image: str) -> Campaign:
    """Give the campaign a picture: the name of a re-encoded file in the media folder, or empty for none."""
    campaign = _mine(membership, slug)
    campaign.image = image
    campaign.save(update_fields=["image", "changed_at"])
    return campaign


@transaction.atomic
def publish(*, membership: Membership, slug: str) -> Campaign:
    """Show a draft to everybody; people can join from its start on.

    Raises
    ------
    UserErrors
        Naming everything that people would miss.
    """
    campaign = _mine(membership, slug)
    status = rules.after(campaign.status, Step.PUBLISH)
    now = timezone.now()
    rules.check_publishable(queries.form_of(campaign), now)
    campaign.status, campaign.published_at = Status(status), now
    campaign.save(update_fields=["status", "published_at", "changed_at"])
    return campaign


def pause(*, membership: Membership, slug: str) -> Campaign:
    """Let nobody join for now; links lead to the hosted page, which says so."""
    return _step(membership, slug, Step.PAUSE)


def resume(*, membership: Membership, slug: str) -> Campaign:
    """Let people join again, also after a stop."""
    return _step(membership, slug, Step.RESUME)


@transaction.atomic
def stop(*, membership: Membership, slug: str, stop_url: str = "") -> Campaign:
    """End the campaign until an owner resumes it.

    Old links lead to `stop_url` from now on, or to the hosted page when it is empty.

    Raises
    ------
    UserError
        When it cannot be stopped, or `stop_url` is no address of the web.
    """
    campaign = _mine(membership, slug)
    campaign.status = Status(rules.after(campaign.status, Step.STOP))
    campaign.stop_url = rules.stop_address(stop_url)
    campaign.save(update_fields=["status", "stop_url", "changed_at"])
    return campaign


@transaction.atomic
def lead_elsewhere(*, membership: Membership, slug: str, stop_url: str) -> Campaign:
    """Let old links of a stopped campaign lead to another page, or to the hosted one when `stop_url` is empty.

    Raises
    ------
    UserError
        When `stop_url` is no address of the web.
    """
    campaign = _mine(membership, slug)
    campaign.stop_url = rules.stop_address(stop_url)
    campaign.save(update_fields=["stop_url", "changed_at"])
    return campaign


@transaction.atomic
def throttle(*, membership: Membership, slug: str, invitations_an_hour: int | None) -> Campaign:
    """Let so many letters to friends out within an hour, or, with None, as many as people ask for."""
    campaign = _mine(membership, slug)
    campaign.invitations_an_hour = invitations_an_hour
    campaign.save(update_fields=["invitations_an_hour", "changed_at"])
    return campaign


@transaction.atomic
def state(*, membership: Membership, slug: str, texts: Mapping[str, str]) -> Campaign:
    """Say something about an affair on every page that a link of the campaign leads to; empty texts take it away.

    Parameters
    ----------
    texts
        Each of the campaign's languages to what is said, or nothing.

    Raises
    ------
    UserErrors
        When it is said in some of the languages only, or is too long.
    """
    campaign = _mine(membership, slug)
    campaign.statement = rules.check_statement(texts, campaign.languages)
    campaign.save(update_fields=["statement", "changed_at"])
    return campaign


@transaction.atomic
def word_consent(*, membership: Membership, slug: str, texts: Mapping[str, str]) -> ConsentText:
    """Store a new version of what people agree to, unless it says the same as the newest. Old versions stay for ever.

    Raises
    ------
    UserErrors
        When a language of the campaign has no usable wording.
    """
    campaign = _mine(membership, slug)
    checked = rules.check_consent(texts, campaign.languages)
    newest = queries.consent(campaign)
    return newest if newest.texts == checked else _next_consent(campaign, newest.version, checked)


@transaction.atomic
def _step(membership: Membership, slug: str, step: Step) -> Campaign:
    campaign = _mine(membership, slug)
    campaign.status = Status(rules.after(campaign.status, step))
    if step is Step.RESUME:
        campaign.resumed_at = timezone.now()
    campaign.save(update_fields=["status", "resumed_at", "changed_at"])
    return campaign


def _mine(membership: Membership, slug: str) -> Campaign:
    """Return the brand's campaign, locked until the transaction ends."""
    membership.require(Verb.EDIT)
    found = queries.of_slug(membership.brand, slug)
    return Campaign.objects.select_for_update(of=("self",)).select_related("brand").get(pk=found.pk)


def _columns(form: CampaignForm) -> dict[str, object]:
    return {**asdict(form), "languages": list(form.languages)}


def _store(campaign: Campaign) -> None:
    """Store the campaign; of two that want the same address at the same moment, one is told that it is taken."""
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError:
        message = gettext_noop("The address “{slug}” is taken on this instance: choose another one.")
        raise UserErrors([UserError(message, field="slug", slug=campaign.slug)]) from None


def _refuse_new_slug(campaign: Campaign, form: CampaignForm) -> None:
    if form.slug != campaign.slug:
        error = UserError(
            gettext_noop("The address stays “{slug}”: it stands in links that people have passed on."),
            field="slug",
            slug=campaign.slug,
        )
        raise UserErrors([error])


def _complete_consent(campaign: Campaign) -> None:
    """Word the consent in languages that have none yet."""
    newest = ConsentText.objects.filter(campaign=campaign).order_by("version").last()
    texts: dict[str, str] = dict(newest.texts) if newest else {}
    missing = [language for language in campaign.languages if language not in texts]
    for language in missing:
        texts[language] = rules.default_consent(language, brand=campaign.brand.name, campaign=campaign.name)
    if missing:
        _next_consent(campaign, newest.version if newest else 0, texts)


def _next_consent(campaign: Campaign, version: int, texts: dict[str, str]) -> ConsentText:
    return ConsentText.objects.create(campaign=campaign, version=version + 1, texts=texts)
