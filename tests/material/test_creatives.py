"""Creatives: what can be made, what is refused, and what each campaign shows."""

from __future__ import annotations

import re
import resource
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from builders import a_campaign, a_participant
from material.making import QUIZ, a_clip, a_creative, a_form, a_picture, a_zip, finish, sent
from people import People
from sebar.brands import audit
from sebar.campaigns.models import Campaign
from sebar.kit import config
from sebar.kit.errors import NotAllowed, NotFound, UserError, UserErrors
from sebar.material import actions, captions, film, jobs, kinds, queries, rules, uploads
from sebar.material.kinds import quiz
from sebar.material.models import State
from sebar.material.queries import creative_for
from sebar.portal import material as shown_material

pytestmark = pytest.mark.django_db


def refused(**entered: object) -> dict[str, str]:
    with pytest.raises(UserErrors) as caught:
        actions.make(**entered)  # type: ignore[arg-type]  # what a test enters is wrong on purpose
    return caught.value.by_field()


def test_every_kind_can_be_made(people: People, campaign: Campaign, tmp_path: Path) -> None:
    before = set(uploads.folder().glob("*"))
    files = {"game": a_zip({"index.html": "x"}), "image": a_picture(), "card": a_picture()}
    if film.is_installed():
        files["video"] = a_clip(tmp_path)
    for kind in kinds.ALL:
        if kind not in {"page", "video"} or kind in files:
            a_creative(people.bob, campaign, kind, upload=files.get(kind))
    a_creative(people.bob, campaign, "page", content={"blocks": [{"kind": "creative", "creative": "image"}]})
    made = queries.of_campaign(campaign)
    assert {one.state for one in made} == {State.READY}
    assert [one.position for one in made] == list(range(1, len(made) + 1))
    assert set(uploads.folder().glob("*")) == before


def test_who_may_not_edit_makes_nothing(people: People, campaign: Campaign) -> None:
    for member, error in ((people.vera, NotAllowed), (people.charlie, NotFound)):
        with pytest.raises(error):
            actions.make(membership=member, slug=campaign.slug, kind="text", form=a_form("text"))


def test_wrong_input_is_named_field_by_field(people: People, campaign: Campaign) -> None:
    texts = {"en": {"title": "", "long": "x" * 4001}, "id": {"title": "a", "long": "b"}}
    form = a_form("text", name="Not A Name", texts=texts)
    said = refused(membership=people.bob, slug=campaign.slug, kind="text", form=form)
    assert set(said) == {"name", "texts.en.title", "texts.en.long"}


def test_a_name_is_taken_once_and_stays(people: People, campaign: Campaign) -> None:
    a_creative(people.bob, campaign, name="story")
    assert set(refused(membership=people.bob, slug=campaign.slug, kind="text", form=a_form("text", "story"))) == {
        "name"
    }
    with pytest.raises(UserErrors, match="fixed"):
        actions.change(membership=people.bob, slug=campaign.slug, name="story", form=a_form("text", "other"))


def test_the_link_decides_what_is_shown_if_it_can_be(people: People, campaign: Campaign) -> None:
    assert creative_for(campaign, "") is None
    for name in ("one", "two", "three"):
        a_creative(people.bob, campaign, name=name)

    def shown(c: str) -> str:
        found = creative_for(campaign, c)
        return found.name if found else ""

    assert (shown(""), shown("two"), shown("nothing")) == ("one", "two", "one")
    actions.switch(membership=people.bob, slug=campaign.slug, name="two", is_on=False)
    assert shown("two") == "one"
    actions.move(membership=people.bob, slug=campaign.slug, name="three", by=-2)
    assert shown("") == "three"
    actions.remove(membership=people.bob, slug=campaign.slug, name="three")
    assert shown("three") == "one"


def test_a_link_names_what_its_owner_saw_or_what_stands_first(people: People, campaign: Campaign) -> None:
    assert queries.link(campaign, "k7m2fqx").endswith("/r/k7m2fqx")
    for name in ("one", "two"):
        a_creative(people.bob, campaign, name=name)
    assert queries.link(campaign, "k7m2fqx").endswith("/r/k7m2fqx?c=one")
    assert queries.link(campaign, "k7m2fqx", "two").endswith("/r/k7m2fqx?c=two")
    actions.switch(membership=people.bob, slug=campaign.slug, name="two", is_on=False)
    assert queries.link(campaign, "k7m2fqx", "two").endswith("/r/k7m2fqx?c=one")


def test_another_campaigns_creative_is_never_shown(people: People, campaign: Campaign) -> None:
    a_creative(people.bob, campaign, name="ours")
    assert creative_for(a_campaign(people.charlie), "ours") is None


def test_decisions_are_in_the_audit_log(people: People, campaign: Campaign) -> None:
    a_creative(people.bob, campaign, name="story")
    actions.switch(membership=people.bob, slug=campaign.slug, name="story", is_on=False)
    actions.remove(membership=people.bob, slug=campaign.slug, name="story")
    verbs = {one.verb for one in audit.entries(people.alice, subject=campaign.slug)}
    assert verbs >= {"material.made", "material.switched_off", "material.deleted"}


def test_a_picture_is_made_anew_without_what_cameras_write(people: People, campaign: Campaign) -> None:
    creative = a_creative(people.bob, campaign, "image", upload=a_picture(2000, 900))
    media = config.load().media
    names = [creative.files["picture"], *creative.files["sizes"]]
    assert [name.partition("-")[2] for name in creative.files["sizes"]] == [
        "480x216.webp",
        "960x432.webp",
        "1600x720.webp",
    ]
    for name in names:
        content = (media / name).read_bytes()
        assert content[8:12] == b"WEBP"
        assert b"SecretCamera" not in content


def test_a_cover_in_a_game_s_zip_is_made_anew(people: People, campaign: Campaign) -> None:
    packed = a_zip({"index.html": "x", "cover.jpg": a_picture()})
    found = queries.picture(a_creative(people.bob, campaign, "game", upload=packed))
    assert found is not None
    for name in (found.webp, found.avif, found.og):
        assert b"SecretCamera" not in (config.load().media / name).read_bytes()
    assert (
        queries.picture(a_creative(people.bob, campaign, "game", name="bare", upload=a_zip({"index.html": "x"})))
        is None
    )
    deep = a_zip({"index.html": "x", "art/cover.jpg": a_picture()})
    assert queries.picture(a_creative(people.bob, campaign, "game", name="deep", upload=deep)) is None


def test_a_cover_that_is_no_picture_is_named(people: People, campaign: Campaign) -> None:
    wrong = a_creative(people.bob, campaign, "game", upload=a_zip({"index.html": "x", "cover.png": b"<svg>"}))
    assert wrong.state == State.REFUSED
    assert "“cover.png” in the zip is no picture that can be used" in wrong.trouble_words
    said = refused(membership=people.bob, slug=campaign.slug, kind="text", form=a_form("text"), cover=sent(a_picture()))
    assert said == {"cover": "Only a game takes a cover: leave it out."}


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"\xff\xd8\xff\xe0<html><script>alert(1)</script>",
        b"<html></html>",
        a_zip({"index.html": "x"}),
    ],
    ids=["script in SVG", "polyglot", "page", "archive"],
)
def test_what_is_no_picture_is_refused(people: People, campaign: Campaign, content: bytes) -> None:
    form = a_form("image")
    said = refused(membership=people.bob, slug=campaign.slug, kind="image", form=form, upload=sent(content))
    assert set(said) == {"file"}
    assert queries.of_campaign(campaign) == []


def test_a_script_behind_a_picture_is_gone_after_it_was_made_anew(people: People, campaign: Campaign) -> None:
    creative = a_creative(people.bob, campaign, "image", upload=a_picture() + b"<script>alert(1)</script>")
    for name in (creative.files["picture"], *creative.files["sizes"]):
        assert b"<script" not in (config.load().media / name).read_bytes()


@pytest.mark.skipif(not film.is_installed(), reason="ffmpeg is not here")
def test_a_clip_is_made_fit_for_phones(people: People, campaign: Campaign, tmp_path: Path) -> None:
    creative = a_creative(people.bob, campaign, "video", upload=a_clip(tmp_path, size="1920x1080"))
    assert (creative.state, creative.trouble_words) == (State.READY, "")
    clip = config.load().media / "clips" / creative.files["clip"]
    assert film.probe(clip) == film.Film(pytest.approx(2, abs=0.2), 1280, 720)
    content = clip.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # it plays before it is all there
    assert b"SecretPlace" not in content
    assert b"avc1" in content


@pytest.mark.skipif(not film.is_installed(), reason="ffmpeg is not here")
@pytest.mark.parametrize(
    ("content", "is_seen_at_once"),
    [
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", True),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", True),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(400), False),
        (b"\x1aE\xdf\xa3" + b"\xff" * 400, False),
        (b"GIF89a" + bytes(400), False),
    ],
    ids=["playlist", "list of files", "broken header", "broken container", "other picture"],
)
def test_what_is_no_clip_is_refused_in_words(
    people: People, campaign: Campaign, content: bytes, is_seen_at_once: bool
) -> None:
    form, upload = a_form("video"), sent(content)
    if is_seen_at_once:
        said = refused(membership=people.bob, slug=campaign.slug, kind="video", form=form, upload=upload)
        assert "cannot be read" in said["file"]
        return
    creative = actions.make(membership=people.bob, slug=campaign.slug, kind="video", form=form, upload=upload)
    finish()
    creative.refresh_from_db()
    assert creative.state == State.REFUSED
    assert "cannot be read" in creative.trouble_words
    assert creative_for(campaign, creative.name) is None


@pytest.mark.skipif(not film.is_installed(), reason="ffmpeg is not here")
def test_a_clip_cut_off_in_the_middle_is_shown_as_far_as_it_goes_or_refused(
    people: People, campaign: Campaign, tmp_path: Path
) -> None:
    whole = a_clip(tmp_path, seconds=3)
    creative = a_creative(people.bob, campaign, "video", upload=whole[: len(whole) // 2])
    assert creative.state in {State.READY, State.REFUSED}


def test_without_ffmpeg_a_clip_is_refused_clearly(
    people: People, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    form = a_form("video")
    said = refused(membership=people.bob, slug=campaign.slug, kind="video", form=form, upload=sent(b"0000ftyp"))
    assert "ffmpeg" in said["file"]


def test_a_worker_that_died_begins_again(people: People, campaign: Campaign) -> None:
    form, upload = a_form("game"), sent(a_zip({"index.html": "x"}))
    creative = actions.make(membership=people.bob, slug=campaign.slug, kind="game", form=form, upload=upload)
    jobs.Making()  # it dies before its first turn
    assert creative_for(campaign, "game") is None
    finish()
    assert creative_for(campaign, "game") == creative


def test_captions_are_kept_as_times_and_words_only() -> None:
    written = (
        "WEBVTT\n\nSTYLE\n::cue{background:url(http://evil.example)}\n\n1\n00:01.000 --> 00:02.500 line:0\n<b>Hi</b>\n"
    )
    assert captions.tidy(written.encode(), field="f") == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHi\n"
    srt = "1\r\n00:00:01,000 --> 00:00:02,000\r\nHalo\r\n"
    assert captions.tidy(srt.encode(), field="f") == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHalo\n"


@pytest.mark.parametrize(
    "written",
    [b"", b"WEBVTT", b"\xff\xfe", b"WEBVTT\n\nHello", b"WEBVTT\n\n00:05.000 --> 00:01.000\nx", b"x" * 400_000],
)
def test_captions_that_are_none_are_refused(written: bytes) -> None:
    with pytest.raises(UserError, match="captions"):
        captions.tidy(written, field="captions.en")


def test_two_gigabytes_are_refused_before_any_of_it_comes(people: People) -> None:
    before = set(uploads.folder().glob("*"))
    for kind in ("video", "game", "image"):
        with pytest.raises(UserError, match="at most"):
            uploads.begin(people.alice.brand.pk, kinds.ALL[kind], 2 * 1024**3, used=0)
    assert set(uploads.folder().glob("*")) == before


def test_pieces_make_a_whole_without_anybody_holding_it(people: People) -> None:
    brand, size = people.alice.brand.pk, 64 * 1024**2
    mark = uploads.begin(brand, kinds.ALL["video"], size, used=0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    piece = bytes(uploads.PIECE)
    for at in range(0, size, uploads.PIECE):
        assert uploads.add(brand, mark, at, piece) == at + uploads.PIECE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024  # kB
    path = uploads.whole(brand, mark)
    assert path.stat().st_size == size
    path.unlink()


def test_a_piece_belongs_to_its_brand_and_its_place(people: People) -> None:
    brand = people.alice.brand.pk
    mark = uploads.begin(brand, kinds.ALL["image"], 10, used=0)
    assert uploads.add(brand, mark, 0, b"12345") == 5
    assert uploads.add(brand, mark, 0, b"12345") == 5  # sent again
    with pytest.raises(NotFound):
        uploads.add(people.charlie.brand.pk, mark, 5, b"67890")
    for at, piece in ((7, b"1"), (5, b"678901")):
        with pytest.raises(UserError, match="follow"):
            uploads.add(brand, mark, at, piece)
    with pytest.raises(UserError, match="whole"):
        uploads.whole(brand, mark)
    for wrong in ("../../etc/passwd", "*", "0" * 32):
        with pytest.raises(NotFound):
            uploads.add(brand, wrong, 0, b"1")
    uploads.add(brand, mark, 5, b"67890")
    assert uploads.whole(brand, mark).read_bytes() == b"1234567890"
    uploads.whole(brand, mark).unlink()


def test_a_brand_has_so_much_room_and_no_more(people: People) -> None:
    with pytest.raises(UserError, match="delete something"):
        uploads.begin(people.alice.brand.pk, kinds.ALL["image"], 5, used=rules.QUOTA - 1)


def test_what_nobody_names_is_swept_out_after_a_day(people: People, campaign: Campaign) -> None:
    kept = a_creative(people.bob, campaign, "game", name="kept", upload=a_zip({"index.html": "kept"}))
    gone = a_creative(people.bob, campaign, "game", name="gone", upload=a_zip({"index.html": "gone"}))
    actions.remove(membership=people.bob, slug=campaign.slug, name="gone")
    homes = [config.load().media / "games" / one.files["game"] for one in (kept, gone)]
    jobs.sweep()
    assert all(home.is_dir() for home in homes)
    for home in homes:
        _age(home)
    jobs.sweep()
    assert [home.is_dir() for home in homes] == [True, False]


def _age(path: Path) -> None:
    import os  # noqa: PLC0415 - for this one call

    os.utime(path, (0, 0))


def test_the_most_points_are_kept_and_bounded(people: People, campaign: Campaign) -> None:
    game = a_creative(people.bob, campaign, "game", upload=a_zip({"index.html": "x"}))
    dewi = a_participant(campaign, name="Dewi")
    kept = [actions.keep_score(creative=game, participant=dewi.pk, score=score) for score in (5, 42, 7, 10**12, -3)]
    assert kept == [5, 42, 42, rules.MOST_POINTS, rules.MOST_POINTS]
    assert queries.best(game, dewi.pk) == rules.MOST_POINTS


@pytest.mark.parametrize(("chosen", "result"), [((0, 0), 0), ((1, 1), 1), ((0, 1), 0), ((1, 0), 1)])
def test_most_points_decide_a_quiz(chosen: tuple[int, ...], result: int) -> None:
    assert quiz.result_of(QUIZ, chosen) == result


def test_a_quiz_says_what_it_lacks(people: People, campaign: Campaign) -> None:
    content = {"results": QUIZ["results"][:1], "questions": [{**QUIZ["questions"][0], "answers": []}]}
    said = refused(membership=people.bob, slug=campaign.slug, kind="quiz", form=a_form("quiz", content=content))
    assert set(said) == {"result.0.title", "question.0.0"}


def test_a_result_that_no_answer_leads_to_is_refused(people: People, campaign: Campaign) -> None:
    third = {"title": {"en": "Mocha", "id": "Mocha"}, "text": {}}
    content = {**QUIZ, "results": [*QUIZ["results"], third]}
    said = refused(membership=people.bob, slug=campaign.slug, kind="quiz", form=a_form("quiz", content=content))
    assert said == {"result.2.title": "No answer leads to result 3: let one lead there, or empty the result."}


def test_a_campaign_has_so_many_creatives_and_no_more(people: People, campaign: Campaign) -> None:
    for number in range(rules.MOST):
        actions.make(membership=people.bob, slug=campaign.slug, kind="text", form=a_form("text", f"t{number}"))
    assert set(refused(membership=people.bob, slug=campaign.slug, kind="text", form=a_form("text", "more"))) == {"name"}


@pytest.mark.parametrize(
    ("kind", "entered", "says"),
    [
        ("card", {"line": "hello"}, "so it would be the same for everybody: write {name} in it"),
        ("card", {"line": "{nama} menunggu"}, "“{nama}”, and nothing is filled in for that: write {name}"),
        ("card", {"line": "{name} waits", "title": "A seat by {name}"}, "“{name}”, and nothing is filled in for that"),
        ("game", {"share": "I made {skor}: beat it"}, "write {score}, or take it out"),
        ("text", {"share": "I made {score}"}, "“Message people pass on (Bahasa Indonesia)” has “{score}”"),
    ],
)
def test_what_is_never_filled_in_is_refused(
    people: People, campaign: Campaign, kind: str, entered: dict[str, str], says: str
) -> None:
    right = a_form(kind)
    texts = {"en": right.texts["en"], "id": {**right.texts["id"], **entered}}
    said = refused(membership=people.bob, slug=campaign.slug, kind=kind, form=a_form(kind, texts=texts))
    (field,) = {f"texts.id.{name}" for name in entered} & set(said)
    assert says in said[field]
    assert not [name for name in said if name.startswith("texts.") and name != field]


def test_what_is_switched_off_is_gone_from_pages_too(people: People, campaign: Campaign) -> None:
    a_creative(people.bob, campaign, "image", upload=a_picture())
    blocks = [
        {"kind": "creative", "words": {}, "creative": "image"},
        {"kind": "text", "words": {"en": "Hi", "id": "Hai"}},
    ]
    page = a_creative(people.bob, campaign, "page", content={"blocks": blocks})
    assert [kind for kind, _words, _other in shown_material.piece(page).blocks] == ["creative", "text"]
    actions.switch(membership=people.bob, slug=campaign.slug, name="image", is_on=False)
    assert [kind for kind, _words, _other in shown_material.piece(page).blocks] == ["text"]
    assert not queries.shows_more_than_words(campaign)
    browser = Client()
    browser.force_login(people.bob.user)
    form = browser.get(
        f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/material/page"
    ).content.decode()
    assert "“image” is switched off: people see the page without it." in form


def test_a_form_keeps_the_game_and_the_files_that_came_with_it(people: People, campaign: Campaign) -> None:
    browser = Client()
    browser.force_login(people.bob.user)
    base = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/material/new"
    titles = {f"texts.{language}.title": "Beans" for language in campaign.languages}
    wrong = browser.post(f"{base}/game", {"texts.en.title": "Beans", "own": "beans", "cover": _file()})
    assert wrong.status_code == 422
    shown = wrong.content.decode()
    assert 'value="beans" checked' in shown
    mark = re.search(r'name="cover_mark" value="([0-9a-f]{32})"', shown)
    assert mark is not None
    browser.post(f"{base}/game", {**titles, "own": "beans", "cover_mark": mark[1], "name": "beans"})
    finish()
    game = queries.find(campaign, "beans")
    assert (game.state, "cover" in game.files) == (State.READY, True)
    wrong = browser.post(f"{base}/image", {"file": _file(), "texts.en.alt": "A cup", "name": "No spaces here!"})
    mark = re.search(r'name="upload" value="([0-9a-f]{32})"', wrong.content.decode())
    assert mark is not None
    alts = {f"texts.{language}.alt": "A cup" for language in campaign.languages}
    browser.post(f"{base}/image", {**alts, "upload": mark[1], "name": "cup"})
    assert queries.find(campaign, "cup").state == State.READY


def _file() -> SimpleUploadedFile:
    return SimpleUploadedFile("cup.png", a_picture(), "image/png")


def test_the_page_of_a_result_has_a_card_to_be_passed_on_with(people: People, campaign: Campaign) -> None:
    a_creative(people.bob, campaign, "quiz")
    page = Client().get(f"/c/{campaign.slug}/quiz/quiz/1?lang=en").content.decode()
    assert '<meta property="og:title" content="Espresso">' in page
    shown = re.search(r'<meta property="og:image" content="https?://[^/]+(/[^"]+)">', page)
    assert shown is not None
    assert Client().get(shown[1])["Content-Type"].startswith("image/")
