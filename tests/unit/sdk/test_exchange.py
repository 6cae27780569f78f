"""Sent again only where that is safe, with the same numbers and a new nonce."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.unit.sdk.prepared_centre import NO, ORDER, Centre, order, page, payment, problem

from paymesh import (
    AnswerLost,
    AsyncPaymesh,
    Conflict,
    InvalidRequest,
    NotConnected,
    NotFound,
    NotSendable,
    NotSettled,
    PaymentView,
    Paymesh,
    PaymeshError,
    TooBusy,
    TooSoon,
    Unknown,
)
from paymesh.errors import ApiError, PaymentInProgress
from paymesh.models import OtherAction, PaymentLinkView, QrCodeAction
from paymesh.sandbox import Sandbox

CREATED = httpx.Response(201, json=payment())
REFUSED = httpx.ConnectError("refused")
LOST = httpx.ReadTimeout("no answer")


def create(centre: Centre) -> PaymentView:
    return centre.client().payments.create(**ORDER)


@pytest.mark.parametrize(
    "first",
    [
        REFUSED,
        problem(429, "rate_limited", after_s=1),
        problem(503, "overloaded", after_s=1),
        problem(409, "payment_in_progress", after_s=1),
    ],
)
def test_what_surely_did_nothing_is_sent_again(
    first: httpx.Response | Exception, slept: list[float]
) -> None:
    centre = Centre(first, httpx.Response(201, json=payment()))
    assert create(centre).payment_no == NO
    assert centre.requests[0].content == centre.requests[1].content
    assert len(set(centre.nonces)) == 2
    assert len(slept) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (LOST, AnswerLost),
        (httpx.DecodingError("no gzip"), AnswerLost),
        (httpx.Response(502, text="<html>"), AnswerLost),
        (problem(504, "unknown", payment=payment(status="unknown")), Unknown),
        (problem(503, "overloaded"), TooBusy),
        (problem(429, "rate_limited", after_s=600), TooBusy),
        (problem(409, "too_soon", after_s=3), TooSoon),
        (problem(422, "invalid_request"), InvalidRequest),
        (httpx.Response(201, text="{}"), AnswerLost),
    ],
)
def test_a_create_that_may_have_worked_or_never_will_is_not_sent_again(
    answer: httpx.Response | Exception, error: type[Exception], slept: list[float]
) -> None:
    centre = Centre(answer)
    with pytest.raises(error):
        create(centre)
    assert (len(centre.requests), slept) == (1, [])


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"amount": "1299"}, "/amount"),
        ({"amount": 12.99}, "/amount"),
        ({"method": 7}, "/method"),
        ({"payer": {"open_id": "o1"}}, "/payer/open_id"),
        ({"metadata": {"area": float("nan")}}, "/metadata"),
        ({"metadata": {"areas": [float("inf")]}}, "/metadata"),
        ({"subject": "half \ud83d"}, ""),
        ({"metadata": {"half \ud83d": 1}}, ""),
    ],
)
def test_what_cannot_be_said_is_an_error_of_ours_and_nothing_is_sent(
    wrong: dict[str, Any], pointer: str
) -> None:
    centre = Centre()
    order = {"merchant_id": "M1", "merchant_order_no": "W1", "amount": 1, "subject": "s"}
    with pytest.raises(NotSendable) as caught:
        centre.client().payments.create(**{**order, **wrong})
    assert (caught.value.faults[0].pointer, centre.requests) == (pointer, [])
    assert isinstance(caught.value, PaymeshError)


def test_a_number_that_is_none_is_not_asked_about() -> None:
    paymesh = Centre().client()
    for number in ("", "half \ud83d"):
        with pytest.raises(NotSendable):
            paymesh.payments.get(number)
        with pytest.raises(NotSendable):
            paymesh.orders.get(number, merchant_id="M1")
    with pytest.raises(NotSendable):
        next(paymesh.payments.list(status="\ud83d"))


@pytest.mark.parametrize(
    ("given", "patience_s"),
    [({}, [15, 40]), ({"timeout": 7}, [7, 7]), ({"timeout": None}, [None] * 2)],
)
def test_only_a_payment_waits_as_long_as_a_channel_may_take(
    given: dict[str, Any], patience_s: list[float | None]
) -> None:
    centre = Centre(httpx.Response(200, json=payment(order=order())), CREATED)
    with httpx.Client(transport=httpx.MockTransport(centre), **given) as own:
        paymesh = Paymesh("https://pay.example", app_id="A1", key_id="K1", secret="s", http=own)
        paymesh.payments.get(NO)
        paymesh.payments.create(**ORDER)
    assert [each.extensions["timeout"]["read"] for each in centre.requests] == patience_s


ASKED: dict[str, Callable[[Paymesh], object]] = {
    "payment": lambda paymesh: paymesh.payments.get(NO),
    "order": lambda paymesh: paymesh.orders.get("W1", merchant_id="M1"),
    "close": lambda paymesh: paymesh.orders.close("W1", merchant_id="M1"),
    "list": lambda paymesh: next(paymesh.payments.list()),
    "events": lambda paymesh: paymesh.events.page(),
    "capabilities": lambda paymesh: paymesh.capabilities.get(merchant_id="M1"),
    "refund": lambda paymesh: paymesh.refunds.create(
        merchant_id="M1", payment_id="C1", payment_no=NO, merchant_refund_no="R1", amount=1
    ),
    "link": lambda paymesh: paymesh.payment_links.create(merchant_id="M1", subject="s", amount=1),
    "payment made": lambda paymesh: paymesh.payments.create(**ORDER),
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_centre_that_hangs_is_given_up_within_half_a_minute(
    asked: str, slept: list[float]
) -> None:
    with pytest.raises(AnswerLost):
        ASKED[asked](Centre(then_hangs=True).client())
    assert sum(slept) <= (40 if asked == "payment made" else 35)


async def test_the_asynchronous_client_gives_up_as_soon(slept: list[float]) -> None:
    http = httpx.AsyncClient(transport=httpx.MockTransport(Centre(then_hangs=True)))
    url = "https://pay.example"
    async with AsyncPaymesh(url, app_id="A1", key_id="K1", secret="s", http=http) as paymesh:
        with pytest.raises(NotSettled):
            await paymesh.payments.wait(NO, timeout_s=0.5)
    assert sum(slept) <= 2


@pytest.mark.parametrize(("number", "sent"), [(None, 1), ("W1", 2)])
def test_a_link_that_may_have_been_made_is_not_made_twice(
    number: str | None, sent: int, slept: list[float]
) -> None:
    centre = Centre(problem(503, "overloaded", after_s=1), problem(422, "invalid_request"))
    with pytest.raises((TooBusy, InvalidRequest)):
        centre.client().payment_links.create(
            merchant_id="M1", subject="物业费", amount=1, merchant_order_no=number
        )
    assert (len(centre.requests), len(slept)) == (sent, sent - 1)


def test_a_link_that_may_be_used_some_times_can_be_read() -> None:
    link = {
        "link_id": "L1",
        "url": "https://pay.example/l/1",
        "state": "active",
        "merchant_id": "M1",
        "amount": None,
        "currency": "CNY",
        "subject": "物业费",
        "uses": 5,
        "merchant_order_no": None,
        "payment_no": None,
        "created_at": "2026-11-28T08:00:00Z",
        "expires_at": "2026-12-05T08:00:00Z",
    }
    found = Centre(httpx.Response(200, json=link)).client().payment_links.get("L1")
    assert isinstance(found, PaymentLinkView)
    assert found.uses == 5


def test_a_lost_answer_to_a_question_is_asked_for_again(slept: list[float]) -> None:
    centre = Centre(LOST, problem(500, "internal"), httpx.Response(200, json=order()))
    assert centre.client().orders.get("W1", merchant_id="M1").amount == 1299
    assert len(slept) == 2


def test_a_centre_that_is_away_is_given_up_in_the_end(slept: list[float]) -> None:
    centre = Centre(*[httpx.ConnectError("refused")] * 6)
    with pytest.raises(NotConnected):
        create(centre)
    assert (len(centre.requests), len(slept)) == (6, 5)


def test_an_address_that_nobody_answers_at_is_named(slept: list[float]) -> None:
    refused = [httpx.ConnectError("[Errno 111] Connection refused")] * 6
    with pytest.raises(NotConnected, match=r"at https://pay\.example: .*refused"):
        create(Centre(*refused))


@pytest.mark.parametrize(
    "address",
    ["", "pay.example", "pay.example:8000", "ftp://pay.example", "https://", "http://[::1"],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(address: str) -> None:
    for client in (Paymesh, AsyncPaymesh):
        with pytest.raises(ValueError, match="http"):
            client(address, app_id="A1", key_id="K1", secret="s")
    with pytest.raises(ValueError, match="http"):
        Sandbox(address)


def test_a_problem_tells_all_that_it_says() -> None:
    numbers = {"payment_no": NO, "merchant_order_no": "W1", "channel_trade_no": None}
    fault = {"pointer": "/amount", "message": "must be at least 1"}
    answer = problem(409, "order_paid", payment=numbers, errors=[fault])
    with pytest.raises(Conflict) as caught:
        create(Centre(answer))
    error = caught.value
    assert (error.status, error.code, error.pointer, error.request_id) == (
        409,
        "order_paid",
        "/amount",
        "q1",
    )
    assert error.payment is not None
    assert error.payment.payment_no == NO
    assert str(error) == "order_paid: It is order_paid. /amount: must be at least 1 (request q1)"


def test_every_field_that_is_wrong_is_told() -> None:
    faults = [{"pointer": f"/{name}", "message": "is wrong"} for name in ("amount", "subject")]
    with pytest.raises(InvalidRequest, match="/amount: is wrong; /subject: is wrong"):
        create(Centre(problem(422, "invalid_request", errors=faults)))


def test_a_code_of_a_later_release_is_still_a_problem() -> None:
    with pytest.raises(ApiError) as caught:
        create(Centre(problem(451, "forbidden_by_law")))
    assert caught.value.code == "forbidden_by_law"
    for status, kind in ((409, Conflict), (422, InvalidRequest), (404, NotFound), (504, Unknown)):
        with pytest.raises(kind):
            create(Centre(problem(status, "moon_is_full")))


def test_an_action_of_a_later_release_is_kept_and_the_payment_is_not_lost() -> None:
    action = {"type": "face_scan", "room": 3}
    made = create(Centre(httpx.Response(201, json=payment(action=action))))
    assert isinstance(made.action, OtherAction)
    assert (made.action.model_dump(), made.is_settled) == (action, True)
    known = create(Centre(httpx.Response(201, json=payment())))
    assert isinstance(known.action, QrCodeAction)


def test_a_list_is_read_to_its_end_page_by_page() -> None:
    pages = [page([payment()], "c1"), page([], "c2"), page([payment()] * 2, None)]
    centre = Centre(*pages)
    found = centre.client().payments.list(status="pending")
    assert next(found).payment_no == NO
    assert len(centre.requests) == 1
    assert len(list(found)) == 2
    assert [each.url.params.get("after") for each in centre.requests] == [None, "c1", "c2"]
    assert {each.url.params["status"] for each in centre.requests} == {"pending"}


def test_nobody_is_told_that_a_refused_repeat_failed() -> None:
    with pytest.raises(PaymentInProgress):
        create(Centre(problem(409, "payment_in_progress")))
    with pytest.raises(NotFound):
        create(Centre(problem(404, "not_found")))
