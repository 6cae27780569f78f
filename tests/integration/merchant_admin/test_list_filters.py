"""The lists of our own things: found by what stands in the address, in the API, on the page and in
the file; and the callbacks of a number, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from contracts.events.deliveries import CallbackNumbers
from merchant_admin.api.console.filter_fields import PAGES
from merchant_admin.api.console.filters import FieldKind
from merchant_admin.api.console.wrong_filters import PLACES
from merchant_admin.domain.audit import SYSTEM
from merchant_admin.flows import callbacks
from merchant_admin.flows.read_model import apply
from merchant_admin.flows.recording import record_action

from .conftest import PASSWORD, Admin
from .people import Person
from .test_callbacks import DELIVERY, ENDPOINT
from .test_configuration import CREDENTIALS
from .test_counter_codes import AMOUNTS
from .test_exports import exported
from .test_read_model import BEGAN, Story, delivery


@dataclass(frozen=True)
class Town:
    """Of each kind one of 东苑 (active), one of 西苑 (disabled)."""

    east: dict[str, str]
    west: dict[str, str]

    def filled(self, text: str) -> str:
        return self.east.get(text, text)


async def a_company(admin: Admin, name: str) -> dict[str, str]:
    merchant_id = (await admin.post("/api/merchants", {"name": name}))["merchant_id"]
    account = {"channel": "wechat", "name": name, "credentials": CREDENTIALS}
    accounts = f"/api/merchants/{merchant_id}/channel-accounts"
    payment_id = (await admin.post(accounts, account))["payment_id"]
    app = await admin.post("/api/apps", {"name": name, "merchant_ids": [merchant_id]})
    ids = {"merchant_id": merchant_id, "app_id": app["app_id"]}
    code = await admin.post("/api/counter-codes", {**ids, "name": name, **AMOUNTS})
    return {**ids, "payment_id": payment_id, "code_id": code["code_id"]}


@pytest.fixture
async def town(admin: Admin) -> Town:
    east, west = await a_company(admin, "East Garden"), await a_company(admin, "West 100%")
    for path in (
        f"merchants/{west['merchant_id']}",
        f"merchants/{west['merchant_id']}/channel-accounts/{west['payment_id']}",
        f"apps/{west['app_id']}",
        f"counter-codes/{west['code_id']}",
    ):
        done = await admin.http.patch(f"/api/{path}", json={"state": "disabled"})
        assert done.status_code == 200, done.text
    clerk = {"username": "clerk", "password": PASSWORD, "role": "merchant_staff"}
    await admin.post("/api/users", {**clerk, "merchant_ids": [east["merchant_id"]]})
    await admin.post("/api/tokens", {"name": "Nightly Report", "role": "finance"})
    return Town(east, west)


EAST = ("East Garden",)
WRONG = {
    FieldKind.CHOICE: "odd",
    FieldKind.CHANNEL: "?",
    FieldKind.DAY: "2026-02-30",
    FieldKind.MONTH: "2026-13",
    FieldKind.AMOUNT: "1,5",
}
CASES: Sequence[tuple[str, str, dict[str, str], Sequence[str]]] = (
    ("merchants", "name", {"text": "GARDEN"}, EAST),
    ("merchants", "name", {"text": "100%"}, ("West 100%",)),
    ("merchants", "name", {"text": "%"}, ("West 100%",)),
    ("merchants", "name", {"state": "active"}, EAST),
    ("merchants", "name", {"channel": "wechat"}, ("West 100%", "East Garden")),
    ("merchants", "name", {"channel": "easy"}, ()),
    ("channel-accounts", "name", {"merchant_id": "merchant_id"}, EAST),
    ("channel-accounts", "name", {"state": "disabled", "channel": "wechat"}, ("West 100%",)),
    ("channel-accounts", "name", {"text": "1900000001", "state": "active"}, EAST),
    ("apps", "name", {"merchant_id": "merchant_id"}, EAST),
    ("apps", "name", {"state": "disabled"}, ("West 100%",)),
    ("apps", "name", {"text": "app_id"}, EAST),
    ("counter-codes", "name", {"app_id": "app_id"}, EAST),
    ("counter-codes", "name", {"merchant_id": "merchant_id", "state": "disabled"}, ()),
    ("users", "username", {"role": "merchant_staff"}, ("clerk",)),
    ("users", "username", {"merchant_id": "merchant_id"}, ("admin", "clerk")),
    ("users", "username", {"text": "CLE", "state": "active"}, ("clerk",)),
    ("users", "username", {"state": "invited"}, ()),
    ("tokens", "name", {"text": "nightly", "state": "active"}, ("Nightly Report",)),
    ("tokens", "name", {"state": "revoked"}, ()),
)


async def test_a_filter_holds_in_the_api_on_the_page_and_in_the_file(
    admin: Admin, town: Town
) -> None:
    person = await Person.logged_in(admin)
    everything = {"East Garden", "West 100%", "clerk", "Nightly Report"}
    for things, name, filters, expected in CASES:
        asked = {key: town.filled(value) for key, value in filters.items()}
        answer = await admin.http.get(f"/api/{things}", params=asked)
        assert [item[name] for item in answer.json()["items"]] == list(expected), (things, asked)
        assert [row[name] for row in await exported(admin, things, **asked)] == list(expected)
        page = await person.open_page(things, **asked)
        table = page.partition("<tbody>")[2].partition("</tbody>")[0]
        found = {one for one in everything if f">{one}</strong>" in table}
        assert found == set(expected) & everything, things
        assert page.count('aria-label="Remove the filter ') == len(asked), (things, asked)


async def test_a_period_is_days_of_beijing(admin: Admin, town: Town) -> None:
    person = await Person.logged_in(admin)
    assert "East Garden" in await person.open_page("merchants", **{"from": "2001-01-01"})
    page = await person.open_page("merchants", to="2001-01-01")
    assert "East Garden</strong>" not in page
    assert "Try with fewer filters." in page
    assert await exported(admin, "merchants", created_before="2001-01-01T00:00:00Z") == []


async def test_what_cannot_be_understood_is_told_beside_its_field(admin: Admin, town: Town) -> None:
    person = await Person.logged_in(admin)
    wrong = {"state": "odd", "channel": "?", "from": "soon"}
    page = await person.refused_page("merchants", text="Garden", **wrong)
    for name, value, words in (
        ("state", "odd", "is not one of the choices"),
        ("channel", "?", "is not the name of a channel"),
        ("from", "soon", "is not a day such as 2026-11-30"),
    ):
        assert f'id="wrong-{name}"><q class="data">{value}</q> {words}' in page
        assert f'aria-describedby="wrong-{name} " aria-invalid="true"' in page
    assert "East Garden</strong>" not in page
    assert "Remove the filter Name or number Garden" in page
    assert page.count("Remove the filter") == 1
    assert 'href="/console/merchants?text=Garden"' in page
    refused = await admin.http.get("/api/merchants", params={"state": "odd"})
    assert refused.status_code == 422


@pytest.mark.parametrize("things", sorted(PAGES))
async def test_no_page_is_shown_for_a_filter_that_is_wrong(admin: Admin, things: str) -> None:
    person = await Person.logged_in(admin)
    place = PLACES.get(things, things)
    for field in PAGES[things].fields:
        asked = {field.name: WRONG.get(field.kind, "x" * 129)}
        page = await person.refused_page(place, **asked)
        assert f'id="wrong-{field.name}"' in page or field.kind is FieldKind.HIDDEN
        assert f'action="/console/{place}"' in page
        assert page.count("<table") == 0
    assert admin.notifier.calls == []


async def test_what_ends_before_it_begins_is_told(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    days = {"from": "2026-11-02", "to": "2026-11-01"}
    page = await person.refused_page("orders", min="2", max="1.99", **days)
    assert "is before the first day" in page
    assert "is less than the lowest amount" in page
    assert "Remove the filter From 2026-11-02" in page


async def test_a_filter_with_two_values_is_told(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    twice = "/console/orders?state=paid&state="
    page = await admin.anonymous.get(f"{twice}closed", headers=person.headers)
    assert (page.status_code, "is not the only value" in page.text) == (422, True)
    page = await admin.anonymous.get(twice, headers=person.headers)
    assert page.status_code == 200


async def test_an_amount_is_read_as_people_write_it(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    path = "/console/orders?min=￥１２．５０&max=1,300元"
    page = await admin.anonymous.get(path, headers=person.headers)
    assert (page.status_code, "is not an amount" in page.text) == (200, False)


async def test_no_file_is_made_for_a_filter_that_is_wrong(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    page = await person.refused_page("exports/orders", min="1,5", state="paid")
    assert "is not an amount such as 12.99" in page
    assert 'action="/console/orders"' in page
    assert 'href="/console/orders?state=paid"' in page
    answer = await person.send("exports/in-background/orders?from=soon")
    assert answer.status_code == 422


async def test_a_period_that_no_report_has_is_told_with_the_rest_kept(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    days = {"from": "2024-01-01", "to": "2026-01-01"}
    page = await person.refused_page("reports", grain="day", by="channel", **days)
    assert "too long: by the hour 7 days, by the day 366" in page
    assert "Remove the filter Grouped by By channel" in page
    assert '<option value="" translate="no">CNY</option>' in page
    assert "is still to come" in await person.refused_page("statements", day="2199-01-01")
    assert "is still to come" in await person.refused_page("statements", month="2199-01")


async def test_approvals_are_those_that_wait_unless_all_are_asked_for(
    admin: Admin, town: Town
) -> None:
    path = f"/api/merchants/{town.east['merchant_id']}"
    await admin.http.patch(path, json={"four_eyes": {"refunds_from": 1}})
    asked = (await admin.http.patch(path, json={"four_eyes": {"refunds_from": 9}})).json()
    number = asked["approval_id"]
    person = await Person.logged_in(admin)
    assert number in await person.open_page("approvals", requested_by="admin")
    assert number not in await person.open_page("approvals", kind="refund")
    await admin.http.post(f"/api/approvals/{number}/reject", json={"reason": "no"})
    assert number not in await person.open_page("approvals")
    assert number in await person.open_page("approvals", state="all", number=number.lower())
    assert [row["state"] for row in await exported(admin, "approvals", number=number)] == [
        "rejected"
    ]


async def test_an_address_is_found_by_the_merchant_its_app_works_for(
    admin: Admin, town: Town
) -> None:
    admin.notifier.answers["/internal/endpoints"] = {"items": [ENDPOINT], "next_cursor": None}
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [], "next_cursor": None}
    person = await Person.logged_in(admin)
    merchant_id = town.east["merchant_id"]
    page = await person.open_page("endpoints", merchant_id=merchant_id, suspended="true")
    assert "Remove the filter Merchant East Garden" in page
    assert "Remove the filter State Suspended" in page
    asked = admin.notifier.calls[-1][2] or {}
    assert (asked["app_ids"], asked["suspended"]) == (town.east["app_id"], "true")
    await person.open_page("deliveries", merchant_id=merchant_id)
    assert (admin.notifier.calls[-1][2] or {})["merchant_ids"] == merchant_id


async def events_asked_for(admin: Admin) -> list[str]:
    asked = [call[2] or {} for call in admin.notifier.calls]
    return [query["event_id"] for query in asked if "event_id" in query]


async def test_every_callback_of_a_number_is_reached_page_by_page(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "WITH_NUMBER", 2)
    numbers = CallbackNumbers(payment_no="P0NUMBER")
    events = [
        event.model_copy(update={"data": event.data.model_copy(update={"numbers": numbers})})
        for event in (
            delivery(f"E0{place}", "delivery.failed", attempts=1, at=BEGAN) for place in range(5)
        )
    ]
    await apply(admin.deps, events)
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [DELIVERY], "next_cursor": None}
    pages, after = [], None
    while True:
        admin.notifier.calls.clear()
        cursor: dict[str, str] = {"after": after} if after else {}
        answer = await admin.http.get("/api/deliveries", params={"number": "P0NUMBER", **cursor})
        pages.append(sorted(await events_asked_for(admin), reverse=True))
        after = answer.json()["next_cursor"]
        if after is None:
            break
    assert pages == [["E04", "E03"], ["E02", "E01"], ["E00"]]


async def test_pages_of_a_number_that_other_filters_leave_empty_are_passed_over(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "WITH_NUMBER", 1)
    story = Story(merchant_order_no="W2026-7").paid().refunded()
    await apply(admin.deps, [*story.events])
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [], "next_cursor": None}
    answer = await admin.http.get("/api/deliveries", params={"number": "W2026-7"})
    assert answer.json() == {"items": [], "next_cursor": None}
    assert len(await events_asked_for(admin)) > 1


async def test_a_number_and_an_event_find_that_event_if_it_is_of_the_number(admin: Admin) -> None:
    story, other = Story(merchant_order_no="W2026-7").paid(), Story().paid()
    await apply(admin.deps, [*story.events, *other.events])
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [DELIVERY], "next_cursor": None}
    for event_id, found in ((story.events[2].id, 1), (other.events[2].id, 0), ("E1", 0)):
        admin.notifier.calls.clear()
        asked = {"number": "W2026-7", "event_id": event_id}
        answer = await admin.http.get("/api/deliveries", params=asked)
        assert len(answer.json()["items"]) == found
        assert answer.json()["next_cursor"] is None
        assert await events_asked_for(admin) == [event_id] * found


async def test_an_app_and_a_merchant_find_its_addresses_if_it_works_for_it(
    admin: Admin, town: Town
) -> None:
    admin.notifier.answers["/internal/endpoints"] = {"items": [ENDPOINT], "next_cursor": None}
    for merchant, found in ((town.east, 1), (town.west, 0)):
        asked = {"app_id": town.east["app_id"], "merchant_id": merchant["merchant_id"]}
        answer = await admin.http.get("/api/callback-addresses", params=asked)
        assert len(answer.json()["items"]) == found


async def test_a_number_is_read_as_in_the_search_box(admin: Admin) -> None:
    first = Story(merchant_order_no="Water-2026-1").paid()
    second = Story(merchant_order_no="WATER-2026-11").paid()
    await apply(admin.deps, [*first.events, *second.events])
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [], "next_cursor": None}
    paid, paid_too = first.events[2].id, second.events[2].id
    for number, event_ids in (
        ("water-2026-1", {paid}),
        ("water-2026-", {paid, paid_too}),
        ("water", set()),
        (f" {first.payment_no.lower()} ", {paid}),
        (paid, {paid}),
    ):
        admin.notifier.calls.clear()
        await admin.http.get("/api/deliveries", params={"number": number})
        assert set(await events_asked_for(admin)) == event_ids, number


async def test_the_audit_of_a_merchant_is_what_was_done_to_what_is_its(
    admin: Admin, town: Town
) -> None:
    app = town.east["app_id"]
    await admin.post(f"/api/apps/{app}/keys", {"alg": "HMAC-SHA256"})
    elsewhere = await admin.http.patch(
        f"/api/apps/{app}", json={"merchant_ids": [town.west["merchant_id"]]}
    )
    assert elsewhere.status_code == 200, elsewhere.text
    asked = {"merchant_id": town.east["merchant_id"]}
    answer = await admin.http.get("/api/audit", params=asked)
    assert [entry["action"] for entry in answer.json()["items"]] == [
        "app.updated",
        "user.created",
        "counter_code.created",
        "app.created",
        "channel_account.created",
        "merchant.created",
    ]
    assert "app.updated" in [row["action"] for row in await exported(admin, "audit", **asked)]
    page = await (await Person.logged_in(admin)).open_page("audit", **asked)
    assert "Remove the filter Merchant East Garden" in page
    assert town.west["code_id"] not in page


async def test_the_audit_of_a_merchant_has_what_was_done_to_its_payments(admin: Admin) -> None:
    story = Story().paid().refunded()
    await apply(admin.deps, story.events)
    numbers = {
        "order.asked": story.order_id,
        "payment.decided": story.payment_no,
        "refund.decided": story.refund_no,
        "callback.redelivered": story.events[0].id,
    }
    async with admin.deps.db.transaction() as tx:
        for action, number in numbers.items():
            await record_action(
                tx, SYSTEM, action, at=admin.clock(), entity_id=number, after={"outcome": "done"}
            )
    for merchant_id, expected in ((story.merchant_id, list(reversed(numbers))), ("M0OTHER", [])):
        answer = await admin.http.get("/api/audit", params={"merchant_id": merchant_id})
        assert [entry["action"] for entry in answer.json()["items"]] == expected


async def test_exports_are_filtered_and_the_offer_of_one_is_not(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    for things in ("orders", "callbacks"):
        await person.send(f"exports/in-background/{things}")
    answer = await admin.http.get("/api/exports", params={"list": "orders", "state": "waiting"})
    assert [item["list"] for item in answer.json()["items"]] == ["orders"]
    assert (await admin.http.get("/api/exports", params={"state": "odd"})).status_code == 422
    page = await person.open_page("exports", list="callbacks")
    assert page.count("/remove") == 1
    assert "Remove the filter List Callbacks" in page
    assert "/remove" not in await person.open_page("exports", to="2001-01-01")
    offer = await person.open_page("exports", wanted="orders", state="paid", to="2001-01-01")
    assert offer.count("/remove") == 2
    assert "Make it in the background" in offer
