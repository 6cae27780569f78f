"""WeChat Pay splits: whom they name, when money is held for them, and what receivers give back."""

from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    CHANNEL_NO,
    MERCHANT,
    PERSON,
    RETURN_NO,
    SPLIT_NO,
    order,
    split_returning,
    splitting,
)
from tests.unit.gateway.channels.plugin_driver import asked, opened, outcome
from tests.unit.gateway.channels.wechat_side import APPID, RETURN_ID, WechatSide

from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import Declined, Pending, Succeeded, Unknown, Unverifiable
from gateway.channels.wechat.operations import query_split, return_split, split

SUB_MCHID, SUB_APPID = "1900000555", "wx5550000000000000"


@pytest.fixture(scope="module")
def side() -> WechatSide:
    return WechatSide()


def test_receivers_are_merchants_by_number_and_persons_by_openid(side: WechatSide) -> None:
    got = asked(side, opened(side), split, splitting())
    assert got.operation == "POST /v3/profitsharing/orders"
    assert got.content == {
        "appid": APPID,
        "transaction_id": CHANNEL_NO,
        "out_order_no": SPLIT_NO,
        "receivers": [
            {"type": "MERCHANT_ID", "account": MERCHANT, "amount": 300, "description": "物业分成"},
            {
                "type": "PERSONAL_OPENID", "account": PERSON, "amount": 200,
                "description": "物业分成",
            },
        ],
        "unfreeze_unsplit": False,
    }  # fmt: skip


def test_a_provider_splits_for_its_merchant(side: WechatSide) -> None:
    account = opened(side, sub_mchid=SUB_MCHID, sub_appid=SUB_APPID)
    got = asked(side, account, split, splitting()).content
    assert (got["appid"], got["sub_mchid"], got["sub_appid"]) == (APPID, SUB_MCHID, SUB_APPID)
    assert [each["type"] for each in got["receivers"]] == ["MERCHANT_ID", "PERSONAL_SUB_OPENID"]
    asks = asked(side, account, query_split, splitting())
    assert asks.content == {"transaction_id": CHANNEL_NO, "sub_mchid": SUB_MCHID}
    assert asked(side, account, return_split, split_returning()).content["sub_mchid"] == SUB_MCHID


@pytest.mark.parametrize("method", list(WechatSide.plugin.methods))
def test_money_is_held_for_splitting_only_where_the_payment_or_the_account_says_so(
    side: WechatSide, method: Method
) -> None:
    plain, sharing = opened(side), opened(side, profit_sharing=True)
    way = side.plugin.methods[method]
    for account, splits, is_held in (
        (plain, False, False), (plain, True, True), (sharing, False, True), (sharing, True, True),
    ):  # fmt: skip
        got = asked(side, account, way, order(method, will_split=splits)).content
        assert got.get("settle_info") == ({"profit_sharing": True} if is_held else None)


def test_what_becomes_the_merchants_own_is_none_of_the_receivers(side: WechatSide) -> None:
    reply = side.split_taken(SPLIT_NO)
    answered: Any = outcome(side, opened(side), split, splitting(), reply)
    assert [share.account for share in answered.shares] == [MERCHANT, PERSON]


@pytest.mark.parametrize(
    ("result", "meaning"),
    [
        ("SUCCESS", Succeeded(RETURN_ID, Money(100, "CNY"))),
        ("PROCESSING", Pending(channel_no=RETURN_ID)),
        ("FAILED", Declined("BALANCE_NOT_ENOUGH", "the receiver did not give it back")),
    ],
)
def test_each_state_of_a_return_has_its_meaning(
    side: WechatSide, result: str, meaning: Any
) -> None:
    reply = side.given_back(result)
    assert outcome(side, opened(side), return_split, split_returning(), reply) == meaning


def test_a_return_in_an_unheard_of_state_is_unknown(side: WechatSide) -> None:
    answered = outcome(side, opened(side), return_split, split_returning(), side.given_back("NEW"))
    assert isinstance(answered, Unknown)
    assert not answered.is_listed


def test_a_return_of_another_amount_is_no_return(side: WechatSide) -> None:
    with pytest.raises(Unverifiable):
        outcome(side, opened(side), return_split, split_returning(), side.given_back("SUCCESS", 99))


def test_a_return_names_the_receiver_and_what_it_owes(side: WechatSide) -> None:
    got = asked(side, opened(side), return_split, split_returning())
    assert got.operation == "POST /v3/profitsharing/return-orders"
    assert got.content == {
        "out_order_no": SPLIT_NO,
        "out_return_no": RETURN_NO,
        "return_mchid": MERCHANT,
        "amount": 100,
        "description": "多收退回",
    }


def test_persons_give_nothing_back(side: WechatSide) -> None:
    splits = side.plugin.splits
    assert splits is not None
    assert splits.gives_back(MERCHANT)
    assert not splits.gives_back(PERSON)
