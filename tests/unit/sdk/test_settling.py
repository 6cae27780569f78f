"""Unknown is asked about, and asked for again under the same order number at most."""

from typing import Any

import httpx
import pytest
from tests.unit.sdk.prepared_centre import NO, ORDER, Centre, order, payment, problem

from paymesh import ApiError, Declined, NotSent, NotSettled, PaymentView, Paymesh
from paymesh.models import PaymentWithOrder

LOST = httpx.ReadTimeout("lost")
UNKNOWN = payment(status="unknown", action=None)
PAID = payment(status="succeeded", action=None)


def ok(body: dict[str, object]) -> httpx.Response:
    """A payment comes with its order."""
    return httpx.Response(200, json={"order": order(), **body})


def settle(centre: Centre, method: str = "native", timeout_s: float = 30) -> PaymentView:
    return centre.client().payments.create_and_settle(
        **{**ORDER, "method": method}, timeout_s=timeout_s
    )


def test_what_is_known_at_once_is_not_asked_about(slept: list[float]) -> None:
    centre = Centre(ok(payment()))
    assert settle(centre).status == "pending"
    assert (len(centre.calls), slept) == (1, [])


def test_an_unknown_outcome_is_queried_until_it_is_known(slept: list[float]) -> None:
    centre = Centre(
        problem(504, "unknown", payment=UNKNOWN),
        ok(UNKNOWN),
        httpx.Response(502),
        *[httpx.Response(502)] * 5,
        ok(PAID),
    )
    assert settle(centre).status == "succeeded"
    assert centre.calls == ["POST /v1/payments"] + [f"GET /v1/payments/{NO}"] * 8


def test_who_waits_gets_the_payment_with_its_order(slept: list[float]) -> None:
    centre = Centre(ok(payment()), ok(PAID))
    waited = centre.client().payments.wait(NO)
    assert isinstance(waited, PaymentWithOrder)
    assert waited.order.status == "open"


def test_a_lost_answer_is_looked_for_under_the_apps_own_number(slept: list[float]) -> None:
    newest = payment(created_at="2026-11-28T09:00:00Z", payment_no="P2")
    centre = Centre(httpx.ReadTimeout("lost"), ok(order(newest, payment())))
    assert settle(centre).payment_no == "P2"
    assert centre.calls == ["POST /v1/payments", "GET /v1/orders/W1"]


def test_an_order_that_is_not_there_is_asked_for_again_with_the_same_content(
    slept: list[float],
) -> None:
    centre = Centre(httpx.ReadTimeout("lost"), problem(404, "not_found"), ok(payment()))
    assert settle(centre).payment_no == NO
    first, _, again = centre.requests
    assert first.content == again.content


@pytest.mark.parametrize(
    "earlier", [payment(amount=1), payment(status="failed", action=None), payment(subject="else")]
)
def test_an_earlier_attempt_is_not_taken_for_the_one_whose_answer_was_lost(
    earlier: dict[str, object], slept: list[float]
) -> None:
    again = payment(payment_no="P2")
    centre = Centre(httpx.ReadTimeout("lost"), ok(order(earlier)), ok(again))
    assert settle(centre).payment_no == "P2"
    assert centre.calls[-1] == "POST /v1/payments"


@pytest.mark.parametrize("answer", [problem(500, "internal"), problem(409, "payment_in_progress")])
def test_what_the_centre_cannot_say_is_looked_for_too(
    answer: httpx.Response, slept: list[float]
) -> None:
    centre = Centre(answer, ok(order(PAID)))
    assert settle(centre).status == "succeeded"


def test_a_payment_whose_way_to_call_the_payer_was_lost_is_asked_for_again(
    slept: list[float],
) -> None:
    found = payment(action=None)
    centre = Centre(
        problem(504, "unknown", payment=UNKNOWN), *[ok(found)] * 8, ok(payment(payment_no="P2"))
    )
    settled = settle(centre)
    assert (settled.payment_no, settled.status) == ("P2", "pending")
    assert centre.calls[-1] == "POST /v1/payments"
    assert centre.requests[0].content == centre.requests[-1].content
    assert 15 < sum(slept) < 20


def test_what_stays_unknown_is_asked_for_again_when_its_window_is_over(slept: list[float]) -> None:
    away = problem(504, "unknown", payment=payment(payment_no="P2", status="unknown", action=None))
    centre = Centre(
        problem(504, "unknown", payment=UNKNOWN),
        *[ok(UNKNOWN)] * 8,
        away,
        ok(payment(payment_no="P2")),
    )
    assert settle(centre).payment_no == "P2"
    assert centre.calls[-1] == "GET /v1/payments/P2"


def test_an_order_that_was_paid_meanwhile_is_found_paid(slept: list[float]) -> None:
    paid = payment(payment_no="P0", status="succeeded", action=None)
    numbers = {"merchant_order_no": "W1", "payment_no": "P0", "channel_trade_no": "4"}
    centre = Centre(
        problem(504, "unknown", payment=UNKNOWN),
        *[ok(UNKNOWN)] * 8,
        problem(409, "order_paid", payment=numbers),
        ok(paid),
    )
    assert settle(centre).status == "succeeded"
    assert centre.calls[-1] == "GET /v1/payments/P0"


def test_a_centre_that_is_away_when_it_is_asked_again_ends_in_time(slept: list[float]) -> None:
    centre = Centre(
        problem(504, "unknown", payment=UNKNOWN),
        *[ok(UNKNOWN)] * 8,
        *[httpx.ConnectError("refused")] * 100,
    )
    with pytest.raises(NotSettled) as caught:
        settle(centre)
    assert caught.value.payment is not None


def test_a_payment_code_that_was_perhaps_read_is_not_sent_again(slept: list[float]) -> None:
    waiting = payment(method="barcode", action=None)
    centre = Centre(problem(504, "unknown", payment=UNKNOWN), *[ok(waiting)] * 20, ok(PAID))
    with pytest.raises(NotSettled):
        settle(centre, "barcode")
    assert centre.calls.count("POST /v1/payments") == 1


def test_a_payment_code_is_waited_for_until_its_end(slept: list[float]) -> None:
    waiting = payment(method="barcode", action={"type": "none"})
    centre = Centre(ok(waiting), ok(waiting), ok(PAID))
    assert settle(centre, "barcode").status == "succeeded"


def test_what_is_not_known_in_time_is_said_with_the_payment(slept: list[float]) -> None:
    centre = Centre(problem(504, "unknown", payment=UNKNOWN), *[ok(UNKNOWN)] * 50)
    with pytest.raises(NotSettled) as caught:
        settle(centre, timeout_s=10)
    assert caught.value.payment is not None
    assert caught.value.payment.payment_no == NO
    assert sum(slept) <= 10


def test_a_lost_answer_with_a_centre_that_is_away_ends_in_time(slept: list[float]) -> None:
    centre = Centre(*[httpx.ReadTimeout("lost")] * 100)
    with pytest.raises(NotSettled) as caught:
        settle(centre, timeout_s=10)
    assert caught.value.payment is None


@pytest.mark.parametrize("method", ["native", "barcode"])
@pytest.mark.parametrize(
    "answers", [[], [problem(504, "unknown", payment=UNKNOWN)], [httpx.ReadTimeout("lost")]]
)
def test_the_time_is_kept_where_the_centre_hangs(
    answers: list[httpx.Response | Exception], method: str, slept: list[float]
) -> None:
    with pytest.raises(NotSettled):
        settle(Centre(*answers, then_hangs=True), method, timeout_s=10)
    assert sum(slept) <= 12


def test_who_waits_hears_in_time_that_the_centre_hangs(slept: list[float]) -> None:
    for answers in ([], [ok(payment())]):
        slept.clear()
        with pytest.raises(NotSettled):
            Centre(*answers, then_hangs=True).client().payments.wait(NO, timeout_s=5)
        assert sum(slept) <= 7


BETWEEN = httpx.Response(502, text="<html>")


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([BETWEEN] * 90, "answers 502"),
        ([problem(504, "unknown", payment=UNKNOWN), *[BETWEEN] * 90], "answers 502"),
        ([LOST] * 90, "ReadTimeout at https://pay.example"),
        ([ok(payment(action=None)), *[problem(503, "overloaded")] * 90], "It is overloaded."),
    ],
)
def test_what_kept_it_from_being_known_is_said_meanwhile_and_in_the_end(
    answers: list[httpx.Response | Exception],
    why: str,
    slept: list[float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(NotSettled, match=why) as caught:
        settle(Centre(*answers))
    assert caught.value.cause is not None
    assert why in str(caught.value.cause)
    assert why in caplog.messages[0]


def test_who_waits_hears_why_it_is_not_known(slept: list[float]) -> None:
    for answers in ([BETWEEN] * 90, [ok(payment()), *[BETWEEN] * 90]):
        with pytest.raises(NotSettled, match="answers 502"):
            Centre(*answers).client().payments.wait(NO, timeout_s=5)


def test_a_client_that_waits_for_ever_keeps_the_time_too(slept: list[float]) -> None:
    transport = httpx.MockTransport(Centre(then_hangs=True))
    with httpx.Client(transport=transport, timeout=httpx.Timeout(None)) as own:
        paymesh = Paymesh("https://pay.example", app_id="A1", key_id="K1", secret="s", http=own)
        with pytest.raises(NotSettled):
            paymesh.payments.wait(NO, timeout_s=5)
    assert sum(slept) <= 7


def failed(code: str) -> dict[str, Any]:
    return payment(
        status="failed", action=None, failure={"code": code, "message": f"It is {code}."}
    )


FAILURES = [
    ("AUTH_CODE_INVALID", 402, "declined", Declined),
    ("circuit_open", 502, "not_sent", NotSent),
    ("not_reached", 502, "not_sent", NotSent),
]


@pytest.mark.parametrize(("code", "status", "word", "kind"), FAILURES)
def test_a_failure_is_raised_again_when_it_is_answered_again(
    code: str, status: int, word: str, kind: type[ApiError]
) -> None:
    again = httpx.Response(200, json=failed(code), headers={"X-Request-Id": "q2"})
    for answer in (problem(status, word, payment=failed(code)), again):
        with pytest.raises(kind) as caught:
            settle(Centre(answer))
        error = caught.value
        assert (error.status, error.code, error.payment is not None) == (status, word, True)
    assert error.request_id == "q2"
    assert isinstance(error.payment, PaymentView)
    assert (error.channel is not None, error.payment.failure is not None) == (
        kind is Declined,
        True,
    )
    with pytest.raises(kind):
        Centre(again).client().payments.create(**ORDER)


@pytest.mark.parametrize(("code", "status", "word", "kind"), FAILURES)
def test_a_failure_that_is_known_later_is_raised_too(
    code: str, status: int, word: str, kind: type[ApiError], slept: list[float]
) -> None:
    unknown = problem(504, "unknown", payment=UNKNOWN)
    waiting = ok(payment(method="barcode", action={"type": "none"}))
    for first in (unknown, waiting):
        with pytest.raises(kind) as caught:
            settle(Centre(first, ok(failed(code))), "barcode")
        assert (caught.value.status, caught.value.code) == (status, word)


def test_who_only_looks_sees_what_failed() -> None:
    centre = Centre(ok(failed("x")), ok(failed("x")))
    assert centre.client().payments.get(NO).status == "failed"
    assert centre.client().payments.wait(NO).status == "failed"
