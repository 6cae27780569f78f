"""Day statements: they agree with the ledger to the fen, day by day, whatever moved the money."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
from tests.integration.trade_core.billing import (
    TODAY,
    account,
    compared,
    next_morning,
    refund_row,
    row_of,
)
from tests.integration.trade_core.desk import (
    APP,
    MERCHANT,
    NOON,
    Desk,
    closed,
    paid,
    refund_request,
    request,
    returned,
    said_of_refund,
    shared,
    split_request,
    waits,
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
    desk: Desk, day: date = TODAY, holder: Holder = OWN, **more: Any
) -> DayStatement:
    return await get_day_statement(desk.deps, holder, day, **{"after": None, "limit": 100, **more})


async def settle(desk: Desk) -> None:
    """Everything booked is kept, as if a quarter of an hour had passed."""
    while await advance_days(desk.db, desk.now + SETTLED):
        pass


def parts(told: DayStatement) -> tuple[int, ...]:
    return told.opening, told.captured, told.refunded, told.split, told.fees, told.closing


async def paid_by(desk: Desk, app_id: str, content: CreatePayment) -> Payment:
    asked = PaymentRequest(app_id, content, "wechat", timedelta(seconds=15), None)
    payment = (await open_payment(desk.deps, asked)).payment
    await desk.apply(waits(payment))
    await desk.apply(paid(payment))
    return await desk.payment(payment)


# ── what happens to money in a day ────────────────────────────────────────────────────────────


async def refunds_of_all_ends(desk: Desk, day: int) -> None:
    payment = await desk.paid(request(merchant_order_no=f"refunds{day}", amount=10_000))
    made = {}
    for number in ("settled", "declined", "pending", "outside", "bounced"):
        made[number] = (await desk.refund(refund_request(payment, f"{number}{day}", 100))).refund
    await desk.apply(returned(made["settled"]))
    await desk.apply(said_of_refund(made["declined"], Source.REFUND, Verdict.DECLINED))
    await desk.apply(said_of_refund(made["pending"], Source.REFUND, Verdict.PENDING))
    await desk.apply(
        said_of_refund(made["outside"], Source.REFUND, Verdict.DECLINED, abnormal=True)
    )
    settled = DecideRefund(
        decision=RefundDecision.SETTLED_OUTSIDE, reason="x", decided_by="li", version=1
    )
    await decide_refund(desk.deps, made["outside"].refund_no, settled)
    await desk.apply(returned(made["bounced"]))
    desk.pass_time(60)
    await desk.apply(
        said_of_refund(made["bounced"], Source.NOTICE, Verdict.DECLINED, abnormal=True)
    )


async def refund_at_the_channel(desk: Desk, day: int) -> None:
    payment = await desk.paid(request(merchant_order_no=f"external{day}", amount=1000))
    await desk.apply(paid(payment, amount_refunded=300, channel_refund_no=f"console{day}"))


async def payment_twice(desk: Desk, day: int) -> None:
    first = await desk.opened(request(merchant_order_no=f"twice{day}"))
    desk.pass_time(16)
    second = await desk.opened(request(merchant_order_no=f"twice{day}"))
    await desk.apply(paid(second), paid(first))
    for refund in await desk.refunds(first):
        await desk.apply(returned(refund))


async def late_payment(desk: Desk, day: int) -> None:
    desk.late = LatePayment.REFUND
    late = await desk.opened(request(merchant_order_no=f"late{day}"))
    desk.pass_time(DAY_S // 24)
    await desk.apply(closed(late))
    await desk.apply(paid(late))


async def splits_and_returns(desk: Desk, day: int) -> None:
    payment = await desk.paid(request(merchant_order_no=f"split{day}", amount=1000, splits=True))
    split = (await desk.split(split_request(payment, f"F{day}", 600, 300))).split
    await desk.apply(shared(split, ["190002"]))
    back = (await desk.refund(refund_request(payment, f"back{day}", 700))).refund
    await desk.apply(returned(back))
    kept = (await desk.refund(refund_request(payment, f"kept{day}", 300))).refund
    await desk.apply(said_of_refund(kept, Source.REFUND, Verdict.DECLINED, code="NO"))
    await desk.apply(said_of_refund(kept, Source.QUERY_REFUND, Verdict.DECLINED, code="NO"))


async def money_of_others(desk: Desk, day: int) -> None:
    await paid_by(desk, "A2", request(merchant_order_no=f"others{day}", amount=7))
    await desk.paid(request(merchant_order_no=f"usd{day}", amount=5, currency="USD"))
    await desk.paid(request(merchant_order_no=f"m2{day}", amount=3, merchant_id="M2"))


HAPPENINGS: Final[list[Callable[[Desk, int], Awaitable[None]]]] = [
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


async def by_the_ledger(desk: Desk, holder: Holder) -> dict[date, dict[str, int]]:
    """Each day's captured, refunded and split: what its entries moved, read one by one."""
    of_whom = {
        row["subject"]: (row["app_id"], row["merchant_id"]) for row in await desk.rows(OF_WHOM)
    }
    days: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in await desk.rows(
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


async def all_lines(desk: Desk, day: date, holder: Holder) -> list[Any]:
    lines, after = [], None
    while True:
        page = await statement(desk, day, holder, after=after, limit=3)
        assert len(page.lines) <= 3
        lines += page.lines
        after = page.next_cursor
        if after is None:
            return lines


@pytest.mark.parametrize("keeps", ["nothing", "as time goes by", "all"])
async def test_each_day_agrees_with_the_ledger_to_the_fen(desk: Desk, keeps: str) -> None:
    desk.now = datetime(2026, 1, 4, 20, tzinfo=UTC)
    for number in range(4):
        begun = desk.now
        for happens in HAPPENINGS:
            await happens(desk, number)
            desk.pass_time(3600)
        if keeps == "as time goes by":
            await advance_days(desk.db, desk.now)
        desk.now = begun + timedelta(days=1)
    if keeps == "all":
        await settle(desk)

    for holder in (OWN, OTHER, Holder(APP, MERCHANT, "USD"), Holder(APP, "M2", "CNY")):
        booked = await by_the_ledger(desk, holder)
        opening = 0
        for day in DAYS:
            told = await statement(desk, day, holder)
            expected = booked[day]
            closing = opening + expected["captured"] - expected["refunded"] - expected["split"]
            assert parts(told) == (
                opening, expected["captured"], expected["refunded"], expected["split"], 0, closing,
            )  # fmt: skip
            lines = await all_lines(desk, day, holder)
            assert sum(line.amount for line in lines) == closing - opening
            opening = closing
        assert opening != 0
    lines = [line for day in DAYS for line in await all_lines(desk, day, OWN)]
    assert {line.kind for line in lines} == set(read_day_statement.KINDS.values()) - {"fees"}


async def test_the_days_numbers_are_these(desk: Desk) -> None:
    payment = await desk.paid(request(amount=1000, splits=True))
    split = (await desk.split(split_request(payment, "F1", 400))).split
    await desk.apply(shared(split))
    refund = (await desk.refund(refund_request(payment, "T1", 250))).refund
    told = await statement(desk)
    assert parts(told) == (0, 1000, 0, 400, 0, 600)
    await desk.apply(returned(refund))
    desk.pass_time(DAY_S)
    assert parts(await statement(desk)) == (0, 1000, 250, 400, 0, 350)
    assert parts(await statement(desk, TODAY + timedelta(days=1))) == (350, 0, 0, 0, 0, 350)


async def test_a_line_says_what_moved_under_all_its_numbers(desk: Desk) -> None:
    payment = await desk.paid()
    refund = (await desk.refund(refund_request(payment))).refund
    await desk.apply(returned(refund))
    captured, refunded = (await statement(desk)).lines
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


async def test_a_day_is_one_of_beijing(desk: Desk) -> None:
    desk.now = datetime(2026, 1, 5, 15, 59, 59, tzinfo=UTC)
    await desk.paid(request(merchant_order_no="last", amount=1))
    desk.pass_time(1)
    await desk.paid(request(merchant_order_no="first", amount=2))
    for _ in range(2):
        assert (await statement(desk, TODAY)).captured == 1
        assert (await statement(desk, TODAY + timedelta(days=1))).captured == 2
        await settle(desk)


async def test_fees_are_those_of_the_apps_own_payments(desk: Desk) -> None:
    own = await desk.paid(request(amount=1000))
    other = await paid_by(desk, "A2", request(merchant_order_no="W2", amount=2000))
    refund = (await desk.refund(refund_request(own, amount=400))).refund
    await desk.apply(returned(refund))
    await next_morning(desk, account())
    await compared(desk, row_of(own, fee=6), row_of(other, fee=12), refund_row(refund, fee=-2))
    tomorrow = TODAY + timedelta(days=1)
    for _ in range(2):
        assert parts(await statement(desk, tomorrow)) == (600, 0, 0, 0, 4, 596)
        assert parts(await statement(desk, tomorrow, OTHER)) == (2000, 0, 0, 0, 12, 1988)
        (line,) = (await statement(desk, tomorrow)).lines
        assert (line.kind, line.amount, line.channel, line.payment_id) == (
            "fees", -4, "wechat", "C1",
        )  # fmt: skip
        await settle(desk)
    assert (await desk.balances())["channel_fees"] == 4 + 12


async def test_a_day_is_final_when_nothing_can_be_booked_into_it_any_more(desk: Desk) -> None:
    assert not (await statement(desk)).is_final
    desk.now = datetime(2026, 1, 5, 16, 14, 59, tzinfo=UTC)
    assert not (await statement(desk)).is_final
    desk.pass_time(1)
    assert (await statement(desk)).is_final
    assert (await statement(desk, date(1, 1, 1))).is_final


async def test_a_day_to_come_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await statement(desk, TODAY + timedelta(days=1))
    assert [error.pointer for error in refused.value.errors] == ["/date"]
    with pytest.raises(InvalidRequest):
        await statement(desk, date(9999, 12, 31))


@pytest.mark.parametrize("cursor", ["x", "-1", "", "9" * 19, "１"])
async def test_a_cursor_that_is_not_ours_is_refused(desk: Desk, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await statement(desk, after=cursor)
    assert [error.pointer for error in refused.value.errors] == ["/after"]


async def test_currencies_that_moved_are_named(desk: Desk) -> None:
    await money_of_others(desk, 1)
    assert (await statement(desk)).currencies == ["USD"]
    assert (await statement(desk, holder=OTHER)).currencies == ["CNY"]


async def test_replicas_keep_each_movement_once(desk: Desk) -> None:
    for number in range(5):
        await desk.paid(request(merchant_order_no=f"W{number}"))
    desk.now += SETTLED
    kept = await asyncio.gather(*(advance_days(desk.db, desk.now) for _ in range(4)))
    assert sum(kept) == 5
    assert (await statement(desk)).captured == 5 * 1299
    assert len((await statement(desk)).lines) == 5


async def test_who_would_have_to_read_too_much_is_asked_to_wait(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_day_statement, "MAX_BEHIND", 1)
    await desk.paid(request(merchant_order_no="W1"))
    await statement(desk)
    await desk.paid(request(merchant_order_no="W2"))
    with pytest.raises(Overloaded):
        await statement(desk)
    await settle(desk)
    assert (await statement(desk)).captured == 2 * 1299


async def test_the_gateway_asks_by_http(desk: Desk, http: httpx.AsyncClient) -> None:
    await desk.paid()
    asked = {"app_id": APP, "merchant_id": MERCHANT, "currency": "CNY"}
    told = await http.get("/day-statements/2026-01-05", params=asked)
    assert DayStatement.model_validate_json(told.content) == await statement(desk)
    to_come = await http.get("/day-statements/2026-01-06", params=asked)
    assert (to_come.status_code, to_come.json()["errors"][0]["pointer"]) == (422, "/date")
