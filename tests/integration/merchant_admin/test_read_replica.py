"""Searches, lists of money, files and reports are read at a replica, which may be late; whatever is
asked for by its number is read where it was written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import SecretStr

from chassis import replica
from chassis.database import Database
from contracts.identifiers import new_id
from merchant_admin.flows.read_model import apply

from .conftest import Admin, MakeDatabase
from .test_read_model import Story, found
from .test_reports import report
from .test_splits import Split

THINGS = ("orders", "payments", "refunds", "splits")
NOBODY = "postgresql://nobody@127.0.0.1:1/nowhere"


@asynccontextmanager
async def reading(admin: Admin, url: str) -> AsyncIterator[Database]:
    """The service with this replica."""
    async with replica.opened(SecretStr(url), "tests", max_size=2) as database:
        assert database is not None
        admin.app.state.deps = replace(admin.deps, replica=database)
        yield database


@pytest.fixture
async def story(admin: Admin) -> tuple[Story, str]:
    """One of everything in the database; and the number of the split."""
    past = Story().paid().refunded()
    split = Split(past)
    split.tell("split.created", "processing", "processing")
    await apply(admin.deps, past.events)
    return past, split.split_no


async def test_lists_files_and_reports_never_ask_the_database_itself(
    admin: Admin, story: tuple[Story, str], make_database: MakeDatabase
) -> None:
    past, _ = story
    async with reading(admin, await make_database("merchant_admin")) as late:
        for things in THINGS:
            assert await found(admin, things) == []
            file = await admin.http.get(f"/api/exports/{things}", params={"format": "csv"})
            assert len(file.text.splitlines()) == 1, file.text
        assert (await report(admin))["currencies"] == []
        await apply(replace(admin.deps, db=late), past.events)
        for things in THINGS[:3]:
            assert len(await found(admin, things)) == 1


async def test_what_has_a_number_is_as_new_as_the_database(
    admin: Admin, story: tuple[Story, str], make_database: MakeDatabase
) -> None:
    past, split_no = story
    async with reading(admin, await make_database("merchant_admin")):
        for path in (
            f"orders/{past.order_id}",
            f"payments/{past.payment_no}",
            f"refunds/{past.refund_no}",
            f"splits/{split_no}",
        ):
            assert (await admin.http.get(f"/api/{path}")).status_code == 200, path
        assert (await admin.http.get(f"/api/orders/{new_id('order')}")).status_code == 404


async def test_a_replica_that_cannot_be_reached_is_not_missed(
    admin: Admin, story: tuple[Story, str]
) -> None:
    async with reading(admin, NOBODY):
        for things in THINGS:
            assert len(await found(admin, things)) == 1
