"""One person passing a campaign on to one friend, and the browser in which the friend joins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Final

import httpx

from portal.conftest import form_of, own_cookie
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.participants import queries
from sebar.participants.models import Participant

SECONDS: Final = 60.0
"""How long anybody waits for an answer; the first takes a while."""
PHONE: Final = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"


class Visitor:
    """Somebody's browser: it keeps cookies and follows where it is led."""

    def __init__(self, base: str, cookies: dict[str, str] | None = None) -> None:
        self.base = base
        headers = {"User-Agent": PHONE, "Accept-Language": "en"}
        self._client = httpx.Client(
            base_url=base, headers=headers, cookies=cookies, follow_redirects=True, timeout=SECONDS
        )

    def file(self, address: str) -> bytes:
        """Return what is at an address of ours."""
        return self._client.get(address).raise_for_status().content

    def see(self, address: str) -> str:
        """Return the page at an address of ours."""
        return self.file(address).decode()

    def send(self, address: str, **entered: str) -> httpx.Response:
        """Fill in the form of the page at an address, and send it there."""
        form = form_of(self.see(address))
        return self._client.post(address, data={**form, **entered}).raise_for_status()

    def lands(self, link: str) -> str:
        """Return the address to which a link leads, in the end."""
        return str(self._client.get(link).raise_for_status().url)

    def close(self) -> None:
        """Close the browser."""
        self._client.close()


@dataclass(frozen=True)
class Passing:
    """One person passing a campaign on to one friend.

    Attributes
    ----------
    campaign, owner
        What is passed on, and whose it is.
    channel
        By which channel.
    parent, friend
        Who passes it on, and the friend's name.
    browser, base
        A browser that nobody has used yet, and our public address.
    folder
        Where servers may keep what they need.
    """

    campaign: Campaign
    owner: Membership
    channel: str
    parent: Participant
    friend: str
    browser: Visitor
    base: str
    folder: Path

    @property
    def code(self) -> str:
        """Code of whoever passes it on."""
        return codes.spell(self.parent.pk)

    def link_in(self, text: str) -> str:
        """Return the first link of ours in what somebody reads."""
        found = re.search(rf"{re.escape(self.base)}/r/[0-9a-z]+\?via=[a-z_]+", text)
        assert found is not None, f"no link in “{text[:200]}”"
        return found[0]

    def share_page(self) -> str:
        """Return the page from which people pass on, as its owner sees it in their own browser."""
        known = own_cookie(self.parent)
        owner = Visitor(self.base, cookies={known["name"]: known["value"]})
        try:
            return owner.see(f"/s/{self.code}")
        finally:
            owner.close()

    def follow(self, link: str, **typed: str) -> Participant:
        """Open a link, fill the form in, send it, and return who joined."""
        answer = self.browser.send(self.browser.lands(link), name=self.friend, consent="1", **typed)
        joined = queries.of_code(answer.url.path.removeprefix("/s/"))
        assert joined is not None, f"{answer.url} is nobody’s page"
        return joined


def first(pattern: str, page: str) -> str:
    """Return what the first group finds in a page, as people read it."""
    found = re.search(pattern, page, re.DOTALL)
    assert found is not None, f"the page has no {pattern}"
    return unescape(found[1])
