"""`sebar brand`: more than one brand on an instance, each with owners of its own."""

from __future__ import annotations

import json

import pytest
import typer
from django.test import Client
from typer.testing import CliRunner, Result

from builders import PASSWORD, a_campaign, a_membership
from sebar.brands import actions, queries
from sebar.brands.models import Brand, User
from sebar.brands.queries import memberships
from sebar.cli import brand
from sebar.kit import config
from sebar.kit.errors import NotFound, UserError

pytestmark = pytest.mark.django_db


def run(*words: str) -> Result:
    program = typer.Typer()
    brand.register(program)
    return CliRunner().invoke(program, ["brand", *words])


def accept(link: str, email: str) -> User:
    """Open an invitation as a stranger does, and return who they are now."""
    assert link.startswith(f"{config.load().public_url}/console/welcome/")
    account = {"name": "Ani", "email": email, "password": PASSWORD}
    assert Client().post(link.removeprefix(config.load().public_url), account).status_code == 302
    return User.objects.get(email=email)


def test_a_second_brand_belongs_to_whoever_opens_its_link(client: Client) -> None:
    first = a_membership(name="Dina")
    assert first.user is not None
    said = run("create", "Jamu Pagi").stdout.splitlines()
    ani = accept(said[-1], "ani@example.com")
    assert [(one.brand.slug, one.role) for one in memberships(ani)] == [("jamu-pagi", "owner")]
    assert [one.brand for one in memberships(first.user)] == [first.brand]
    client.force_login(first.user)
    assert client.get("/console/brands/jamu-pagi/").status_code == 404
    client.force_login(ani)
    assert client.get(f"/console/brands/{first.brand.slug}/").status_code == 404
    assert Client().get(said[-1].removeprefix(config.load().public_url)).status_code == 404, "it works once"


def test_a_link_that_was_lost_is_made_again() -> None:
    made = json.loads(run("create", "Jamu Pagi", "--slug", "jamu", "--json").stdout)
    assert (made["slug"], made["name"]) == ("jamu", "Jamu Pagi")
    again = json.loads(run("invite", "jamu", "--json").stdout)
    assert again["link"] != made["link"]
    assert memberships(accept(again["link"], "ani@example.com"))[0].brand.slug == "jamu"


def test_its_link_outlives_a_start_before_anybody_owns_the_instance() -> None:
    first = actions.first_owner_link()
    made = json.loads(run("create", "Jamu Pagi", "--json").stdout)
    assert first is not None
    assert actions.first_owner_link() not in {None, first}
    with pytest.raises(NotFound):
        queries.invitation(first)
    assert memberships(accept(made["link"], "ani@example.com"))[0].brand.slug == "jamu-pagi"


def test_brands_are_listed_with_who_owns_them() -> None:
    a_campaign(a_membership())
    run("create", "Jamu Pagi")
    listed = {one.pop("slug"): one for one in json.loads(run("list", "--json").stdout)}
    for one in listed.values():
        assert one.pop("created_at")
    assert listed.pop("jamu-pagi") == {"name": "Jamu Pagi", "owners": 0, "members": 0, "campaigns": 0}
    assert list(listed.values()) == [{"name": "Kopi Senja", "owners": 1, "members": 1, "campaigns": 1}]
    assert "jamu-pagi" in run("list").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", " "], "name"),
        (["create", "Jamu", "--slug", "Jamu Pagi!"], "Jamu Pagi!"),
        (["create", "Other", "--slug", "taken"], "“taken” is taken"),
        (["invite", "nobody"], "“nobody”"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(words: list[str], said: str) -> None:
    run("create", "Taken")
    refused = run(*words).exception
    assert isinstance(refused, UserError | NotFound)
    assert said in refused.message
    assert Brand.objects.count() == 1
