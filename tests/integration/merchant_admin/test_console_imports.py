"""Merchants and accounts from a file: every fault by its row, then all of it at once."""

import asyncio
import csv
import io
import re
from datetime import timedelta

import httpx
import pytest
from tests.integration.merchant_admin.conftest import Admin, waiting_for_locks
from tests.integration.merchant_admin.people import Person
from tests.integration.merchant_admin.test_console_setup import SECRET, page, send
from tests.integration.merchant_admin.test_sealing_anew import Busy, Rotation

from contracts.sealing import Opener
from gateway.channels.plugin import schema
from gateway.channels.wechat import PLUGIN
from merchant_admin.flows import importing

HOME = "/console/imports"
HEAD = ["reference", "merchant_name", "channel", "account_name", "mchid", "apiv3_key"]
ROWS = [
    ["W-1", "万科物业", "wechat", "主账户", "1900000109", SECRET],
    ["W-1", "万科物业", "wechat", "", "1900000110", SECRET],
    ["W-2", "碧桂园服务", "", "", "", ""],
]


def file_of(rows: list[list[str]], head: list[str] = HEAD, encoding: str = "utf-8") -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([head, *rows])
    return written.getvalue().encode(encoding)


@pytest.fixture
async def person(admin: Admin) -> Person:
    admin.gateway.schema = schema(PLUGIN.credentials, PLUGIN.form)
    return await Person.logged_in(admin)


async def checked(person: Person, raw: bytes, language: str = "en") -> httpx.Response:
    parts = {"file": ("merchants.csv", raw)}
    headers = {**person.headers, "Accept-Language": language}
    return await person.admin.anonymous.post(
        HOME, data={"csrf": person.csrf}, files=parts, headers=headers
    )


async def applied(person: Person, answer: httpx.Response) -> httpx.Response:
    assert answer.status_code == 200, answer.text
    found = re.search(r'action="(/console/imports/E\w+)"', answer.text)
    assert found is not None, answer.text
    return await send(person, found.group(1), {})


async def counted(person: Person) -> tuple[int, int]:
    """Merchants and accounts."""
    async with person.admin.deps.db.connection() as tx:
        row = await tx.fetchrow(
            "select (select count(*) from merchant), (select count(*) from channel_account)"
        )
    assert row is not None
    return row[0], row[1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_file_is_checked_and_applied_once(person: Person, encoding: str) -> None:
    answer = await checked(person, file_of(ROWS, encoding=encoding))
    assert "2 new merchants" in answer.text
    assert "2 new channel accounts" in answer.text
    assert SECRET not in answer.text
    assert await counted(person) == (0, 0)
    made = await applied(person, answer)
    assert made.status_code == 200, made.text
    assert await counted(person) == (2, 2)
    await applied(person, answer)
    assert await counted(person) == (2, 2)
    assert "碧桂园服务" in await page(person, "/console/merchants")
    kinds = {entry["action"] for entry in await person.admin.audit()}
    assert {"merchant.created", "channel_account.created", "import.applied"} <= kinds


async def test_an_account_that_has_to_wait_for_a_second_person_is_a_fault(person: Person) -> None:
    (row, *_) = ROWS
    await applied(person, await checked(person, file_of([row])))
    (merchant,) = (await person.admin.http.get("/api/merchants")).json()["items"]
    url = f"/api/merchants/{merchant['merchant_id']}"
    more = file_of([row, [*row[:4], "1900000110", SECRET]])
    in_time = await checked(person, more)
    four_eyes = {"four_eyes": {"credentials": True}}
    assert (await person.admin.http.patch(url, json=four_eyes)).status_code == 200
    late = await applied(person, in_time)
    assert (late.status_code, "register it by itself" in late.text) == (422, True)
    answer = await checked(person, more, language="zh-CN")
    assert answer.status_code == 422
    assert re.search(r'<tr data-row="3">.*该商户的密钥变更须复核', answer.text)
    assert '<tr data-row="2">' not in answer.text
    assert await counted(person) == (1, 1)


async def test_what_is_there_is_left_alone(person: Person) -> None:
    await applied(person, await checked(person, file_of(ROWS)))
    more = [*ROWS, ["W-3", "绿城服务", "", "", "", ""]]
    answer = await checked(person, file_of(more))
    assert "1 new merchants" in answer.text
    assert "2 accounts are there already" in answer.text
    await applied(person, answer)
    assert await counted(person) == (3, 2)


async def test_no_secret_waits_to_be_applied(person: Person) -> None:
    await checked(person, file_of(ROWS))
    async with person.admin.deps.db.connection() as tx:
        assert SECRET not in await tx.fetchval("select rows::text from import_batch")


async def test_every_fault_is_listed_by_its_row_and_nothing_is_made(person: Person) -> None:
    rows = [
        ["", "万科物业", "", "", "", ""],
        ["W-2", "", "", "", "", ""],
        ["W-3", "甲", "paypal", "", "1", "2"],
        ["W-4", "乙", "wechat", "", "", SECRET],
        ["W-5", "丙", "wechat", "", "1900000109", SECRET],
        ["W-5", "丁", "", "", "", ""],
        ["W-5", "丙", "wechat", "", "1900000109", SECRET],
        ["W-6", "戊", "", "", "1900000109", ""],
    ]
    answer = await checked(person, file_of(rows))
    assert answer.status_code == 422
    found = re.findall(
        r'data-row="(\d+)"><td[^>]*>\d+</td><td[^>]*><div><code>([^<]*)', answer.text
    )
    assert found == [
        ("2", "reference"), ("3", "merchant_name"), ("4", "channel"), ("5", "mchid"),
        ("7", "merchant_name"), ("8", "channel"), ("9", "channel"),
    ]  # fmt: skip
    assert 'action="/console/imports/E' not in answer.text
    assert await counted(person) == (0, 0)


async def test_a_reference_of_another_name_is_refused(person: Person) -> None:
    await applied(person, await checked(person, file_of(ROWS)))
    answer = await checked(person, file_of([["W-1", "别家物业", "", "", "", ""]]))
    assert "a merchant of another name" in answer.text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "The file is empty"),
        (b"\xff\xfe\x00\x81", "The encoding must be"),
        (b"a,b\n1,2\n", "The head lacks reference"),
        (b"reference,merchant_name\n", "nothing below the head"),
        (b"reference,reference,merchant_name\n1,2,3\n", "reference twice"),
        (b"reference,merchant_name\n" + b"a,b\n" * 501, "500 rows at most"),
        (b"reference,merchant_name\n" + b"x" * 2_097_152, "larger than 2 MiB"),
    ],
)
async def test_a_file_that_cannot_be_read_is_told_why(
    person: Person, raw: bytes, words: str
) -> None:
    answer = await checked(person, raw)
    assert answer.status_code == 422
    assert words in answer.text


async def test_what_was_registered_meanwhile_is_not_imported(person: Person) -> None:
    first = await checked(person, file_of(ROWS))
    await applied(person, await checked(person, file_of(ROWS)))
    answer = await applied(person, first)
    assert answer.status_code == 409
    assert await counted(person) == (2, 2)


async def test_of_two_imports_that_are_applied_at_once_one_makes_the_account(
    person: Person,
) -> None:
    await applied(person, await checked(person, file_of(ROWS[2:])))
    account = [["W-2", *ROWS[2][1:2], *ROWS[0][2:]]]
    both = [await checked(person, file_of(account)) for _ in range(2)]
    db = person.admin.deps.db
    async with asyncio.TaskGroup() as group, db.transaction() as tx:
        await tx.execute("select 1 from merchant for update")
        answers = [group.create_task(applied(person, each)) for each in both]
        await waiting_for_locks(db, 2)
    assert sorted(answer.result().status_code for answer in answers) == [200, 409]
    assert await counted(person) == (1, 1)


async def test_imports_of_the_same_merchants_in_another_order_are_made_one_after_the_other(
    person: Person,
) -> None:
    """Whoever has written the audit of its first merchant is alone, so none waits in a circle."""
    made = await person.admin.post("/api/merchants", {"name": "x"})
    rows = [[f"W-{number}", f"{number}", "", "", "", ""] for number in (1, 2, 3)]
    both = [await checked(person, file_of(each)) for each in (rows, rows[::-1])]
    db = person.admin.deps.db
    async with asyncio.TaskGroup() as group, db.transaction() as tx:
        await tx.execute("insert into merchant_reference values ('W-2', $1)", made["merchant_id"])
        answers = [group.create_task(applied(person, each)) for each in both]
        await waiting_for_locks(db, 2)
        await tx.execute("delete from merchant_reference")
    assert sorted(answer.result().status_code for answer in answers) == [200, 409]
    assert await counted(person) == (4, 0)


async def test_a_check_is_for_whoever_made_it(person: Person) -> None:
    answer = await checked(person, file_of(ROWS))
    found = re.search(r'action="(/console/imports/E\w+)"', answer.text)
    assert found is not None
    other = await Person.hired(person.admin, "administrator")
    assert (await send(other, found.group(1), {})).status_code == 409
    assert await counted(person) == (0, 0)


async def test_a_check_is_forgotten_after_an_hour(person: Person) -> None:
    answer = await checked(person, file_of(ROWS))
    person.admin.clock.ahead += timedelta(minutes=61)
    await importing.forget_old(person.admin.deps)
    async with person.admin.deps.db.connection() as tx:
        assert await tx.fetchval("select count(*) from import_batch") == 0
    assert answer.status_code == 200


async def test_a_check_is_forgotten_when_the_keys_of_credentials_change(person: Person) -> None:
    """What it holds is sealed to a key that is taken away next."""
    answer = await checked(person, file_of(ROWS))
    await Rotation.of(person.admin).run()
    made = await applied(person, answer)
    assert (made.status_code, "Check the file again" in made.text) == (409, True)


async def test_what_is_applied_while_the_keys_change_is_opened_by_the_new_one_alone(
    person: Person,
) -> None:
    await applied(person, await checked(person, file_of(ROWS[:1])))
    second = await checked(person, file_of(ROWS[1:]))
    rotation = Rotation.of(person.admin)

    async def apply() -> None:
        await applied(person, second)

    rotation.gateway = Busy(rotation.gateway.opener, apply)
    assert (await rotation.run()).is_whole
    async with person.admin.deps.db.connection() as tx:
        rows = await tx.fetch("select payment_id, credentials_sealed from channel_account")
    opener = Opener.of(rotation.new["gateway"].private_key)
    for row in rows:
        assert opener.open(row["credentials_sealed"], context=row["payment_id"])


async def test_template_has_the_columns_of_its_channel(person: Person) -> None:
    text = await page(person, f"{HOME}/template.csv?channel=wechat")
    assert text.startswith("\ufeffreference,merchant_name,channel,account_name,mchid,appid,")
