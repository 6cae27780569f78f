"""The control API of the sandbox: what payers, banks and bad luck do, on request.

Loopback only. JSON in and out; errors are RFC 9457 problems.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import codes, outside, payer
from sandbox.bodies import read_body
from sandbox.control_requests import (
    BounceRequest,
    ConsoleRefundRequest,
    DisputeRequest,
    FaultRequest,
    MerchantRequest,
    PayRequest,
    RefundRequest,
    SettingsRequest,
    WonRequest,
)
from sandbox.deps import Deps, Party
from sandbox.faults import Fault
from sandbox.views import refund_view, truth_view

M = TypeVar("M", bound=BaseModel)


class Problem(Exception):
    """A control call that cannot be done; told as problem+json."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"title": code, "status": status, "code": code, "detail": detail}


Endpoint = Callable[[Deps, Request], Awaitable[Response]]


def routes(deps: Deps) -> list[Route]:
    table: list[tuple[str, str, Endpoint]] = [
        ("POST", "/pay", pay),
        ("POST", "/refunds", decide_refund),
        ("POST", "/console-refunds", refund_in_console),
        ("POST", "/bounces", bounce),
        ("POST", "/disputes", dispute),
        ("POST", "/disputes/won", win_dispute),
        ("GET", "/truth", tell_truth),
        ("POST", "/faults", add_fault),
        ("GET", "/faults", list_faults),
        ("DELETE", "/faults", clear_faults),
        ("DELETE", "/faults/{fault_id}", remove_fault),
        ("POST", "/settings", change_settings),
        ("GET", "/settings", tell_settings),
        ("GET", "/credentials", tell_credentials),
        ("POST", "/merchants", open_merchant),
        ("GET", "/certificates", tell_certificates),
        ("POST", "/certificates", rotate_certificate),
    ]
    return [
        Route(f"/_control{path}", partial(_guarded, endpoint, deps), methods=[method])
        for method, path, endpoint in table
    ]


async def pay(deps: Deps, request: Request) -> Response:
    """The payer pays the trade of this number; the newest, where several have it."""
    requested = await _read(request, PayRequest)
    trades = deps.truth.list_trades(requested.payment_no, None)
    if not trades:
        raise Problem(404, "not_found", "no third party knows this number")
    payable = [trade for trade in trades if trade.state == "created"]
    if not payable:
        raise Problem(409, "not_payable", f"this trade is {trades[-1].state}")
    if codes.is_too_old(deps, payable[-1]):
        raise Problem(409, "code_too_old", "its code is too old; the same order gives a fresh one")
    payer.pay(deps, payable[-1], amount=requested.amount, notify=requested.notify)
    return _json(truth_view(deps, payable[-1:])[0])


async def decide_refund(deps: Deps, request: Request) -> Response:
    """What the bank says about a refund that is still processing."""
    requested = await _read(request, RefundRequest)
    refunds = deps.truth.list_refunds_named(requested.refund_no)
    if not refunds:
        raise Problem(404, "not_found", "no third party knows this refund")
    open_refunds = [refund for refund in refunds if refund.state == "processing"]
    if not open_refunds:
        raise Problem(409, "decided", f"this refund is {refunds[-1].state} already")
    channel = open_refunds[-1].channel
    if requested.state not in deps.parties[channel].refund_ends:
        raise Problem(422, "no_such_end", f"{channel} knows no refund that is {requested.state}")
    payer.decide(deps, open_refunds[-1], requested.state)
    return _json(refund_view(open_refunds[-1]))


async def refund_in_console(deps: Deps, request: Request) -> Response:
    """A person refunds in the third party's own console; the newest trade of this number."""
    requested = await _read(request, ConsoleRefundRequest)
    trades = deps.truth.list_trades(requested.payment_no, None)
    if not trades:
        raise Problem(404, "not_found", "no third party knows this number")
    try:
        refund = outside.refund_in_console(
            deps, trades[-1], requested.amount, notify=requested.notify
        )
    except outside.NotRefundable as error:
        raise Problem(409, "not_refundable", f"too much, or not paid: {error}") from error
    return _json(refund_view(refund), 201)


async def bounce(deps: Deps, request: Request) -> Response:
    """The payer's bank sends a refund back that had succeeded."""
    requested = await _read(request, BounceRequest)
    refunds = deps.truth.list_refunds_named(requested.refund_no)
    if not refunds:
        raise Problem(404, "not_found", "no third party knows this refund")
    try:
        outside.bounce(deps, refunds[-1], notify=requested.notify)
    except outside.NotReturned as error:
        raise Problem(409, "not_returned", f"this refund is {error}") from error
    return _json(refund_view(refunds[-1]))


async def dispute(deps: Deps, request: Request) -> Response:
    """The payer's bank takes the money back; the newest trade of this number, where banks do so."""
    requested = await _read(request, DisputeRequest)
    found = deps.truth.list_trades(requested.payment_no, None)
    trades = [each for each in found if deps.parties[each.channel].has_disputes]
    if not trades:
        raise Problem(404, "not_found", "no third party with disputes knows this number")
    try:
        outside.dispute(deps, trades[-1], requested.amount, notify=requested.notify)
    except outside.NotRefundable as error:
        raise Problem(409, "not_disputable", f"too much, or not paid: {error}") from error
    return _json(truth_view(deps, trades[-1:])[0], 201)


async def win_dispute(deps: Deps, request: Request) -> Response:
    """The payer's bank gives the money back that it took of the trade of this number."""
    requested = await _read(request, WonRequest)
    found = deps.truth.list_trades(requested.payment_no, None)
    trades = [each for each in found if "dispute" in each.details]
    if not trades:
        raise Problem(404, "not_found", "no dispute is about this number")
    outside.win(deps, trades[-1], notify=requested.notify)
    return _json(truth_view(deps, trades[-1:])[0])


async def tell_truth(deps: Deps, request: Request) -> Response:
    """Every trade, or those of one payment number or channel."""
    query = request.query_params
    trades = deps.truth.list_trades(query.get("payment_no"), query.get("channel"))
    return _json({"trades": truth_view(deps, trades)})


async def add_fault(deps: Deps, request: Request) -> Response:
    requested = await _read(request, FaultRequest)
    if requested.channel not in ("*", *deps.parties):
        raise _no_such_channel()
    fault = Fault(
        channel=requested.channel,
        operation=requested.operation,
        kind=requested.fault,
        times=requested.times,
        probability=requested.probability,
        delay_s=requested.delay_s,
        payment_no=requested.payment_no,
    )
    return _json({"fault_id": deps.faults.add(fault)}, 201)


async def list_faults(deps: Deps, request: Request) -> Response:
    return _json({"faults": [_fault(fault) for fault in deps.faults.in_force()]})


async def clear_faults(deps: Deps, request: Request) -> Response:
    deps.faults.clear()
    return Response(status_code=204)


async def remove_fault(deps: Deps, request: Request) -> Response:
    if not deps.faults.remove(request.path_params["fault_id"]):
        raise Problem(404, "not_found", "no such fault is in force")
    return Response(status_code=204)


async def change_settings(deps: Deps, request: Request) -> Response:
    requested = await _read(request, SettingsRequest)
    for name, value in requested.model_dump(exclude_none=True).items():
        setattr(deps.settings, name, value)
    return _json(asdict(deps.settings))


async def tell_settings(deps: Deps, request: Request) -> Response:
    return _json(asdict(deps.settings))


async def tell_credentials(deps: Deps, request: Request) -> Response:
    """The sections of demo.json: what the first merchant of each channel was given."""
    return _json(
        {
            name: section(deps.accounts(party.kind).first(), deps.public_url)
            for party in deps.parties.values()
            for name, section in _sections(party).items()
        }
    )


async def open_merchant(deps: Deps, request: Request) -> Response:
    """One more merchant at a channel; answers its section."""
    requested = await _read(request, MerchantRequest)
    for party in deps.parties.values():
        if section := _sections(party).get(requested.channel):
            try:
                account = deps.accounts(party.kind).open(requested.sort)
            except ValueError as error:
                raise Problem(422, "invalid_request", f"/sort: {error}") from error
            return _json(section(account, deps.public_url), 201)
    raise _no_such_channel()


async def tell_certificates(deps: Deps, request: Request) -> Response:
    """What certificate mode needs; `merchant=` names another than the first merchant."""
    merchant = request.query_params.get("merchant", "")
    return _json(
        {
            name: party.certificates(deps, merchant)
            for name, party in deps.parties.items()
            if party.certificates
        }
    )


async def rotate_certificate(deps: Deps, request: Request) -> Response:
    """The channel that has certificates of its own issues a further one."""
    rotate = next(party.rotate for party in deps.parties.values() if party.rotate)
    return _json(rotate(deps), 201)


def _sections(party: Party[Any]) -> Mapping[str, Callable[[Any, str], dict[str, str]]]:
    return {party.name: party.kind.section, **party.products}


def _no_such_channel() -> Problem:
    return Problem(422, "invalid_request", "/channel: no third party has this name")


async def _guarded(endpoint: Endpoint, deps: Deps, request: Request) -> Response:
    try:
        if request.client is None or not ipaddress.ip_address(request.client.host).is_loopback:
            raise Problem(403, "forbidden", "the control API answers on loopback only")
        return await endpoint(deps, request)
    except Problem as problem:
        return _json(problem.body, problem.status, "application/problem+json")


async def _read(request: Request, model: type[M]) -> M:
    try:
        return model.model_validate_json(await read_body(request))
    except ValidationError as error:
        wrong = [
            f"/{'/'.join(str(part) for part in each['loc'])}: {each['msg']}"
            for each in error.errors(include_url=False)
        ]
        raise Problem(422, "invalid_request", "; ".join(wrong)) from error


def _json(
    content: dict[str, Any], status: int = 200, media_type: str = "application/json"
) -> Response:
    return Response(orjson.dumps(content), status, media_type=media_type)


def _fault(fault: Fault) -> dict[str, Any]:
    content = asdict(fault)
    return {"fault_id": content.pop("fault_id"), "fault": content.pop("kind")} | content
