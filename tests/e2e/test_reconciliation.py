"""Reconciliation, the whole way: a third party's statement of today, laid beside the books."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
import pytest_asyncio
from tests.e2e.admin_person import Person
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT
from tests.e2e.running import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEIJING = timezone(timedelta(hours=8))
UNIONPAYS_DAY_ENDS_AT = 23

FEE = 8
"""0.6 % of AMOUNT, as the third parties take it."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A merchant's account of its own at a third party, so that its statement is about it alone."""

    harness: Harness
    core: httpx.AsyncClient
    channel: str
    payment_id: str

    async def created(self) -> dict[str, Any]:
        return await self.harness.created(
            self.harness.request(self.channel, payment_id=self.payment_id)
        )

    async def paid(self) -> dict[str, Any]:
        payment = await self.created()
        await self.harness.pays(payment["payment_no"])
        await self.harness.becomes(payment["payment_no"], "succeeded")
        return payment

    async def paid_unheard(self) -> dict[str, Any]:
        """Paid without a notification, and the centre's own questions are an hour away."""
        payment = await self.created()
        number = payment["payment_no"]
        lost = {
            "channel": self.channel,
            "operation": "query",
            "fault": "drop_request",
            "payment_no": number,
        }
        fault = await self.harness.sandbox.post("/_control/faults", json=lost)
        await self.harness.pays(number, notify=False)
        await self.harness.rows(
            "UPDATE due_work SET due_at = now() + interval '1 hour' WHERE subject = $1", number
        )
        await self.harness.sandbox.delete(f"/_control/faults/{fault.json()['fault_id']}")
        return payment

    async def compared(
        self, paid_at: datetime, until: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """The statement of that moment's day, fetched now and compared with this result."""
        request = {
            "merchant_id": self.harness.stack.demo["merchant_id"],
            "payment_id": self.payment_id,
            "channel": self.channel,
            "day": await self.day_of(paid_at),
        }
        asked = await self.core.post("/internal/reconciliations", json=request)
        assert asked.status_code == 202, asked.text
        found: dict[str, Any] = {}

        async def is_compared() -> bool:
            answer = await self.core.get(
                f"/internal/reconciliations/{asked.json()['statement_no']}"
            )
            found.update(answer.json())
            compared_at = found["compared_at"]
            return compared_at is not None and found["state"] != "awaited" and until(found)

        await eventually(is_compared, within_s=90)
        return found

    async def becomes(self, statement_no: str, state: str) -> dict[str, Any]:
        found: dict[str, Any] = {}

        async def has_become() -> bool:
            found.update((await self.core.get(f"/internal/reconciliations/{statement_no}")).json())
            return bool(found["state"] == state)

        await eventually(has_become, within_s=90)
        return found

    async def day_of(self, moment: datetime) -> str:
        [row] = await self.harness.rows(
            "SELECT ($1::timestamptz AT TIME ZONE interval '8 hours')::date AS day", moment
        )
        return str(row["day"])


@pytest_asyncio.fixture(loop_scope="session")
async def ledgers(harness: Harness) -> AsyncIterator[list[Ledger]]:
    demo = harness.stack.demo
    token = {"Authorization": f"Bearer {demo['service_token']}"}
    async with (
        Person.signed_in(harness.stack) as person,
        httpx.AsyncClient(base_url=demo["trade_core_url"], headers=token, trust_env=False) as core,
    ):
        opened = []
        for channel in ("wechat", "alipay"):
            merchant = await harness.sandbox.post("/_control/merchants", json={"channel": channel})
            payment_id = await person.account(channel, merchant.json())
            opened.append(Ledger(harness, core, channel, payment_id))
        yield opened


async def test_statement_finds_what_the_centre_did_not_hear_and_what_the_channel_wrote_wrong(
    ledgers: list[Ledger],
) -> None:
    await asyncio.gather(*(_reconciled(ledger) for ledger in ledgers))


async def _reconciled(ledger: Ledger) -> None:
    received = await ledger.paid()
    shown = await ledger.harness.payment(received["payment_no"])
    at = datetime.fromisoformat(shown["paid_at"])
    await ledger.harness.fault(
        channel=ledger.channel, operation="bill", fault="wrong_amount", times=1
    )
    wrong = await ledger.compared(at, lambda found: found["state"] == "differs")
    [difference] = wrong["differences"]["items"]
    assert (difference["kind"], difference["subject"]) == ("amount", received["payment_no"])
    assert (difference["our_amount"], difference["billed_amount"]) == (AMOUNT, AMOUNT + 1)
    assert await ledger.harness.alerts(wrong["day"]) == {"reconciliation.differs"}

    unheard = await ledger.paid_unheard()
    await ledger.compared(at, lambda found: found["state"] in ("comparing", "matched"))
    await ledger.harness.becomes(unheard["payment_no"], "succeeded")
    right = await ledger.compared(at, lambda found: found["state"] == "matched")
    assert set(_states(right).values()) == {"closed"}
    assert (right["payments"], right["paid"], right["fees"]) == (2, 2 * AMOUNT, 2 * FEE)
    assert (right["foreign_rows"], right["fees_booked"]) == (0, None)


def _states(found: dict[str, Any]) -> dict[str, str]:
    return {each["subject"]: each["state"] for each in found["differences"]["items"]}


async def test_a_refund_at_unionpays_console_is_booked_from_its_statement(
    harness: Harness, ledgers: list[Ledger]
) -> None:
    """`money-moved-outside`: UnionPay tells of it nowhere else."""
    now = datetime.now(BEIJING)
    if now.hour == UNIONPAYS_DAY_ENDS_AT:
        pytest.skip("what is traded in this hour stands in tomorrow's file")
    section = (
        await harness.sandbox.post("/_control/merchants", json={"channel": "unionpay"})
    ).json()
    async with Person.signed_in(harness.stack) as person:
        account = await person.account("unionpay", section)
    ledger = Ledger(harness, ledgers[0].core, "unionpay", account)
    payment = await ledger.paid()
    refund = {"payment_no": payment["payment_no"], "amount": 500}
    assert (await harness.sandbox.post("/_control/console-refunds", json=refund)).is_success
    found = await ledger.compared(now, lambda found: found["state"] == "matched")
    assert (found["payments"], found["refunds"], found["fees"]) == (1, 1, FEE - 3)
    assert (await harness.payment(payment["payment_no"]))["amount_refunded"] == 500
    [booked] = await harness.rows(
        "SELECT cause, state, amount FROM refunds WHERE payment_no = $1", payment["payment_no"]
    )
    assert (booked["cause"], booked["state"], booked["amount"]) == ("external", "succeeded", 500)


async def test_the_file_of_a_channel_without_statements_is_brought_by_a_person(
    harness: Harness, ledgers: list[Ledger]
) -> None:
    """Downloaded at the third party's console as it is, uploaded at ours, and compared."""
    section = (await harness.sandbox.post("/_control/merchants", json={"channel": "easy"})).json()
    async with Person.signed_in(harness.stack) as person:
        ledger = Ledger(harness, ledgers[0].core, "easy", await person.account("easy", section))
        payment = await ledger.paid()
        shown = await harness.payment(payment["payment_no"])
        at = datetime.fromisoformat(shown["paid_at"])
        day = await ledger.day_of(at)
        request = {"payment_id": ledger.payment_id, "day": day}
        asked_for = await person.call("POST", "/api/reconciliations", request)
        await ledger.becomes(asked_for["statement_no"], "to_upload")
        asked = {"mer_code": section["mer_code"], "day": day.replace("-", "")}
        file = await harness.sandbox.get("/easy/portal/transactions.csv", params=asked)
        content = base64.b64encode(file.content).decode()
        body = {"payment_id": ledger.payment_id, "day": day, "content": content}
        taken = [await person.call("POST", "/api/reconciliations/uploads", body) for _ in range(2)]
    assert [each["is_repeat"] for each in taken] == [False, True]
    assert (taken[0]["rows"], taken[0]["unreadable_rows"]) == (1, 0)
    found = await ledger.becomes(taken[0]["statement_no"], "matched")
    assert (found["payments"], found["paid"], found["fees"]) == (1, AMOUNT, FEE)
