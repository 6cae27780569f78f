"""Statements of channels, as the gateway fetches and hands them on."""

from typing import Any

import pytest
from tests.unit.gateway.client import TOKEN, application, client_of
from tests.unit.gateway.world import NOW, Step, World, fake_plugin, reply, world

from contracts.money import Money
from gateway.channels.plugin import (
    Answer,
    BillPlace,
    BillRow,
    Bills,
    BillWish,
    Call,
    Outcome,
    Pending,
    Reply,
    Request,
    Unverifiable,
)
from gateway.channels.transport import Broken
from gateway.channels.verdicts import unlisted
from gateway.directory import ChannelAccount

ROW = BillRow("payment", "P1", "", "T1", Money(1299, "CNY"), NOW, "SUCCESS")
PATH = "/internal/channel-accounts/C1/bills/2026-01-31"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def place(answer: Answer, wish: BillWish, account: str) -> BillPlace | Outcome:
    match answer.content:
        case {"at": str(url)}:
            return BillPlace(url)
        case {"empty": True}:
            return Pending(found=False)
        case _:
            return unlisted("NEW", "?")


def read(reply: Reply, at: BillPlace, wish: BillWish, account: str) -> list[BillRow]:
    match reply.body:
        case b"bill":
            return [ROW]
        case b"other":
            raise Unverifiable("the bill is not the one that was announced")
        case _:
            raise KeyError("no such column")


def download(at: BillPlace, account: str, moment: object) -> Request:
    return Request("GET", at.url, {}, b"")


BILLS: Bills[str] = Bills(
    frozenset({"trade"}), lambda wish, _: Call("GET", f"/bill/{wish.day}"), place, download, read
)


def billing(*steps: Step, **plugin: Any) -> World:
    gateway = world(*steps)
    changed = fake_plugin(**{"bills": BILLS, **plugin})
    gateway.directory.put(ChannelAccount("C1", "M1", True, changed, "key"))
    return gateway


async def get(gateway: World, path: str = PATH) -> tuple[int, Any]:
    async with client_of(application(gateway)) as client:
        answer = await client.plain.get(path, headers=AUTHORIZED)
    return answer.status_code, answer.json()


FOUND = reply({"at": "https://files.example/1"})


async def test_a_bill_is_found_downloaded_and_read() -> None:
    gateway = billing(FOUND, Reply(200, {}, b"bill"))
    status, bill = await get(gateway)
    assert (status, bill["day"], bill["kind"]) == (200, "2026-01-31", "trade")
    [row] = bill["rows"]
    assert (row["kind"], row["payment_no"], row["amount"]) == ("payment", "P1", 1299)
    urls = [request.url for request in gateway.transport.sent]
    assert urls == ["https://fake.example/bill/2026-01-31", "https://files.example/1"]


async def test_a_day_without_movements_is_an_empty_bill() -> None:
    status, bill = await get(billing(reply({"empty": True})))
    assert (status, bill["rows"]) == (200, [])


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([Broken("reset")], "no_answer"),
        ([FOUND, Broken("reset")], "no_answer"),
        ([FOUND, Reply(200, {}, b"other")], "unverifiable"),
        ([FOUND, Reply(200, {}, b"broken")], "unreadable"),
        ([reply({"strange": 1})], "NEW"),
    ],
)
async def test_what_is_no_bill_is_told_and_may_be_asked_for_again(
    steps: list[Step], code: str
) -> None:
    status, problem = await get(billing(*steps))
    assert (status, problem["code"]) == (504, "unknown")
    assert problem["channel"]["code"] == code


async def test_an_unlisted_code_about_a_bill_is_told_to_people() -> None:
    gateway = billing(reply({"strange": 1}))
    await get(gateway)
    assert gateway.deps.alerts._waiting.get_nowait().key == "channel:unlisted-code:fake:bill:NEW"


async def test_a_channel_without_bills_is_not_asked() -> None:
    for gateway, path in (
        (billing(FOUND, bills=None), PATH),
        (billing(FOUND), f"{PATH}?kind=funds"),
    ):
        status, problem = await get(gateway, path)
        assert (status, problem["channel"]["code"]) == (504, "no_bill")
        assert gateway.transport.sent == []


async def test_an_account_that_is_not_there_has_no_bill() -> None:
    assert (await get(billing(FOUND), PATH.replace("C1", "C9")))[0] == 404
    assert (await get(billing(FOUND), f"{PATH}?kind=all"))[0] == 422
    assert (await get(billing(FOUND), PATH.replace("01-31", "02-31")))[0] == 422
