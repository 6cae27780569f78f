"""Alipay, 易生 and UnionPay sign `k=v&k=v` with nothing escaped, so that a signed text can be cut
into other fields than were signed. Whoever sees a signed notification in which a value is theirs
might post it as another one: what can be cut in two ways is no word, the channel is asked."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    OTHER_PAYMENT_NO,
    PAYMENT_NO,
    REFUND_NO,
    order,
)
from tests.unit.gateway.channels.easy_side import EasySide
from tests.unit.gateway.channels.plugin_driver import opened
from tests.unit.gateway.channels.unionpay_side import UnionpaySide

from contracts.money import Money
from gateway.channels import joined_text
from gateway.channels.plugin import (
    Notified,
    NotifiedPayment,
    Pending,
    RawNotification,
    Succeeded,
    Unverifiable,
)

LAST = "zz"
"""A name after all others: its value takes what was signed and is not wanted."""

Fields = dict[str, str]


def planted(genuine: Mapping[str, str], host: str, wanted: Mapping[str, str]) -> str:
    """What to have signed as the value of `host`, so that `recut` gives the fields that are
    wanted."""
    later = {name: value for name, value in genuine.items() if name > host and value}
    return "x" + "".join(f"&{n}={v}" for n, v in sorted({**later, **wanted}.items())) + f"&{LAST}="


def recut(signed: Mapping[str, str], host: str, wanted: Mapping[str, str]) -> Fields:
    """Other fields of which the joined text is the same."""
    later = {name: value for name, value in signed.items() if name > host and value}
    unwanted = "".join(f"&{name}={value}" for name, value in sorted(later.items()))
    earlier = {name: value for name, value in signed.items() if name < host}
    cut = {**earlier, host: "x", **later, **wanted, LAST: unwanted}
    assert joined(cut) == joined(signed)
    return cut


def joined(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value)


def of_form(raw: RawNotification, *unsigned: str) -> tuple[Fields, Fields]:
    """Its signed fields, and the others."""
    fields = dict(parse_qsl(raw.body.decode(), keep_blank_values=True))
    beside = {name: fields.pop(name) for name in unsigned if name in fields}
    return {name: value for name, value in fields.items() if value}, beside


def form(raw: RawNotification, fields: Mapping[str, str]) -> RawNotification:
    return RawNotification(raw.headers, urlencode(fields).encode())


def by_alipay(side: AlipaySide, host: str, value: str, **more: str) -> RawNotification:
    trade = side.trade_fields(OTHER_PAYMENT_NO, "TRADE_SUCCESS", "0.01")
    return side.notification(trade, **{host: value}, **more)


def forged_of_alipay(side: AlipaySide, **wanted: str) -> RawNotification:
    """A trade of one fen whose `body` somebody chose, told as another trade."""
    genuine, _ = of_form(by_alipay(side, "body", "x"), "sign", "sign_type")
    raw = by_alipay(side, "body", planted(genuine, "body", wanted))
    signed, beside = of_form(raw, "sign", "sign_type")
    return form(raw, recut(signed, "body", wanted) | beside)


def forged_of_unionpay(side: UnionpaySide, **wanted: str) -> RawNotification:
    """`reqReserved` is whatever the merchant's own system sent with its order."""
    genuine, _ = of_form(
        side.notification(PAYMENT_NO, "00", txnAmt="1", reqReserved="x"), "signature"
    )
    value = planted(genuine, "reqReserved", wanted)
    raw = side.notification(PAYMENT_NO, "00", txnAmt="1", reqReserved=value)
    signed, beside = of_form(raw, "signature")
    return form(raw, recut(signed, "reqReserved", wanted) | beside)


def by_easy(side: EasySide, biz_data: Mapping[str, str]) -> tuple[dict[str, Any], Fields]:
    """A notification of an account whose signatures cover the envelope as well, and what is signed
    of it."""
    content = json.loads(side.notification(PAYMENT_NO, "00", biz_data=dict(biz_data)).body)
    own = {name: each for name, each in content.items() if name not in ("bizData", "sign")}
    signed = {**content["bizData"], **own}
    return content | {"sign": side.platform.sign(joined(signed).encode())}, signed


def forged_of_easy(side: EasySide, **wanted: str) -> RawNotification:
    """`payerOtherInfo` may be what the payer calls themselves."""
    _, genuine = by_easy(side, {"tradeAmt": "1", "payerOtherInfo": "x"})
    value = planted(genuine, "payerOtherInfo", wanted)
    content, signed = by_easy(side, {"tradeAmt": "1", "payerOtherInfo": value})
    cut = recut(signed, "payerOtherInfo", wanted)
    return as_json(content, cut)


def as_json(content: Mapping[str, Any], cut: Mapping[str, str]) -> RawNotification:
    """What the envelope has stays there; one value of it may be wanted, or hidden."""
    top = {n: cut.get(n, v) for n, v in content.items() if n in cut or n in ("bizData", "sign")}
    top["bizData"] = {name: value for name, value in cut.items() if name not in top}
    return RawNotification({}, json.dumps(top).encode())


def read(side: Any, raw: RawNotification) -> list[Notified]:
    scope = {"sign_scope": "envelope+bizData"} if isinstance(side, EasySide) else {}
    notified: list[Notified] = side.plugin.notifications.read(raw, opened(side, **scope), MOMENT)
    return notified


PAID = NotifiedPayment(PAYMENT_NO, Succeeded(), is_unbound=True)
"""All that is left: the channel is asked how this one stands."""


# ── forged ──


@pytest.mark.parametrize(
    "wanted",
    [
        {"out_trade_no": PAYMENT_NO, "total_amount": "12.99", "trade_no": "T2"},
        {"out_trade_no": PAYMENT_NO, "total_amount": "12.99", "seller_id": "2088000000000002"},
    ],
)
def test_a_remark_at_alipay_makes_no_other_payment(wanted: Fields) -> None:
    side = AlipaySide()
    assert read(side, forged_of_alipay(side, **wanted)) == [PAID]


def test_a_remark_at_alipay_makes_no_refund() -> None:
    side = AlipaySide()
    wanted = {
        "out_trade_no": PAYMENT_NO,
        "out_biz_no": REFUND_NO,
        "refund_fee": "5.00",
        "gmt_refund": "2026-01-31 12:00:09",
    }
    assert read(side, forged_of_alipay(side, **wanted)) == [PAID]


def test_a_remark_at_alipay_sends_no_refund_back() -> None:
    side = AlipaySide()
    wanted = {
        "msg_method": "alipay.trade.refund.depositback.completed",
        "biz_content": json.dumps(
            {"out_request_no": REFUND_NO, "out_trade_no": PAYMENT_NO, "dback_status": "F"}
        ),
    }
    genuine, _ = of_form(by_alipay(side, "auth_app_id", "x"), "sign", "sign_type")
    raw = by_alipay(side, "auth_app_id", planted(genuine, "auth_app_id", wanted))
    signed, beside = of_form(raw, "sign", "sign_type")
    forged = form(raw, recut(signed, "auth_app_id", wanted) | beside)
    assert read(side, forged) == [NotifiedPayment(PAYMENT_NO, Pending(), is_unbound=True)]


def test_a_remark_at_unionpay_makes_no_other_amount() -> None:
    side = UnionpaySide()
    assert read(side, forged_of_unionpay(side, txnAmt="1299")) == [PAID]


def test_a_payers_name_at_easy_makes_no_other_amount() -> None:
    side = EasySide()
    assert read(side, forged_of_easy(side, tradeAmt="1299")) == [PAID]


def test_where_easy_signs_no_number_a_forged_amount_is_not_lent_to_its_answer() -> None:
    side = EasySide()
    genuine = {"outTrace": "EP1", "payerOtherInfo": "x", "tradeAmt": "1", "tradeRetCode": "00"}
    wanted = {"tradeAmt": "1299"}
    signed = genuine | {"payerOtherInfo": planted(genuine, "payerOtherInfo", wanted)}
    cut = recut(signed, "payerOtherInfo", wanted)
    content = json.loads(side.paid_notification(PAYMENT_NO).body)
    content |= {"bizData": cut, "sign": side.platform.sign(joined(signed).encode())}
    raw = RawNotification({}, json.dumps(content).encode())
    assert side.plugin.notifications.read(raw, opened(side), MOMENT) == [PAID]


# ── nothing was planted: a field is hidden in the value before it ──


@pytest.mark.parametrize("name", ["out_biz_no", "refund_fee", "seller_id", "trade_status"])
def test_a_field_of_alipays_that_is_hidden_is_noticed(name: str) -> None:
    side = AlipaySide()
    raw = side.refund_notification()
    signed, beside = of_form(raw, "sign", "sign_type")
    assert believed(side, form(raw, hidden(signed, name) | beside)) == []


@pytest.mark.parametrize("name", ["traceNo", "respMsg", "txnType", "currencyCode"])
def test_a_field_of_unionpays_that_is_hidden_is_noticed(name: str) -> None:
    side = UnionpaySide()
    raw = side.paid_notification(PAYMENT_NO)
    signed, beside = of_form(raw, "signature")
    assert believed(side, form(raw, hidden(signed, name) | beside)) == []


@pytest.mark.parametrize("name", ["pcTrace", "tradeTime", "tradeRetMsg"])
def test_a_field_of_easys_that_is_hidden_is_noticed(name: str) -> None:
    side = EasySide()
    content, signed = by_easy(side, {"tradeAmt": "1299"})
    assert believed(side, as_json(content, hidden(signed, name))) == []


def believed(side: Any, raw: RawNotification) -> list[Notified]:
    """What counts without the channel's being asked."""
    try:
        notified = read(side, raw)
    except Unverifiable:
        return []
    return [each for each in notified if not getattr(each, "is_unbound", False)]


def hidden(signed: Mapping[str, str], name: str) -> Fields:
    before = max(each for each in signed if each < name)
    cut = {**signed, before: f"{signed[before]}&{name}={signed[name]}"}
    del cut[name]
    assert joined(cut) == joined(signed)
    return cut


@pytest.mark.parametrize(
    ("name", "value", "cut"),
    [
        ("zz", "x&y=z", {"zz": "x", "y": "z"}),
        ("zz&y", "x", None),
        ("zz=y", "x", None),
    ],
)
def test_a_name_with_a_sign_in_it_is_ambiguous(name: str, value: str, cut: Fields | None) -> None:
    assert joined_text.is_ambiguous({name: value})
    assert cut is None or not joined_text.is_ambiguous(cut)


# ── honest ──

HARMLESS = ["H&M", "A & B", "1+1=2", "&", "a&b&c", "a=b&c", '[{"amount":"12.99"}]']
LOOKING_LIKE_FIELDS = [
    "{ICCardData=a&ICCardSeqNumber=001}",
    "https://shop.example/?a=1&b=2",
    "x&total_amount=1",
    "&=",
    "&&a=",
]


def honest_notification(side: Any, value: str) -> RawNotification:
    """An honest notification in which the channel tells something that may read so."""
    if isinstance(side, AlipaySide):
        return side.notification(side.trade_fields(PAYMENT_NO, "TRADE_SUCCESS"), store_name=value)
    if isinstance(side, UnionpaySide):
        return side.notification(PAYMENT_NO, "00", respMsg=value)
    content, _ = by_easy(side, {"tradeAmt": "1299", "payerOtherInfo": value})
    return RawNotification({}, json.dumps(content).encode())


SIDES = pytest.mark.parametrize("side", [AlipaySide(), UnionpaySide(), EasySide()])


@SIDES
@pytest.mark.parametrize("value", HARMLESS)
def test_a_sign_in_a_text_is_not_yet_a_field(side: Any, value: str) -> None:
    [notified] = read(side, honest_notification(side, value))
    assert isinstance(notified, NotifiedPayment)
    assert isinstance(notified.outcome, Succeeded)
    assert (notified.is_unbound, notified.outcome.amount) == (False, Money(1299, "CNY"))


@SIDES
@pytest.mark.parametrize("value", LOOKING_LIKE_FIELDS)
def test_an_honest_notification_that_may_be_cut_makes_us_ask(side: Any, value: str) -> None:
    """It is not refused, and what it says is found out."""
    assert read(side, honest_notification(side, value)) == [PAID]


def test_of_a_refund_only_its_payment_is_asked_about() -> None:
    """trade-core asks about its refunds by itself."""
    side = UnionpaySide()
    about = {"txnType": "04", "reqReserved": PAYMENT_NO, "respMsg": "a&b=c"}
    asked = NotifiedPayment(PAYMENT_NO, Pending(), is_unbound=True)
    assert read(side, side.notification(REFUND_NO, "00", **about)) == [asked]
    del about["reqReserved"]
    assert read(side, side.notification(REFUND_NO, "00", **about)) == []


# ── what we send, and may hear again ──


@pytest.mark.parametrize("side", [AlipaySide(), UnionpaySide(), EasySide()])
def test_no_subject_of_an_app_looks_like_a_field(side: Any) -> None:
    account = opened(side)
    for method, way in side.plugin.methods.items():
        call = way.call(order(method, subject="x&total_amount=1&transAmt=1"), account)
        names = ("subject", "title", "orderDesc")
        texts = [str((call.body or {}).get(each, "")) for each in names]
        assert any(texts), method
        assert not any("&" in each for each in texts), method
