"""Payment links: apps make them, payers begin there."""

from typing import Any, Final

import httpx
import pytest
from tests.unit.gateway.client import CASHIER_TOKEN, application, client_of
from tests.unit.gateway.harness import (
    NOW,
    Harness,
    fake_plugin,
    harness,
    operation,
    order_summary,
    payment_view,
    reply,
)

from contracts.actions import RedirectAction
from contracts.api import LinkStatus, Method
from contracts.internal import LinkOnFile, OpenedLink, OpenedPayment
from gateway.channels.plugin import Answer, Pending
from gateway.directory import App, ChannelAccount, Merchant
from gateway.domain.checkout_links import token_of

LINK_REQUEST: Final = {"merchant_id": "M1", "amount": 1299, "subject": "物业费", "uses": 1}
LINK: Final = LinkOnFile(
    app_id="A1",
    link_id="L01KAN5C2FN000000000000000B",
    url="",
    state=LinkStatus.OPEN,
    merchant_id="M1",
    amount=1299,
    currency="CNY",
    subject="物业费",
    uses=1,
    merchant_order_no="Q01KAN5C2FN000000000000000C",
    payment_no=None,
    created_at=NOW,
    expires_at=NOW,
)
PATH: Final = f"/internal/payment-links/{LINK.link_id}"
POINT: Final = f"/internal/pay-points/{LINK.link_id}"
BEGUN: Final = payment_view(method=Method.CASHIER, payment_id=None, channel=None)


def here(link: LinkOnFile = LINK, *, created: bool = True, **payment: Any) -> Harness:
    begun = BEGUN.model_copy(update=payment)
    return harness(
        reply({"pay": "https://easy.example/cashier"}),
        trade_core={
            ("POST", "/internal/payment-links"): lambda _: OpenedLink(created=created, link=link),
            ("GET", PATH): lambda _: link,
            ("POST", f"{PATH}/disable"): lambda _: link,
            ("POST", f"{PATH}/payments"): lambda _: OpenedPayment(
                created=created, payment=begun, order=order_summary()
            ),
        },
    )


async def test_trade_core_hears_which_request_makes_a_link() -> None:
    of = here()
    async with client_of(application(of)) as app:
        await app.post("/v1/payment-links", LINK_REQUEST)
        await app.post("/v1/payment-links", LINK_REQUEST)
    signed_as = [
        given.signed_as
        for _, path, given in of.trade_core.asked
        if path == "/internal/payment-links"
    ]
    assert len(set(signed_as)) == 2
    assert all(each and len(each) <= 200 for each in signed_as)


async def as_cashier(of: Harness, method: str, path: str, body: Any = None) -> httpx.Response:
    transport = httpx.ASGITransport(application(of).private, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        headers = {"Authorization": f"Bearer {CASHIER_TOKEN}"}
        return await http.request(method, path, json=body, headers=headers)


@pytest.mark.parametrize(("created", "status"), [(True, 201), (False, 200)])
async def test_a_link_is_answered_with_its_address(created: bool, status: int) -> None:
    async with client_of(application(here(created=created))) as app:
        answer = await app.post("/v1/payment-links", LINK_REQUEST)
    assert answer.status_code == status
    shown = answer.json()
    assert shown["link_id"] == LINK.link_id
    assert shown["url"] == f"https://cashier.example/pay/to/{LINK.link_id}"
    assert "app_id" not in shown
    assert "order_state" not in shown


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": 0}, "/amount"),
        ({"amount": "1"}, "/amount"),
        ({"subject": ""}, "/subject"),
        ({"uses": 2}, "/uses"),
        ({"uses": True}, "/uses"),
        ({"uses": None, "merchant_order_no": "W1"}, "/merchant_order_no"),
        ({"expires_in_s": 0}, "/expires_in_s"),
        ({"expires_in_s": 604_801}, "/expires_in_s"),
        ({"more": 1}, "/more"),
    ],
)
async def test_a_malformed_request_is_told_by_its_pointer(
    changes: dict[str, Any], pointer: str
) -> None:
    async with client_of(application(here())) as app:
        answer = await app.post("/v1/payment-links", {**LINK_REQUEST, **changes})
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("number", ["L1", "P01KAN5C2FN000000000000001", "..%2Fpayments"])
async def test_what_is_no_number_of_a_link_is_not_there(number: str) -> None:
    made = here()
    async with client_of(application(made)) as app:
        assert (await app.get(f"/v1/payment-links/{number}")).status_code == 404
    assert made.trade_core.asked == []


async def test_the_page_is_told_who_is_paid_for_what() -> None:
    shown = (await as_cashier(here(), "GET", POINT)).json()
    assert (shown["merchant_name"], shown["subject"], shown["amount"]) == (
        "幸福物业",
        "物业费",
        1299,
    )
    assert (shown["state"], shown["page_url"]) == ("open", None)


@pytest.mark.parametrize(
    "end",
    [App("A1", False, frozenset({"M1"}), 15, ()), App("A1", True, frozenset(), 15, ()),
     Merchant("M1", False, "幸福物业")],
)  # fmt: skip
async def test_nothing_is_begun_for_an_app_or_merchant_that_is_not_served(
    end: App | Merchant,
) -> None:
    made = here()
    made.directory.put(end)
    shown = (await as_cashier(made, "GET", POINT)).json()
    assert (shown["state"], shown["merchant_name"]) == ("disabled", "幸福物业")
    assert (await as_cashier(made, "POST", f"{POINT}/payments", {})).status_code == 404


async def test_a_payer_begins_on_our_page() -> None:
    made = here()
    begun = await as_cashier(made, "POST", f"{POINT}/payments", {"client_ip": "203.0.113.7"})
    token = token_of(BEGUN.payment_no, made.deps.checkout_keys)
    assert begun.json() == {"url": f"https://cashier.example/pay/{token}"}
    assert made.transport.sent == []


async def test_a_single_account_with_its_own_cashier_is_opened_at_once() -> None:
    made = here(payment_id="C1", channel="fake")
    made.directory.put(ChannelAccount("C1", "M1", True, hosting_plugin(), "C1's key"))
    begun = await as_cashier(made, "POST", f"{POINT}/payments", {})
    assert begun.json() == {"url": "https://easy.example/cashier"}
    _, _, asked = made.trade_core.asked[1]
    assert (asked.payment_id, asked.channel) == ("C1", "fake")


def hosting_plugin() -> Any:
    def outcome(answer: Answer, *_: object) -> Pending:
        return Pending(RedirectAction(url=answer.content["pay"]))

    pay = operation("/pay")
    hosted = type(pay)(pay.call, outcome)
    return fake_plugin(methods={Method.CASHIER: hosted}, hosted=frozenset({Method.CASHIER}))


async def test_a_link_that_was_made_once_stops_no_payer() -> None:
    """A release before let apps say what none may say now."""
    of = here(LINK.model_copy(update={"subject": "物业\u200b费"}))
    begun = await as_cashier(of, "POST", f"{POINT}/payments", {})
    assert begun.status_code == 200, begun.text
