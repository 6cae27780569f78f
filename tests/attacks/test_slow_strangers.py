"""Who never finishes a request takes nobody's place, and is shown out in time."""

import asyncio

import pytest
from tests.attacks.conftest import ANSWER_S, BODY, Door, answer_from, status_of
from tests.unit.gateway.test_routing import REQUEST

HALF_SENT = b"POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
HALF_NOTIFICATION = b"POST /webhooks/fake/C1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
NOTIFICATION = b'{"payment_no": "P1", "amount": 1299}'


async def test_513_half_sent_bodies_make_no_signed_call_fail(door: Door) -> None:
    for _ in range(513):
        await door.knock(HALF_SENT)
    async with door.app() as app:
        answers = await asyncio.gather(*(app.post("/v1/payments", REQUEST) for _ in range(64)))
    assert {answer.status_code for answer in answers} == {201}


async def test_257_half_sent_webhooks_stop_no_webhook(door: Door) -> None:
    for _ in range(257):
        await door.knock(HALF_NOTIFICATION)
    async with door.app() as app:
        signed = {"Signature": "C1's key"}
        accepted = await app.plain.post("/webhooks/fake/C1", content=NOTIFICATION, headers=signed)
    assert (accepted.status_code, accepted.text) == (200, "success")


async def test_all_that_is_half_sent_is_closed_in_time(door: Door) -> None:
    readers = [await door.knock(HALF_SENT) for _ in range(100)]
    readers += [await door.knock(HALF_SENT[:40]) for _ in range(100)]
    answers = await asyncio.gather(*(answer_from(reader) for reader in readers))
    assert {status_of(answer) for answer in answers} == {408}
    assert len(door.protocol.unfinished) == 0


async def test_nobody_listens_for_ever_to_one_who_says_nothing(door: Door) -> None:
    assert await door.ask() == b""


async def test_a_head_that_comes_byte_by_byte_ends_at_its_time(door: Door) -> None:
    reader = await door.knock(b"G")
    assert status_of(await answer_while(door, b"E", reader)) in (400, 408)


async def test_a_body_that_comes_byte_by_byte_ends_at_its_time(door: Door) -> None:
    reader = await door.knock(HALF_SENT)
    assert status_of(await answer_while(door, b" ", reader)) == 408


async def answer_while(door: Door, byte: bytes, reader: asyncio.StreamReader) -> bytes:
    """What is answered to the last of the strangers, who goes on sending this byte."""
    answer = asyncio.ensure_future(answer_from(reader))
    while not answer.done():
        door.strangers[-1].write(byte)
        await asyncio.sleep(0.02)
    return await answer


async def test_of_too_many_unfinished_ones_the_oldest_goes(patient_door: Door) -> None:
    first = await patient_door.knock(HALF_SENT)
    for _ in range(1_024):
        await patient_door.knock(HALF_SENT)
    assert status_of(await answer_from(first)) == 408
    async with patient_door.app() as app:
        assert (await app.post("/v1/payments", REQUEST)).status_code == 201


async def test_unfinished_bodies_together_stay_below_their_bytes(door: Door) -> None:
    big = HALF_NOTIFICATION.replace(b"1000", b"250000") + b"x" * 200_000
    readers = [await door.knock(big) for _ in range(400)]  # 80 MB
    assert status_of(await answer_from(readers[0])) == 408
    async with door.app() as app:
        assert (await app.post("/v1/payments", REQUEST)).status_code == 201


async def test_an_unknown_webhook_is_told_before_its_body_is_waited_for(
    patient_door: Door,
) -> None:
    reader = await patient_door.knock(HALF_NOTIFICATION.replace(b"C1", b"C9"))
    async with asyncio.timeout(ANSWER_S):
        assert status_of(await reader.readline()) == 404


async def test_idle_connections_make_place_for_newcomers(door: Door) -> None:
    for _ in range(1_200):
        reader = await door.knock(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
    async with door.app() as app:
        answers = await asyncio.gather(*(app.post("/v1/payments", REQUEST) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}


@pytest.mark.parametrize("cut", [1, 20, 60, len(HALF_SENT) - 1])
async def test_a_request_in_two_pieces_is_as_good_as_one(door: Door, cut: int) -> None:
    request = HALF_SENT[:-1].replace(b"1000", str(len(BODY)).encode()) + BODY
    reader = await door.knock(request[:cut])
    await asyncio.sleep(0.05)
    door.strangers[-1].write(request[cut:])
    assert status_of(await reader.readline()) == 401
