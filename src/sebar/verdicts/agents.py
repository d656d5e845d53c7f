"""What a User-Agent header says of itself."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from crawlerdetect import CrawlerDetect

from sebar.events.event import Verdict

_KEPT: Final = 20_000


class Rule(NamedTuple):
    """One entry of ``agents.toml``: text to look for, what it means and who it is."""

    text: str
    at_start: bool
    verdict: Verdict
    name: str

    def fits(self, agent: str) -> bool:
        """Say whether an agent, in lower case, is meant."""
        return agent.startswith(self.text) if self.at_start else self.text in agent


class Agent(NamedTuple):
    """What an agent is.

    Attributes
    ----------
    verdict
        What it says it is; `Verdict.PERSON` when it does not say that it is a program.
    name
        The program's name, empty for a browser.
    device
        ``phone``, ``tablet``, ``desktop`` or empty.
    sends_fetch_metadata
        Whether such a browser sends ``Sec-Fetch-Mode`` with every request over https.
    """

    verdict: Verdict
    name: str
    device: str
    sends_fetch_metadata: bool


_LISTED: Final = tomllib.loads(Path(__file__).with_name("agents.toml").read_text("utf-8"))
_RULES: Final = [
    Rule(entry.get("starts") or entry["has"], "starts" in entry, verdict, entry["name"])
    for verdict in (Verdict.PREVIEW, Verdict.SCANNER, Verdict.CRAWLER)
    for entry in _LISTED[verdict.value]
]
_IN_APP: Final = re.compile(rf"\b(?:{'|'.join(_LISTED['in_app']['names'])})\b(?:/[\w.]*)?", re.IGNORECASE)
_LONG_WORD: Final = re.compile(r"([^\s;()/,]{40})[^\s;()/,]+")
_detector: Final = CrawlerDetect()

# MDN's table names Chrome 76, Firefox 90 and Safari 16.4 as the first that send fetch metadata; rounded up, to be kind.
_FETCH_METADATA: Final = [
    (re.compile(r"Firefox/(\d+)"), 90),
    (re.compile(r"Chrome/(\d+)"), 80),
    (re.compile(r"Version/(\d+)[\d.]* .*Safari/"), 17),
]
_THROUGH_A_SERVER: Final = ("Opera Mini", "UCBrowser", "UCWEB", "Puffin")  # browsers whose maker's servers fetch


@lru_cache(maxsize=_KEPT)
def read(agent: str) -> Agent:
    """Return what a User-Agent header says. Answers are kept: an unseen header costs up to a millisecond."""
    verdict, name = _declared(agent)
    return Agent(verdict, name, _device(agent), _sends_fetch_metadata(agent))


def _declared(agent: str) -> tuple[Verdict, str]:
    lowered = agent.lower()
    for rule in _RULES:
        if rule.fits(lowered):
            return rule.verdict, rule.name
    matched = _crawler(_IN_APP.sub("", agent) if lowered.startswith("mozilla/") else agent)
    return (Verdict.CRAWLER, matched) if matched else (Verdict.PERSON, "")


def _crawler(agent: str) -> str:
    """Return the words by which crawlerdetect knows a crawler, or nothing. The only call into that package.

    Its patterns take a hundred times longer for endless words, which no browser sends, so words are cut.
    """
    if not _detector.is_crawler(_LONG_WORD.sub(r"\1", agent)):
        return ""
    return str(_detector.get_matches() or "crawler")


def _device(agent: str) -> str:
    if "iPad" in agent or ("Android" in agent and "Mobile" not in agent) or "Tablet" in agent:
        return "tablet"
    if "Mobile" in agent or "iPhone" in agent:
        return "phone"
    desktop = ("Windows NT", "Macintosh", "X11", "CrOS")
    return "desktop" if any(system in agent for system in desktop) else ""


def _sends_fetch_metadata(agent: str) -> bool:
    if any(name in agent for name in _THROUGH_A_SERVER):
        return False
    for pattern, first in _FETCH_METADATA:
        version = pattern.search(agent)
        if version:
            return int(version[1]) >= first
    return False
