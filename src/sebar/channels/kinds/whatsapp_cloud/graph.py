"""Meta's Graph API as far as a WhatsApp number needs it: the number itself, and writing to one person.

The one place that asks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec
import requests
from requests_hardened import Config, Manager
from urllib3.exceptions import MaxRetryError, NewConnectionError

from sebar.channels.base import Came, Outcome
from sebar.channels.kinds.whatsapp_cloud import faults
from sebar.channels.kinds.whatsapp_cloud.faults import Fault
from sebar.kit.errors import Unavailable, UserError
from sebar.kit.words import gettext_noop

WRONG_TOKEN: Final = gettext_noop("Meta does not accept the access token: make a new one for the system user.")
UNKNOWN_NUMBER: Final = gettext_noop(
    "Meta shows no phone number with this ID to this access token: copy the ID once more, and give the system user the"
    " right to this number."
)
NOT_TRIED: Final = gettext_noop(
    "Meta could not be asked, so nobody knows yet whether the access token is right. Save once more to try it."
)
NOT_REACHED: Final = gettext_noop("Meta cannot be reached; it is tried again.")
BROKEN: Final = gettext_noop("The line to Meta broke in the very moment of sending.")

_ADDRESS: Final = "https://graph.facebook.com"
_VERSION: Final = "v24.0"
_CONNECT_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 20.0
_TOO_MANY: Final = 429
_BROKEN: Final = 500
_REST: Final = timedelta(minutes=5)


class Sent(msgspec.Struct, frozen=True):
    """A message that Meta has taken."""

    id: str


class _Answer(msgspec.Struct, frozen=True):
    messages: tuple[Sent, ...] = ()
    error: Fault | None = None


class _Number(msgspec.Struct, frozen=True):
    id: str = ""
    error: Fault | None = None


class Graph:
    """Writes from one brand's number."""

    def __init__(self, account: Mapping[str, str]) -> None:
        self._number = f"{_ADDRESS}/{_VERSION}/{account['number_id']}"
        self._session = _MANAGER.get_session()
        self._session.trust_env = False  # or a password file of the machine's would take the token's place
        self._session.headers["Authorization"] = f"Bearer {account['token']}"

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def look(self) -> None:
        """Ask for the number itself, which shows whether this token may write from it.

        Raises
        ------
        UserError
            When Meta refuses, for the field that it refuses.
        Unavailable
            When Meta cannot be reached, or answers nothing that we know.
        """
        try:
            answer = self._session.get(self._number, params={"fields": "display_phone_number"})
            said = msgspec.json.decode(answer.content, type=_Number)
        except (requests.RequestException, msgspec.DecodeError):
            raise Unavailable(NOT_TRIED) from None
        if said.error is not None:
            _refuse(answer.status_code, said.error)
        elif not said.id:
            raise Unavailable(NOT_TRIED)

    def write(self, address: str, text: str) -> Outcome:
        """Write a text; only within a day of what that person wrote last."""
        return self._post(address, {"type": "text", "text": {"body": text, "preview_url": False}})

    def write_template(
        self, address: str, *, template: str, language: str, parts: tuple[str, ...], mark: str
    ) -> Outcome:
        """Write an approved template, its placeholders filled in order.

        Parameters
        ----------
        mark
            Comes back with whatever Meta says about this message later.
        """
        parameters = [{"type": "text", "text": _one_line(part)} for part in parts]
        filled = {
            "name": template,
            "language": {"code": language},
            "components": [{"type": "body", "parameters": parameters}],
        }
        return self._post(address, {"type": "template", "template": filled, "biz_opaque_callback_data": mark})

    def _post(self, address: str, message: dict[str, Any]) -> Outcome:
        # Who has hidden their number is known by Meta's own name for them, like ID.13491208655302741918.
        whom = {"to": address} if address.isdecimal() else {"recipient": address}
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **whom, **message}
        try:
            answer = self._session.post(f"{self._number}/messages", json=body)
        except requests.RequestException as trouble:
            return Outcome(came=Came.LATER, trouble=NOT_REACHED) if _is_unsent(trouble) else _doubt()
        return _outcome(answer)


def _is_unsent(trouble: requests.RequestException) -> bool:
    """Say whether there never was a line on which the message could have left."""
    if isinstance(trouble, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    cause = trouble.args[0] if trouble.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _outcome(answer: requests.Response) -> Outcome:
    try:
        said = msgspec.json.decode(answer.content, type=_Answer)
    except msgspec.DecodeError:
        return _doubt()
    if said.error is not None:
        return _refusal(answer.status_code, said.error)
    return Outcome(came=Came.SENT) if said.messages else _doubt()


def _refusal(status: int, fault: Fault) -> Outcome:
    if fault.code in faults.GONE:
        return Outcome(came=Came.GONE, trouble=fault.words)
    if fault.code in faults.LATER or status == _TOO_MANY:
        return Outcome(came=Came.LATER, trouble=fault.words, wait=_REST)
    if status >= _BROKEN:
        return Outcome(came=Came.DOUBTFUL, trouble=fault.words)
    if fault.code in faults.TOKEN:
        return Outcome(came=Came.LATER, trouble=WRONG_TOKEN, wait=_REST)
    return Outcome(came=Came.REFUSED, trouble=fault.words)


def _refuse(status: int, fault: Fault) -> None:
    if fault.code in faults.LATER or status == _TOO_MANY or status >= _BROKEN:
        raise Unavailable(NOT_TRIED)
    if fault.code in faults.NUMBER:
        raise UserError(UNKNOWN_NUMBER, field="number_id")
    if fault.code in faults.TOKEN:
        raise UserError(WRONG_TOKEN, field="token")
    raise UserError(gettext_noop("Meta refuses this access token: {words}."), field="token", words=fault.words)


def _doubt() -> Outcome:
    return Outcome(came=Came.DOUBTFUL, trouble=BROKEN)


def _one_line(text: str) -> str:
    """Return the text as a placeholder takes it: without line breaks and rows of blanks."""
    return " ".join(text.split())


_MANAGER: Final = Manager(
    Config(
        ip_filter_enable=False,  # the address is Meta's, nobody enters it
        ip_filter_allow_loopback_ips=False,
        never_redirect=True,
        default_timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
        user_agent_override="Sebar",
    )
)
