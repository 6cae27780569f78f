"""The description of the admin API, and the page that shows it to people.

Bodies are read by hand, as strictly as the gateway reads its own, so FastAPI does not see them:
they are described here, from the dependency that reads them.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from chassis.web import api_page, described
from merchant_admin.api.bodies import bodies_of

VERSION: Final = "1.0.0"
REFERENCE: Final = "#/components/schemas/{model}"
PROBLEM_TYPE: Final = "application/problem+json"

DESCRIPTION: Final = """\
What the console of the centre (支付中心后台) is made of: merchants, channel accounts, apps, keys, \
users, search, refunds and decisions of people.

`POST /api/session` answers a token for `Authorization: Bearer …`; whoever has a second factor \
sends its code as `totp`. It ends after 15 unused minutes and after 8 hours. A write with the \
cookie of a browser that touches credentials, keys or users wants a password of the last ten \
minutes (401 `reauthentication_required`). Every write is audited. Who has some merchants sees \
theirs only: what is of another does not exist. Amounts are whole numbers of minor units (分), \
times RFC 3339 in UTC, errors `application/problem+json` (RFC 9457) with a `code`, a `request_id` \
and a JSON pointer for each field that is wrong.
"""

OPEN: Final = frozenset({("post", "/api/session"), ("post", "/api/invitations")})
"""What is for people who are not logged in."""


class FieldFault(BaseModel):
    """What is wrong with one field; `pointer` (RFC 6901) leads into the body."""

    pointer: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457). `claim`: with `claim_changed`, the one of now."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldFault]
    request_id: str
    retryable: bool
    claim: dict[str, Any] | None = Field(default=None)


def document(app: FastAPI) -> dict[str, Any]:
    """The description; made when it is first asked for."""
    return described(app, _document)


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title="Paymesh Admin", version=VERSION, description=DESCRIPTION, routes=app.routes
    )
    bodies = {(path, method): model for path, method, model in _bodies(app)}
    _, written = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(bodies.values())]
        + [(Problem, "serialization")],
        ref_template=REFERENCE,
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {name: schema for name, schema in written["$defs"].items() if name not in schemas}
    made["components"]["securitySchemes"] = {"session": {"type": "http", "scheme": "bearer"}}
    for path, calls in made["paths"].items():
        for method, call in calls.items():
            _complete(call, bodies.get((path, method)), is_open=(method, path) in OPEN)
    return made


def _complete(call: dict[str, Any], model: type[BaseModel] | None, *, is_open: bool) -> None:
    call["security"] = [] if is_open else [{"session": []}]
    problem = {PROBLEM_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    call["responses"].pop("422", None)
    call["responses"]["default"] = {"description": "A problem", "content": problem}
    if model is not None:
        reference = {"$ref": REFERENCE.format(model=model.__name__)}
        content = {"application/json": {"schema": reference}}
        call["requestBody"] = {"required": True, "content": content}


def _bodies(app: FastAPI) -> Iterator[tuple[str, str, type[BaseModel]]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or context.path is None:
            continue
        for model in bodies_of(route.dependant):
            for method in route.methods or ():
                yield context.path, method.lower(), model


router = api_page("Paymesh Admin API", _document)
