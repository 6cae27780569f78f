"""Whoever has no link finds nothing at the cashier, on any of its routes.

The routes come from the application: a new one fails here until it has its row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr
from starlette.routing import Mount
from tests.unit.cashier.conftest import ALIPAY, NOW, TOKEN

from cashier.flows.admission import Admission
from cashier.flows.beginnings import Beginnings
from cashier.flows.checkouts import Deps
from cashier.flows.hub import Hub
from cashier.flows.logos import Logos
from cashier.main import build
from cashier.settings import CashierSettings
from chassis.problems import NotFound
from chassis.web import PublicApp
from contracts.identifiers import new_id

OF_A_LINK: Final[dict[str, dict[str, str] | None]] = {
    "GET /pay/{token}": None,
    "HEAD /pay/{token}": None,
    "POST /pay/{token}/channel": {"payment_id": ALIPAY},
    "POST /pay/{token}/check": {},
    "GET /pay/{token}/back": None,
    "POST /pay/{token}/back": {},
    "GET /pay/{token}/code.png": None,
    "HEAD /pay/{token}/code.png": None,
    "GET /pay/{token}/events": None,
    "GET /pay/{token}/status": None,
}
"""With the form that is sent."""

TO_THE_PAGE: Final = dict.fromkeys(
    f"{method} /pay/{{token}}/{form}" for method in ("GET", "HEAD") for form in ("channel", "check")
)
"""Where a form was sent from: it leads there and knows nothing."""

OF_A_POINT: Final[dict[str, dict[str, str] | None]] = {
    "GET /pay/to/{point_id}": None,
    "HEAD /pay/to/{point_id}": None,
    "POST /pay/to/{point_id}": {"amount": "1.00"},
}
"""Payment links, which are public: their ids are shown to whoever may pay."""

POINT: Final = new_id("payment_link")
OF_NOBODY: Final = {
    "GET /pay/payer",
    "GET /pay/landing",
    "HEAD /pay/landing",
    "POST /pay/landing",
    "GET /MP_verify_{proof}.txt",
    "HEAD /MP_verify_{proof}.txt",
    "GET /pay/logos/{merchant_id}/{mark}",
    "HEAD /pay/logos/{merchant_id}/{mark}",
}
"""Without a link: the way back from a wallet, which has a state of its own, the way back from a
channel's page, which tells nothing, public proofs, and logos, which their merchants show to
everyone."""

FORMS: Final = {**OF_A_LINK, **TO_THE_PAGE, **OF_A_POINT}

ILL_FORMED: Final = (
    "x",
    TOKEN[:-1],
    TOKEN + "a",
    TOKEN.lower(),
    TOKEN.replace(".", "%00"),
    TOKEN.replace(".", "%2F"),
    TOKEN + "%0A",
    "..%2F..%2Finternal%2Fpayments",
    f"{TOKEN}%2F..%2F..%2Fpayers",
    TOKEN.replace("P", "Ｐ"),
)
FORGED: Final = TOKEN[:-1] + "b"
"""Well-formed, and of another key: the gateway knows no such link."""


@dataclass
class Gateway:
    """As the gateway answers who has no link of its own making."""

    asked: list[str] = field(default_factory=list)

    async def get(self, answer: Any, path: str, *_: Any) -> Any:
        self.asked.append(path)
        raise NotFound("There is no such checkout.")

    async def post(self, answer: Any, path: str, **_: Any) -> Any:
        return await self.get(answer, path)


def routes_of(app: PublicApp) -> Iterator[str]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            for method in context.original_route.methods or ():
                yield f"{method} {context.path}"


def cashier(gateway: Any) -> PublicApp:
    app = build(
        CashierSettings(
            gateway_url="http://127.0.0.1:1",
            gateway_token=SecretStr("g" * 32),
            kafka_bootstrap="127.0.0.1:1",
        )
    )
    app.state.deps = Deps(
        gateway=gateway,
        hub=Hub(1, monotonic=lambda: 0.0),
        admission=Admission(lambda: 0.0),
        clock=lambda: NOW,
        beginnings=Beginnings(lambda: 0.0),
        logos=Logos(),
    )
    app.state.wechat_proofs = frozenset({"knownproof"})
    return app


async def ask(app: PublicApp, route: str, token: str) -> httpx.Response:
    method, path = route.split(" ")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cashier") as http:
        target = path.format(token=token, point_id=token)
        return await http.request(method, target, data=FORMS[route])


def test_every_route_of_the_cashier_has_its_row() -> None:
    app = cashier(Gateway())
    assert set(routes_of(app)) == FORMS.keys() | OF_NOBODY
    mounted = [route.path for route in app.routes if isinstance(route, Mount)]
    assert mounted == ["/static"]


@pytest.mark.parametrize("route", OF_A_LINK)
async def test_a_forged_link_opens_nothing(route: str) -> None:
    gateway = Gateway()
    answer = await ask(cashier(gateway), route, FORGED)
    assert answer.status_code == 404
    assert [path.split("/")[3] for path in gateway.asked] == [FORGED]


async def test_an_invented_payment_link_opens_nothing() -> None:
    gateway = Gateway()
    answer = await ask(cashier(gateway), "GET /pay/to/{point_id}", POINT)
    assert answer.status_code == 404
    assert [path.split("/")[3] for path in gateway.asked] == [POINT]


async def test_another_sites_form_begins_no_payment() -> None:
    gateway = Gateway()
    answer = await ask(cashier(gateway), "POST /pay/to/{point_id}", POINT)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/to/{POINT}")
    assert gateway.asked == []


@pytest.mark.parametrize("token", ILL_FORMED)
@pytest.mark.parametrize("route", FORMS)
async def test_what_is_no_link_asks_nobody(route: str, token: str) -> None:
    gateway = Gateway()
    answer = await ask(cashier(gateway), route, token)
    assert answer.status_code == 404
    assert gateway.asked == []


async def test_only_registered_proofs_are_shown() -> None:
    transport = httpx.ASGITransport(cashier(Gateway()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cashier") as http:
        known = await http.get("/MP_verify_knownproof.txt")
        others = [
            (await http.get(f"/MP_verify_{name}.txt")).status_code
            for name in ("otherproof", "..%2F..%2Fetc%2Fpasswd", "knownproof%0A", "%00")
        ]
    assert (known.status_code, known.text) == (200, "knownproof")
    assert others == [404] * 4


async def test_static_files_end_at_their_folder() -> None:
    transport = httpx.ASGITransport(cashier(Gateway()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cashier") as http:
        for name in ("../pages.py", "..%2Fpages.py", "%2e%2e/pages.py", "/etc/passwd", "%00"):
            assert (await http.get(f"/static/{name}")).status_code == 404, name


async def test_the_public_port_of_the_cashier_knows_nothing_internal() -> None:
    transport = httpx.ASGITransport(cashier(Gateway()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cashier") as http:
        for path in ("metrics", "health/ready", "internal/checkouts/x", "docs", "openapi.json"):
            assert (await http.get(f"/{path}")).status_code == 404, path
