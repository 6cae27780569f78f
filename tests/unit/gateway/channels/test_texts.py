"""`strangers-text-stops-nothing`: cleaned where it enters; ours is cut by the channel's unit."""

from typing import Any

import pytest
from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.channel_side import (
    PAYMENT_NO,
    order,
    refunding,
    split_returning,
    splitting,
    trade,
)
from tests.unit.gateway.channels.easy_side import EasySide
from tests.unit.gateway.channels.plugin_driver import asked, opened, outcome
from tests.unit.gateway.channels.wechat_side import WechatSide

from contracts.actions import MAX_ACTION_BYTES, RedirectAction
from contracts.api import Method
from gateway.channels.formats import cut_to_bytes, cut_to_characters
from gateway.channels.plugin import Declined, NotUnderstood, Pending, Succeeded, clean
from gateway.channels.wechat.operations.return_split import call as return_split

FAMILY = "👨\u200d👩\u200d👧"
FLAG = "🇨🇳"


@pytest.mark.parametrize(
    ("text", "limit_bytes", "kept"),
    [
        ("abc", 3, "abc"),
        ("abc", 2, "ab"),
        ("费" * 43, 127, "费" * 42),
        ("é" * 3, 5, "éé"),
        ("ae\u0301", 3, "a"),  # the accent goes with its letter
        (f"a{FAMILY}", 18, "a"),
        (f"a{FAMILY}", 19, f"a{FAMILY}"),
        (f"{FLAG}{FLAG}", 15, FLAG),
        ("a👍🏽", 5, "a"),
        ("a\ufe0f", 3, "a"),  # nothing shorter is whole, so the letter alone
    ],
)
def test_a_text_is_cut_between_two_graphemes(text: str, limit_bytes: int, kept: str) -> None:
    assert cut_to_bytes(text, limit_bytes) == kept
    assert len(kept.encode()) <= limit_bytes


def test_characters_are_cut_between_two_graphemes_too() -> None:
    assert cut_to_characters(f"ab{FAMILY}", 3) == "ab"
    assert cut_to_characters("水费", 2) == "水费"


def test_what_cannot_be_printed_is_replaced_and_nothing_else() -> None:
    for kept in ("物业费 11月 🏠", "物业费\u300011月", "a\u00a0b"):
        assert clean(kept) == kept
    for odd in ("\x00", "\x1b", "\n", "\u202e", "\u200b", "\u2028", "\x85", "\ud800"):
        assert clean(f"a{odd}b") == "a\ufffdb"


def test_what_calls_the_payer_is_as_long_as_a_callback_can_carry() -> None:
    around = len('{"type":"redirect","url":""}')
    longest = RedirectAction(url="x" * (MAX_ACTION_BYTES - around))
    assert Pending(longest).action == longest
    with pytest.raises(NotUnderstood):
        Pending(RedirectAction(url=longest.url + "x"))


SUBJECTS = ["费" * 127, "é" * 127, "🏠" * 127, FAMILY * 18, "a" + "费" * 126]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_wechat_pays_description_has_127_bytes_at_most(subject: str) -> None:
    """43 Chinese characters are 129 bytes; and each repeat says the same."""
    side = WechatSide()
    account = opened(side)
    for method, way in side.plugin.methods.items():
        written = [
            asked(side, account, way, order(method, subject=subject)).content["description"]
            for _ in range(2)
        ]
        assert written[0] == written[1]
        assert 0 < len(written[0].encode()) <= 127
        assert subject.startswith(written[0])


def test_wechat_pays_other_texts_have_80_bytes_at_most() -> None:
    side = WechatSide()
    account = opened(side)
    refund = asked(side, account, side.plugin.refund, refunding(reason="退" * 80)).content
    assert refund["reason"] == "退" * 26
    long = tuple(type(each)(each.account, each.amount, "分" * 80) for each in splitting().shares)
    assert side.plugin.splits
    split = asked(side, account, side.plugin.splits.split, splitting(shares=long)).content
    assert {each["description"] for each in split["receivers"]} == {"分" * 26}
    returning = split_returning()
    body = return_split(type(returning)(returning.trade, returning.share, "退" * 80), account).body
    assert body
    assert body["description"] == "退" * 26


def test_easys_subject_has_127_bytes_at_most() -> None:
    side = EasySide()
    way: Any = side.plugin.methods[Method.H5]
    content = asked(side, opened(side), way, order(Method.H5, subject="费" * 127)).content
    assert content["bizData"]["subject"] == content["bizData"]["title"] == "费" * 42


def test_alipay_takes_the_payers_address_as_json_text_where_a_browser_carries_it() -> None:
    side = AlipaySide()
    account = opened(side)
    for method, way in side.plugin.methods.items():
        body = way.call(order(method), account).body
        assert body
        is_carried = method in (Method.H5, Method.PC, Method.APP)
        expected: Any = {"mc_create_trade_ip": "203.0.113.7"}
        if is_carried:
            expected = '{"mc_create_trade_ip":"203.0.113.7"}'
        assert body["business_params"] == expected


def test_nul_in_an_answer_is_replaced_and_the_word_counts() -> None:
    """Ten of these in a row once stopped the consumer of results for good."""
    for side in (WechatSide(), AlipaySide()):
        account = opened(side)
        way: Any = side.plugin.methods[Method.NATIVE]
        code = "PARAM_ERROR" if isinstance(side, WechatSide) else "INVALID_PARAMETER"
        answered = outcome(side, account, way, order(), with_nul(side, code))
        assert isinstance(answered, Declined)
        assert answered.message == "不\ufffd行" + "长" * 253
        assert len(answered.message) == 256


def with_nul(side: WechatSide | AlipaySide, code: str) -> Any:
    message = "不\x00行" + "长" * 2_000
    if isinstance(side, WechatSide):
        return side.answer({"code": code, "message": message}, 400)
    refusal = {"msg": "…", "sub_code": f"ACQ.{code}", "sub_msg": message}
    return side.answer("alipay.trade.precreate", refusal, "40004")


def test_nul_in_a_trade_number_is_replaced() -> None:
    side = WechatSide()
    content = side.transaction(PAYMENT_NO, "SUCCESS") | {"transaction_id": "42\x00" + "1" * 500}
    answered = outcome(side, opened(side), side.plugin.query, trade(), side.answer(content))
    assert isinstance(answered, Succeeded)
    assert answered.channel_no == "42\ufffd" + "1" * 125


def test_wechat_pays_h5_needs_the_payers_address() -> None:
    """None is made up: the app is told what is missing before anything is stored."""
    needs = {method: way.needs for method, way in WechatSide.plugin.methods.items()}
    assert needs[Method.H5] == frozenset({"client_ip"})
