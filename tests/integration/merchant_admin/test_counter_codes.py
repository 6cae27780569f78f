"""Fixed counter codes: put up, shown, changed, and told to the others."""

from datetime import UTC, datetime
from typing import Any, Final

import orjson
import pytest

from contracts.identifiers import is_id
from merchant_admin.domain.scope import EVERYTHING
from merchant_admin.domain.search import Search
from merchant_admin.flows.read_model import apply
from merchant_admin.store import counter_codes as store
from merchant_admin.store import search as lists

from .conftest import Admin
from .people import Person
from .test_exports import exported
from .test_read_model import Story, found

AMOUNTS: Final = {"min_amount": 100, "max_amount": 50_000, "daily_limit": 200_000}


async def terms(admin: Admin, **changes: Any) -> dict[str, Any]:
    merchant_id = (await admin.post("/api/merchants", {"name": "幸福物业"}))["merchant_id"]
    app = await admin.post("/api/apps", {"name": "收费", "merchant_ids": [merchant_id]})
    usual = {"merchant_id": merchant_id, "app_id": app["app_id"], "name": "前台", **AMOUNTS}
    return {**usual, **changes}


async def published_of(admin: Admin, code_id: str) -> list[dict[str, Any]]:
    """What the other services hear of it."""
    async with admin.deps.db.connection() as tx:
        rows = await tx.fetch("select payload from event_log where key = $1 order by id", code_id)
    return [orjson.loads(row["payload"])["data"]["entity"] for row in rows]


async def test_a_code_is_put_up_shown_and_told(admin: Admin) -> None:
    sent = await terms(admin, amounts=[1_000, 5_000])
    made = await admin.post("/api/counter-codes", sent)
    assert is_id("counter_code", made["code_id"])
    assert made["url"] == f"https://cashier.example/pay/to/{made['code_id']}"
    assert sent.items() <= made.items()
    read = (await admin.http.get(f"/api/counter-codes/{made['code_id']}")).json()
    assert read == made
    listed = (await admin.http.get("/api/counter-codes")).json()
    assert listed["items"] == [made]
    shown = await published_of(admin, made["code_id"])
    assert [(each["kind"], each["version"]) for each in shown] == [("counter_code", 1)]


async def test_a_code_is_disabled_and_that_is_audited(admin: Admin) -> None:
    made = await admin.post("/api/counter-codes", await terms(admin))
    path = f"/api/counter-codes/{made['code_id']}"
    changed = await admin.http.patch(path, json={"state": "disabled"})
    assert changed.json()["state"] == "disabled"
    assert [each["state"] for each in await published_of(admin, made["code_id"])] == [
        "active",
        "disabled",
    ]
    async with admin.deps.db.connection() as tx:
        rows = await tx.fetch("select action from audit where entity_id = $1", made["code_id"])
    assert sorted(row["action"] for row in rows) == [
        "counter_code.created",
        "counter_code.updated",
    ]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"max_amount": 99}, "/max_amount"),
        ({"daily_limit": 49_999}, "/daily_limit"),
        ({"amounts": [1_000, 99]}, "/amounts/1"),
        ({"min_amount": 0}, "/min_amount"),
        ({"name": ""}, "/name"),
        ({"merchant_id": "M1"}, "/merchant_id"),
        ({"app_id": "A1"}, "/app_id"),
    ],
)
async def test_what_makes_no_sense_is_told_by_its_pointer(
    admin: Admin, changes: dict[str, Any], pointer: str
) -> None:
    answer = await admin.http.post("/api/counter-codes", json=await terms(admin, **changes))
    assert answer.status_code == 422
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]


async def test_an_app_takes_money_for_its_own_merchants_only(admin: Admin) -> None:
    other = await terms(admin)
    sent = await terms(admin, app_id=other["app_id"])
    answer = await admin.http.post("/api/counter-codes", json=sent)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/app_id"]


NOTE: Final = "3-1201 王家"


async def begun_at(admin: Admin, code: dict[str, Any], **members: Any) -> Story:
    """A payer's order that names this code."""
    metadata = {"code_id": code["code_id"], "note": NOTE}
    whose = {"merchant_id": code["merchant_id"], "app_id": code["app_id"], **members}
    story = Story(metadata=metadata, **whose).paid()
    await apply(admin.deps, story.events)
    return story


async def test_an_order_shows_its_code_and_the_payers_note(admin: Admin) -> None:
    code = await admin.post("/api/counter-codes", await terms(admin))
    story = await begun_at(admin, code)
    page = await (await Person.logged_in(admin)).open_page(f"orders/{story.order_id}")
    assert NOTE in page
    assert f'href="/console/counter-codes?text={code["code_id"]}">前台<' in page


async def test_lists_are_exported_with_the_code_and_the_payers_note(admin: Admin) -> None:
    code = await admin.post("/api/counter-codes", await terms(admin))
    await begun_at(admin, code)
    for things in ("orders", "payments"):
        [row] = await exported(admin, things)
        assert (row["counter_code"], row["payers_note"]) == ("前台", NOTE)


@pytest.mark.parametrize("another", [{"merchant_id": "M2"}, {"app_id": "A2"}])
async def test_metadata_that_names_the_code_of_another_says_nothing(
    admin: Admin, another: dict[str, str]
) -> None:
    code = await admin.post("/api/counter-codes", await terms(admin))
    story = await begun_at(admin, code, **another)
    assert NOTE not in await (await Person.logged_in(admin)).open_page(f"orders/{story.order_id}")
    for things in ("orders", "payments"):
        [row] = await exported(admin, things)
        assert (row["counter_code"], row["payers_note"]) == ("", "")
    assert await found(admin, "payments", code_id=code["code_id"]) == []


async def test_payments_are_found_and_exported_by_their_code(admin: Admin) -> None:
    code = await admin.post("/api/counter-codes", await terms(admin))
    story = await begun_at(admin, code)
    await apply(admin.deps, Story().paid().events)
    of_code = {"code_id": code["code_id"]}
    assert [each["payment_no"] for each in await found(admin, "payments", **of_code)] == [
        story.payment_no
    ]
    assert await found(admin, "payments", code_id="CC0") == []
    [row] = await exported(admin, "payments", **of_code)
    assert row["payment_no"] == story.payment_no


async def test_payments_of_a_code_are_found_by_an_index(admin: Admin) -> None:
    search = Search(EVERYTHING, code_id="CC1")
    asked = lists.payments_found(search).replace(":columns", lists.PAYMENT_COLUMNS)
    of_a_day = (["CC1"], datetime(2026, 11, 28, tzinfo=UTC))
    async with admin.deps.db.transaction() as tx:
        await tx.execute("set local enable_seqscan = off")
        for statement, given in ((asked, lists.parameters(search)), (store.RECEIVED, of_a_day)):
            await tx.execute(lists.PLAN_WITH_VALUES)
            plan = "\n".join(row[0] for row in await tx.fetch(f"explain {statement}", *given))
            assert "payments_view_code" in plan
