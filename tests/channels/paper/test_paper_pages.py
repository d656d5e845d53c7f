"""The pages from which people print: a participant their own, a brand the campaign's and everybody's."""

from __future__ import annotations

import io
import re
import shutil
import threading
import zipfile
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from paper_reading import link_of, scanned, words_in
from PIL import Image

from builders import a_campaign, a_draft, a_participant
from people import People
from sebar.brands.queries import Membership
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper import orders, service
from sebar.channels.kinds.paper.forms import Form
from sebar.channels.models import Switch
from sebar.kit import codes, config
from sebar.participants.models import Participant
from sebar.portal import print as portal


@pytest.fixture(autouse=True)
def _nothing_ordered() -> None:
    """Campaigns of other tests had the same numbers."""
    shutil.rmtree(config.load().data / "paper", ignore_errors=True)


@pytest.fixture
def person(campaign: Campaign) -> Participant:
    """Somebody with a whole name."""
    return a_participant(campaign, name="Dewi Lestari", external_id="dewi-1")


def signed_in(member: Membership) -> Client:
    """Return a browser in which somebody has signed in."""
    client = Client()
    assert member.user is not None
    client.force_login(member.user)
    return client


def console(name: str, campaign: Campaign) -> str:
    """Return an address of the console."""
    return reverse(f"console:{name}", args=[campaign.brand.slug, campaign.slug])


def the_page(client: Client, campaign: Campaign) -> str:
    """Return the channel's page in the console."""
    answer = client.get(reverse("console:channel", args=[campaign.brand.slug, campaign.slug, "paper"]))
    return b"".join(answer.streaming_content).decode()


def addresses_in(html: str) -> list[str]:
    """Return every address on this page that leads to something printed."""
    return [unescape(one) for one in re.findall(r'(?:href|src)="([^"]*/print/sheet\?[^"]*)"', html)]


def test_a_participant_downloads_every_form_from_the_page(client: Client, person: Participant) -> None:
    code = codes.spell(person.pk)
    answer = client.get(f"/s/{code}/print")
    found = addresses_in(answer.content.decode())
    assert len(found) == 2 * len(Form) + 3
    for address in found:
        file = client.get(address)
        assert file.status_code == 200, address
        if "look" in address:
            assert Image.open(io.BytesIO(file.content)).width == 240
        elif file.headers["Content-Type"] == "application/pdf":
            assert set(scanned(file.content)[0]) == {link_of(person.pk)}
            assert code in file.headers["Content-Disposition"]


def test_nothing_private_is_printed(client: Client, person: Participant) -> None:
    code = codes.spell(person.pk)
    seen = client.get(f"/s/{code}/print").content.decode()
    seen += words_in(client.get(f"/s/{code}/print/sheet").content)
    assert "Dewi" not in seen
    assert "Lestari" not in seen
    assert "dewi-1" not in seen


@pytest.mark.parametrize("language", ["en", "id"])
def test_it_is_printed_in_the_language_of_the_page(client: Client, person: Participant, language: str) -> None:
    code = codes.spell(person.pk)
    page = client.get(f"/s/{code}/print?lang={language}").content.decode()
    address = next(one for one in addresses_in(page) if "form=poster" in one and "look" not in one)
    assert {"en": "Code", "id": "Kode"}[language] in words_in(client.get(address).content)


@pytest.mark.parametrize("address", ["2222222/print", "nonsense/print", "2222222/print/sheet"])
def test_nobodys_code_prints_nothing(client: Client, db: None, address: str) -> None:
    assert client.get(f"/s/{address}").status_code == 404


@pytest.mark.parametrize("form", ["", "book", "../poster", "poster\x00"])
def test_a_form_that_there_is_not_is_not_found(client: Client, people: People, person: Participant, form: str) -> None:
    assert client.get(f"/s/{codes.spell(person.pk)}/print/sheet", {"form": form}).status_code == 404
    assert signed_in(people.bob).get(console("print-sheet", person.campaign), {"form": form}).status_code == 404


def test_what_is_over_or_switched_off_is_not_printed(client: Client, people: People, person: Participant) -> None:
    code = codes.spell(person.pk)
    campaigns.pause(membership=people.alice, slug=person.campaign.slug)
    assert addresses_in(client.get(f"/s/{code}/print").content.decode()) == []
    assert client.get(f"/s/{code}/print/sheet").status_code == 404
    campaigns.resume(membership=people.alice, slug=person.campaign.slug)
    assert client.get(f"/s/{code}/print/sheet").status_code == 200
    qr = Switch.objects.create(campaign=person.campaign, channel="qr", is_on=False)
    assert client.get(f"/s/{code}/print/sheet?form=qr-svg").status_code == 404
    assert "qr-svg" not in client.get(f"/s/{code}/print").content.decode()
    qr.delete()
    Switch.objects.create(campaign=person.campaign, channel="paper", is_on=False)
    assert client.get(f"/s/{code}/print").status_code == 404
    assert client.get(f"/s/{code}/print/sheet").status_code == 404


def test_a_line_that_prints_without_end_is_told_to_wait(
    client: Client, person: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal, "_PACE", portal.Pace(burst=2, per_second=0.001))
    statuses = [client.get(f"/s/{codes.spell(person.pk)}/print/sheet").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_a_brand_prints_the_campaigns_own_draft_or_not(people: People) -> None:
    bob = signed_in(people.bob)
    for campaign in (a_campaign(people.alice), a_draft(people.alice)):
        page = b"".join(
            bob.get(reverse("console:channel", args=[campaign.brand.slug, campaign.slug, "paper"])).streaming_content
        )
        found = [one for one in addresses_in(page.decode()) if "form=" in one]
        assert len(found) == 3 * len(Form)  # one to look at, and a PDF in each of two languages
        address = console("print-sheet", campaign)
        own = f"http://localhost:8000/c/{campaign.slug}?via=paper"
        assert scanned(bob.get(f"{address}?form=tent").content) == [[own, own]]
        assert Image.open(io.BytesIO(bob.get(f"{address}?form=tent&look").content)).width == 320


def test_a_brand_prints_for_one_of_its_participants_and_nobody_elses(people: People, person: Participant) -> None:
    address = f"{console('print-sheet', person.campaign)}?form=postcard&language=id&code="
    vera = signed_in(people.vera)
    for reference in (codes.grouped(person.pk), "dewi-1"):
        file = vera.get(address + reference)
        assert scanned(file.content) == [[link_of(person.pk)]]
        assert "Kode" in words_in(file.content)
    stranger = codes.spell(a_participant(a_campaign(people.charlie)).pk)
    for wrong, said in ((stranger, stranger), ("", "The code is empty")):
        back = vera.get(address + wrong).headers["Location"]
        page = b"".join(vera.get(back).streaming_content).decode()
        alert = re.search(r'role="alert">([^<]*)<', page)
        assert alert is not None
        assert said in alert[1]
        assert f'name="code" type="text" value="{wrong}"' in page
    assert signed_in(people.charlie).get(address + codes.spell(person.pk)).status_code == 404


def test_what_cannot_be_drawn_is_said_beside_the_forms(people: People) -> None:
    texts = {"headline": "Ayo \U00013000", "text": "x", "call_to_action": "x", "share_text": "x"}
    campaign = a_campaign(people.alice, texts={"en": texts}, languages=("en",))
    assert "No font on this server can draw \U00013000." in the_page(signed_in(people.bob), campaign)


def test_everybodys_is_ordered_watched_and_fetched(people: People, person: Participant) -> None:
    bob, address = signed_in(people.bob), console("print", person.campaign)
    assert "Refresh" not in bob.get(address).headers
    answer = bob.post(address, {"what": "qr-svg", "language": "en", "source": "", "first": ""})
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    waiting = bob.get(address)
    assert "<progress" in waiting.content.decode()
    assert waiting.headers["Refresh"] == "2"
    assert 'name="what"' not in waiting.content.decode(), "nothing can be filled in that the next look takes away"
    [(number, order)] = list(orders.waiting())
    service.work_off(number, order, threading.Event())
    ready = bob.get(address)
    assert "Refresh" not in ready.headers
    assert "are deleted as soon as you order something else" in ready.content.decode()
    found = re.search(r'href="(\?file=[^"]+)"', ready.content.decode())
    assert found is not None
    file = bob.get(address + found[1])
    with zipfile.ZipFile(io.BytesIO(file.content)) as bundle:
        assert bundle.namelist() == [f"{codes.spell(person.pk)}.svg"]
    assert signed_in(people.charlie).get(address + found[1]).status_code == 404
    assert bob.post(address, {"withdraw": "1"}).status_code == 302
    assert bob.get(address + found[1]).status_code == 404
    assert orders.look(person.campaign) is None


def test_how_far_it_is_and_what_went_wrong_is_shown(people: People, person: Participant) -> None:
    bob, address = signed_in(people.bob), console("print", person.campaign)
    order = orders.place(person.campaign, what="poster", language="en")
    orders.note(person.campaign_id, orders.State(order.id, people=1))
    assert 'max="1" value="1"' in bob.get(address).content.decode()
    orders.note(person.campaign_id, orders.State(order.id, trouble="No space left on device"))
    shown = bob.get(address)
    assert "No space left on device" in shown.content.decode()
    assert "Refresh" not in shown.headers


def test_an_order_that_cannot_be_is_not_lost(people: People, person: Participant) -> None:
    answer = signed_in(people.bob).post(
        console("print", person.campaign), {"what": "tent", "language": "id", "source": "the fair", "first": "many"}
    )
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "“many” is not a number of people" in html
    assert 'value="the fair"' in html
    assert '<option value="tent" selected>' in html
    assert orders.look(person.campaign) is None


def test_nothing_is_ordered_while_paper_is_off(people: People, person: Participant) -> None:
    Switch.objects.create(campaign=person.campaign, channel="paper", is_on=False)
    bob, address = signed_in(people.bob), console("print", person.campaign)
    assert "Paper is off in this campaign" in bob.get(address).content.decode()
    answer = bob.post(address, {"what": "qr-svg", "language": "en", "source": "", "first": ""})
    assert answer.status_code == 422
    assert orders.look(person.campaign) is None


def test_only_who_may_edit_orders(people: People, person: Participant) -> None:
    address, order = console("print", person.campaign), {"what": "tent", "language": "id"}
    vera = signed_in(people.vera)
    assert "<select" not in vera.get(address).content.decode()
    assert vera.post(address, order).status_code == 403
    assert signed_in(people.charlie).post(address, order).status_code == 404
    assert orders.look(person.campaign) is None
    guarded = Client(enforce_csrf_checks=True)
    assert people.bob.user is not None
    guarded.force_login(people.bob.user)
    assert guarded.post(address, order).status_code == 403
