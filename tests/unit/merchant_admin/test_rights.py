"""Every route is guarded, and by which right: the one table of who may do what."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from tests.unit.merchant_admin.test_settings import GOOD

from merchant_admin.api.access import Guard, Reach
from merchant_admin.domain.errors import NoSuch, Unusable
from merchant_admin.domain.scope import EVERYTHING, Scope
from merchant_admin.domain.users import Right, Role, checked_scope
from merchant_admin.main import build
from merchant_admin.settings import AdminSettings

OPEN = {
    "POST /api/invitations",
    "GET /console/invitations/{token}",
    "POST /console/invitations/{token}",
    "GET /",
    "GET /console/login",
    "POST /console/login",
    "POST /api/session",
    "GET /docs",
    "HEAD /docs",
    "GET /docs/{name}",
    "HEAD /docs/{name}",
    "GET /openapi.json",
    "HEAD /openapi.json",
}
"""What people need before they are logged in, and what probes need."""

VIEW, REFUND, DECIDE, OPERATE, ADMINISTER = Right
SCOPED, CENTRE, OWN = Reach

WRITES = {
    "DELETE /api/session": (VIEW, OWN),
    "POST /console/logout": (VIEW, OWN),
    "POST /console/reauthentication": (VIEW, OWN),
    "PUT /api/password": (VIEW, OWN),
    "POST /console/account/password": (VIEW, OWN),
    "POST /api/session/reauthentication": (VIEW, OWN),
    "POST /api/totp": (VIEW, OWN),
    "POST /api/totp/confirm": (VIEW, OWN),
    "POST /api/totp/recovery-codes": (VIEW, OWN),
    "DELETE /api/totp": (VIEW, OWN),
    "DELETE /api/sessions": (VIEW, OWN),
    "DELETE /api/sessions/{session_id}": (VIEW, OWN),
    "POST /console/account/sessions/end": (VIEW, OWN),
    "POST /console/account/sessions/{session_id}/end": (VIEW, OWN),
    "POST /console/second-factor": (VIEW, OWN),
    "POST /console/second-factor/confirm": (VIEW, OWN),
    "POST /console/second-factor/recovery-codes": (VIEW, OWN),
    "POST /console/second-factor/remove": (VIEW, OWN),
    "POST /api/payments/{payment_no}/refunds": (REFUND, SCOPED),
    "POST /api/payments/{payment_no}/decision": (DECIDE, SCOPED),
    "POST /api/refunds/{refund_no}/decision": (DECIDE, SCOPED),
    "POST /api/dead-letters/{letter_id}/replay": (OPERATE, CENTRE),
    "POST /api/reconciliations": (OPERATE, SCOPED),
    "POST /api/reconciliations/{statement_no}/fetch": (OPERATE, SCOPED),
    "POST /api/reconciliations/uploads": (DECIDE, SCOPED),
    "POST /console/reconciliations/uploads": (DECIDE, SCOPED),
    "POST /api/differences/{difference_no}/settle": (DECIDE, CENTRE),
    "POST /api/events/{event_id}/redeliver": (OPERATE, SCOPED),
    "POST /api/deliveries/replays": (OPERATE, SCOPED),
    "POST /api/callback-addresses/{endpoint_id}/resume": (OPERATE, CENTRE),
    "POST /api/alerts/test": (OPERATE, CENTRE),
    "POST /console/payments/{payment_no}/decision": (DECIDE, SCOPED),
    "POST /console/payments/{payment_no}/refunds": (REFUND, SCOPED),
    "POST /console/payments/{payment_no}/refunds/{refund_no}/decision": (DECIDE, SCOPED),
    "POST /console/orders/{order_id}/ask": (OPERATE, SCOPED),
    "POST /console/orders/{order_id}/close": (OPERATE, SCOPED),
    "POST /console/orders/{order_id}/callbacks/{event_id}": (OPERATE, SCOPED),
    "POST /console/dead-letters/{letter_id}/replay": (OPERATE, CENTRE),
    "POST /console/reconciliations": (OPERATE, SCOPED),
    "POST /console/reconciliations/{statement_no}/fetch": (OPERATE, SCOPED),
    "POST /console/reconciliations/{statement_no}/differences/{difference_no}/settle": (
        DECIDE,
        CENTRE,
    ),
    "POST /console/deliveries/{event_id}/redeliver": (OPERATE, SCOPED),
    "POST /api/alerts/acknowledge": (OPERATE, SCOPED),
    "POST /console/alerts/acknowledge": (OPERATE, SCOPED),
    "POST /console/endpoints/{endpoint_id}/resume": (OPERATE, CENTRE),
    "POST /console/replays": (OPERATE, SCOPED),
    "POST /console/alerts/test": (OPERATE, CENTRE),
    "POST /api/merchants": (ADMINISTER, CENTRE),
    "PATCH /api/merchants/{merchant_id}": (ADMINISTER, CENTRE),
    "POST /api/merchants/{merchant_id}/channel-accounts": (ADMINISTER, CENTRE),
    "PATCH /api/merchants/{merchant_id}/channel-accounts/{payment_id}": (ADMINISTER, CENTRE),
    "PATCH /api/channel-accounts/{payment_id}": (ADMINISTER, CENTRE),
    "POST /api/channel-accounts/{payment_id}/test": (ADMINISTER, CENTRE),
    "POST /api/counter-codes": (ADMINISTER, CENTRE),
    "PATCH /api/counter-codes/{code_id}": (ADMINISTER, CENTRE),
    "POST /api/apps": (ADMINISTER, CENTRE),
    "PATCH /api/apps/{app_id}": (ADMINISTER, CENTRE),
    "POST /api/apps/{app_id}/keys": (ADMINISTER, CENTRE),
    "PATCH /api/apps/{app_id}/keys/{key_id}": (ADMINISTER, CENTRE),
    "DELETE /api/apps/{app_id}/keys/{key_id}": (ADMINISTER, CENTRE),
    "POST /api/users": (ADMINISTER, CENTRE),
    "PATCH /api/users/{username}": (ADMINISTER, CENTRE),
    "POST /api/approvals/{approval_id}/approve": (REFUND, SCOPED),
    "POST /api/approvals/{approval_id}/reject": (REFUND, SCOPED),
    "POST /console/approvals/{approval_id}/approve": (REFUND, SCOPED),
    "POST /console/approvals/{approval_id}/reject": (REFUND, SCOPED),
    "POST /console/merchants/{merchant_id}/four-eyes": (ADMINISTER, CENTRE),
    "POST /api/tokens": (ADMINISTER, CENTRE),
    "DELETE /api/tokens/{token_id}": (ADMINISTER, CENTRE),
    "POST /console/tokens": (ADMINISTER, CENTRE),
    "POST /console/tokens/{token_id}/revoke": (ADMINISTER, CENTRE),
    "POST /api/users/{username}/invitation": (ADMINISTER, CENTRE),
    "DELETE /api/users/{username}/totp": (ADMINISTER, CENTRE),
    "DELETE /api/users/{username}/sessions": (ADMINISTER, CENTRE),
    "DELETE /api/users/{username}/sessions/{session_id}": (ADMINISTER, CENTRE),
    "POST /console/imports": (ADMINISTER, CENTRE),
    "POST /console/imports/{batch_id}": (ADMINISTER, CENTRE),
    "POST /console/onboarding/restart": (ADMINISTER, CENTRE),
    "POST /console/onboarding/{step}": (ADMINISTER, CENTRE),
    "POST /console/merchants": (ADMINISTER, CENTRE),
    "POST /console/merchants/{merchant_id}": (ADMINISTER, CENTRE),
    "POST /console/merchants/{merchant_id}/channel-accounts": (ADMINISTER, CENTRE),
    "POST /console/channel-accounts/{payment_id}": (ADMINISTER, CENTRE),
    "POST /console/channel-accounts/{payment_id}/credentials": (ADMINISTER, CENTRE),
    "POST /console/channel-accounts/{payment_id}/test": (ADMINISTER, CENTRE),
    "POST /console/apps": (ADMINISTER, CENTRE),
    "POST /console/apps/{app_id}": (ADMINISTER, CENTRE),
    "POST /console/apps/{app_id}/webhook-secret": (ADMINISTER, CENTRE),
    "POST /console/apps/{app_id}/keys": (ADMINISTER, CENTRE),
    "POST /console/apps/{app_id}/keys/{key_id}/delete": (ADMINISTER, CENTRE),
    "POST /console/apps/{app_id}/signature": (VIEW, SCOPED),
    "POST /api/exports/orders": (VIEW, SCOPED),
    "POST /api/exports/payments": (VIEW, SCOPED),
    "POST /api/exports/refunds": (VIEW, SCOPED),
    "POST /api/exports/splits": (VIEW, SCOPED),
    "POST /api/exports/alerts": (VIEW, SCOPED),
    "POST /api/exports/audit": (VIEW, CENTRE),
    "POST /api/exports/dead-letters": (VIEW, CENTRE),
    "POST /api/exports/reconciliations": (VIEW, SCOPED),
    "POST /api/exports/callbacks": (VIEW, SCOPED),
    "DELETE /api/exports/{export_id}": (VIEW, SCOPED),
    "POST /console/exports/in-background/{things}": (VIEW, SCOPED),
    "POST /console/exports/{export_id}/remove": (VIEW, SCOPED),
    "POST /console/apps/{app_id}/ping": (ADMINISTER, CENTRE),
    "POST /console/users": (ADMINISTER, CENTRE),
    "POST /console/users/{username}": (ADMINISTER, CENTRE),
    "POST /console/merchants/{merchant_id}/look": (ADMINISTER, CENTRE),
    "POST /console/merchants/{merchant_id}/look/accounts/{payment_id}": (ADMINISTER, CENTRE),
    "POST /console/counter-codes": (ADMINISTER, CENTRE),
    "POST /console/counter-codes/{code_id}/change": (ADMINISTER, CENTRE),
    "POST /console/counter-codes/{code_id}/state": (ADMINISTER, CENTRE),
    "POST /console/users/{username}/invitation": (ADMINISTER, CENTRE),
    "POST /console/users/{username}/second-factor/remove": (ADMINISTER, CENTRE),
    "POST /console/users/{username}/sessions/end": (ADMINISTER, CENTRE),
    "POST /console/users/{username}/sessions/{session_id}/end": (ADMINISTER, CENTRE),
}

_OF_USER, _OF_APP = "/users/{username}", "/apps/{app_id}"
_OF_MERCHANT, _OF_ACCOUNT = "/merchants/{merchant_id}", "/channel-accounts/{payment_id}"
SIBLINGS = {
    "/users": "POST /users",
    _OF_USER: f"PATCH {_OF_USER}",
    f"{_OF_USER}/invitation": f"POST {_OF_USER}/invitation",
    f"{_OF_USER}/second-factor/remove": f"DELETE {_OF_USER}/totp",
    f"{_OF_USER}/sessions/end": f"DELETE {_OF_USER}/sessions",
    f"{_OF_USER}/sessions/{{session_id}}/end": f"DELETE {_OF_USER}/sessions/{{session_id}}",
    "/tokens": "POST /tokens",
    "/tokens/{token_id}/revoke": "DELETE /tokens/{token_id}",
    "/approvals/{approval_id}/approve": "POST /approvals/{approval_id}/approve",
    "/approvals/{approval_id}/reject": "POST /approvals/{approval_id}/reject",
    "/merchants": "POST /merchants",
    _OF_MERCHANT: f"PATCH {_OF_MERCHANT}",
    f"{_OF_MERCHANT}/four-eyes": f"PATCH {_OF_MERCHANT}",
    f"{_OF_MERCHANT}/channel-accounts": f"POST {_OF_MERCHANT}/channel-accounts",
    _OF_ACCOUNT: f"PATCH {_OF_ACCOUNT}",
    f"{_OF_ACCOUNT}/credentials": f"PATCH {_OF_ACCOUNT}",
    f"{_OF_ACCOUNT}/test": f"POST {_OF_ACCOUNT}/test",
    "/apps": "POST /apps",
    _OF_APP: f"PATCH {_OF_APP}",
    f"{_OF_APP}/webhook-secret": f"PATCH {_OF_APP}",
    f"{_OF_APP}/keys": f"POST {_OF_APP}/keys",
    f"{_OF_APP}/keys/{{key_id}}/delete": f"DELETE {_OF_APP}/keys/{{key_id}}",
    "/counter-codes": "POST /counter-codes",
    "/counter-codes/{code_id}/change": "PATCH /counter-codes/{code_id}",
    "/counter-codes/{code_id}/state": "PATCH /counter-codes/{code_id}",
    "/second-factor": "POST /totp",
    "/second-factor/confirm": "POST /totp/confirm",
    "/second-factor/recovery-codes": "POST /totp/recovery-codes",
    "/second-factor/remove": "DELETE /totp",
    "/account/sessions/end": "DELETE /sessions",
    "/account/sessions/{session_id}/end": "DELETE /sessions/{session_id}",
    "/payments/{payment_no}/decision": "POST /payments/{payment_no}/decision",
    "/payments/{payment_no}/refunds/{refund_no}/decision": "POST /refunds/{refund_no}/decision",
    "/reconciliations": "POST /reconciliations",
    "/reconciliations/{statement_no}/fetch": "POST /reconciliations/{statement_no}/fetch",
    "/reconciliations/uploads": "POST /reconciliations/uploads",
    "/dead-letters/{letter_id}/replay": "POST /dead-letters/{letter_id}/replay",
    "/deliveries/{event_id}/redeliver": "POST /events/{event_id}/redeliver",
    "/endpoints/{endpoint_id}/resume": "POST /callback-addresses/{endpoint_id}/resume",
    "/replays": "POST /deliveries/replays",
    "/alerts/acknowledge": "POST /alerts/acknowledge",
    "/alerts/test": "POST /alerts/test",
}
"""What a form of the console does, and the call that does the same. A look, which is no more than
names and a picture, has none of its own."""

FRESH = {
    "POST /api/totp",
    "POST /api/totp/confirm",
    "POST /api/totp/recovery-codes",
    "DELETE /api/totp",
    "POST /console/second-factor",
    "POST /console/second-factor/confirm",
    "POST /console/second-factor/recovery-codes",
    "POST /console/second-factor/remove",
    "POST /api/merchants/{merchant_id}/channel-accounts",
    "PATCH /api/merchants/{merchant_id}/channel-accounts/{payment_id}",
    "PATCH /api/channel-accounts/{payment_id}",
    "PATCH /api/merchants/{merchant_id}",
    "POST /console/merchants/{merchant_id}",
    "POST /console/merchants/{merchant_id}/four-eyes",
    "POST /console/users/{username}/sessions/end",
    "POST /console/users/{username}/sessions/{session_id}/end",
    "POST /api/approvals/{approval_id}/approve",
    "POST /api/approvals/{approval_id}/reject",
    "POST /console/approvals/{approval_id}/approve",
    "POST /console/approvals/{approval_id}/reject",
    "POST /api/tokens",
    "DELETE /api/tokens/{token_id}",
    "POST /console/tokens",
    "POST /console/tokens/{token_id}/revoke",
    "DELETE /api/users/{username}/sessions",
    "DELETE /api/users/{username}/sessions/{session_id}",
    "PATCH /api/apps/{app_id}",
    "POST /api/apps/{app_id}/keys",
    "PATCH /api/apps/{app_id}/keys/{key_id}",
    "DELETE /api/apps/{app_id}/keys/{key_id}",
    "POST /api/users",
    "PATCH /api/users/{username}",
    "POST /api/users/{username}/invitation",
    "DELETE /api/users/{username}/totp",
    "POST /console/users",
    "POST /console/users/{username}",
    "POST /console/users/{username}/invitation",
    "POST /console/users/{username}/second-factor/remove",
    "POST /console/reauthentication",
    "GET /console/merchants/{merchant_id}/channel-accounts/new",
    "POST /console/merchants/{merchant_id}/channel-accounts",
    "POST /console/merchants/{merchant_id}/look",
    "POST /console/merchants/{merchant_id}/look/accounts/{payment_id}",
    "POST /console/channel-accounts/{payment_id}",
    "GET /console/channel-accounts/{payment_id}/credentials",
    "POST /console/channel-accounts/{payment_id}/credentials",
    "POST /console/apps/{app_id}",
    "POST /console/apps/{app_id}/webhook-secret",
    "POST /console/apps/{app_id}/keys",
    "POST /console/apps/{app_id}/keys/{key_id}/delete",
    "GET /console/imports",
    "POST /console/imports",
    "POST /console/imports/{batch_id}",
    "GET /console/onboarding",
    "GET /console/onboarding/{step}",
    "POST /console/onboarding/{step}",
}
"""Credentials, keys, users: what wants to know again who sits at the browser."""

BEFORE_ENROLMENT = {
    "DELETE /api/session",
    "POST /api/session/reauthentication",
    "PUT /api/password",
    "GET /api/totp",
    "POST /api/totp",
    "POST /api/totp/confirm",
    "POST /api/totp/recovery-codes",
    "DELETE /api/totp",
    "GET /api/sessions",
    "DELETE /api/sessions",
    "DELETE /api/sessions/{session_id}",
    "POST /console/logout",
    "POST /console/reauthentication",
    "GET /console/account",
    "POST /console/account/password",
    "POST /console/account/sessions/end",
    "POST /console/account/sessions/{session_id}/end",
    "GET /console/second-factor",
    "POST /console/second-factor",
    "POST /console/second-factor/confirm",
    "POST /console/second-factor/recovery-codes",
    "POST /console/second-factor/remove",
}
"""What is open to whoever has to set up a second factor first."""

READS = {
    "GET /api/tokens": (ADMINISTER, CENTRE),
    "GET /console/counter-codes/{code_id}/change": (ADMINISTER, CENTRE),
    "GET /console/tokens": (ADMINISTER, CENTRE),
    "GET /api/totp": (VIEW, OWN),
    "GET /api/sessions": (VIEW, OWN),
    "GET /api/users/{username}/sessions": (ADMINISTER, CENTRE),
    "GET /console/second-factor": (VIEW, OWN),
    "GET /console/users/{username}": (ADMINISTER, CENTRE),
    "GET /api/channels": (VIEW, OWN),
    "GET /console/account": (VIEW, OWN),
    "GET /api/audit": (VIEW, CENTRE),
    "GET /console/audit": (VIEW, CENTRE),
    "GET /api/exports/audit": (VIEW, CENTRE),
    "GET /console/exports/audit": (VIEW, CENTRE),
    "GET /api/exports/dead-letters": (VIEW, CENTRE),
    "GET /console/exports/dead-letters": (VIEW, CENTRE),
    "GET /api/exports/tokens": (ADMINISTER, CENTRE),
    "GET /console/exports/tokens": (ADMINISTER, CENTRE),
    "GET /api/exports/users": (ADMINISTER, CENTRE),
    "GET /console/exports/users": (ADMINISTER, CENTRE),
    "GET /api/dead-letters": (VIEW, CENTRE),
    "GET /console/dead-letters": (VIEW, CENTRE),
    "GET /console/reconciliations/uploads": (DECIDE, SCOPED),
    "GET /api/users": (ADMINISTER, CENTRE),
    "GET /api/users/{username}": (ADMINISTER, CENTRE),
    "GET /console/users": (ADMINISTER, CENTRE),
    "GET /console/imports": (ADMINISTER, CENTRE),
    "GET /console/imports/template.csv": (ADMINISTER, CENTRE),
    "GET /console/onboarding": (ADMINISTER, CENTRE),
    "GET /console/onboarding/{step}": (ADMINISTER, CENTRE),
    "GET /console/merchants/new": (ADMINISTER, CENTRE),
    "GET /console/merchants/{merchant_id}/channel-accounts/new": (ADMINISTER, CENTRE),
    "GET /console/channel-accounts/{payment_id}/credentials": (ADMINISTER, CENTRE),
    "GET /console/apps/new": (ADMINISTER, CENTRE),
    "GET /console/apps/{app_id}/edit": (ADMINISTER, CENTRE),
}
"""What is not for whoever is logged in, or not of merchants; all others are (VIEW, SCOPED)."""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    given = {name.lower(): value for name, value in GOOD.items()}
    return build(AdminSettings.model_validate(given))


def guards(app: FastAPI) -> Iterator[tuple[str, set[tuple[Right, Reach]]]]:
    """Each route with the right that it asks, and whose data it is about."""
    for route, found in all_guards(app):
        yield route, {(guard.right, guard.reach) for guard in found}


def all_guards(app: FastAPI) -> Iterator[tuple[str, list[Guard]]]:
    """Each route with what stands before it."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        assert isinstance(route, APIRoute) or context.path == "/console/static", route
        if isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield f"{method} {context.path}", list(guards_of(route.dependant))


def guards_of(dependant: Dependant) -> Iterator[Guard]:
    if isinstance(dependant.call, Guard):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from guards_of(inner)


def test_every_route_is_guarded_once_or_open_on_purpose(app: FastAPI) -> None:
    found = dict(guards(app))
    assert {route for route, guarded in found.items() if not guarded} == OPEN
    assert all(len(guarded) <= 1 for guarded in found.values())


def test_every_route_that_writes_asks_for_the_right_it_should(app: FastAPI) -> None:
    found = {
        route: guard
        for route, guarded in guards(app)
        for guard in guarded
        if not route.startswith("GET ")
    }
    assert found == WRITES


def test_whoever_is_logged_in_may_read_what_is_of_their_merchants(app: FastAPI) -> None:
    found = {
        route: guard
        for route, guarded in guards(app)
        for guard in guarded - {(VIEW, SCOPED)}
        if route.startswith("GET ")
    }
    assert found == READS


def test_what_is_grave_wants_to_know_again_who_it_is(app: FastAPI) -> None:
    found = {route for route, them in all_guards(app) if any(it.is_fresh_only for it in them)}
    assert found == FRESH


def test_a_form_asks_as_the_call_that_does_the_same(app: FastAPI) -> None:
    found = {
        route: [(it.right, it.reach, it.is_fresh_only) for it in them]
        for route, them in all_guards(app)
    }
    for form, call in SIBLINGS.items():
        method, path = call.split(" ")
        assert found[f"POST /console{form}"] == found[f"{method} /api{path}"], form


def test_without_the_second_factor_that_a_role_needs_one_is_set_up_first(app: FastAPI) -> None:
    found = {route for route, them in all_guards(app) if any(it.is_before_enrolment for it in them)}
    assert found == BEFORE_ENROLMENT


def test_what_is_of_people_themselves_is_closed_to_machines(app: FastAPI) -> None:
    api = {route: them for route, them in all_guards(app) if "/api/" in route}
    found = {route for route, them in api.items() if any(it.is_for_people for it in them)}
    assert found == {route for route in BEFORE_ENROLMENT if "/api/" in route} | {
        "POST /api/users",
        "PATCH /api/users/{username}",
        "POST /api/users/{username}/invitation",
        "DELETE /api/users/{username}/totp",
        "DELETE /api/users/{username}/sessions",
        "DELETE /api/users/{username}/sessions/{session_id}",
        "POST /api/tokens",
        "DELETE /api/tokens/{token_id}",
        "POST /api/approvals/{approval_id}/approve",
        "POST /api/approvals/{approval_id}/reject",
    }


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.ADMINISTRATOR, [VIEW, REFUND, DECIDE, OPERATE, ADMINISTER]),
        (Role.OPERATOR, [VIEW, REFUND, DECIDE, OPERATE]),
        (Role.FINANCE, [VIEW, REFUND, DECIDE]),
        (Role.AUDITOR, [VIEW]),
        (Role.MERCHANT_STAFF, [VIEW, REFUND]),
    ],
)
def test_a_role_has_its_rights_and_no_other(role: Role, rights: list[Right]) -> None:
    assert [right for right in Right if role.may(right)] == rights


@pytest.mark.parametrize(
    ("role", "merchant_ids"), [(Role.ADMINISTRATOR, ["M1"]), (Role.MERCHANT_STAFF, None)]
)
def test_a_scope_fits_its_role(role: Role, merchant_ids: list[str] | None) -> None:
    with pytest.raises(Unusable) as refused:
        checked_scope(role, merchant_ids)
    assert refused.value.errors[0].pointer == "/merchant_ids"


def test_what_lies_outside_a_scope_does_not_exist() -> None:
    some = Scope(frozenset({"M1", "M2"}))
    some.require("M1", "merchant")
    with pytest.raises(NoSuch):
        some.require("M3", "merchant")
    assert (some.one_of(None), some.one_of("M2")) == ("M1", "M2")
    assert EVERYTHING.one_of(None) is None
