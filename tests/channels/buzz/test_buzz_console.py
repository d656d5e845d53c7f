"""The inbox, the sources and the rules in the console."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from posixpath import normpath
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from builders import a_campaign, emitted
from people import People
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.buzz import actions, files, queries
from sebar.channels.kinds.buzz.models import BuzzRule, BuzzSource, Mention
from sebar.channels.kinds.buzz.rules import Heard, Label, SourceKind
from sebar.events.event import Kind
from sebar.kit.errors import UserError

EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)"> & {{ 7 }} \u202eevil'


class Browser:
    """A member's browser at the buzz of one campaign."""

    def __init__(self, member: Membership, campaign: Campaign) -> None:
        self._client = Client()
        assert member.user is not None
        self._client.force_login(member.user)
        self._base = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/buzz"

    def get(self, path: str = "") -> Any:
        return self._client.get(normpath(self._base + path.partition("?")[0]) + "".join(path.partition("?")[1:]))

    def post(self, path: str = "", **entered: Any) -> Any:
        return self._client.post(self._base + path, entered)

    def text(self, path: str = "") -> str:
        return text_of(self.get(path))


def text_of(answer: Any) -> str:
    assert answer.status_code in {200, 422}
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode())))


@pytest.fixture
def source(campaign: Campaign) -> BuzzSource:
    return actions.add_source(campaign=campaign, kind=SourceKind.WEBHOOK, name="Reviews").source


@pytest.fixture
def heard(campaign: Campaign, source: BuzzSource) -> list[Mention]:
    """Three mentions, oldest first; the newest is evil."""
    said = ["Antre panjang sekali", "Kopinya enak", EVIL]
    actions.take(
        source=source,
        heard=[
            Heard(
                external_id=str(number),
                text=words,
                at=datetime(2026, 11, 20, 10, number, tzinfo=UTC),
                url=f"https://social.example/{number}",
                reach=1234,
                language="id",
            )
            for number, words in enumerate(said)
        ],
    )
    return list(Mention.objects.order_by("at"))


@pytest.fixture
def alice(people: People, campaign: Campaign) -> Browser:
    return Browser(people.alice, campaign)


@pytest.fixture
def vera(people: People, campaign: Campaign) -> Browser:
    return Browser(people.vera, campaign)


def test_what_people_wrote_is_only_ever_text(alice: Browser, heard: list[Mention]) -> None:
    content = alice.get().content.decode()
    assert "<script>alert" not in content
    assert "<img" not in content.partition("<main")[2]
    assert "\u202e" not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert 'href="https://social.example/2" rel="noreferrer nofollow ugc"' in content
    assert content.index("evil") < content.index("Kopinya enak") < content.index("Antre panjang")


def test_one_press_classes_one_and_the_eye_goes_to_the_next(alice: Browser, heard: list[Mention]) -> None:
    _, middle, new = heard
    page = alice.get("?class=unclassed").content.decode()
    assert f'value="{new.pk}:negative:{middle.pk}"' in page
    answer = alice.post(one=f"{new.pk}:negative:{middle.pk}", **{"class": "unclassed"})
    assert answer.status_code == 302
    assert answer.url.endswith(f"/buzz?class=unclassed#m{middle.pk}")
    assert [event.props["class"] for event in emitted(Kind.REACTION)] == ["negative"]
    assert "Classed: 1." in alice.text("?class=unclassed")
    assert "evil" not in alice.text("?class=unclassed")
    assert "evil" in alice.text("?class=negative")
    alice.post(one=f"{new.pk}:unclassed:{new.pk}")
    assert Mention.objects.get(pk=new.pk).label == "unclassed"


def test_several_are_classed_at_once(alice: Browser, heard: list[Mention]) -> None:
    numbers = [one.pk for one in heard]
    alice.post(mention=numbers[:2], shown=numbers, all="positive")
    assert [one.label for one in Mention.objects.order_by("at")] == ["positive", "positive", "unclassed"]
    alice.post(mention=numbers[:1], shown=numbers, every="1", all="neutral")
    assert [one.label for one in Mention.objects.order_by("at")] == ["neutral"] * 3
    assert len(emitted(Kind.REACTION)) - len(emitted(Kind.CORRECTION)) == 3


@pytest.mark.parametrize(
    "entered",
    [{"one": "x:y:z"}, {"one": ""}, {"all": "angry"}, {"one": "0:negative:9"}, {"mention": "9" * 30, "all": "neutral"}],
)
def test_nonsense_changes_nothing(alice: Browser, heard: list[Mention], entered: dict[str, str]) -> None:
    assert alice.post(**entered).status_code in {302, 400}
    assert {one.label for one in Mention.objects.all()} == {"unclassed"}


def test_the_list_is_narrowed_and_paged(
    alice: Browser, campaign: Campaign, heard: list[Mention], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    other = actions.add_source(campaign=campaign, kind=SourceKind.WEBHOOK, name="Forum").source
    actions.take(source=other, heard=[Heard(external_id="1", text="Dari forum")])
    first = alice.get()
    assert "Dari forum" in text_of(first)
    assert "Antre panjang" not in text_of(first)
    (older,) = re.findall(r'href="(\?before=[^"]+)"', first.content.decode())
    assert "Antre panjang" in alice.text(unescape(older))
    assert "Dari forum" not in alice.text(f"?source={other.pk + 1000}")
    assert "Kopinya enak" not in alice.text(f"?source={other.pk}")
    for nonsense in ("?class=angry", "?before=x", "?from=yesterday", "?to=2026-01-01"):
        assert alice.get(nonsense).status_code == 400


def test_the_list_is_narrowed_to_a_time_and_to_several_classes(alice: Browser, heard: list[Mention]) -> None:
    old, middle, new = heard
    actions.class_mentions(campaign=old.campaign, numbers=[old.pk], label=Label.NEGATIVE)
    actions.class_mentions(campaign=old.campaign, numbers=[middle.pk], label=Label.COMPLAINT)
    both = alice.text("?class=negative&class=complaint")
    assert "Antre panjang" in both
    assert "Kopinya enak" in both
    assert "evil" not in both
    time = urlencode({"from": middle.at.isoformat(), "to": middle.at.isoformat()})
    page = alice.get(f"?{time}&class=complaint").content.decode()
    assert "Kopinya enak" in page
    assert "Antre panjang" not in page
    assert "Only what was said from" in page
    assert 'href="?class=complaint"' in page  # which shows all times
    answer = alice.post(one=f"{middle.pk}:neutral:", **{"class": ["negative", "complaint"], "from": "soon"})
    assert answer.status_code == 400
    answer = alice.post(one=f"{middle.pk}:neutral:", **{"class": ["negative", "complaint"], "to": new.at.isoformat()})
    assert answer.url.endswith(f"/buzz?class=negative&class=complaint&{urlencode({'to': new.at.isoformat()})}")
    assert "There is none of this kind." in alice.text("?to=2020-01-01T00:00Z")


def test_a_viewer_reads_and_changes_nothing(vera: Browser, heard: list[Mention], campaign: Campaign) -> None:
    page = vera.get().content.decode()
    assert "Kopinya enak" in page
    assert 'name="one"' not in page
    assert vera.post(one=f"{heard[0].pk}:negative:1").status_code == 403
    assert vera.post("/sources", kind="feed", name="x", address="https://example.com/").status_code == 403
    assert vera.post("/rules", do="add", words="enak", label="positive").status_code == 403
    assert (BuzzSource.objects.count(), BuzzRule.objects.count()) == (1, 0)
    assert {one.label for one in Mention.objects.all()} == {"unclassed"}
    assert "Listen to" not in vera.text("/sources")


def test_nobody_reaches_what_is_anothers(
    people: People, campaign: Campaign, heard: list[Mention], source: BuzzSource
) -> None:
    outside = Browser(people.charlie, campaign)
    for path in ("", "/sources", "/rules"):
        assert outside.get(path).status_code == 404
        assert outside.post(path, do="remove", source=source.pk).status_code == 404
    theirs = Browser(people.charlie, a_campaign(people.charlie))
    assert "Kopinya" not in theirs.text(f"?source={source.pk}")
    theirs.post(mention=[one.pk for one in heard], all="negative")
    assert theirs.post("/sources", do="remove", source=source.pk).status_code == 404
    source.refresh_from_db()
    assert source.removed_at is None
    assert {one.label for one in Mention.objects.all()} == {"unclassed"}


def test_a_feed_is_added_and_removed(alice: Browser, campaign: Campaign) -> None:
    assert "Nothing is listened to yet" in alice.text()
    alice.post(
        "/sources", kind="feed", name="Blog", address="https://blog.example/feed", words="kopi, susu", keep_days="7"
    )
    source = BuzzSource.objects.get()
    assert (source.name, source.address, source.words, source.keep_days) == (
        "Blog",
        "https://blog.example/feed",
        ["kopi", "susu"],
        7,
    )
    page = alice.text("/sources")
    assert "Blog" in page
    assert "not yet" in page
    assert "Texts are kept 7 days" in page
    assert "Nothing was heard yet" in alice.text()
    alice.post("/sources", do="remove", source=source.pk)
    assert "“Blog” is no longer listened to" in alice.text("/sources")
    assert not queries.sources(campaign).exists()


def test_what_went_wrong_is_said_in_the_readers_language(
    alice: Browser, campaign: Campaign, source: BuzzSource
) -> None:
    actions.note_trouble(number=source.pk, error=UserError("{host} does not answer, or hangs up.", host="blog.example"))
    assert "blog.example does not answer, or hangs up." in alice.text("/sources")


def test_what_is_wrong_with_a_new_source_stands_beside_it(alice: Browser) -> None:
    answer = alice.post("/sources", kind="feed", name="Blog", address="ftp://blog.example", keep_days="soon", words="")
    assert answer.status_code == 422
    assert "“ftp://blog.example” cannot be used" in text_of(answer)
    assert "Texts are kept for 1 to 365 days" in text_of(answer)
    assert 'value="Blog"' in answer.content.decode()
    assert "Choose what to listen to." in text_of(alice.post("/sources", kind="pigeon", name="x"))
    assert not BuzzSource.objects.exists()


def test_a_secret_is_shown_once(alice: Browser) -> None:
    alice.post("/sources", kind="webhook", name="Shop")
    source = BuzzSource.objects.get()
    first, second = alice.get("/sources").content.decode(), alice.get("/sources").content.decode()
    assert first.count("whsec_") == 1
    assert "whsec_" not in second
    assert f"/api/v1/mentions/{source.code}" in second


def test_a_token_is_never_shown_again(alice: Browser) -> None:
    entered = {"kind": "mastodon", "name": "M", "address": "https://social.example", "token": "tok3n"}
    assert "tok3n" not in alice.post("/sources", **entered, words="").content.decode()
    alice.post("/sources", **entered, words="kopi")
    assert "tok3n" not in alice.get("/sources").content.decode()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("mastodon.social", "https://mastodon.social"),
        ("@kopi@mastodon.social", "https://mastodon.social"),
        ("https://mastodon.social", "https://mastodon.social"),
    ],
)
def test_a_mastodon_server_is_understood_however_people_write_it(alice: Browser, typed: str, kept: str) -> None:
    alice.post("/sources", kind="mastodon", name="M", address=typed, words="kopi")
    assert BuzzSource.objects.get().address == kept


def test_what_is_wrong_is_said_in_the_order_of_the_form(alice: Browser) -> None:
    said = text_of(alice.post("/sources", kind="mastodon", name="", address="not a server", words=""))
    above = said.partition("Not saved yet")[2]
    places = [above.index(words) for words in ("The source needs a name", "“not a server”", "Write at least one word")]
    assert places == sorted(places)


def test_a_file_is_read_and_its_bad_rows_are_named(alice: Browser, campaign: Campaign) -> None:
    content = "time;text;class\n2026-11-20 10:00;Enak;positive\nsoon;Panjang;\n2026-11-20 11:00;<b>Basi</b>;complaint\n"
    for known in (0, 2):
        upload = SimpleUploadedFile("reviews.csv", content.encode("utf-8-sig"), "text/csv")
        said = text_of(alice.post("/sources", kind="file", name="Shop", encoding="", file=upload))
        assert f"New: {2 - known}. Known already: {known}. Rows left out: 1." in said
        assert "Line 3: “soon” is not a time" in said
    assert [one.text for one in Mention.objects.order_by("at")] == ["Enak", "<b>Basi</b>"]
    assert [one.name for one in queries.sources(campaign)] == ["Shop"]
    assert "Choose a file first." in text_of(alice.post("/sources", kind="file", name="Shop"))
    upload = SimpleUploadedFile("x.csv", b"a,b\n", "text/csv")
    assert "Missing: time, text." in text_of(alice.post("/sources", kind="file", name="New", file=upload))
    assert queries.sources(campaign).count() == 1


def test_a_file_that_would_keep_everybody_waiting_is_for_the_command(alice: Browser, campaign: Campaign) -> None:
    good = [f"2026-11-20 10:00,Enak {number}\n" for number in range(1000)]
    refused = {
        "rows": [*good, "2026-11-20 10:00,Enak sekali\n"],
        "bad rows": ["soon,Enak\n"] * 1001,
        "size": ["2026-11-20 10:00,", "x" * files.LARGEST_SMALL],
    }
    for lines in refused.values():
        upload = SimpleUploadedFile("reviews.csv", "".join(["time,text\n", *lines]).encode(), "text/csv")
        said = text_of(alice.post("/sources", kind="file", name="Shop", file=upload))
        assert "files of up to 1000 rows and 1 MB" in said
        assert f"sebar mentions {campaign.slug} FILE" in said
    assert not Mention.objects.exists()
    assert not queries.sources(campaign).exists()
    upload = SimpleUploadedFile("reviews.csv", "".join(["time,text\n", *good]).encode(), "text/csv")
    assert "New: 1,000." in text_of(alice.post("/sources", kind="file", name="Shop", file=upload))


def test_a_rule_is_tried_added_used_and_removed(alice: Browser, heard: list[Mention]) -> None:
    tried = text_of(alice.post("/rules", do="try", words="antre*", label="complaint"))
    assert "It would have classed 1 of 3 unclassed mentions as “Complaint”." in tried
    assert "Antre panjang sekali" in tried
    assert not BuzzRule.objects.exists()
    assert "at least one word" in text_of(alice.post("/rules", do="add", words=",", label="complaint"))
    alice.post("/rules", do="add", words="antre*", label="complaint")
    assert "Use the rules on 3 unclassed mentions" in alice.text("/rules")
    alice.post("/rules", do="apply")
    assert "Classed: 1." in alice.text("/rules")
    assert Mention.objects.get(text__startswith="Antre").label == Label.COMPLAINT
    alice.post("/rules", do="remove", rule=BuzzRule.objects.get().pk)
    assert not BuzzRule.objects.exists()
    assert "There is no such rule." in text_of(alice.post("/rules", do="remove", rule="17"))


@pytest.mark.parametrize("path", ["", "/sources", "/rules"])
def test_pages_keep_the_houses_rules(alice: Browser, heard: list[Mention], path: str) -> None:
    content = alice.get(path).content.decode()
    for forbidden in (" style=", "<style", "<script>", "onclick"):
        assert forbidden not in content
    identifiers = re.findall(r' id="([^"]+)"', content)
    assert len(identifiers) == len(set(identifiers))
    for wanted in re.findall(r'<label for="([^"]+)"', content):
        assert wanted in identifiers


def test_the_channels_page_says_how_much_there_is_to_read(
    alice: Browser, heard: list[Mention], source: BuzzSource
) -> None:
    actions.class_mentions(campaign=source.campaign, numbers=[heard[0].pk], label=Label.NEUTRAL)
    page = alice.text("/../channels/buzz")
    assert "1 source is listened to. Mentions: 3, of which nobody has classed 2." in page
    actions.note_trouble(number=source.pk, error=UserError("{host} does not answer, or hangs up.", host="blog.example"))
    assert "Reviews blog.example does not answer, or hangs up." in alice.text("/../channels/buzz")


def test_reactions_are_counted_by_class_and_it_is_said_where_they_are_seen(
    people: People, campaign: Campaign, heard: list[Mention]
) -> None:
    browser = Browser(people.bob, campaign)
    assert "0 reactions in all." in browser.text()
    actions.class_mentions(campaign=campaign, numbers=[heard[0].pk], label=Label.COMPLAINT)
    actions.class_mentions(campaign=campaign, numbers=[heard[1].pk], label=Label.POSITIVE)
    assert "2 reactions in all." in browser.text()
    own = browser.text("/../channels/buzz")
    assert "Positive 1 Neutral 0 Negative 0 Complaint 1 All reactions 2" in own
    assert own.count("Live and Measures count what people did with links.") == 1
    assert "Live and Measures count what people did with links." in browser.text()
