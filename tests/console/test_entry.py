"""Getting in: the first owner, invitations, sign-in and sign-out."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from builders import PASSWORD
from people import People
from sebar.brands import actions, queries
from sebar.console import entry
from sebar.pages.pace import Pace


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(entry, "_PACE", Pace(burst=20, per_second=0))


NEW = {"name": "Dewi", "email": "dewi@example.com", "password": "kopi susu gula aren", "brand_name": "Kopi Nusa"}


@pytest.mark.django_db
def test_the_first_owner_names_the_brand_and_is_in() -> None:
    client = Client()
    link = f"/console/welcome/{actions.first_owner_link()}"
    assert "first owner" in client.get(link).content.decode()
    assert not queries.has_owner(), "opening a link changes nothing"
    response = client.post(link, NEW, follow=True)
    page = response.content.decode()
    assert "Kopi Nusa" in page
    assert "Make first campaign" in page
    assert "Look at a demo" in page
    assert client.get(link).status_code == 404


@pytest.mark.django_db
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost() -> None:
    response = Client().post(f"/console/welcome/{actions.first_owner_link()}", {**NEW, "password": "s3cr3t"})
    page = response.content.decode()
    assert response.status_code == 422
    assert 'aria-describedby="password-hint password-error"' in page
    assert 'value="dewi@example.com"' in page
    assert "s3cr3t" not in page


def test_a_signed_out_visitor_signs_in_and_goes_on(people: People) -> None:
    client = Client()
    wanted = f"/console/brands/{people.alice.brand.slug}/members"
    response = client.get(wanted)
    assert response.status_code == 302
    assert people.alice.user is not None
    sent = {"email": people.alice.user.email.upper(), "password": PASSWORD, "next": wanted}
    assert client.post(response.headers["Location"], sent).headers["Location"] == wanted


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_host(people: People, onward: str) -> None:
    assert people.bob.user is not None
    sent = {"email": people.bob.user.email, "password": PASSWORD, "next": onward}
    assert Client().post("/console/sign-in", sent).headers["Location"] == "/console/"


def test_a_wrong_password_is_refused_and_guessing_is_slowed(people: People) -> None:
    assert people.bob.user is not None
    sent = {"email": people.bob.user.email, "password": "wrong"}
    answers = [Client().post("/console/sign-in", sent).status_code for _try in range(11)]
    assert answers == [422] * 10 + [429]
    assert Client().post("/console/sign-in", {**sent, "password": PASSWORD}).status_code == 429


def test_trying_many_addresses_is_slowed_too(people: People) -> None:
    def tried(number: int, client: Client) -> int:
        sent = {"email": f"somebody{number}@example.com", "password": "wrong"}
        return client.post("/console/sign-in", sent).status_code

    assert [tried(number, Client()) for number in range(21)] == [422] * 20 + [429]
    assert tried(22, Client(headers={"X-Forwarded-For": "198.51.100.7"})) == 422


def test_trying_many_addresses_makes_nobody_forget_how_often_one_was_tried(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry, "_PACE", Pace(burst=10_000, per_second=0))
    assert people.alice.user is not None
    sent = {"email": people.alice.user.email, "password": "wrong"}
    for _ in range(10):
        Client().post("/console/sign-in", sent)
    for number in range(400):
        Client().post("/console/sign-in", {"email": f"somebody{number}@example.com", "password": "wrong"})
    assert Client().post("/console/sign-in", sent).status_code == 429


@pytest.mark.parametrize("email", ["\0", "a\0b@example.com", "x" * 5000, "\u202e", "🎉", "' OR 1=1 --"])
def test_nobody_signs_in_with_a_strange_address(people: People, email: str) -> None:
    assert Client().post("/console/sign-in", {"email": email, "password": PASSWORD}).status_code == 422


@pytest.mark.parametrize("strange", ["%00", "%ff", "x" * 9000, "%F0%9F%8E%89", "'%20OR%201=1"])
def test_there_is_nothing_at_a_strange_address(people: People, alice: Client, strange: str) -> None:
    brand = people.alice.brand.slug
    for address in (f"{strange}/campaigns", f"{brand}/campaigns/{strange}", f"{brand}/keys/{'9' * 30}/revoke"):
        assert alice.post(f"/console/brands/{address}").status_code in {404, 405}
        assert alice.get(f"/console/brands/{address}").status_code in {404, 405}


def test_signing_out_needs_a_button(alice: Client) -> None:
    assert alice.get("/console/sign-out").status_code == 405
    alice.post("/console/sign-out")
    assert alice.get("/console/").status_code == 302


def test_an_invited_person_joins_in_the_role_offered(people: People, alice: Client) -> None:
    members = f"/console/brands/{people.alice.brand.slug}/members"
    alice.post(f"{members}/invite", {"role": "viewer"})
    page = alice.get(members).content.decode()
    link = page.split('id="invited" readonly value="http://testserver')[1].split('"')[0]
    assert link not in alice.get(members).content.decode(), "the link is shown once"
    client = Client()
    assert "Kopi Senja" in client.get(link).content.decode()
    client.post(link, NEW)
    assert "Campaigns" in client.get(f"/console/brands/{people.alice.brand.slug}/campaigns").content.decode()
    assert client.get(f"/console/brands/{people.alice.brand.slug}/new-campaign").status_code == 403


def test_a_password_is_changed_without_losing_the_session(people: People, alice: Client) -> None:
    assert alice.post("/console/account", {"old": "no", "new": "nasi uduk betawi"}).status_code == 422
    assert alice.post("/console/account", {"old": PASSWORD, "new": "nasi uduk betawi"}).status_code == 302
    assert alice.get("/console/account").status_code == 200
