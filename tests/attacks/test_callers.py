"""A token that leaks opens what its owner needs, at one service, and nothing else.

Each internal route of each service meets each caller. A new route needs a row in `RIGHTS`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, RECORD_KEY
from tests.unit.gateway import client
from tests.unit.merchant_admin.test_settings import GOOD

import contracts.internal
from cashier.main import build as build_cashier
from cashier.settings import CashierSettings
from chassis.settings import AcceptedToken
from chassis.web import CalledBy, PublicApp
from contracts import sealing
from gateway.main import build as build_gateway
from merchant_admin.main import build as build_merchant_admin
from merchant_admin.settings import AdminSettings
from notifier.main import build as build_notifier
from notifier.settings import NotifierSettings
from trade_core.main import build as build_trade_core
from trade_core.settings import TradeCoreSettings

CALLERS: Final = ("gateway", "merchant-admin", "cashier", "notifier", "trade-core")
TOKENS: Final = {name: f"the-token-of-{name}-in-these-tests" for name in CALLERS}
ACCEPTED: Final = tuple(AcceptedToken(name, SecretStr(token)) for name, token in TOKENS.items())

G, M, C, T = "gateway", "merchant-admin", "cashier", "trade-core"

RIGHTS: Final[dict[str, dict[str, set[str]]]] = {
    "gateway": {
        "GET /internal/channels": {M},
        "POST /internal/channels/{channel}/credentials": {M},
        "POST /internal/channel-accounts/{payment_id}/test": {M},
        "POST /internal/channel-accounts/{payment_id}/statements": {M},
        "POST /internal/channel-accounts/{payment_id}/refunds/check": {M},
        "POST /internal/seal-anew": {M},
        "POST /internal/signatures/inspect": {M},
        "GET /internal/logos/{merchant_id}/{mark}": {C},
        "GET /internal/counter-codes/{code_id}/address": {M},
        "GET /internal/clock": {C},
        "GET /internal/checkouts/{token}": {C},
        "POST /internal/checkouts/{token}/channel": {C},
        "POST /internal/checkouts/{token}/who": {C},
        "POST /internal/checkouts/{token}/check": {C},
        "POST /internal/payers": {C},
        "GET /internal/pay-points/{point_id}": {C},
        "POST /internal/pay-points/{point_id}/payments": {C},
    },
    "trade-core": {
        "POST /internal/payments": {G},
        "GET /internal/payments/{payment_no}": {G, M},
        "GET /internal/payments/{payment_no}/checkout": {G},
        "POST /internal/payments/{payment_no}/channel": {G},
        "POST /internal/payments/{payment_no}/decision": {M},
        "GET /internal/orders/{merchant_order_no}": {G, M},
        "POST /internal/orders/{merchant_order_no}/close": {G},
        "POST /internal/refunds": {G, M},
        "GET /internal/refunds": {G, M},
        "GET /internal/refunds/{refund_no}": {G, M},
        "POST /internal/refunds/{refund_no}/decision": {M},
        "POST /internal/splits": {G},
        "GET /internal/splits": {G},
        "GET /internal/splits/{split_no}": {G},
        "POST /internal/payment-links": {G},
        "GET /internal/payment-links/{link_id}": {G},
        "POST /internal/payment-links/{link_id}/disable": {G},
        "POST /internal/payment-links/{link_id}/payments": {G},
        "POST /internal/counter-codes/{code_id}/payments": {G},
        "GET /internal/events": {G},
        "POST /internal/results": {G},
        "GET /internal/peer": {G},
        "POST /internal/serials": {G},
        "POST /internal/lists/payments": {G},
        "POST /internal/lists/orders": {G},
        "POST /internal/lists/refunds": {G},
        "POST /internal/lists/splits": {G},
        "GET /internal/day-statements/{day}": {G},
        "GET /internal/fees": {M},
        "GET /internal/event-log": {M},
        "GET /internal/period-statements": {M},
        "GET /internal/orders-on-file/{order_id}": {M},
        "POST /internal/orders-on-file/{order_id}/ask": {M},
        "POST /internal/orders-on-file/{order_id}/close": {M},
        "GET /internal/ledger/balances": {M},
        "GET /internal/ledger/entries": {M},
        "GET /internal/dead-letters": {M},
        "POST /internal/dead-letters/{letter_id}/replay": {M},
        "POST /internal/statements/{statement_no}/rows": {G},
        "POST /internal/statements/{statement_no}/none": {G},
        "GET /internal/reconciliations": {M},
        "POST /internal/reconciliations": {M},
        "POST /internal/reconciliations/uploads": {G},
        "GET /internal/reconciliations/{statement_no}": {M},
        "POST /internal/reconciliations/{statement_no}/fetch": {M},
        "POST /internal/differences/{difference_no}/settle": {M},
    },
    "notifier": {
        "POST /internal/events/{event_id}/redeliver": {G, M},
        "GET /internal/deliveries": {G},
        "POST /internal/pings": {G, M},
        "GET /internal/endpoints": {G, M},
        "POST /internal/endpoints/{endpoint_id}/resume": {G, M},
        "POST /internal/callback-addresses/check": {M},
        "GET /internal/all-deliveries": {M},
        "POST /internal/replays": {M},
        "GET /internal/replays/{replay_id}": {M},
        "POST /internal/alerts": {G, T, M, C},
        "POST /internal/alerts/search": {M},
        "POST /internal/alerts/acknowledge": {M},
        "POST /internal/alerts/test": {M},
        "POST /internal/way-back/sign": {G},
        "POST /internal/seal-anew": {M},
    },
}

LISTED: Final = re.compile(
    r"^(?:([\w-]+)(?: \(.*\))?:$|    (GET|POST) +(/internal/[^\s?]+))", re.MULTILINE
)
"""In the contract: a service, or one of its routes; alternatives at the end of a path."""


def private_app(service: str) -> FastAPI:
    """The private application as its service builds it, accepting a token of everybody."""
    sealing_key = SecretStr(sealing.generate().private_key)
    match service:
        case "gateway" | "merchant-admin" | "cashier":
            return public_app(service).private
        case "trade-core":
            return build_trade_core(
                TradeCoreSettings(
                    accepted_tokens=ACCEPTED,
                    database_url=SecretStr("postgresql://nowhere"),
                    kafka_bootstrap="127.0.0.1:1",
                    record_keys=SecretStr(RECORD_KEY),
                    configuration_public_keys=CONFIGURATION_PUBLIC_KEY,
                )
            )
        case _:
            return build_notifier(
                NotifierSettings(
                    accepted_tokens=ACCEPTED,
                    database_url=SecretStr("postgresql://nowhere"),
                    kafka_bootstrap="127.0.0.1:1",
                    sealing_key=sealing_key,
                    configuration_public_keys=CONFIGURATION_PUBLIC_KEY,
                )
            )


def public_app(service: str) -> PublicApp:
    """The application on the port that everybody reaches; trade-core and notifier have none."""
    match service:
        case "gateway":
            return build_gateway(client.settings(accepted_tokens=ACCEPTED))
        case "merchant-admin":
            given = {name.lower(): value for name, value in GOOD.items()}
            return build_merchant_admin(AdminSettings.model_validate(given))
        case _:
            return build_cashier(
                CashierSettings(
                    gateway_url="http://127.0.0.1:1",
                    gateway_token=SecretStr("g" * 32),
                    kafka_bootstrap="127.0.0.1:1",
                )
            )


def routes_of(app: FastAPI) -> Iterator[tuple[str, list[CalledBy]]]:
    """Each internal route with what says who may call it."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        path = context.path or ""
        if not isinstance(route, APIRoute) or not path.startswith("/internal"):
            continue
        guards = [each.call for each in route.dependant.dependencies]
        for method in sorted(route.methods or ()):
            yield f"{method} {path}", [each for each in guards if isinstance(each, CalledBy)]


@pytest.mark.parametrize("service", RIGHTS)
def test_every_internal_route_says_who_may_call_it(service: str) -> None:
    found = dict(routes_of(private_app(service)))
    assert {route for route, guards in found.items() if len(guards) != 1} == set()
    assert {route: set(guards[0].callers) for route, guards in found.items()} == RIGHTS[service]


def test_the_contract_lists_these_routes() -> None:
    listed: dict[str, set[str]] = defaultdict(set)
    service = ""
    for head, method, path in LISTED.findall(contracts.internal.__doc__ or ""):
        service = head or service
        folder, _, last = path.rpartition("/")
        listed[service] |= {f"{method} {folder}/{each}" for each in last.split("|") if each}
    assert listed == {name: set(routes) for name, routes in RIGHTS.items()}


@pytest.mark.parametrize("service", RIGHTS)
async def test_each_caller_is_let_in_where_it_may_and_nowhere_else(service: str) -> None:
    transport = httpx.ASGITransport(private_app(service), raise_app_exceptions=False)
    wrong = []
    async with httpx.AsyncClient(transport=transport, base_url="http://private") as http:
        for route, callers in RIGHTS[service].items():
            method, template = route.split(" ")
            path = re.sub(r"\{\w+\}", "1", template)
            for caller, token in (*TOKENS.items(), ("nobody", "x" * 40), ("nothing", "")):
                shown = {"Authorization": f"Bearer {token}"} if token else {}
                answer = await http.request(method, path, headers=shown)
                expected = 401 if caller not in TOKENS else 403
                is_refused = answer.status_code == expected
                if is_refused == (caller in callers):
                    wrong.append((route, caller, answer.status_code))
    assert wrong == []


def test_the_cashier_serves_the_payer_of_a_link_and_does_nothing_else() -> None:
    reachable = {
        (service, route)
        for service, routes in RIGHTS.items()
        for route, callers in routes.items()
        if C in callers
    }
    alerts = ("notifier", "POST /internal/alerts")
    assert alerts in reachable
    reachable.remove(alerts)  # people hear of its own errors
    reachable.remove(("gateway", "GET /internal/clock"))
    assert {service for service, _ in reachable} == {"gateway"}
    served = re.compile(r"/internal/(checkouts/|logos/|pay-points/|payers$)")
    assert all(served.search(route) for _, route in reachable)


@pytest.mark.parametrize("service", RIGHTS)
async def test_nothing_internal_stands_open_beside_health_and_metrics(service: str) -> None:
    app = private_app(service)
    paths = {context.path for context in iter_route_contexts(app.routes)}
    open_ones = {path for path in paths if not (path or "").startswith("/internal")}
    assert open_ones == {"/health/live", "/health/ready", "/metrics"}


@pytest.mark.parametrize("service", ["gateway", "merchant-admin", "cashier"])
def test_a_public_port_knows_none_of_it(service: str) -> None:
    paths = [context.path or "" for context in iter_route_contexts(public_app(service).routes)]
    assert paths
    assert not [path for path in paths if path.startswith(("/internal", "/health", "/metrics"))]


@pytest.mark.parametrize("service", ["trade-core", "notifier"])
def test_who_is_for_us_alone_has_no_public_port(service: str) -> None:
    assert not isinstance(private_app(service), PublicApp)
