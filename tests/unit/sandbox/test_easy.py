"""What our 易生 refuses, and how it says so."""

import pytest

from .conftest import Immediately
from .merchants import EasyMerchant, new_number

PAY = "/cashier/apply/advancePay"
ORDER = {"title": "物业费", "transAmt": "100"}


@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        ({"sign": "AAAA"}, "000020"),
        ({"signType": "MD5"}, "000020"),
        ({"prodCode": "OTHER"}, "000021"),
        ({"orgTrace": "1" * 28}, "000021"),
        ({"orgTrace": "short"}, "000021"),
        ({"orgTermNo": "0"}, "000006"),
        ({"orgId": "ORG"}, "000006"),
        ({"orgMerCode": "0"}, "000006"),
        ({"bizData": "text"}, "000021"),
    ],
)
async def test_envelope_must_be_right(
    easy: EasyMerchant, envelope: dict[str, str], code: str
) -> None:
    assert (await easy.call(PAY, ORDER, **envelope))["sysRetCode"] == code


@pytest.mark.parametrize(
    "change",
    [{"transAmt": "1.00"}, {"transAmt": "0"}, {"transAmt": ""}, {"title": ""},
     {"timeoutMinutes": "soon"}, {"timeoutMinutes": "0"}, {"notifyUrl": "javascript:1"}],
)  # fmt: skip
async def test_wrong_business_fields_are_refused(
    easy: EasyMerchant, change: dict[str, str]
) -> None:
    assert (await easy.call(PAY, ORDER | change))["sysRetCode"] == "000021"


async def test_same_trace_and_content_is_the_same_order(easy: EasyMerchant) -> None:
    trace, number = easy.trace(), new_number()
    first = await easy.order(number, orgTrace=trace)
    again = await easy.order(number, orgTrace=trace)
    other = await easy.order(number, "101", orgTrace=trace)
    assert again["bizData"]["redirectUrl"] == first["bizData"]["redirectUrl"]
    assert other["sysRetCode"] == "000006"


async def test_mini_program_needs_the_payer(easy: EasyMerchant) -> None:
    path = "/cashier/sAppApply/advancePay"
    assert (await easy.call(path, ORDER))["sysRetCode"] == "000021"
    assert (await easy.call(path, ORDER | {"openId": "o1"}))["sysRetCode"] == "000000"


async def test_state_is_told_by_query(easy: EasyMerchant) -> None:
    number = new_number()
    trace = (await easy.order(number))["orgTrace"]
    assert (await easy.query(trace))["bizData"]["tradeRetCode"] == "99"
    await easy.http.post("/_control/pay", json={"payment_no": number})
    found = (await easy.query(trace))["bizData"]
    assert (found["tradeRetCode"], found["tradeAmt"]) == ("00", "100")


async def test_unknown_trace_and_wrong_day_are_not_found(easy: EasyMerchant) -> None:
    trace = (await easy.order(new_number()))["orgTrace"]
    wrong = {"oriOrgTrace": trace, "oriBizDate": "20260101"}
    answers = [
        await easy.query(easy.trace()),
        await easy.call("/cashier/trade/query", wrong),
    ]
    assert [answer["sysRetCode"] for answer in answers] == ["000007", "000007"]


async def test_refund_is_limited_by_the_payment(easy: EasyMerchant, later: Immediately) -> None:
    number = new_number()
    trace = (await easy.order(number))["orgTrace"]
    biz = {"oriOrgTrace": trace, "oriBizDate": trace[8:16], "transAmt": "60"}
    unpaid = await easy.call("/ledger/mposrefund", biz)
    await easy.http.post("/_control/pay", json={"payment_no": number})
    mine = easy.trace()
    first = await easy.call("/ledger/mposrefund", biz, orgTrace=mine, orgInfo="R1")
    again = await easy.call("/ledger/mposrefund", biz, orgTrace=mine, orgInfo="R1")
    more = await easy.call("/ledger/mposrefund", biz)
    assert [a["sysRetCode"] for a in (unpaid, first, again, more)] == [
        "000006", "000000", "000000", "000006",
    ]  # fmt: skip
    assert again["bizData"]["outTrace"] == first["bizData"]["outTrace"]
    later.come()
    (trade,) = (await easy.http.get(f"/_control/truth?payment_no={number}")).json()["trades"]
    assert trade["refunds"] == [{"refund_no": "R1", "amount": 60, "state": "succeeded"}]
