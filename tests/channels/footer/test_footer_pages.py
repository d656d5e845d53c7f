"""The pages of the footer: the participant's, where a mailbox is named and switched, and the console's."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from footer_beside import a_sender

from builders import a_campaign, a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels.actions import switch
from sebar.channels.kinds.footer import actions, queries, rules
from sebar.channels.kinds.footer.models import FooterSender
from sebar.channels.kinds.footer.reasons import Reason
from sebar.participants.models import Participant
from sebar.participants.queries import personal_secret

pytestmark = pytest.mark.django_db
ANI = "ani@example.com"


@pytest.fixture
def ani(campaign: Campaign) -> Participant:
    """A participant."""
    return a_participant(campaign, name="Ani")


def address(participant: Participant) -> str:
    """Return where the participant's page is."""
    return f"/me/{personal_secret(participant)}/footer"


def page(client: Client, participant: Participant) -> str:
    """Return the page."""
    answer = client.get(address(participant))
    assert answer.status_code == 200
    return answer.content.decode()


def test_people_see_the_footer_exactly_as_it_will_look_before_anything_else(client: Client, ani: Participant) -> None:
    html = page(client, ani)
    footer = queries.footer_of(ani)
    assert "\n".join(footer.plain()) in html
    assert f"{footer.text} <u>{footer.shown_link}</u>" in html
    assert FooterSender.objects.count() == 0


def test_naming_proving_and_switching_a_mailbox(client: Client, ani: Participant) -> None:
    where = address(ani)
    answer = client.post(where, {"do": "name", "address": " Ani@Example.com"})
    assert (answer.status_code, answer.headers["Location"]) == (303, where)
    sender = FooterSender.objects.get(participant=ani)
    token = rules.token(ani.pk, sender.address_hash).upper()
    assert f"{token[:3]} {token[3:]}" in page(client, ani)
    assert queries.standing(ANI).footer is None

    actions.prove(sender=sender)
    assert "Your mailbox carries it." in page(client, ani)
    client.post(where, {"do": "off"})
    assert "It is switched off." in page(client, ani)
    assert queries.standing(ANI).footer is None
    client.post(where, {"do": "on"})
    assert queries.standing(ANI).footer is not None


def test_nobody_switches_on_a_mailbox_that_is_not_proved(client: Client, ani: Participant) -> None:
    client.post(address(ani), {"do": "name", "address": ANI})
    answer = client.post(address(ani), {"do": "on"})
    assert answer.status_code == 422
    assert "not proved to be yours yet" in answer.content.decode()
    assert queries.standing(ANI).footer is None


@pytest.mark.parametrize("typed", ["", "ani", "a@b@c.d", "<script>@example.com", "x\0@example.com"])
def test_what_is_no_address_comes_back_with_one_sentence(client: Client, ani: Participant, typed: str) -> None:
    answer = client.post(address(ani), {"do": "name", "address": typed})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'id="address-words">' in html
    assert "<script>@" not in html
    assert FooterSender.objects.count() == 0


def test_the_page_says_what_became_of_mail_and_keeps_the_address_to_nobody(client: Client, ani: Participant) -> None:
    client.post(address(ani), {"do": "name", "address": ANI})
    sender = FooterSender.objects.get(participant=ani)
    actions.prove(sender=sender)
    actions.count(mails={(sender.pk, "added"): 1234, (sender.pk, "signed"): 3}, threads=())
    html = page(client, ani)
    assert "It stands under 1,234 mails so far." in html
    assert f"3 · {Reason.SIGNED.words}" in html
    assert ANI not in html


def test_looking_changes_nothing_and_strangers_find_nothing(client: Client, ani: Participant) -> None:
    for query in ("?do=name&address=ani@example.com", "?do=on"):
        client.get(address(ani) + query)
    assert FooterSender.objects.count() == 0
    wrong = address(ani).replace("/footer", "x/footer")
    assert client.get(wrong).status_code == 404
    assert client.post(wrong, {"do": "name", "address": ANI}).status_code == 404
    assert Client(enforce_csrf_checks=True).post(address(ani), {"do": "name", "address": ANI}).status_code == 403
    assert FooterSender.objects.count() == 0


def test_nothing_is_offered_where_the_campaign_has_switched_it_off(
    client: Client, campaign: Campaign, ani: Participant
) -> None:
    switch(campaign=campaign, channel="footer", is_on=False)
    answer = client.get(address(ani))
    assert answer.status_code == 404
    assert "puts nothing under mail" in answer.content.decode()


def test_the_style_of_the_preview_is_let_through(client: Client, ani: Participant) -> None:
    answer = client.get(address(ani))
    policy = answer.headers["Content-Security-Policy"]
    assert answer.content.decode().count("<style>") == policy.count("'sha256-") == 2


def test_the_console_shows_mailboxes_reasons_and_the_lines_for_postfix(client: Client, people: People) -> None:
    campaign = a_campaign(people.alice)
    sender = FooterSender.objects.get(participant=a_sender(campaign))
    waiting = a_participant(campaign)
    actions.enrol(participant=waiting, address="budi@example.com")
    actions.count(mails={(sender.pk, "added"): 7, (sender.pk, "calendar"): 2}, threads=())
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    answer = client.get(f"/console/brands/{people.alice.brand.slug}/campaigns/{campaign.slug}/channels/footer")
    html = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)", html))
    assert {name: facts[name] for name in ("Carry the footer", "Waiting for proof", "Footers added")} == {
        "Carry the footer": "1",
        "Waiting for proof": "1",
        "Footers added": "7",
    }
    assert f"<b>2</b> {Reason.CALENDAR.words}" in html
    for line in ("non_smtpd_milters = $footer_milter, $dkim_milter", "milter_default_action = accept", "?via=footer"):
        assert line in html
