"""Every error as a problem document (RFC 9457): what is wrong, in which field, and the way out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError

from sebar.kit.errors import NotAllowed, NotFound, Unavailable, UserError, UserErrors

MEDIA_TYPE: Final = "application/problem+json"
_SHOWN_LENGTH: Final = 60
_log = logging.getLogger(__name__)


class Wrong(msgspec.Struct, frozen=True):
    """One thing that is wrong: the field's name and a sentence about it."""

    field: str
    detail: str


class NoKey(Exception):
    """The request carries no key that opens anything."""


def problem(status: int, detail: str, wrong: Sequence[Wrong] = (), **headers: str) -> HttpResponse:
    """Return a problem document.

    Parameters
    ----------
    status
        HTTP status.
    detail
        One sentence for whoever wrote the request.
    wrong
        What is wrong field by field; the first one's name also stands at the top, as `field`.
    """
    document: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if wrong:
        document |= {"field": wrong[0].field, "errors": wrong}
    return HttpResponse(
        msgspec.json.encode(document),
        status=status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **{name.replace("_", "-"): value for name, value in headers.items()}},
    )


def of_error(request: HttpRequest, error: Exception) -> HttpResponse:  # noqa: PLR0911 - one line a kind of error
    """Return the problem document of anything that can go wrong in a request."""
    match error:
        case NoKey():
            detail = _("This needs a key: send the header “Authorization: Bearer …” with one from `sebar key create`.")
            return problem(401, detail, WWW_Authenticate="Bearer")
        case UserErrors():
            return problem(422, error.message, [Wrong(one.field, one.message) for one in error.errors])
        case UserError():
            return problem(_status(error), error.message, [Wrong(error.field, error.message)] if error.field else ())
        case ValidationError():
            wrong = [_wrong(one) for one in error.errors]
            return problem(422, wrong[0].detail, wrong)
        case HttpError(__cause__=msgspec.DecodeError() | UnicodeDecodeError() | RecursionError() as cause):
            return problem(400, _("The body is not JSON: %(reason)s.") % {"reason": cause})
        case HttpError():
            return problem(error.status_code, error.message)
        case Unavailable():
            return problem(503, error.message, Retry_After="2")
        case OperationalError():
            _log.error("%s %s: %s", request.method, request.path, error)
            detail = _("The database cannot answer just now; send the same request again in a moment.")
            return problem(503, detail, Retry_After="2")
        case RequestDataTooBig():
            return problem(413, _("The request is larger than 12 MB; send it in several smaller ones."))
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, _("Something on our side went wrong and was noted; trying again later may help."))


def unknown(request: HttpRequest) -> HttpResponse:
    """Return the problem document for an address that does not exist."""
    detail = _("There is no address %(path)s; /api/v1/docs lists them all.") % {"path": request.path[:_SHOWN_LENGTH]}
    return problem(404, detail)


def in_problem_form(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wrap a view so that a method it does not know is answered with a problem document too."""

    @wraps(view)
    def wrapped(request: HttpRequest, *arguments: object, **named: object) -> HttpResponseBase:
        response = view(request, *arguments, **named)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        allowed = response.headers["Allow"]
        detail = _("%(method)s does nothing here; use %(allowed)s.") % {"method": request.method, "allowed": allowed}
        return problem(405, detail, Allow=allowed)

    return wrapped


def _status(error: UserError) -> int:
    match error:
        case NotFound():
            return 404
        case NotAllowed():
            return 403
    return 422


def _wrong(found: dict[str, Any]) -> Wrong:
    """Put what the schema check found into a sentence that names field, value and what it should be."""
    path = found["loc"][2 if found["loc"][0] == "body" else 1 :]
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    if found["type"] == "missing":
        detail = _("“%(field)s” is missing.") % {"field": name} if name else _("The request needs a JSON body.")
    elif found["type"] == "extra_forbidden":
        detail = _("There is no field “%(field)s”; /api/v1/docs lists the fields.") % {"field": name}
    else:
        detail = _("“%(field)s” is %(value)s: %(reason)s.") % {
            "field": name or _("The body"),
            "value": _shown(found.get("input")),
            "reason": found["msg"][:1].lower() + found["msg"][1:],
        }
    return Wrong(name, detail)


def _shown(value: object) -> str:
    text = msgspec.json.encode(value, enc_hook=repr).decode()
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"
