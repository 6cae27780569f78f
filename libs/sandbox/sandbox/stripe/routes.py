"""Where Stripe listens: the API, and the page of Checkout, in life two hosts.

Source: docs.stripe.com/api
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answering import Call, Done, answer
from sandbox.deps import Deps
from sandbox.faults import Hit, Operation
from sandbox.pages import counter
from sandbox.stripe import payments, refunds
from sandbox.stripe.account import CHANNEL
from sandbox.stripe.replays import Replays
from sandbox.stripe.wire import Asked, Refusal, failures, read, refuse, respond, spoiled
from sandbox.transport import HangUp
from sandbox.truth import Trade

PAGE = "/c/pay/{number}"


@dataclass(frozen=True, slots=True)
class Method:
    """Which operation it is to faults, what it does, and of which payment."""

    operation: Operation
    work: Callable[[Deps, Asked, Hit], Done]
    payment_no: Callable[[Deps, Asked], str] = lambda *_: ""


def _of_known(operation: Operation, work: Callable[[Deps, Trade, Asked, Hit], Done]) -> Method:
    """A method of `/v1/…/{id}`."""

    def trade_of(deps: Deps, asked: Asked) -> Trade:
        return payments.find(deps, asked.account.account_id, asked.path)

    return Method(
        operation,
        lambda deps, asked, hit: work(deps, trade_of(deps, asked), asked, hit),
        lambda deps, asked: trade_of(deps, asked).payment_no,
    )


def _number_in_metadata(deps: Deps, asked: Asked) -> str:
    return asked.fields.get("metadata[payment_no]", "")


def _number_of_latest(deps: Deps, asked: Asked) -> str:
    """A list is about no payment; faults of one payment strike it where that is the newest."""
    trades = deps.truth.list_trades(None, CHANNEL)
    return trades[-1].payment_no if trades else ""


def _number_of_refunded(deps: Deps, asked: Asked) -> str:
    return refunds.original(deps, asked).payment_no


def _number_of_refund(deps: Deps, asked: Asked) -> str:
    return refunds.get_refund(deps, asked)[0].payment_no


def _tell_account(deps: Deps, asked: Asked, hit: Hit) -> Done:
    members = {
        "id": asked.account.account_id,
        "object": "account",
        "business_type": "company",
        "charges_enabled": True,
        "country": "HK",
        "default_currency": "hkd",
        "email": None,
    }
    return Done(respond(members))


METHODS: Mapping[tuple[str, str], Method] = {
    ("POST", "/v1/checkout/sessions"): Method("pay", payments.create_session, _number_in_metadata),
    ("GET", "/v1/checkout/sessions"): Method("query", payments.list_sessions, _number_of_latest),
    ("GET", "/v1/checkout/sessions/{id}"): _of_known("query", payments.tell_session),
    ("POST", "/v1/checkout/sessions/{id}/expire"): _of_known("close", payments.expire_session),
    ("POST", "/v1/payment_intents"): Method("pay", payments.create_intent, _number_in_metadata),
    ("GET", "/v1/payment_intents"): Method("query", payments.list_intents, _number_of_latest),
    ("GET", "/v1/payment_intents/{id}"): _of_known("query", payments.tell_intent),
    ("POST", "/v1/payment_intents/{id}/cancel"): _of_known("close", payments.cancel_intent),
    ("GET", "/v1/charges/{id}"): _of_known("query", payments.tell_charge),
    ("GET", "/v1/disputes/{id}"): _of_known("query", payments.tell_dispute),
    ("POST", "/v1/refunds"): Method("refund", refunds.create, _number_of_refunded),
    ("GET", "/v1/refunds"): Method("query_refund", refunds.list_refunds, _number_of_refunded),
    ("GET", "/v1/refunds/{id}"): Method("query_refund", refunds.tell, _number_of_refund),
    ("GET", "/v1/balance_transactions"): Method("bill", refunds.list_balance),
    ("GET", "/v1/account"): Method("query", _tell_account),
}


def routes(deps: Deps) -> list[Route]:
    replays = Replays()
    return [
        Route(path, partial(_serve, method, replays, deps), methods=[verb])
        for (verb, path), method in METHODS.items()
    ] + [Route(PAGE, partial(_page, deps), methods=["GET", "POST"])]


async def _serve(
    method: Method, replays: Replays, deps: Deps, request: Request
) -> Response | HangUp:
    try:
        asked = await read(deps, request)
        number = method.payment_no(deps, asked)
        call = Call(CHANNEL, method.operation, number, failures(asked))
        return await answer(deps, call, partial(_work, method, replays, deps, asked))
    except Refusal as refusal:
        return refuse(refusal)


def _work(method: Method, replays: Replays, deps: Deps, asked: Asked, hit: Hit) -> Done:
    """Once by its key; what fails in Stripe's own house is answered the same to every repeat."""
    if (known := replays.find(asked)) is not None:
        return Done(known)
    try:
        done = method.work(deps, asked, hit)
    except Refusal as refusal:
        if refusal.is_kept:
            replays.keep(asked, refusal)
        raise
    is_broken = "status_500" in hit
    replays.keep(asked, failures(asked).broken if is_broken else done.response)
    return Done(spoiled(done.response), done.opened) if "tamper" in hit else done


async def _page(deps: Deps, request: Request) -> Response:
    trade = deps.truth.find_trade_by_token(request.path_params["number"])
    return await counter(deps, request, trade, _way_back)


def _way_back(trade: Trade, is_paid: bool) -> str:
    url = str(trade.details["success_url" if is_paid else "cancel_url"])
    return url.replace("{CHECKOUT_SESSION_ID}", trade.number)
