"""Every route is guarded, and by which right: the one table of who may do what."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from tests.unit.merchant_admin.test_settings import GOOD

from merchant_admin.api.access import Guard
from merchant_admin.domain.users import Right, Role
from merchant_admin.main import build
from merchant_admin.settings import AdminSettings

OPEN = {
    "GET /",
    "GET /console",
    "GET /console/login",
    "POST /console/login",
    "POST /api/session",
    "GET /docs",
    "GET /docs/{name}",
    "GET /openapi.json",
}
"""What people need before they are logged in, and what probes need."""

WRITES = {
    "DELETE /api/session": Right.LOOK,
    "POST /console/logout": Right.LOOK,
    "PUT /api/password": Right.LOOK,
    "POST /console/account/password": Right.LOOK,
    "POST /api/payments/{payment_no}/refunds": Right.OPERATE,
    "POST /api/payments/{payment_no}/decision": Right.OPERATE,
    "POST /api/refunds/{refund_no}/decision": Right.OPERATE,
    "POST /api/dead-letters/{letter_id}/replay": Right.OPERATE,
    "POST /api/reconciliations": Right.OPERATE,
    "POST /api/reconciliations/{statement_no}/fetch": Right.OPERATE,
    "POST /api/differences/{difference_no}/settle": Right.OPERATE,
    "POST /api/events/{event_id}/redeliver": Right.OPERATE,
    "POST /api/deliveries/replays": Right.OPERATE,
    "POST /api/callback-addresses/{endpoint_id}/resume": Right.OPERATE,
    "POST /api/alerts/test": Right.OPERATE,
    "POST /console/payments/{payment_no}/decision": Right.OPERATE,
    "POST /console/payments/{payment_no}/refunds": Right.OPERATE,
    "POST /console/payments/{payment_no}/refunds/{refund_no}/decision": Right.OPERATE,
    "POST /console/dead-letters/{letter_id}/replay": Right.OPERATE,
    "POST /console/reconciliations": Right.OPERATE,
    "POST /console/reconciliations/{statement_no}/fetch": Right.OPERATE,
    "POST /console/reconciliations/{statement_no}/differences/{difference_no}/settle": (
        Right.OPERATE
    ),
    "POST /console/deliveries/{event_id}/redeliver": Right.OPERATE,
    "POST /console/endpoints/{endpoint_id}/resume": Right.OPERATE,
    "POST /console/replays": Right.OPERATE,
    "POST /console/alerts/test": Right.OPERATE,
    "POST /api/merchants": Right.ADMINISTER,
    "PATCH /api/merchants/{merchant_id}": Right.ADMINISTER,
    "POST /api/merchants/{merchant_id}/channel-accounts": Right.ADMINISTER,
    "PATCH /api/merchants/{merchant_id}/channel-accounts/{payment_id}": Right.ADMINISTER,
    "POST /api/channel-accounts/{payment_id}/test": Right.ADMINISTER,
    "POST /api/apps": Right.ADMINISTER,
    "PATCH /api/apps/{app_id}": Right.ADMINISTER,
    "POST /api/apps/{app_id}/keys": Right.ADMINISTER,
    "PATCH /api/apps/{app_id}/keys/{key_id}": Right.ADMINISTER,
    "DELETE /api/apps/{app_id}/keys/{key_id}": Right.ADMINISTER,
    "POST /api/users": Right.ADMINISTER,
    "PATCH /api/users/{username}": Right.ADMINISTER,
    "POST /console/users": Right.ADMINISTER,
    "POST /console/users/{username}": Right.ADMINISTER,
}

READS = {
    "GET /console/alerts": Right.OPERATE,
    "GET /api/users": Right.ADMINISTER,
    "GET /api/users/{username}": Right.ADMINISTER,
    "GET /console/users": Right.ADMINISTER,
}
"""What is not for whoever is logged in."""


@pytest.fixture
def app() -> FastAPI:
    given = {name.lower(): value for name, value in GOOD.items()}
    return build(AdminSettings.model_validate(given))


def guards(app: FastAPI) -> Iterator[tuple[str, set[Right]]]:
    """Each route with the rights that stand before it."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        assert isinstance(route, APIRoute) or context.path == "/console/static", route
        if isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield f"{method} {context.path}", set(rights_of(route.dependant))


def rights_of(dependant: Dependant) -> Iterator[Right]:
    if isinstance(dependant.call, Guard):
        yield dependant.call.right
    for inner in dependant.dependencies:
        yield from rights_of(inner)


def test_every_route_is_guarded_by_one_right_or_open_on_purpose(app: FastAPI) -> None:
    found = dict(guards(app))
    assert {route for route, rights in found.items() if not rights} == OPEN
    assert all(len(rights) <= 1 for rights in found.values())


def test_every_route_that_writes_asks_for_the_right_it_should(app: FastAPI) -> None:
    found = {
        route: right
        for route, rights in guards(app)
        for right in rights
        if not route.startswith("GET ")
    }
    assert found == WRITES


def test_whoever_is_logged_in_may_read_all_but_a_little(app: FastAPI) -> None:
    found = {
        route: right
        for route, rights in guards(app)
        for right in rights - {Right.LOOK}
        if route.startswith("GET ")
    }
    assert found == READS


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.VIEWER, [Right.LOOK]),
        (Role.OPERATOR, [Right.LOOK, Right.OPERATE]),
        (Role.ADMIN, [Right.LOOK, Right.OPERATE, Right.ADMINISTER]),
    ],
)
def test_a_role_has_its_rights_and_no_other(role: Role, rights: list[Right]) -> None:
    assert [right for right in Right if role.may(right)] == rights
