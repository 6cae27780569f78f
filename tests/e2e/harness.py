"""An app at work and all it deals with: the centre, the payers, the third parties, its own ears."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
from tests.builders.results import payment_result_of
from tests.e2e import journey
from tests.e2e.channels import METHOD
from tests.e2e.running import RunningStack, eventually

from chassis.producer import Message, Producer
from contracts import record_proof, topics
from contracts.events.results import (
    PAYMENT_RESULT,
    SOURCE,
    PaymentResultRecord,
    Source,
    Verdict,
)
from contracts.identifiers import new_id
from foundation.record_proof import stamped
from paymesh_local.callbacks import Callback, CallbackReceiver
from paymesh_local.client import ApiClient, AppCredentials

Row = asyncpg.Record


@dataclass(frozen=True, slots=True)
class Harness:
    """Use as `async with Harness.open(stack, app) as harness`; the faults it sets end with it."""

    stack: RunningStack
    api: ApiClient
    callbacks: CallbackReceiver
    sandbox: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def open(cls, stack: RunningStack, app: AppCredentials) -> AsyncIterator["Harness"]:
        demo = stack.demo
        async with (
            ApiClient(demo["gateway_url"], app) as api,
            CallbackReceiver(app.webhook_secret) as callbacks,
            httpx.AsyncClient(base_url=demo["sandbox_url"], trust_env=False) as sandbox,
        ):
            try:
                yield cls(stack, api, callbacks, sandbox)
            finally:
                await sandbox.delete("/_control/faults")

    # ── what the app does ─────────────────────────────────────────────────────────────────────

    def request(self, channel: str = "wechat", **changes: Any) -> dict[str, Any]:
        usual = {"method": METHOD[channel], "notify_url": self.callbacks.url}
        return journey.request(self.stack.demo, channel, **usual | changes)

    async def ask(self, body: dict[str, Any]) -> httpx.Response:
        return await self.api.post("/v1/payments", body)

    async def created(self, body: dict[str, Any]) -> dict[str, Any]:
        return await journey.created(self.api, body)

    async def paid(self, channel: str = "wechat", **changes: Any) -> dict[str, Any]:
        """A payment that was paid and told."""
        payment = await self.created(self.request(channel, **changes))
        await self.pays(payment["payment_no"])
        await self.becomes(payment["payment_no"], "succeeded")
        return payment

    async def ask_refund(
        self, payment: dict[str, Any], amount: int, number: str | None = None
    ) -> httpx.Response:
        request = {
            "merchant_id": payment["merchant_id"],
            "payment_id": payment["payment_id"],
            "payment_no": payment["payment_no"],
            "merchant_refund_no": number or f"T{uuid.uuid4().hex}",
            "amount": amount,
            "notify_url": self.callbacks.url,
        }
        return await self.api.post("/v1/refunds", request)

    async def refunded(self, payment: dict[str, Any], amount: int) -> str:
        """The refund_no of a refund that was accepted and is on its way."""
        answer = await self.ask_refund(payment, amount)
        assert answer.status_code == 201, answer.text
        number: str = answer.json()["refund_no"]
        return number

    async def close(self, body: dict[str, Any]) -> httpx.Response:
        request = {"merchant_id": body["merchant_id"]}
        return await self.api.post(f"/v1/orders/{body['merchant_order_no']}/close", request)

    async def order(self, body: dict[str, Any]) -> dict[str, Any]:
        number, merchant = body["merchant_order_no"], body["merchant_id"]
        answer = await self.api.get(f"/v1/orders/{number}?merchant_id={merchant}")
        assert answer.status_code == 200, answer.text
        order: dict[str, Any] = answer.json()
        return order

    async def payment(self, payment_no: str) -> dict[str, Any]:
        return await journey.payment_of(self.api, payment_no)

    async def becomes(self, payment_no: str, *statuses: str, within_s: float = 60) -> None:
        await eventually(journey.has_status(self.api, payment_no, *statuses), within_s=within_s)

    async def refund_becomes(self, refund_no: str, status: str, *, within_s: float = 60) -> None:
        next_check = journey.refund_has_status(self.api, refund_no, status)
        await eventually(next_check, within_s=within_s)

    async def receives(self, kind: str, number: str, *, within_s: float = 60) -> Callback:
        """The callback of this type about this payment or refund."""
        callback = await self.callbacks.expect(journey.tells(kind, number), within_s=within_s)
        assert callback.is_authentic
        return callback

    # ── what payers, banks and bad luck do ────────────────────────────────────────────────────

    async def pays(self, payment_no: str, **how: Any) -> None:
        await journey.paid(self.sandbox, payment_no, **how)

    async def fault(self, **wanted: Any) -> None:
        await journey.fault(self.sandbox, **wanted)

    async def faults_end(self) -> None:
        await self.sandbox.delete("/_control/faults")

    async def trade(self, payment_no: str) -> dict[str, Any] | None:
        """What the third party itself knows of this number."""
        return await journey.trade_at_channel(self.sandbox, payment_no)

    async def channel_says(
        self, payment: dict[str, Any], *words: tuple[Source, Verdict], **more: Any
    ) -> None:
        """Words of the channel that the gateway tells out of turn: late, twice or wrong."""
        shared = record_proof.hmac_keys(self.stack.record_key)
        stamp = stamped(shared, (topics.PAYMENT_RESULTS,))
        producer = Producer(self.stack.demo["kafka_bootstrap"], "tests", stamp=stamp)
        await producer.start()
        try:
            for source, verdict in words:
                await producer.send(_record(payment, source, verdict, more))
        finally:
            await producer.stop()

    # ── what stands in the centre's own books ─────────────────────────────────────────────────

    async def rows(self, query: str, *args: object) -> list[Row]:
        database = await asyncpg.connect(self.stack.demo["database_urls"]["trade_core"])
        try:
            return await database.fetch(query, *args)
        finally:
            await database.close()

    async def time_comes(self, *subjects: str) -> None:
        """What the centre looks at again later (payment_no, refund_no) is due now."""
        await self.rows(
            "UPDATE due_work SET due_at = now() WHERE subject = ANY ($1::text[])", subjects
        )

    async def looked_at_until(self, condition: Callable[[], Any], *subjects: str) -> None:
        """As `eventually`, while the centre's clock seems to run: whatever waits is due."""

        async def holds() -> bool:
            await self.time_comes(*subjects)
            if await condition():
                return True
            await asyncio.sleep(0.5)
            return False

        await eventually(holds, within_s=90)

    async def balances(self, numbers: Collection[str]) -> dict[str, int]:
        """The ledger's postings about these payments and refunds: what is not zero, by purpose."""
        rows = await self.rows(
            "SELECT purpose, sum(amount)::bigint AS sum FROM ledger_posting p"
            " JOIN ledger_transaction t ON t.id = p.transaction_id"
            " WHERE t.subject = ANY ($1::text[]) GROUP BY purpose",
            list(numbers),
        )
        return {row["purpose"]: row["sum"] for row in rows if row["sum"]}

    async def alerts(self, number: str) -> set[str]:
        """The kinds of alerts that were raised about this number."""
        rows = await self.rows(
            "SELECT key FROM event_log WHERE topic = $1 AND key LIKE '%:' || $2",
            topics.ALERTS,
            number,
        )
        return {row["key"].partition(":")[0] for row in rows}


def _record(
    payment: dict[str, Any], source: Source, verdict: Verdict, more: dict[str, Any]
) -> Message:
    result = payment_result_of(
        {
            "payment_no": payment["payment_no"],
            "payment_id": payment["payment_id"],
            "channel": payment["channel"],
            "source": source,
            "verdict": verdict,
            **more,
        }
    )
    record = PaymentResultRecord(
        id=new_id("event"),
        source=SOURCE,
        type=PAYMENT_RESULT,
        subject=result.payment_no,
        time=datetime.now(UTC),
        data=result,
    )
    return Message(
        topics.PAYMENT_RESULTS, result.payment_no, record.to_bytes(), headers=record.headers()
    )
