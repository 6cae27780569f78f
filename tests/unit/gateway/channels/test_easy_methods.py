"""易生: its numbers, what each operation asks, and where the payer is sent."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    operations_of,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.easy_side import MER_CODE, ORG_ID, TERM_NO, EasySide
from tests.unit.gateway.channels.plugin_driver import asked, opened

from contracts.api import Method
from gateway.channels.easy.traces import trace_of
from gateway.channels.plugin import Serial

PLUGIN = EasySide.plugin


@pytest.fixture(scope="module")
def side() -> EasySide:
    return EasySide()


@pytest.fixture(scope="module")
def account(side: EasySide) -> Any:
    return opened(side)


# ── what is asked ──


@pytest.mark.parametrize("method", [Method.H5, Method.PC, Method.CASHIER])
def test_an_order_is_placed(side: EasySide, account: Any, method: Method) -> None:
    outcome = asked(side, account, PLUGIN.methods[method], order(method))
    assert outcome.operation == "/cashier/apply/advancePay"
    assert outcome.content["orgInfo"] == PAYMENT_NO
    assert outcome.content["orgTrace"] == trace_of(ORG_ID, trade())
    assert outcome.content["orgDeviceIp"] == "203.0.113.7"
    assert [outcome.content[name] for name in ("orgId", "orgMerCode", "orgTermNo", "prodCode")] == [
        ORG_ID, MER_CODE, TERM_NO, "ISYH",
    ]  # fmt: skip
    assert outcome.content["bizData"] == {
        "title": "物业费 11月",
        "subject": "物业费 11月",
        "transAmt": "1299",
        "timeoutMinutes": "7200",
        "notifyUrl": "https://pay.example/webhooks/channel/C01",
        "frontUrl": "https://app.example/back?order=1",
    }


def test_the_time_may_be_told_in_minutes(side: EasySide) -> None:
    account = opened(side, timeout_unit="minutes")
    requested = order(Method.H5, expires_at=NOW + timedelta(seconds=61))
    outcome = asked(side, account, PLUGIN.methods[Method.H5], requested)
    assert outcome.content["bizData"]["timeoutMinutes"] == "2"


@pytest.mark.parametrize(("left_s", "sent"), [(40, "40"), (0.4, "1")])
def test_who_chose_late_on_our_page_has_what_is_left(
    side: EasySide, account: Any, left_s: float, sent: str
) -> None:
    requested = order(
        Method.H5,
        created_at=NOW - timedelta(hours=2),
        initiated_at=NOW,
        expires_at=NOW + timedelta(seconds=left_s),
        serial=Serial(7, NOW),
    )
    outcome = asked(side, account, PLUGIN.methods[Method.H5], requested)
    assert outcome.content["bizData"]["timeoutMinutes"] == sent


def test_a_mini_program_names_its_payer(side: EasySide, account: Any) -> None:
    way = PLUGIN.methods[Method.MINI_PROGRAM]
    named = opened(side, mini_program_appid="wx0000000000000001")
    outcome = asked(side, named, way, order(Method.MINI_PROGRAM))
    assert outcome.operation == "/cashier/sAppApply/advancePay"
    assert outcome.content["bizData"]["appId"] == "wx0000000000000001"
    assert outcome.content["bizData"]["openId"] == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
    for opened_account, requested in (
        (account, order(Method.MINI_PROGRAM)),
        (named, order(Method.MINI_PROGRAM, openid=None)),
    ):
        assert asked(side, opened_account, way, requested).operation == "/cashier/apply/advancePay"


def test_operations_ask_by_traces_and_their_day(side: EasySide, account: Any) -> None:
    paid, refund = trace_of(ORG_ID, trade()), trace_of(ORG_ID, refunding())
    outcome = {
        name: asked(side, account, operation, subject)
        for name, (operation, subject) in operations_of(PLUGIN).items()
    }
    original = {"oriOrgTrace": paid, "oriBizDate": "20260131"}
    assert outcome["query"].operation == "/cashier/trade/query"
    assert outcome["query"].content["bizData"] == original
    assert outcome["refund"].operation == "/ledger/mposrefund"
    assert outcome["refund"].content["bizData"] == original | {"transAmt": "500"}
    assert outcome["refund"].content["orgTrace"] == refund
    assert outcome["refund"].content["orgInfo"] == REFUND_NO
    assert outcome["refund"].content["orgMercode"] == MER_CODE
    assert outcome["query_refund"].content["bizData"]["oriOrgTrace"] == refund
    fresh = {outcome[name].content["orgTrace"] for name in ("query", "query_refund")}
    assert not fresh & {paid, refund}


def test_each_question_has_a_trace_of_its_own(side: EasySide, account: Any) -> None:
    call = PLUGIN.query.call(trade(), account)
    moments = [replace(MOMENT, nonce=nonce) for nonce in ("a", "b")]
    bodies = [json.loads(PLUGIN.wire.sign(call, account, each).body) for each in moments]
    assert bodies[0]["orgTrace"] != bodies[1]["orgTrace"]


def test_the_scope_of_the_signature_can_be_set(side: EasySide) -> None:
    account = opened(side, sign_scope="envelope+bizData")
    request = PLUGIN.wire.sign(PLUGIN.query.call(trade(), account), account, MOMENT)
    content = json.loads(request.body)
    fields = {**content, **content["bizData"]}
    fields.pop("bizData")
    sign = fields.pop("sign")
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    assert side.org.is_signed(text.encode(), sign)
