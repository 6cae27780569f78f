"""A new channel is its folders and one line: everything else asks the registry (the line below),
the plugin, or the folders of the sandbox, and no other file says a channel's name."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.requests import Request
from tests.contract.channel_table import table
from tests.contract.guide import LANGUAGES, ways
from tests.newcomer import acme, third_parties
from tests.newcomer.acme_side import AcmeSide
from tests.newcomer.third_parties.acme.party import KIND, PARTY
from tests.unit.gateway.channels.channel_side import order, trade
from tests.unit.gateway.channels.conformance import Conformance
from tests.unit.gateway.harness import NOW as THEN
from tests.unit.gateway.harness import harness, order_summary, payment_view

from cashier.api.rendering import render_checkout
from cashier.domain.places import Place
from cashier.domain.stage import Seat
from contracts.api import Method, PaymentStatus
from contracts.internal import CheckoutOnFile, PaymentOnFile
from gateway.channels.plugin import (
    Call,
    Moment,
    NotifiedPayment,
    Outcome,
    Pending,
    RawNotification,
    Reply,
    Succeeded,
)
from gateway.channels.registry import PLUGINS
from gateway.directory import ChannelAccount
from gateway.domain.checkout_links import token_of
from gateway.flows import cashier
from gateway.flows.capabilities import capabilities_of
from gateway.flows.registration import list_channels
from sandbox.deps import Deps
from sandbox.faults import UNHARMED as NO_HIT
from sandbox.main import build_app, build_deps
from sandbox.parties import discover_parties

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ("*.py", "*.html", "*.css", "*.js")

REGISTRY = {
    **PLUGINS,
    "acme": acme.PLUGIN,
}


class TestNewcomer(Conformance):
    make_side = AcmeSide


# ── what people and apps see ──


def test_the_console_is_told_its_names_and_its_form() -> None:
    deps = replace(harness().deps, plugins=REGISTRY)
    [listed] = [each for each in list_channels(deps).items if each.channel == "acme"]
    assert listed.name == acme.PLUGIN.title
    assert listed.methods == [Method.NATIVE]
    described: Any = listed.credentials_schema["properties"]
    assert described["shop_id"]["x-title"] == {"zh": "门店号", "en": "Shop number"}
    assert described["secret"]["x-secret"] is True


def test_an_app_is_told_what_it_can_do() -> None:
    here = harness()
    here.directory.put(account("C9"))
    app = here.directory.find_app("A1")
    assert app is not None
    capabilities = capabilities_of(replace(here.deps, plugins=REGISTRY), app, "M1")
    [one] = [each for each in capabilities.accounts if each.channel == "acme"]
    assert {(each.method, each.action) for each in one.methods} == {
        (Method.NATIVE, "qr_code"),
        (Method.CASHIER, "redirect"),
    }


@pytest.mark.parametrize(("language", "name"), [("zh", "爱客支付"), ("en", "Acme Pay")])
async def test_the_cashier_offers_it_by_its_name_and_with_its_mark(
    language: str, name: str
) -> None:
    unplaced = payment_view(
        method=Method.CASHIER, payment_id=None, channel=None, status=PaymentStatus.PENDING
    )
    on_file = PaymentOnFile(**dict(unplaced), order=order_summary())
    filed = CheckoutOnFile(
        app_id="A1", sequence=1, payment=on_file, latest_payment_no=unplaced.payment_no,
        payments=[unplaced], refunds=[],
    )  # fmt: skip
    path = f"/internal/payments/{unplaced.payment_no}/checkout"
    here = harness(trade_core={("GET", path): lambda _: filed})
    here.directory.put(account("C9"))
    token = token_of(unplaced.payment_no, [b"checkout key"])
    checkout = await cashier.get_checkout(replace(here.deps, plugins=REGISTRY), token)
    seat = Seat(Place.DESKTOP, None, THEN)
    shown = render_checkout(asked_for(language), token, checkout, seat)
    page = bytes(shown.body).decode()
    assert f'<span class="name">{name}</span>' in page
    assert 'fill="#5b2a86"' in page
    assert 'd="M6 18L12 6l6 12M8.5 14h7"' in page


def test_the_tables_of_the_documents_have_a_row_of_it() -> None:
    judged = table("", REGISTRY, dict.fromkeys(REGISTRY, "`openssl`"))
    assert "| 爱客支付 `acme` | `native` → qr_code, `cashier` → redirect | query, close" in judged
    for language in LANGUAGES:
        called = acme.PLUGIN.title.of(language)
        assert f"| `native` | {called} `acme` |  | `qr_code` |" in ways(language, REGISTRY)


# ── the sandbox ──


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Deps]:
    built = build_deps(tmp_path, "http://sandbox.test", parties=discover_parties(third_parties))
    async with built.notifications.running():
        yield built
        built.later.cancel()
    built.truth.close()


@pytest.fixture
async def http(sandbox: Deps) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build_app(sandbox), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as client:
        yield client


def test_the_sandbox_finds_it_by_its_folder() -> None:
    assert discover_parties(third_parties) == [PARTY]
    assert {party.name for party in discover_parties()} == set(PLUGINS)


async def test_a_payment_there_is_asked_for_and_paid_and_told(
    sandbox: Deps, http: httpx.AsyncClient
) -> None:
    """Registered by the credentials that the sandbox gives, as `make run` registers each."""
    known = (await http.get("/_control/credentials")).json()["acme"]
    plugin, opened = acme.PLUGIN, opened_with(known)
    wanted = order(Method.NATIVE, notify_url="http://merchant.test/")

    async def ask(operation: Any, subject: Any) -> Outcome:
        call: Call = operation.call(subject, opened)
        moment = Moment(datetime.now(UTC), "n")
        asked = plugin.wire.sign(call, opened, moment)
        answer = await http.post(asked.url, content=asked.body, headers=dict(asked.headers))
        reply = Reply(answer.status_code, dict(answer.headers), answer.content)
        outcome: Outcome = operation.outcome(
            plugin.wire.verify(reply, call, opened, moment), subject, opened
        )
        return outcome

    far = replace(wanted, expires_at=datetime(2100, 1, 1, tzinfo=UTC))
    assert isinstance(await ask(plugin.methods[Method.NATIVE], far), Pending)
    await http.post("/_control/pay", json={"payment_no": far.payment_no, "notify": False})
    answered = await ask(plugin.query, trade())
    assert isinstance(answered, Succeeded)
    assert answered.amount == far.amount
    [paid] = sandbox.truth.list_trades(far.payment_no, "acme")
    posted = PARTY.notifications(sandbox).write(
        sandbox.notifications.post(paid, ""), paid, None, NO_HIT
    )
    headers = {name.lower(): value for name, value in posted.headers.items()}
    [notified] = plugin.notifications.read(
        RawNotification(headers, posted.body), opened, Moment(datetime.now(UTC), "n")
    )
    assert isinstance(notified, NotifiedPayment)
    assert notified.outcome.channel_no == answered.channel_no
    other = (await http.post("/_control/merchants", json={"channel": "acme"})).json()
    assert other["shop_id"] != known["shop_id"] == sandbox.accounts(KIND).first().shop_id


# ── nobody else says a channel's name ──


@pytest.mark.parametrize("name", ["acme", *(n for n, p in PLUGINS.items() if p.login is None)])
def test_no_file_outside_its_folders_says_its_name(name: str) -> None:
    """But for those whose wallets log payers in: they are the examples of much that is shown."""
    channels = ROOT / "services/gateway/gateway/channels"
    own = {
        channels / "registry.py",
        *(channels / each for each in PLUGINS),
        ROOT / "libs/sandbox/sandbox" / name,
    }
    quoted = re.compile(rf"""["'.]{name}\b""")
    named_in = [
        str(file.relative_to(ROOT))
        for part in ("services", "libs", "deploy/local", "sdk/python")
        for pattern in SOURCES
        for file in (ROOT / part).rglob(pattern)
        if not own & {file, *file.parents} and quoted.search(file.read_text(encoding="utf-8"))
    ]
    assert named_in == []


@pytest.mark.parametrize("name", PLUGINS)
def test_the_cashier_knows_no_channel(name: str) -> None:
    """Browsers, bridges and links of wallets are their plugins' to declare."""
    quoted = re.compile(rf"""["'.]{name}\b""")
    for pattern in SOURCES:
        for file in (ROOT / "services/cashier/cashier").rglob(pattern):
            assert not quoted.search(file.read_text(encoding="utf-8")), file


def account(account_id: str) -> ChannelAccount:
    side = AcmeSide()
    return ChannelAccount(account_id, "M1", True, acme.PLUGIN, opened_with(side.credentials()))


def opened_with(credentials: dict[str, Any]) -> Any:
    return acme.PLUGIN.open_account(acme.PLUGIN.credentials.model_validate(credentials))


def asked_for(language: str) -> Request:
    headers = [(b"accept-language", language.encode())]
    return Request(
        {"type": "http", "headers": headers, "query_string": b"", "scheme": "https",
         "server": ("cashier.example", 443), "path": "/"}
    )  # fmt: skip
