"""Splits (分账) at our third parties, driven by the public SDKs."""

import json
import queue
import time
import uuid
from typing import Any

import pytest
from alipay import AliPay
from wechatpayv3 import WeChatPay, WeChatPayType

from .conftest import Merchant, RunningSandbox

LIMIT_S = 10
POLL_S = 0.05
RECEIVER, PERSON = "1900000201", "oPayee"


def number(kind: str) -> str:
    return f"{kind}{uuid.uuid4().hex[:26]}"


# ── PyPI `wechatpayv3` ──


def client(sandbox: RunningSandbox, known: dict[str, str], **more: Any) -> Any:
    made = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=known["mchid"],
        appid=known["appid"],
        private_key=known["merchant_private_key_pem"],
        cert_serial_no=known["merchant_serial_no"],
        apiv3_key=known["apiv3_key"],
        notify_url="http://127.0.0.1:9/notices",
        public_key=known["platform_public_key_pem"],
        public_key_id=known["platform_public_key_id"],
        timeout=(3, 10),
        **more,
    )
    made._core._gate_way = sandbox.url
    return made


@pytest.fixture
def wechat(sandbox: RunningSandbox, credentials: dict[str, dict[str, str]]) -> Any:
    return client(sandbox, credentials["wechat"])


def content(answer: tuple[int, str]) -> dict[str, Any]:
    status, text = answer
    assert status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found


def refusal(answer: tuple[int, str]) -> tuple[int, str]:
    return answer[0], json.loads(answer[1])["code"]


def paid(
    wechat: Any, sandbox: RunningSandbox, more: dict[str, Any] | None = None, *,
    is_split: bool = True,
) -> str:  # fmt: skip
    """WeChat Pay's number of a paid order of one yuan."""
    payment_no = number("P")
    settle_info = {"profit_sharing": is_split}
    request = {"description": "物业费", "out_trade_no": payment_no, "amount": {"total": 100}}
    content(wechat.pay(**request, settle_info=settle_info, **(more or {})))
    sandbox.pay(payment_no, notify=False)
    found: str = sandbox.trade(payment_no)["channel_trade_no"]
    return found


def share(account: str = RECEIVER, amount: int = 30) -> dict[str, Any]:
    kind = "MERCHANT_ID" if account.isdecimal() else "PERSONAL_OPENID"
    return {"type": kind, "account": account, "amount": amount, "description": "物业分成"}


def until_finished(wechat: Any, transaction_id: str, split_no: str, **more: Any) -> dict[str, Any]:
    deadline, pause = time.monotonic() + LIMIT_S, queue.Queue[None]()
    while time.monotonic() < deadline:
        shown = content(wechat.profitsharing_order_query(transaction_id, split_no, **more))
        if shown["state"] == "FINISHED":
            return shown
        with pytest.raises(queue.Empty):
            pause.get(timeout=POLL_S)
    raise AssertionError("the split does not come to its end")


def test_a_split_is_accepted_then_done_and_the_rest_is_freed(
    wechat: Any, sandbox: RunningSandbox
) -> None:
    transaction_id, split_no = paid(wechat, sandbox), number("S")
    receivers = [share(), share(PERSON, 20)]
    accepted = content(wechat.profitsharing_order(transaction_id, split_no, receivers, True))
    assert accepted["state"] == "PROCESSING"
    shown = until_finished(wechat, transaction_id, split_no)
    amounts = [(each["account"], each["amount"], each["result"]) for each in shown["receivers"]]
    assert amounts == [
        (RECEIVER, 30, "SUCCESS"), (PERSON, 20, "SUCCESS"), (wechat._mchid, 50, "SUCCESS"),
    ]  # fmt: skip
    assert content(wechat.profitsharing_amount_query(transaction_id))["unsplit_amount"] == 0


def test_a_split_of_the_same_number_is_the_same_split(wechat: Any, sandbox: RunningSandbox) -> None:
    transaction_id, split_no = paid(wechat, sandbox), number("S")
    first = content(wechat.profitsharing_order(transaction_id, split_no, [share()], False))
    until_finished(wechat, transaction_id, split_no)
    again = content(wechat.profitsharing_order(transaction_id, split_no, [share()], False))
    assert again["order_id"] == first["order_id"]
    other = wechat.profitsharing_order(transaction_id, split_no, [share(amount=31)], False)
    assert refusal(other) == (400, "PARAM_ERROR")


def test_what_cannot_be_split_is_refused(wechat: Any, sandbox: RunningSandbox) -> None:
    plain, split_no = paid(wechat, sandbox, is_split=False), number("S")
    refused = wechat.profitsharing_order(plain, split_no, [share()], False)
    assert refusal(refused) == (400, "INVALID_REQUEST")
    transaction_id = paid(wechat, sandbox)
    too_much = wechat.profitsharing_order(transaction_id, split_no, [share(amount=101)], False)
    assert refusal(too_much) == (403, "NOT_ENOUGH")
    stranger = wechat.profitsharing_order(transaction_id, split_no, [share("oX00")], False)
    assert refusal(stranger) == (400, "INVALID_REQUEST")


def test_a_stranger_is_told_as_closed_and_registered_then(
    wechat: Any, sandbox: RunningSandbox
) -> None:
    transaction_id, split_no, stranger = paid(wechat, sandbox), number("S"), f"{number('o')}00"
    receivers = [share(), share(stranger, 20)]
    content(wechat.profitsharing_order(transaction_id, split_no, receivers, False))
    shown = until_finished(wechat, transaction_id, split_no)["receivers"][1]
    assert (shown["result"], shown["fail_reason"]) == ("CLOSED", "NO_RELATION")
    content(wechat.profitsharing_add_receiver("PERSONAL_OPENID", stranger, "STAFF"))
    more = wechat.profitsharing_order(transaction_id, number("S"), [share(stranger)], False)
    assert content(more)["state"] == "PROCESSING"
    content(wechat.profitsharing_delete_receiver("PERSONAL_OPENID", stranger))
    gone = wechat.profitsharing_order(transaction_id, number("S"), [share(stranger, 1)], False)
    assert refusal(gone) == (400, "INVALID_REQUEST")


def test_a_receiver_gives_back_once(wechat: Any, sandbox: RunningSandbox) -> None:
    transaction_id, split_no, return_no = paid(wechat, sandbox), number("S"), number("R")
    wechat.profitsharing_order(transaction_id, split_no, [share()], False)
    until_finished(wechat, transaction_id, split_no)
    for _ in range(2):
        given = wechat.profitsharing_return(return_no, RECEIVER, 30, "退款", out_order_no=split_no)
        assert content(given)["result"] == "SUCCESS"
    shown = content(wechat.profitsharing_return_query(split_no, return_no))
    assert (shown["amount"], shown["result"]) == (30, "SUCCESS")
    more = wechat.profitsharing_return(number("R"), RECEIVER, 1, "退款", out_order_no=split_no)
    assert refusal(more) == (400, "INVALID_REQUEST")


def test_what_is_left_is_freed_by_itself(wechat: Any, sandbox: RunningSandbox) -> None:
    transaction_id, split_no = paid(wechat, sandbox), number("S")
    freed = content(wechat.profitsharing_unfreeze(transaction_id, split_no, "解冻"))
    assert [each["amount"] for each in freed["receivers"]] == [100]


def test_a_provider_splits_for_its_merchant(
    sandbox: RunningSandbox, credentials: dict[str, dict[str, str]]
) -> None:
    provider = client(sandbox, credentials["wechat"], partner_mode=True)
    sub = {"sub_mchid": "1900000555"}
    transaction_id, split_no = paid(provider, sandbox, sub), number("S")
    content(provider.profitsharing_order(transaction_id, split_no, [share()], True, **sub))
    shown = until_finished(provider, transaction_id, split_no, **sub)
    assert shown["sub_mchid"] == sub["sub_mchid"]
    assert shown["receivers"][1]["account"] == sub["sub_mchid"]
    assert content(provider.profitsharing_config_query(sub["sub_mchid"]))["max_ratio"]


# ── PyPI `python-alipay-sdk` ──


def test_alipay_settles_for_its_sdk(
    sandbox: RunningSandbox, credentials: dict[str, dict[str, str]], merchant: Merchant
) -> None:
    known = credentials["alipay"]
    alipay: Any = AliPay(
        appid=known["app_id"],
        app_notify_url=merchant.url,
        app_private_key_string=known["app_private_key_pem"],
        alipay_public_key_string=known["alipay_public_key_pem"],
    )
    alipay._gateway = known["gateway_url"]
    payment_no, split_no = number("P"), number("S")
    alipay.api_alipay_trade_precreate("物业费", payment_no, "1.00")
    sandbox.pay(payment_no, notify=False)
    trade_no = sandbox.trade(payment_no)["channel_trade_no"]
    royalties = [{"trans_in": "2088000000000201", "amount": "0.30", "desc": "物业分成"}]
    settled = alipay.api_alipay_trade_order_settle(split_no, trade_no, royalties)
    assert (settled["code"], settled["trade_no"]) == ("10000", trade_no)
    assert alipay.api_alipay_trade_order_settle(split_no, trade_no, royalties) == settled
    royalties[0]["amount"] = "0.80"
    too_much = alipay.api_alipay_trade_order_settle(number("S"), trade_no, royalties)
    assert too_much["sub_code"] == "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"
    [split] = sandbox.trade(payment_no)["splits"]
    assert (split["split_no"], split["amount"], split["state"]) == (split_no, 30, "finished")
