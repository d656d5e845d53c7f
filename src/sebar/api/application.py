"""The REST application: its sections, its errors, its description."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError, ValidationErrorContext
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from sebar.api import (
    alarms,
    brief,
    campaigns,
    decisions,
    draws,
    experiments,
    forecasts,
    fraud,
    material,
    measures,
    participants,
    plans,
    problems,
    report,
    rewards,
)


class Reader(Parser):
    """Reads bodies with msgspec: fast, and it says where the JSON breaks."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body's JSON."""
        return msgspec.json.decode(request.body)


class Writer(BaseRenderer):
    """Writes answers with msgspec."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002 - the base's
        """Return the JSON of an answer."""
        return msgspec.json.encode(data)


class Application(NinjaAPI):
    """Our addresses; every error is a problem document."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Return the problem document of an error."""
        return problems.of_error(request, exc)

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """Return what the check found, with the values that were sent."""
        return ValidationError(
            [
                {**found, "loc": (context.model.__ninja_param_source__, *found["loc"])}
                for context in error_contexts
                for found in context.pydantic_validation_error.errors(include_url=False)
            ]
        )


api = Application(
    title="Sebar",
    version=version("sebar"),
    description=(
        "Everything a brand does with Sebar, for its own programs. Sign in with a key of `sebar key create` in the "
        "header `Authorization: Bearer …`. Errors are problem documents (RFC 9457) that name the field and the way out."
    ),
    urls_namespace="api",
    docs_url=None,
    parser=Reader(),
    renderer=Writer(),
)
for section in (
    campaigns.router,
    brief.router,
    participants.router,
    measures.router,
    forecasts.router,
    report.router,
    decisions.router,
    material.router,
    fraud.router,
    experiments.router,
    plans.router,
    alarms.router,
    rewards.router,
    draws.router,
):
    api.add_router("/campaigns", section)
