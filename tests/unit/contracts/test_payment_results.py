"""A result that contradicts itself cannot be built, and none is lost by trying."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.events.results import (
    PAYMENT_RESULT,
    SOURCE,
    PaymentResultRecord,
    PaymentWord,
    Source,
    Verdict,
)

ABOUT: dict[str, Any] = {
    "payment_no": "P1",
    "payment_id": "C1",
    "channel": "wechat",
    "source": Source.QUERY,
}
SAYS: dict[str, Any] = {
    "found": False,
    "closed": True,
    "channel_trade_no": "T1",
    "amount": 1299,
    "currency": "CNY",
    "paid_at": "2026-01-05T12:00:00Z",
    "code": "CODE",
    "message": "原因",
    "reversed": True,
    "refunded": True,
    "amount_refunded": 1,
    "channel_refund_no": "F1",
    "channel_refund_amount": 1,
}
MONEY = {"channel_trade_no", "amount", "currency", "found"}
BACK = {"refunded", "amount_refunded", "channel_refund_no", "channel_refund_amount"}
REASON = {"code", "message"}
CAN_SAY = {
    Verdict.SUCCEEDED: MONEY | BACK | {"paid_at", "reversed"},
    Verdict.PENDING: MONEY,
    Verdict.DECLINED: MONEY | BACK | REASON | {"closed"},
    Verdict.NOT_SENT: REASON,
    Verdict.UNKNOWN: REASON,
}


def record(verdict: str, **says: Any) -> bytes:
    data = {**ABOUT, "verdict": verdict, **says}
    head = {"id": "1", "source": SOURCE, "type": PAYMENT_RESULT, "subject": "P1"}
    return json.dumps({**head, "time": "2026-01-05T12:00:00Z", "data": data}).encode()


@pytest.mark.parametrize("verdict", Verdict)
def test_what_a_verdict_cannot_say_does_not_count(verdict: Verdict) -> None:
    result = PaymentResultRecord.model_validate_json(record(verdict, **SAYS)).data
    assert result.verdict is verdict
    assert set(result.model_dump(exclude_defaults=True)) - set(ABOUT) == CAN_SAY[verdict]


@pytest.mark.parametrize("verdict", Verdict)
def test_a_result_is_written_with_all_members_and_read_again(verdict: Verdict) -> None:
    result = PaymentResultRecord.model_validate_json(record(verdict, **SAYS)).data
    written = json.loads(result.model_dump_json())
    assert list(written) == list(PaymentWord.model_fields)
    assert PaymentResultRecord.model_validate_json(record(**written)).data == result


def test_there_is_no_sixth_verdict_and_no_result_without_one() -> None:
    with pytest.raises(ValidationError):
        PaymentResultRecord.model_validate_json(record("maybe"))
    with pytest.raises(TypeError):
        PaymentWord(**ABOUT, verdict=Verdict.PENDING)
