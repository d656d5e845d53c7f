"""One walk over every address there is, with every method: as a stranger, signed out, as a viewer, as an owner.

The addresses are read from Django itself, so one that is added later is walked too. Everything private in Alice's
brand has the word `MARK` in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver

from builders import a_campaign, a_draft, a_participant
from people import People
from sebar.brands import actions as brands
from sebar.brands.keys import create_key
from sebar.brands.models import Brand, Invitation, Key, Member, Scope
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign, ConsentText
from sebar.kit import codes
from sebar.outbox import OutboxRow
from sebar.participants import actions as participants
from sebar.participants.models import Conversion, Participant
from sebar.participants.queries import personal_secret
from sebar.steering.models import Forecast, Outlook

MARK = "Rahasia"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PUBLIC = ("", "code", "c/", "s/", "me/", "media/", "r/", "-/link/", "-healthy", "api/v1/docs", "api/v1/openapi.json")
"""What everybody may open; it shows what is public of a campaign, and nothing else."""
ENDING = ("/publish", "/pause", "/resume", "/stop", "/sign-out")
FORM = {"name": "Mine", "email": "mine@example.com", "role": "owner", "scopes": "read", "stop_url": "", "consent": "1"}
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True)
class Place:
    """Alice's brand as addresses name it, and what a program would send to change it."""

    values: dict[str, Any]

    def addresses(self) -> list[str]:
        """Return every address; those that end something come last."""
        found = {_filled(route, self.values) for route in _routes(get_resolver())}
        return sorted(found, key=lambda address: (address.endswith(ENDING), address))

    def body(self, address: str) -> object:
        """Return what changes something at an address of the API."""
        bodies: dict[str, object] = {
            "campaigns": {"name": "Mine", "slug": "mine"},
            "participants": {"external_id": "mine"},
            "batch": {"participants": [{"external_id": "mine"}]},
            "conversions": {"external_id": "mine", "participant": self.values["who"]},
            self.values["slug"]: {"name": "Mine"},
        }
        return bodies.get(address.rpartition("/")[2])


def _routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for found in resolver.url_patterns:
        route = before + str(found.pattern).removeprefix("^").removesuffix("$")
        if isinstance(found, URLResolver):
            yield from _routes(found, route)
        else:
            yield route


def _filled(route: str, values: dict[str, Any]) -> str:
    return _GROUP.sub(lambda match: str(values[match[1]]), _PLACE.sub(lambda match: str(values[match[1]]), route))


def a_private_campaign(people: People) -> Campaign:
    """Give Alice's brand one of everything, and return its campaign."""
    campaign = a_campaign(people.alice, asks_email="optional")
    person = a_participant(campaign, name=f"Dewi {MARK}", email=f"{MARK}@example.com", how="api", external_id=MARK)
    participants.convert(campaign=campaign, number=person.pk, external_id=f"{MARK}-1")
    a_draft(people.alice, name=f"{MARK} draft", slug=f"{MARK.lower()}-draft")
    return campaign


def the_place(people: People, campaign: Campaign, *, brand: Brand) -> Place:
    """Return the campaign's address in `brand`, with everything else of Alice's."""
    person = Participant.objects.get(external_id=MARK)
    code = codes.spell(person.pk)
    key = create_key(membership=people.alice, name=MARK, scopes=["read"]).key
    assert people.bob.user is not None
    return Place(
        {
            "brand": brand.slug,
            "slug": campaign.slug,
            "code": code,
            "who": code,
            "root": code,
            "name": "pause",
            "secret": personal_secret(person)[:-1] + "-",
            "user": people.bob.user.pk,
            "invitation": brands.invite(membership=people.alice, role="viewer").invitation.pk,
            "key": key.pk,
        }
    )


def belongings(brand: Brand) -> list[list[dict[str, Any]]]:
    """Return every row of a brand, as it is now."""
    owned: list[QuerySet[Model]] = [
        Brand.objects.filter(pk=brand.pk),
        Member.objects.filter(brand=brand),
        Invitation.objects.filter(brand=brand),
        Key.objects.filter(brand=brand),
        Campaign.objects.filter(brand=brand),
        ConsentText.objects.filter(campaign__brand=brand),
        Participant.objects.filter(campaign__brand=brand),
        Conversion.objects.filter(campaign__brand=brand),
        Forecast.objects.filter(campaign__brand=brand),
        Outlook.objects.filter(campaign__brand=brand),
    ]
    return [list(rows.order_by("pk").values()) for rows in owned]


Ask = Callable[[str, str, str], HttpResponse]


def in_console(client: Client) -> Ask:
    """Return what sends a form, as a browser does."""

    def ask(method: str, address: str, _body: str) -> HttpResponse:
        data = FORM if method == "POST" else None
        return client.post(address, data) if data else client.generic(method, address)

    return ask


def by_key(secret: str) -> Ask:
    """Return what sends JSON with a key, as a program does."""

    def ask(method: str, address: str, body: str) -> HttpResponse:
        headers = {"Authorization": f"Bearer {secret}"}
        return Client().generic(method, address, body, content_type="application/json", headers=headers)

    return ask


def walk(place: Place, *asking: Ask) -> Iterator[tuple[str, int]]:
    """Ask for every address with every method; yield which it was and the status."""
    for address in place.addresses():
        for method in METHODS:
            if address.startswith("c/") and method == "POST":
                continue  # everybody may join
            for ask in asking:
                answer = ask(method, f"/{address}", json.dumps(place.body(address)))
                content = b"".join(answer.streaming_content) if answer.streaming else answer.content
                seen = content.decode(errors="replace") + str(dict(answer.headers))
                assert MARK.lower() not in seen.lower(), f"{method} {address}"
                yield f"{method} {address}", answer.status_code


def signed_in(member: Membership) -> Client:
    """Return a browser in which somebody has signed in."""
    client = Client()
    assert member.user is not None
    client.force_login(member.user)
    return client


def is_about(place: Place, asked: str) -> bool:
    """Say whether an address names Alice's brand or campaign and is not everybody's."""
    address = asked.partition(" ")[2]
    names = {str(place.values["brand"]), str(place.values["slug"])}
    return bool(names & set(address.split("/"))) and not address.startswith(PUBLIC[2:])


def test_a_stranger_finds_nothing_and_changes_nothing(people: People) -> None:
    campaign = a_private_campaign(people)
    place = the_place(people, campaign, brand=people.alice.brand)
    key = create_key(membership=people.charlie, name="Theirs", scopes=Scope.values).secret
    asking = in_console(signed_in(people.charlie)), by_key(key)
    before, told = belongings(people.alice.brand), OutboxRow.objects.count()
    answers = [(asked, status) for asked, status in walk(place, *asking) if is_about(place, asked)]
    assert len(answers) > 300
    assert {status for asked, status in answers if "OPTIONS" not in asked} <= {302, 401, 404, 405}
    assert belongings(people.alice.brand) == before
    assert OutboxRow.objects.count() == told


def test_a_stranger_reaches_nothing_through_their_own_brand(people: People) -> None:
    a_private_campaign(people)
    theirs = a_campaign(people.charlie)
    place = the_place(people, theirs, brand=people.charlie.brand)
    key = create_key(membership=people.charlie, name="Theirs", scopes=Scope.values).secret
    before = belongings(people.alice.brand)
    assert 500 not in {status for _, status in walk(place, in_console(signed_in(people.charlie)), by_key(key))}
    assert belongings(people.alice.brand) == before
    assert not Participant.objects.filter(campaign=theirs, parent__campaign__brand=people.alice.brand).exists()


@pytest.mark.parametrize("secret", ["", "sebar_nonsense"])
def test_signed_out_there_is_only_what_is_public(people: People, secret: str) -> None:
    place = the_place(people, a_private_campaign(people), brand=people.alice.brand)
    before = belongings(people.alice.brand)
    for asked, status in walk(place, in_console(Client()), by_key(secret)):
        if is_about(place, asked):
            assert status in {302, 401, 404, 405}, asked
    assert belongings(people.alice.brand) == before


def test_a_viewer_changes_nothing(people: People) -> None:
    campaign = a_private_campaign(people)
    place = the_place(people, campaign, brand=people.alice.brand)
    key = create_key(membership=people.alice, name="Reads", scopes=["read"]).secret
    browser, program = in_console(signed_in(people.vera)), by_key(key)
    before, told = belongings(people.alice.brand), OutboxRow.objects.count()
    for address in place.addresses():
        if not address.startswith("c/"):  # where anybody joins
            for method in METHODS:
                browser(method, f"/{address}", "")
                program(method, f"/{address}", json.dumps(place.body(address)))
    assert belongings(people.alice.brand) == before
    assert OutboxRow.objects.count() == told


def test_an_owners_program_is_let_in_everywhere_with_what_strangers_sent(people: People) -> None:
    """Otherwise the walks above would prove nothing."""
    campaign = a_private_campaign(people)
    place = the_place(people, campaign, brand=people.alice.brand)
    program = by_key(create_key(membership=people.alice, name="All", scopes=Scope.values).secret)
    inside = [one for one in place.addresses() if one.startswith("api/v1/campaigns")]
    found = {}
    for address in inside:
        for method in ("GET", "POST", "PATCH"):
            found[f"{method} {address}"] = program(method, f"/{address}", json.dumps(place.body(address))).status_code
    assert {401, 403, 404}.isdisjoint(found.values()), found
    assert 422 not in {status for asked, status in found.items() if not asked.endswith(ENDING)}, found


def test_nobody_is_believed_without_the_forms_own_mark(people: People) -> None:
    place = the_place(people, a_private_campaign(people), brand=people.alice.brand)
    browser = Client(enforce_csrf_checks=True)
    assert people.alice.user is not None
    browser.force_login(people.alice.user)
    browser.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32
    before = belongings(people.alice.brand)
    for address in place.addresses():
        if not address.startswith("api/v1"):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                headers = {"Origin": "https://evil.example"}
                answer = browser.generic(
                    method, f"/{address}", "a=b", "application/x-www-form-urlencoded", headers=headers
                )
                assert answer.status_code in {403, 404, 405}, f"{method} {address}"
    assert belongings(people.alice.brand) == before
