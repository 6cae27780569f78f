"""Strangers guess; whoever knows the password gets in all the same."""

import asyncio
import time

import httpx
import pytest

from merchant_admin.domain import guessing
from merchant_admin.flows.hashing import Checks
from merchant_admin.flows.sessions import forget_expired

from .conftest import PASSWORD, USERNAME, Admin
from .test_sessions import log_in

ELSEWHERE = "198.51.100.7"
SOON_S = 30.0


async def guess(client: httpx.AsyncClient, username: str, password: str = "wrong") -> int:
    body = {"username": username, "password": password}
    return (await client.post("/api/session", json=body)).status_code


async def hire(admin: Admin, username: str = "li.na") -> str:
    """A new user's name."""
    body = {"username": username, "password": PASSWORD, "role": "viewer"}
    await admin.post("/api/users", body)
    return username


def restarted(admin: Admin) -> None:
    """Nothing is in memory any more."""
    object.__setattr__(admin.deps, "checks", Checks())


async def test_ten_right_passwords_at_once_are_ten_sessions(admin: Admin) -> None:
    restarted(admin)
    began = time.monotonic()
    answers = await asyncio.gather(*(log_in(admin) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [201] * 10
    assert time.monotonic() - began < SOON_S


async def test_invented_names_keep_nobody_out(admin: Admin) -> None:
    strangers = [guess(admin.anonymous, f"stranger{n}") for n in range(100)]
    flood = asyncio.gather(*strangers)
    began = time.monotonic()
    assert (await log_in(admin)).status_code == 201
    assert time.monotonic() - began < SOON_S
    assert set(await flood) == {401}


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_flood_of_guesses_at_ones_own_name_and_address_keeps_nobody_out(
    admin: Admin, is_restarted: bool
) -> None:
    if is_restarted:
        restarted(admin)
    flood = [await guess(admin.anonymous, USERNAME) for _ in range(30)]
    assert flood[: guessing.MAX_OF_PAIR] == [401] * guessing.MAX_OF_PAIR
    assert set(flood[guessing.MAX_OF_PAIR :]) == {429}
    assert (await log_in(admin)).status_code == 201


async def test_guesses_are_limited_per_name_and_address(admin: Admin) -> None:
    li = await hire(admin)
    async with admin.calling_from(ELSEWHERE) as stranger:
        for _ in range(guessing.MAX_OF_PAIR):
            assert await guess(stranger, li) == 401
        body = {"username": li, "password": "wrong"}
        refused = await stranger.post("/api/session", json=body)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert 0 < int(refused.headers["Retry-After"]) <= guessing.WINDOW.total_seconds()
        assert await guess(stranger, USERNAME) == 401
    assert await guess(admin.anonymous, li, PASSWORD) == 201


async def test_an_address_is_shut_whatever_names_it_invents(admin: Admin) -> None:
    async with admin.calling_from(ELSEWHERE) as stranger:
        for n in range(guessing.MAX_OF_ADDRESS):
            assert await guess(stranger, f"stranger{n}") == 401
        assert await guess(stranger, "another") == 429
        assert await guess(stranger, USERNAME, PASSWORD) == 429
        admin.clock.ahead = guessing.WINDOW * 1.1
        assert await guess(stranger, USERNAME, PASSWORD) == 201


async def test_an_ipv6_network_is_shut_as_a_whole(admin: Admin) -> None:
    for n in range(guessing.MAX_OF_NETWORK):
        async with admin.calling_from(f"2001:db8::{n // 10:x}") as stranger:
            assert await guess(stranger, f"stranger{n}") == 401
    async with admin.calling_from("2001:db8::ffff") as neighbour:
        assert await guess(neighbour, "x") == 429
    async with admin.calling_from("2001:db8:0:1::1") as other:
        assert await guess(other, "x") == 401


async def test_a_name_that_many_strangers_try_is_hashed_no_more_and_its_owner_gets_in(
    admin: Admin,
) -> None:
    li = await hire(admin)
    for n in range(guessing.MAX_OF_NAME):
        async with admin.calling_from(f"198.51.100.{n}") as stranger:
            assert await guess(stranger, li) == 401
    async with admin.calling_from("192.0.2.1") as anybody:
        assert await guess(anybody, li) == 429
        assert await guess(anybody, li, PASSWORD) == 201
    restarted(admin)
    assert await guess(admin.anonymous, li, PASSWORD) == 201


async def test_an_address_that_logged_in_before_is_known_for_ninety_days(admin: Admin) -> None:
    await log_in(admin)
    admin.clock.ahead = guessing.KNOWN_FOR * 0.9
    await forget_expired(admin.deps)
    for n in range(guessing.MAX_OF_ADDRESS + 5):
        assert await guess(admin.anonymous, f"stranger{n}") == 401
    admin.clock.ahead = guessing.KNOWN_FOR * 1.1
    await forget_expired(admin.deps)
    for n in range(guessing.MAX_OF_ADDRESS):
        await guess(admin.anonymous, f"stranger{n}")
    assert await guess(admin.anonymous, "one more") == 429


async def test_right_passwords_never_count(admin: Admin) -> None:
    li = await hire(admin)
    async with admin.calling_from(ELSEWHERE) as stranger:
        for _ in range(guessing.MAX_OF_ADDRESS * 2):
            assert await guess(stranger, li, PASSWORD) == 201
        assert await guess(stranger, li) == 401


async def test_a_refused_login_is_in_the_audit_by_the_user_that_was_tried(admin: Admin) -> None:
    li = await hire(admin)
    async with admin.calling_from(ELSEWHERE) as stranger:
        await guess(stranger, li)
        await guess(stranger, "a password typed into the wrong field")
    invented, known = await admin.audit(action="session.refused")
    assert (known["entity_id"], known["actor"], known["ip"]) == (li, "", ELSEWHERE)
    assert (invented["entity_id"], invented["actor"]) == ("", "")
    assert "typed" not in str(invented)


async def test_a_flood_adds_no_rows_without_end(admin: Admin) -> None:
    for n in range(3 * guessing.MAX_OF_ADDRESS):
        await guess(admin.anonymous, f"stranger{n}")
    assert len(await admin.audit(action="session.refused", limit="100")) == guessing.MAX_OF_ADDRESS
