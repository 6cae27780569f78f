"""How far a reader has to walk: the files of the gateway on the way of one created payment.

A file is *entered* when its code is called at all, and *passed through* when it calls another one
of the gateway from there; the others are leaves, whose names tell what comes back (a rate, a nonce,
a signature, a cleaned text).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

import pytest
from tests.integration.gateway.stack import Stack

import gateway
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="module")

PACKAGE: Final = str(Path(gateway.__file__).parent) + "/"
MAX_ENTERED: Final = 34
MAX_PASSED_THROUGH: Final = 18


@dataclass
class Walk:
    entered: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)

    def note(self, frame: FrameType, event: str, _: object) -> None:
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(PACKAGE):
            return
        self.entered.add(file.removeprefix(PACKAGE))
        caller = "" if frame.f_back is None else frame.f_back.f_code.co_filename
        if caller != file and caller.startswith(PACKAGE):
            self.passed.add(caller.removeprefix(PACKAGE))


@contextmanager
def walking() -> Iterator[Walk]:
    walk = Walk()
    sys.setprofile(walk.note)
    try:
        yield walk
    finally:
        sys.setprofile(None)


async def test_a_payment_is_created_on_a_short_way(stack: Stack, api: ApiClient) -> None:
    """Each time the same files; loops that run beside it are not on the way."""
    await api.post("/v1/payments", stack.request())
    walks = []
    for _ in range(3):
        with walking() as walk:
            answer = await api.post("/v1/payments", stack.request())
        assert answer.status_code == 201, answer.text
        walks.append(walk)
    entered = set.intersection(*(walk.entered for walk in walks))
    passed = set.intersection(*(walk.passed for walk in walks))
    assert {"api/payments.py", "flows/pay.py", "calling/executor.py"} <= passed
    assert len(passed) <= MAX_PASSED_THROUGH, "\n".join(sorted(passed))
    assert len(entered) <= MAX_ENTERED, "\n".join(sorted(entered))
