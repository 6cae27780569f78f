"""What our WeChat Pay refuses, and how it says so."""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox import codes
from sandbox.deps import Deps
from sandbox.wechat.account import KIND
from sandbox.wechat.certificates import PlatformCertificates
from sandbox.wechat.refunds import REFUND_ASKED_AT

from .conftest import Immediately
from .merchants import WechatMerchant, new_number

NATIVE = "/v3/pay/transactions/native"
SOON = (datetime.now(UTC) + timedelta(seconds=20)).isoformat(timespec="seconds")


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def _paid(wechat: WechatMerchant, total: int = 100) -> str:
    number = new_number()
    await wechat.native(number, total)
    await wechat.http.post("/_control/pay", json={"payment_no": number, "notify": False})
    return number


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"User-Agent": ""}, (400, "PARAM_ERROR")),
        ({"Content-Type": "text/plain"}, (400, "PARAM_ERROR")),
        ({"Wechatpay-Serial": "PUB_KEY_ID_1"}, (400, "PARAM_ERROR")),
        ({"Authorization": ""}, (401, "SIGN_ERROR")),
        ({"Authorization": "Bearer x"}, (401, "SIGN_ERROR")),
    ],
)
async def test_headers_must_be_right(
    wechat: WechatMerchant, headers: dict[str, str], refused: tuple[int, str]
) -> None:
    if headers.get("User-Agent") == "":
        wechat.http.headers["User-Agent"] = ""
    answer = await wechat.call("POST", NATIVE, wechat.order(new_number()), headers=headers)
    assert _code(answer) == refused


@pytest.mark.parametrize("skew_s", [-330, 330])
async def test_clock_must_be_within_five_minutes(wechat: WechatMerchant, skew_s: int) -> None:
    body = wechat.order(new_number())
    answer = await wechat.call("POST", NATIVE, body, at=time.time() + skew_s)
    assert _code(answer) == (401, "SIGN_ERROR")


async def test_signature_covers_the_path(wechat: WechatMerchant) -> None:
    number = new_number()
    signed = await wechat.native(number)
    request = signed.request
    moved = await wechat.http.post(
        "/v3/pay/transactions/app", content=request.content, headers=request.headers
    )
    assert _code(moved) == (401, "SIGN_ERROR")


@pytest.mark.parametrize(
    "change",
    [
        {"out_trade_no": "short"},
        {"out_trade_no": "P" * 33},
        {"out_trade_no": "P.with.dots"},
        {"description": ""},
        {"description": "长" * 128},
        {"amount": {"total": 0}},
        {"amount": {"total": "100"}},
        {"amount": {"total": 1.5}},
        {"amount": {"total": 100, "currency": "USD"}},
        {"notify_url": "http://127.0.0.1/n?x=1"},
        {"notify_url": "ftp://127.0.0.1/n"},
        {"attach": "x" * 129},
        {"time_expire": "2026-11-22 10:00:00"},
        {"time_expire": SOON},
        {"mchid": "1900000000"},
    ],
)
async def test_wrong_parameters_are_named(wechat: WechatMerchant, change: dict[str, Any]) -> None:
    answer = await wechat.native(new_number(), **change)
    assert _code(answer) == (400, "PARAM_ERROR")
    assert answer.json()["detail"]["field"].startswith("/" + next(iter(change)))


async def test_appid_must_be_bound_to_the_merchant(wechat: WechatMerchant) -> None:
    answer = await wechat.native(new_number(), appid="wx0000000000000000")
    assert _code(answer) == (400, "APPID_MCHID_NOT_MATCH")


async def test_number_of_another_product_is_used(wechat: WechatMerchant) -> None:
    number = new_number()
    await wechat.native(number)
    other = await wechat.call("POST", "/v3/pay/transactions/app", wechat.order(number))
    assert _code(other) == (400, "INVALID_REQUEST")
    assert other.json()["message"] == "201 商户订单号重复"


async def test_jsapi_needs_an_openid_and_h5_a_scene(wechat: WechatMerchant) -> None:
    for product in ("jsapi", "h5", "codepay"):
        path = f"/v3/pay/transactions/{product}"
        answer = await wechat.call("POST", path, wechat.order(new_number()))
        assert _code(answer) == (400, "PARAM_ERROR")


async def test_payment_code_of_another_wallet_is_invalid(wechat: WechatMerchant) -> None:
    body = wechat.order(
        new_number(),
        payer={"auth_code": "281234567890123456"},
        scene_info={"store_info": {"id": "1"}},
    )
    answer = await wechat.call("POST", "/v3/pay/transactions/codepay", body)
    assert _code(answer) == (400, "AUTH_CODE_INVALID")


async def test_paid_number_cannot_be_opened_again(wechat: WechatMerchant) -> None:
    number = await _paid(wechat)
    assert _code(await wechat.native(number)) == (400, "ORDERPAID")
    assert _code(await wechat.close(number)) == (400, "ORDERPAID")


async def test_order_of_another_merchant_does_not_exist(wechat: WechatMerchant, deps: Deps) -> None:
    number = new_number()
    await wechat.native(number)
    other = KIND.section(deps.accounts(KIND).open(), "http://sandbox.test")
    answer = await WechatMerchant(wechat.http, other).query(number)
    assert _code(answer) == (404, "ORDER_NOT_EXIST")


async def test_refund_must_fit_the_payment(wechat: WechatMerchant, later: Immediately) -> None:
    number, unpaid = await _paid(wechat), new_number()
    await wechat.native(unpaid)
    assert _code(await wechat.refund(unpaid, "R0", 1)) == (400, "INVALID_REQUEST")
    assert _code(await wechat.refund(new_number(), "R0", 1)) == (404, "RESOURCE_NOT_EXISTS")
    assert _code(await wechat.refund(number, "R1", 30, 99)) == (400, "REFUND_FEE_MISMATCH")
    assert (await wechat.refund(number, "R1", 70)).status_code == 200
    assert _code(await wechat.refund(number, "R1", 71)) == (400, "REFUND_FEE_MISMATCH")
    assert _code(await wechat.refund(number, "R2", 31)) == (400, "INVALID_REQUEST")
    assert (await wechat.refund(number, "R2", 30)).status_code == 200
    assert _code(await wechat.query_refund("R9")) == (404, "RESOURCE_NOT_EXISTS")


async def test_a_refund_again_is_the_same_in_everything(
    wechat: WechatMerchant, later: Immediately
) -> None:
    number = await _paid(wechat)
    assert (await wechat.refund(number, "R1", 70, reason="退租")).status_code == 200
    assert (await wechat.refund(number, "R1", 70, reason="退租")).status_code == 200
    for changed in (
        {},
        {"reason": "重复"},
        {"reason": "退租", "notify_url": "https://x.example/y"},
    ):
        again = await wechat.refund(number, "R1", 70, 100, **changed)
        assert _code(again) == (400, "INVALID_REQUEST")
    assert _code(await wechat.refund(number, "R1", 70, 99)) == (400, "INVALID_REQUEST")


async def test_refunds_of_one_order_are_a_pause_apart_where_that_is_wanted(
    wechat: WechatMerchant, deps: Deps, later: Immediately
) -> None:
    """One that is refused begins the pause anew; the same refund again is no other one."""

    def passed(seconds: float) -> None:
        trade = deps.truth.list_trades(number, None)[0]
        trade.details[REFUND_ASKED_AT] -= seconds
        deps.truth.save_trade(trade)

    number, other = await _paid(wechat), await _paid(wechat)
    deps.settings.refund_pause_s = 60
    assert (await wechat.refund(number, "R1", 10)).status_code == 200
    assert _code(await wechat.refund(number, "R2", 10)) == (429, "FREQUENCY_LIMITED")
    assert (await wechat.refund(number, "R1", 10)).status_code == 200
    assert (await wechat.refund(other, "R3", 10)).status_code == 200
    passed(59)
    assert _code(await wechat.refund(number, "R2", 10)) == (429, "FREQUENCY_LIMITED")
    assert _code(await wechat.query_refund("R2")) == (404, "RESOURCE_NOT_EXISTS")
    passed(60)
    assert (await wechat.refund(number, "R2", 10)).status_code == 200


async def test_failed_refund_gives_its_amount_free(
    wechat: WechatMerchant, later: Immediately
) -> None:
    number = await _paid(wechat)
    await wechat.refund(number, "R1", 100)
    await wechat.http.post("/_control/refunds", json={"refund_no": "R1", "state": "failed"})
    assert (await wechat.query(number)).json()["trade_state"] == "SUCCESS"
    assert (await wechat.refund(number, "R2", 100)).json()["status"] == "PROCESSING"


async def test_without_serial_the_certificate_signs_once_it_was_fetched(
    wechat: WechatMerchant, deps: Deps
) -> None:
    async def signed_by() -> str:
        answer = await wechat.call(
            "POST", NATIVE, wechat.order(new_number()), headers={"Wechatpay-Serial": ""}
        )
        return str(answer.headers["wechatpay-serial"])

    assert await signed_by() == wechat.known["platform_public_key_id"]
    await wechat.call("GET", "/v3/certificates", headers={"Wechatpay-Serial": ""})
    assert await signed_by() == deps.own(PlatformCertificates).in_use()[0].serial_no


async def test_a_certificate_of_before_is_asked_for_in_vain(
    wechat: WechatMerchant, deps: Deps
) -> None:
    """Its serial is refused only where something is encrypted to it."""
    certificates = deps.own(PlatformCertificates)
    former = {"Wechatpay-Serial": certificates.in_use()[0].serial_no}
    for _ in range(2):
        certificates.rotate()
    in_use = {each.serial_no for each in certificates.in_use()}
    for headers in (former, {"Wechatpay-Serial": ""}):
        answer = await wechat.call("GET", "/v3/certificates", headers=headers)
        assert answer.headers["wechatpay-serial"] in in_use
        answer = await wechat.call("POST", NATIVE, wechat.order(new_number()), headers=headers)
        assert answer.headers["wechatpay-serial"] in in_use


@pytest.mark.parametrize("day", ["2026-1-1", "yesterday", "2020-01-01", "2999-01-01"])
async def test_statements_are_of_the_last_three_months(wechat: WechatMerchant, day: str) -> None:
    answer = await wechat.call("GET", f"/v3/bill/tradebill?bill_date={day}")
    assert _code(answer) == (400, "PARAM_ERROR")


async def test_day_without_trades_has_no_statement(wechat: WechatMerchant) -> None:
    today = datetime.now(timezone(timedelta(hours=8))).strftime("%Y-%m-%d")
    answer = await wechat.call("GET", f"/v3/bill/tradebill?bill_date={today}")
    assert _code(answer) == (400, "NO_STATEMENT_EXIST")


async def test_unknown_status_and_wrong_amount_are_told(wechat: WechatMerchant) -> None:
    number = await _paid(wechat)
    for fault in ("unknown_status", "wrong_amount"):
        body = {"channel": "wechat", "operation": "query", "fault": fault, "times": 1}
        await wechat.http.post("/_control/faults", json=body)
    found = (await wechat.query(number)).json()
    assert found["trade_state"] == "UNHEARD_OF"
    assert found["amount"]["total"] == 101


async def test_error_after_the_work_is_an_error_with_the_work_done(wechat: WechatMerchant) -> None:
    number = new_number()
    body = {"channel": "*", "operation": "pay", "fault": "status_500", "times": 1}
    await wechat.http.post("/_control/faults", json=body)
    assert (await wechat.native(number)).status_code == 500
    assert (await wechat.query(number)).json()["trade_state"] == "NOTPAY"
    assert (await wechat.native(number)).status_code == 200


async def test_a_code_lives_two_hours_and_the_same_order_gives_a_fresh_one(
    wechat: WechatMerchant, deps: Deps
) -> None:
    number, paying = new_number(), {"notify": False}
    order = wechat.order(number, 100)

    async def code() -> str:
        answer = await wechat.call("POST", NATIVE, order)
        return str(answer.json()["code_url"])

    async def pays() -> int:
        asked = {"payment_no": number, **paying}
        return (await wechat.http.post("/_control/pay", json=asked)).status_code

    first = await code()
    assert await code() == first
    trade = deps.truth.list_trades(number, None)[0]
    trade.details[codes.MADE_AT] -= 7_201
    deps.truth.save_trade(trade)
    assert await pays() == 409
    assert (await wechat.query(number)).json()["trade_state"] == "NOTPAY"
    assert await code() not in ("", first)
    assert await pays() == 200
    assert len(deps.truth.list_trades(number, None)) == 1
