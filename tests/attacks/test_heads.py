"""A request head has an end, and says one thing only."""

import asyncio
import os
import time

import psutil
import pytest
from tests.attacks.conftest import ANSWER_S, BODY, HEAD_S, Door, answer_from, status_of
from tests.unit.gateway.harness import SECRET
from tests.unit.gateway.test_routing import REQUEST

from chassis.web.limits import MAX_HEAD_BYTES, MAX_HEADERS
from contracts import signing
from contracts.events.configuration import KeyAlgorithm

START = b"GET /v1/events HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/payments HTTP/1.1\r\n"
HOST = b"Host: x\r\n"

TOO_LARGE = {
    "one_header": START + b"X-A: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n",
    "one_name": START + b"a" * MAX_HEAD_BYTES + b": b\r\n\r\n",
    "the_address": b"GET /" + b"a" * MAX_HEAD_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "many_headers": START + b"X-A: a\r\n" * MAX_HEADERS + b"\r\n",
    "empty_lines": b"\r\n" * MAX_HEAD_BYTES + START + b"\r\n",
    "no_end": START + b"X-A: " + b"a" * 2 * MAX_HEAD_BYTES,
}


@pytest.mark.parametrize("head", TOO_LARGE.values(), ids=TOO_LARGE)
async def test_a_head_past_its_limits_is_431_and_the_end(door: Door, head: bytes) -> None:
    answer = await door.ask(head)
    assert status_of(answer) == 431
    assert b"connection: close" in answer
    assert b"application/problem+json" in answer
    assert b"x-request-id: " in answer


async def test_a_head_within_its_limits_is_read(door: Door) -> None:
    long = START + b"X-A: " + b"a" * (MAX_HEAD_BYTES - len(START) - 9) + b"\r\n\r\n"
    assert len(long) == MAX_HEAD_BYTES
    many = START + b"X-A: a\r\n" * (MAX_HEADERS - 1) + b"\r\n"
    for head in (long, many):
        reader = await door.knock(head)
        assert status_of(await reader.readline()) == 401


async def test_the_second_head_of_a_connection_has_the_same_limit(door: Door) -> None:
    reader = await door.knock(START + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    door.strangers[-1].write(TOO_LARGE["one_header"])
    assert b" 431 " in await answer_from(reader)


async def test_a_header_of_100_mib_costs_neither_memory_nor_time(door: Door) -> None:
    process = psutil.Process(os.getpid())
    piece, before = b"a" * 1_048_576, process.memory_info().rss

    async def flood() -> None:
        reader = await door.knock(START + b"X-A: ")
        try:
            for _ in range(100):
                door.strangers[-1].write(piece)
                await door.strangers[-1].drain()
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert status_of(await answer_from(reader)) == 431

    began = time.monotonic()
    slowest = 0.0
    flooding = asyncio.ensure_future(flood())
    async with door.app() as app:
        while not flooding.done():
            asked = time.monotonic()
            assert (await app.post("/v1/payments", REQUEST)).status_code == 201
            slowest = max(slowest, time.monotonic() - asked)
    await flooding
    assert time.monotonic() - began < ANSWER_S
    assert slowest < ANSWER_S / 3
    assert process.memory_info().rss - before < 32_000_000


async def test_trailers_and_chunk_extensions_have_an_end(door: Door) -> None:
    chunked = POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    for tail in (
        b"1\r\n{\r\n0\r\nX-A: " + b"a" * 3_000_000,
        b"1;x=" + b"a" * 3_000_000,
        b"1\r\n{\r\n0\r\n" + b"X-A: a\r\n" * 400_000,
    ):
        answer = await door.ask(chunked, tail)
        assert status_of(answer) in (401, 408, 413)


async def test_a_trailer_is_not_taken_for_a_header(door: Door) -> None:
    async with door.app() as app:
        good = (await app.get("/v1/events")).request.headers["authorization"].encode()
    tail = b"0\r\nAuthorization: " + good + b"\r\n\r\n"
    reader = await door.knock(
        b"GET /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", tail
    )
    assert status_of(await reader.readline()) == 401


LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
AMBIGUOUS = {
    "no_host": POST + LENGTH,
    "two_hosts": POST + HOST + b"Host: y\r\n" + LENGTH,
    "length_and_chunked": POST + HOST + LENGTH + CHUNKED,
    "chunked_and_length": POST + HOST + CHUNKED + LENGTH,
    "two_lengths": POST + HOST + LENGTH + b"Content-Length: 5\r\n",
    "same_length_twice": POST + HOST + LENGTH + LENGTH,
    "negative_length": POST + HOST + b"Content-Length: -1\r\n",
    "length_with_plus": POST + HOST + b"Content-Length: +5\r\n",
    "length_list": POST + HOST + b"Content-Length: 5, 5\r\n",
    "huge_length": POST + HOST + b"Content-Length: 99999999999999999999999\r\n",
    "gzip_chunked": POST + HOST + b"Transfer-Encoding: gzip, chunked\r\n",
    "chunked_twice": POST + HOST + CHUNKED + CHUNKED,
    "chunked_hidden": POST + HOST + b"Transfer-Encoding: xchunked\r\n",
    "identity": POST + HOST + b"Transfer-Encoding: identity\r\n",
    "coding_with_space": POST + HOST + b"Transfer-Encoding : chunked\r\n",
    "coding_in_1_0": POST.replace(b"1.1", b"1.0") + HOST + CHUNKED,
    "folded": POST + HOST + b"X-A: a\r\n b\r\n" + LENGTH,
    "bare_cr": POST + HOST + b"X-A: a\rContent-Length: 3\r\n" + LENGTH,
    "nul": POST + HOST + b"X-A: a\0b\r\n" + LENGTH,
    "no_name": POST + HOST + b": a\r\n" + LENGTH,
    "http_9": POST.replace(b"1.1", b"9.9") + HOST + LENGTH,
    "http_2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
    "connect": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n",
    "no_method": b" /v1/payments HTTP/1.1\r\n" + HOST,
}


@pytest.mark.parametrize("head", AMBIGUOUS.values(), ids=AMBIGUOUS)
async def test_what_two_readers_understand_differently_is_refused(door: Door, head: bytes) -> None:
    answer = await door.ask(head + b"\r\n" + BODY)
    assert status_of(answer) in (400, 404, 405)
    assert answer.count(b"HTTP/1.1 ") == 1


async def test_a_length_that_lies_gives_one_answer_and_no_second_request(door: Door) -> None:
    short = POST + HOST + b"Content-Length: 1\r\n\r\n" + BODY
    answer = await door.ask(short)
    assert [status_of(part) for part in parts(answer)] in ([401, 400], [400], [401])
    long = POST + HOST + b"Content-Length: 1000\r\n\r\n" + BODY
    assert status_of(await door.ask(long)) == 408


async def test_an_upgrade_is_not_followed(door: Door) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    answer = await door.ask(START + upgrade + START + b"\r\n")
    assert [status_of(part) for part in parts(answer)] == [401]


OFFERED_BODIES = {
    "length": LENGTH + b"\r\n" + BODY,
    "chunked": CHUNKED + b"\r\n%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("framed", OFFERED_BODIES.values(), ids=OFFERED_BODIES)
@pytest.mark.parametrize("size", [1, 100, 10_000])
async def test_a_request_that_offers_an_upgrade_is_read_to_its_end_and_nothing_behind_it(
    door: Door, framed: bytes, size: int
) -> None:
    """As Java's own client sends every request over plain HTTP."""
    sent = POST + HOST + signed() + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    sent += b"HTTP2-Settings: AAEAAEAA\r\nContent-Type: application/json\r\n" + framed
    sent += START + b"\r\n"
    answer = await door.ask(*(sent[at : at + size] for at in range(0, len(sent), size)))
    assert [status_of(part) for part in parts(answer)] == [201]


def signed() -> bytes:
    """The header of a good payment."""
    authorization = signing.authorization(
        signing.hmac_key(SECRET),
        alg=KeyAlgorithm.HMAC_SHA256,
        app_id="A1",
        key_id="K1",
        method="POST",
        target="/v1/payments",
        timestamp=int(time.time()),
        nonce=os.urandom(16).hex(),
        body=BODY,
    )
    return b"Authorization: " + authorization.encode() + b"\r\n"


async def test_requests_one_after_the_other_are_answered_in_order(door: Door) -> None:
    other = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    body = POST + HOST + LENGTH + b"\r\n" + BODY
    answer = await door.ask(START + b"\r\n" + other + body + other + last)
    assert [status_of(part) for part in parts(answer)] == [401, 404, 401, 404, 401]


async def test_a_kept_connection_outlives_the_limits_of_its_requests(door: Door) -> None:
    async with door.app() as app:
        await app.post("/v1/payments", REQUEST)
        await asyncio.sleep(HEAD_S * 2)
        assert (await app.post("/v1/payments", REQUEST)).status_code == 201
    assert len(door.protocol.unfinished) == 0


def parts(answer: bytes) -> list[bytes]:
    return [b"HTTP/1.1 " + part for part in answer.split(b"HTTP/1.1 ")[1:]]
