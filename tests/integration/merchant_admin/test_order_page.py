"""The page of an order: all that is known of it, and what people may do about it."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest

from contracts.events.channel_calls import ChannelCall
from contracts.events.deliveries import DeliveryEventRecord, MadeAttempt
from contracts.events.orders import OrderEventType
from contracts.events.results import Source, Verdict
from contracts.identifiers import new_id
from merchant_admin.flows.read_model import apply

from .conftest import Admin
from .people import Person
from .test_callbacks import DELIVERY
from .test_console_callbacks import TRIED
from .test_decisions import on_file
from .test_read_model import BEGAN, Story, delivery
from .test_refunds import paid_story, refund, refunded

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_timeline_tells_what_every_service_knows(admin: Admin) -> None:
    story = await paid_story(admin)
    core = admin.trade_core
    core.entries = [
        {
            "kind": "payment_captured", "subject": story.payment_no, "at": str(BEGAN),
            "merchant_id": "M1", "payment_id": "C1", "currency": "CNY",
            "postings": [
                {"purpose": "channel_receivable", "amount": 1299},
                {"purpose": "merchant_payable", "amount": -1299},
            ],
        }
    ]  # fmt: skip
    call = ChannelCall(
        operation=Source.QUERY, outcome=Verdict.UNKNOWN, code="SYSTEM_ERROR", message="try again",
    )  # fmt: skip
    core.calls = [
        {
            "subject": story.payment_no, "at": str(BEGAN), "call": call.model_dump(mode="json"),
            "traceparent": f"00-{TRACE}-00f067aa0ba902b7-00",
        }
    ]  # fmt: skip
    core.decisions = [
        {
            "subject": story.payment_no, "decision": "accept", "reason": "核对无误",
            "decided_by": "li", "decided_at": str(BEGAN),
        }
    ]  # fmt: skip
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [TRIED], "next_cursor": None}
    html = await (await Person.logged_in(admin)).open_page(f"orders/{story.order_id}")
    for shown in (
        "The app asked for a payment", "Payment succeeded", "Booked: paid", "Asked the channel",
        "The channel is busy", TRACE, "核对无误", ">li<", "Callback tried",
    ):  # fmt: skip
        assert shown in html, shown


async def test_timeline_tells_attempts_while_the_notifier_does_not_answer(admin: Admin) -> None:
    story = Story().paid()
    await apply(admin.deps, story.events)
    succeeded = story.events[-2]
    delivered = tried(succeeded.id, "delivery.delivered", minutes=5, status=200)
    failed = tried(succeeded.id, "delivery.failed", minutes=1, status=503)
    for event in (delivered, failed, failed):
        await apply(admin.deps, [event])
    html = await (await Person.logged_in(admin)).open_page(f"orders/{story.order_id}")
    assert html.count("Callback tried") == 2
    assert 0 < html.index("503") < html.rindex("200")
    payment = (await admin.http.get(f"/api/payments/{story.payment_no}")).json()
    assert payment["delivery"]["state"] == "delivered"


async def test_attempts_that_two_services_tell_of_stand_there_once(admin: Admin) -> None:
    story = Story().paid()
    await apply(admin.deps, story.events)
    event_id = story.events[-2].id
    event = tried(event_id, "delivery.failed", minutes=1, status=503)
    await apply(admin.deps, [event])
    at = (BEGAN + timedelta(minutes=1)).isoformat()
    attempt = {"at": at, "status": 503, "error": "bad_status", "latency_ms": 9, "answer": None}
    found = {**DELIVERY, "event_id": event_id, "state": "pending", "attempts": [attempt]}
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [found], "next_cursor": None}
    html = await (await Person.logged_in(admin)).open_page(f"orders/{story.order_id}")
    assert html.count("Callback tried") == 1


def tried(event_id: str, kind: str, *, minutes: int, status: int) -> DeliveryEventRecord:
    at = BEGAN + timedelta(minutes=minutes)
    event = delivery(event_id, kind, attempts=1, at=at)
    error = None if status == 200 else "bad_status"
    attempt = MadeAttempt(at=at, status=status, error=error, latency_ms=9)
    return event.model_copy(update={"data": event.data.model_copy(update={"attempt": attempt})})


async def test_word_of_a_channel_that_made_something_true_is_told_once(admin: Admin) -> None:
    story = Story().paid()
    call = ChannelCall(
        operation=Source.INITIATION, outcome=Verdict.PENDING, asked_at=BEGAN, said_at=BEGAN
    )
    shown = [
        event.model_copy(update={"data": event.data.model_copy(update={"call": call})})
        for event in story.events
    ]
    await apply(admin.deps, shown)
    html = await (await Person.logged_in(admin)).open_page(f"orders/{story.order_id}")
    assert html.count("Initiated at the channel") == 1
    assert ">0 ms<" in html


async def test_notification_stands_where_it_was_received_whatever_the_channels_clock_says(
    admin: Admin,
) -> None:
    story = Story().paid()
    call = ChannelCall(
        operation=Source.NOTICE,
        outcome=Verdict.SUCCEEDED,
        asked_at=BEGAN - timedelta(seconds=1),
        said_at=BEGAN - timedelta(seconds=1),
    )
    created, *others = story.events
    later = BEGAN + timedelta(milliseconds=300)
    known = [
        event.model_copy(
            update={"time": later, "data": event.data.model_copy(update={"call": call})}
        )
        for event in others
    ]
    await apply(admin.deps, [created, *known])
    html = await (await Person.logged_in(admin)).open_page(f"orders/{story.order_id}")
    assert 0 < html.index("The app asked for a payment") < html.index("Notification received")


async def test_chinese_page_says_a_failure_in_chinese(admin: Admin) -> None:
    story = Story()
    failure = {"code": "NOT_ENOUGH", "message": "balance is not enough"}
    failed = story.payment("failed") | {"failure": failure}
    story.tell(OrderEventType.PAYMENT_FAILED, order=story.order("open"), payment=failed)
    await apply(admin.deps, story.events)
    person = await Person.logged_in(admin)
    html = await person.open_page(f"orders/{story.order_id}", lang="zh")
    assert "余额或额度不足" in html
    without_data = re.sub(r'<(code|span|p|b) class="[^"]*data[^>]*>.*?</\1>', "", html, flags=re.S)
    assert "balance is not enough" not in without_data


async def test_refund_leads_to_its_order_which_tells_it_as_trade_core_has_it(admin: Admin) -> None:
    story = await paid_story(admin)
    person = await Person.logged_in(admin)
    answer = await refunded(person, story, amount="3.00")
    page = await admin.anonymous.get(answer.headers["location"], headers=person.headers)
    (done,) = re.findall(r'<p class="done".*?</p>', page.text, flags=re.S)
    assert admin.trade_core.refund is not None
    assert admin.trade_core.refund["refund_no"] in done
    assert "¥3.00" in done

    # It is drawn anew with what it is about.
    assert page.text.index('<div id="live"') < page.text.index(done)


@pytest.mark.parametrize("role", ["administrator", "auditor"])
async def test_an_order_that_is_checked_waits_for_no_payer(admin: Admin, role: str) -> None:
    """As 待支付, with nothing paid, it had people ask its payer to pay again."""
    story, core = await paid_story(admin), admin.trade_core
    checked = Story()
    for kind, status in (("created", "initiating"), ("conflicted", "conflicted")):
        checked.tell(
            OrderEventType(f"payment.{kind}"),
            order=checked.order("open"),
            payment=checked.payment(status),
        )
    await apply(admin.deps, checked.events)
    assert core.payment is not None
    core.payment = {**core.payment, **checked.payment("conflicted"), "order": checked.order("open")}
    core.payment = json.loads(json.dumps(core.payment, default=str))
    person = await Person.hired(admin, role)
    listed = await person.open_page("orders")
    assert re.findall(r'<span class="badge (\w+)"', listed) == ["conflicted", "paid"]
    page = await person.open_page(f"orders/{checked.order_id}")
    assert "badge conflicted" in page.partition("</h1>")[0]
    assert ("Do not have the payer pay again" in page) is (role == "auditor")
    found = await person.open_page("search", q=checked.merchant_order_no[:12])
    assert "badge conflicted" in found
    file = csv.DictReader(io.StringIO((await person.open_page("exports/orders")).lstrip("\ufeff")))
    assert [row["State"] for row in file] == ["Conflicted", "Paid"]
    api = (await admin.http.get("/api/orders")).json()["items"]
    assert sorted(each["status"] for each in api) == ["open", "paid"]
    core.payment, core.refund = (
        {**core.payment, "status": "succeeded"},
        {**refund(), "status": "abnormal"},
    )
    page = await person.open_page(f"orders/{story.order_id}")
    assert ("Do not refund it again" in page) is (role == "auditor")


@pytest.mark.parametrize(
    ("order", "cause", "is_shown"),
    [
        ({"status": "open", "amount_paid": 0}, "requested", True),
        ({}, "duplicate", True),
        ({}, "requested", False),
    ],
)
async def test_money_that_stayed_at_the_channel_is_said(
    admin: Admin, order: dict[str, object], cause: str, is_shown: bool
) -> None:
    story, core = await paid_story(admin), admin.trade_core
    assert core.payment is not None
    core.payment["order"] |= order
    failed = {"status": "failed", "payment_no": story.payment_no, "cause": cause, "amount": 1299}
    core.refund, core.asked = refund() | failed, [{}]
    page = await (await Person.logged_in(admin)).open_page(f"orders/{story.order_id}")
    assert ("The channel has ¥12.99, and the refund failed" in page) is is_shown


async def test_money_that_was_not_sent_back_waits_for_people_until_it_is_on_its_way(
    admin: Admin,
) -> None:
    def went_back(story: Story, number: str, kind: str, merchant_refund_no: str | None) -> None:
        status = kind if kind != "created" else "processing"
        own = {"refund_no": number, "merchant_refund_no": merchant_refund_no, "amount": 1299}
        members = {"order": story.order("open"), "refund": story.refund(status) | own}
        story.tell(OrderEventType(f"refund.{kind}"), **members)

    stranded, by_the_app, again = [Story().paid() for _ in range(3)]
    for story, asked_by in ((stranded, None), (by_the_app, "T1"), (again, None)):
        went_back(story, story.refund_no, "failed", asked_by)
    went_back(again, new_id("refund"), "created", "T2")
    for story in (stranded, by_the_app, again):
        await apply(admin.deps, story.events)

    person = await Person.logged_in(admin)
    home = (await admin.anonymous.get("/console", headers=person.headers)).text
    assert "<strong>1</strong>" in home.partition("Payments not sent back")[2][:60]
    page = await person.open_page("payments", stranded="true")
    shown = {story: story.payment_no in page for story in (stranded, by_the_app, again)}
    assert shown == {stranded: True, by_the_app: False, again: False}
    listed = await admin.http.get("/api/payments", params={"stranded": True})
    assert [item["payment_no"] for item in listed.json()["items"]] == [stranded.payment_no]
    assert len((await admin.http.get("/api/payments")).json()["items"]) == 3


async def test_a_dispute_that_was_won_leaves_nothing_to_be_sent_back(admin: Admin) -> None:
    """It was booked as made outside, without a number of the app, and failed when it was won."""
    story = Story().paid()
    own = {"merchant_refund_no": None, "amount": 1299, "cause": "external"}
    for kind in ("created", "abnormal", "failed"):
        state = "succeeded" if kind == "created" else kind
        dispute = story.refund(state) | own
        story.tell(
            OrderEventType(f"refund.{kind}"), order=story.order("paid", 1299), refund=dispute
        )
    await apply(admin.deps, story.events)
    listed = await admin.http.get("/api/payments", params={"stranded": True})
    assert listed.json()["items"] == []
    person = await Person.logged_in(admin)
    home = (await admin.anonymous.get("/console", headers=person.headers)).text
    assert "<strong>1</strong>" not in home.partition("Payments not sent back")[2][:60]


@pytest.mark.parametrize(("action", "done"), [("ask", "order_asked"), ("close", "order_closed")])
async def test_people_have_the_channel_asked_and_close(
    admin: Admin, action: str, done: str
) -> None:
    story = Story()
    story.tell(
        OrderEventType.PAYMENT_PENDING, order=story.order("open"), payment=story.payment("pending")
    )
    await apply(admin.deps, story.events)
    person = await Person.logged_in(admin)
    path = f"orders/{story.order_id}"
    assert f'action="/console/{path}/{action}"' in await person.open_page(path)
    refused = await person.send(f"{path}/{action}")
    assert refused.headers["location"] == f"/console/{path}?problem=order_refused"
    admin.trade_core.payment = on_file("pending", payment_no=story.payment_no, claim=None)
    answers = admin.trade_core.order_on_file(story.order_id)
    admin.trade_core.answers[f"/internal/orders-on-file/{story.order_id}/{action}"] = answers
    answer = await person.send(f"{path}/{action}")
    assert answer.headers["location"] == f"/console/{path}?done={done}"
    entry = (await admin.audit(entity_id=story.order_id))[0]
    assert (entry["action"], entry["after"]["outcome"]) == (done.replace("_", "."), "done")
    auditor = await Person.hired(admin, "auditor")
    assert f"/{action}" not in await auditor.open_page(path)


async def find(person: Person, q: str) -> tuple[int, str]:
    answer = await person.get("search", q=q)
    return answer.status_code, answer.headers.get("location", "")


async def test_number_leads_straight_to_what_has_it(admin: Admin) -> None:
    story = Story(merchant_order_no="W2026-Wu-17").paid().refunded()
    other = Story(merchant_order_no="W2026-Wu-18").paid()
    await apply(admin.deps, [*story.events, *other.events])
    person = await Person.logged_in(admin)
    order = f"/console/orders/{story.order_id}"
    for typed, place in (
        ("W2026-Wu-17", ""),
        (" w2026-wu-17 ", ""),
        (story.payment_no, f"#{story.payment_no}"),
        (story.payment_no.lower(), f"#{story.payment_no}"),
        (f"42{story.payment_no}", f"#{story.payment_no}"),
        (story.refund_no, f"#{story.refund_no}"),
        ("R-W2026-WU-17", f"#{story.refund_no}"),
        (f"50{story.refund_no}", f"#{story.refund_no}"),
        (story.events[0].id, "#timeline"),
    ):
        assert await find(person, typed) == (303, order + place), typed
    listed = await person.open_page("search", q="w2026-wu")
    assert f"/console/orders/{story.order_id}" in listed
    assert f"/console/orders/{other.order_id}" in listed
    assert f"<code>{story.merchant_order_no}</code>" in listed  # by which it was looked for
    assert story.payment_no in await person.open_page("search", q=story.payment_no[:-3])
    for nothing in ("", "W2026-W%", "W2026", "\x00", "P0" + "Z" * 40, "%"):
        assert story.order_id not in await person.open_page("search", q=nothing), nothing


async def test_the_dialog_of_a_refund_is_as_new_as_the_page(admin: Admin) -> None:
    """It stood outside of what is drawn anew, and told of money that had gone back since."""
    story = await paid_story(admin)
    html = await (await Person.logged_in(admin)).open_page(f"orders/{story.order_id}")
    live = html[html.index('<div id="live"') : html.index("</main>")]
    assert "<dialog" in live
    before = live[: live.index("<dialog")]
    assert before.count("<div") > before.count("</div>"), "inside of what is drawn anew"


async def test_what_went_back_is_not_called_paid_alone(admin: Admin) -> None:
    paid, partly, whole = Story().paid(), Story().paid().refunded(), Story().paid()
    back = whole.refund("succeeded") | {"amount": 1299}
    order = whole.order("paid", 1299, 1299)
    whole.tell(OrderEventType.REFUND_SUCCEEDED, order=order, refund=back)
    for story in (paid, partly, whole):
        await apply(admin.deps, story.events)
    person = await Person.logged_in(admin)
    wanted = ["partly_refunded", "refunded"]
    for things, number, plain, status in (
        ("orders", "order_id", "paid", "Paid"),
        ("payments", "payment_no", "succeeded", "Succeeded"),
    ):
        listed = await person.open_page(things)
        assert sorted(re.findall(r'<span class="badge (\w+)"', listed)) == sorted([*wanted, plain])
        file = await person.open_page(f"exports/{things}")
        states = [row["State"] for row in csv.DictReader(io.StringIO(file.lstrip("\ufeff")))]
        assert sorted(states) == sorted([status, "Partly refunded", "Wholly refunded"])
        for asked, stories in (
            ("some", {partly, whole}),
            ("whole", {whole}),
            ("none", {paid}),
        ):
            numbers = {getattr(story, number) for story in stories}
            answer = await admin.http.get(f"/api/{things}", params={"refunded": asked})
            assert {it[number] for it in answer.json()["items"]} == numbers
            page = await person.open_page(things, refunded=asked)
            assert len(re.findall(r'<span class="badge (\w+)"', page)) == len(stories)
    found = await person.open_page("search", q=whole.merchant_order_no[:12])
    assert "badge refunded" in found
    page = await person.open_page(f"orders/{whole.order_id}")
    assert re.findall(r'<span class="badge (\w+)"', page)[:2] == ["refunded", "refunded"]


@pytest.mark.parametrize("typed", ["12.99", "¥12.99", "１２．９９元", "1,299"])
async def test_who_searches_for_an_amount_is_led_to_its_orders(admin: Admin, typed: str) -> None:
    story = Story().paid()
    await apply(admin.deps, story.events)
    person = await Person.logged_in(admin)
    page = await person.open_page("search", q=typed)
    ((low, high),) = re.findall(r'href="/console/orders\?min=([\d.]+)&max=([\d.]+)"', page)
    listed = await person.open_page("orders", min=low, max=high)
    assert (story.merchant_order_no in listed) is (low == high == "12.99")
    for number in ("12.999", "20261130"):
        assert "/console/orders?min" not in await person.open_page("search", q=number)
