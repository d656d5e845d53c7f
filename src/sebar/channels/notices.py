"""Notices: what participants who asked for it are told. That a friend joined through them, and a campaign's news.

They only go to consented contacts, on every channel that sends, each through the one gate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Case, Count, Exists, Min, OuterRef, Q, QuerySet, When
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import queries as campaigns
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign, Status
from sebar.campaigns.rules import LANGUAGES, Phase
from sebar.channels import ALL, actions, queries, sealing
from sebar.channels.models import Contact, Message, News, Purpose, State, ToldJoin
from sebar.kit import addresses, codes, text
from sebar.kit.errors import Checks, NotAllowed, UserError
from sebar.kit.words import LANGUAGES as NAMES
from sebar.kit.words import gettext_noop, number
from sebar.participants.models import Participant

LONGEST: Final = {"subject": 80, "text": 500}
"""How many characters each part of a campaign's news may have."""
_LOOKS_BACK: Final = timedelta(days=1)
_OVERLAP: Final = timedelta(minutes=10)  # a join may be committed this much later than the time it wrote
_REST: Final = 15.0
_CHUNK: Final = 500
_LONGEST_NAME: Final = 18
_REMINDER: Final = "reminder:"
_NEWS: Final = "news:"
_EMPTY: Final = {
    "subject": gettext_noop("The subject in {language} is empty: write one in each language."),
    "text": gettext_noop("The text in {language} is empty: write one in each language."),
}
_NOBODY: Final = gettext_noop("Nobody has asked for news of this campaign, so there is nobody to send them to.")
_NOBODY_PASSED_ON: Final = gettext_noop(
    "Nobody who passed this campaign on has asked for news of it, so there is nobody to send a correction to."
)
_UNDER_WAY: Final = {Phase.RUNNING, Phase.PAUSED}
_SENDING: Final = tuple(channel.name for channel in ALL.values() if channel.sends)


def announce(
    *, membership: Membership, slug: str, texts: Mapping[str, Mapping[str, str]], is_correction: bool = False
) -> News:
    """Take news of a campaign, to be told to everybody in it who has asked for news.

    Parameters
    ----------
    texts
        Each of the campaign's languages to its ``subject`` and ``text``.
    is_correction
        Whether it sets something right: it goes to those alone who passed the campaign on, and also while that is
        held or stopped.

    Raises
    ------
    NotAllowed
        When this member may not, the campaign is not under way, or nobody in it has asked for news.
    UserErrors
        With one sentence for every part that is missing or too long, the field named like ``texts.en.subject``, and
        for each language that the campaign does not have.
    """
    membership.require(Verb.EDIT)
    campaign = campaigns.of_slug(membership.brand, slug)
    phase = campaign_rules.phase(campaign, timezone.now())
    if phase not in ({Phase.RUNNING, Phase.PAUSED, Phase.STOPPED, Phase.ENDED} if is_correction else _UNDER_WAY):
        raise NotAllowed(phase.reason, field="campaign")
    if is_correction and not may_be_corrected(campaign):
        raise NotAllowed(_NOBODY_PASSED_ON, field="campaign")
    if not queries.people_who_asked(campaign):
        raise NotAllowed(_NOBODY, field="campaign")
    checks = Checks()
    checks(campaign_rules.check_spoken, texts, campaign.languages, field="texts")
    checked = {
        language: {part: checks(_part, texts.get(language, {}).get(part, ""), part, language) for part in LONGEST}
        for language in campaign.languages
    }
    checks.finish()
    return actions.take_news(campaign=campaign, texts=checked, is_correction=is_correction)


def may_be_corrected(campaign: Campaign) -> int:
    """Return how many people passed a campaign on and may be written to."""
    asked = _who_passed_on(_live().filter(participant__campaign=campaign))
    people: int = asked.aggregate(people=Count("participant", distinct=True))["people"]
    return people


@dataclass(frozen=True, slots=True)
class Corrected:
    """People by what became of their letters of correction; whoever has several is where the best of them is.

    `doubtful` ones broke off in the moment of sending and may have arrived.
    """

    sent: int
    waiting: int
    doubtful: int
    failed: int


def corrected(campaign: Campaign, news: int | None = None) -> Corrected:
    """Return what became of the letters of a campaign's corrections, or of the one with this number."""
    letters = Message.objects.filter(campaign=campaign, purpose=Purpose.CORRECTION)
    if news is not None:
        letters = letters.filter(once__startswith=f"{_NEWS}{news}:")
    rank = Case(
        When(state=State.SENT, then=0),
        When(state__in=[State.WAITING, State.SENDING], then=1),
        When(state=State.DOUBTFUL, then=2),
        default=3,
    )
    people = letters.order_by().values("participant").annotate(best=Min(rank))
    counts = [Count("participant", filter=Q(best=best)) for best in range(4)]
    return Corrected(**people.aggregate(sent=counts[0], waiting=counts[1], doubtful=counts[2], failed=counts[3]))


def may_be_reminded(campaign: Campaign, *, joined_before: datetime) -> QuerySet[Contact]:
    """Return whom one may remind to pass it on: who asked for news, brought and wrote to nobody, was never reminded.

    Each person stands there once, by the newest consent on any channel.
    """
    newer = _live().filter(participant=OuterRef("participant"), pk__gt=OuterRef("pk"))
    reminded = Message.objects.filter(participant=OuterRef("participant"), once__startswith=_REMINDER)
    brought = Participant.objects.filter(parent=OuterRef("participant"))
    wrote = Message.objects.filter(participant=OuterRef("participant"), purpose=Purpose.INVITE)
    asked = _live().filter(participant__campaign=campaign, participant__joined_at__lt=joined_before)
    found = asked.exclude(Exists(newer) | Exists(reminded) | Exists(brought) | Exists(wrote))
    return found.select_related("participant__campaign__brand").order_by("pk")


def remind(contacts: Iterable[Contact]) -> None:
    """Queue for each of these a word about their own link; nobody gets it twice, whoever asks."""
    for contact in contacts:
        participant = contact.participant
        with translation.override(_language(contact, participant)):
            content = reminder(participant.campaign)
        _queue(contact, participant, once=f"{_REMINDER}{participant.pk}", content=content)


def reminder(campaign: Campaign) -> dict[str, str]:
    """Return what a reminder says, in the language of the moment."""
    return {
        "subject": _("Your link is waiting"),
        "text": _("You joined “{campaign}”. If you like it, pass it on: this is your link.").format(
            campaign=_headline(campaign)
        ),
    }


class Notices:
    """Queues notices, round by round. Two at once do no harm: the queue takes each notice once."""

    def __init__(self) -> None:
        self._since = timezone.now() - _LOOKS_BACK

    def turn(self) -> float:
        """Queue what is to be told now; return how long to rest."""
        now = timezone.now()
        for campaign in Campaign.objects.filter(status=Status.RUNNING).select_related("brand"):
            # What joined before a hold or stop is given up with it, as what waited is.
            since = max(self._since, campaign.resumed_at or self._since)
            for parent, friends in _brought(campaign, since).items():
                _tell_parent(parent, friends)
        actions.forget_told(before=now - _LOOKS_BACK)
        self._since = max(self._since, now - _OVERLAP)
        return 0.0 if _spread_news() else _REST


def _brought(campaign: Campaign, since: datetime) -> dict[Participant, list[Participant]]:
    """Return who joined since then through somebody who asked for news and was not told of it, by that parent."""
    asked = _live().filter(participant=OuterRef("parent"))
    known = ToldJoin.objects.filter(participant=OuterRef("pk"))
    found = Participant.objects.filter(Exists(asked), ~Exists(known), campaign=campaign, joined_at__gt=since)
    brought: dict[Participant, list[Participant]] = defaultdict(list)
    for friend in found.select_related("parent__campaign__brand").order_by("joined_at").iterator():
        if friend.parent is not None:
            brought[friend.parent].append(friend)
    return brought


def _tell_parent(parent: Participant, friends: Sequence[Participant]) -> None:
    """Queue one notice of all these friends on each channel."""
    try:
        with transaction.atomic():
            actions.told_of(friends=friends)
            for contact in _newest(_live().filter(participant=parent)):
                with translation.override(_language(contact, parent)):
                    content = _joined(friends, parent.campaign)
                _queue(contact, parent, once=f"joined:{friends[0].pk}", content=content)
    except IntegrityError:  # another process tells of one of them at this moment; the next look finds the others
        return


def sample(campaign: Campaign) -> dict[str, str]:
    """Return what is told of a friend who joined, with an invented name, in the language of the moment."""
    return _joined([Participant(name="Budi")], campaign)


def _joined(friends: Sequence[Participant], campaign: Campaign) -> dict[str, str]:
    headline = _headline(campaign)
    if len(friends) == 1:
        who = _called(friends[0].name)
        return {
            "subject": _("A friend joined through you"),
            "text": _("{who} joined “{campaign}” through you.").format(who=who, campaign=headline),
        }
    many = number(len(friends))
    return {
        "subject": _("{number} friends joined through you").format(number=many),
        "text": _("{number} friends joined “{campaign}” through you.").format(number=many, campaign=headline),
    }


def _spread_news() -> bool:
    """Queue the oldest news that not everybody was told yet for some more people; return whether there may be more."""
    news = News.objects.filter(done_at__isnull=True).select_related("campaign__brand").order_by("pk").first()
    if news is None:
        return False
    asked = _live().filter(participant__campaign=news.campaign, agreed_at__lte=news.created_at)
    if news.is_correction:
        asked = _who_passed_on(asked)
    purpose = Purpose.CORRECTION if news.is_correction else Purpose.NOTICE
    chunk = list(_newest(asked.filter(pk__gt=news.told_up_to)).order_by("pk")[:_CHUNK])
    for contact in chunk:
        participant = contact.participant
        language = campaign_rules.spoken(_language(contact, participant), news.campaign.languages)
        once = f"{_NEWS}{news.pk}:{participant.pk}"
        _queue(contact, participant, once=once, content=news.texts[language], purpose=purpose)
    actions.told(news=news, up_to=chunk[-1].pk if chunk else None)
    return True


def _who_passed_on(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Return of these the contacts of people who brought somebody, or had a letter sent to a friend."""
    brought = Participant.objects.filter(parent=OuterRef("participant"))
    wrote = Message.objects.filter(participant=OuterRef("participant"), purpose=Purpose.INVITE, state=State.SENT)
    return contacts.filter(Exists(brought) | Exists(wrote))


def _queue(
    contact: Contact,
    participant: Participant,
    *,
    once: str,
    content: Mapping[str, str],
    purpose: Purpose = Purpose.NOTICE,
) -> None:
    address = sealing.unseal(contact.sealed)
    if address:
        link = addresses.share_page(codes.spell(participant.pk))
        actions.queue(
            participant=participant,
            channel=contact.channel,
            purpose=purpose,
            address=address,
            once=once,
            content={**content, "link": link},
            language=_language(contact, participant),
        )


def _live() -> QuerySet[Contact]:
    """Return every consent that stands, on channels that send."""
    return Contact.objects.filter(ended_at__isnull=True, channel__in=_SENDING)


def _newest(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Return of each person's contacts on a channel only the newest: nobody is told the same thing twice."""
    newer = _live().filter(participant=OuterRef("participant"), channel=OuterRef("channel"), pk__gt=OuterRef("pk"))
    return contacts.filter(~Q(Exists(newer))).select_related("participant__campaign__brand")


def _language(contact: Contact, participant: Participant) -> str:
    spoken = (contact.language, participant.language)
    return next((language for language in spoken if language in LANGUAGES), LANGUAGES[0])


def _headline(campaign: Campaign) -> str:
    words = campaign_rules.text_for(campaign.texts, translation.get_language() or "", campaign.languages)
    return words["headline"] or campaign.name


def _called(name: str) -> str:
    """Return what somebody is called in front of the friend who brought them: the first name alone."""
    return name.split(maxsplit=1)[0][:_LONGEST_NAME] if name.strip() else _("A friend")


def _part(given: str, part: str, language: str) -> str:
    tidy, field = text.line if part == "subject" else text.paragraphs, f"texts.{language}.{part}"
    checked = tidy(given, field=field, most=LONGEST[part])
    if not checked:
        raise UserError(_EMPTY[part], field=field, language=NAMES[language])
    return checked
