"""What Alipay tells of a refund to a bank card: the bank took it, or sent it back (冲退完成通知).

A message of its own form, to the address that is entered with the app; only for refunds that were
asked for with `query_options` `deposit_back_info`.

Source: opendocs.alipay.com/open/02ekfv (alipay.trade.refund.depositback.completed)
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from contracts.identifiers import is_id
from gateway.channels.alipay.operations.query_refund import BOUNCED, bounced
from gateway.channels.formats import json_object, read_seconds, read_spaced, text
from gateway.channels.plugin import (
    Notified,
    NotifiedRefund,
    NotUnderstood,
    Receiver,
    Succeeded,
    Understood,
)

KIND: Final = "depositback"
MAX_TIMESTAMP: Final = 13


def is_one(fields: Mapping[str, str]) -> bool:
    return KIND in _kind(fields)


def read(fields: Mapping[str, str]) -> list[Notified]:
    """Of a refund that is not ours nobody here can decide: people must hear of it. The seller is
    not named."""
    content = _content(fields)
    number, payment_no = text(content, "out_request_no"), text(content, "out_trade_no")
    if not is_id("refund", number) or not payment_no:
        raise NotUnderstood("a refund came back that is not ours")
    outcome: Understood
    match text(content, "dback_status"):
        case "S":
            outcome = Succeeded(at=read_spaced(text(content, "bank_ack_time")))
        case status if status == BOUNCED:
            outcome = bounced()
        case _:
            raise NotUnderstood("a refund came back in an unknown way")
    said_at = _sent_at(text(fields, "utc_timestamp")) or read_spaced(text(fields, "notify_time"))
    dated = replace(outcome, asked_at=said_at, said_at=said_at)
    return [NotifiedRefund(number, payment_no, dated, Receiver("", text(content, "trade_no")))]


def _content(fields: Mapping[str, str]) -> Mapping[str, object]:
    """Messages named by `notify_type` carry their members beside it, as those about trades do."""
    inner = fields.get("biz_content", "")
    return json_object(inner.encode()) if inner else fields


def _kind(fields: Mapping[str, str]) -> str:
    return fields.get("msg_method") or fields.get("notify_type") or ""


def _sent_at(milliseconds: str) -> datetime | None:
    if not (milliseconds.isascii() and milliseconds.isdecimal()):
        return None
    return read_seconds(int(milliseconds[:MAX_TIMESTAMP]) / 1000)
