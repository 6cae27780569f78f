"""Errors become answers here, and nowhere else."""

import json
from collections.abc import Iterable
from typing import Any, Final

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import Counter
from starlette.exceptions import HTTPException
from starlette.routing import Match

from chassis import logs
from chassis.problems import (
    MEDIA_TYPE,
    FieldError,
    Internal,
    InvalidRequest,
    NotFound,
    Overloaded,
    Problem,
    pointer,
)
from chassis.web.bodies import in_words_of_json

log = structlog.get_logger()

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

UNHANDLED = Counter(
    "paymesh_unhandled_errors", "Requests that ended by what nobody expected", ["kind"]
)


def register_handlers(app: FastAPI, away: Iterable[type[Exception]] = ()) -> None:
    """Answer every error as problem+json; those of `away` as something to try again soon."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework_error)
    for kind in away:
        app.add_exception_handler(kind, _away)
    app.add_exception_handler(Exception, _unexpected)


def problem_response(problem: Problem) -> Response:
    """The answer for a problem, for the rare route that handles one itself."""
    headers = {}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    content = _encode(problem.body(logs.request_id.get()))
    return Response(content, status_code=problem.status, headers=headers, media_type=MEDIA_TYPE)


def _encode(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:  # A pointer may quote a key with a lone surrogate.
        return json.dumps(body).encode()


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = tuple(_field_errors(error.errors()))
    return problem_response(InvalidRequest("The request is not valid.", errors=faults))


async def _framework_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    # FastAPI wraps what is raised while it reads a body.
    if isinstance(error.__cause__, Problem):
        return problem_response(error.__cause__)
    response = problem_response(_as_problem(error))
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(methods_of(request))
    return response


def methods_of(request: Request) -> list[str]:
    """All that this address knows, where several routes share it. Source: RFC 9110, 10.2.1"""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


async def _away(_: Request, error: Exception) -> Response:
    log.warning("http.away", reason=repr(error))
    return problem_response(Overloaded("Something that is needed is away at the moment."))


async def _unexpected(_: Request, error: Exception) -> Response:
    UNHANDLED.labels(type(error).__name__).inc()
    # The server logs the exception itself; this answer is made outside of `Edge`.
    response = problem_response(Internal())
    response.headers["X-Request-Id"] = logs.request_id.get()
    response.headers["Connection"] = "close"  # The server hangs up; nobody is to ask here again.
    return response


def _as_problem(error: HTTPException) -> Problem:
    problem: Problem
    if error.status_code == 404:
        return NotFound("There is nothing at this address.")
    if error.status_code == 405:
        problem = NotFound("This address does not know the method.")
        problem.title = "Method not allowed"
    elif error.status_code == 400:
        return InvalidRequest(error.detail)
    elif error.status_code < 500:
        problem = InvalidRequest(error.detail)
    else:
        problem = Internal()
    problem.status = error.status_code
    return problem


def _field_errors(faults: Iterable[dict[str, object]]) -> Iterable[FieldError]:
    for fault in faults:
        place, *path = fault["loc"] if isinstance(fault["loc"], tuple) else ("body",)
        prefix = "" if place == "body" else f"{place}: "
        # A JSON document that is broken has a character position instead of a path.
        path = [] if fault["type"] == "json_invalid" else path
        yield FieldError(pointer(path), prefix + in_words_of_json(str(fault["msg"])))
