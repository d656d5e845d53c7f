"""What a participant's phone has to fetch: bytes and requests of each page, counted by Chromium on a fresh instance.

"To first paint" counts the answers without which nothing is shown: the page itself, and what blocks its rendering.
"""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass

from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page, Request, sync_playwright

from fresh import Fresh, fresh

HTML_GOAL = 13_000
ALL_GOAL = 30_000
SCRIPT_GOAL = 4_000
PHONE = {"width": 390, "height": 844}
WORDS = {
    "headline": "A free coffee for you and every friend you bring",
    "text": "Every friend who joins through your link gets a coffee on the house, and so do you.\n\n"
    + 20 * "More to read. ",
    "call_to_action": "Get my coffee",
    "share_text": "We both get a free coffee. Want one?",
}


@dataclass(frozen=True)
class Fetched:
    """What one page needed: bytes on the wire, headers left out, of the page, of scripts, and of everything."""

    html: int
    script: int
    everything: int
    requests: int
    to_first_paint: int
    elsewhere: int


def main() -> None:
    """Print the table; end with 1 when a goal is not met."""
    with fresh() as instance:
        pages = planted(instance)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            rows = {name: fetched(browser, instance.url, address) for name, address in pages.items()}
            browser.close()
    print(f"{'page':<34}{'HTML':>9}{'script':>9}{'in all':>9}{'requests':>10}{'to first paint':>16}{'other hosts':>13}")
    for name, row in rows.items():
        print(
            f"{name:<34}{row.html:>7,} B{row.script:>7,} B{row.everything:>7,} B"
            f"{row.requests:>10}{row.to_first_paint:>16}{row.elsewhere:>13}"
        )
    is_met = all(
        row.html <= HTML_GOAL
        and row.everything <= ALL_GOAL
        and row.script <= SCRIPT_GOAL
        and row.to_first_paint == 1
        and row.elsewhere == 0
        for row in rows.values()
    )
    goals = f"HTML ≤ {HTML_GOAL:,} B, script ≤ {SCRIPT_GOAL:,} B, in all ≤ {ALL_GOAL:,} B, one answer to first paint"
    print(f"goal on every page: {goals}, no other host: {'met' if is_met else 'NOT MET'}")
    sys.exit(0 if is_met else 1)


def planted(instance: Fresh) -> dict[str, str]:
    """Make a campaign with a picture and a tree of people in the instance, and return its pages' addresses."""
    os.environ.update(instance.environment)
    from sebar.serve import django

    django.setup()
    from sebar.brands.actions import open_brand
    from sebar.brands.models import Role
    from sebar.brands.queries import Membership
    from sebar.campaigns import actions, images
    from sebar.campaigns.rules import CampaignForm
    from sebar.kit import codes, config
    from sebar.participants.actions import join
    from sebar.participants.queries import personal_secret
    from sebar.participants.rules import Entry

    member = Membership(open_brand(name="Kopi Nusa"), Role.OWNER)
    form = CampaignForm(name="Coffee", slug="coffee", languages=("en", "id"), texts={"en": WORDS, "id": WORDS})
    actions.draft(membership=member, form=form)
    actions.dress(membership=member, slug="coffee", image=images.store(a_photograph(), config.load().media))
    campaign = actions.publish(membership=member, slug="coffee")
    seed = join(campaign=campaign, entry=Entry(name="Dewi Anggraini", how="link")).participant
    for number in range(20):
        join(campaign=campaign, entry=Entry(name=f"Friend {number}", how="link", referred_by=codes.spell(seed.pk)))
    code = codes.spell(seed.pk)
    return {
        "campaign, by a friend's link": f"/r/{code}?via=whatsapp",
        "campaign": "/c/coffee",
        "share": f"/s/{code}",
        "personal": f"/me/{personal_secret(seed)}",
        "unknown code": "/r/zzzzzzz",
        "home": "/",
    }


def a_photograph() -> bytes:
    """Return a picture with about as much detail as a photograph."""
    image = Image.effect_noise((1600, 1000), 120).filter(ImageFilter.GaussianBlur(9)).convert("RGB")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def fetched(browser: Browser, url: str, address: str) -> Fetched:
    """Open one page in a browser that has seen nothing yet, and return what came."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=3)
    page = context.new_page()
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108 - a bound method is refused
    page.goto(f"{url}{address}", wait_until="networkidle")
    answers = [request for request in finished if request.method == "GET" and request.redirected_to is None]
    sizes = {request.url: request.sizes()["responseBodySize"] for request in answers}
    by_kind = {kind: [one.url for one in answers if one.resource_type == kind] for kind in ("document", "script")}
    row = Fetched(
        html=sum(sizes[one] for one in by_kind["document"]),
        script=sum(sizes[one] for one in by_kind["script"]),
        everything=sum(sizes.values()),
        requests=len(answers),
        to_first_paint=1 + blocking(page),
        elsewhere=sum(not request.url.startswith((url, "data:")) for request in finished),
    )
    context.close()
    return row


def blocking(page: Page) -> int:
    """Return how many other files the browser had to wait for before it showed anything."""
    found: int = page.evaluate(
        "performance.getEntriesByType('resource').filter(one => one.renderBlockingStatus === 'blocking').length"
    )
    return found


if __name__ == "__main__":
    main()
