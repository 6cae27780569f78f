"""How Alipay divides money (分账), and what it refuses."""

from typing import Any

import pytest

from .conftest import Immediately
from .merchants import AlipayMerchant, new_number
from .test_wechat_splits import truth


async def paid_at_alipay(alipay: AlipayMerchant) -> tuple[str, str]:
    number = new_number()
    await alipay.precreate(number)
    await alipay.http.post("/_control/pay", json={"payment_no": number, "notify": False})
    return number, (await truth(alipay, number))["channel_trade_no"]


def royalty(account: str = "2088000000000201", amount: str = "0.30") -> dict[str, str]:
    kind = "userId" if account.startswith("2088") else "loginName"
    named = {"trans_in": account, "trans_in_type": kind, "royalty_type": "transfer"}
    return named | {"amount": amount, "desc": "物业分成"}


async def settle(
    alipay: AlipayMerchant, trade_no: str, *royalties: dict[str, str], **more: Any
) -> dict[str, Any]:
    biz = {"out_request_no": "S1", "trade_no": trade_no, "royalty_mode": "async"}
    biz |= {"royalty_parameters": list(royalties) or [royalty()]} | more
    return await alipay.call("alipay.trade.order.settle", biz)


async def states(alipay: AlipayMerchant, trade_no: str) -> list[str]:
    biz = {"out_request_no": "S1", "trade_no": trade_no}
    found = await alipay.call("alipay.trade.order.settle.query", biz)
    return [each["state"] for each in found["royalty_detail_list"]]


async def test_alipay_settles_at_once_or_later(alipay: AlipayMerchant, later: Immediately) -> None:
    _, trade_no = await paid_at_alipay(alipay)
    accepted = await settle(alipay, trade_no)
    assert accepted["code"] == "10000"
    assert accepted["settle_no"]
    assert await states(alipay, trade_no) == ["PROCESSING"]
    later.come()
    assert await states(alipay, trade_no) == ["SUCCESS"]
    _, other = await paid_at_alipay(alipay)
    await settle(alipay, other, royalty_mode="")
    assert await states(alipay, other) == ["SUCCESS"]


async def test_alipay_settles_a_number_once(alipay: AlipayMerchant, later: Immediately) -> None:
    number, trade_no = await paid_at_alipay(alipay)
    first = await settle(alipay, trade_no)
    assert await settle(alipay, trade_no) == first
    other = await settle(alipay, trade_no, royalty(amount="0.31"))
    assert other["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"
    assert len((await truth(alipay, number))["splits"]) == 1


@pytest.mark.parametrize(
    ("split_request", "code"),
    [
        ({"royalty_parameters": [royalty(amount="1.01")]}, "ALLOC_AMOUNT_VALIDATE_ERROR"),
        ({"royalty_parameters": [royalty("stranger00")]}, "ROYALTY_RECEIVER_INVALID"),
        ({"royalty_parameters": []}, "INVALID_PARAMETER"),
        ({"royalty_parameters": [royalty(amount="x")]}, "INVALID_PARAMETER"),
        ({"trade_no": "2026"}, "TRADE_NOT_EXIST"),
    ],
)
async def test_alipay_refuses_to_settle(
    alipay: AlipayMerchant, split_request: dict[str, Any], code: str
) -> None:
    _, trade_no = await paid_at_alipay(alipay)
    refused = await settle(alipay, **({"trade_no": trade_no} | split_request))
    assert refused["sub_code"] == f"ACQ.{code}"


async def test_nothing_is_left_after_the_last_settlement(
    alipay: AlipayMerchant, later: Immediately
) -> None:
    _, trade_no = await paid_at_alipay(alipay)
    await settle(alipay, trade_no, extend_params={"royalty_finish": "true"})
    found = await alipay.call("alipay.trade.order.onsettle.query", {"trade_no": trade_no})
    assert found["unsettled_amount"] == "0.00"
    again = await settle(alipay, trade_no, royalty(amount="0.01"), out_request_no="S2")
    assert again["sub_code"] == "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"


async def test_alipays_receivers_give_back_with_the_refund(
    alipay: AlipayMerchant, later: Immediately
) -> None:
    number, trade_no = await paid_at_alipay(alipay)
    await settle(alipay, trade_no)
    later.come()
    back = {"trans_out": "2088000000000201", "trans_out_type": "userId", "amount": "0.30"}
    biz = {"out_trade_no": number, "out_request_no": "R1", "refund_amount": "0.80"}
    more = biz | {"refund_royalty_parameters": [back | {"amount": "0.31"}]}
    refused = await alipay.call("alipay.trade.refund", more)
    assert refused["sub_code"] == "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"
    for _ in range(2):
        refund = biz | {"refund_royalty_parameters": [back]}
        assert (await alipay.call("alipay.trade.refund", refund))["code"] == "10000"
    assert (await alipay.call("alipay.trade.refund", biz))["sub_code"] == (
        "ACQ.DISCORDANT_REPEAT_REQUEST"
    )
    found = await truth(alipay, number)
    assert found["refunded"] == 80
    assert [each["returned"] for each in found["splits"][0]["receivers"]] == [30]
