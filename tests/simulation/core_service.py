"""The gateway's way to trade-core: HTTP without the wire, and the real functions behind it."""

from collections.abc import Callable, Coroutine, Mapping
from types import SimpleNamespace
from typing import Any, Final, TypeVar, cast

from fastapi import Request, Response
from pydantic import BaseModel
from tests.simulation import network
from tests.simulation.bus import Bus
from tests.simulation.harness import Harness
from tests.simulation.replica import Replica

from chassis.problems import Forwarded, Internal, Overloaded, Problem
from contracts.internal import (
    ChooseChannel,
    CloseOrderFor,
    NoStatement,
    OpenPayment,
    OpenRefund,
    OpenSplit,
    StatementPage,
    TakeResults,
)
from foundation.service_client import CALL_LIMIT_S, Service
from trade_core.api import payments, reconciliations, refunds, splits
from trade_core.flows import take_results
from trade_core.flows.deps import Deps

LIMIT_S: Final = 5.0

M = TypeVar("M", bound=BaseModel)

Host = Callable[[], Replica | None]
"""One of the replicas that are up."""


class CoreService(Service):
    """trade-core, as the gateway asks it."""

    def __init__(self, harness: Harness, host: Host, bus: Bus) -> None:
        self._harness = harness
        self._host = host
        self._bus = bus

    async def get(
        self, answer: type[M], path: str, params: Mapping[str, str | int | None] | None = None
    ) -> M:
        return await self._ask(answer, "GET", path, params or {})

    async def post(
        self,
        answer: type[M],
        path: str,
        *,
        body: BaseModel | None = None,
        params: Mapping[str, str | int | None] | None = None,
        timeout_s: float = CALL_LIMIT_S,
    ) -> M:
        return await self._ask(answer, "POST", path, body)

    async def _ask(self, answer: type[M], verb: str, path: str, given: Any) -> M:
        host = self._host()

        async def work() -> BaseModel | Response:
            answer = await _route(cast(Replica, host).deps, verb, path, given)
            if isinstance(given, TakeResults):
                self._bus.by_http += [record.key for record in given.records]
            return answer

        try:
            process = host.process if host else None
            answered = await network.call(self._harness, process, work, LIMIT_S)
        except network.CallLost as error:
            raise Overloaded("A service behind this one does not answer.") from error
        except network.ServerError as error:
            raise Internal from error
        except Problem as problem:
            raise Forwarded(
                problem.status, problem.body(""), retry_after_s=problem.retry_after_s
            ) from problem
        raw = bytes(answered.body) if isinstance(answered, Response) else answered.model_dump_json()
        return answer.model_validate_json(raw)


def _route(
    deps: Deps, verb: str, path: str, given: Any
) -> Coroutine[Any, Any, BaseModel | Response]:
    match verb, path.split("/")[2:]:
        case "POST", ["payments"]:
            return payments.post_payment(_request(cast(OpenPayment, given), deps))
        case "GET", ["payments", payment_no]:
            return payments.get_payment(payment_no, deps, given.get("app_id"))
        case "GET", ["payments", payment_no, "checkout"]:
            return payments.get_checkout(payment_no, deps)
        case "POST", ["results"]:
            return take_results.take(deps, cast(TakeResults, given).records)
        case "POST", ["payments", payment_no, "channel"]:
            return payments.post_channel(payment_no, cast(ChooseChannel, given), deps)
        case "GET", ["orders", number]:
            return payments.get_order(number, given["app_id"], given["merchant_id"], deps)
        case "POST", ["orders", number, "close"]:
            return payments.post_close(number, cast(CloseOrderFor, given), deps)
        case "POST", ["statements", number, _]:
            return _statement_route(number, given, deps)
        case "POST", ["splits" | "refunds"]:
            return _money_route(given, deps)
        case _:
            raise KeyError(path)


def _money_route(given: OpenSplit | OpenRefund, deps: Deps) -> Coroutine[Any, Any, Response]:
    if isinstance(given, OpenSplit):
        return splits.post_split(given, deps)
    return refunds.post_refund(given, deps)


def _statement_route(
    number: str, given: StatementPage | NoStatement, deps: Deps
) -> Coroutine[Any, Any, BaseModel | Response]:
    if isinstance(given, NoStatement):
        return reconciliations.post_no_statement(number, given, deps)
    return reconciliations.post_statement_page(number, given, deps)


def _request(given: BaseModel, deps: Deps) -> Request:
    """As it comes in where an endpoint reads the request itself."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": given.model_dump_json().encode()}

    app = SimpleNamespace(state=SimpleNamespace(deps=deps))
    return Request({"type": "http", "headers": [], "app": app}, receive)
