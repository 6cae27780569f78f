"""When an app has taken a callback, by its own rule, and what its answer says of it."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from contracts.events.configuration import CallbackAck
from contracts.internal import AttemptError, DeliveryState
from notifier.domain.answers import Answer, AttemptResult, Classification, FailureKind, classify
from notifier.domain.deliveries import State

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def answer(status: int | None, body: bytes = b"", failure: FailureKind | None = None) -> Answer:
    return Answer(NOW, status=status, body=body, failure=failure)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_taken(status: int) -> None:
    assert classify(answer(status, b"no"), CallbackAck.ANY_2XX).result is AttemptResult.ACCEPTED


@pytest.mark.parametrize("body", [b"success", b"success\n", b" SUCCESS ", b"Success"])
def test_the_word_success_is_taken(body: bytes) -> None:
    assert classify(answer(200, body), CallbackAck.SUCCESS) == Classification(
        AttemptResult.ACCEPTED, None
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""), (200, b"ok"), (200, b"successful"), (200, b'"success"'), (204, b""),
        (201, b"success"),
    ],
)  # fmt: skip
def test_another_word_is_not(status: int, body: bytes) -> None:
    classification = classify(answer(status, body), CallbackAck.SUCCESS)

    assert classification == Classification(AttemptResult.REFUSED, FailureKind.NOT_SUCCESS)


@pytest.mark.parametrize("ack", CallbackAck)
@pytest.mark.parametrize(
    ("status", "result", "failure"),
    [
        (100, AttemptResult.REFUSED, FailureKind.BAD_STATUS),
        (301, AttemptResult.REFUSED, FailureKind.REDIRECT),
        (304, AttemptResult.REFUSED, FailureKind.REDIRECT),
        (400, AttemptResult.REFUSED, FailureKind.BAD_STATUS),
        (410, AttemptResult.GONE, FailureKind.BAD_STATUS),
        (429, AttemptResult.FAILING, FailureKind.BAD_STATUS),
        (500, AttemptResult.FAILING, FailureKind.BAD_STATUS),
        (599, AttemptResult.FAILING, FailureKind.BAD_STATUS),
    ],
)
def test_other_answers_are_not_taken(
    ack: CallbackAck, status: int, result: AttemptResult, failure: FailureKind
) -> None:
    assert classify(answer(status, b"success"), ack) == Classification(result, failure)


def test_no_answer_is_unreachable() -> None:
    classification = classify(answer(None, failure=FailureKind.TIMEOUT), CallbackAck.ANY_2XX)

    assert classification == Classification(AttemptResult.UNREACHABLE, FailureKind.TIMEOUT)


def test_kept_text_is_short_printable_and_storable() -> None:
    text = answer(500, b"\xff\x00\x1b[31m\r\n\tred " + "物业".encode() * 1000).text()

    assert text is not None
    assert len(text) <= 1024
    assert not set("\x00\x1b\r") & set(text)
    assert "\n\tred 物业" in text


def test_no_body_is_no_text() -> None:
    assert answer(200).text() is None


def test_every_word_of_an_attempt_and_of_a_delivery_is_in_the_contract() -> None:
    assert {*FailureKind} == {*get_args(AttemptError)}
    assert {*State} == {*get_args(DeliveryState)}
