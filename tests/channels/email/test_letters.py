"""Letters to friends: seen before they go, signed, ended by one click, known again when they come back."""

from __future__ import annotations

import re
import socket
import sys
from datetime import timedelta
from email.message import EmailMessage
from io import BytesIO, TextIOWrapper
from threading import Event
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone, translation

from builders import a_campaign, a_participant, emitted
from channels.email.conftest import ENTERED, Sink, is_signed, page_of
from material.making import a_creative, a_picture
from people import People
from sebar.campaigns import actions as campaigns
from sebar.campaigns import images
from sebar.campaigns.models import Campaign
from sebar.channels import ALL, actions, queries
from sebar.channels.jobs import Sending
from sebar.channels.kinds.email import returned
from sebar.channels.kinds.email.letter import number_of, token
from sebar.channels.models import Message, Purpose, State, Suppression
from sebar.channels.rules import Reason
from sebar.cli import mail
from sebar.events.event import Kind
from sebar.kit import codes, config
from sebar.kit.config import MailServer
from sebar.kit.errors import UserErrors
from sebar.material import actions as material
from sebar.participants.models import Participant

NOTE = "Kopi gratis! Ajak aku ya"


def a_campaign_asking(dewi: Participant) -> Participant:
    """Return somebody whose address only they have written."""
    found = a_participant(dewi.campaign, name="Direktur Utama", email="ceo@victim.example", how="api")
    assert found.email == "ceo@victim.example"
    return found


def send_all() -> None:
    Message.objects.filter(state=State.WAITING).update(due_at=timezone.now())
    Sending(ALL["email"], Event()).turn()


def write(client: Client, dewi: Participant, friend: str = "budi@example.com", **entered: str) -> str:
    sent = {"friend": friend, "name": "Dewi Anggraini", "note": NOTE, "step": "send", **entered}
    return client.post(page_of(dewi), sent, follow=True).content.decode()


@pytest.fixture
def dewi(brand_with_letters: Campaign) -> Participant:
    return a_participant(
        brand_with_letters, how="api", external_id="dewi", name="Dewi Anggraini", email="dewi@example.com"
    )


def test_a_letter_is_seen_whole_before_it_goes_and_arrives_as_it_was_seen(
    client: Client, dewi: Participant, sink: Sink, brand_with_letters: Campaign
) -> None:
    seen = write(client, dewi, step="look")
    assert not Message.objects.exists()
    assert "Your letter is on its way." in write(client, dewi)
    send_all()
    arrived = sink.delivered[0]
    message, plain = arrived.message, arrived.text("plain")
    assert (message["From"], message["To"]) == ("Kopi Senja <halo@kopi.example>", "budi@example.com")
    assert message["Reply-To"] == '"Dewi A." <dewi@example.com>'
    for part in (NOTE, f"/r/{codes.spell(dewi.pk)}?via=email", "Kopi Senja, Jl. Braga 1, Bandung", "Dewi A. knows you"):
        assert part in seen.replace("&#x27;", "'")
        assert part in plain.replace("> ", "").replace("\n", " ").replace("  ", " ")
        assert part in arrived.text("html").replace("=3D", "=")
    assert is_signed(arrived.raw, brand_with_letters)
    signed = re.search(rb"h=([^;]*);", arrived.raw.replace(b"\r\n ", b""))
    assert signed is not None
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"from", b"subject"} <= set(
        signed[1].replace(b" ", b"").split(b":")
    )
    assert not is_signed(arrived.raw.replace(b"Kopi gratis", b"Kopi mahal "), brand_with_letters)
    assert [event.participant for event in emitted(Kind.INVITE)] == [dewi.pk]
    assert "budi@example.com" not in str(list(Message.objects.values()))


def test_a_letter_looks_like_the_campaign_in_which_it_was_written(
    client: Client, people: People, dewi: Participant, sink: Sink
) -> None:
    words = {"headline": "Kopi gratis", "share_text": "Ambil segelas di Braga", "text": "Setiap pagi"}
    Campaign.objects.filter(pk=dewi.campaign_id).update(colour="#c21807", texts={"en": words})
    write(client, dewi)
    send_all()
    arrived = sink.delivered[0].text("html")
    assert "background:#c21807" in arrived
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    page = f"/console/brands/{people.alice.brand.slug}/campaigns/{dewi.campaign.slug}/channels/email"
    assert f'src="{page}/letter"' in b"".join(client.get(page)).decode()  # type: ignore[call-overload]  # streamed
    shown = client.get(f"{page}/letter")
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    for part in ("background:#c21807", ">Kopi Senja</p>", ">Kopi gratis</h1>", "Ambil segelas di Braga", "Have a look"):
        assert part in arrived
        assert part in shown.content.decode()


def test_a_letter_says_what_the_buttons_say_with_what_its_writer_made(
    client: Client, people: People, dewi: Participant, sink: Sink
) -> None:
    quiz = a_creative(people.alice, dewi.campaign, "quiz")
    material.keep_score(creative=quiz, participant=dewi.pk, score=2)
    said = "I am Latte. And you?"
    assert quote(said) in client.get(f"/s/{codes.spell(dewi.pk)}").content.decode()
    assert said in write(client, dewi, step="look")
    write(client, dewi)
    send_all()
    (arrived,) = sink.delivered
    assert said in arrived.text("plain")
    assert said in arrived.text("html")


def test_a_letter_shows_what_its_writer_saw_and_nothing_in_it_tells_who_opened_it(
    client: Client, people: People, dewi: Participant, sink: Sink
) -> None:
    picture = images.store(a_picture(), config.load().media)
    campaigns.dress(membership=people.alice, slug=dewi.campaign.slug, image=picture)
    write(client, dewi)
    creative = a_creative(people.alice, dewi.campaign, "image", upload=a_picture(1000, 700))
    seen = write(client, dewi, friend="sari@example.com", step="look")
    write(client, dewi, friend="sari@example.com")
    write(client, dewi, friend="joko@example.com")
    send_all()
    pictures = []
    for letter in sink.delivered:
        (found,) = re.findall(r"<img [^>]*>", letter.text("html"))
        assert 'width="560" height="294"' in found
        assert "media" not in letter.text("plain")
        assert is_signed(letter.raw, dewi.campaign)
        pictures.append(re.search(r' src="(.*?)".* alt="(.*?)"', found))
    shown = [(found[1], found[2]) for found in pictures if found is not None]
    ours = f"{config.load().public_url}/media/"
    of_creative = f"{ours}{creative.files['picture'].removesuffix('.webp')}-og.jpg"
    headline = dewi.campaign.texts["en"]["headline"]
    assert shown[0] == (f"{ours}{picture.removesuffix('.webp')}-og.jpg", headline)
    assert shown[1] == shown[2] == (of_creative, "A cup")  # one address, whoever opens it
    assert of_creative in seen
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    page = f"/console/brands/{people.alice.brand.slug}/campaigns/{dewi.campaign.slug}/channels/email/letter"
    preview = client.get(page)
    assert f'src="{of_creative}"' in preview.content.decode()
    assert f"img-src {config.load().public_url};" in preview.headers["Content-Security-Policy"]


def test_one_click_ends_letters_of_this_brand_for_good(client: Client, dewi: Participant, sink: Sink) -> None:
    write(client, dewi)
    send_all()
    address = sink.delivered[0].message["List-Unsubscribe"].strip("<>").removeprefix(config.load().public_url)
    assert sink.delivered[0].message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    strict = Client(enforce_csrf_checks=True)
    assert "No more letters from Kopi Senja?" in strict.get(address).content.decode()
    assert not Suppression.objects.exists()  # scanners follow every link
    answer = strict.post(address, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, Suppression.objects.count()) == (200, 1)
    assert "Done. You get no more letters." in strict.get(address).content.decode()
    assert strict.post(address).status_code == 200
    assert len(emitted(Kind.UNSUBSCRIBE)) == 1
    other = a_participant(dewi.campaign, name="Sari")
    said = write(client, other)
    assert "This letter was not sent." in said
    assert "its owner wants none" in said
    send_all()
    assert len(sink.delivered) == 1


@pytest.mark.parametrize("wrong", ["1-0123456789abcdef", "x", "1", "99999999999999999999-0123456789abcdef", "-"])
def test_nobody_makes_up_a_letter(client: Client, dewi: Participant, wrong: str) -> None:
    assert client.post(f"/u/{wrong}").status_code == 404
    assert number_of(wrong) is None
    assert number_of(token(12)) == 12


@pytest.mark.parametrize(
    ("entered", "field", "words"),
    [
        ({"friend": ""}, "friend", "Your friend’s address is empty"),
        ({"friend": "budi"}, "friend", "“budi” is not an e-mail address"),
        ({"friend": "a@example.com, b@example.com"}, "friend", "One friend at a time"),
        ({"friend": "a@example.com\r\nBcc: b@example.com"}, "friend", "One friend at a time"),
        ({"friend": "dewi@example.com"}, "friend", "is your own address"),
        ({"note": "See www.elsewhere.example"}, "note", "looks like the address of a page"),
        ({"note": "x" * 301}, "note", "300"),
        ({"note": "jahat[.]example"}, "note", "looks like the address of a page"),
        ({"note": "call 0812 3456 7890"}, "note", "looks like a telephone or account number"),
        ({"friend": "jörg@example.com"}, "friend", "cannot be written to from here"),
        ({"friend": "a..b@example.com"}, "friend", "cannot be written to from here"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_its_field(
    client: Client, dewi: Participant, entered: dict[str, str], field: str, words: str
) -> None:
    answer = client.post(
        page_of(dewi), {"friend": "budi@example.com", "name": "Dewi", "note": "", "step": "send", **entered}
    )
    assert answer.status_code == 422
    said = answer.content.decode()
    assert f'id="{field}-words"' in said
    assert words in said.replace("&#x27;", "'")
    assert not Message.objects.exists()


@pytest.mark.parametrize("other", ["victim+1@gmail.com", "vic.tim@gmail.com", "victim@googlemail.com"])
def test_no_is_no_however_the_address_is_spelled(client: Client, dewi: Participant, sink: Sink, other: str) -> None:
    write(client, dewi, friend="victim@gmail.com")
    actions.unsubscribe(message=Message.objects.get())
    assert "This letter was not sent." in write(client, a_participant(dewi.campaign, name="Sari"), friend=other)
    send_all()
    assert sink.delivered == []


def test_answers_go_only_to_an_address_that_the_brand_gave(client: Client, dewi: Participant, sink: Sink) -> None:
    asked = a_campaign_asking(dewi)
    write(client, asked, friend="sari@example.com")
    send_all()
    assert "Reply-To" not in sink.delivered[0].message


def test_who_wrote_too_often_today_may_tomorrow(client: Client, dewi: Participant, sink: Sink) -> None:
    for number in range(20):
        write(client, dewi, friend=f"friend{number}@example.com")
    assert "tomorrow you can write again" in write(client, dewi)
    Message.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert "Your letter is on its way." in write(client, dewi)


def test_a_brand_sends_from_no_domain_of_another(brand_with_letters: Campaign, people: People) -> None:
    with pytest.raises(UserErrors) as refused:
        actions.set_up(membership=people.charlie, channel="email", entered=ENTERED)
    assert set(refused.value.by_field()) == {"sender"}
    elsewhere = {**ENTERED, "sender": "a@toko.example"}
    with pytest.raises(UserErrors) as refused:
        actions.set_up(membership=people.charlie, channel="email", entered=elsewhere)
    assert set(refused.value.by_field()) == {"bounces"}


def test_a_friend_is_written_to_once_whoever_asks(client: Client, dewi: Participant, sink: Sink) -> None:
    sari = a_participant(dewi.campaign, name="Sari")
    write(client, dewi)
    assert "This letter was not sent." in write(client, sari, friend="BUDI@example.com ")
    write(client, dewi)
    send_all()
    assert [one.recipient for one in sink.delivered] == ["budi@example.com"]
    write(client, dewi, note="Lagi")
    counted = queries.sent(dewi.campaign)["email"]
    assert (counted.sent_for, counted.left_alone) == ({Purpose.INVITE: 1}, {Reason.SECOND: 2})  # once for each of them


def test_a_second_letter_is_said_not_to_go(client: Client, dewi: Participant, sink: Sink) -> None:
    write(client, dewi, friend="kartika@example.com")
    send_all()
    for again in ("kartika@example.com", "kartika+x@example.com"):
        assert "A friend gets one letter from you" in write(client, dewi, friend=again, note="Lagi")
    actions.unsubscribe(message=Message.objects.get(state=State.SENT))
    said = write(client, dewi, friend="kartika@example.com")
    assert "A friend gets one letter from you" in said  # and nothing of what became of the first
    assert "on its way" not in said
    send_all()
    assert len(sink.delivered) == 1


def test_a_letter_left_alone_later_is_spoken_of_as_one_that_left(client: Client, dewi: Participant, sink: Sink) -> None:
    write(client, dewi)
    actions.unsubscribe(message=Message.objects.get())
    send_all()
    assert Message.objects.get().state == State.LEFT_ALONE
    assert "A friend gets one letter from you" in write(client, dewi)


def test_a_letter_refused_at_once_is_never_said_to_have_left(client: Client, dewi: Participant, sink: Sink) -> None:
    mail.suppress("budi@example.com", brand="")
    first, again = write(client, dewi), write(client, dewi)
    for said in (first, again):
        assert "This letter was not sent." in said
        assert "somebody wrote to it before, or its owner wants none" in said
        assert "from you" not in said


def test_nobody_writes_under_another_name_than_their_own(client: Client, dewi: Participant, sink: Sink) -> None:
    form = client.get(page_of(dewi)).content.decode()
    assert 'name="name"' not in form
    assert "<bdi>Dewi A.</bdi> writes" in form
    write(client, dewi, name="Bank BCA Keamanan", note="Rekening Anda diblokir")
    send_all()
    letter = sink.delivered[0]
    assert "Bank" not in letter.text("plain") + str(letter.message["Subject"])
    first, quoted = letter.text("plain").replace("\r\n", "\n").split("\n\n")[:2]
    assert " ".join(first.split()) == (
        "These are the words of Dewi A., a private person. Kopi Senja has not written them:"
    )
    assert quoted == "> Rekening Anda diblokir"
    assert "<blockquote" in letter.text("html")


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "Your name is empty"), ("cheap.example", "looks like the address of a page")],
)
def test_who_gave_no_name_that_can_be_sent_types_one(
    client: Client, dewi: Participant, sink: Sink, name: str, words: str
) -> None:
    nameless = a_participant(dewi.campaign, name=name)
    assert 'name="name"' in client.get(page_of(nameless)).content.decode()
    assert words in write(client, nameless, name=name)
    assert "Sari" in write(client, nameless, name="Sari", step="look")


def test_going_back_sends_nothing_again(client: Client, dewi: Participant, sink: Sink) -> None:
    entered = {"friend": "budi@example.com", "note": NOTE}
    looked = client.post(page_of(dewi), {**entered, "step": "look"})
    assert looked.status_code == 303
    assert "budi" not in looked.headers["Location"]
    seen = client.get(looked.headers["Location"])
    assert NOTE in seen.content.decode()
    sent = client.post(page_of(dewi), {**entered, "step": "send"})
    assert sent.status_code == 303
    assert "Your letter is on its way." in client.get(sent.headers["Location"]).content.decode()
    changed = client.post(page_of(dewi), {**entered, "step": "change"}, follow=True).content.decode()
    assert 'value="budi@example.com"' in changed
    assert 'value=""' in client.get(f"{page_of(dewi)}?draft=nonsense&step=look").content.decode()
    assert Message.objects.count() == 1


def test_a_pause_is_said_where_letters_are_written(client: Client, dewi: Participant, people: People) -> None:
    campaigns.pause(membership=people.alice, slug=dewi.campaign.slug)
    answer = client.get(page_of(dewi))
    said = answer.content.decode()
    assert answer.status_code == 200
    assert "paused" in said
    assert 'action="/code"' not in said


def test_no_letters_where_the_brand_does_not_answer_for_them(client: Client, people: People, sink: Sink) -> None:
    plain = a_participant(a_campaign(people.alice), name="Dewi")
    assert client.get(page_of(plain)).status_code == 404
    actions.set_up(membership=people.alice, channel="email", entered=ENTERED)
    assert client.get(page_of(plain)).status_code == 200
    actions.switch(campaign=plain.campaign, channel="email", is_on=False)
    assert client.get(page_of(plain)).status_code == 404
    actions.switch(campaign=plain.campaign, channel="email", is_on=True)
    campaigns.stop(membership=people.alice, slug=plain.campaign.slug)
    assert "We send no letters here just now." in client.get(page_of(plain)).content.decode()
    assert client.get("/me/nonsense/letter").status_code == 404


def test_what_the_server_answers(client: Client, dewi: Participant, sink: Sink) -> None:
    answers = {
        "full@example.com": "452 4.2.2 mailbox full",
        "no@example.com": "550 5.7.1 not wanted",
        "nobody@example.com": "550 5.1.1 no such user",
    }
    sink.to_recipient = lambda address: answers.get(address, "250 ok")
    for friend in (*answers, "fine@example.com"):
        write(client, dewi, friend=friend)
    for _ in range(2):
        send_all()
    states = dict(Message.objects.order_by("pk").values_list("trouble", "state"))
    assert states == {
        "452 4.2.2 mailbox full": State.WAITING,
        "550 5.7.1 not wanted": State.FAILED,
        "550 5.1.1 no such user": State.FAILED,
        "": State.SENT,
    }
    assert Suppression.objects.count() == 1  # only the address that nobody has
    assert [one.recipient for one in sink.delivered] == ["fine@example.com"]


def test_a_stop_leaves_alone_what_rests_until_another_attempt(
    client: Client, dewi: Participant, sink: Sink, people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    sink.to_recipient = lambda _: "451 4.3.0 try later"
    write(client, dewi)
    send_all()
    assert Message.objects.get().due_at > timezone.now()
    campaigns.stop(membership=people.alice, slug=dewi.campaign.slug)
    Sending(ALL["email"], Event()).turn()
    left = Message.objects.get()
    assert (left.state, left.reason, bytes(left.sealed)) == (State.LEFT_ALONE, Reason.OVER, b"")
    mail.list_letters(dewi.campaign.slug, state="", limit=100, as_json=False)
    assert "451" not in capsys.readouterr().out  # what was told before is no reason any more


def test_a_limit_is_told_as_the_reason_only_while_it_holds(
    client: Client, dewi: Participant, sink: Sink, people: People
) -> None:
    actions.set_up(membership=people.alice, channel="email", entered={**ENTERED, "most_a_day": "1"})
    for friend in ("one@example.com", "two@example.com", "three@example.com"):
        write(client, dewi, friend=friend)
    send_all()
    held = queries.sent(dewi.campaign)["email"]
    assert (held.sent_for, held.held_back) == ({Purpose.INVITE: 1}, {Reason.FULL_DAY: 2})
    assert "has to wait" in write(client, dewi, friend="four@example.com")
    nowhere = MailServer("127.0.0.1", 1, is_tls=False, user="", password="")
    object.__setattr__(config.load(), "mail", nowhere)  # so that one is tried, and the others go on waiting
    actions.set_up(membership=people.alice, channel="email", entered=ENTERED)
    send_all()
    assert queries.sent(dewi.campaign)["email"].held_back == {}


def test_a_line_that_breaks_while_a_letter_is_under_way_leaves_it_doubtful(
    client: Client, dewi: Participant, sink: Sink
) -> None:
    sink.hangs_up = True
    write(client, dewi)
    send_all()
    sink.hangs_up = False
    send_all()
    assert Message.objects.get().state == State.DOUBTFUL
    assert len(sink.delivered) == 1  # it had arrived, and nobody got it twice


def test_a_server_that_is_away_is_tried_again_and_the_brand_is_told(
    client: Client, dewi: Participant, sink: Sink, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings, working = config.load(), config.load().mail
        away = MailServer("127.0.0.1", closed.getsockname()[1], is_tls=False, user="", password="")
        object.__setattr__(settings, "mail", away)
        write(client, dewi)
        send_all()
        assert "Your letter is taken, and has to wait." in write(client, dewi, friend="sari@example.com")
    assert {one.state for one in Message.objects.all()} == {State.WAITING}
    told = queries.accounts(people.alice.brand)["email"].trouble_words
    assert "Whoever runs the instance looks at SEBAR_MAIL" in told
    assert f"127.0.0.1:{away.port}: " in told
    with translation.override("id"):
        assert "Server email" in queries.sent(dewi.campaign)["email"].troubles[0].words
    object.__setattr__(settings, "mail", working)
    send_all()
    assert {one.state for one in Message.objects.all()} == {State.SENT}


def a_returned_letter(to: str, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    report = (
        "Reporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; budi@example.com\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <budi@example.com>:\r\n  no such user\r\n"
    )
    return (
        f"From: MAILER-DAEMON@mx.example.com\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{report}\r\n--b--\r\n"
    ).encode()


def bounce(raw: bytes, monkeypatch: pytest.MonkeyPatch, to: str = "") -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(raw)))
    mail.bounce(to=to)


def test_a_returned_letter_is_known_by_the_address_it_came_back_to(
    client: Client, dewi: Participant, sink: Sink, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(client, dewi)
    send_all()
    back = sink.delivered[0].sender
    assert re.fullmatch(r"back\+\d+-[0-9a-f]{16}@kopi\.example", back)
    bounce(a_returned_letter(back, status="4.4.1", action="delayed"), monkeypatch)
    assert Message.objects.get().state == State.SENT  # the mail servers still try
    bounce(a_returned_letter(back, status="4.4.7"), monkeypatch)
    assert (Message.objects.get().state, Suppression.objects.count()) == (State.BOUNCED, 0)
    bounce(a_returned_letter("somebody@kopi.example"), monkeypatch, to=back)
    assert Suppression.objects.count() == 1
    assert Message.objects.get().trouble == "550 5.1.1 <budi@example.com>: no such user"
    assert "its address gets no more" in capsys.readouterr().out


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: no sender at all\r\n\r\nhello",
        b"From: <>\r\n\r\nhello",
        a_returned_letter("back+1-0123456789abcdef@kopi.example"),
        a_returned_letter("back@kopi.example"),
        EmailMessage().as_bytes(),
    ],
)
def test_what_is_no_returned_letter_of_ours_changes_nothing(raw: bytes, db: None) -> None:
    assert returned.read(raw) is None


def test_reading_what_came_back_tells_nothing_by_the_way(caplog: pytest.LogCaptureFixture) -> None:
    for raw in (a_returned_letter("back@kopi.example"), b"Subject: no sender at all\r\n\r\nhello"):
        returned.read(raw, f"back+{token(1)}@kopi.example")
    assert not caplog.records


def test_a_vacation_note_is_no_returned_letter(client: Client, dewi: Participant, sink: Sink) -> None:
    write(client, dewi)
    send_all()
    note = f"From: budi@example.com\r\nTo: {sink.delivered[0].sender}\r\nSubject: Away\r\n\r\nI am away.\r\n"
    assert returned.read(note.encode()) is None


def test_the_command_line_lists_letters_without_addresses(
    client: Client, dewi: Participant, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    write(client, dewi)
    mail.list_letters(dewi.campaign.slug, state="", limit=100, as_json=True)
    listed = capsys.readouterr().out
    assert '"state":"waiting"' in listed
    assert "budi" not in listed
    mail.suppress("Budi@Example.com", brand="")
    send_all()
    assert sink.delivered == []
    assert Message.objects.get().reason == "suppressed"
    mail.list_letters(dewi.campaign.slug, state="", limit=100, as_json=False)
    listed = capsys.readouterr().out
    assert "left alone" in listed
    assert "Whoever has this address does not" in listed
    assert "left_alone" not in listed


def test_news_is_for_whoever_asked(dewi: Participant, sink: Sink) -> None:
    actions.agree(participant=dewi, channel="email", address="dewi@example.com")
    actions.queue(
        participant=dewi,
        channel="email",
        purpose=Purpose.NOTICE,
        address="dewi@example.com",
        once="joined:1",
        content={"subject": "A friend has joined", "text": "Budi has joined.", "link": "https://share.example.com/s/x"},
        language="id",
    )
    send_all()
    assert "Reply-To" not in sink.delivered[0].message
    assert sink.delivered[0].message["Subject"] == "A friend has joined"


def test_the_console_shows_a_letter_and_the_record_to_publish(
    client: Client, brand_with_letters: Campaign, people: People
) -> None:
    assert people.alice.user is not None
    client.force_login(people.alice.user)
    page = f"/console/brands/{people.alice.brand.slug}/campaigns/{brand_with_letters.slug}/channels/email"
    shown = b"".join(client.get(page)).decode()  # type: ignore[call-overload]  # streamed
    assert "sebar._domainkey.kopi.example" in shown
    assert "v=DKIM1; k=rsa; p=" in shown
    assert f"{people.alice.user.email} answers for these letters" in shown
    assert "PRIVATE KEY" not in shown
    wrong = client.post(f"{page}/set-up", {"sender": "halo"}, follow=True)
    again = b"".join(wrong).decode()  # type: ignore[call-overload]  # streamed
    assert "“halo” is not an e-mail address" in again
    assert 'value="halo"' in again
