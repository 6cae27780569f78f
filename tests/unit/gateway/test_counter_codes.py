"""Fixed counter codes: who is paid within which amounts is the gateway's to judge."""

from typing import Any, Final

import httpx
import pytest
from tests.unit.gateway.harness import Harness, harness, order_summary
from tests.unit.gateway.test_payment_links import BEGUN, as_cashier

from contracts.internal import OpenedPayment
from gateway.directory import App, CounterCode, Merchant

CODE: Final = "F01KAN5C2FN000000000000000D"
POINT: Final = f"/internal/pay-points/{CODE}"


def here(**changes: Any) -> Harness:
    opened = OpenedPayment(created=True, payment=BEGUN, order=order_summary())
    made = harness(
        trade_core={("POST", f"/internal/counter-codes/{CODE}/payments"): lambda _: opened}
    )
    usual: dict[str, Any] = {
        "is_active": True,
        "name": "前台",
        "min_amount": 100,
        "max_amount": 900,
    }
    made.directory.put(CounterCode(CODE, "M1", "A1", **{**usual, "daily_limit": 5_000, **changes}))
    return made


async def begin(of: Harness, amount: Any) -> httpx.Response:
    return await as_cashier(of, "POST", f"{POINT}/payments", {"amount": amount, "note": "3-1201"})


async def test_the_page_is_told_the_limits() -> None:
    alerts = (await as_cashier(here(amounts=(100, 500)), "GET", POINT)).json()
    assert (alerts["merchant_name"], alerts["subject"]) == ("幸福物业", "前台")
    assert (alerts["min_amount"], alerts["max_amount"], alerts["amounts"]) == (100, 900, [100, 500])


@pytest.mark.parametrize("amount", [None, 0, -1, 99, 901])
async def test_an_amount_outside_the_limits_is_refused_before_anything_is_stored(
    amount: int | None,
) -> None:
    made = here()
    assert (await begin(made, amount)).status_code == 422
    assert made.trade_core.asked == []


async def test_only_one_of_the_amounts_is_taken_where_there_are_some() -> None:
    made = here(amounts=(100, 500))
    assert (await begin(made, 300)).status_code == 422
    assert (await begin(made, 500)).status_code == 200
    _, _, asked = made.trade_core.asked[0]
    assert (asked.app_id, asked.amount, asked.daily_limit, asked.note) == (
        "A1", 500, 5_000, "3-1201",
    )  # fmt: skip


@pytest.mark.parametrize(
    "end", [App("A1", False, frozenset({"M1"}), 15, ()), Merchant("M1", False, "幸福物业")]
)
async def test_nothing_is_begun_for_who_is_not_served(end: App | Merchant) -> None:
    made = here()
    made.directory.put(end)
    shown = (await as_cashier(made, "GET", POINT)).json()
    assert (shown["state"], shown["merchant_name"]) == ("disabled", "幸福物业")
    assert (await begin(made, 500)).status_code == 404


async def test_a_disabled_code_begins_nothing() -> None:
    made = here(is_active=False)
    assert (await as_cashier(made, "GET", POINT)).json()["state"] == "disabled"
    assert (await begin(made, 500)).status_code == 404


async def test_a_name_that_was_taken_once_stops_no_payer() -> None:
    """A release before let people enter what none may enter now."""
    made = here(name="前台\u200b")
    assert (await begin(made, 500)).status_code == 200
    assert made.trade_core.asked[0][2].subject == "前台\u200b"
