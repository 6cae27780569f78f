"""Files of long lists: made in the background with progress, kept for a week, for one person."""

import asyncio
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from merchant_admin.domain import exports as domain
from merchant_admin.domain.errors import TooManyExports
from merchant_admin.flows import background_exports, money_listings
from merchant_admin.flows.background_exports import forget_old, make_next
from merchant_admin.flows.read_model import apply
from merchant_admin.store import exports as store

from .conftest import Admin
from .people import Person
from .test_exports import rows
from .test_read_model import Story


async def some_orders(admin: Admin, count: int) -> None:
    for number in range(count):
        await apply(admin.deps, Story(merchant_order_no=f"W{number}").paid().events)


async def asked(admin: Admin, things: str = "orders", **query: str) -> str:
    answer = await admin.http.post(f"/api/exports/{things}", params=query)
    assert answer.status_code == 202, answer.text
    export_id: str = answer.json()["export_id"]
    return export_id


async def shown(admin: Admin, export_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await admin.http.get(f"/api/exports/{export_id}")).json()
    return answer


async def test_a_file_is_made_chunk_by_chunk_and_fetched_whole(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money_listings, "PAGE", 2)
    monkeypatch.setattr(background_exports, "CHUNK_BYTES", 100)
    await some_orders(admin, 5)
    export_id = await asked(admin)
    assert (await shown(admin, export_id))["state"] == "waiting"
    assert (await admin.http.get(f"/api/exports/{export_id}/file")).status_code == 404
    beats = 0

    def beat() -> None:
        nonlocal beats
        beats += 1

    assert await make_next(admin.deps, beat)
    assert beats >= 3
    answered = await shown(admin, export_id)
    assert (answered["state"], answered["percent"], answered["rows_in_all"]) == ("done", 100, 5)
    answer = await admin.http.get(f"/api/exports/{export_id}/file")
    assert [row["merchant_order_no"] for row in rows(answer)] == [f"W{n}" for n in (4, 3, 2, 1, 0)]
    audited = [entry["action"] for entry in await admin.audit(entity_id=export_id)]
    assert audited == ["export.fetched", "export.asked"]
    assert not await make_next(admin.deps)


async def test_a_file_that_is_asked_for_at_the_console_is_for_a_spreadsheet(admin: Admin) -> None:
    await apply(admin.deps, Story(merchant_order_no="20261122000000012345").paid().events)
    person = await Person.logged_in(admin)
    assert (await person.send("exports/in-background/orders")).status_code == 303
    assert await make_next(admin.deps)
    [export] = (await admin.http.get("/api/exports")).json()["items"]
    [row] = rows(await person.get(f"exports/{export['export_id']}/file"))
    assert row["Merchant order no."] == "20261122000000012345\t"


async def test_a_workbook_is_made_of_what_the_filters_find(admin: Admin) -> None:
    await some_orders(admin, 2)
    export_id = await asked(admin, "payments", format="xlsx", merchant_order_no="W1")
    assert await make_next(admin.deps)
    assert (await shown(admin, export_id))["rows"] == 1
    answer = await admin.http.get(f"/api/exports/{export_id}/file")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        assert "xl/worksheets/sheet1.xml" in book.namelist()


async def test_another_process_begins_anew_what_one_left_behind(admin: Admin) -> None:
    await some_orders(admin, 1)
    export_id = await asked(admin)
    async with admin.deps.db.transaction() as tx:
        now = admin.clock()
        left = await store.take(tx, now, now + background_exports.LEASE)
        assert left is not None
        assert await store.add_chunk(
            tx, left, 0, b"half", rows=1, lease_until=now + background_exports.LEASE
        )
    assert not await make_next(admin.deps)
    admin.clock.ahead += background_exports.LEASE + timedelta(seconds=1)
    assert await make_next(admin.deps)
    async with admin.deps.db.transaction() as tx:
        assert not await store.add_chunk(tx, left, 1, b"late", rows=2, lease_until=now)
    async with admin.deps.db.connection() as tx:
        kept = await store.find(tx, export_id)
    assert kept is not None
    assert (kept.state, kept.rows) == (domain.ExportState.DONE, 1)


async def test_too_many_at_once_and_too_many_rows_are_refused(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    await some_orders(admin, 2)
    monkeypatch.setattr(background_exports, "MAX_ROWS", 1)
    export_id = await asked(admin)
    await asked(admin)
    await asked(admin)
    refused = await admin.http.post("/api/exports/orders")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert await make_next(admin.deps)
    assert (await shown(admin, export_id))["state"] == "failed"


async def test_a_file_is_for_who_asked_and_only_while_they_may_see_it(admin: Admin) -> None:
    await some_orders(admin, 1)
    person = await Person.hired(admin, "auditor")
    answer = await person.send("exports/in-background/orders?merchant_id=M1&format=csv")
    assert answer.headers["location"] == "/console/exports?done=export_asked"
    await make_next(admin.deps)
    page = await person.open_page("exports")
    assert ">Done</span>" in page
    export_id = page.partition("/console/exports/X")[2].partition("/")[0]
    path = f"exports/X{export_id}/file"
    assert [row["Merchant id"] for row in rows(await person.get(path))] == ["M1"]
    assert (await admin.http.get(f"/api/exports/X{export_id}")).status_code == 404

    merchant = await admin.post("/api/merchants", {"name": "one"})
    narrowed = {"merchant_ids": [merchant["merchant_id"]]}
    await admin.http.patch("/api/users/auditor", json=narrowed)
    assert (await person.get(path)).status_code == 404
    assert ">Done</span>" not in await person.open_page("exports")


async def test_it_is_kept_for_a_week_or_until_it_is_removed(admin: Admin) -> None:
    await some_orders(admin, 1)
    first, second = await asked(admin), await asked(admin)
    while await make_next(admin.deps):
        pass
    assert (await admin.http.delete(f"/api/exports/{first}")).status_code == 204
    assert (await admin.http.get(f"/api/exports/{first}")).status_code == 404
    listed = (await admin.http.get("/api/exports")).json()["items"]
    assert [item["export_id"] for item in listed] == [second]
    admin.clock.ahead += domain.KEPT_FOR + timedelta(seconds=1)
    await forget_old(admin.deps)
    async with admin.deps.db.connection() as tx:
        assert await tx.fetchval("select count(*) from export_chunk") == 0


async def test_nobody_has_more_unfinished_files_by_asking_at_once(admin: Admin) -> None:
    """Each asks in a transaction of its own, and none has seen what another has not committed."""
    asks = [admin.http.post("/api/exports/orders") for _ in range(3 * domain.MAX_UNFINISHED)]
    answers = await asyncio.gather(*asks)
    taken = [answer.status_code for answer in answers if answer.status_code == 202]
    assert len(taken) == domain.MAX_UNFINISHED
    refused = {answer.status_code for answer in answers} - {202}
    assert refused == {TooManyExports(domain.MAX_UNFINISHED).status}


async def test_a_search_that_cannot_be_read_any_more_stops_no_other(admin: Admin) -> None:
    await some_orders(admin, 1)
    odd = await asked(admin)
    async with admin.deps.db.transaction() as tx:
        await tx.execute("update export set search = search || '{\"number\": []}'::jsonb")
    good = await asked(admin)
    while await make_next(admin.deps):
        pass
    states = [(await shown(admin, each))["state"] for each in (odd, good)]
    assert states == ["failed", "done"]
