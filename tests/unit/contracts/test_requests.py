"""What apps may ask for, and what is refused before anything happens."""

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.api import CreatePayment, CreateRefund, CreateSplit

GOOD: dict[str, Any] = {
    "merchant_id": "M1",
    "payment_id": "C1",
    "merchant_order_no": "W2026-001",
    "amount": 1299,
    "subject": "物业费 11月",
    "method": "native",
}


def test_the_smallest_request_is_accepted_with_its_defaults() -> None:
    request = CreatePayment.model_validate(GOOD)
    assert (request.currency, request.expires_in_s, request.metadata) == ("CNY", 7200, {})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 12.99),
        ("amount", 1299.0),
        ("amount", "1299"),
        ("amount", True),
        ("amount", 0),
        ("amount", -1),
        ("amount", 10**12 + 1),
        ("currency", "XXX"),
        ("currency", "cny"),
        ("subject", ""),
        ("subject", "   "),
        ("subject", "a" * 128),
        ("subject", "line\nbreak"),
        ("subject", "nul\x00"),
        ("subject", "物业费\u202e发票"),
        ("subject", "物业费\u2066"),
        ("subject", "\u200f物业费"),
        ("subject", "物业\u200b费"),
        ("subject", "\ufeff物业费"),
        ("subject", "物业费\u2060"),
        ("subject", "物\u200d业"),
        ("subject", "物业费\U000e0041"),
        ("method", "carrier_pigeon"),
        ("merchant_order_no", ""),
        ("merchant_order_no", "a" * 65),
        ("merchant_order_no", "a b"),
        ("merchant_order_no", "W1\n"),
        ("merchant_order_no", "订单"),
        ("merchant_order_no", "."),
        ("merchant_order_no", ".."),
        ("notify_url", "ftp://app.example/x"),
        ("notify_url", "https://user:secret@app.example/x"),
        ("notify_url", "not a url"),
        ("notify_url", "https://app.example:99999/x"),
        ("notify_url", "https://127.1/x"),
        ("notify_url", "https://0x7f000001/x"),
        ("notify_url", "https://2130706433./x"),
        ("notify_url", "http://169.254.169.254/latest/meta-data"),
        ("notify_url", "http://[::ffff:169.254.169.254]/"),
        ("notify_url", "http://0.0.0.0/"),
        ("notify_url", "http://[ff02::1]/"),
        ("notify_url", "https://app.example/\u202egnp.exe"),
        ("notify_url", "https://app\u200b.example/"),
        ("return_url", "https://app.example/?a=\u0085b"),
        ("expires_in_s", 0),
        ("expires_in_s", 10**9),
        ("metadata", {"k": "v" * 5000}),
        ("metadata", {"k": [{"n": 10**30}]}),
        ("metadata", []),
        ("payer", {"client_ip": "999.1.1.1"}),
        ("payer", {"client_ip": "fe80::1%eth0"}),
        ("payer", {"client_ip": "fe80::1%25"}),
        ("payer", {"client_ip": "::ffff:1.2.3.4%1"}),
        ("payer", {"nickname": "x"}),
        ("colour", "red"),
    ],
)
def test_a_bad_value_is_refused_at_its_field(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        CreatePayment.model_validate({**GOOD, field: value})
    assert refusal.value.errors()[0]["loc"][0] == field


def test_without_a_channel_account_only_our_cashier_can_be_called() -> None:
    without = {key: value for key, value in GOOD.items() if key != "payment_id"}
    for request in (without, {**without, "payment_id": None}):
        with pytest.raises(ValidationError) as refused:
            CreatePayment.model_validate(request)
        assert [fault["loc"] for fault in refused.value.errors()] == [("payment_id",)]
    assert CreatePayment.model_validate({**without, "method": "cashier"}).payment_id is None


def test_the_fingerprint_is_of_the_values_not_of_the_text() -> None:
    request = CreatePayment.model_validate({**GOOD, "metadata": {"a": 1, "b": {"c": 2, "d": 3}}})
    same = CreatePayment.model_validate(
        {"metadata": {"b": {"d": 3, "c": 2}, "a": 1}, "currency": "CNY", **GOOD}
    )
    other = CreatePayment.model_validate({**GOOD, "amount": 1300})
    assert request.fingerprint() == same.fingerprint() != other.fingerprint()


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("101.226.125.108", "101.226.125.108"),
        ("::ffff:101.226.125.108", "101.226.125.108"),
        ("::ffff:65e2:7d6c", "101.226.125.108"),
        ("2408:8207::1", "2408:8207::1"),
    ],
)
def test_an_ipv4_address_in_the_clothes_of_ipv6_is_one(sent: str, taken: str) -> None:
    request = CreatePayment.model_validate({**GOOD, "payer": {"client_ip": sent}})
    assert request.payer is not None
    assert request.payer.client_ip == taken


@pytest.mark.parametrize("number", [".", ".."])
def test_no_number_of_an_app_is_a_step_of_a_path(number: str) -> None:
    refund = {"merchant_id": "M1", "payment_id": "C1", "payment_no": "P1", "amount": 1}
    split = {
        "merchant_id": "M1",
        "payment_no": "P1",
        "receivers": [{"account": "1900000109", "amount": 1, "description": "物业"}],
    }
    with pytest.raises(ValidationError):
        CreateRefund.model_validate({**refund, "merchant_refund_no": number})
    with pytest.raises(ValidationError):
        CreateSplit.model_validate({**split, "merchant_split_no": number})
    CreateRefund.model_validate({**refund, "merchant_refund_no": f"1{number}"})


def test_texts_in_any_language_are_taken() -> None:
    for subject in ("物业费 11月 ❤️", "Müllgebühr – Café", "управление", "رسوم", "物业费,`11月`"):
        assert CreatePayment.model_validate({**GOOD, "subject": subject}).subject == subject


@pytest.mark.parametrize("member", ["account", "description"])
def test_what_names_a_receiver_has_no_control_characters(member: str) -> None:
    receiver = {"account": "1900000109", "amount": 1, "description": "物业"}
    split = {"merchant_id": "M1", "payment_no": "P1", "merchant_split_no": "S1"}
    CreateSplit.model_validate({**split, "receivers": [receiver]})
    with pytest.raises(ValidationError, match="control characters"):
        CreateSplit.model_validate({**split, "receivers": [receiver | {member: "1\x002"}]})
