"""Mentions from a brand's own programs: signed as Standard Webhooks has it, and what they hold.

The signature is HMAC-SHA256 over identifier, time and raw body, so neither can be changed, and nothing older than five
minutes is taken. Sending the same again changes nothing: a mention is known by its own identifier, or by the message's.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from sebar.channels.kinds.buzz import rules
from sebar.channels.kinds.buzz.rules import Heard
from sebar.kit import text
from sebar.kit.errors import Checks, NotAllowed, UserError, UserErrors
from sebar.kit.words import gettext_noop

LARGEST: Final = 1024 * 1024
"""Bytes of a body at most."""
TOLERANCE: Final = 300
"""Seconds by which clocks, and the way here, may differ."""
_MOST: Final = 1000
_PREFIX: Final = "whsec_"
_ID_LENGTH: Final = 200
_TIME_LENGTH: Final = 15
_SHOWN_ERRORS: Final = 50


class _Given(msgspec.Struct):
    text: str = ""
    id: str = ""
    time: datetime | None = None
    url: str = ""
    author: str = ""
    language: str = ""
    reach: int | None = None
    label: str = msgspec.field(default="", name="class")


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    mentions: list[dict[str, Any]]


_FIELDS: Final = {one.encode_name: one.type for one in msgspec.structs.fields(_Given)}


def new_secret() -> str:
    """Return a new secret to sign with."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def sign(secret: str, identifier: str, time: int, body: bytes) -> str:
    """Return the signature of a message: what its header ``webhook-signature`` holds.

    Parameters
    ----------
    time
        Seconds since 1970 UTC, as the header ``webhook-timestamp`` holds it.

    Raises
    ------
    NotAllowed
        When the secret is none, as one that cannot be unsealed: anybody could sign with that.
    """
    signed = f"{identifier}.{time}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Return a message's identifier, if whoever knows the secret sent it just now.

    Parameters
    ----------
    headers
        By their names in any spelling.
    now
        Seconds since 1970 UTC.

    Raises
    ------
    NotAllowed
        When a header is missing, the time is another, the signature is not right, or there is no secret to know by.
    """
    identifier, time = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    is_time = time.isascii() and time.isdecimal() and len(time) <= _TIME_LENGTH
    if not 1 <= len(identifier) <= _ID_LENGTH or not is_time:
        raise NotAllowed(
            gettext_noop(
                "The headers webhook-id, webhook-timestamp (seconds since 1970) and webhook-signature are needed."
            )
        )
    if abs(now - int(time)) > TOLERANCE:
        raise NotAllowed(
            gettext_noop("The message was signed at {time}, more than five minutes from now: look at the clock."),
            time=time,
        )
    right = sign(secret, identifier, int(time), body).encode()
    given = headers.get("webhook-signature", "").split(" ")  # several, while a program changes its secret
    if not any(hmac.compare_digest(one.encode(), right) for one in given):
        raise NotAllowed(gettext_noop("The signature is not right: sign the raw body with this source’s secret."))
    return identifier


def read(body: bytes, identifier: str, now: datetime) -> list[Heard]:
    """Return the mentions in a body.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    UserError
        When it is not JSON of the right form, or holds too many.
    """
    try:
        given = msgspec.json.decode(body, type=_Body).mentions
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(gettext_noop("The body cannot be used: {reason}."), reason=error) from None
    if len(given) > _MOST:
        raise UserError(
            gettext_noop("{count} mentions at once are too many: send at most {most} in one message."),
            field="mentions",
            count=len(given),
            most=_MOST,
        )
    heard: list[Heard] = []
    wrong: list[UserError] = []
    for number, one in enumerate(given):
        try:
            heard.append(rules.check(_heard(_typed(one), f"{identifier}#{number}"), now))
        except UserErrors as errors:
            wrong.extend(_of(number, error) for error in errors.errors)
        except UserError as error:
            wrong.append(_of(number, error))
    if wrong:
        raise UserErrors(wrong[:_SHOWN_ERRORS])
    return heard


def _typed(given: Mapping[str, Any]) -> _Given:
    """Return a mention whose fields have their types; raise `UserErrors` that names all that have not."""
    checks = Checks()
    for name, value in given.items():
        checks(_field, value, name)
    checks.finish()
    return msgspec.convert(given, _Given)


def _field(value: Any, name: str) -> Any:
    if name not in _FIELDS:
        message = gettext_noop("A mention has no field “{name}”: leave it out.")
        raise UserError(message, field=text.shown(name), name=text.shown(name))
    try:
        return msgspec.convert(value, _FIELDS[name])
    except msgspec.ValidationError as error:
        raise UserError(
            gettext_noop("“{name}” cannot be used: {reason}."), field=name, name=name, reason=error
        ) from None


def _heard(given: _Given, otherwise: str) -> Heard:
    return Heard(
        external_id=given.id or otherwise,
        text=given.text,
        at=given.time,
        url=given.url,
        author=given.author,
        language=given.language,
        reach=given.reach,
        label=rules.check_label(given.label),
    )


def _of(number: int, error: UserError) -> UserError:
    return UserError(error.template, field=f"mentions[{number}].{error.field}", **error.values)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise NotAllowed(
            gettext_noop("This source’s secret cannot be read here any longer: remove the source and add it again.")
        )
    return key
