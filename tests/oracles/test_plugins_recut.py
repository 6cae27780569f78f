"""What Alipay, UnionPay and 易生 sign of somebody else's text, cut into other fields: true by the
signature, and believed by a public SDK; we ask the channel.

The sandbox signs what it is sent, as the third parties do.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from alipay import AliPay

from contracts.api import Method
from contracts.identifiers import new_id
from contracts.money import Money
from gateway.calling.executor import Executor
from gateway.channels.plugin import (
    Notified,
    NotifiedPayment,
    PayOrder,
    RawNotification,
    Succeeded,
)
from gateway.directory import ChannelAccount

from .conftest import Merchant, RunningSandbox
from .plugin_calls import Open, order, trade_of

Fields = dict[str, str]
CENT = Money(1, "CNY")


def asked_about(payment_no: str) -> list[Notified]:
    return [NotifiedPayment(payment_no, Succeeded(), is_unbound=True)]


def joined(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value)


def cut(signed: Mapping[str, str], wanted: str, *, host: str, until: str) -> Fields:
    """`wanted` begins the value of `host`, and its last field, without a value, takes what was
    signed after it, `until` included."""
    earlier = {name: value for name, value in signed.items() if name < host}
    later = {name: value for name, value in signed.items() if name > until}
    begin, *planted = (field.split("=", 1) for field in wanted.split("&"))
    taken = {name: value for name, value in signed.items() if host < name <= until}
    fields = {
        **earlier,
        host: begin[0],
        **dict(planted),
        planted[-1][0]: f"&{joined(taken)}",
        **later,
    }
    assert joined(fields) == joined(signed)
    return fields


async def placed(
    here: ChannelAccount, executor: Executor, request: PayOrder, **planted: str
) -> None:
    """Order it as the merchant's own system might, with a text of somebody's in it."""
    way: Any = here.plugin.methods[request.method]
    call = way.call(request, here.opened)
    call = replace(call, body={**(call.body or {}), **planted})
    signed = here.plugin.wire.sign(call, here.opened, executor.moment())
    async with httpx.AsyncClient() as http:
        answer = await http.request(
            signed.verb, signed.url, headers=dict(signed.headers), content=signed.body
        )
    assert answer.status_code == 200


async def signed_form(
    merchant: Merchant, sandbox: RunningSandbox, request: PayOrder, *unsigned: str
) -> tuple[Fields, Fields]:
    sandbox.pay(request.payment_no)
    fields = dict(parse_qsl(merchant.next_notification().body.decode()))
    beside = {name: fields.pop(name) for name in unsigned}
    return fields, beside


def as_form(*parts: Mapping[str, str]) -> RawNotification:
    fields = {name: value for each in parts for name, value in each.items()}
    return RawNotification({}, urlencode(fields).encode())


async def test_a_remark_at_alipay_is_no_payment_of_another_number(
    executor: Executor,
    account: Open,
    credentials: dict[str, dict[str, str]],
    merchant: Merchant,
    sandbox: RunningSandbox,
) -> None:
    here, victim = account("alipay"), new_id("payment")
    request = replace(order(merchant.url), amount=CENT)
    wanted = f"x&notify_type=trade_status_sync&out_trade_no={victim}&ov="
    await placed(here, executor, request, body=wanted)
    signed, beside = await signed_form(merchant, sandbox, request, "sign", "sign_type")
    forged = cut(signed, wanted, host="body", until="out_trade_no")
    known = credentials["alipay"]
    sdk = AliPay(
        appid=known["app_id"],
        app_notify_url=None,
        app_private_key_string=known["app_private_key_pem"],
        alipay_public_key_string=known["alipay_public_key_pem"],
    )
    assert sdk.verify(dict(forged), beside["sign"]), "the signature is good"
    assert forged["out_trade_no"] == victim
    notified = await executor.read_notification(here, as_form(forged, beside))
    assert notified == asked_about(victim)
    honest = await executor.read_notification(here, as_form(signed, beside))
    assert honest == asked_about(request.payment_no)
    found = await executor.query(here, trade_of(request))
    assert isinstance(found, Succeeded)
    assert found.amount == CENT


async def test_what_a_merchants_system_reserved_at_unionpay_says_nothing_of_the_payment(
    executor: Executor, account: Open, merchant: Merchant, sandbox: RunningSandbox
) -> None:
    here = account("unionpay")
    request = replace(order(merchant.url), amount=CENT)
    wanted = "x&respCode=A6&respMsg=x&rz="
    await placed(here, executor, request, reqReserved=wanted)
    signed, beside = await signed_form(merchant, sandbox, request, "signature")
    forged = cut(signed, wanted, host="reqReserved", until="respMsg")
    for each in (forged, signed):
        notified = await executor.read_notification(here, as_form(each, beside))
        assert notified == asked_about(request.payment_no)


async def test_what_a_payer_is_called_at_easy_is_no_amount(
    executor: Executor, account: Open, merchant: Merchant, sandbox: RunningSandbox
) -> None:
    here = account("easy")
    request = replace(order(merchant.url), amount=CENT, method=Method.H5)
    wanted = "x&pcTrace=1&tradeAmt=1299&tradeB="
    await placed(here, executor, request, openId=wanted)
    sandbox.pay(request.payment_no)
    content = json.loads(merchant.next_notification().body)
    forged = cut(content["bizData"], wanted, host="payerId", until="tradeAmt")
    for each in (forged, content["bizData"]):
        raw = RawNotification({}, json.dumps(content | {"bizData": each}).encode())
        assert await executor.read_notification(here, raw) == asked_about(request.payment_no)
