"""The HTTP edge of a service: application, errors, health, strict JSON, overload, language."""

from chassis.web.api_page import READ, api_page, described
from chassis.web.application import (
    PublicApp,
    Remark,
    create_app,
    create_public_app,
    refuse_nul,
    refuse_nul_in_path,
)
from chassis.web.bodies import (
    answer,
    json_object,
    parse,
    read_body,
    read_json_object,
    read_message,
    require_no_body,
)
from chassis.web.callers import CalledBy
from chassis.web.edge import ANSWERS, SLOW_S, FairGate, InFlightLimit
from chassis.web.errors import UNHANDLED, methods_of, problem_response
from chassis.web.language import Language, Translation, language_of
from chassis.web.preferences import weights_of
from chassis.web.queries import require_single_values
from chassis.web.routes import DirectRoute, add_routes, answered_by
from chassis.web.server import collect_rarely, serve

__all__ = [
    "ANSWERS",
    "READ",
    "SLOW_S",
    "UNHANDLED",
    "CalledBy",
    "DirectRoute",
    "FairGate",
    "InFlightLimit",
    "Language",
    "PublicApp",
    "Remark",
    "Translation",
    "add_routes",
    "answer",
    "answered_by",
    "api_page",
    "collect_rarely",
    "create_app",
    "create_public_app",
    "described",
    "json_object",
    "language_of",
    "methods_of",
    "parse",
    "problem_response",
    "read_body",
    "read_json_object",
    "read_message",
    "refuse_nul",
    "refuse_nul_in_path",
    "require_no_body",
    "require_single_values",
    "serve",
    "weights_of",
]
