"""One walk over every address there is, with every method: as a stranger, signed out, as a viewer, as an owner.

The addresses are read from Django itself, so one that is added later is walked too. Everything private in Alice's
brand has the word `MARK` in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, Model
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from builders import a_campaign, a_draft, a_participant
from people import People
from rewards.giving import a_reward
from sebar.brands import actions as brands
from sebar.brands.keys import create_key
from sebar.brands.models import Brand, Scope
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.channels import actions as channels
from sebar.channels.kinds.spoken import actions as spoken
from sebar.channels.models import Purpose
from sebar.kit import codes
from sebar.material import actions as material
from sebar.material.rules import CreativeForm
from sebar.outbox import OutboxRow
from sebar.participants import actions as participants
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret
from sebar.rewards.draws import actions as draws
from sebar.rewards.draws import randomness
from sebar.rewards.draws.file import Prize
from sebar.rewards.draws.rules import DrawForm
from sebar.rewards.models import CouponPool, Reward, RewardRule
from sebar.steering.alarms.models import Alarm
from sebar.steering.decisions import actions as deciding
from sebar.steering.decisions.models import CampaignDecision
from sebar.steering.decisions.rules import PolicyForm
from sebar.steering.experiments import actions as experiments
from sebar.steering.experiments.models import Experiment
from sebar.steering.experiments.rules import Arm, Plan
from sebar.steering.plans import actions as plans
from sebar.steering.plans.models import CampaignPlan, PlanGraph, PlanVersion
from sebar.steering.plans.rules import PlanForm

MARK = "Rahasia"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PUBLIC = (
    *(
        "",
        "code",
        "c/",
        "g/",
        "captions/",
        "s/",
        "me/",
        "media/",
        "r/",
        "e/",
        "u/",
        "b/",
        "hooks/",
        "-/link/",
        "-healthy",
    ),
    *("api/v1/docs", "api/v1/openapi.json"),
)
"""What everybody may open; it shows what is public of a campaign, and nothing else."""
DRAWING = ("/open", "/postpone", "/freeze", "/randomness", "/reach", "/pass-on", "/settle", "/cancel", "/give-up")
ENDING = (
    "/publish",
    "/pause",
    "/resume",
    "/stop",
    "/steering",
    "/take",
    "/sign-out",
    "/fulfil",
    "/reject",
    "/reverse",
    "/redeem",
    "/close",
    *DRAWING,
)
FORM = {"name": "Mine", "email": "mine@example.com", "role": "owner", "scopes": "read", "stop_url": "", "consent": "1"}
_TEXTS = {language: {"title": "Mine", "long": "Mine"} for language in ("en", "id")}
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
            "creatives": {"kind": "text", "name": "mine", "texts": _TEXTS},
            "uploads": {"kind": "image", "size": 10},
            "hidden": {"is_on": True},
            "draws": {
                "texts": {},
                "prizes": [{"name": "Mine"}],
                "entries_until": "2100-01-01T00:00:00Z",
                "draws_at": "2100-01-02T00:00:00Z",
            },
            "randomness": {"value": "mine"},
            "cancel": {"reason": "Mine"},
            "give-up": {"reason": "Mine"},
            "pass-on": {"reason": "Mine"},
            "postpone": {
                "entries_until": "2100-01-01T00:00:00Z",
                "draws_at": "2100-01-02T00:00:00Z",
                "reason": "Mine",
            },
            "conversions": {"external_id": "mine", "participant": self.values["who"]},
            "brief": {"objective": "Mine"},
            "experiments": {
                "name": "Mine",
                "varies": "message",
                "arms": [
                    {"name": "a"},
                    {"name": "b", "shows": {language: {"share_text": "Mine"} for language in ("en", "id")}},
                ],
                "control": "a",
            },
            "steering": {"rung": "hold"},
            "refuse": {"reason": "Mine"},
            "statement": {"texts": {"en": "Mine", "id": "Mine"}},
            "correction": {"texts": {language: {"subject": "Mine", "text": "Mine"} for language in ("en", "id")}},
            "drop": {"arm": "b", "reason": "Mine"},
            "decisions": {"participants": [self.values["who"]], "verdict": "fraud", "note": "Mine"},
            "undo": {"participants": [self.values["who"]]},
            "reward-rules": {"name": "Mine"},
            "on": {"reason": "Mine"},
            "simulate": {"name": "Mine"},
            "fulfil": {"rewards": [self.values["reward"]]},
            "reject": {"reason": "Mine"},
            "reverse": {"reason": "Mine"},
            "coupon-pools": {"name": "Mine"},
            "codes": {"codes": ["MINE-1"]},
            "redeem": {"code": "coupon-1", "by": "Mine"},
            str(self.values["rule"]): {"amount": 5},
            "snooze": {"until": (timezone.now() + timedelta(days=1)).isoformat()},
            "close": {"reason": "Mine"},
            "negative": {"level": 0.5},
            self.values["slug"]: {"name": "Mine"},
        }
        if "/plans" in address:
            return {"name": f"Mine {address[-2:]}"}  # each plan has a name of its own
        home, _, last = address.rpartition("/")
        return bodies.get("experiments" if home.endswith("/experiments") else last)


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
    entered = {"sender": "a@a.example", "bounces": "b@a.example", "postal": MARK, "duties": "yes"}
    channels.set_up(membership=people.alice, channel="email", entered=entered)
    channels.switch(campaign=campaign, channel="paper", is_on=True)
    a_participant(campaign, person)
    spoken.give(participant=person)  # everybody may ask for the words of a code
    channels.agree(participant=person, channel="push", address=MARK)
    channels.queue(
        participant=person,
        channel="email",
        purpose=Purpose.INVITE,
        address=f"friend{MARK}@example.com",
        once="1",
        content={"text": MARK},
    )
    a_reward(people.alice, campaign, person, mark=MARK)
    arms = [Arm("a", 1.0, {}), Arm("b", 1.0, {"en": {"headline": MARK}, "id": {"headline": MARK}})]
    plan = Plan(name=MARK, varies="wording", arms=arms, control="a")
    experiments.plan(membership=people.alice, slug=campaign.slug, plan=plan)
    ties = plans.upload(membership=people.alice, file_name=f"{MARK}.csv", is_mutual=True, pieces=[MARK.encode()])
    planned = PlanForm(name=MARK, source="upload", graph=ties.pk)
    version = plans.ask(membership=people.alice, slug=campaign.slug, form=planned)
    PlanVersion.objects.filter(pk=version.pk).update(chosen=[[MARK, 1.0, 1]])
    said = {"title": MARK, "long": MARK}
    hidden = CreativeForm(name="hidden", texts={"en": said, "id": said})
    material.make(membership=people.alice, slug=campaign.slug, kind="text", form=hidden)
    material.switch(membership=people.alice, slug=campaign.slug, name=hidden.name, is_on=False)
    until, draws_at = datetime(2099, 1, 1, tzinfo=UTC), datetime(2099, 1, 2, tzinfo=UTC)
    words = {language: {"title": MARK, "rules": MARK} for language in ("en", "id")}
    source = randomness.drand_at(draws_at)
    draw = DrawForm(texts=words, prizes=[Prize(MARK, 1)], entries_until=until, source=source)
    draws.plan(membership=people.alice, slug=campaign.slug, form=draw)
    numbers = {"kind": "exposure", "rule": MARK, "spent": 9, "budget": 10, "unit": MARK}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Alarm.objects.create(
        campaign=campaign, watch="reward_exposure", opened_at=at, began_at=at, spoke_at=at, numbers=numbers
    )
    if_spent = PolicyForm(watch="reward_exposure", rung="hold", mode="unless_objected", minutes=30)
    deciding.set_policy(membership=people.alice, slug=campaign.slug, form=if_spent)
    deciding.answer(campaign=campaign, watch="reward_exposure", numbers=numbers, began_at=at)
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
            "secret": personal_secret(person)[:-1] + ".",  # no secret has a second dot
            "user": people.bob.user.pk,
            "invitation": brands.invite(membership=people.alice, role="viewer").invitation.pk,
            "key": key.pk,
            "channel": "email",
            "draw": 1,
            "place": 1,
            "creative": "hidden",
            "language": "en",
            "kind": "text",
            "path": "index.html",
            "upload": "0" * 32,
            "token": f"1-{'0' * 16}",
            "rule": RewardRule.objects.get(name="Most").pk,
            "reward": Reward.objects.get(campaign__brand=people.alice.brand).pk,
            "pool": CouponPool.objects.get(name=MARK).pk,
            "external_id": "order-1",
            "alarm": Alarm.objects.get(campaign__brand=people.alice.brand).pk,
            "watch": "negative",
            "number": Experiment.objects.get(name=MARK).pk,
            "plan": CampaignPlan.objects.get(name=MARK).pk,
            "graph": PlanGraph.objects.get(brand=people.alice.brand).pk,
            "decision": CampaignDecision.objects.get(numbers__rule=MARK).pk,
        }
    )


def belongings(brand: Brand) -> list[list[dict[str, Any]]]:
    """Return every row of a brand, as it is now, of every table from which a way leads to brands."""
    found = [list(Brand.objects.filter(pk=brand.pk).values())]
    for table in apps.get_app_config("sebar").get_models():
        way = _way_to_brand(table)
        if way:
            found.append(list(table._default_manager.filter(**{way: brand}).order_by("pk").values()))
    assert len(found) > 20
    return found


def _way_to_brand(table: type[Model], seen: frozenset[type[Model]] = frozenset()) -> str:
    """Return how a table's rows lead to their brand, as Django writes it; empty when they do not."""
    ways = []
    for field in table._meta.get_fields():
        if not isinstance(field, ForeignKey) or field.related_model in seen | {table}:
            continue
        if field.related_model is Brand:
            return field.name
        if isinstance(field.related_model, type) and (rest := _way_to_brand(field.related_model, seen | {table})):
            ways.append(f"{field.name}__{rest}")
    return min(ways, key=lambda way: way.count("__"), default="")


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
    wrong = [asked for asked, status in found.items() if status == 422 and not asked.endswith(ENDING)]
    assert not wrong


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
