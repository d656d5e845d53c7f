"""What a campaign must be, and what it is at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from builders import a_form
from sebar.campaigns import rules
from sebar.campaigns.rules import CampaignForm, Phase, Step
from sebar.kit.errors import UserError, UserErrors

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "starts", "ends", "phase"),
    [
        ("draft", None, None, Phase.DRAFT),
        ("draft", NOON + HOUR, None, Phase.DRAFT),
        ("running", None, None, Phase.RUNNING),
        ("running", NOON, NOON + HOUR, Phase.RUNNING),
        ("running", NOON + HOUR, None, Phase.SCHEDULED),
        ("running", None, NOON, Phase.ENDED),
        ("paused", None, NOON - HOUR, Phase.PAUSED),
        ("stopped", NOON + HOUR, None, Phase.STOPPED),
    ],
)
def test_the_phase_follows_status_and_time(
    status: str, starts: datetime | None, ends: datetime | None, phase: Phase
) -> None:
    campaign = SimpleNamespace(in_force=status, starts_at=starts, ends_at=ends)
    assert rules.phase(campaign, NOON) is phase


def test_every_phase_says_why() -> None:
    assert len({phase.reason for phase in Phase}) == len(Phase)


def test_only_these_steps_may_follow() -> None:
    allowed = {
        (status, step)
        for status in ("draft", "running", "paused", "stopped")
        for step in Step
        if rules.may_follow(status, step)
    }
    assert allowed == {
        ("draft", Step.PUBLISH),
        ("running", Step.PAUSE),
        ("running", Step.STOP),
        ("paused", Step.RESUME),
        ("paused", Step.STOP),
        ("stopped", Step.RESUME),
    }


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.RESUME])
def test_a_stopped_campaign_is_only_resumed(step: Step) -> None:
    with pytest.raises(UserError):
        rules.after("stopped", step)


def test_a_right_form_is_tidied() -> None:
    jakarta = datetime.fromisoformat("2026-12-01T09:00:00+07:00")
    form = a_form(
        name="  Kopi   Senja ",
        slug=" Kopi-2026 ",
        colour="#0F6B5C",
        target_url=" https://example.com/a?b=1#c ",
        starts_at=jakarta,
        languages=["id", "en", "id"],
    )
    checked = rules.check(form)
    assert (checked.name, checked.slug, checked.colour) == ("Kopi Senja", "kopi-2026", "#0f6b5c")
    assert checked.target_url == "https://example.com/a?b=1#c"
    assert checked.starts_at == jakarta
    assert checked.starts_at.tzinfo is UTC
    assert checked.languages == ("id", "en")
    assert rules.check(checked) == checked


def words(**different: str) -> dict[str, dict[str, str]]:
    return {"en": {"headline": "h", "text": "t", "call_to_action": "c", "share_text": "s", **different}}


@pytest.mark.parametrize(
    ("field", "different", "sentence"),
    [
        ("name", {"name": " "}, "The name is empty: give the campaign a name to find it by."),
        (
            "name",
            {"name": "a\x1b[31m"},
            "“a�[31m” has a character that cannot be shown (U+001B, place 2): take it out.",
        ),
        ("slug", {"slug": ""}, "“” cannot stand in an address: use small letters a-z, digits and single hyphens."),
        (
            "slug",
            {"slug": "a--b"},
            "“a--b” cannot stand in an address: use small letters a-z, digits and single hyphens.",
        ),
        ("slug", {"slug": "x" * 61}, f"“{'x' * 40}…” has 61 characters; at most 60 fit here."),
        (
            "languages",
            {"languages": []},
            "No language is chosen: choose at least one of en (English), id (Bahasa Indonesia).",
        ),
        (
            "languages",
            {"languages": ["en", "tlh"]},
            "“tlh” is not a language of these pages: choose from en (English), id (Bahasa Indonesia).",
        ),
        (
            "texts.en.headline",
            {"languages": ["en"], "texts": words(headline="x" * 81)},
            f"“{'x' * 40}…” has 81 characters; at most 80 fit here.",
        ),
        (
            "texts.en.share_text",
            {"languages": ["en"], "texts": words(share_text="\u2066hi")},
            "“�hi” has a character that cannot be shown (U+2066, place 1): take it out.",
        ),
        (
            "texts.en.share_text",
            {"languages": ["en"], "texts": words(share_text="{name} says yes")},
            "“Message people pass on” has “{name}”, and nothing is filled in for that: take it out.",
        ),
        (
            "starts_at",
            {"starts_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - the very thing that is refused
            "“2026-01-01T00:00:00” has no time zone: write it like 2026-12-01T09:00:00+07:00.",
        ),
        (
            "ends_at",
            {"ends_at": datetime(9999, 1, 1, tzinfo=UTC)},
            "“9999-01-01T00:00:00+00:00” is not a time that can be meant: choose one from 2000 to 2199.",
        ),
        ("ends_at", {"starts_at": NOON, "ends_at": NOON}, "The end is not after the start: choose a later end."),
        ("time_zone", {"time_zone": "Jakarta"}, "“Jakarta” is not a time zone: write it like Asia/Jakarta."),
        ("asks_name", {"asks_name": "maybe"}, "“maybe” cannot be chosen here: choose from no, optional, required."),
        ("confirmation", {"confirmation": ""}, "“” cannot be chosen here: choose from at_once, by_brand."),
        ("colour", {"colour": "red;}"}, "“red;}” is not a colour: write it like #0f6b5c."),
    ],
)
def test_each_wrong_field_gets_one_clear_sentence(field: str, different: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserErrors) as caught:
        rules.check(a_form(**different))
    assert caught.value.by_field() == {field: sentence}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//example.com",
        "example.com",
        "ftp://example.com",
        "https://",
        "https:///path",
        "https://user:secret@example.com",
        "https://exa mple.com",
        "https://example.com:99999",
        "http://[::1",
        "https://example.com/\nx",
        "data:text/html,x",
        "https://exam\u202eple.com",
        "https://example.com/" + "x" * 500,
        "https://a..b/",
        "https://-\x00.com",
        "HTTPS//example.com",
        "https://example.com\\@evil.example",
    ],
)
def test_only_addresses_of_the_web_are_targets(url: str) -> None:
    for field in ("target_url", "stop_url"):
        with pytest.raises(UserErrors, match="not an address of a web page") as caught:
            rules.check(a_form(**{field: url}))
        assert list(caught.value.by_field()) == [field]


@pytest.mark.parametrize(
    "url",
    ["", "http://example.com", "https://kopi.example:8443/a/b?c=d", "https://münchen.example/ü", "http://[::1]:80/"],
)
def test_other_addresses_are_right(url: str) -> None:
    assert rules.check(a_form(target_url=url)).target_url == url


def test_all_wrong_fields_are_named_at_once() -> None:
    form = CampaignForm(name="", slug="!", languages=("xx",), colour="", time_zone="", target_url="x")
    with pytest.raises(UserErrors) as caught:
        rules.check(form)
    assert set(caught.value.by_field()) == {"name", "slug", "languages", "colour", "time_zone", "target_url"}


@given(
    some.builds(
        CampaignForm,
        name=some.text(),
        slug=some.text(),
        languages=some.lists(some.text(max_size=3)),
        texts=some.dictionaries(some.sampled_from(["en", "id", "x"]), some.dictionaries(some.text(), some.text())),
        target_url=some.text() | some.from_regex(r"https?://.{0,20}"),
        starts_at=some.none() | some.datetimes(timezones=some.just(UTC)) | some.datetimes(),
        time_zone=some.text(),
        colour=some.text(),
    )
)
def test_whatever_is_written_is_refused_in_words_or_stays_the_same(form: CampaignForm) -> None:
    wrong: tuple[UserError, ...] = ()
    try:
        checked = rules.check(form)
    except UserErrors as errors:
        wrong = errors.errors
    else:
        assert rules.check(checked) == checked
    assert all(error.message and error.field for error in wrong)


@given(some.text())
def test_a_proposed_slug_can_be_used(name: str) -> None:
    assert rules.check(a_form(slug=rules.slug_from(name))).slug == rules.slug_from(name)


def test_publishing_names_everything_that_is_missing() -> None:
    form = a_form(languages=("en",), texts=words(headline="", share_text="", text=""), ends_at=NOON)
    with pytest.raises(UserErrors) as caught:
        rules.check_publishable(form, NOON)
    wrong = caught.value.by_field()
    assert set(wrong) == {"texts.en.headline", "texts.en.share_text", "ends_at"}
    assert wrong["texts.en.headline"].startswith("The headline in English is empty")


def test_words_fall_back_to_the_campaigns_first_language() -> None:
    texts = {"id": {"headline": "Halo"}}
    assert rules.text_for(texts, "en", ["id"]) == {
        "headline": "Halo",
        "text": "",
        "call_to_action": "",
        "share_text": "",
    }
