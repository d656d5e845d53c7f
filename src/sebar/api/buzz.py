"""Mentions that a brand's own programs send, signed (Standard Webhooks): ``POST /api/v1/mentions/{code}``."""

from __future__ import annotations

import time

import msgspec
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sebar.api.problems import in_problem_form, of_error, problem, unknown
from sebar.channels import sealing
from sebar.channels.kinds.buzz import actions, queries, webhook
from sebar.kit.errors import NotAllowed, UserError


@csrf_exempt
@in_problem_form
@require_POST
def mentions(request: HttpRequest, code: str) -> HttpResponse:
    """Take the mentions of one message: all of them or, if anything is wrong, none. The same again changes nothing."""
    source = queries.of_code(code)
    if source is None:
        return unknown(request)
    body = _body(request)
    if body is None:
        return problem(413, _("The body is larger than 1 MB; send it in several smaller ones."))
    secret = sealing.unseal(source.sealed)
    try:
        identifier = webhook.verify(secret, request.headers, body, time.time())
    except NotAllowed as error:
        return problem(401, error.message)
    try:
        heard = webhook.read(body, identifier, timezone.now())
        taken = actions.take(source=source, heard=heard)
        actions.note_heard(number=source.pk)
    except (UserError, OperationalError) as error:
        return of_error(request, error)
    answer = {"new": taken.new, "known": taken.known}
    return HttpResponse(msgspec.json.encode(answer), content_type="application/json")


def _body(request: HttpRequest) -> bytes | None:
    """Return the raw body; None when it is too large, of which no more is read than shows that."""
    body = request.read(webhook.LARGEST + 1)
    return body if len(body) <= webhook.LARGEST else None
