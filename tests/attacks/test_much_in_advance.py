"""Who asks much in advance, or takes nothing of an answer, costs little and is shown out."""

import asyncio
import os
import socket
from collections.abc import Callable

import psutil
import pytest
from tests.attacks.conftest import (
    ANSWER_S,
    BODY,
    PATIENCE_S,
    UNTAKEN_S,
    Door,
    opened,
    status_of,
)
from tests.attacks.test_heads import CHUNKED, HOST, LENGTH, POST, parts
from tests.unit.gateway.test_routing import REQUEST

from chassis.web.connection import Connection

ASKED = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
SIGNED_BY_NOBODY = b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"
LONG = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
LONG_ONES = LONG * 6
"""More than the system takes for one who does not read."""

EMPTY_LINES = b"\r\n\r\n" * 20
LAST = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

IN_CHUNKS = b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
MIXED = b"".join(
    [
        ASKED,
        SIGNED_BY_NOBODY,
        POST + HOST + LENGTH + b"\r\n" + BODY,
        ASKED,
        POST + HOST + CHUNKED + b"\r\n" + IN_CHUNKS,
        ASKED,
        POST + HOST + b"Content-Length: %d\r\n\r\n" % len(EMPTY_LINES) + EMPTY_LINES,
        ASKED + b"\r\n\r\n",
        POST + HOST + CHUNKED + b"\r\n50\r\n" + EMPTY_LINES + b"\r\n0\r\nX-A: a\r\n\r\n",
        LAST,
    ]
)
ANSWERS = [404, 401, 401, 404, 401, 404, 401, 404, 401, 404]


async def test_requests_in_advance_cost_no_more_memory_than_their_bytes(door: Door) -> None:
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    for _ in range(40):
        await door.knock_deaf(LONG_ONES + ASKED * 6_000)
    await asyncio.sleep(UNTAKEN_S / 2)
    assert process.memory_info().rss - before < 60_000_000
    async with door.app() as app:
        assert (await app.post("/v1/payments", REQUEST)).status_code == 201


async def test_requests_in_advance_count_as_unfinished(patient_door: Door) -> None:
    for _ in range(10):
        await patient_door.knock_deaf(LONG_ONES)
    await until(lambda: len(patient_door.protocol.unfinished) == 10)
    await until(lambda: len(patient_door.protocol.untaken) == 10)


async def test_thousands_of_requests_in_advance_are_answered_one_after_the_other(
    door: Door,
) -> None:
    answer = await door.ask((ASKED + SIGNED_BY_NOBODY) * 1_000 + LAST)
    assert [status_of(part) for part in parts(answer)] == [404, 401] * 1_000 + [404]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 50, 333, len(MIXED)])
async def test_requests_in_advance_are_understood_however_they_are_cut(
    door: Door, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    queued = 0
    start = Connection.on_headers_complete

    def on_headers_complete(self: Connection) -> None:
        nonlocal queued
        start(self)
        queued = max(queued, len(self.pipeline))

    monkeypatch.setattr(Connection, "on_headers_complete", on_headers_complete)
    answer = await door.ask(*(MIXED[at : at + size] for at in range(0, len(MIXED), size)))
    assert [status_of(part) for part in parts(answer)] == ANSWERS
    assert queued == 0


async def test_a_fault_in_the_second_request_is_told_after_the_first_answer(door: Door) -> None:
    answer = await door.ask(SIGNED_BY_NOBODY + b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")
    assert [status_of(part) for part in parts(answer)] == [401, 400]


async def test_who_takes_nothing_of_an_answer_is_shown_out(door: Door) -> None:
    deaf = [await door.knock_deaf(LONG_ONES) for _ in range(20)]
    await until(lambda: len(door.protocol.untaken) == 20)
    await until(lambda: not len(door.protocol.untaken))
    whole = len(await whole_answer(door))
    for stranger in deaf:
        assert 0 < len(await rest_of(stranger)) < whole


async def test_who_takes_an_answer_slowly_gets_all_of_it(door: Door) -> None:
    whole = len(await whole_answer(door))
    slow = await door.knock_deaf(LONG_ONES + LAST)
    received = 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() < began + 3 * UNTAKEN_S:
        received += len(await loop.sock_recv(slow, 4_096))
        await asyncio.sleep(UNTAKEN_S / 20)
    assert received < whole / 2
    assert received + len(await rest_of(slow)) == whole


async def test_those_who_take_no_answer_make_place_for_newcomers() -> None:
    async with opened(PATIENCE_S, PATIENCE_S, max_connections=20, untaken_s=6.0) as door:
        for _ in range(20):
            await door.knock_deaf(LONG_ONES)
        await until(lambda: len(door.protocol.untaken) == 20)
        await asyncio.sleep(2.5)  # Past the first of three looks.
        async with door.app() as app:
            assert (await app.post("/v1/payments", REQUEST)).status_code == 201


async def whole_answer(door: Door) -> bytes:
    return await door.ask(LONG_ONES + LAST)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(ANSWER_S):
        while not is_so():  # noqa: ASYNC110, nobody tells when it is
            await asyncio.sleep(0.02)


async def rest_of(stranger: socket.socket) -> bytes:
    """All that comes until the connection ends."""
    loop = asyncio.get_running_loop()
    received = bytearray()
    async with asyncio.timeout(ANSWER_S):
        try:
            while piece := await loop.sock_recv(stranger, 65_536):
                received += piece
        except ConnectionResetError:
            pass
    return bytes(received)
