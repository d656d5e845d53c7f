"""Is this a person? The first verdict, from one touch's own evidence. The list of steps is the documentation.

Too strict hurts as well: a real person behind a company's gateway or a private network must count. So a touch is a
person until a step has a named reason to say otherwise, nothing is dropped, and `sebar.verdicts.later` may judge anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from sebar.events.event import Event, Verdict
from sebar.events.touch import Touch
from sebar.verdicts import agents

Judgement = tuple[Verdict, str]
Step = Callable[[Touch], Judgement | None]


def played_again(touch: Touch) -> Judgement | None:
    """Believe a privileged key in what it plays again, and in the agent, if it names one."""
    if not touch.replayed:
        return None
    return agents.read(touch.agent).verdict if touch.agent else Verdict.PERSON, "replayed"


def asked_for_headers_only(touch: Touch) -> Judgement | None:
    """Doubt HEAD, which shows nobody anything. X sends three with browsers' agents after its declared fetch."""
    return (Verdict.HEAD, "head") if touch.method == "HEAD" else None


def fetched_ahead(touch: Touch) -> Judgement | None:
    """Believe a browser that says, in Sec-Purpose, Purpose or X-Moz, that it fetches ahead."""
    purpose = touch.purpose.lower()
    if "preview" in purpose:
        return Verdict.PREVIEW, "purpose_preview"
    return (Verdict.PREFETCH, "purpose_prefetch") if "prefetch" in purpose or "prerender" in purpose else None


def has_no_agent(touch: Touch) -> Judgement | None:
    """Doubt what has no User-Agent header: every browser has one."""
    return None if touch.agent.strip() else (Verdict.CRAWLER, "no_agent")


def says_it_is_a_program(touch: Touch) -> Judgement | None:
    """Believe previews, scanners and crawlers that declare themselves; see ``agents.toml`` and crawlerdetect."""
    verdict = agents.read(touch.agent).verdict
    return None if verdict is Verdict.PERSON else (verdict, f"agent_{verdict.value}")


def is_part_of_a_page(touch: Touch) -> Judgement | None:
    """Doubt a link that was opened as an image or by a script: no person followed it."""
    mode, _, rest = touch.fetch.partition("/")
    if touch.method != "GET" or not mode:
        return None
    return None if mode == "navigate" and rest.startswith(_SEEN) else (Verdict.PREFETCH, "not_a_navigation")


def poses_as_a_browser(touch: Touch) -> Judgement | None:
    """Doubt a current browser that sends no Sec-Fetch headers over https: all of them do."""
    if touch.method != "GET" or touch.fetch or touch.props.get("scheme") != "https":
        return None
    return (Verdict.CRAWLER, "no_fetch_metadata") if agents.read(touch.agent).sends_fetch_metadata else None


def is_a_person(touch: Touch) -> Judgement:
    """Return the verdict on what is left, with the strength of its evidence as the reason."""
    if touch.method == "POST":
        return Verdict.PERSON, "page"
    return Verdict.PERSON, "navigation" if touch.fetch else "browser"


STEPS: Final[list[Step]] = [
    played_again,
    asked_for_headers_only,
    fetched_ahead,
    has_no_agent,
    says_it_is_a_program,
    is_part_of_a_page,
    poses_as_a_browser,
]
_SEEN: Final = ("document/", "iframe/", "frame/")


def judge(touch: Touch) -> Event:
    """Return the event of a touch: its verdict, the named reason, and the evidence in `props`."""
    verdict, reason = _first_that_knows(touch)
    return Event(
        id=UUID(bytes=touch.id),
        ts=touch.ts,
        campaign=touch.campaign,
        kind=touch.kind,
        participant=touch.participant,
        parent=touch.parent,
        root=touch.root,
        generation=touch.generation,
        visitor=touch.visitor,
        channel=touch.channel,
        creative=touch.creative,
        country=touch.country,
        device=agents.read(touch.agent).device,
        verdict=verdict,
        reason=reason,
        props=_evidence(touch, verdict),
    )


def _first_that_knows(touch: Touch) -> Judgement:
    for step in STEPS:
        judgement = step(touch)
        if judgement is not None:
            return judgement
    return is_a_person(touch)


def _evidence(touch: Touch, verdict: Verdict) -> dict[str, str]:
    """Return what is worth keeping of the evidence; a person's agent is not, for it explains nothing."""
    said = {
        "agent": "" if verdict is Verdict.PERSON else touch.agent,
        "purpose": touch.purpose,
        "fetch": touch.fetch,
        "network": f"{touch.network:x}" if touch.network else "",
    }
    return touch.props | {name: text for name, text in said.items() if text}
