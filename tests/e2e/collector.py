"""A collector of traces: takes what services send by OTLP over HTTP, and keeps it."""

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from paymesh_local.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Span:
    """Ids are hexadecimal; `links`: the traces that it is linked to."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    facts: dict[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()


class Collector:
    """Use as `async with Collector() as collector`."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.url = ""
        self._arrival = asyncio.Condition()
        application = web.Application()
        application.router.add_post("/v1/traces", self._receive)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        self.url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def of_trace(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans if span.trace_id == trace_id]

    async def until(self, holds: Callable[[], bool], *, within_s: float = 60) -> None:
        """Return when it holds for what has arrived.

        Raises:
            TimeoutError: it did not.
        """
        async with asyncio.timeout(within_s), self._arrival:
            await self._arrival.wait_for(holds)

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        async with self._arrival:
            self.spans += _spans(body)
            self._arrival.notify_all()
        return web.Response(content_type="application/x-protobuf")


def _spans(body: bytes) -> list[Span]:
    sent = ExportTraceServiceRequest.FromString(body)
    return [
        Span(
            service=_facts(of_service.resource.attributes)["service.name"],
            name=span.name,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            facts=_facts(span.attributes),
            links=tuple(link.trace_id.hex() for link in span.links),
        )
        for of_service in sent.resource_spans
        for scope in of_service.scope_spans
        for span in scope.spans
    ]


def _facts(attributes: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value")
        for each in attributes
    }
