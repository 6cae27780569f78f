"""Day statements: they agree with the ledger to the fen, day by day, whatever moved the money."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
from tests.builders.trade_core import (
    APP,
    MERCHANT,
    NOON,
    closed,
    paid,
    refund_request,
    refund_result,
    request,
    returned,
    shared,
    split_request,
    waits,
)
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.statement_channel import (
    TODAY,
    account,
    compared,
    next_morning,
    refund_row,
    row_of,
)

from chassis.problems import InvalidRequest, Overloaded
from contracts.api import CreatePayment, DayStatement
from contracts.events.configuration import LatePayment
from contracts.events.results import Source, Verdict
from contracts.internal import DecideRefund, RefundDecision
from trade_core.domain.opening import PaymentRequest
from trade_core.domain.payment import Payment
from trade_core.flows import read_day_statement
from trade_core.flows.decide import decide_refund
from trade_core.flows.open_payment import open_payment
from trade_core.flows.read_day_statement import advance_days, get_day_statement
from trade_core.store.day_statements import Holder

OWN: Final = Holder(APP, MERCHANT, "CNY")
OTHER: Final = Holder("A2", MERCHANT, "CNY")
DAYS: Final = [date(2026, 1, 4) + timedelta(days=n) for n in range(5)]
DAY_S: Final = 24 * 3600
SETTLED: Final = timedelta(minutes=16)


async def statement(
    harness: Harness, day: date = TODAY, holder: Holder = OWN, **more: Any
) -> DayStatement:
    return await get_day_statement(
        harness.deps, holder, day, **{"after": None, "limit": 100, **more}
    )


async def settle(harness: Harness) -> None:
    """Everything booked is kept, as if a quarter of an hour had passed."""
    while await advance_days(harness.db, harness.now + SETTLED):
        pass


def parts(shown: DayStatement) -> tuple[int, ...]:
    return shown.opening, shown.captured, shown.refunded, shown.split, shown.fees, shown.closing


async def paid_by(harness: Harness, app_id: str, content: CreatePayment) -> Payment:
    asked = PaymentRequest(app_id, content, "wechat", timedelta(seconds=15), None)
    payment = (await open_payment(harness.deps, asked)).payment
    await harness.apply(waits(payment))
    await harness.apply(paid(payment))
    return await harness.payment(payment)


# ── what happens to money in a day ────────────────────────────────────────────────────────────


async def refunds_of_all_ends(harness: Harness, day: int) -> None:
    payment = await harness.paid(request(merchant_order_no=f"refunds{day}", amount=10_000))
    made = {}
    for number in ("settled", "declined", "pending", "outside", "bounced"):
        made[number] = (await harness.refund(refund_request(payment, f"{number}{day}", 100))).refund
    await harness.apply(returned(made["settled"]))
    await harness.apply(refund_result(made["declined"], Source.REFUND, Verdict.DECLINED))
    await harness.apply(refund_result(made["pending"], Source.REFUND, Verdict.PENDING))
    await harness.apply(
        refund_result(made["outside"], Source.REFUND, Verdict.DECLINED, abnormal=True)
    )
    settled = DecideRefund(
        decision=RefundDecision.SETTLED_OUTSIDE, reason="x", decided_by="li", version=1
    )
    await decide_refund(harness.deps, made["outside"].refund_no, settled)
    await harness.apply(returned(made["bounced"]))
    harness.pass_time(60)
    await harness.apply(
        refund_result(made["bounced"], Source.NOTICE, Verdict.DECLINED, abnormal=True)
    )


async def refund_at_the_channel(harness: Harness, day: int) -> None:
    payment = await harness.paid(request(merchant_order_no=f"external{day}", amount=1000))
    await harness.apply(paid(payment, amount_refunded=300, channel_refund_no=f"console{day}"))


async def payment_twice(harness: Harness, day: int) -> None:
    first = await harness.opened(request(merchant_order_no=f"twice{day}"))
    harness.pass_time(16)
    second = await harness.opened(request(merchant_order_no=f"twice{day}"))
    await harness.apply(paid(second), paid(first))
    for refund in await harness.refunds(first):
        await harness.apply(returned(refund))


async def late_payment(harness: Harness, day: int) -> None:
    harness.late = LatePayment.REFUND
    late = await harness.opened(request(merchant_order_no=f"late{day}"))
    harness.pass_time(DAY_S // 24)
    await harness.apply(closed(late))
    await harness.apply(paid(late))


async def splits_and_returns(harness: Harness, day: int) -> None:
    payment = await harness.paid(request(merchant_order_no=f"split{day}", amount=1000, splits=True))
    split = (await harness.split(split_request(payment, f"F{day}", 600, 300))).split
    await harness.apply(shared(split, ["190002"]))
    back = (await harness.refund(refund_request(payment, f"back{day}", 700))).refund
    await harness.apply(returned(back))
    kept = (await harness.refund(refund_request(payment, f"kept{day}", 300))).refund
    await harness.apply(refund_result(kept, Source.REFUND, Verdict.DECLINED, code="NO"))
    await harness.apply(refund_result(kept, Source.QUERY_REFUND, Verdict.DECLINED, code="NO"))


async def money_of_others(harness: Harness, day: int) -> None:
    await paid_by(harness, "A2", request(merchant_order_no=f"others{day}", amount=7))
    await harness.paid(request(merchant_order_no=f"usd{day}", amount=5, currency="USD"))
    await harness.paid(request(merchant_order_no=f"m2{day}", amount=3, merchant_id="M2"))


HAPPENINGS: Final[list[Callable[[Harness, int], Awaitable[None]]]] = [
    refunds_of_all_ends,
    refund_at_the_channel,
    payment_twice,
    late_payment,
    splits_and_returns,
    money_of_others,
]


# ── the ledger, added up another way ──────────────────────────────────────────────────────────

OF_WHOM: Final = """
select payment_no as subject, o.app_id, o.merchant_id
from payments join orders o using (order_id)
union all select refund_no, app_id, merchant_id from refunds
union all select split_no, app_id, merchant_id from splits
"""

SIGNS: Final = {
    "payment_captured": ("captured", 1),
    "refund_settled": ("refunded", 1),
    "refund_settled_outside": ("refunded", 1),
    "refund_bounced": ("refunded", -1),
    "split_settled": ("split", 1),
    "split_returned": ("split", -1),
    "split_return_released": ("split", 1),
}


async def by_the_ledger(harness: Harness, holder: Holder) -> dict[date, dict[str, int]]:
    """Each day's captured, refunded and split: what its entries moved, read one by one."""
    of_whom = {
        row["subject"]: (row["app_id"], row["merchant_id"]) for row in await harness.rows(OF_WHOM)
    }
    days: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in await harness.rows(
        "select kind, subject, at, currency, amount from ledger_transaction"
        " join ledger_posting on transaction_id = id where amount > 0"
    ):
        kind = row["kind"].partition(":")[0]
        if kind not in SIGNS or row["currency"] != holder.currency:
            continue
        if of_whom[row["subject"]] == (holder.app_id, holder.merchant_id):
            part, sign = SIGNS[kind]
            day = (row["at"].astimezone(UTC) + timedelta(hours=8)).date()
            days[day][part] += sign * row["amount"]
    return days


async def all_lines(harness: Harness, day: date, holder: Holder) -> list[Any]:
    lines, after = [], None
    while True:
        page = await statement(harness, day, holder, after=after, limit=3)
        assert len(page.lines) <= 3
        lines += page.lines
        after = page.next_cursor
        if after is None:
            return lines


@pytest.mark.parametrize("keeps", ["nothing", "as time goes by", "all"])
async def test_each_day_agrees_with_the_ledger_to_the_fen(harness: Harness, keeps: str) -> None:
    harness.now = datetime(2026, 1, 4, 20, tzinfo=UTC)
    for number in range(4):
        begun = harness.now
        for happens in HAPPENINGS:
            await happens(harness, number)
            harness.pass_time(3600)
        if keeps == "as time goes by":
            await advance_days(harness.db, harness.now)
        harness.now = begun + timedelta(days=1)
    if keeps == "all":
        await settle(harness)

    for holder in (OWN, OTHER, Holder(APP, MERCHANT, "USD"), Holder(APP, "M2", "CNY")):
        booked = await by_the_ledger(harness, holder)
        opening = 0
        for day in DAYS:
            shown = await statement(harness, day, holder)
            expected = booked[day]
            closing = opening + expected["captured"] - expected["refunded"] - expected["split"]
            assert parts(shown) == (
                opening, expected["captured"], expected["refunded"], expected["split"], 0, closing,
            )  # fmt: skip
            lines = await all_lines(harness, day, holder)
            assert sum(line.amount for line in lines) == closing - opening
            opening = closing
        assert opening != 0
    lines = [line for day in DAYS for line in await all_lines(harness, day, OWN)]
    assert {line.kind for line in lines} == set(read_day_statement.KINDS.values()) - {"fees"}


async def test_the_days_numbers_are_these(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000, splits=True))
    split = (await harness.split(split_request(payment, "F1", 400))).split
    await harness.apply(shared(split))
    refund = (await harness.refund(refund_request(payment, "T1", 250))).refund
    shown = await statement(harness)
    assert parts(shown) == (0, 1000, 0, 400, 0, 600)
    await harness.apply(returned(refund))
    harness.pass_time(DAY_S)
    assert parts(await statement(harness)) == (0, 1000, 250, 400, 0, 350)
    assert parts(await statement(harness, TODAY + timedelta(days=1))) == (350, 0, 0, 0, 0, 350)


async def test_a_line_says_what_moved_under_all_its_numbers(harness: Harness) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(returned(refund))
    captured, refunded = (await statement(harness)).lines
    assert captured.model_dump(exclude={"at"}) == {
        "kind": "captured", "amount": 1299, "currency": "CNY", "channel": "wechat",
        "payment_id": "C1", "merchant_order_no": "W1", "payment_no": payment.payment_no,
        "channel_trade_no": payment.channel_trade_no, "refund_no": None,
        "merchant_refund_no": None, "split_no": None, "merchant_split_no": None,
    }  # fmt: skip
    assert (refunded.kind, refunded.amount, refunded.at) == ("refunded", -500, NOON)
    assert (refunded.payment_no, refunded.refund_no, refunded.merchant_refund_no) == (
        payment.payment_no,
        refund.refund_no,
        "T1",
    )


async def test_a_day_is_one_of_beijing(harness: Harness) -> None:
    harness.now = datetime(2026, 1, 5, 15, 59, 59, tzinfo=UTC)
    await harness.paid(request(merchant_order_no="last", amount=1))
    harness.pass_time(1)
    await harness.paid(request(merchant_order_no="first", amount=2))
    for _ in range(2):
        assert (await statement(harness, TODAY)).captured == 1
        assert (await statement(harness, TODAY + timedelta(days=1))).captured == 2
        await settle(harness)


async def test_fees_are_those_of_the_apps_own_payments(harness: Harness) -> None:
    own = await harness.paid(request(amount=1000))
    other = await paid_by(harness, "A2", request(merchant_order_no="W2", amount=2000))
    refund = (await harness.refund(refund_request(own, amount=400))).refund
    await harness.apply(returned(refund))
    await next_morning(harness, account())
    await compared(harness, row_of(own, fee=6), row_of(other, fee=12), refund_row(refund, fee=-2))
    tomorrow = TODAY + timedelta(days=1)
    for _ in range(2):
        assert parts(await statement(harness, tomorrow)) == (600, 0, 0, 0, 4, 596)
        assert parts(await statement(harness, tomorrow, OTHER)) == (2000, 0, 0, 0, 12, 1988)
        (line,) = (await statement(harness, tomorrow)).lines
        assert (line.kind, line.amount, line.channel, line.payment_id) == (
            "fees", -4, "wechat", "C1",
        )  # fmt: skip
        await settle(harness)
    assert (await harness.balances())["channel_fees"] == 4 + 12


async def test_a_day_is_final_when_nothing_can_be_booked_into_it_any_more(harness: Harness) -> None:
    assert not (await statement(harness)).is_final
    harness.now = datetime(2026, 1, 5, 16, 14, 59, tzinfo=UTC)
    assert not (await statement(harness)).is_final
    harness.pass_time(1)
    assert (await statement(harness)).is_final
    assert (await statement(harness, date(1, 1, 1))).is_final


async def test_a_day_to_come_is_refused(harness: Harness) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await statement(harness, TODAY + timedelta(days=1))
    assert [error.pointer for error in refused.value.errors] == ["/date"]
    with pytest.raises(InvalidRequest):
        await statement(harness, date(9999, 12, 31))


@pytest.mark.parametrize("cursor", ["x", "-1", "", "9" * 19, "１"])
async def test_a_cursor_that_is_not_ours_is_refused(harness: Harness, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await statement(harness, after=cursor)
    assert [error.pointer for error in refused.value.errors] == ["/after"]


async def test_currencies_that_moved_are_named(harness: Harness) -> None:
    await money_of_others(harness, 1)
    assert (await statement(harness)).currencies == ["USD"]
    assert (await statement(harness, holder=OTHER)).currencies == ["CNY"]


async def test_replicas_keep_each_movement_once(harness: Harness) -> None:
    for number in range(5):
        await harness.paid(request(merchant_order_no=f"W{number}"))
    harness.now += SETTLED
    kept = await asyncio.gather(*(advance_days(harness.db, harness.now) for _ in range(4)))
    assert sum(kept) == 5
    assert (await statement(harness)).captured == 5 * 1299
    assert len((await statement(harness)).lines) == 5


async def test_who_would_have_to_read_too_much_is_asked_to_wait(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_day_statement, "MAX_BEHIND", 1)
    await harness.paid(request(merchant_order_no="W1"))
    await statement(harness)
    await harness.paid(request(merchant_order_no="W2"))
    with pytest.raises(Overloaded):
        await statement(harness)
    await settle(harness)
    assert (await statement(harness)).captured == 2 * 1299


async def test_the_gateway_asks_by_http(harness: Harness, http: httpx.AsyncClient) -> None:
    await harness.paid()
    asked = {"app_id": APP, "merchant_id": MERCHANT, "currency": "CNY"}
    shown = await http.get("/day-statements/2026-01-05", params=asked)
    assert DayStatement.model_validate_json(shown.content) == await statement(harness)
    to_come = await http.get("/day-statements/2026-01-06", params=asked)
    assert (to_come.status_code, to_come.json()["errors"][0]["pointer"]) == (422, "/date")
