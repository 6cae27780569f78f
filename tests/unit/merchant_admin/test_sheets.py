"""The sheets of people: no column is forgotten, and no value of a program has no words."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, get_args

import pytest

from chassis.web import Translation
from contracts.alert_titles import TITLES
from contracts.api import (
    CallbackType,
    CreateRefund,
    Method,
    OrderStatus,
    PaymentStatus,
    RefundCause,
    RefundStatus,
    SplitStatus,
)
from contracts.events.alerts import Severity
from contracts.events.configuration import (
    AppEntity,
    CallbackAck,
    CallbackSignature,
    ChannelAccountEntity,
    CounterCodeEntity,
    KeyEntity,
    LatePayment,
    MerchantEntity,
    RefundSplits,
    State,
)
from contracts.internal import (
    AcknowledgeAlert,
    AskForStatement,
    CloseOrderById,
    DecidePayment,
    DecideRefund,
    DeliveryState,
    DifferenceKind,
    DifferenceState,
    PaymentDecision,
    ReconciliationState,
    RefundDecision,
    ReplayRequest,
    SettleDifference,
)
from gateway.channels.easy import PLUGIN
from gateway.channels.plugin import schema
from merchant_admin.api.console.audited import (
    action_words,
    actor_words,
    changes_of,
    facts_words,
    thing_words,
)
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.sheets import SHEETS
from merchant_admin.api.console.texts import TEXTS
from merchant_admin.api.list_queries import TokenState, UserState
from merchant_admin.domain.approvals import ApprovalKind, ApprovalState
from merchant_admin.domain.audit import SYSTEM, AuditEntry
from merchant_admin.domain.credential_forms import CredentialForm
from merchant_admin.domain.expiring import Holder
from merchant_admin.domain.export_tables import Found, Kind, Table
from merchant_admin.domain.four_eyes import NO_FOUR_EYES
from merchant_admin.domain.search import Search
from merchant_admin.domain.sheets import Named, Same, Sheet, Worded, Wording
from merchant_admin.domain.users import Role
from merchant_admin.flows import listings, money_listings
from merchant_admin.flows.comparing import Publishing
from trade_core.domain.ledger import Purpose

NOW: Final = datetime(2026, 11, 22, 8, tzinfo=UTC)
CHINESE: Final = Translation(TEXTS, "zh")

WORDED_OTHERWISE: Final = {
    "alerts": {"key", "title", "detail", "facts"},
    "approvals": {"asked_for", "state"},
    "audit": {"actor", "action", "entity_kind", "entity_id", "before", "after"},
    "callbacks": {"last_status", "last_error"},
    "certificates": {"what"},
    "channel-accounts": {"identity"},
    "dead-letters": {"id", "value_base64"},
    "differences": {"subject", "detail"},
    "endpoints": {"held_until_beijing", "suspended_at_beijing", "suspended_for"},
    "ledger": {"balance"},
    "orders": {"status"},
    "payments": {"status"},
    "reconciliations": {"note"},
    "splits": {"receivers"},
    "statements": {"row"},
    "tokens": {"merchant_ids"},
    "users": {"merchant_ids"},
}
"""Of which people read what the page says instead."""

VALUES: Final[dict[str, Iterable[str]]] = {
    "ack.": CallbackAck,
    "approval_kind.": ApprovalKind,
    "approval_state.": ApprovalState,
    "audited.callback_signature.": CallbackSignature,
    "audited.published.": Publishing,
    "audited.refund_splits.": RefundSplits,
    "cause.": RefundCause,
    "certificate_holder.": Holder,
    "decision.": [*PaymentDecision, *RefundDecision],
    "delivery.": get_args(DeliveryState),
    "difference.": DifferenceKind,
    "difference_state.": DifferenceState,
    "event.": get_args(CallbackType),
    "late.": LatePayment,
    "method.": Method,
    "purpose.": Purpose,
    "role.": Role,
    "severity.": Severity,
    "state.": [
        *State, *OrderStatus, *PaymentStatus, *RefundStatus, *SplitStatus, *get_args(UserState),
    ],
    "statement.": ReconciliationState,
    "token_state.": get_args(TokenState),
}  # fmt: skip

RECORDED: Final = (
    *(
        name
        for model in (
            MerchantEntity, AppEntity, KeyEntity, ChannelAccountEntity, CounterCodeEntity,
            CreateRefund, DecidePayment, DecideRefund, ReplayRequest, AcknowledgeAlert,
            SettleDifference, AskForStatement, CloseOrderById,
        )
        for name in model.model_fields
    ),
    *NO_FOUR_EYES.recorded(),
    *({field.name for it in LISTS.values() for field in it.fields} - {"min", "max"}),
    *(name for it in LISTS.values() for name in it.period or ()),
    *(name for name in Search.__slots__ if name not in ("scope", "after", "limit")),
    "role", "merchant_ids", "is_from_environment", "disabled", "invited", "password",
    "expires_at", "subject", "requested_by", "shown", "decided_by", "refund_no", "status", "code",
    "detail", "outcome", "ok", "field", "session_id", "all", "second_factor", "left", "entities",
    "texts", "lost", "merchants", "accounts", "list", "format", "rows", "day", "file_name",
    "size_bytes", "sha256", "url", "key", "created_from", "suspended", "merchant_order_no",
    "amount_paid", "amount_left", "facts", "facts_before", "new_account", "before", "after",
    "query_changed", "new_credentials", "withdraw_earlier_credentials", "payment_no",
    "published", "ended", "first", "last",
)  # fmt: skip
"""The names in the audit."""


def test_every_column_of_a_list_is_in_its_sheet_or_worded_otherwise() -> None:
    of_lists = [
        it
        for module in (listings, money_listings)
        for it in vars(module).values()
        if isinstance(it, listings.Listing | money_listings.MoneyListing)
    ]
    assert {it.name for it in of_lists} == set(SHEETS.by_list)
    left_out = {
        it.name: set(it.table.columns)
        - {getattr(column, "cell", "") for column in SHEETS.by_list[it.name].columns}
        for it in of_lists
    }
    assert {name: columns for name, columns in left_out.items() if columns} == WORDED_OTHERWISE


def test_every_head_and_title_has_words() -> None:
    for sheet in SHEETS.by_list.values():
        assert {it.head for it in sheet.columns} | {sheet.name} <= set(TEXTS)


def test_every_value_that_is_worded_has_words() -> None:
    begins = {
        column.words
        for sheet in SHEETS.by_list.values()
        for column in sheet.columns
        if isinstance(column, Worded)
    }
    assert begins - {"channel.", "failure."} <= set(VALUES)
    silent = {f"{begin}{it}" for begin, values in VALUES.items() for it in values} - set(TEXTS)
    assert silent == set()


def test_every_name_in_the_audit_has_words() -> None:
    entry = AuditEntry(NOW, SYSTEM, "app.updated", "app", "A1", None, dict.fromkeys(RECORDED, 1))
    labels = [name for name, _, _ in changes_of(entry, Wording(CHINESE, NOW))]
    assert [it for it in labels if re.search(r"[a-z]{2,}", it)] == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"refunds_from": 100_000}, "¥1,000.00"),
        ({"credentials": True}, "开"),
        ({"disabled": True}, "是"),
        ({"expires_at": "2026-11-22T08:00:00+00:00"}, "2026-11-22 16:00:00"),
        ({"merchant_ids": None}, "全部商户"),
        ({"merchant_ids": ["M1", "M2"]}, "绿城 · M2"),
        ({"state": "disabled"}, "停用"),
        ({"state": "all"}, "全部"),
        ({"ending": "any"}, "任何时候"),
        ({"amount_from": 1_000_500}, "1000.5"),
        ({"action": "app.created"}, "应用 · 新建"),
        ({"outcome": "done"}, "已执行"),
        ({"outcome": "not_found"}, "没有找到"),
        ({"key": "payment.conflicted:P1"}, "渠道金额与账簿不符 P1"),
        ({"shown": {"after": {"credentials": False}, "before": None}}, "原来 — · 改为 凭证 关"),
        ({"shown": {"new_account": True, "query_changed": False}}, "新的渠道账户"),
        ({"webhook_secrets_sealed": ["sealed:0123456789ab"]}, "密钥已封存 0123456789ab"),
        ({"colour": None}, "—"),
    ],
)
def test_facts_of_the_audit_are_in_words(facts: dict[str, object], words: str) -> None:
    before = {"colour": "#000000", "merchant_ids": ["M9"]}
    entry = AuditEntry(NOW, SYSTEM, "x.updated", "x", "X1", before, facts)
    wording = Wording(CHINESE, NOW, {"M1": "绿城"})
    shown = {name: value for name, _, value in changes_of(entry, wording)}
    assert words in shown.values()


def test_credentials_are_in_the_words_of_their_form() -> None:
    form = CredentialForm.of(schema(PLUGIN.credentials, PLUGIN.form))
    wording = Wording(CHINESE, NOW, forms={"easy": form})
    shown = {"values": {"product": "direct", "requester": "merchant", "notify_ack": "json"}}
    words = facts_words(shown, wording, "easy")
    assert words.startswith("签约产品 易企通 2.0（直连） · 接入方式 ")
    assert not any(it in words for it in shown["values"].values())


def test_people_things_and_actions_are_called_by_their_names() -> None:
    assert actor_words(CHINESE, "a.li@example") == "a.li@example"
    assert actor_words(CHINESE, SYSTEM.username) == "系统"
    assert actor_words(CHINESE, "token:T1") == "机器令牌 T1"
    assert thing_words(CHINESE, "orders") == "订单"
    assert thing_words(CHINESE, "P1") == "P1"
    assert action_words(CHINESE, "merchant.created") == "商户 · 新建"
    assert {thing_words(CHINESE, kind) for kind in TITLES} == {zh for zh, _ in TITLES.values()}


def test_a_row_is_made_of_its_cells() -> None:
    table = Table("orders", {"status": Kind.TEXT, "amount": Kind.AMOUNT, "merchant_ids": Kind.TEXT})
    sheet = Sheet(
        "orders",
        (
            Worded("status", "state", "state."),
            Same("amount", "amount"),
            Named("merchant_ids", "merchants"),
        ),
    )
    found = Found([["paid", "1.00", "M1 M2"], [None, None, None]], ["", ""])
    assert sheet.table(table, CHINESE) == Table(
        "订单", {"状态": Kind.TEXT, "金额": Kind.AMOUNT, "商户": Kind.TEXT}
    )
    assert sheet.ids(table, found) == {"M1", "M2"}
    rows = sheet.rows(table, found, Wording(CHINESE, NOW, {"M1": "绿城"}))
    assert rows == [["已支付", "1.00", "绿城 · M2"], [None, None, None]]
