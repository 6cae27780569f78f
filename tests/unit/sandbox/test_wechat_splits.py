"""How WeChat Pay divides money (分账), and what it refuses."""

from typing import Any

from .conftest import Immediately
from .merchants import AlipayMerchant, WechatMerchant, new_number

SHARING = {"settle_info": {"profit_sharing": True}}
ORDERS = "/v3/profitsharing/orders"


def share(account: str = "1900000201", amount: int = 30) -> dict[str, Any]:
    kind = "MERCHANT_ID" if account.isdecimal() else "PERSONAL_OPENID"
    return {"type": kind, "account": account, "amount": amount, "description": "物业分成"}


async def truth(wechat: WechatMerchant | AlipayMerchant, number: str) -> dict[str, Any]:
    answer = await wechat.http.get(f"/_control/truth?payment_no={number}")
    (trade,) = answer.json()["trades"]
    found: dict[str, Any] = trade
    return found


async def paid(wechat: WechatMerchant, **more: Any) -> tuple[str, str]:
    """Our number of a paid order, and WeChat Pay's."""
    number = new_number()
    await wechat.native(number, **(SHARING | more))
    await wechat.http.post("/_control/pay", json={"payment_no": number, "notify": False})
    return number, (await truth(wechat, number))["channel_trade_no"]


async def split(
    wechat: WechatMerchant, transaction_id: str, *shares: dict[str, Any], **more: Any
) -> Any:
    body = {
        "appid": wechat.known["appid"],
        "transaction_id": transaction_id,
        "out_order_no": "S1",
        "receivers": list(shares) or [share()],
        "unfreeze_unsplit": False,
    }
    return await wechat.call("POST", ORDERS, body | more)


async def unsplit(wechat: WechatMerchant, transaction_id: str) -> int:
    path = f"/v3/profitsharing/transactions/{transaction_id}/amounts"
    amount: int = (await wechat.call("GET", path)).json()["unsplit_amount"]
    return amount


async def give_back(wechat: WechatMerchant, amount: int, **more: Any) -> Any:
    body = {
        "out_order_no": "S1",
        "out_return_no": "R1-1",
        "return_mchid": "1900000201",
        "amount": amount,
        "description": "退款",
    }
    return await wechat.call("POST", "/v3/profitsharing/return-orders", body | more)


def refusal(answer: Any) -> tuple[int, str, str]:
    content = answer.json()
    return answer.status_code, content["code"], content["message"]


async def test_a_split_is_accepted_and_then_done(
    wechat: WechatMerchant, later: Immediately
) -> None:
    number, transaction_id = await paid(wechat)
    accepted = (await split(wechat, transaction_id, share(), share("oPayee", 20))).json()
    assert accepted["state"] == "PROCESSING"
    assert [each["result"] for each in accepted["receivers"]] == ["PENDING", "PENDING"]
    later.come()
    shown = await wechat.call("GET", f"{ORDERS}/S1?transaction_id={transaction_id}")
    assert shown.json()["state"] == "FINISHED"
    assert [each["result"] for each in shown.json()["receivers"]] == ["SUCCESS", "SUCCESS"]
    assert await unsplit(wechat, transaction_id) == 50
    assert (await truth(wechat, number))["splits"] == [
        {
            "split_no": "S1",
            "amount": 50,
            "state": "finished",
            "finish": False,
            "receivers": [
                {"account": "1900000201", "amount": 30, "state": "succeeded", "returned": 0},
                {"account": "oPayee", "amount": 20, "state": "succeeded", "returned": 0},
            ],
        }
    ]


async def test_the_rest_of_the_last_split_is_the_merchants(
    wechat: WechatMerchant, later: Immediately
) -> None:
    _, transaction_id = await paid(wechat)
    accepted = await split(wechat, transaction_id, unfreeze_unsplit=True)
    rest = accepted.json()["receivers"][1]
    assert (rest["account"], rest["amount"]) == (wechat.known["mchid"], 70)
    assert rest["description"] == "解冻给分账方"
    assert await unsplit(wechat, transaction_id) == 0
    again = await split(wechat, transaction_id, share(amount=1), out_order_no="S2")
    assert refusal(again)[:2] == (403, "NOT_ENOUGH")


async def test_the_rest_can_be_freed_by_itself(wechat: WechatMerchant, later: Immediately) -> None:
    number, transaction_id = await paid(wechat)
    body = {"transaction_id": transaction_id, "out_order_no": "S1", "description": "解冻"}
    freed = (await wechat.call("POST", f"{ORDERS}/unfreeze", body)).json()
    assert [each["amount"] for each in freed["receivers"]] == [100]
    assert (await truth(wechat, number))["splits"][0]["amount"] == 0


async def test_the_same_split_happens_once_and_another_under_its_number_is_refused(
    wechat: WechatMerchant, later: Immediately
) -> None:
    number, transaction_id = await paid(wechat)
    first = await split(wechat, transaction_id)
    assert (await split(wechat, transaction_id)).json() == first.json()
    other = await split(wechat, transaction_id, share(amount=31))
    assert refusal(other)[:2] == (400, "PARAM_ERROR")
    assert len((await truth(wechat, number))["splits"]) == 1


async def test_an_order_that_was_not_paid_for_splitting_is_not_split(
    wechat: WechatMerchant,
) -> None:
    _, transaction_id = await paid(wechat, settle_info={"profit_sharing": False})
    refused = refusal(await split(wechat, transaction_id))
    assert refused == (400, "INVALID_REQUEST", "非分账订单不支持分账")


async def test_no_more_is_split_than_there_is(wechat: WechatMerchant, later: Immediately) -> None:
    number, transaction_id = await paid(wechat)
    await wechat.refund(number, "R1", 60)
    refused = refusal(await split(wechat, transaction_id, share(amount=41)))
    assert refused == (403, "NOT_ENOUGH", "分账金额不足")
    assert (await split(wechat, transaction_id, share(amount=40))).status_code == 200


async def test_nobody_gets_a_share_who_is_no_receiver(
    wechat: WechatMerchant, later: Immediately
) -> None:
    """All strangers: refused at once. One stranger: the others get theirs."""
    _, transaction_id = await paid(wechat)
    refused = refusal(await split(wechat, transaction_id, share("oStranger00")))
    assert refused[1:] == ("INVALID_REQUEST", "分账接收方关系不存在，请先添加分账接收方")
    await split(wechat, transaction_id, share(), share("oStranger00", 20))
    later.come()
    shown = (await wechat.call("GET", f"{ORDERS}/S1?transaction_id={transaction_id}")).json()
    results = [(each["result"], each.get("fail_reason")) for each in shown["receivers"]]
    assert results == [("SUCCESS", None), ("CLOSED", "NO_RELATION")]
    assert await unsplit(wechat, transaction_id) == 70


async def test_receivers_are_registered_and_struck_off(
    wechat: WechatMerchant, later: Immediately
) -> None:
    _, transaction_id = await paid(wechat)
    who = {"appid": wechat.known["appid"], "type": "PERSONAL_OPENID"}
    stranger = who | {"account": "oStranger00", "relation_type": "STAFF"}
    added = await wechat.call("POST", "/v3/profitsharing/receivers/add", stranger)
    assert added.json()["account"] == "oStranger00"
    assert (await split(wechat, transaction_id, share("oStranger00"))).status_code == 200
    known = who | {"account": "oKnown"}
    await wechat.call("POST", "/v3/profitsharing/receivers/delete", known)
    gone = await split(wechat, transaction_id, share("oKnown"), out_order_no="S2")
    assert refusal(gone)[:2] == (400, "INVALID_REQUEST")


async def test_it_may_be_too_early_to_split(wechat: WechatMerchant, later: Immediately) -> None:
    _, transaction_id = await paid(wechat)
    fault = {"channel": "wechat", "operation": "split", "fault": "too_early", "times": 1}
    assert (await wechat.http.post("/_control/faults", json=fault)).status_code == 201
    assert "订单处理中" in refusal(await split(wechat, transaction_id))[2]
    assert (await split(wechat, transaction_id)).status_code == 200


async def test_a_merchant_gives_back_what_it_got_and_no_more(
    wechat: WechatMerchant, later: Immediately
) -> None:
    number, transaction_id = await paid(wechat)
    await split(wechat, transaction_id, share(), share("oPayee", 20))
    assert refusal(await give_back(wechat, 10))[1] == "INVALID_REQUEST"
    later.come()
    first = (await give_back(wechat, 10)).json()
    assert (first["result"], first["amount"]) == ("SUCCESS", 10)
    assert (await give_back(wechat, 10)).json() == first
    path = "/v3/profitsharing/return-orders/R1-1?out_order_no=S1"
    assert (await wechat.call("GET", path)).json() == first
    assert refusal(await give_back(wechat, 11))[1] == "PARAM_ERROR"
    more = await give_back(wechat, 21, out_return_no="R2-1")
    assert refusal(more)[1:] == ("INVALID_REQUEST", "剩余可回退的金额不足")
    person = await give_back(wechat, 1, out_return_no="R3-1", return_mchid="oPayee")
    assert refusal(person)[1] == "INVALID_REQUEST"
    receivers = (await truth(wechat, number))["splits"][0]["receivers"]
    assert [each["returned"] for each in receivers] == [10, 0]
