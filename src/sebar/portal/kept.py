"""Everything that is kept about one participant, table by table; a test holds this list to the tables there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Model, Q, QuerySet, Sum

from sebar import channels
from sebar.campaigns import rules as campaigns
from sebar.campaigns.models import ConsentText
from sebar.channels.conversation.models import Talk
from sebar.channels.kinds.email.models import OwnLetter
from sebar.channels.kinds.footer.models import FooterSender, FooterTally, FooterThread
from sebar.channels.kinds.link.models import NamedCard
from sebar.channels.kinds.spoken import code as spelling
from sebar.channels.kinds.spoken.models import Claim, SpokenCode
from sebar.channels.kinds.spoken.rules import ANSWERS
from sebar.channels.models import Contact, Message, Purpose, Suppression, ToldJoin
from sebar.channels.rules import Reason
from sebar.fraud.models import Decision, JoinEvidence, Objection, Suspicion
from sebar.kit import codes
from sebar.kit.words import gettext_noop, say
from sebar.material.models import Best
from sebar.pages import words
from sebar.participants.models import Conversion, Participant
from sebar.portal.people import called
from sebar.rewards.draws.models import DrawNaming, DrawWinner, Entrant, FreeEntry
from sebar.rewards.models import Coupon, LedgerEntry, Reward, RewardHold
from sebar.steering.experiments.models import Assignment

_SHOWN: Final = 20
Fact = tuple[str, str]
"""What something is called, and what it is."""


def facts(participant: Participant) -> list[Fact]:
    """Return all that is kept about a participant, in the language being spoken; what is not kept is left out."""
    tellers = dict.fromkeys(TABLES.values())  # some tell of several tables
    told = (fact for tell in tellers for fact in tell(participant))
    return [(say(label), value) for label, value in told if value]


def _person(one: Participant) -> Iterator[Fact]:
    yield gettext_noop("Name"), one.name or "–"
    yield gettext_noop("E-mail"), one.email or "–"
    yield gettext_noop("E-mail confirmed"), _moment(one, one.email_confirmed_at) if one.email_confirmed_at else ""
    yield gettext_noop("Code"), codes.grouped(one.pk)
    yield gettext_noop("Your number at the brand"), one.external_id or ""
    yield gettext_noop("Joined"), _moment(one, one.joined_at)
    yield (
        gettext_noop("Confirmed"),
        _moment(one, one.confirmed_at) if one.confirmed_at else say(gettext_noop("not yet")),
    )
    yield gettext_noop("Language"), dict(settings.LANGUAGES).get(one.language, one.language)
    yield gettext_noop("Came by"), channels.title(one.channel) if one.channel else ""
    yield gettext_noop("Source"), one.source
    yield gettext_noop("Material you saw"), one.creative
    yield gettext_noop("Random mark of the form you sent"), _not_shown(one.submission)
    yield gettext_noop("Steps from whoever began it"), words.number(one.generation)


def _not_shown(mark: str | None) -> str:
    return say(gettext_noop("kept, and not shown: it is known to your browser alone")) if mark else ""


def _agreed(one: Participant) -> Iterator[Fact]:
    consent = one.consent_text
    if consent is not None:
        spoken = campaigns.spoken(one.language, list(consent.texts))
        yield gettext_noop("You agreed"), consent.texts[spoken]


def _conversions(one: Participant) -> Iterator[Fact]:
    found = Conversion.objects.filter(participant=one).order_by("-happened_at")
    lines = [
        f"{each.external_id}{f' · {words.money(each.value, each.currency)}' if each.value else ''}"
        f" · {_moment(one, each.happened_at)}"
        for each in found[:_SHOWN]
    ]
    yield gettext_noop("What you bought or did"), _some(lines, found)


def _spoken(one: Participant) -> Iterator[Fact]:
    given = SpokenCode.objects.filter(participant=one).first()
    if given is not None:
        yield gettext_noop("Your words to say"), " ".join(spelling.words(given.number, words.speech()))


def _claim(one: Participant) -> Iterator[Fact]:
    claim = Claim.objects.filter(participant=one).select_related("told_by").first()
    if claim is not None:
        yield gettext_noop("How you heard of it"), _joined([say(ANSWERS[claim.answer]), claim.words])
        yield gettext_noop("Who you say told you"), called(claim.told_by.name) if claim.told_by else ""


def _named(one: Participant) -> Iterator[Fact]:
    card = NamedCard.objects.filter(participant=one).first()
    yield gettext_noop("Your name on cards, since"), _moment(one, card.allowed_at) if card else ""


def _contacts(one: Participant) -> Iterator[Fact]:
    """Tell where they asked for news; what stands there is encrypted, and ended it is a keyed hash."""
    found = list(Contact.objects.filter(participant=one).order_by("pk"))
    yield gettext_noop("News goes to"), _titles(each.channel for each in found if each.ended_at is None)
    yield gettext_noop("No more news to"), _titles(each.channel for each in found if each.ended_at is not None)
    brand, hashes = one.campaign.brand_id, {each.address_hash for each in found}
    talks = Talk.objects.filter(brand=brand, address_hash__in=hashes).values_list("channel", flat=True)
    yield gettext_noop("Where you talked with our program"), _titles(talks)
    if one.email:
        hashes.add(channels.known_by("email", one.email))
    never = Suppression.objects.filter(Q(brand=brand) | Q(brand__isnull=True), address_hash__in=hashes)
    yield gettext_noop("Addresses never written to again"), _number(never)


def _told(one: Participant) -> Iterator[Fact]:
    """Tell that a friend knows, which is remembered for a few days so that it is said once."""
    told = ToldJoin.objects.filter(participant=one).first()
    yield gettext_noop("Your friend was told that you joined"), _moment(one, told.at) if told else ""


def _messages(one: Participant) -> Iterator[Fact]:
    sent = Message.objects.filter(participant=one)
    to_friends = sent.filter(purpose=Purpose.INVITE).exclude(reason=Reason.SECOND)
    yield gettext_noop("Letters that you had sent to friends"), _number(to_friends)
    yield gettext_noop("News sent to you"), _number(sent.filter(purpose=Purpose.NOTICE))
    own = OwnLetter.objects.filter(participant=one)
    yield gettext_noop("Letters with the way to this page, in the last days"), _number(own)


def _footer(one: Participant) -> Iterator[Fact]:
    """Tell of the mailbox: its address is a keyed hash, and so are the conversations in it."""
    sender = FooterSender.objects.filter(participant=one).first()
    if sender is not None:
        yield gettext_noop("Your mailbox for footers, since"), _moment(one, sender.enrolled_at)
        mails = FooterTally.objects.filter(sender=sender).aggregate(mails=Sum("mails"))["mails"]
        yield gettext_noop("Mails counted for footers"), words.number(mails) if mails else ""
        threads = FooterThread.objects.filter(sender=sender)
        yield gettext_noop("Conversations that have your footer"), _number(threads)


def _checks(one: Participant) -> Iterator[Fact]:
    evidence = JoinEvidence.objects.filter(participant=one).first()
    yield (
        gettext_noop("Marks of network, device and payment, of"),
        f"{words.full_day(evidence.day)} (UTC)" if evidence else "",
    )
    yield gettext_noop("Check of your joins by people"), _check(one)
    asked = Objection.objects.filter(participant=one).first()
    yield gettext_noop("You asked for a person to look"), _moment(one, asked.asked_at) if asked else ""


def _check(one: Participant) -> str:
    """Return how it stands with the check. What our program saw is not told: it would teach how not to be seen."""
    decision = Decision.objects.filter(campaign=one.campaign_id, participant=one).order_by("-at", "-pk").first()
    if decision is not None:
        return say(gettext_noop("decided {moment}"), moment=_moment(one, decision.at))
    is_found = Suspicion.objects.filter(participant=one).exists()
    return (
        say(gettext_noop("under way; where rewards wait for it, ask for it further up on this page"))
        if is_found
        else ""
    )


def _rewards(one: Participant) -> Iterator[Fact]:
    mine = Reward.objects.filter(participant=one)
    yield gettext_noop("Rewards"), _number(mine)
    yield gettext_noop("Rewards that others have because you joined"), _number(Reward.objects.filter(referral=one))
    yield gettext_noop("Lines about you in the rewards’ ledger"), _number(LedgerEntry.objects.filter(reward__in=mine))
    yield gettext_noop("Coupons"), _number(Coupon.objects.filter(reward__in=mine))
    hold = RewardHold.objects.filter(participant=one).first()
    yield gettext_noop("Your rewards are held back since"), _moment(one, hold.at) if hold else ""


def _draws(one: Participant) -> Iterator[Fact]:
    entered = Entrant.objects.filter(participant=one)
    yield gettext_noop("Lists of prize draws you are in"), _number(entered)
    yield (
        gettext_noop("Of these also by a free entry"),
        _number(FreeEntry.objects.filter(pk__in=entered.values("free_entry"))),
    )
    yield gettext_noop("Prizes that fell to you"), _number(DrawWinner.objects.filter(entrant__in=entered))
    yield gettext_noop("Prize draws that may show your name"), _number(DrawNaming.objects.filter(participant=one))


def _variants(one: Participant) -> Iterator[Fact]:
    found = Assignment.objects.filter(seed=one).order_by("at")
    yield gettext_noop("Which variant of the page you got"), ", ".join(found.values_list("arm", flat=True))


def _scores(one: Participant) -> Iterator[Fact]:
    found = Best.objects.filter(participant=one).select_related("creative").order_by("creative__position")
    lines = [f"{best.creative.name}: {words.number(best.score)}" for best in found]
    yield gettext_noop("Your best scores"), ", ".join(lines)


TABLES: Final[Mapping[type[Model], Callable[[Participant], Iterable[Fact]]]] = {
    Participant: _person,
    ConsentText: _agreed,
    Conversion: _conversions,
    SpokenCode: _spoken,
    Claim: _claim,
    NamedCard: _named,
    Contact: _contacts,
    Talk: _contacts,
    Suppression: _contacts,
    Message: _messages,
    OwnLetter: _messages,
    ToldJoin: _told,
    FooterSender: _footer,
    FooterTally: _footer,
    FooterThread: _footer,
    JoinEvidence: _checks,
    Suspicion: _checks,
    Decision: _checks,
    Objection: _checks,
    Reward: _rewards,
    LedgerEntry: _rewards,
    Coupon: _rewards,
    RewardHold: _rewards,
    Entrant: _draws,
    FreeEntry: _draws,
    DrawWinner: _draws,
    DrawNaming: _draws,
    Assignment: _variants,
    Best: _scores,
}
"""Who tells of each table that holds anything about a participant."""


def _moment(one: Participant, when: datetime) -> str:
    return words.moment(when.astimezone(words.zone(one.campaign.time_zone)))


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(filter(None, parts))


def _titles(names: Iterable[str]) -> str:
    return ", ".join(channels.title(name) for name in dict.fromkeys(names))


def _number(found: QuerySet[Any]) -> str:
    count = found.count()
    return words.number(count) if count else ""


def _some(lines: list[str], found: QuerySet[Any]) -> str:
    if len(lines) < _SHOWN:
        return "\n".join(lines)
    return "\n".join([*lines, f"({words.number(found.count())})"])
