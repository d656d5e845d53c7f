"""The form people join with: what it asks, what their link carries along, and what they entered."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sebar import channels
from sebar.campaigns.models import Asks, Campaign, ConsentText
from sebar.channels.kinds.spoken.code import is_spoken
from sebar.edge.touch import name_or_nothing
from sebar.kit import codes, text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop
from sebar.pages.origin import NOWHERE, Origin
from sebar.participants import rules
from sebar.participants.rules import Entry
from sebar.portal import spoken

TRAP: Final = "leave_empty"
_ADDRESS: Final = re.compile(r"://|\bwww\.|@|\.(?:com|net|org|info|biz|xyz|link|app|io|me|id)\b", re.IGNORECASE)
"""A field that people do not see and machines fill in."""
_TYPED: Final = ("name", "email", "letters", "code", "consent", TRAP)


@dataclass(frozen=True, slots=True)
class Form:
    """One rendering of the form.

    Attributes
    ----------
    typed
        What people entered, by field.
    ref, via, c
        Whose link they came by and how it travelled; empty when unknown.
    source
        Where a seed came from, as the address says that the brand gave them.
    submission
        Random mark of this rendering: sent twice, it counts once.
    country
        From where it was sent, as the front says.
    line
        Whence it was sent, as `sebar.pages.pace.line` says.
    origin
        The address and browser it was sent from.
    errors
        Field to the sentence about it; the empty field means the whole form.
    offers
        Spoken codes that may have been meant by the one that was typed.
    """

    typed: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(_TYPED, ""))
    ref: str = ""
    via: str = ""
    c: str = ""
    source: str = ""
    submission: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    country: str = ""
    line: str = ""
    origin: Origin = NOWHERE
    errors: Mapping[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One line that people fill in."""

    name: str
    label: str | Promise
    hint: str | Promise
    kind: str
    complete: str
    longest: int
    value: str
    error: str
    is_required: bool


_LINES: Final = {
    "name": (_("Your name"), "", "text", "name", 80),
    "email": (_("Your e-mail address"), "", "email", "email", 254),
}


def carried(values: QueryDict) -> Form:
    """Return the form of somebody who came by a link, with what the link carries."""
    ref = values.get("ref", "").lower()
    return Form(
        ref=ref if codes.read(ref) is not None else "",
        via=name_or_nothing(values.get("via", "")),
        c=name_or_nothing(values.get("c", "")),
        source=name_or_nothing(values.get("source", "").lower()),
    )


def sent(values: QueryDict, country: str = "", line: str = "", origin: Origin = NOWHERE) -> Form:
    """Return the form as somebody sent it from a country, by a line to the internet."""
    typed = {name: values.get(name, "") for name in _TYPED}
    form = replace(carried(values), typed=typed, country=country, line=line, origin=origin)
    submission = values.get("submission", "")
    return replace(form, submission=submission) if submission else form


def checked(form: Form, joining: Campaign, consent: ConsentText) -> Entry:
    """Return what the form says about who joins. A code that was typed comes before the link that was followed.

    Parameters
    ----------
    consent
        What people agree to today; the form says which version was read.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    checks = Checks()
    checks(_empty, form.typed[TRAP])
    checks(_own_name, form.typed["name"], joining)
    code = checks(_read, form.typed["code"].strip(), joining, form.line)
    entry = checks(rules.check, _entry(form, code), joining, timezone.now())
    if joining.asks_email != Asks.REQUIRED:  # else it is said already
        checks(_writable, form)
    checks(agreed, form.typed["consent"], consent)
    checks.finish()
    return entry


def fields(form: Form, asking: Campaign) -> list[Field]:
    """Return what a campaign asks of people."""
    asked = {name: getattr(asking, f"asks_{name}") for name in _LINES}
    return [_line(form, name, is_required=asks == Asks.REQUIRED) for name, asks in asked.items() if asks != Asks.NO]


def own_email(form: Form) -> Field:
    """Return the line for the address of somebody who joined without one."""
    return _line(form, "email", is_required=True)


def place(name: str) -> int:
    """Return where a field stands on the page, the whole form before all others."""
    return _TYPED.index(name) if name in _TYPED else -1


def code_field(form: Form) -> Field:
    """Return the line for a code that somebody was told."""
    hint = (
        _("It counts instead of the link you came by.")
        if form.ref
        else _("If somebody told you one: three words, or letters like k7m 2fqx")
    )
    label = _("Their code") if form.ref else _("A friend’s code")
    value, error = form.typed["code"], form.errors.get("code", "")
    return Field("code", label, hint, "text", "off", 80, value=value, error=error, is_required=False)


def _line(form: Form, name: str, *, is_required: bool) -> Field:
    value, error = form.typed[name], form.errors.get(name, "")
    return Field(name, *_LINES[name], value=value, error=error, is_required=is_required)


def _entry(form: Form, code: str) -> Entry:
    told = channels.ALL["spoken" if is_spoken(form.typed["code"]) else "code"]
    return Entry(
        name=form.typed["name"],
        email=form.typed["email"],
        language=translation.get_language(),
        referred_by=code or form.ref,
        how="code" if code else "link",
        channel=told.name if code else form.via,
        creative=form.c,
        source="" if code or form.ref else form.source,
        country=form.country,
        submission=form.submission,
    )


def _empty(trapped: str) -> str:
    if trapped:
        raise UserError(gettext_noop("One field is there for machines only: leave it empty."), field=TRAP)
    return trapped


def _own_name(typed: str, joining: Campaign) -> str:
    """Let nobody stand as a website or as the brand itself where friends read who invites them."""
    if _ADDRESS.search(typed) or typed.strip().casefold() == joining.brand.name.casefold():
        message = gettext_noop("“{shown}” is nobody’s own name: write the one that your friends know you by.")
        raise UserError(message, field="name", shown=text.shown(typed))
    return typed


def _read(typed: str, joining: Campaign, line: str) -> str:
    """Return the code that somebody typed; for words that were said, the code of the one whose they are."""
    if is_spoken(typed):
        return codes.spell(spoken.find(typed, line=line, campaign=joining)[0].pk)
    if typed:
        spoken.number_of(typed)
    return typed


def _writable(form: Form) -> Form:
    if form.typed["letters"] and not form.typed["email"].strip():
        message = gettext_noop("You want us to write to you: say at which address, or take the tick away.")
        raise UserError(message, field="email")
    return form


def agreed(given: str, consent: ConsentText) -> str:
    """Return which wording somebody agreed to, if that is today's.

    Raises
    ------
    UserError
        When they agreed to none, or to one that has changed since.
    """
    if not given:
        raise UserError(gettext_noop("Your consent is missing: tick the box if you agree."), field="consent")
    if given != str(consent.version):
        message = gettext_noop("What you agree to has changed just now: read it once more, then tick the box.")
        raise UserError(message, field="consent")
    return given
