"""`sebar footer`: what an administrator says and is told."""

from __future__ import annotations

import json

import pytest
import typer
from footer_beside import a_sender, milter_on
from typer.testing import CliRunner, Result

from builders import a_participant
from ports import free_port
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.footer import actions, queries
from sebar.channels.kinds.footer.models import FooterSender
from sebar.cli import footer
from sebar.kit import codes
from sebar.kit.errors import UserError
from sebar.participants.models import Participant

pytestmark = pytest.mark.django_db(transaction=True)
ANI = "ani@example.com"


def run(*words: str) -> Result:
    """Run the verb."""
    app = typer.Typer()
    footer.register(app)
    return CliRunner().invoke(app, ["footer", *words], catch_exceptions=False)


def refused(*words: str) -> str:
    """Return the sentence with which the command ends."""
    with pytest.raises(UserError) as error:
        run(*words)
    return error.value.message


@pytest.fixture
def ani(campaign: Campaign) -> Participant:
    """A participant."""
    return a_participant(campaign, name="Ani")


def test_an_administrator_enrols_a_mailbox_at_once_and_switches_it_off(ani: Participant) -> None:
    code = codes.spell(ani.pk)
    done = run("enrol", "Ani@Example.com", code.upper())
    assert done.output == f"{code}: the footer is on.\n"
    assert queries.standing(ANI).footer is not None
    assert json.loads(run("off", code, "--json").output)["is_on"] is False
    assert queries.standing(ANI).footer is None


def test_senders_are_listed_with_what_became_of_their_mail(campaign: Campaign, ani: Participant) -> None:
    sender = FooterSender.objects.get(participant=a_sender(campaign, name="Budi"))
    actions.count(mails={(sender.pk, "added"): 1200, (sender.pk, "signed"): 3}, threads=())
    actions.enrol(participant=ani, address="other@example.com")
    first, second = json.loads(run("list", campaign.slug, "--json").output)
    assert (first["name"], first["is_on"], first["footers"], first["left_alone"]) == ("Budi", True, 1200, {"signed": 3})
    assert (second["name"], second["is_proven"]) == ("Ani", False)
    shown = run("list", campaign.slug).output
    assert "1,200" in shown
    assert "waiting for proof" in shown
    assert "example.com" not in shown


def test_what_cannot_be_is_refused_in_one_sentence(campaign: Campaign, ani: Participant) -> None:
    code = codes.spell(ani.pk)
    assert "“ani” is not an e-mail address" in refused("enrol", "ani", code)
    assert "is not a code" in refused("enrol", ANI, "nobody!")
    assert "Nobody has the code" in refused("enrol", ANI, codes.spell(codes.FIRST))
    assert "No mailbox is named yet" in refused("off", code)
    assert "There is no campaign called “none”" in refused("list", "none")
    for place in ("8891", "localhost:", "localhost:99999", ":1", "localhost:http"):
        assert f"--listen is “{place}”; it should be a host and a port" in refused("run", "--listen", place)
    assert "--relay is “x”" in refused("run", "--relay", "x")


def test_two_cannot_listen_at_one_place(ani: Participant) -> None:
    port = free_port()
    with milter_on(port):
        assert f"Nobody can listen at 127.0.0.1:{port}:" in refused("run", "--listen", f"127.0.0.1:{port}")


def test_checking_says_whether_it_works_and_what_postfix_must_be_told(ani: Participant) -> None:
    port = free_port()
    place = f"127.0.0.1:{port}"
    missing = run("check", "--listen", place)
    assert missing.exit_code == 1
    assert f"Nothing listens at {place}" in missing.output
    with milter_on(port):
        found = run("check", "--listen", place)
    assert found.exit_code == 0
    assert found.output.startswith(f"The milter at {place} works")
    assert f"footer_milter = inet:{place}" in found.output
    assert json.loads(run("check", "--listen", place, "--json").output)["trouble"] != ""
