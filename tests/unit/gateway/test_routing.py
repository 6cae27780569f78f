"""Where a request's money goes, and what is refused before anything is stored."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gateway.harness import (
    fake_plugin,
    harness,
    operation,
    splitting_plugin,
    there,
)

from chassis.problems import InvalidRequest, Problem
from contracts.api import CreatePayment, CreateRefund, Method
from contracts.money import Money
from gateway.directory import App, ChannelAccount, Directory, Merchant
from gateway.domain.errors import (
    ChannelAccountDisabled,
    MethodNotSupported,
    NotHere,
    SplitNotSupported,
)
from gateway.flows.access import check_refund
from gateway.flows.pay import account_for

REQUEST: dict[str, Any] = {
    "merchant_id": "M1",
    "payment_id": "C1",
    "merchant_order_no": "W1",
    "amount": 1299,
    "subject": "物业费",
    "method": "native",
}


def request(**changes: Any) -> CreatePayment:
    given = {**REQUEST, **changes}
    return CreatePayment.model_validate({k: v for k, v in given.items() if v is not None})


def hosted(payment_id: str) -> ChannelAccount:
    plugin = fake_plugin(
        "hosted",
        methods={Method.CASHIER: fake_plugin().methods[Method.NATIVE]},
        offers=(),
        hosted=frozenset({Method.CASHIER}),
    )
    return ChannelAccount(payment_id, "M1", True, plugin, "key")


@pytest.fixture
def directory() -> Directory:
    directory = harness().directory
    directory.put(Merchant("M2", True, "other"))
    directory.put(Merchant("M3", False, "closed down"))
    directory.put(App("A1", True, frozenset({"M1", "M3"}), 15, ()))
    directory.put(ChannelAccount("C2", "M2", True, fake_plugin(), "key"))
    directory.put(ChannelAccount("C3", "M1", False, fake_plugin(), "key"))
    return directory


def route(directory: Directory, given: CreatePayment) -> str | None:
    account = account_for(directory, there(directory.find_app("A1")), given)
    return account.account_id if account else None


def test_the_named_account_takes_the_money(directory: Directory) -> None:
    assert route(directory, request()) == "C1"


@pytest.mark.parametrize(
    ("changes", "problem", "pointers"),
    [
        ({"merchant_id": "M9"}, NotHere, []),
        ({"merchant_id": "M2", "payment_id": "C2"}, NotHere, []),
        ({"merchant_id": "M3"}, NotHere, []),
        ({"payment_id": "C9"}, NotHere, []),
        ({"payment_id": "C2"}, NotHere, []),
        ({"payment_id": "C3"}, ChannelAccountDisabled, []),
        ({"method": "h5"}, MethodNotSupported, ["/method"]),
        ({"currency": "USD"}, InvalidRequest, ["/currency"]),
        ({"method": "jsapi"}, InvalidRequest, ["/payer/openid"]),
        (
            {"method": "jsapi", "payer": {"auth_code": "12345678"}},
            InvalidRequest,
            ["/payer/openid"],
        ),
        (
            {"split": [{"account": "x", "amount": 1, "description": "x"}]},
            SplitNotSupported,
            ["/split"],
        ),
        ({"splits": True}, SplitNotSupported, ["/splits"]),
    ],
)
def test_what_cannot_be_routed_is_refused(
    directory: Directory, changes: dict[str, Any], problem: type[Problem], pointers: list[str]
) -> None:
    with pytest.raises(problem) as refusal:
        route(directory, request(**changes))
    assert [error.pointer for error in refusal.value.errors] == pointers


def test_a_payer_who_is_told_enough_is_let_through(directory: Directory) -> None:
    assert route(directory, request(method="jsapi", payer={"openid": "o1"})) == "C1"


def test_our_page_decides_where_the_merchant_has_accounts_for_it(directory: Directory) -> None:
    assert route(directory, request(payment_id=None, method="cashier")) is None
    assert route(directory, request(method="cashier")) is None


def test_a_single_hosted_cashier_is_called_at_once(directory: Directory) -> None:
    directory.remove("C1")
    directory.put(hosted("C4"))
    assert route(directory, request(payment_id=None, method="cashier")) == "C4"
    directory.put(hosted("C5"))
    assert route(directory, request(payment_id=None, method="cashier")) is None
    assert route(directory, request(payment_id="C5", method="cashier")) == "C5"


def test_without_any_account_for_it_there_is_no_cashier(directory: Directory) -> None:
    directory.remove("C1")
    with pytest.raises(MethodNotSupported):
        route(directory, request(payment_id=None, method="cashier"))


def test_our_page_offers_what_can_be_split_where_it_is_to_be_split(directory: Directory) -> None:
    given = request(payment_id=None, method="cashier", splits=True)
    with pytest.raises(MethodNotSupported):
        route(directory, given)
    directory.put(ChannelAccount("C4", "M1", True, splitting_plugin(), "key"))
    assert route(directory, given) is None
    offered = directory.payable_accounts("M1", Money(1, "CNY"), will_split=True)
    assert [account.account_id for account in offered] == ["C4"]


def narrow(payment_id: str) -> ChannelAccount:
    plugin = fake_plugin(
        "narrow",
        methods={
            Method.NATIVE: operation("/pay"),
            Method.H5: replace(operation("/pay"), action="redirect"),
        },
        max_amount=5_000,
        return_url_characters=20,
    )
    return ChannelAccount(payment_id, "M1", True, plugin, "key")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": 5_001}, "/amount"),
        ({"amount": 5_001, "method": "cashier"}, "/amount"),
        ({"amount": 5_001, "method": "cashier", "payment_id": None}, "/amount"),
        ({"method": "h5", "return_url": "https://shop.example/1"}, "/return_url"),
    ],
)
def test_what_the_channel_cannot_carry_is_refused(
    directory: Directory, changes: dict[str, Any], pointer: str
) -> None:
    """Before anything is stored: an app was answered 502 for a payment that was opened in vain."""
    directory.remove("C1")
    directory.put(narrow("C4"))
    with pytest.raises(InvalidRequest) as refusal:
        route(directory, request(**{"payment_id": "C4", **changes}))
    assert [error.pointer for error in refusal.value.errors] == [pointer]


def test_what_the_channel_never_sees_may_be_longer(directory: Directory) -> None:
    directory.put(narrow("C4"))
    assert route(directory, request(payment_id="C4", return_url="https://shop.example/1")) == "C4"
    assert route(directory, request(payment_id="C4", amount=5_000)) == "C4"


def test_our_page_offers_only_what_carries_the_amount(directory: Directory) -> None:
    directory.put(narrow("C4"))
    for amount, ids in ((5_000, ["C1", "C4"]), (5_001, ["C1"])):
        offered = directory.payable_accounts("M1", Money(amount, "CNY"), will_split=False)
        assert [account.account_id for account in offered] == ids


@pytest.mark.parametrize(
    "changes", [{"merchant_id": "M2"}, {"payment_id": "C2"}, {"payment_id": "C9"}]
)
def test_a_refund_of_somebody_else_is_not_here(
    directory: Directory, changes: dict[str, str]
) -> None:
    refund = {
        "merchant_id": "M1",
        "payment_id": "C1",
        "payment_no": "P1",
        "merchant_refund_no": "T1",
        "amount": 1,
    }
    app = there(directory.find_app("A1"))
    check_refund(directory, app, CreateRefund.model_validate({**refund, "payment_id": "C3"}))
    with pytest.raises(NotHere):
        check_refund(directory, app, CreateRefund.model_validate({**refund, **changes}))
