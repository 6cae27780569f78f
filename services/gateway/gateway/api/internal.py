"""/internal: for our own services; each route names those that may call it."""

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Depends, Request, Response

from chassis.web import CalledBy, answer, parse, read_json_object, read_message
from contracts.identifiers import is_id
from contracts.internal import (
    MAX_UPLOAD_BYTES,
    AskWho,
    CheckCredentials,
    CheckRefund,
    ChooseOffer,
    ClockReading,
    InspectSignature,
    PayerCame,
    PayHere,
    SealAnew,
    TryAccount,
    UploadStatement,
)
from foundation.seal_anew import seal_anew
from gateway.admission.inspection import inspect
from gateway.api.signed_calls import DepsOf
from gateway.flows import (
    cashier,
    choices,
    counter_codes,
    payers,
    payment_links,
    refunds,
    registration,
    statements,
)

BY_ADMIN: Final = [Depends(CalledBy("merchant-admin"))]
BY_CASHIER: Final = [Depends(CalledBy("cashier"))]

MAX_SEALED_BYTES: Final = 1_048_576
"""Credentials of three generations of an account."""

MAX_INSPECTED_BYTES: Final = 1_048_576
"""A body of the API and the text that was signed, both escaped as JSON."""

MAX_UPLOADED_BYTES: Final = MAX_UPLOAD_BYTES * 4 // 3 + 1_024
"""A file as base64."""

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/channels", dependencies=BY_ADMIN)
async def list_channels(deps: DepsOf) -> Response:
    return answer(registration.list_channels(deps))


@router.post("/channels/{channel}/credentials", dependencies=BY_ADMIN)
async def check_credentials(channel: str, request: Request, deps: DepsOf) -> Response:
    _, body = await read_json_object(request)
    return answer(registration.check_credentials(deps, channel, parse(CheckCredentials, body)))


@router.post("/channel-accounts/{payment_id}/test", dependencies=BY_ADMIN)
async def try_account(payment_id: str, request: Request, deps: DepsOf) -> Response:
    _, body = await read_json_object(request)
    return answer(await registration.try_account(deps, payment_id, parse(TryAccount, body)))


@router.post("/channel-accounts/{payment_id}/refunds/check", dependencies=BY_ADMIN)
async def check_refund(payment_id: str, request: Request, deps: DepsOf) -> Response:
    _, body = await read_json_object(request)
    refunds.check(deps, payment_id, parse(CheckRefund, body))
    return Response(status_code=204)


@router.post("/channel-accounts/{payment_id}/statements", dependencies=BY_ADMIN)
async def upload_statement(payment_id: str, request: Request, deps: DepsOf) -> Response:
    asked = await read_message(request, UploadStatement, limit_bytes=MAX_UPLOADED_BYTES)
    return answer(await statements.take_file(deps, payment_id, asked))


@router.post("/seal-anew", dependencies=BY_ADMIN)
async def seal(request: Request, deps: DepsOf) -> Response:
    asked = await read_message(request, SealAnew, limit_bytes=MAX_SEALED_BYTES)
    return answer(seal_anew(deps.opener, asked))


@router.post("/signatures/inspect", dependencies=BY_ADMIN)
async def inspect_signature(request: Request, deps: DepsOf) -> Response:
    asked = await read_message(request, InspectSignature, limit_bytes=MAX_INSPECTED_BYTES)
    found = inspect(deps.directory, asked, api_url=deps.addresses.public, now_s=deps.clock())
    return answer(found)


@router.get("/clock", dependencies=BY_CASHIER)
async def read_clock(deps: DepsOf) -> Response:
    return answer(ClockReading(now=datetime.fromtimestamp(deps.clock(), UTC)))


@router.get("/checkouts/{token}", dependencies=BY_CASHIER)
async def get_checkout(token: str, deps: DepsOf) -> Response:
    return answer(await cashier.get_checkout(deps, token))


@router.get("/logos/{merchant_id}/{mark}", dependencies=BY_CASHIER)
async def get_logo(merchant_id: str, mark: str, deps: DepsOf) -> Response:
    return answer(cashier.get_logo(deps, merchant_id, mark))


@router.post("/checkouts/{token}/channel", dependencies=BY_CASHIER)
async def choose_offer(token: str, request: Request, deps: DepsOf) -> Response:
    _, body = await read_json_object(request)
    return answer(await choices.choose(deps, token, parse(ChooseOffer, body)))


@router.post("/checkouts/{token}/who", dependencies=BY_CASHIER)
async def ask_who(token: str, request: Request, deps: DepsOf) -> Response:
    _, body = await read_json_object(request)
    return answer(await payers.ask_who(deps, token, parse(AskWho, body)))


@router.post("/checkouts/{token}/check", dependencies=BY_CASHIER)
async def check(token: str, deps: DepsOf) -> Response:
    return answer(await cashier.check(deps, token))


@router.post("/payers", dependencies=BY_CASHIER)
async def payer_came(request: Request, deps: DepsOf) -> Response:
    _, body = await read_json_object(request)
    return answer(await payers.came(deps, parse(PayerCame, body)))


@router.get("/pay-points/{point_id}", dependencies=BY_CASHIER)
async def get_pay_point(point_id: str, deps: DepsOf) -> Response:
    if is_id("counter_code", point_id):
        return answer(counter_codes.show(deps, point_id))
    return answer(await payment_links.show(deps, point_id))


@router.post("/pay-points/{point_id}/payments", dependencies=BY_CASHIER)
async def pay_here(point_id: str, request: Request, deps: DepsOf) -> Response:
    _, body = await read_json_object(request)
    asked = parse(PayHere, body)
    if is_id("counter_code", point_id):
        return answer(await counter_codes.begin(deps, point_id, asked))
    return answer(await payment_links.begin(deps, point_id, asked))


@router.get("/counter-codes/{code_id}/address", dependencies=BY_ADMIN)
async def get_code_address(code_id: str, deps: DepsOf) -> Response:
    return answer(counter_codes.address(deps, code_id))
