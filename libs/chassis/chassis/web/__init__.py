"""The HTTP edge of a service: application, errors, health, metrics, strict JSON, overload."""

from chassis.web.application import create_app, require_service_token, serve
from chassis.web.bodies import json_object, parse, read_body, read_json_object
from chassis.web.edge import InFlightLimit
from chassis.web.errors import problem_response

__all__ = [
    "InFlightLimit",
    "create_app",
    "json_object",
    "parse",
    "problem_response",
    "read_body",
    "read_json_object",
    "require_service_token",
    "serve",
]
