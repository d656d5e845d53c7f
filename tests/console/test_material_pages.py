"""The pages of material in the console: a form for each kind, and the gallery."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from builders import a_campaign
from material.making import QUIZ as MADE_QUIZ
from material.making import a_clip, a_creative, a_picture, a_zip, finish
from people import People
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.kit import config
from sebar.material import actions, kinds, queries
from sebar.material.models import Creative, State

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_engine")]
QUIZ = {
    "texts.en.title": "Which coffee are you?",
    "texts.id.title": "Kamu kopi yang mana?",
    **{
        f"result.{number}.title.{code}": name
        for number, name in enumerate(("Tubruk", "Latte"))
        for code in ("en", "id")
    },
    "question.0.en": "Morning?",
    "question.0.id": "Pagi?",
    **{f"question.0.{place}.{code}": f"{place}!" for place in (0, 1) for code in ("en", "id")},
    "question.0.0.to": "1",
    "question.0.1.to": "2",
}


def home(campaign: Campaign) -> str:
    return f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/material"


def test_each_kind_has_a_form(alice: Client, campaign: Campaign) -> None:
    for kind in kinds.ALL.values():
        page = alice.get(f"{home(campaign)}/new/{kind.name}")
        assert page.status_code == 200
        assert kind.title in page.content.decode()
    assert alice.get(f"{home(campaign)}/new/hologram").status_code == 404


def test_a_quiz_is_written_answered_and_passed_on(alice: Client, campaign: Campaign) -> None:
    wrong = alice.post(f"{home(campaign)}/new/quiz", {**QUIZ, "question.0.1.en": "", "question.0.1.to": "7"})
    page = wrong.content.decode()
    assert wrong.status_code == 422
    assert "Something is empty here" in page
    assert "leads to a result that is not there" in page
    assert 'value="Which coffee are you?"' in page
    assert alice.post(f"{home(campaign)}/new/quiz", QUIZ).status_code == 302
    (made,) = queries.shown(campaign)
    form = alice.get(f"{home(campaign)}/{made.name}")
    assert form.status_code == 200
    assert '<option value="2" selected>2: Latte</option>' in form.content.decode()
    stranger = Client()
    assert "Morning?" in stranger.get(f"/c/{campaign.slug}?c={made.name}").content.decode()
    address = f"/c/{campaign.slug}/quiz/{made.name}"
    assert "missing=1" in stranger.get(address)["location"]
    assert "missing=1" in stranger.get(f"{address}?q0=2")["location"]
    result = stranger.get(f"{address}?q0=1", follow=True).content.decode()
    assert "Latte" in result
    assert "Tubruk" not in result
    assert stranger.get(f"{address}/3").status_code == 404


def test_a_card_needs_its_picture_and_its_words(alice: Client, campaign: Campaign) -> None:
    words = {f"texts.{code}.line": "{name} saves you a seat" for code in ("en", "id")}
    words |= {f"texts.{code}.title": "A seat" for code in ("en", "id")}
    page = f"{home(campaign)}/new/card"
    assert "There is no file: choose one." in alice.post(page, words).content.decode()
    ground = SimpleUploadedFile("ground.png", a_picture(), "image/png")
    refused = alice.post(page, {**words, "place": "left", "file": ground}).content.decode()
    assert "at the top, in the middle or at the bottom" in refused
    ground.seek(0)
    sent = {**words, "place": "bottom", "colour": "#FFEECC", "file": ground}
    assert alice.post(page, sent).status_code == 302
    (made,) = queries.shown(campaign)
    assert made.content == {"place": "bottom", "colour": "#ffeecc"}
    assert made.files["picture"]


def test_the_gallery_follows_what_is_in_the_works(alice: Client, campaign: Campaign) -> None:
    page = b"".join(alice.get(home(campaign))).decode()  # type: ignore[call-overload]  # streamed
    assert "data-live" not in page
    alice.post(f"{home(campaign)}/new/game", {"texts.en.title": "Beans", "texts.id.title": "Biji", "own": "beans"})
    assert Creative.objects.get().state == State.WORKING
    page = b"".join(alice.get(home(campaign))).decode()  # type: ignore[call-overload]  # streamed
    assert f'data-version-url="{home(campaign)}-version"' in page
    working = alice.get(f"{home(campaign)}-version").json()
    assert "by itself" in working["counted"]
    assert "in the works, 0%" in alice.get(f"{home(campaign)}-panels").content.decode()
    finish()
    ready = alice.get(f"{home(campaign)}-version").json()
    assert ready["version"] != working["version"]
    assert ready["counted"] == ""
    assert "in the works" not in alice.get(f"{home(campaign)}-panels").content.decode()


def test_moving_switching_and_deleting(alice: Client, vera: Client, campaign: Campaign, people: People) -> None:
    for name in ("one", "two"):
        a_creative(people.alice, campaign, name=name)
    alice.post(f"{home(campaign)}/two/act", {"do": "up"})
    assert [one.name for one in queries.of_campaign(campaign)] == ["two", "one"]
    alice.post(f"{home(campaign)}/two/act", {"do": "off"})
    assert [one.name for one in queries.shown(campaign)] == ["one"]
    assert vera.post(f"{home(campaign)}/one/act", {"do": "delete"}).status_code == 403
    alice.post(f"{home(campaign)}/one/act", {"do": "delete"})
    assert [one.name for one in queries.of_campaign(campaign)] == ["two"]


@pytest.mark.parametrize("place", ["material", "material-panels"])
def test_the_gallery_s_buttons_work_in_a_browser(alice: Client, campaign: Campaign, people: People, place: str) -> None:
    for name in ("one", "two"):
        a_creative(people.alice, campaign, name=name)
    browser = Client(enforce_csrf_checks=True)
    browser.cookies.update(alice.cookies)
    answer = browser.get(home(campaign).replace("/material", f"/{place}"))
    page = (b"".join(answer) if answer.streaming else answer.content).decode()  # type: ignore[call-overload]  # streamed
    form = re.search(r'<form[^>]*action="([^"]+/two/act)".*?</form>', page, re.DOTALL)
    assert form is not None
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form[0])
    assert token is not None
    for pressed in ("up", "off"):
        assert f'value="{pressed}"' in form[0]
        sent = {"do": pressed, "csrfmiddlewaretoken": token[1]}
        assert browser.post(form[1], sent, headers={"origin": "http://testserver"}).status_code == 302
    assert [(one.name, one.is_on) for one in queries.of_campaign(campaign)] == [("two", False), ("one", True)]


def test_a_card_is_looked_at_with_its_words_before_anybody_is_shown_it(
    alice: Client, vera: Client, campaign: Campaign, people: People
) -> None:
    a_creative(people.alice, campaign, "card", upload=a_picture())
    actions.switch(membership=people.alice, slug=campaign.slug, name="card", is_on=False)
    page = alice.get(f"{home(campaign)}/card").content.decode()
    for language in campaign.languages:
        assert f'src="{home(campaign)}/card/card?language={language}"' in page
        assert f"form=poster&amp;look&amp;language={language}" in page
    looks = [vera.get(f"{home(campaign)}/card/card?language={language}") for language in ("en", "id")]
    assert {look["content-type"] for look in looks} == {"image/png"}
    with Image.open(io.BytesIO(looks[0].content)) as drawn:
        assert drawn.size == (1200, 630)
    a_creative(people.alice, campaign, "image", upload=a_picture())
    assert alice.get(f"{home(campaign)}/image/card").status_code == 404


def test_what_has_no_picture_is_a_card_with_its_title_in_the_gallery(
    alice: Client, campaign: Campaign, people: People
) -> None:
    a_creative(people.alice, campaign, "quiz", content=MADE_QUIZ)
    a_creative(people.alice, campaign, "image", upload=a_picture())
    panel = alice.get(f"{home(campaign)}-panels").content.decode()
    assert re.findall(r'<img src="[^"]*/material/([^"]*)"', panel) == ["quiz/card?language=en"]
    with Image.open(io.BytesIO(alice.get(f"{home(campaign)}/quiz/card").content)) as drawn:
        assert drawn.size == (1200, 630)


def test_a_cover_comes_before_the_one_in_the_zip_and_stays_with_another_zip(alice: Client, campaign: Campaign) -> None:
    def send(place: str, **files: object) -> HttpResponse:
        answer = alice.post(f"{home(campaign)}/{place}", {"texts.en.title": "Beans", "texts.id.title": "Biji", **files})
        finish()
        return answer

    def picture() -> str:
        found = queries.picture(Creative.objects.get())
        return found.webp if found else ""

    send("new/game", own="beans")
    in_the_zip = picture()
    assert in_the_zip
    refused = send("beans", cover=SimpleUploadedFile("cover.png", b"GIF89a"))
    assert "The image cannot be read" in refused.content.decode()
    assert picture() == in_the_zip
    send("beans", cover=SimpleUploadedFile("cover.jpg", a_picture()))
    beside = picture()
    assert beside not in {"", in_the_zip}
    assert f"/media/{beside}" in alice.get(f"{home(campaign)}-panels").content.decode()
    send("beans", own="pairs")
    assert picture() == beside


def test_captions_are_named_and_taken_away(alice: Client, campaign: Campaign, people: People, tmp_path: Path) -> None:
    a_creative(people.alice, campaign, "video", upload=a_clip(tmp_path))
    words = {f"texts.{code}.title": "Our kitchen" for code in ("en", "id")}

    def send(**fields: object) -> str:
        sent = words | {name.replace("_", "."): value for name, value in fields.items()}
        answer = alice.post(f"{home(campaign)}/video", sent)
        page = alice.get(f"{home(campaign)}/video") if answer.status_code == 302 else answer
        return page.content.decode()

    def a_file(written: str = "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n") -> SimpleUploadedFile:
        return SimpleUploadedFile("words.vtt", written.encode(), "text/vtt")

    assert "Take these captions away" not in alice.get(f"{home(campaign)}/video").content.decode()
    page = send(captions_en=a_file(), captions_id=a_file())
    assert page.count("Take these captions away") == 2
    (made,) = queries.shown(campaign)
    assert f'href="/captions/{made.files["captions"]["en"]}"' in page
    assert send(captions_en_none="1").count("Take these captions away") == 1
    made.refresh_from_db()
    assert (set(made.files["captions"]), made.state) == ({"id"}, State.READY)
    assert send(captions_id_none="1", captions_en=a_file("Hi")).count('<p class="error">') == 1
    send(captions_id_none="1")
    made.refresh_from_db()
    assert "captions" not in made.files
    assert "clip" in made.files


def test_a_game_is_told_the_language_of_its_page(campaign: Campaign, people: People) -> None:
    a_creative(people.alice, campaign, "game", upload=a_zip({"index.html": "x"}))
    for language in campaign.languages:
        assert f'data-language="{language}"' in Client().get(f"/c/{campaign.slug}?lang={language}").content.decode()


def test_the_line_under_an_e_mail_is_the_one_that_goes_out(alice: Client, campaign: Campaign, people: People) -> None:
    own = {"title": "A story", "long": "Once upon a time.", "short": "A story in one line."}
    a_creative(people.alice, campaign, "text", name="story", texts={"en": own, "id": own})
    page = alice.get(f"{home(campaign)}/story").content.decode()
    line = "A story in one line. http://localhost:8000/r/k7m2fqx?c=story&amp;via=footer"
    assert page.count(line) == len(campaign.languages)
    channel = alice.get(f"{home(campaign).removesuffix('/material')}/channels/footer")
    assert line in b"".join(channel).decode()  # type: ignore[call-overload]  # streamed


def values(page: str, name: str) -> list[str]:
    """Return what stands in the fields of a form whose name ends so, in the order of the page."""
    fields = re.findall(rf'<input id="[^"]*{name}" [^>]*value="([^"]*)"', page)
    return [one for one in fields if one]


def leads(page: str) -> list[str]:
    """Return where each answer leads, as the form shows it."""
    chosen = re.findall(r'<select id="question\.\d+\.\d+\.to".*?</select>', page)
    return [found[1] for one in chosen if (found := re.search(r'<option value="\d?" selected>(.)', one))]


@pytest.mark.parametrize(
    ("part", "results", "to"),
    [
        ("down result.0", ["Latte", "Tubruk"], ["2", "1"]),
        ("up result.1", ["Latte", "Tubruk"], ["2", "1"]),
        ("remove result.0", ["Latte"], ["–", "1"]),
        ("up result.0", ["Tubruk", "Latte"], ["1", "2"]),
        ("more result", ["Tubruk", "Latte"], ["1", "2"]),
    ],
)
def test_results_are_put_in_order_and_answers_go_on_leading_to_theirs(
    alice: Client, campaign: Campaign, part: str, results: list[str], to: list[str]
) -> None:
    answer = alice.post(f"{home(campaign)}/new/quiz", {**QUIZ, "name": "mine", "part": part})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert values(page, r"title\.en") == results
    assert leads(page)[:2] == to
    assert 'value="mine"' in page
    assert "Not saved yet" in page
    assert not Creative.objects.exists()


def test_answers_and_questions_are_moved_removed_and_added(alice: Client, campaign: Campaign) -> None:
    two = {
        **QUIZ,
        "question.1.en": "Milk?",
        "question.1.id": "Susu?",
        "question.1.0.en": "Yes",
        "question.1.0.id": "Ya",
    }

    def after(part: str) -> str:
        return alice.post(f"{home(campaign)}/new/quiz", {**two, "part": part}).content.decode()

    assert values(after("down question.0"), r"question\.\d\.en") == ["Milk?", "Morning?"]
    assert values(after("remove question.0"), r"question\.\d\.en") == ["Milk?"]
    moved = after("down question.0.0")
    assert values(moved, r"question\.0\.\d\.en") == ["1!", "0!"]
    assert leads(moved)[:2] == ["2", "1"], "an answer takes along where it leads"
    assert values(after("remove question.0.1"), r"question\.0\.\d\.en") == ["0!"]
    for part, name in (("more question", "question.3.en"), ("more question.0", "question.0.4.en")):
        shown = alice.post(
            f"{home(campaign)}/new/quiz", {**two, "question.2.en": "", "question.0.3.en": "", "part": part}
        )
        assert f'id="{name}"' in shown.content.decode()
    for nonsense in ("up", "up question", "sideways result.0", "remove texts.en", "more " + "x" * 99):
        assert alice.post(f"{home(campaign)}/new/quiz", {"part": nonsense}).status_code == 422
    assert alice.post(f"{home(campaign)}/new/quiz", {**two, "part": "down result.77"}).status_code == 200


def test_an_empty_result_between_others_takes_no_answer_elsewhere(alice: Client, campaign: Campaign) -> None:
    gap = {
        f"result.{number}.title.{code}": name for number, name in ((0, "Tubruk"), (2, "Latte")) for code in ("en", "id")
    }
    sent = {name: value for name, value in QUIZ.items() if not name.startswith("result.")} | gap
    assert alice.post(f"{home(campaign)}/new/quiz", {**sent, "question.0.1.to": "3"}).status_code == 302
    (made,) = queries.shown(campaign)
    assert [one["to"] for one in made.content["questions"][0]["answers"]] == [0, 1]
    refused = alice.post(f"{home(campaign)}/new/quiz", {**sent, "question.0.1.to": "2"})
    assert "leads to a result that is not there" in refused.content.decode()


def test_where_answers_lead_is_not_lost_before_the_results_are_written(alice: Client, campaign: Campaign) -> None:
    sent = {name: value for name, value in QUIZ.items() if not name.startswith("result.")}
    page = alice.post(f"{home(campaign)}/new/quiz", {**sent, "part": "more question"}).content.decode()
    assert leads(page)[:2] == ["1", "2"]


def test_a_page_offers_what_can_be_shown_and_names_what_cannot(
    alice: Client, campaign: Campaign, people: People
) -> None:
    a_creative(people.alice, campaign, "text", name="story")
    a_creative(people.alice, campaign, "image", name="cup", upload=a_picture())
    blocks = [{"kind": "creative", "creative": name} for name in ("cup", "story")]
    a_creative(people.alice, campaign, "page", name="all", content={"blocks": blocks})
    whole = alice.get(f"{home(campaign)}/all").content.decode()
    assert "people see the page without it" not in whole
    Creative.objects.filter(name="cup").update(state=State.REFUSED)
    assert ">cup</option>" not in alice.get(f"{home(campaign)}/new/page").content.decode()
    shown = alice.get(f"{home(campaign)}/all").content.decode()
    assert "“cup” cannot be used: people see the page without it." in shown
    assert "<option selected>cup</option>" in shown
    Creative.objects.filter(name="story").delete()
    assert "“story” is not there any more" in alice.get(f"{home(campaign)}/all").content.decode()
    Creative.objects.filter(name="cup").update(state=State.WORKING)
    assert "“cup” is still in the works" in alice.get(f"{home(campaign)}/all").content.decode()
    assert ">cup</option>" in alice.get(f"{home(campaign)}/new/page").content.decode()


def test_a_page_of_which_nothing_is_left_gives_way_to_the_campaign_s_picture(people: People) -> None:
    campaign = a_campaign(people.alice)
    picture = images.store(a_picture(), config.load().media)
    campaign = campaigns.dress(membership=people.alice, slug=campaign.slug, image=picture)
    a_creative(people.alice, campaign, "image", name="cup", upload=a_picture())
    a_creative(
        people.alice, campaign, "page", name="all", content={"blocks": [{"kind": "creative", "creative": "cup"}]}
    )
    address = f"/c/{campaign.slug}?c=all"
    assert '<img class="picture"' not in Client().get(address).content.decode()
    Creative.objects.filter(name="cup").update(state=State.REFUSED)
    assert '<img class="picture"' in Client().get(address).content.decode()


def test_enter_in_a_field_saves_and_moves_nothing(alice: Client, campaign: Campaign) -> None:
    page = alice.get(f"{home(campaign)}/new/quiz").content.decode()
    form = page[page.index("data-upload-form") :]
    first = re.search(r"<button([^>]*)>", form)
    assert first is not None
    assert 'name="part"' not in first[1]
    assert "up result.1" in form
    assert "up result.0" not in form
