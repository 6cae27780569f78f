"""A parameter means one thing: of two values in an address, neither silently wins."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from chassis.problems import FieldError, InvalidRequest, pointer


def require_single_values(request: Request, route: APIRoute) -> None:
    """What the route does not know is ignored, however often it is given. Raises InvalidRequest."""
    if b"&" not in request.scope["query_string"]:
        return
    given = request.query_params
    faults = [
        FieldError(pointer([name]), "query: is given more than once, with different values")
        for name in _parameters(route.dependant)
        if len(set(given.getlist(name))) > 1
    ]
    if faults:
        raise InvalidRequest("The request is not valid.", errors=faults)


def _parameters(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (each.alias or name for name, each in kind.model_fields.items())
        else:
            yield field.alias
    for part in dependant.dependencies:
        yield from _parameters(part)
