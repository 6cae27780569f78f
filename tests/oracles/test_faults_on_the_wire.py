"""Faults, repeated notifications and a killed process, as a merchant with an SDK meets them."""

import os
import queue
import signal
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from alipay import AliPay

from .conftest import Merchant, RunningSandbox, free_port, run_sandbox

LIMIT_S = 10
POLL_S = 0.02


def _client(known: dict[str, str], notify_url: str) -> Any:
    client = AliPay(
        appid=known["app_id"],
        app_notify_url=notify_url,
        app_private_key_string=known["app_private_key_pem"],
        alipay_public_key_string=known["alipay_public_key_pem"],
    )
    client._gateway = known["gateway_url"]
    return client


@pytest.fixture
def alipay(credentials: dict[str, dict[str, str]], merchant: Merchant) -> Any:
    return _client(credentials["alipay"], merchant.url)


def _number() -> str:
    return f"P{uuid.uuid4().hex}"


def _open(alipay: Any, number: str) -> Any:
    return alipay.api_alipay_trade_precreate("物业费", number, "1.00")


def _trades(sandbox: RunningSandbox, number: str) -> list[Any]:
    trades: list[Any] = sandbox.control("GET", f"/truth?payment_no={number}")["trades"]
    return trades


def _await(condition: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + LIMIT_S, queue.Queue[None]()
    while not condition():
        assert time.monotonic() < deadline
        with pytest.raises(queue.Empty):
            pause.get(timeout=POLL_S)


def _statuses(sandbox: RunningSandbox, number: str) -> list[int]:
    return [notification["status"] for notification in sandbox.trade(number)["notices"]]


def test_dropped_request_did_nothing(alipay: Any, sandbox: RunningSandbox) -> None:
    number = _number()
    sandbox.fault("alipay", "pay", "drop_request", times=1)
    with pytest.raises(ConnectionError):
        _open(alipay, number)
    assert _trades(sandbox, number) == []


def test_dropped_answer_did_the_work(alipay: Any, sandbox: RunningSandbox) -> None:
    number = _number()
    sandbox.fault("*", "*", "drop_answer", times=1)
    with pytest.raises(ConnectionError):
        _open(alipay, number)
    assert _trades(sandbox, number)[0]["state"] == "created"


def test_delayed_work_is_done_though_the_caller_hung_up(
    alipay: Any, sandbox: RunningSandbox
) -> None:
    number = _number()
    sandbox.fault("alipay", "pay", "delay", delay_s=5, payment_no=number)
    link = alipay.client_api(
        "alipay.trade.precreate",
        {"out_trade_no": number, "total_amount": "1.00", "subject": "物业费"},
    )
    with pytest.raises(requests.Timeout):
        requests.get(f"{alipay._gateway}?{link}", timeout=0.5)
    assert _trades(sandbox, number)[0]["state"] == "created"


def test_early_notification_is_there_before_the_answer(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    sandbox.fault("alipay", "notice", "early", payment_no=number)
    assert _open(alipay, number)["code"] == "10000"
    assert number.encode() in merchant.received.get_nowait().body
    assert _statuses(sandbox, number) == [200]


def test_duplicate_is_the_same_notification_twice_at_once(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    _open(alipay, number)
    sandbox.fault("alipay", "notice", "duplicate", payment_no=number)
    sandbox.pay(number)
    assert merchant.next_notification().body == merchant.next_notification().body
    _await(lambda: _statuses(sandbox, number) == [200, 200])


@pytest.mark.parametrize(
    ("fault", "received_twice", "statuses"),
    [("drop_request", False, [0, 200]), ("drop_answer", True, [0, 200]),
     ("status_500", True, [200, 200])],
)  # fmt: skip
def test_notification_that_was_lost_is_repeated(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant,
    fault: str, received_twice: bool, statuses: list[int],
) -> None:  # fmt: skip
    number = _number()
    _open(alipay, number)
    sandbox.fault("alipay", "notice", fault, payment_no=number, times=1)
    sandbox.pay(number)
    _await(lambda: _statuses(sandbox, number) == statuses)
    assert merchant.received.qsize() == 1 + received_twice


def test_late_notification_comes_after_its_delay(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    _open(alipay, number)
    sandbox.fault("alipay", "notice", "delay", delay_s=0.5, payment_no=number)
    began = time.monotonic()
    sandbox.pay(number)
    merchant.next_notification()
    assert time.monotonic() - began >= 0.5


def test_notification_is_repeated_until_success_is_said(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    _open(alipay, number)
    merchant.answers.extend([(200, b"SUCCESS"), (500, b"success"), (200, b"success")])
    sandbox.pay(number)
    for _ in range(3):
        merchant.next_notification()
    _await(lambda: _statuses(sandbox, number)[-1] == 200)


def test_auto_pay_tells_every_payment(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    numbers = {_number() for _ in range(5)}
    sandbox.control("POST", "/settings", {"auto_pay": True})
    for number in numbers:
        _open(alipay, number)
    sandbox.control("POST", "/settings", {"auto_pay": False})
    bodies = [merchant.next_notification().body.decode() for _ in numbers]
    assert all(any(number in body for body in bodies) for number in numbers)


def test_killed_sandbox_knows_its_trades_and_sends_what_was_open(
    merchant: Merchant, tmp_path: Path
) -> None:
    port, number = free_port(), _number()
    merchant.answer = b"not yet"
    with run_sandbox(port, tmp_path) as sandbox:
        before = sandbox.control("GET", "/credentials")
        _open(_client(before["alipay"], merchant.url), number)
        sandbox.pay(number)
        merchant.next_notification()
        os.kill(sandbox.pid, signal.SIGKILL)
    merchant.received = queue.Queue()
    merchant.answer = b"success"
    with run_sandbox(port, tmp_path) as sandbox:
        assert sandbox.control("GET", "/credentials") == before
        assert sandbox.trade(number)["state"] == "paid"
        assert number.encode() in merchant.next_notification().body
        asked = _client(before["alipay"], merchant.url).api_alipay_trade_query(number)
        assert asked["trade_status"] == "TRADE_SUCCESS"
