"""All rows at once: channels that fail in every way, payers and apps that do what comes to mind.

What they do follows from the seed; when the weather is over, everybody's books say the same.
"""

import asyncio
import itertools
from random import Random
from typing import Any

import pytest
from tests.e2e import all_books
from tests.e2e.channels import CLOSING
from tests.e2e.harness import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHANNELS = [*CLOSING, "easy"]
"""Those whose payments end within the test; of 易生 with their time, see below."""

ORDERS = 12
STEPS = 8
PROBABILITY = 0.15
OPERATIONS = ("pay", "query", "close", "refund", "query_refund", "notice")
FAULTS = ("delay", "drop_request", "drop_answer", "status_500", "tamper", "unknown_status")
DELAY_S = 0.3
CODES = ("134567890123456711", "134567890123456700")
"""Of payers who pay at once, and who are asked first."""


@pytest.mark.parametrize("seed", [1, 2])
async def test_bad_weather_leaves_no_wrong_line_in_any_book(
    hasty_harness: Harness, seed: int
) -> None:
    harness = hasty_harness
    for channel, operation, fault in itertools.product(CHANNELS, OPERATIONS, FAULTS):
        if (channel, operation, fault) == ("easy", "pay", "drop_request"):
            continue  # 易生 is believed five minutes later that it never heard of a payment
        await harness.fault(
            channel=channel, operation=operation, fault=fault, delay_s=DELAY_S,
            probability=PROBABILITY / len(FAULTS),
        )  # fmt: skip
    await harness.fault(channel="*", operation="notice", fault="duplicate", probability=PROBABILITY)
    await harness.fault(channel="*", operation="notice", fault="early", probability=PROBABILITY)
    first_requests = [_request(harness, Random(f"{seed} {number}")) for number in range(ORDERS)]
    await asyncio.gather(
        *(
            _lived(harness, body, Random(f"{seed} {n} life"))
            for n, body in enumerate(first_requests)
        )
    )
    await harness.faults_end()
    for body in first_requests:
        await harness.close(body)
    await asyncio.gather(
        *(all_books.agree(harness, body, within_s=60, urgent=True) for body in first_requests)
    )


async def _lived(harness: Harness, body: dict[str, Any], dice: Random) -> None:
    """One order's life: whatever is refused was worth a try."""
    payments: list[dict[str, Any]] = []
    await _tried_to_pay(harness, body, payments)
    for _ in range(STEPS):
        payment = dice.choice(payments)
        match dice.randrange(7):
            case 0:
                await _tried_to_pay(harness, body, payments)
            case 1:
                other = _request(harness, dice) | {"merchant_order_no": body["merchant_order_no"]}
                await _tried_to_pay(harness, other, payments)
            case 2 | 3:
                how = {"payment_no": payment["payment_no"], "notify": dice.random() < 0.7}
                await harness.sandbox.post("/_control/pay", json=how)
            case 4:
                refused = await harness.ask_refund(payment, dice.randint(1, payment["amount"]))
                assert refused.status_code in (201, 409)
            case 5 if dice.random() < 0.3:
                closed = await harness.close(body)
                assert closed.status_code in (200, 409)
            case _:
                await harness.time_comes(payment["payment_no"])
        await asyncio.sleep(dice.random() * 0.5)


async def _tried_to_pay(
    harness: Harness, body: dict[str, Any], payments: list[dict[str, Any]]
) -> None:
    answer = await harness.ask(body)
    assert answer.status_code in (200, 201, 402, 409, 502, 504), answer.text
    payment = answer.json().get("payment", answer.json())
    if "amount" in payment:  # A refusal names another payment by its three numbers alone.
        payments.append(payment)


def _request(harness: Harness, dice: Random) -> dict[str, Any]:
    channel = dice.choice(CHANNELS)
    changes: dict[str, Any] = {"amount": dice.randint(100, 2000)}
    if channel == "easy" or dice.random() < 0.3:  # 易生 cannot be told to close
        changes["expires_in_s"] = dice.randint(1, 5)
    if channel == "wechat" and dice.random() < 0.3:
        changes |= {"method": "barcode", "payer": {"auth_code": dice.choice(CODES)}}
    return harness.request(channel, **changes)
