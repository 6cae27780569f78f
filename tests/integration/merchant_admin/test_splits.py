"""Splits in the read model: found by what people know of them, and shown with their payment."""

from typing import Any

from contracts.events.orders import OrderEventType
from contracts.identifiers import new_id
from merchant_admin.flows.read_model import apply

from .conftest import Admin
from .people import Person
from .test_console import log_in
from .test_read_model import BEGAN, Story, delivery, found


class Split:
    """One split of a story's payment, as trade-core tells it."""

    def __init__(self, story: Story, **members: Any) -> None:
        self.story, self.members = story, members
        self.split_no = new_id("split")

    def tell(self, kind: str, status: str, share_status: str, returned: int = 0) -> Any:
        story = self.story
        view = {
            "split_no": self.split_no, "merchant_split_no": f"f-{self.split_no}",
            "payment_no": story.payment_no, "merchant_order_no": story.merchant_order_no,
            "channel_trade_no": "42", "channel_split_no": None, "merchant_id": story.merchant_id,
            "payment_id": "C1", "amount": 300, "currency": "CNY", "status": status,
            "finish": False, "created_at": BEGAN, "finished_at": None, "failure": None,
            "receivers": [
                {
                    "account": "1900000109", "amount": 300, "description": "维修基金",
                    "status": share_status, "amount_returned": returned, "failure": None,
                }
            ],
            **self.members,
        }  # fmt: skip
        return story.tell(OrderEventType(kind), order=story.order("paid", 1299), split=view)


async def test_a_split_is_found_in_its_newest_state_however_it_was_told(admin: Admin) -> None:
    story = Story().paid()
    split, other = Split(story), Split(Story().paid(), merchant_id="M2")
    created = split.tell("split.created", "processing", "processing")
    succeeded = split.tell("split.succeeded", "succeeded", "succeeded")
    returned = split.tell("split.returned", "succeeded", "returned", 300)
    other.tell("split.created", "processing", "processing")
    await apply(admin.deps, other.story.events)
    for event in (returned, created, succeeded, returned):
        await apply(admin.deps, [event])

    for query in (
        {"split_no": split.split_no},
        {"merchant_split_no": f"f-{split.split_no}"},
        {"payment_no": story.payment_no},
        {"merchant_id": "M1"},
        {"state": "succeeded"},
    ):
        [item] = await found(admin, "splits", **query)
        assert item["split_no"] == split.split_no, query
        assert item["receivers"][0]["status"] == "returned"
    assert len(await found(admin, "splits")) == 2
    one = await admin.http.get(f"/api/splits/{split.split_no}")
    assert (one.status_code, one.json()["order_id"]) == (200, story.order_id)
    assert (await admin.http.get(f"/api/splits/{new_id('split')}")).status_code == 404


async def test_callback_of_a_split_stays_its_own_when_receivers_give_back(admin: Admin) -> None:
    split = Split(Story().paid())
    succeeded = split.tell("split.succeeded", "succeeded", "succeeded")
    await apply(admin.deps, [succeeded])
    await apply(admin.deps, [split.tell("split.returned", "succeeded", "returned", 300)])
    shown = delivery(succeeded.id, "delivery.delivered", attempts=1, at=BEGAN)
    await apply(admin.deps, [shown])
    [item] = await found(admin, "splits")
    assert item["delivery"]["state"] == "delivered"


async def test_the_page_filters_splits_by_channel_method_and_amount(admin: Admin) -> None:
    split = Split(Story().paid())
    other = Split(Story(channel="alipay", currency="JPY").paid(), amount=500, currency="JPY")
    for each in (split, other):
        each.tell("split.created", "processing", "processing")
        await apply(admin.deps, each.story.events)
    person = await Person.logged_in(admin)

    async def shown(**filters: str) -> set[str]:
        page = await person.open_page("splits", **filters)
        return {each.split_no for each in (split, other) if each.split_no in page}

    assert await shown(channel="wechat") == {split.split_no}
    assert await shown(channel="easy") == set()
    assert await shown(method="native", max="3") == {split.split_no}
    assert await shown(method="jsapi") == set()
    assert await shown(min="4") == {other.split_no}
    [item] = await found(admin, "splits", channel="alipay")
    assert item["split_no"] == other.split_no


async def test_splits_are_listed_page_by_page(admin: Admin) -> None:
    story = Story().paid()
    numbers = {split.split_no for split in (Split(story), Split(story), Split(story))
               if split.tell("split.created", "processing", "processing")}  # fmt: skip
    await apply(admin.deps, story.events)
    first = (await admin.http.get("/api/splits", params={"limit": 2})).json()
    rest = {"limit": 2, "after": first["next_cursor"]}
    second = (await admin.http.get("/api/splits", params=rest)).json()
    assert second["next_cursor"] is None
    assert {item["split_no"] for item in first["items"] + second["items"]} == numbers


async def test_a_payment_is_shown_with_its_splits(admin: Admin) -> None:
    story = Story().paid()
    split = Split(story)
    split.tell("split.created", "processing", "processing")
    await apply(admin.deps, story.events)
    payment = (await admin.http.get(f"/api/payments/{story.payment_no}")).json()
    assert [item["split_no"] for item in payment["splits"]] == [split.split_no]


async def test_the_page_of_a_payment_shows_who_got_what(admin: Admin) -> None:
    story = Story().paid()
    Split(story).tell("split.succeeded", "succeeded", "succeeded")
    await apply(admin.deps, story.events)
    cookie = (await log_in(admin)).headers["set-cookie"].partition(";")[0]
    page = await admin.anonymous.get(
        f"/console/payments/{story.payment_no}", headers={"Cookie": cookie}
    )
    assert page.status_code == 200
    assert "1900000109" in page.text
    assert "维修基金" in page.text
