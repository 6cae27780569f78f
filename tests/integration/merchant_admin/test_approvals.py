"""Four eyes: what one person asked for is done when another agrees, once, and as it was seen."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chassis.problems import Overloaded
from contracts import sealing, topics
from contracts.events.alerts import AlertRecord
from contracts.events.orders import OrderEventType
from contracts.identifiers import new_id
from contracts.sealing import Opener
from foundation.service_client import M, Service
from gateway.channels.plugin import schema
from gateway.channels.wechat import PLUGIN
from merchant_admin.domain.account_approvals import with_sealed
from merchant_admin.domain.approvals import EXPIRES_AFTER
from merchant_admin.domain.entities import SECRET_OVERLAP
from merchant_admin.domain.onboarding import Draft
from merchant_admin.domain.scope import EVERYTHING, Scope
from merchant_admin.domain.users import Role
from merchant_admin.flows import approvals, apps, onboarding
from merchant_admin.flows import waiting as waiting_for_people
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.read_model import apply
from merchant_admin.flows.sealing_anew import SealedCount
from merchant_admin.store.approvals import get_approval, set_request
from merchant_admin.store.refund_sums import CALLS_LAST

from .conftest import PASSWORD, USERNAME, Admin, problem, waiting_for_locks
from .people import Person, badge_of, marked
from .test_configuration import CREDENTIALS
from .test_console_setup import ENTERED, KEY
from .test_decisions import SEEN, decision, on_file
from .test_read_model import Story
from .test_refunds import payment, refund
from .test_sealing_anew import Busy, Rotation
from .test_sessions import log_in
from .test_users import LI, LIS_PASSWORD, at_work, change, hire

LIMIT = 500
BODY = {"amount": LIMIT, "merchant_refund_no": "r-1", "reason": "多收"}
SECRET = "another key of the merchant, that nobody is to read"
NEW = {**CREDENTIALS, "apiv3_key": SECRET}


@pytest.fixture
async def merchant_id(admin: Admin) -> str:
    """A merchant of whom all waits for a second person, and a paid payment of it."""
    made = await admin.post("/api/merchants", {"name": "绿城物业"})
    four_eyes = {"refunds_from": LIMIT, "credentials": True, "callback_addresses": True}
    path = f"/api/merchants/{made['merchant_id']}"
    changed = await admin.http.patch(path, json={"four_eyes": four_eyes})
    assert (changed.status_code, changed.json()["four_eyes"]) == (200, four_eyes)
    admin.trade_core.payment = payment() | {"merchant_id": made["merchant_id"]}
    admin.trade_core.refund = refund()
    merchant: str = made["merchant_id"]
    return merchant


def refunds(admin: Admin) -> str:
    assert admin.trade_core.payment is not None
    return f"/api/payments/{admin.trade_core.payment['payment_no']}/refunds"


async def waiting(answer: httpx.Response) -> str:
    """The path of what waits now."""
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "waiting"
    return f"/api/approvals/{answer.json()['approval_id']}"


async def approve(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.post(f"{path}/approve", json={"reason": "核对无误"})


async def test_by_default_nothing_waits(admin: Admin) -> None:
    made = await admin.post("/api/merchants", {"name": "x"})
    nothing = {"refunds_from": None, "credentials": False, "callback_addresses": False}
    assert made["four_eyes"] == nothing
    admin.trade_core.payment = payment() | {"merchant_id": made["merchant_id"]}
    admin.trade_core.refund = refund()
    assert (await admin.http.post(refunds(admin), json=BODY)).status_code == 201


async def test_nobody_is_asked_about_more_than_is_left(admin: Admin, merchant_id: str) -> None:
    core = admin.trade_core
    assert core.payment is not None
    core.payment["amount_refunded"] = core.payment["amount"] - LIMIT
    refused = await admin.http.post(refunds(admin), json={**BODY, "amount": LIMIT + 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_exceeds_paid")
    assert (await admin.http.get("/api/approvals")).json()["items"] == []
    await waiting(await admin.http.post(refunds(admin), json=BODY))


async def test_nobody_is_asked_about_more_than_is_left_beside_what_waits(
    admin: Admin, merchant_id: str
) -> None:
    assert admin.trade_core.payment is not None
    left = admin.trade_core.payment["amount"] - LIMIT
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    second = {**BODY, "merchant_refund_no": "r-2"}
    refused = await admin.http.post(refunds(admin), json={**second, "amount": left + 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_exceeds_paid")
    assert "beside ¥5.00 that wait" in refused.json()["detail"]
    await admin.http.post(f"{path}/reject", json={"reason": "no"})
    await waiting(await admin.http.post(refunds(admin), json={**second, "amount": left + 1}))


async def test_a_small_refund_leaves_what_waits(admin: Admin, merchant_id: str) -> None:
    assert admin.trade_core.payment is not None
    whole = {**BODY, "amount": admin.trade_core.payment["amount"]}
    path = await waiting(await admin.http.post(refunds(admin), json=whole))
    small = {"amount": LIMIT - 1, "merchant_refund_no": "r-2"}
    refused = await admin.http.post(refunds(admin), json=small)
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_exceeds_paid")
    await admin.http.post(f"{path}/reject", json={"reason": "no"})
    assert (await admin.http.post(refunds(admin), json=small)).status_code == 201


async def test_a_refund_that_was_made_is_answered_whatever_waits_since(
    admin: Admin, merchant_id: str
) -> None:
    assert admin.trade_core.payment is not None
    small = {"amount": LIMIT - 1, "merchant_refund_no": "r-0"}
    first = await admin.http.post(refunds(admin), json=small)
    admin.trade_core.payment["amount_refunded"] = LIMIT - 1
    rest = {**BODY, "amount": admin.trade_core.payment["amount"] - (LIMIT - 1)}
    await waiting(await admin.http.post(refunds(admin), json=rest))
    again = await admin.http.post(refunds(admin), json=small)
    assert (again.status_code, again.json()) == (200, first.json())


async def test_a_refund_that_was_made_waits_for_no_younger_rule(
    admin: Admin, merchant_id: str
) -> None:
    assert admin.trade_core.payment is not None
    small = {"amount": LIMIT - 1, "merchant_refund_no": "r-0"}
    first = await admin.http.post(refunds(admin), json=small)
    path = f"/api/merchants/{merchant_id}"
    await admin.http.patch(path, json={"four_eyes": {"refunds_from": 1}})
    again = await admin.http.post(refunds(admin), json=small)
    assert (again.status_code, again.json()) == (200, first.json())
    # Of a trade-core of the version before nobody learns that it was made.
    del admin.trade_core.payment["app_id"]
    await waiting(await admin.http.post(refunds(admin), json=small))


@pytest.mark.parametrize("status", ["pending", "conflicted", "closed"])
async def test_nobody_is_asked_about_what_was_never_paid(
    admin: Admin, merchant_id: str, status: str
) -> None:
    assert admin.trade_core.payment is not None
    admin.trade_core.payment["status"] = status
    refused = await admin.http.post(refunds(admin), json=BODY)
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_not_refundable")
    assert (await admin.http.get("/api/approvals")).json()["items"] == []


async def test_what_is_on_its_way_back_is_not_left(admin: Admin, merchant_id: str) -> None:
    """Of a trade-core of the version before the read model knows it."""
    story = Story(merchant_id=merchant_id).paid()
    going = story.refund("processing")
    story.tell(OrderEventType.REFUND_CREATED, order=story.order("paid", 1299), refund=going)
    await apply(admin.deps, story.events)
    assert admin.trade_core.payment is not None
    admin.trade_core.payment |= {"payment_no": story.payment_no}
    refused = await admin.http.post(refunds(admin), json={**BODY, "amount": 1000})
    assert refused.json()["code"] == "refund_exceeds_paid"
    await waiting(await admin.http.post(refunds(admin), json=BODY))
    (item,) = (await admin.http.get("/api/approvals")).json()["items"]
    assert (item["shown"]["amount_paid"], item["shown"]["amount_left"]) == (1299, 999)


@pytest.mark.parametrize(("refunded", "reserved"), [(300, 0), (0, 300)])
async def test_what_is_left_is_what_trade_core_says_and_no_older_word(
    admin: Admin, merchant_id: str, refunded: int, reserved: int
) -> None:
    """Here the refund is on its way back still, or nobody has told of it yet."""
    story = Story(merchant_id=merchant_id).paid()
    if refunded:
        going = story.refund("processing")
        story.tell(OrderEventType.REFUND_CREATED, order=story.order("paid", 1299), refund=going)
    await apply(admin.deps, story.events)
    assert admin.trade_core.payment is not None
    admin.trade_core.payment |= {
        "payment_no": story.payment_no, "amount_refunded": refunded, "amount_reserved": reserved
    }  # fmt: skip
    refused = await admin.http.post(refunds(admin), json={**BODY, "amount": 1000})
    assert refused.json()["code"] == "refund_exceeds_paid"
    whole = {**BODY, "amount": 999}
    await waiting(await admin.http.post(refunds(admin), json=whole))


async def test_of_two_numbers_asked_for_at_once_one_finds_that_the_other_waits(
    admin: Admin, merchant_id: str
) -> None:
    assert admin.trade_core.payment is not None
    whole = {**BODY, "amount": admin.trade_core.payment["amount"]}
    bodies = [{**whole, "merchant_refund_no": f"r-{number}"} for number in range(5)]
    asked = await asyncio.gather(*(admin.http.post(refunds(admin), json=body) for body in bodies))
    assert sorted(each.status_code for each in asked) == [202, 409, 409, 409, 409]


async def test_pieces_of_a_refund_wait_as_the_whole_does(admin: Admin, merchant_id: str) -> None:
    """Half of the limit, and half again, passed with nobody else looking."""
    assert admin.trade_core.payment is not None
    half = {"amount": LIMIT // 2 + 1, "reason": "x"}
    answers = [
        await admin.http.post(refunds(admin), json={**half, "merchant_refund_no": f"half-{number}"})
        for number in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 202]
    assert len(admin.trade_core.asked) == 1


async def test_pieces_asked_for_at_once_wait_too(admin: Admin, merchant_id: str) -> None:
    half = {"amount": LIMIT // 2 + 1, "reason": "x"}
    bodies = [{**half, "merchant_refund_no": f"half-{number}"} for number in range(2)]
    asked = await asyncio.gather(*(admin.http.post(refunds(admin), json=body) for body in bodies))
    assert sorted(each.status_code for each in asked) == [201, 202]


async def test_a_piece_that_was_refused_or_failed_counts_no_more(
    admin: Admin, merchant_id: str
) -> None:
    half = {"amount": LIMIT // 2 + 1, "reason": "x"}
    admin.trade_core.refusals["/internal/refunds"] = problem(409, "refund_exceeds_paid")
    refused = await admin.http.post(refunds(admin), json={**half, "merchant_refund_no": "half-0"})
    assert refused.status_code == 409
    admin.trade_core.refusals.clear()
    again = await admin.http.post(refunds(admin), json={**half, "merchant_refund_no": "half-1"})
    assert again.status_code == 201


@dataclass
class Meanwhile(Service):
    """The trade-core of these deps; before it is asked to do something, something happens."""

    deps: Deps
    happens: Callable[[], Awaitable[None]]

    async def get(self, answer: type[M], path: str, *given: Any) -> M:
        return await self.deps.trade_core.get(answer, path, *given)

    async def post(self, answer: type[M], path: str, **given: Any) -> M:
        await self.happens()
        return await self.deps.trade_core.post(answer, path, **given)


async def test_pieces_that_were_refused_once_wait_as_others_when_asked_for_at_once(
    admin: Admin, merchant_id: str
) -> None:
    half = {"amount": LIMIT // 2 + 1, "reason": "x"}
    bodies = [{**half, "merchant_refund_no": f"half-{number}"} for number in range(2)]
    admin.trade_core.refusals["/internal/refunds"] = problem(409, "refund_exceeds_paid")
    for body in bodies:
        assert (await admin.http.post(refunds(admin), json=body)).status_code == 409
    admin.trade_core.refusals.clear()

    async def slowly() -> None:
        await asyncio.sleep(0.2)

    admin.app.state.deps = replace(admin.deps, trade_core=Meanwhile(admin.deps, slowly))
    asked = await asyncio.gather(*(admin.http.post(refunds(admin), json=body) for body in bodies))
    assert sorted(each.status_code for each in asked) == [201, 202]


async def test_what_was_never_opened_counts_only_while_it_may_be(
    admin: Admin, merchant_id: str
) -> None:
    """The call was lost: nobody heard whether trade-core had it."""
    half = {"amount": LIMIT // 2 + 1, "reason": "x"}

    async def lose() -> None:
        raise Overloaded("trade-core does not answer")

    admin.app.state.deps = replace(admin.deps, trade_core=Meanwhile(admin.deps, lose))
    gone = await admin.http.post(refunds(admin), json={**half, "merchant_refund_no": "one"})
    assert gone.status_code == 503
    admin.app.state.deps = admin.deps
    second = {**half, "merchant_refund_no": "two"}
    path = await waiting(await admin.http.post(refunds(admin), json=second))
    await admin.http.post(f"{path}/reject", json={"reason": "no"})
    admin.clock.ahead = CALLS_LAST
    third = {**half, "merchant_refund_no": "three"}
    assert (await admin.http.post(refunds(admin), json=third)).status_code == 201


async def test_what_a_second_person_agreed_to_counts_no_more(
    admin: Admin, merchant_id: str
) -> None:
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    assert (await approve(await hire(admin, "finance"), path)).status_code == 200
    small = {"amount": 1, "reason": "x", "merchant_refund_no": "small"}
    assert (await admin.http.post(refunds(admin), json=small)).status_code == 201


async def test_an_order_shows_the_refund_that_waits(admin: Admin, merchant_id: str) -> None:
    story = Story(merchant_id=merchant_id).paid()
    await apply(admin.deps, story.events)
    assert admin.trade_core.payment is not None
    admin.trade_core.payment |= {"payment_no": story.payment_no}
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    person, page = await Person.logged_in(admin), f"orders/{story.order_id}"
    html = await person.open_page(page)
    number = path.rpartition("/")[2]
    assert html.count("Refund waiting for a second person") == 2  # the order's and the dialog's
    assert html.count(f'href="/console/approvals?number={number}"') == 2
    assert f">{USERNAME}</span>" in html
    assert (await person.form_of(page, f"payments/{story.payment_no}/refunds"))["amount"] == "7.99"
    await admin.http.post(f"{path}/reject", json={"reason": "no"})
    assert "Refund waiting" not in await person.open_page(page)


async def test_whoever_agrees_sees_what_was_paid_and_is_left(
    admin: Admin, merchant_id: str
) -> None:
    assert admin.trade_core.payment is not None
    admin.trade_core.payment["amount_refunded"] = 300
    await waiting(await admin.http.post(refunds(admin), json=BODY))
    page = await (await Person.hired(admin, "finance")).open_page("approvals")
    for text in ("物业费", "¥12.99", "¥9.99"):
        assert text in page, text


async def test_a_refund_is_sent_when_another_person_agrees(admin: Admin, merchant_id: str) -> None:
    li = await hire(admin, "finance")
    small = {**BODY, "amount": LIMIT - 1, "merchant_refund_no": "r-0"}
    assert (await admin.http.post(refunds(admin), json=small)).status_code == 201
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    assert len(admin.trade_core.asked) == 1
    assert (await li.get("/api/approvals?state=waiting")).json()["items"][0]["shown"] == {
        "merchant_order_no": "W-1", "merchant_refund_no": "r-1", "amount": LIMIT,
        "currency": "CNY", "reason": "多收", "subject": "物业费", "amount_paid": 1299,
        "amount_left": 1299,
    }  # fmt: skip
    done = await approve(li, path)
    assert (done.status_code, done.json()["state"], done.json()["decided_by"]) == (200, "done", LI)
    assert admin.trade_core.refund is not None
    assert done.json()["outcome"] == {"refund_no": admin.trade_core.refund["refund_no"]}
    assert admin.trade_core.asked[-1]["wish"]["amount"] == LIMIT
    assert (await approve(li, path)).json()["code"] == "approval_decided"
    assert len(admin.trade_core.asked) == 2


@pytest.mark.parametrize("chosen", ["pay_out", "settled_outside"])
async def test_a_decision_that_gives_a_refund_out_waits(
    admin: Admin, merchant_id: str, chosen: str
) -> None:
    li = await hire(admin, "finance")
    admin.trade_core.refund = {
        **refund(), "status": "abnormal", "merchant_id": merchant_id, "amount": LIMIT, "version": 3
    }  # fmt: skip
    url = f"/api/refunds/{admin.trade_core.refund['refund_no']}/decision"
    body = {"decision": chosen, "reason": "x", "version": 3}
    path = await waiting(await admin.http.post(url, json=body))
    assert admin.trade_core.decided == []
    assert path == await waiting(await admin.http.post(url, json=body))
    assert (await approve(admin.http, path)).status_code == 403
    done = await approve(li, path)
    assert (done.status_code, done.json()["state"]) == (200, "done")
    (decided,) = admin.trade_core.decided
    assert (decided["decision"], decided["decided_by"], decided["version"]) == (
        chosen, USERNAME, 3,
    )  # fmt: skip


async def test_a_decision_to_refund_a_conflict_waits_by_what_the_channel_took(
    admin: Admin, merchant_id: str
) -> None:
    li = await hire(admin, "finance")
    admin.trade_core.payment = on_file("conflicted", merchant_id=merchant_id, amount=1)
    url = f"/api/payments/{admin.trade_core.payment['payment_no']}/decision"
    path = await waiting(await admin.http.post(url, json=decision(decision="refund")))
    page = await (await Person.logged_in(admin)).open_page("approvals")
    for text in ("¥12.98", "Refund: all of it goes back"):
        assert text in page, text
    admin.trade_core.refusals["/internal" + url.removeprefix("/api")] = problem(
        409, "claim_changed"
    )
    failed = (await approve(li, path)).json()
    assert (failed["state"], failed["outcome"]["code"]) == ("failed", "claim_changed")
    page = await (await Person.logged_in(admin)).open_page("approvals", state="failed")
    assert "The channel says something else by now" in page
    admin.trade_core.refusals.clear()
    path = await waiting(await admin.http.post(url, json=decision(decision="refund")))
    assert (await approve(li, path)).json()["state"] == "done"


async def test_a_decision_that_moves_little_or_nothing_does_not_wait(
    admin: Admin, merchant_id: str
) -> None:
    admin.trade_core.payment = on_file("conflicted", merchant_id=merchant_id)
    url = f"/api/payments/{admin.trade_core.payment['payment_no']}/decision"
    assert (await admin.http.post(url, json=decision())).status_code == 200
    little = SEEN | {"amount": LIMIT - 1}
    small = decision(decision="refund", claim=little)
    assert (await admin.http.post(url, json=small)).status_code == 200


async def in_currency(admin: Admin, currency: str, amount: int) -> httpx.Response:
    """Asked for of a payment in this currency."""
    assert admin.trade_core.payment is not None
    admin.trade_core.payment |= {"currency": currency, "amount": 100 * LIMIT}
    body = {"amount": amount, "merchant_refund_no": f"{currency}-{amount}"}
    return await admin.http.post(refunds(admin), json=body)


async def test_the_limit_is_in_fen_and_other_currencies_always_wait(
    admin: Admin, merchant_id: str
) -> None:
    """0.499 KWD are more than 4.99 yuan, and 499 JPY too."""
    for currency in ("KWD", "JPY", "USD"):
        await waiting(await in_currency(admin, currency, LIMIT - 1))
        await waiting(await in_currency(admin, currency, 1))
    assert (await in_currency(admin, "CNY", LIMIT - 1)).status_code == 201
    path = f"/api/merchants/{merchant_id}"
    person = await Person.logged_in(admin)
    page = await person.open_page(f"merchants/{merchant_id}")
    assert "refunds in any other currency always wait" in page
    weaker = await admin.http.patch(path, json={"four_eyes": {"refunds_from": None}})
    assert (await approve(await hire(admin, "administrator"), await waiting(weaker))).is_success
    assert (await in_currency(admin, "KWD", 3)).status_code == 201


async def test_both_names_stand_in_the_audit(admin: Admin, merchant_id: str) -> None:
    li = await hire(admin, "finance")
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    await approve(li, path)
    done, approved, requested = await admin.audit(entity_id=path.rpartition("/")[2])
    assert (requested["action"], requested["actor"]) == ("approval.requested", USERNAME)
    assert (approved["action"], approved["actor"]) == ("approval.approved", LI)
    assert (approved["after"]["requested_by"], done["action"]) == (USERNAME, "approval.done")
    opened = (await admin.audit(action="refund.opened"))[0]
    assert (opened["actor"], opened["request_id"]) == (USERNAME, approved["request_id"])


async def test_nobody_agrees_to_what_they_asked_for(admin: Admin, merchant_id: str) -> None:
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    refused = await approve(admin.http, path)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert admin.trade_core.asked == []
    withdrawn = await admin.http.post(f"{path}/reject", json={"reason": "twice"})
    assert withdrawn.json()["state"] == "rejected"


async def test_nobody_agrees_to_what_their_token_asked_for(admin: Admin, merchant_id: str) -> None:
    body = {"name": "erp", "role": "finance", "merchant_ids": [merchant_id]}
    secret = (await admin.post("/api/tokens", body))["token"]
    machine = {"Authorization": f"Bearer {secret}"}
    path = await waiting(await admin.anonymous.post(refunds(admin), json=BODY, headers=machine))
    assert (await approve(admin.http, path)).status_code == 403
    refused = await admin.anonymous.post(f"{path}/approve", json={}, headers=machine)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await approve(await hire(admin, "finance"), path)).status_code == 200


async def alerts(admin: Admin) -> list[dict[str, Any]]:
    """Those of this kind that are to be told."""
    async with admin.deps.db.connection() as tx:
        rows = await tx.fetch("select payload from event_log where topic = $1", topics.ALERTS)
    return [AlertRecord.model_validate_json(row["payload"]).data.model_dump() for row in rows]


async def test_people_hear_where_whoever_asked_let_the_second_person_in(
    admin: Admin, merchant_id: str
) -> None:
    """Nothing proves that two accounts are two people: one administrator alone could make the
    second, and agree as that one to what they had asked for."""
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    assert (await approve(await hire(admin, "finance"), path)).status_code == 200
    [raised] = await alerts(admin)
    assert raised["key"] == f"approval.one_hand:{path.rpartition('/')[2]}"
    assert raised["merchant_id"] == merchant_id
    assert (raised["facts"]["requested_by"], raised["facts"]["decided_by"]) == (USERNAME, LI)


async def test_nobody_is_told_of_a_second_person_of_old(admin: Admin, merchant_id: str) -> None:
    await hire(admin, "finance")
    admin.clock.ahead = timedelta(days=8)
    boss = await log_in(admin, USERNAME, PASSWORD)
    admin.http.headers["Authorization"] = f"Bearer {boss.json()['access_token']}"
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    li = await at_work(admin)
    assert (await approve(li, path)).status_code == 200
    assert await alerts(admin) == []
    again = {**BODY, "merchant_refund_no": "r-2"}
    path = await waiting(await admin.http.post(refunds(admin), json=again))
    await change(admin, password=LIS_PASSWORD)
    li = await at_work(admin)
    assert (await approve(li, path)).status_code == 200
    assert len(await alerts(admin)) == 1


async def test_it_takes_the_right_to_agree(admin: Admin, merchant_id: str) -> None:
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    assert (await approve(await hire(admin, "auditor"), path)).status_code == 403
    accounts = f"/api/merchants/{merchant_id}/channel-accounts"
    body = {"channel": "wechat", "name": "x", "credentials": CREDENTIALS}
    account = await waiting(await admin.http.post(accounts, json=body))
    operator = await hire(admin, "operator", "wang")
    refused = await approve(operator, account)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await approve(operator, path)).status_code == 200


async def test_two_who_agree_at_once_send_one_refund(admin: Admin, merchant_id: str) -> None:
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    li, wang = await hire(admin, "finance"), await hire(admin, "finance", "wang")
    both = await asyncio.gather(approve(li, path), approve(wang, path))
    assert sorted(it.status_code for it in both) == [200, 409]
    assert len(admin.trade_core.asked) == 1


async def test_what_changed_since_is_not_done(admin: Admin, merchant_id: str) -> None:
    li = await hire(admin, "finance")
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    assert admin.trade_core.payment is not None
    admin.trade_core.payment["amount_refunded"] = 300
    refused = await approve(li, path)
    assert (refused.status_code, refused.json()["code"]) == (409, "version_changed")
    assert (await li.get(path)).json()["state"] == "outdated"
    assert admin.trade_core.asked == []


async def test_a_number_waits_once_and_is_not_taken_for_another_amount(
    admin: Admin, merchant_id: str
) -> None:
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    assert await waiting(await admin.http.post(refunds(admin), json=BODY)) == path
    other = {**BODY, "amount": LIMIT + 1}
    refused = await admin.http.post(refunds(admin), json=other)
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_mismatch")
    await approve(await hire(admin, "finance"), path)
    assert (await admin.http.post(refunds(admin), json=BODY)).status_code == 200
    assert len({str(it) for it in admin.trade_core.asked}) == 1


async def counted(admin: Admin, scope: Scope, role: Role = Role.ADMINISTRATOR) -> int | None:
    """As the home page and the badges show it, told anew."""
    admin.deps.counted.known.clear()
    return (await waiting_for_people.read(admin.deps, scope, role)).approvals


async def test_everybody_sees_how_much_waits_that_they_decide(
    admin: Admin, merchant_id: str
) -> None:
    await waiting(await admin.http.post(refunds(admin), json=BODY))
    accounts = f"/api/merchants/{merchant_id}/channel-accounts"
    body = {"channel": "wechat", "name": "x", "credentials": CREDENTIALS}
    await waiting(await admin.http.post(accounts, json=body))
    shown = {role: await counted(admin, EVERYTHING, role) for role in Role}
    assert shown == {
        Role.ADMINISTRATOR: 2, Role.OPERATOR: 1, Role.FINANCE: 1, Role.AUDITOR: 0,
        Role.MERCHANT_STAFF: 1,
    }  # fmt: skip


async def test_a_number_that_is_asked_for_five_times_at_once_waits_once(
    admin: Admin, merchant_id: str
) -> None:
    asked = await asyncio.gather(*(admin.http.post(refunds(admin), json=BODY) for _ in range(5)))
    assert {await waiting(each) for each in asked} == {await waiting(asked[0])}


async def test_after_seven_days_it_is_over(admin: Admin, merchant_id: str) -> None:
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    assert await counted(admin, EVERYTHING) == 1
    assert await counted(admin, Scope(frozenset({merchant_id}))) == 1
    assert await counted(admin, Scope(frozenset({"M1"}))) == 0
    await hire(admin, "finance")
    admin.clock.ahead = EXPIRES_AFTER + timedelta(seconds=1)
    li = await at_work(admin)
    assert await counted(admin, EVERYTHING) == 0
    assert (await approve(li, path)).json()["code"] == "approval_decided"
    await approvals.finish_approved(admin.deps)
    assert (await li.get(path)).json()["state"] == "expired"
    assert admin.trade_core.asked == []


async def test_what_was_agreed_to_is_sent_although_trade_core_was_away(
    admin: Admin, merchant_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    li = await hire(admin, "finance")
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    real = admin.deps.trade_core.post

    async def away(*_: Any, **__: Any) -> Any:
        raise Overloaded("trade-core does not answer")

    monkeypatch.setattr(admin.deps.trade_core, "post", away)
    assert (await approve(li, path)).json()["state"] == "approved"
    monkeypatch.setattr(admin.deps.trade_core, "post", real)
    await approvals.finish_approved(admin.deps)
    assert admin.trade_core.asked == []
    admin.clock.ahead = timedelta(minutes=2)
    for _ in range(2):
        await approvals.finish_approved(admin.deps)
    assert len(admin.trade_core.asked) == 1
    assert (await li.get(path)).json()["state"] == "done"


async def test_what_trade_core_refuses_has_failed(admin: Admin, merchant_id: str) -> None:
    li = await hire(admin, "finance")
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    assert admin.trade_core.payment is not None
    admin.trade_core.payment["amount"] = LIMIT - 1  # what is reserved besides is not seen before
    failed = (await approve(li, path)).json()
    assert (failed["state"], failed["outcome"]["code"]) == ("failed", "refund_exceeds_paid")


async def registered(admin: Admin, merchant_id: str, boss: httpx.AsyncClient) -> str:
    """The path of a channel account that a second person agreed to."""
    accounts = f"/api/merchants/{merchant_id}/channel-accounts"
    body = {"channel": "wechat", "name": "主账户", "credentials": CREDENTIALS}
    asked = await admin.http.post(accounts, json=body)
    path = f"{accounts}/{asked.json()['subject']}"
    assert (await admin.http.get(path)).status_code == 404
    assert (await approve(boss, await waiting(asked))).status_code == 200
    assert (await admin.http.get(path)).status_code == 200
    return path


async def test_credentials_wait_sealed_and_are_those_that_were_checked(
    admin: Admin, merchant_id: str
) -> None:
    boss = await hire(admin, "administrator")
    account = await registered(admin, merchant_id, boss)
    asked = await admin.http.patch(account, json={"credentials": NEW})
    path = await waiting(asked)
    async with admin.deps.db.connection() as tx:
        rows = await tx.fetch("select a::text as row from approval a")
    for text in (asked.text, str([row["row"] for row in rows])):
        assert SECRET not in text
    wrong = await admin.http.patch(account, json={"credentials": {**NEW, "mchid": "other"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/credentials/mchid")
    assert (await admin.http.get(account)).json()["earlier_credentials"] == 0
    assert (await approve(boss, path)).json()["state"] == "done"
    assert (await admin.http.get(account)).json()["earlier_credentials"] == 1
    entity = (await admin.events())[-1]
    opened = sealing.Opener.of(admin.keys["gateway"].private_key).open(
        entity["credentials_sealed"],
        context=entity["payment_id"],
    )
    assert SECRET in str(opened)
    changed = (await admin.audit(action="channel_account.updated"))[0]
    approved = (await admin.audit(action="approval.approved"))[0]
    assert (changed["actor"], approved["actor"]) == (USERNAME, LI)
    assert changed["request_id"] == approved["request_id"]


async def test_credentials_for_an_account_that_changed_since_are_outdated(
    admin: Admin, merchant_id: str
) -> None:
    boss = await hire(admin, "administrator")
    account = await registered(admin, merchant_id, boss)
    path = await waiting(await admin.http.patch(account, json={"credentials": NEW}))
    assert (await admin.http.patch(account, json={"name": "副账户"})).status_code == 200
    refused = await approve(boss, path)
    assert (refused.status_code, refused.json()["code"]) == (409, "version_changed")
    assert (await boss.get(path)).json()["state"] == "outdated"
    assert (await admin.http.get(account)).json()["earlier_credentials"] == 0


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ({"name": "oms"}, 409),
        ({"state": "disabled"}, 409),
        ({"late_payment": "refund"}, 200),
    ],
)
async def test_an_address_is_agreed_to_for_the_app_that_was_seen(
    admin: Admin, merchant_id: str, meanwhile: dict[str, Any], status: int
) -> None:
    boss = await hire(admin, "administrator")
    body = {"name": "erp", "merchant_ids": [merchant_id]}
    app = f"/api/apps/{(await admin.post('/api/apps', body))['app_id']}"
    first = {"notify_url": "https://a.example/cb"}
    assert (await approve(boss, await waiting(await admin.http.patch(app, json=first)))).is_success
    path = await waiting(await admin.http.patch(app, json={"notify_url": "https://b.example/cb"}))
    changed = await admin.http.patch(app, json=meanwhile)
    assert changed.status_code == 200, changed.text
    assert (await approve(boss, path)).status_code == status


async def new_account(admin: Admin, merchant_id: str, _: httpx.AsyncClient) -> httpx.Response:
    body = {"channel": "wechat", "name": "x", "credentials": CREDENTIALS}
    return await admin.http.post(f"/api/merchants/{merchant_id}/channel-accounts", json=body)


async def new_credentials(
    admin: Admin, merchant_id: str, boss: httpx.AsyncClient
) -> httpx.Response:
    account = await registered(admin, merchant_id, boss)
    return await admin.http.patch(account, json={"credentials": NEW})


async def new_address(admin: Admin, merchant_id: str, _: httpx.AsyncClient) -> httpx.Response:
    app = await admin.post("/api/apps", {"name": "erp", "merchant_ids": [merchant_id]})
    new = {"notify_url": "https://b.example/cb"}
    return await admin.http.patch(f"/api/apps/{app['app_id']}", json=new)


async def test_whoever_agrees_sees_whose_credentials_they_are(
    admin: Admin, merchant_id: str
) -> None:
    admin.gateway.schema = schema(PLUGIN.credentials, PLUGIN.form)
    admin.gateway.keys = [KEY]
    boss = await hire(admin, "administrator")
    person = await Person.logged_in(admin)
    made = await new_account(admin, merchant_id, boss)
    page = await person.open_page("approvals")
    assert f"<code>{CREDENTIALS['mchid']}</code>" in page
    subject = made.json()["subject"]
    assert f"/console/channel-accounts/{subject}" not in page
    assert (await approve(boss, await waiting(made))).status_code == 200
    done = await person.open_page("approvals", state="done")
    assert f"/console/channel-accounts/{subject}" in done
    account = f"/api/merchants/{merchant_id}/channel-accounts/{subject}"
    admin.gateway.keys = [KEY | {"fingerprint": "cd" * 32}]
    shown = (await waiting_item(admin, account))["shown"]
    assert shown["facts"]["values"]["mchid"] == CREDENTIALS["mchid"]
    fingerprints = [shown[name]["keys"][0]["fingerprint"] for name in ("facts_before", "facts")]
    assert fingerprints == ["ab" * 32, "cd" * 32]
    page = await person.open_page("approvals")
    assert [each[:32] in page for each in fingerprints] == [True, True]
    assert SECRET not in page


async def waiting_item(admin: Admin, account: str) -> dict[str, Any]:
    """New credentials of this account."""
    await waiting(await admin.http.patch(account, json={"credentials": NEW}))
    (item,) = (await admin.http.get("/api/approvals?state=waiting")).json()["items"]
    found: dict[str, Any] = item
    return found


async def test_whoever_agrees_sees_which_merchants_an_app_gets(
    admin: Admin, merchant_id: str
) -> None:
    here = (await admin.post("/api/merchants", {"name": "甲物业"}))["merchant_id"]
    app = {"name": "erp", "merchant_ids": [here], "notify_url": "https://a.example/cb"}
    url = f"/api/apps/{(await admin.post('/api/apps', app))['app_id']}"
    await waiting(await admin.http.patch(url, json={"merchant_ids": [merchant_id]}))
    page = await (await Person.logged_in(admin)).open_page("approvals")
    for label, name in (("added", "绿城物业"), ("removed", "甲物业")):
        assert re.search(rf"Merchants {label}</dt><dd><a [^>]*>{name}</a></dd>", page)


@pytest.mark.parametrize("asked_for", [new_account, new_credentials])
async def test_credentials_that_wait_are_opened_by_the_new_key_alone(
    admin: Admin, merchant_id: str, asked_for: Any
) -> None:
    """The old one is taken away while they wait."""
    li = await hire(admin, "administrator")
    path = await waiting(await asked_for(admin, merchant_id, li))
    rotation = Rotation.of(admin)
    count = await rotation.run()
    assert (count.lost, count.entities > 0) == ([], True)
    assert await rotation.run() == SealedCount()
    async with admin.deps.db.connection() as tx:
        [row] = await tx.fetch("select subject, request from approval where state = 'waiting'")
    asked = row["request"].get("new", row["request"])["credentials_sealed"]
    opener = Opener.of(rotation.new["gateway"].private_key)
    assert opener.open(asked, context=row["subject"])
    assert asked not in str(await admin.audit())
    assert (await approve(li, path)).status_code == 200
    entity = (await admin.events())[-1]
    assert entity["credentials_sealed"] == asked


@pytest.mark.parametrize("asked_for", [new_account, new_credentials])
async def test_what_is_agreed_to_while_keys_are_rotated_is_opened_by_the_new_key_alone(
    admin: Admin, merchant_id: str, asked_for: Any
) -> None:
    """The run asks the gateway about what waits, and meanwhile it goes into use."""
    li = await hire(admin, "administrator")
    path = await waiting(await asked_for(admin, merchant_id, li))
    rotation = Rotation.of(admin)
    agreed: list[int] = []

    async def agree() -> None:
        if not agreed:
            agreed.append((await approve(li, path)).status_code)

    rotation.gateway = Busy(rotation.gateway.opener, agree)
    assert (await rotation.run()).is_whole
    assert agreed == [200]
    entity = (await admin.events())[-1]
    opener = Opener.of(rotation.new["gateway"].private_key)
    for text in (entity["credentials_sealed"], *entity["earlier_credentials_sealed"]):
        assert opener.open(text, context=entity["payment_id"])


async def test_what_is_sealed_anew_while_somebody_agrees_goes_into_use_so(
    admin: Admin, merchant_id: str
) -> None:
    li = await hire(admin, "administrator")
    path = await waiting(await new_account(admin, merchant_id, li))
    new = sealing.generate()
    async with admin.deps.db.transaction() as tx:
        number = path.rpartition("/")[2]
        await tx.execute("select from approval where approval_id = $1 for update", number)
        agreeing = asyncio.ensure_future(approve(li, path))
        await waiting_for_locks(admin.deps.db, 1)  # It has read what waits.
        was = await get_approval(tx, number, EVERYTHING)
        text = sealing.seal(new.public_key, "anew", context=was.asked.subject)
        await set_request(tx, replace(was, asked=with_sealed(was.asked, text)))
    assert (await agreeing).status_code == 200
    assert (await admin.events())[-1]["credentials_sealed"] == text


async def an_old_secret_ends(admin: Admin) -> None:
    admin.clock.ahead = SECRET_OVERLAP
    await apps.end_overlaps(admin.deps)


async def the_keys_are_rotated(admin: Admin) -> None:
    assert (await Rotation.of(admin).run()).entities > 0


@pytest.mark.parametrize("happens", [the_keys_are_rotated, an_old_secret_ends])
async def test_what_no_person_changed_is_agreed_to_as_it_was_seen(
    admin: Admin, merchant_id: str, happens: Callable[[Admin], Awaitable[None]]
) -> None:
    """Machines write a new version of the app, too."""
    boss = await hire(admin, "administrator")
    app = await admin.post("/api/apps", {"name": "erp", "merchant_ids": [merchant_id]})
    url = f"/api/apps/{app['app_id']}"
    rotated = await waiting(await admin.http.patch(url, json={"rotate_webhook_secret": True}))
    assert (await approve(boss, rotated)).is_success
    new = {"notify_url": "https://b.example/cb"}
    path = await waiting(await admin.http.patch(url, json=new))
    before = (await admin.events())[-1]["version"]
    await happens(admin)
    assert (await admin.events())[-1]["version"] == before + 1
    li = await at_work(admin)
    assert (await approve(li, path)).json()["state"] == "done"
    assert (await li.get(url)).json()["notify_url"] == new["notify_url"]


@pytest.mark.parametrize("asked_for", [new_credentials, new_address])
async def test_what_the_release_before_was_asked_is_bound_to_the_version(
    admin: Admin, merchant_id: str, asked_for: Any
) -> None:
    """It wrote down nothing else; and reads nothing else of what this one is asked."""
    li = await hire(admin, "administrator")
    for changed in (0, 1):
        path = await waiting(await asked_for(admin, merchant_id, li))
        number = path.rpartition("/")[2]
        async with admin.deps.db.transaction() as tx:
            await tx.execute(
                "update approval set seen = jsonb_build_object("
                "'version', (seen ->> 'version')::int - $2::int) where approval_id = $1",
                number,
                changed,
            )
        code = (await approve(li, path)).status_code
        assert code == (409 if changed else 200)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("https://a.example/cb?key=old", "https://a.example/cb?key=new", True),
        ("https://a.example/cb", "https://a.example/cb?key=new", True),
        ("https://a.example/cb?key=old", "https://a.example/new?key=old", False),
        (None, "https://a.example/cb?key=new", None),
    ],
)
async def test_who_sees_one_merchant_is_shown_that_what_is_hidden_of_an_address_changes(
    admin: Admin, before: str | None, after: str, changes: bool | None
) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": "x"}))["merchant_id"]
    app = {"name": "erp", "merchant_ids": [merchant_id], "notify_url": before}
    url = f"/api/apps/{(await admin.post('/api/apps', app))['app_id']}"
    four_eyes = {"four_eyes": {"callback_addresses": True}}
    assert (await admin.http.patch(f"/api/merchants/{merchant_id}", json=four_eyes)).is_success
    await waiting(await admin.http.patch(url, json={"notify_url": after}))
    scoped = {"username": "wang", "password": PASSWORD, "role": "auditor"}
    await admin.post("/api/users", {**scoped, "merchant_ids": [merchant_id]})
    wang = await Person.logged_in(admin, "wang")
    page = await wang.open_page("approvals")
    assert ("key=" in page, "behind the “?” changes" in page) == (False, changes is True)
    token = await admin.anonymous.post(
        "/api/session", json={"username": "wang", "password": PASSWORD}
    )
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    (item,) = (await admin.anonymous.get("/api/approvals", headers=bearer)).json()["items"]
    assert item["shown"].get("query_changed") == changes
    (whole,) = (await admin.http.get("/api/approvals")).json()["items"]
    assert (whole["shown"]["after"], "query_changed" in whole["shown"]) == (after, False)


async def an_app(admin: Admin, merchant_id: str) -> str:
    """The path of one that may act for the merchant."""
    body = {"name": "erp", "merchant_ids": [merchant_id], "notify_url": "https://a.example/cb"}
    return f"/api/apps/{(await admin.post('/api/apps', body))['app_id']}"


async def new_key(admin: Admin, merchant_id: str, _: httpx.AsyncClient) -> httpx.Response:
    app = await an_app(admin, merchant_id)
    return await admin.http.post(f"{app}/keys", json={"alg": "HMAC-SHA256"})


async def key_enabled(admin: Admin, merchant_id: str, boss: httpx.AsyncClient) -> httpx.Response:
    asked = await new_key(admin, merchant_id, boss)
    assert (await approve(boss, await waiting(asked))).status_code == 200
    key = f"/api/apps/{asked.json()['subject']}/keys/{asked.json()['shown']['key_id']}"
    assert (await admin.http.patch(key, json={"state": "disabled"})).status_code == 200
    return await admin.http.patch(key, json={"state": "active"})


async def new_secret(admin: Admin, merchant_id: str, _: httpx.AsyncClient) -> httpx.Response:
    app = await an_app(admin, merchant_id)
    return await admin.http.patch(app, json={"rotate_webhook_secret": True})


async def app_enabled(admin: Admin, merchant_id: str, _: httpx.AsyncClient) -> httpx.Response:
    app = await an_app(admin, merchant_id)
    assert (await admin.http.patch(app, json={"state": "disabled"})).status_code == 200
    return await admin.http.patch(app, json={"state": "active"})


async def merchant_added(admin: Admin, merchant_id: str, _: httpx.AsyncClient) -> httpx.Response:
    """To an app whose keys somebody has."""
    only = {"four_eyes": {"callback_addresses": False}}
    weaker = await waiting(await admin.http.patch(f"/api/merchants/{merchant_id}", json=only))
    assert (await approve(await at_work(admin), weaker)).status_code == 200
    other = (await admin.post("/api/merchants", {"name": "y"}))["merchant_id"]
    app = await an_app(admin, other)
    await admin.post(f"{app}/keys", {"alg": "HMAC-SHA256"})
    return await admin.http.patch(app, json={"merchant_ids": [other, merchant_id]})


ACCESS = [new_key, key_enabled, new_secret, app_enabled, merchant_added]


@pytest.mark.parametrize("asked_for", ACCESS)
async def test_what_lets_an_app_act_for_a_merchant_waits_and_is_done_when_another_agrees(
    admin: Admin, merchant_id: str, asked_for: Any
) -> None:
    """With a key of an app one person alone moved the money that refunds of people wait for."""
    boss = await hire(admin, "administrator")
    path = await waiting(await asked_for(admin, merchant_id, boss))
    before = (await admin.events())[-1]
    assert (await approve(admin.http, path)).status_code == 403
    assert (await admin.events())[-1] == before
    assert (await approve(boss, path)).json()["state"] == "done"
    now = (await admin.events())[-1]
    assert (now["state"], now["version"]) == ("active", before["version"] + 1)


@pytest.mark.parametrize(
    ("asked_for", "service", "field"),
    [(new_key, "gateway", "secret_sealed"), (new_secret, "notifier", "webhook_secrets_sealed")],
)
async def test_the_secret_that_is_shown_is_the_one_that_waits(
    admin: Admin, merchant_id: str, asked_for: Any, service: str, field: str
) -> None:
    """Also where keys of the centre are rotated meanwhile."""
    await hire(admin, "administrator")
    asked = await asked_for(admin, merchant_id, admin.http)
    path, secret = await waiting(asked), asked.json()["secret"]
    assert secret not in (await admin.http.get(path)).text
    rotation = Rotation.of(admin)
    assert (await rotation.run()).is_whole
    assert (await approve(await at_work(admin), path)).status_code == 200
    entity = (await admin.events())[-1]
    opener = Opener.of(rotation.new[service].private_key)
    sealed = entity[field] if field == "secret_sealed" else entity[field][0]
    context = entity["key_id"] if field == "secret_sealed" else entity["app_id"]
    assert opener.open(sealed, context=context) == secret


async def test_a_key_that_was_deleted_since_is_outdated(admin: Admin, merchant_id: str) -> None:
    boss = await hire(admin, "administrator")
    asked = await new_key(admin, merchant_id, boss)
    item = asked.json()
    key = f"/api/apps/{item['subject']}/keys/{item['shown']['key_id']}"
    assert (await admin.http.get(key)).json()["state"] == "disabled"
    assert (await admin.http.delete(key)).status_code == 204
    assert (await approve(boss, await waiting(asked))).json()["code"] == "version_changed"


async def test_of_two_other_secrets_of_an_app_one_waits(admin: Admin, merchant_id: str) -> None:
    """Agreed to both, the secret in use was dropped at once."""
    await hire(admin, "administrator")
    first = await new_secret(admin, merchant_id, admin.http)
    app, number = first.json()["subject"], first.json()["approval_id"]
    second = await admin.http.patch(f"/api/apps/{app}", json={"rotate_webhook_secret": True})
    assert second.status_code == 422
    assert number in second.json()["errors"][0]["message"]
    person = await Person.logged_in(admin)
    on_page = await person.save(f"apps/{app}", f"apps/{app}/webhook-secret")
    assert (on_page.status_code, 'class="secret"' in on_page.text) == (422, False)
    assert f"/console/approvals?number={number}" in on_page.text
    withdrawn = {"reason": "lost"}
    assert (await admin.http.post(f"{await waiting(first)}/reject", json=withdrawn)).is_success
    third = await admin.http.patch(f"/api/apps/{app}", json={"rotate_webhook_secret": True})
    assert await waiting(third) != await waiting(first)


async def test_another_secret_is_not_made_beside_one_that_waits(
    admin: Admin, merchant_id: str
) -> None:
    """Also where it would wait no more."""
    boss = await hire(admin, "administrator")
    first = await new_secret(admin, merchant_id, boss)
    fewer = await waiting(await fewer_eyes(admin, merchant_id, boss))
    assert (await approve(boss, fewer)).status_code == 200
    app = f"/api/apps/{first.json()['subject']}"
    second = await admin.http.patch(app, json={"rotate_webhook_secret": True})
    assert second.status_code == 422


async def test_what_was_disabled_after_somebody_agreed_is_not_enabled_by_a_second_asking(
    admin: Admin, merchant_id: str
) -> None:
    boss = await hire(admin, "administrator")
    for asked_for in (key_enabled, app_enabled):
        first = await asked_for(admin, merchant_id, boss)
        thing = f"/api/apps/{first.json()['subject']}"
        if asked_for is key_enabled:
            thing += f"/keys/{first.json()['shown']['key_id']}"
        second = await admin.http.patch(thing, json={"state": "active"})
        assert await waiting(second) == await waiting(first)
        assert (await approve(boss, await waiting(first))).status_code == 200
        assert (await admin.http.patch(thing, json={"state": "disabled"})).status_code == 200
        again = await approve(boss, await waiting(second))
        assert again.json()["code"] == "approval_decided"
        assert (await admin.http.get(thing)).json()["state"] == "disabled"


async def test_a_new_key_that_waits_is_not_asked_for_again(admin: Admin, merchant_id: str) -> None:
    await hire(admin, "administrator")
    first = await new_key(admin, merchant_id, admin.http)
    key = f"/api/apps/{first.json()['subject']}/keys/{first.json()['shown']['key_id']}"
    second = await admin.http.patch(key, json={"state": "active"})
    assert await waiting(second) == await waiting(first)


async def test_a_merchant_is_added_by_one_asking_at_a_time(admin: Admin, merchant_id: str) -> None:
    """Taken away after one was agreed to, the other brought it back."""
    boss = await hire(admin, "administrator")
    first = await merchant_added(admin, merchant_id, boss)
    app = f"/api/apps/{first.json()['subject']}"
    both = {"merchant_ids": first.json()["merchant_ids"]}
    assert await waiting(await admin.http.patch(app, json=both)) == await waiting(first)
    other = await admin.http.patch(app, json={**both, "notify_url": "https://b.example/cb"})
    assert other.status_code == 422
    assert first.json()["approval_id"] in other.json()["errors"][0]["message"]


async def test_a_key_and_a_secret_that_wait_are_shown_once_on_the_page(
    admin: Admin, merchant_id: str
) -> None:
    app = (await an_app(admin, merchant_id)).removeprefix("/api/")
    person = await Person.logged_in(admin)
    form = await person.form_of(app, f"{app}/keys")
    added = await person.send(f"{app}/keys", **{**form, "alg": "HMAC-SHA256"})
    rotated = await person.save(app, f"{app}/webhook-secret")
    for answer in (added, rotated):
        assert (answer.status_code, "until another person agrees" in answer.text) == (200, True)
        assert 'class="secret"' in answer.text
    items = (await admin.http.get("/api/approvals?state=waiting")).json()["items"]
    assert [each["kind"] for each in items] == ["app_access", "app_access"]
    page = await person.open_page("approvals")
    for text in ("A new key", "Another webhook secret", items[1]["shown"]["key_id"]):
        assert text in page, text


async def test_the_guided_way_says_that_the_key_waits_and_for_whom(
    admin: Admin, merchant_id: str
) -> None:
    app, person = await an_app(admin, merchant_id), await Person.logged_in(admin)
    draft = Draft(
        merchant_id=merchant_id, app_id=app.rpartition("/")[2], account_id="C1", channel="wechat",
        is_tried=True,
    )  # fmt: skip
    await onboarding.save(admin.deps, USERNAME, draft)
    here = "onboarding/keys"
    form = await person.form_of(here, here)
    sent = await person.send(here, **{**form, "alg": "HMAC-SHA256"})
    (asked,) = (await admin.http.get("/api/approvals?state=waiting")).json()["items"]
    for text in (
        f"number={asked['approval_id']}",
        "An administrator has to agree",
        'class="secret"',
    ):
        assert text in sent.text, text
    boss = await hire(admin, "administrator")
    assert (await approve(boss, f"/api/approvals/{asked['approval_id']}")).status_code == 200
    assert asked["approval_id"] not in await person.open_page(here)


async def fewer_eyes(admin: Admin, merchant_id: str, _: httpx.AsyncClient) -> httpx.Response:
    weaker = {"four_eyes": {"credentials": False}}
    return await admin.http.patch(f"/api/merchants/{merchant_id}", json=weaker)


async def a_refund(admin: Admin, _: str, __: httpx.AsyncClient) -> httpx.Response:
    return await admin.http.post(refunds(admin), json=BODY)


async def done_by_now(admin: Admin) -> int:
    """How much the audit knows to have been done, beside what is asked for and decided."""
    query = "select count(*) from audit where action not like 'approval.%'"
    async with admin.deps.db.connection() as tx:
        count: int = await tx.fetchval(query)
    return count


@pytest.mark.parametrize("second", ["agrees", "refuses", "withdraws"])
@pytest.mark.parametrize(
    "asked_for",
    [new_account, new_credentials, new_address, fewer_eyes, a_refund, new_key, new_secret],
)
async def test_of_two_who_decide_at_once_the_second_is_told_so(
    admin: Admin, merchant_id: str, asked_for: Any, second: str
) -> None:
    li, wang = await hire(admin, "administrator"), await hire(admin, "administrator", "wang")
    path = await waiting(await asked_for(admin, merchant_id, li))
    before = await done_by_now(admin)
    decides: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
        "agrees": lambda: approve(wang, path),
        "refuses": lambda: wang.post(f"{path}/reject", json={"reason": "no"}),
        "withdraws": lambda: admin.http.post(f"{path}/reject", json={"reason": "twice"}),
    }
    async with admin.deps.db.transaction() as tx:
        number = path.rpartition("/")[2]
        await tx.execute("select from approval where approval_id = $1 for update", number)
        both = asyncio.gather(approve(li, path), decides[second]())
        await waiting_for_locks(admin.deps.db, 2)  # Both have read that it waits.
    answers = await both
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [late] = [answer for answer in answers if answer.status_code == 409]
    assert late.json()["code"] == "approval_decided"
    is_agreed = second == "agrees" or late is answers[1]
    assert (await li.get(path)).json()["state"] == ("done" if is_agreed else "rejected")
    assert (await done_by_now(admin) > before) is is_agreed


async def test_what_waits_is_asked_for_apart(admin: Admin, merchant_id: str) -> None:
    boss = await hire(admin, "administrator")
    account = await registered(admin, merchant_id, boss)
    both = await admin.http.patch(account, json={"credentials": NEW, "name": "x"})
    assert (both.status_code, both.json()["errors"][0]["pointer"]) == (422, "/name")
    app = await admin.post("/api/apps", {"name": "erp", "merchant_ids": [merchant_id]})
    path = f"/api/apps/{app['app_id']}"
    body = {"notify_url": "https://erp.example/cb", "rotate_webhook_secret": True}
    both = await admin.http.patch(path, json=body)
    assert both.json()["errors"][0]["pointer"] == "/rotate_webhook_secret"


WAITS = "/console/approvals?done=approval_waits"


async def test_a_callback_address_waits_that_is_changed_on_the_page(
    admin: Admin, merchant_id: str
) -> None:
    boss = await hire(admin, "administrator")
    body = {"name": "erp", "merchant_ids": [merchant_id], "ip_allowlist": ["203.0.113.9"]}
    path = f"apps/{(await admin.post('/api/apps', body))['app_id']}"
    person, address = await Person.logged_in(admin), {"notify_url": "https://a.example/cb"}
    form = await person.form_of(f"{path}/edit", path)
    both = await person.send(path, **{**form, **address, "name": "oms", "disabled": "true"})
    words = "must be sent apart from what waits for a second person"
    assert (both.status_code, marked(both.text)["name"]) == (422, words)
    sent = await person.send(path, **{**form, **address})
    assert (sent.status_code, sent.headers.get("location")) == (303, WAITS)
    asked = (await admin.http.get("/api/approvals?state=waiting")).json()["items"][0]
    assert (await approve(boss, f"/api/approvals/{asked['approval_id']}")).status_code == 200
    app = (await admin.http.get(f"/api/{path}")).json()
    assert (app["name"], app["ip_allowlist"]) == ("erp", ["203.0.113.9/32"])
    assert app["notify_url"] == address["notify_url"]


async def test_the_first_callback_address_waits_on_the_guided_way(
    admin: Admin, merchant_id: str
) -> None:
    person = await Person.logged_in(admin)
    app = await admin.post("/api/apps", {"name": "erp", "merchant_ids": [merchant_id]})
    draft = Draft(
        merchant_id=merchant_id, app_id=app["app_id"], account_id="C1", channel="wechat",
        is_tried=True, key_id="K1",
    )  # fmt: skip
    await onboarding.save(admin.deps, USERNAME, draft)
    here = "onboarding/callback"
    sent = await person.save(here, here, notify_url="https://a.example/cb")
    assert (sent.status_code, sent.headers.get("location")) == (303, WAITS)
    (asked,) = (await admin.http.get("/api/approvals?state=waiting")).json()["items"]
    shown = await person.open_page(here)
    assert (f"number={asked['approval_id']}" in shown, "notify_url" in shown) == (True, False)
    boss = await hire(admin, "administrator")
    assert (await approve(boss, f"/api/approvals/{asked['approval_id']}")).status_code == 200
    shown = await person.open_page(here)
    assert (asked["approval_id"] in shown, 'value="https://a.example/cb"' in shown) == (False, True)


@pytest.mark.parametrize("agreed", [True, False])
async def test_the_guided_way_waits_for_credentials_and_goes_on(
    admin: Admin, merchant_id: str, agreed: bool
) -> None:
    admin.gateway.schema = schema(PLUGIN.credentials, PLUGIN.form)
    person, here = await Person.logged_in(admin), "onboarding/credentials"
    draft = Draft(merchant_id=merchant_id, channel="wechat")
    await onboarding.save(admin.deps, USERNAME, draft)
    hidden = await person.form_of(here, here)
    carried = {name: hidden[name] for name in ("draft", "number")}
    sent = await person.send(here, **ENTERED, **carried)
    assert (sent.status_code, sent.headers.get("location")) == (303, WAITS)
    (asked,) = (await admin.http.get("/api/approvals?state=waiting")).json()["items"]
    shown = await person.open_page("onboarding")
    assert (f"number={asked['approval_id']}" in shown, 'name="mchid"' in shown) == (True, False)
    boss, path = await hire(admin, "administrator"), f"/api/approvals/{asked['approval_id']}"
    if agreed:
        assert (await approve(boss, path)).status_code == 200
    else:
        await boss.post(f"{path}/reject", json={"reason": "商户号不对"})
    shown = await person.open_page("onboarding")
    assert ('data-step="trial"' in shown) is agreed
    assert ('name="mchid"' in shown) is not agreed
    assert ("商户号不对" in shown) is not agreed
    assert (asked["subject"] in shown) is agreed


async def test_withdrawing_earlier_credentials_waits_on_the_page(
    admin: Admin, merchant_id: str
) -> None:
    boss = await hire(admin, "administrator")
    account = await registered(admin, merchant_id, boss)
    rotated = await waiting(await admin.http.patch(account, json={"credentials": NEW}))
    assert (await approve(boss, rotated)).status_code == 200
    path, person = f"channel-accounts/{account.rpartition('/')[2]}", await Person.logged_in(admin)
    form = {**await person.form_of(path, path), "withdraw_earlier": "true"}
    both = await person.send(path, **{**form, "account_name": "x"})
    assert (both.status_code, list(marked(both.text))) == (422, ["account_name"])
    sent = await person.send(path, **form)
    assert (sent.status_code, sent.headers.get("location")) == (303, WAITS)


async def test_a_callback_address_waits_also_by_way_of_the_merchants(
    admin: Admin, merchant_id: str
) -> None:
    boss = await hire(admin, "administrator")
    other = (await admin.post("/api/merchants", {"name": "other"}))["merchant_id"]
    body = {"name": "erp", "merchant_ids": [merchant_id], "notify_url": "https://a.example/cb"}
    path = f"/api/apps/{(await admin.post('/api/apps', body))['app_id']}"
    new = {"notify_url": "https://b.example/cb"}
    asked = await waiting(await admin.http.patch(path, json=new))
    assert (await admin.http.get(path)).json()["notify_url"] == "https://a.example/cb"
    assert (await approve(boss, asked)).status_code == 200
    assert (await admin.http.get(path)).json()["notify_url"] == "https://b.example/cb"
    assert (await admin.http.patch(path, json={"late_payment": "refund"})).status_code == 200
    away = {"merchant_ids": [other], "notify_url": "https://c.example/cb"}
    assert (await admin.http.patch(path, json=away)).status_code == 200
    back = await admin.http.patch(path, json={"merchant_ids": [other, merchant_id]})
    assert (await waiting(back)).startswith("/api/approvals/")
    removed = await admin.http.patch(path, json={"notify_url": None})
    assert removed.status_code == 200


async def test_weakening_it_waits_itself_and_strengthening_does_not(
    admin: Admin, merchant_id: str
) -> None:
    boss, path = await hire(admin, "administrator"), f"/api/merchants/{merchant_id}"
    stronger = {"four_eyes": {"refunds_from": LIMIT - 100}}
    assert (await admin.http.patch(path, json=stronger)).status_code == 200
    for weaker in ({"refunds_from": None}, {"refunds_from": LIMIT}, {"credentials": False}):
        await waiting(await admin.http.patch(path, json={"four_eyes": weaker}))
    off = {"refunds_from": None, "credentials": False, "callback_addresses": False}
    asked = await waiting(await admin.http.patch(path, json={"four_eyes": off}))
    assert (await admin.http.get(path)).json()["four_eyes"]["credentials"] is True
    assert (await approve(boss, asked)).status_code == 200
    assert (await admin.http.get(path)).json()["four_eyes"] == off
    changed = (await admin.audit(action="merchant.four_eyes_changed"))[0]
    assert (changed["actor"], changed["after"]) == (USERNAME, off)


async def test_on_the_pages_it_waits_and_another_person_agrees(
    admin: Admin, merchant_id: str
) -> None:
    story = Story(merchant_id=merchant_id).paid()
    await apply(admin.deps, story.events)
    assert admin.trade_core.payment is not None
    admin.trade_core.payment |= {"payment_no": story.payment_no}
    boss, li = await Person.logged_in(admin), await Person.hired(admin, "finance")
    form = {"amount": "5.00", "reason": "多收", "merchant_refund_no": "r-1"}
    action = f"payments/{story.payment_no}/refunds"
    sent = await boss.save(f"orders/{story.order_id}", action, **form)
    assert sent.headers["location"] == "/console/approvals?done=approval_waits"
    own = await boss.open_page("approvals", done="approval_waits")
    assert ("another person has to agree" in own, "/approve" in own) == (True, False)
    page = await li.open_page("approvals")
    found = re.search(r"/console/(approvals/V[0-9A-Z]{26}/approve)", page)
    assert found is not None
    assert (story.payment_no in page, "¥5.00" in page or "5.00" in page) == (True, True)
    denied = await boss.send(found.group(1))
    assert denied.headers["location"] == "/console/approvals?problem=approval_refused.same_person"
    done = await li.send(found.group(1))
    assert done.headers["location"] == "/console/approvals?done=approval_done"
    late = await li.send(found.group(1))
    assert late.headers["location"].endswith("approval_refused.approval_decided")
    assert "Nothing waits" in await li.open_page("approvals")
    assert "Done" in await li.open_page("approvals", state="all")
    assert len(admin.trade_core.asked) == 1


async def test_the_menu_knows_at_once_what_was_decided(admin: Admin, merchant_id: str) -> None:
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    number = path.rpartition("/")[2]
    boss = await Person.hired(admin, "finance")
    assert badge_of(await boss.open_page("approvals"), "approvals") == "1"
    refused = await boss.send(f"approvals/{number}/reject", reason="")
    assert (refused.status_code, badge_of(refused.text, "approvals")) == (422, "1")
    assert (await boss.send(f"approvals/{number}/reject", reason="no")).status_code == 303
    assert badge_of(await boss.open_page("approvals"), "approvals") == ""


async def test_the_pages_show_every_kind_and_reject_with_a_reason(
    admin: Admin, merchant_id: str
) -> None:
    boss = await hire(admin, "administrator")
    account = await registered(admin, merchant_id, boss)
    await admin.http.patch(account, json={"credentials": NEW})
    app = await admin.post("/api/apps", {"name": "erp", "merchant_ids": [merchant_id]})
    new = {"notify_url": "https://b.example/cb"}
    await admin.http.patch(f"/api/apps/{app['app_id']}", json=new)
    weaker = {"four_eyes": {"credentials": False}}
    await admin.http.patch(f"/api/merchants/{merchant_id}", json=weaker)
    person = await Person.hired(admin, "administrator")
    page = await person.open_page("approvals")
    for text in ("sealed, not shown", "https://b.example/cb", "Fewer things wait", "绿城物业"):
        assert text in page
    path = re.findall(r"/console/(approvals/V[0-9A-Z]{26}/reject)", page)
    long = "x" * 81
    refused = await person.send(path[0], reason=long)
    assert (refused.status_code, list(marked(refused.text))) == (422, [path[0].split("/")[1]])
    assert f'value="{long}"' in refused.text
    ended = await person.send(path[0], reason="no")
    assert ended.headers["location"] == "/console/approvals?done=approval_ended"


async def test_whoever_may_not_agree_sees_who_has_to(admin: Admin, merchant_id: str) -> None:
    await admin.http.patch(
        f"/api/merchants/{merchant_id}", json={"four_eyes": {"credentials": False}}
    )
    await waiting(await admin.http.post(refunds(admin), json=BODY))
    finance = await (await Person.hired(admin, "finance")).open_page("approvals")
    assert finance.count("An administrator has to agree.") == 1
    assert "Whoever may refund has to agree." not in finance
    auditor = await (await Person.hired(admin, "auditor")).open_page("approvals")
    for text in ("An administrator has to agree.", "Whoever may refund has to agree."):
        assert auditor.count(text) == 1


async def test_what_waits_of_a_merchant_is_set_on_its_page(admin: Admin) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": "x"}))["merchant_id"]
    person, page = await Person.logged_in(admin), f"merchants/{merchant_id}"
    refused = await person.save(page, f"{page}/four-eyes", refunds_from="ten", credentials="true")
    assert (refused.status_code, set(marked(refused.text))) == (422, {"refunds_from"})
    assert 'value="ten"' in refused.text
    assert 'name="credentials" value="true" checked' in refused.text
    assert 'name="callback_addresses" value="true">' in refused.text
    saved = await person.save(page, f"{page}/four-eyes", refunds_from="500.00", credentials="true")
    assert saved.headers["location"] == f"/console/{page}?done=setup_saved"
    assert 'value="500.00"' in await person.open_page(page)
    stored = (await admin.http.get(f"/api/{page}")).json()["four_eyes"]
    assert stored == {"refunds_from": 50_000, "credentials": True, "callback_addresses": False}
    weaker = await person.save(page, f"{page}/four-eyes", refunds_from="")
    assert weaker.headers["location"] == "/console/approvals?done=approval_waits"


async def test_what_nobody_asked_for_is_not_there(admin: Admin) -> None:
    path = f"/api/approvals/{new_id('approval')}"
    assert (await admin.http.get(path)).status_code == 404
    assert (await approve(admin.http, path)).status_code == 404


async def test_what_was_asked_for_once_is_sent_as_it_was(admin: Admin, merchant_id: str) -> None:
    """A release before let people give reasons that trade-core may refuse now: it says so."""
    path = await waiting(await admin.http.post(refunds(admin), json=BODY))
    async with admin.deps.db.transaction() as tx:
        await tx.execute(
            "update approval set request = request || jsonb_build_object('reason', $1::text)",
            "多\u200b收",
        )
    done = await approve(await hire(admin, "finance"), path)
    assert (done.status_code, done.json()["state"]) == (200, "done")
    [asked] = admin.trade_core.asked
    assert asked["wish"]["reason"] == "多\u200b收"
