"""One trace over all hops of a real payment, from the app's call to the callback."""

import json
import secrets

import httpx
import pytest
from tests.e2e.collector import Collector, Span
from tests.e2e.journey import created, paid, request, tells
from tests.e2e.running import RunningStack

from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOPS = [
    ("gateway", "POST /v1/payments"),
    ("gateway", "POST 127.0.0.1"),
    ("trade-core", "POST /internal/payments"),
    ("gateway", "channel wechat"),
    ("gateway", "publish results"),
    ("trade-core", "apply payment.result"),
    ("notifier", "callback payment.succeeded"),
]


async def test_one_trace_goes_from_the_apps_call_to_the_callback(
    stack: RunningStack,
    collector: Collector,
    sandbox: httpx.AsyncClient,
    callbacks: CallbackReceiver,
) -> None:
    """The webhook begins a trace of its own, to which that of the payment is linked: in this stack
    only those are recorded that the app asked for."""
    trace_id, app_span = secrets.token_hex(16), secrets.token_hex(8)
    headers = {"traceparent": f"00-{trace_id}-{app_span}-01"}
    async with ApiClient(stack.demo["gateway_url"], stack.app, headers=headers) as api:
        payment = await created(api, request(stack.demo, notify_url=callbacks.url))
    await paid(sandbox, payment["payment_no"])
    await callbacks.expect(tells("payment.succeeded", payment["payment_no"]))

    def is_whole() -> bool:
        spans = collector.of_trace(trace_id)
        has_hops = {(span.service, span.name) for span in spans} >= set(HOPS)
        return has_hops and ancestry(spans, HOPS[-1][1])[-1] == app_span

    await collector.until(is_whole)
    spans = collector.of_trace(trace_id)
    assert ancestry(spans, HOPS[-1][1])[:2] == ["callback payment.succeeded", HOPS[-2][1]]
    (webhook,) = [link for span in spans for link in span.links]
    assert webhook != trace_id
    logged = {name: trace_ids_logged(stack, name) for name in ("gateway", "trade-core", "notifier")}
    assert trace_id in logged["gateway"]
    assert webhook in logged["gateway"]


def ancestry(spans: list[Span], name: str) -> list[str]:
    """The names from this span up to that which the app named as its own."""
    by_id = {span.span_id: span for span in spans}
    span = next(span for span in spans if span.name == name)
    names = [span.name]
    while span.parent_id in by_id:
        span = by_id[span.parent_id]
        names.append(span.name)
    return [*names, span.parent_id]


def trace_ids_logged(stack: RunningStack, service: str) -> set[str]:
    found = set()
    for line in (stack.folder / "logs" / f"{service}.log").read_text().splitlines():
        if line.startswith("{"):
            found.add(json.loads(line).get("trace_id", ""))
    return found
