"""The pages about callbacks: what people see, send again, resume, replay and try."""

from typing import Any

import pytest
from tests.integration.merchant_admin.conftest import Admin, Notifier
from tests.integration.merchant_admin.people import Person, marked
from tests.integration.merchant_admin.test_callbacks import AT, DELIVERY, ENDPOINT, REPLAY
from tests.integration.merchant_admin.test_console import EVIL
from tests.integration.merchant_admin.test_read_model import BEGAN, Story, delivery

from contracts.events.deliveries import CallbackNumbers
from merchant_admin.flows.read_model import apply

ATTEMPT: dict[str, Any] = {
    "at": AT, "status": 500, "error": "bad_status", "latency_ms": 31, "answer": EVIL,
}  # fmt: skip
TRIED = {**DELIVERY, "attempts": [ATTEMPT]}
SUSPENDED = {**ENDPOINT, "suspended_at": AT, "suspended_for": "gone", "oldest_due_at": AT}
EMPTY: dict[str, Any] = {"items": [], "next_cursor": None}
LISTS = {"/internal/all-deliveries": [TRIED], "/internal/endpoints": [SUSPENDED]}


@pytest.fixture
async def person(admin: Admin) -> Person:
    for path, items in LISTS.items():
        admin.notifier.answers[path] = {"items": items, "next_cursor": "D9"}
    return await Person.logged_in(admin)


def asked(notifier: Notifier, path: str) -> list[Any]:
    return [given for _, called, given in notifier.calls if called == path]


async def test_deliveries_are_filtered_and_told_why(admin: Admin, person: Person) -> None:
    html = await person.open_page("deliveries", app_id=" A1 ", state="exhausted", colour="red")

    filters = {"app_id": "A1", "state": "exhausted", "limit": 50}
    assert asked(admin.notifier, "/internal/all-deliveries") == [filters]
    assert "Not delivered" in html
    assert "Answered with an error" in html
    assert 'href="/console/deliveries/E1"' in html
    assert "after=D9" in html


async def test_one_event_shows_its_tries_and_what_the_app_answered_escaped(
    person: Person,
) -> None:
    html = await person.open_page("deliveries/E1")

    assert "HTTP 500" in html
    assert "31 ms" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


async def test_one_that_waits_untried_tells_how_its_address_is(
    admin: Admin, person: Person
) -> None:
    waits = {**DELIVERY, "state": "pending", "next_attempt_at": AT}
    held = {**ENDPOINT, "held_until": AT, "failing_since": AT}
    for path, item in (("all-deliveries", waits), ("endpoints", held)):
        admin.notifier.answers[f"/internal/{path}"] = {"items": [item], "next_cursor": None}
    html = await person.open_page("deliveries/E1")
    assert "Left alone (circuit open)" in html
    assert 'href="/console/endpoints?app_id=A1"' in html
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [TRIED], "next_cursor": None}
    assert "Left alone" not in await person.open_page("deliveries/E1")


async def test_event_nobody_knows_is_not_found(admin: Admin, person: Person) -> None:
    admin.notifier.answers["/internal/all-deliveries"] = EMPTY
    with pytest.raises(AssertionError, match="There is no such number"):
        await person.open_page("deliveries/E9")


async def test_callback_is_sent_again_and_audited(admin: Admin, person: Person) -> None:
    admin.notifier.answers["/internal/events/E1/redeliver?app_id=A1"] = DELIVERY

    answer = await person.send("deliveries/E1/redeliver", app_id="A1")

    assert (answer.status_code, answer.headers["location"]) == (
        303, "/console/deliveries/E1?done=callback_sent_again",
    )  # fmt: skip
    (entry,) = await admin.audit(entity_id="E1")
    assert (entry["action"], entry["after"]["outcome"]) == ("callback.redelivered", "done")


async def test_callback_is_sent_again_by_the_api_too(admin: Admin) -> None:
    admin.notifier.answers["/internal/events/E1/redeliver?app_id=A1"] = DELIVERY
    answer = await admin.http.post("/api/events/E1/redeliver?app_id=A1")
    assert (answer.status_code, answer.json()["event_id"]) == (202, "E1")


async def test_suspended_address_is_resumed(admin: Admin, person: Person) -> None:
    admin.notifier.answers["/internal/endpoints/L7/resume"] = ENDPOINT

    html = await person.open_page("endpoints", suspended="true")
    answer = await person.send("endpoints/L7/resume")

    assert "It answered 410" in html
    assert 'action="/console/endpoints/L7/resume"' in html
    assert asked(admin.notifier, "/internal/endpoints")[0]["suspended"] == "true"
    assert answer.headers["location"] == "/console/endpoints?done=endpoint_resumed"
    assert ("POST", "/internal/endpoints/L7/resume", None) in admin.notifier.calls


async def test_address_that_is_well_cannot_be_resumed(admin: Admin, person: Person) -> None:
    admin.notifier.answers["/internal/endpoints"] = {"items": [ENDPOINT], "next_cursor": None}
    assert "/resume" not in await person.open_page("endpoints")


async def test_replay_is_asked_for_in_beijing_time_and_shows_how_far_it_is(
    admin: Admin, person: Person
) -> None:
    admin.notifier.answers["/internal/replays"] = REPLAY
    answer = await person.send(
        "replays",
        app_id="A1",
        created_from="2026-11-22T08:00",
        created_before="2026-11-22T09:30",
        type="",
        state="exhausted",
        per_s="20",
    )
    assert answer.headers["location"] == "/console/replays/W1"
    assert asked(admin.notifier, "/internal/replays") == [
        {
            "app_id": "A1",
            "created_from": "2026-11-22T08:00:00+08:00",
            "created_before": "2026-11-22T09:30:00+08:00",
            "type": None,
            "state": "exhausted",
            "per_s": 20,
        }
    ]

    admin.notifier.answers["/internal/replays/W1"] = {**REPLAY, "sent": 5}
    running = await person.open_page("replays/W1")
    admin.notifier.answers["/internal/replays/W1"] = {**REPLAY, "sent": 12, "done_at": AT}
    done = await person.open_page("replays/W1")

    assert '<progress max="12" value="5"' in running
    assert 'http-equiv="refresh"' in running
    assert '<progress max="12" value="12"' in done
    assert "refresh" not in done


@pytest.mark.parametrize(
    "wrong",
    [{"created_from": "yesterday"}, {"per_s": "0"}, {"state": "lost"}, {"created_from": ""}],
    ids=str,
)
async def test_replay_that_makes_no_sense_is_not_asked_for(
    admin: Admin, person: Person, wrong: dict[str, str]
) -> None:
    """The page comes back with its list, and marks the field."""
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [TRIED], "next_cursor": None}
    right = {
        "app_id": EVIL,
        "created_from": "2026-11-22T08:00",
        "created_before": "2026-11-22T09:30",
        "per_s": "20",
    }
    answer = await person.send("replays", **{**right, **wrong})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="2026-11-22T09:30"' in answer.text
    assert "<script>" not in answer.text
    if "state" not in wrong:  # which nobody can choose
        assert set(marked(answer.text)) == set(wrong)
    assert "/console/deliveries/E1" in answer.text
    assert asked(admin.notifier, "/internal/replays") == []


async def test_replay_of_an_app_that_nobody_made_marks_the_app(
    admin: Admin, person: Person
) -> None:
    answer = await person.send(
        "replays",
        app_id="A1",
        created_from="2026-11-22T08:00",
        created_before="2026-11-22T09:30",
        per_s="20",
    )
    assert answer.status_code == 404
    assert set(marked(answer.text)) == {"app_id"}


async def test_trial_message_tells_what_each_messenger_made_of_it(
    admin: Admin, person: Person
) -> None:
    items = [
        {"messenger": "dingtalk", "error": "status 200, errcode 310000: <b>"},
        {"messenger": "mail", "error": None},
    ]
    admin.notifier.answers["/internal/alerts/test"] = {"items": items}

    html = (await person.send("alerts/test")).text

    assert "DingTalk" in html
    assert "errcode 310000: &lt;b&gt;" in html
    assert "E-mail" in html


async def test_what_the_notifier_refuses_is_said_on_the_page(admin: Admin, person: Person) -> None:
    for path in ("deliveries/E1/redeliver", "endpoints/L7/resume"):
        answer = await person.send(path, app_id="A1")
        page, _, shown = answer.headers["location"].removeprefix("/console/").partition("?")
        assert (answer.status_code, shown) == (303, "problem=callbacks_404")
        assert 'role="alert"' in await person.open_page(page, problem="callbacks_404")
    assert 'role="alert"' in (await person.send("alerts/test")).text
    admin.notifier.answers.clear()
    for path in ("deliveries", "endpoints"):
        assert 'role="alert"' in await person.open_page(path)
        assert 'role="alert"' in await person.open_page(path, problem="<b>")


@pytest.mark.parametrize(
    "path", ["deliveries/E1/redeliver", "endpoints/L7/resume", "replays", "alerts/test"]
)
async def test_forms_of_other_sites_do_nothing(admin: Admin, person: Person, path: str) -> None:
    admin.notifier.calls.clear()
    answer = await person.send(path, csrf="0" * 64)
    assert answer.status_code == 401
    assert admin.notifier.calls == []


async def test_callbacks_are_found_by_any_number_of_what_they_are_about(admin: Admin) -> None:
    story = Story(merchant_order_no="W2026-7").paid().refunded()
    failed = delivery("E01ELSE", "delivery.failed", attempts=1, at=BEGAN)
    numbers = CallbackNumbers(payment_no=story.payment_no)
    about = failed.model_copy(update={"data": failed.data.model_copy(update={"numbers": numbers})})
    await apply(admin.deps, [*story.events, about])
    paid, refunded = story.events[2].id, story.events[-1].id
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [TRIED], "next_cursor": None}
    person = await Person.logged_in(admin)
    for number, event_ids in (
        ("W2026-7", {paid, refunded}),
        (story.payment_no, {paid, refunded, "E01ELSE"}),
        (story.refund_no, {refunded}),
        ("W2026", set()),
    ):
        admin.notifier.calls.clear()
        page = await person.open_page("deliveries", number=number, state="exhausted")
        asked = [call[2] or {} for call in admin.notifier.calls]
        assert {query["event_id"] for query in asked if "event_id" in query} == event_ids, number
        assert all(query["state"] == "exhausted" for query in asked if "event_id" in query)
        assert f"Remove the filter Number {number}" in page
