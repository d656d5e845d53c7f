"""What may name a brand's app, how a page's address is spelled for it, and what Android and iOS read about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sebar.kit.errors import UserError, UserErrors
from sebar.kit.text import shown
from sebar.kit.words import gettext_noop

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{2,39}")
# Schemes that browsers or other programs already own: a button must never start those.
_TAKEN: Final = re.compile(
    r"https?|ftp|wss?|file|data|blob|javascript|vbscript|about|view-source|mailto|tel|sms|facetime|intent|android-app"
    r"|market|itms.*|content|chrome|resource|whatsapp|viber"
)
_PACKAGE: Final = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+", re.ASCII)
_IOS_APP: Final = re.compile(r"[A-Z0-9]{10}(?:\.[A-Za-z0-9-]+){2,}")
_APP_STORE: Final = re.compile(r"https://apps\.apple\.com/[\w./?=&%-]+", re.ASCII)
_FINGERPRINT: Final = re.compile(r"[0-9A-F]{2}(?::[0-9A-F]{2}){31}")
_LONGEST: Final = 150
_ALL_LINKS: Final = "delegate_permission/common.handle_all_urls"


@dataclass(frozen=True, slots=True)
class Way:
    """How one phone gets into the app: `open` starts it, `store` is where it is had; empty when nobody said."""

    open: str
    store: str


def way(settings: Mapping[str, str], agent: str, page: str) -> Way | None:
    """Return how the phone with this User-Agent opens a page of ours in the app; None when there is no app for it.

    Parameters
    ----------
    settings
        What the brand entered.
    page
        Whole address of the page that the app should show; it gets the same one under its own scheme.
    """
    scheme, package = settings.get("scheme", ""), settings.get("android_package", "")
    _, _, address = page.partition("://")
    if "Android" in agent and package:
        store = f"https://play.google.com/store/apps/details?id={package}"
        # Chrome starts the app or, without it, leads to the fallback; without a scheme it asks by the web's own.
        whither = f"scheme={scheme or 'https'};package={package};S.browser_fallback_url={quote(store, safe='')}"
        return Way(f"intent://{address}#Intent;{whither};end", store)
    if ("iPhone" in agent or "iPad" in agent) and settings.get("ios_app") and scheme:
        return Way(f"{scheme}://{address}", settings.get("app_store", ""))
    return None


def for_android(apps: Iterable[tuple[Mapping[str, str], Sequence[str]]]) -> list[dict[str, Any]]:
    """Return what ``/.well-known/assetlinks.json`` says of apps, each with the paths that it may open."""
    return [
        {
            "relation": [_ALL_LINKS],
            "target": {
                "namespace": "android_app",
                "package_name": settings["android_package"],
                "sha256_cert_fingerprints": settings["android_fingerprints"].split(","),
            },
            # Read since Android 15: nothing but the brand's own campaigns.
            "relation_extensions": {
                _ALL_LINKS: {
                    "dynamic_app_link_components": [*({"/": path} for path in paths), {"/": "*", "exclude": True}]
                }
            },
        }
        for settings, paths in apps
        if settings.get("android_package") and settings.get("android_fingerprints") and paths
    ]


def for_ios(apps: Iterable[tuple[Mapping[str, str], Sequence[str]]]) -> dict[str, Any]:
    """Return what ``/.well-known/apple-app-site-association`` says of apps, each with the paths that it may open."""
    details = [
        {"appIDs": [settings["ios_app"]], "components": [{"/": path} for path in paths]}
        for settings, paths in apps
        if settings.get("ios_app") and paths
    ]
    return {"applinks": {"details": details}}


def refuse(given: Mapping[str, str], _others: Sequence[Mapping[str, str]]) -> None:
    """Refuse what names no app.

    Raises
    ------
    UserErrors
        When there is an app neither for Android nor for iOS.
    """
    if not given["android_package"] and not given["ios_app"]:
        sentence = gettext_noop("No app is named: enter the one for Android, the one for iOS, or both.")
        raise UserErrors([UserError(sentence, field="android_package")])


def scheme(text: str) -> str:
    """Return the scheme of an app's links in small letters, or empty.

    Raises
    ------
    UserError
        When it cannot be one, or belongs to another program.
    """
    tidy = text.strip().lower().removesuffix("://")
    if tidy and (_TAKEN.fullmatch(tidy) or not _SCHEME.fullmatch(tidy)):
        raise UserError(
            gettext_noop("“{shown}” cannot be the scheme of your app: use a word of its own, like kopisenja."),
            field="scheme",
            shown=shown(text),
        )
    return tidy


def android_package(text: str) -> str:
    """Return an Android package name, or empty.

    Raises
    ------
    UserError
        When it cannot be one.
    """
    sentence = gettext_noop("“{shown}” is not the package name of an Android app: it looks like com.kopisenja.app.")
    return _like(text, _PACKAGE, sentence, field="android_package")


def android_fingerprints(text: str) -> str:
    """Return SHA-256 fingerprints in capitals, parted by commas, or empty.

    Raises
    ------
    UserError
        When one is not 32 pairs of hexadecimal digits.
    """
    found = [part for part in re.split(r"[\s,;]+", text.strip().upper()) if part]
    for one in found:
        if not _FINGERPRINT.fullmatch(one):
            raise UserError(
                gettext_noop(
                    "“{shown}” is not a SHA-256 fingerprint: it has 32 pairs of digits and letters, like 14:6D:E9:…"
                ),
                field="android_fingerprints",
                shown=shown(one),
            )
    return ",".join(found)


def ios_app(text: str) -> str:
    """Return an iOS app ID with its team, or empty.

    Raises
    ------
    UserError
        When it cannot be one.
    """
    sentence = gettext_noop(
        "“{shown}” is not the ID of an iOS app: it is your team’s ten characters, a dot and the bundle ID, "
        "like A1B2C3D4E5.com.kopisenja.app."
    )
    return _like(text, _IOS_APP, sentence, field="ios_app")


def app_store(text: str) -> str:
    """Return an app's address in the App Store, or empty.

    Raises
    ------
    UserError
        When it leads anywhere else.
    """
    sentence = gettext_noop("“{shown}” is not an address in the App Store: it begins with https://apps.apple.com/.")
    return _like(text, _APP_STORE, sentence, field="app_store")


def _like(text: str, pattern: re.Pattern[str], sentence: str, *, field: str) -> str:
    """Return the text without blanks around it if it is empty or matches; else `sentence` says what it should be."""
    tidy = text.strip()
    if tidy and (len(tidy) > _LONGEST or not pattern.fullmatch(tidy)):
        raise UserError(sentence, field=field, shown=shown(text))
    return tidy
