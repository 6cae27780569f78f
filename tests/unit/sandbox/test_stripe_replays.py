"""What an `Idempotency-Key` was answered is repeated for a day, and not longer."""

import json
from typing import Any

import pytest
from starlette.responses import Response

from sandbox.clock import DAY_S
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.replays import Replays
from sandbox.stripe.wire import Asked, Refusal, respond

ACCOUNT = StripeAccount("acct_1", "sk_test_1", "pk_test_1", "whsec_1")
REFUSAL = Refusal(400, "Insufficient funds", code="balance_insufficient", is_kept=True)


def asked(key: str | None = "R1", amount: str = "500") -> Asked:
    return Asked(ACCOUNT, "POST", "/v1/refunds", {"amount": amount}, key)


def content(response: Response | None) -> Any:
    assert response is not None
    return json.loads(bytes(response.body))


@pytest.mark.parametrize("answered", [respond({"id": "re_1"}), REFUSAL])
def test_an_answer_is_repeated_for_a_day(answered: Response | Refusal) -> None:
    at = 1000.0
    replays = Replays(lambda: at)
    assert replays.find(asked()) is None
    replays.keep(asked(), answered)
    at += DAY_S - 1
    repeated = replays.find(asked())
    assert repeated is not None
    assert repeated.headers["Idempotent-Replayed"] == "true"
    assert repeated.status_code == (400 if answered is REFUSAL else 200)
    assert ("error" in content(repeated)) == (answered is REFUSAL)
    assert replays.find(asked("R1-0-1")) is None
    at += 1
    assert replays.find(asked()) is None


def test_a_key_is_for_one_request() -> None:
    replays = Replays(lambda: 0.0)
    replays.keep(asked(), REFUSAL)
    with pytest.raises(Refusal, match="same parameters"):
        replays.find(asked(amount="501"))


def test_without_a_key_nothing_is_remembered() -> None:
    replays = Replays(lambda: 0.0)
    replays.keep(asked(None), REFUSAL)
    assert replays.find(asked(None)) is None
