"""Somebody with the data of one merchant: theirs works, another's does not exist, on every route.

The routes come from the route table: a new one that is of merchants fails here until it has a row.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.unit.merchant_admin.test_logos import SVG
from tests.unit.merchant_admin.test_rights import guards
from tests.unit.merchant_admin.test_settings import GOOD

from chassis.problems import Overloaded
from contracts.events.deliveries import DeliveryEventRecord
from contracts.events.orders import OrderEventRecord, OrderEventType
from contracts.identifiers import new_id
from merchant_admin.api.access import Reach
from merchant_admin.flows.background_exports import make_next
from merchant_admin.flows.read_model import apply
from merchant_admin.main import build
from merchant_admin.settings import AdminSettings

from .conftest import PASSWORD, Admin
from .people import Person
from .test_callbacks import AT, DELIVERY, ENDPOINT, REPLAY
from .test_configuration import CREDENTIALS
from .test_console_statements import DAY, period
from .test_console_statements import PATH as PERIOD_PATH
from .test_counter_codes import AMOUNTS
from .test_decisions import CLAIM, FORM, REASON, decision
from .test_read_model import BEGAN, Story, delivery
from .test_reconciliations import DIFFERENCE, STATEMENT
from .test_refunds import payment
from .test_splits import Split


def paid(admin: Admin) -> None:
    """The payment that trade-core tells of is no conflict: it can be refunded."""
    assert admin.trade_core.payment is not None
    admin.trade_core.payment["status"] = "succeeded"


@dataclass
class Company:
    """A merchant with one of everything; `secret` stands in whatever is shown of it."""

    secret: str
    merchant_id: str
    payment_id: str
    app_id: str
    key_id: str
    story: Story
    split_no: str
    code_id: str
    approval_ids: list[str] = field(default_factory=list)
    statement_no: str = field(default_factory=lambda: new_id("statement"))
    export_id: str = ""

    @classmethod
    async def founded(cls, admin: Admin, secret: str) -> "Company":
        merchant_id = (await admin.post("/api/merchants", {"name": secret}))["merchant_id"]
        account = {"channel": "wechat", "name": secret, "credentials": CREDENTIALS}
        accounts = f"/api/merchants/{merchant_id}/channel-accounts"
        payment_id = (await admin.post(accounts, account))["payment_id"]
        terms = {
            "name": secret, "merchant_ids": [merchant_id], "notify_url": address_of(secret),
            "callback_headers": {"X-Door": BETWEEN},
        }  # fmt: skip
        app_id = (await admin.post("/api/apps", terms))["app_id"]
        key = await admin.post(f"/api/apps/{app_id}/keys", {"alg": "HMAC-SHA256"})
        story = Story(merchant_id=merchant_id, app_id=app_id, subject=secret).paid()
        story.tell(
            OrderEventType.PAYMENT_CONFLICTED,
            order=story.order("open"),
            payment=story.payment("conflicted"),
        )
        story.tell(
            OrderEventType.REFUND_ABNORMAL,
            order=story.order("open"),
            refund=story.refund("abnormal") | {"reason": secret},
        )
        split = Split(story, merchant_split_no=secret)
        split.tell("split.failed", "failed", "failed")
        await apply(admin.deps, [*story.events, *map(delivered_to(secret), story.events)])
        drawn = SVG.format(f'<g id="{secret}"/>').encode()
        open_page = {"logo": base64.b64encode(drawn).decode()}
        await admin.http.patch(f"/api/merchants/{merchant_id}", json=open_page)
        till = {"merchant_id": merchant_id, "app_id": app_id, "name": secret, **AMOUNTS}
        code_id = (await admin.post("/api/counter-codes", till))["code_id"]
        it = cls(
            secret, merchant_id, payment_id, app_id, key["key_id"], story, split.split_no, code_id
        )  # fmt: skip
        await it.ask_for_refunds(admin)
        return it

    async def ask_for_refunds(self, admin: Admin) -> None:
        """Some that wait for a second person: more than there are routes that decide."""
        self.speak(admin)
        four_eyes = {"four_eyes": {"refunds_from": REFUNDS_FROM, "callback_addresses": True}}
        await admin.http.patch(f"/api/merchants/{self.merchant_id}", json=four_eyes)
        path = f"/api/payments/{self.story.payment_no}/refunds"
        paid(admin)
        for number in range(5):
            refund = {"amount": REFUNDS_FROM, "merchant_refund_no": f"r-{number}"}
            answer = await admin.http.post(path, json={**refund, "reason": self.secret})
            assert answer.status_code == 202, answer.text
            self.approval_ids.append(answer.json()["approval_id"])
        self.speak(admin)
        moved = {"notify_url": f"{address_of(self.secret)}&moved"}
        answer = await admin.http.patch(f"/api/apps/{self.app_id}", json=moved)
        assert answer.status_code == 202, answer.text

    def speak(self, admin: Admin) -> None:
        """The other services answer whatever they are asked with what is this company's."""
        core, notifier, story = admin.trade_core, admin.notifier, self.story
        claim = {**CLAIM, "channel_trade_no": self.secret}
        core.payment = {
            **payment(), "payment_no": story.payment_no, "merchant_id": self.merchant_id,
            "status": "conflicted", "subject": self.secret, "claim": claim,
        }  # fmt: skip
        core.refund = story.refund("abnormal") | {
            "created_at": str(story.created_at), "reason": self.secret,
        }  # fmt: skip
        balance: dict[str, Any] = {"merchant_id": self.merchant_id, "payment_id": self.payment_id}
        balance |= {"currency": "CNY", "purpose": self.secret, "amount": 1}
        entry = {
            "kind": self.secret, "subject": story.payment_no, "at": AT, "currency": "CNY",
            "merchant_id": self.merchant_id, "payment_id": self.payment_id, "postings": [],
        }  # fmt: skip
        statement = {
            **STATEMENT, "statement_no": self.statement_no, "merchant_id": self.merchant_id,
            "payment_id": self.payment_id, "note": self.secret,
        }  # fmt: skip
        difference = {
            **DIFFERENCE, "statement_no": self.statement_no, "merchant_id": self.merchant_id,
            "payment_id": self.payment_id, "detail": self.secret,
        }  # fmt: skip
        path = f"/internal/reconciliations/{self.statement_no}"
        core.answers = {
            "/internal/ledger/balances": {"items": [balance], "next_cursor": None},
            "/internal/ledger/entries": {"items": [entry]},
            "/internal/reconciliations": {**statement, "items": [statement], "next_cursor": None},
            path: {**statement, "differences": {"items": [difference], "next_cursor": None}},
            f"{path}/fetch": statement,
            PERIOD_PATH: period(self.merchant_id, self.app_id),
        }
        made = {
            **DELIVERY, "app_id": self.app_id, "merchant_id": self.merchant_id,
            "url": address_of(self.secret), "attempts": [REFUSED],
        }  # fmt: skip
        alert = {
            **ALERT, "merchant_id": self.merchant_id, "detail": self.secret,
            "facts": {"url": address_of(self.secret)},
        }  # fmt: skip
        endpoint = {**ENDPOINT, "app_id": self.app_id, "address": address_of(self.secret)}
        replay = {**REPLAY, "app_id": self.app_id}
        notifier.answers = {
            "/internal/all-deliveries": {"items": [made], "next_cursor": None},
            "/internal/endpoints": {"items": [endpoint], "next_cursor": None},
            "/internal/replays": replay,
            "/internal/alerts/search": {"items": [alert], "next_cursor": None},
            "/internal/alerts/acknowledge": {
                **alert,
                "acknowledged_by": "li",
                "acknowledged_at": AT,
            },
            "/internal/replays/W1": replay,
            f"/internal/events/E1/redeliver?app_id={self.app_id}": made,
        }

    @property
    def numbers(self) -> dict[str, str]:
        """What may stand in the path of a route."""
        return {
            "merchant_id": self.merchant_id, "payment_id": self.payment_id, "app_id": self.app_id,
            "key_id": self.key_id, "order_id": self.story.order_id, "event_id": "E1",
            "payment_no": self.story.payment_no, "refund_no": self.story.refund_no,
            "split_no": self.split_no, "statement_no": self.statement_no, "replay_id": "W1",
            "code_id": self.code_id, "approval_id": self.approval_ids[0],
            "export_id": self.export_id, "things": "orders",
        }  # fmt: skip


BETWEEN = "between-app-and-centre"
"""Stands where only the app and the people of the whole centre may see it."""

REFUSED: dict[str, Any] = {
    "at": AT, "status": 404, "error": "bad_status", "latency_ms": 3,
    "answer": f"no route /cb?token={BETWEEN}",
}  # fmt: skip


def address_of(secret: str) -> str:
    return f"https://{secret}.example/cb?token={BETWEEN}"


def delivered_to(secret: str) -> Callable[[OrderEventRecord], DeliveryEventRecord]:
    def news_of(event: OrderEventRecord) -> DeliveryEventRecord:
        about = delivery(event.id, "delivery.exhausted", attempts=1, at=BEGAN)
        at = about.data.model_copy(update={"url": address_of(secret)})
        return about.model_copy(update={"data": at})

    return news_of


ALERT: dict[str, Any] = {
    "key": "refund.failed:R1", "severity": "critical", "title": "A refund failed", "facts": {},
    "first_at": AT, "last_at": AT, "total": 1, "acknowledged_by": None, "acknowledged_at": None,
}  # fmt: skip
SEEN_ALERT = {"key": ALERT["key"], "first_at": AT, "severity": "critical"}

REFUNDS_FROM = 50
"""Minor units."""

UNNAMED = (
    "/replays/{replay_id}", "/console", "/exports", "/exports/{export_id}", "/api/statements",
    "/api/reports", "/api/certificates", "/console/certificates", "/exports/certificates",
)  # fmt: skip
"""Routes that tell of a company without what it is called."""

Sent = Callable[[Company], dict[str, Any]]


def nothing(_: Company) -> dict[str, Any]:
    return {}


def of_merchant(it: Company) -> dict[str, Any]:
    return {"merchant_id": it.merchant_id}


def of_app(it: Company) -> dict[str, Any]:
    return {"app_id": it.app_id}


def of_payment(it: Company) -> dict[str, Any]:
    return {"subject": it.story.payment_no}


def of_statement(it: Company) -> dict[str, Any]:
    return {"statement_no": it.numbers["statement_no"]}


def statement_of_day(it: Company) -> dict[str, Any]:
    return {"payment_id": it.payment_id, "day": "2026-11-21"}


def file_of_day(it: Company) -> dict[str, Any]:
    return statement_of_day(it) | {"content": "5ZWG"}


def replayed(it: Company) -> dict[str, Any]:
    return of_app(it) | {"created_from": AT, "created_before": AT}


def typed(it: Company) -> dict[str, Any]:
    return of_app(it) | {
        "created_from": "2026-11-22T08:00",
        "created_before": "2026-11-22T09:00",
    }


DAY_OF_STORIES = {"from": f"{BEGAN:%Y-%m-%d}", "to": f"{BEGAN:%Y-%m-%d}"}

READS: dict[str, Sent] = {
    "/api/merchants": nothing,
    "/api/merchants/{merchant_id}": nothing,
    "/api/merchants/{merchant_id}/channel-accounts": nothing,
    "/api/merchants/{merchant_id}/channel-accounts/{payment_id}": nothing,
    "/api/channel-accounts": nothing,
    "/api/channel-accounts/{payment_id}": nothing,
    "/api/counter-codes": nothing,
    "/api/counter-codes/{code_id}": nothing,
    "/api/apps": nothing,
    "/api/apps/{app_id}": nothing,
    "/api/apps/{app_id}/keys": nothing,
    "/api/apps/{app_id}/keys/{key_id}": nothing,
    "/api/orders": of_merchant,
    "/api/orders/{order_id}": nothing,
    "/api/payments": of_app,
    "/api/payments/{payment_no}": nothing,
    "/api/payments/{payment_no}/claim": nothing,
    "/api/refunds": nothing,
    "/api/refunds/{refund_no}": nothing,
    "/api/splits": nothing,
    "/api/splits/{split_no}": nothing,
    "/api/exports/orders": nothing,
    "/api/exports/payments": nothing,
    "/api/exports/refunds": nothing,
    "/api/exports/splits": nothing,
    "/api/exports/alerts": nothing,
    "/api/exports/approvals": nothing,
    "/api/exports/merchants": nothing,
    "/api/exports/channel-accounts": nothing,
    "/api/exports/apps": nothing,
    "/api/exports/counter-codes": nothing,
    "/api/exports/callbacks": of_app,
    "/api/exports/endpoints": of_app,
    "/api/exports/certificates": nothing,
    "/api/exports/reconciliations": of_merchant,
    "/api/exports/differences": of_statement,
    "/api/exports/ledger": of_merchant,
    "/api/exports": nothing,
    "/api/exports/{export_id}": nothing,
    "/api/exports/{export_id}/file": nothing,
    "/api/reports": of_merchant,
    "/api/ledger/balances": of_merchant,
    "/api/ledger/entries": of_payment,
    "/api/approvals": nothing,
    "/api/approvals/{approval_id}": nothing,
    "/console/approvals": nothing,
    "/api/reconciliations": of_merchant,
    "/api/reconciliations/{statement_no}": nothing,
    "/api/deliveries": of_app,
    "/api/deliveries/replays/{replay_id}": nothing,
    "/api/callback-addresses": of_app,
    "/console/merchants": nothing,
    "/console/merchants/{merchant_id}/look": nothing,
    "/console/merchants/{merchant_id}/logo": nothing,
    "/console/merchants/{merchant_id}": nothing,
    "/console/channel-accounts": nothing,
    "/console/channel-accounts/{payment_id}": nothing,
    "/console/apps": nothing,
    "/console/apps/{app_id}": lambda _: {"ping": new_id("event")},
    "/console/apps/{app_id}/hand-over": nothing,
    "/console/apps/{app_id}/signature": nothing,
    "/console/counter-codes": nothing,
    "/console/counter-codes/{code_id}/print": nothing,
    "/console/orders": nothing,
    "/console": nothing,
    "/console/orders/{order_id}": nothing,
    "/console/search": lambda company: {"q": company.story.merchant_order_no[:20]},
    "/console/payments": nothing,
    "/console/refunds": nothing,
    "/console/splits": nothing,
    "/console/exports/orders": nothing,
    "/console/exports/payments": nothing,
    "/console/exports/refunds": nothing,
    "/console/exports/splits": nothing,
    "/console/exports/alerts": nothing,
    "/console/exports/approvals": nothing,
    "/console/exports/merchants": nothing,
    "/console/exports/channel-accounts": nothing,
    "/console/exports/apps": nothing,
    "/console/exports/counter-codes": nothing,
    "/console/exports/callbacks": of_app,
    "/console/exports/endpoints": of_app,
    "/console/exports/certificates": nothing,
    "/console/exports/reconciliations": of_merchant,
    "/console/exports/differences": of_statement,
    "/console/exports/ledger": of_merchant,
    "/console/exports/statements": lambda it: {"merchant_id": it.merchant_id, "day": DAY},
    "/console/exports": nothing,
    "/console/exports/{export_id}/file": nothing,
    "/console/reports": lambda it: {"by": "app", "merchant_id": it.merchant_id, **DAY_OF_STORIES},
    "/console/payments/{payment_no}": nothing,
    "/console/ledger": of_merchant,
    "/api/statements": lambda it: {"merchant_id": it.merchant_id, "app_id": it.app_id},
    "/console/statements": lambda it: {"merchant_id": it.merchant_id, "day": DAY},
    "/console/reconciliations": of_merchant,
    "/console/reconciliations/{statement_no}": nothing,
    "/console/reconciliations/uploads": nothing,
    "/api/alerts": nothing,
    "/api/certificates": nothing,
    "/console/alerts": nothing,
    "/console/certificates": nothing,
    "/console/deliveries": of_app,
    "/console/deliveries/{event_id}": nothing,
    "/console/endpoints": of_app,
    "/console/replays/{replay_id}": nothing,
}

VERSIONED = {"decision": "release", "reason": REASON, "version": 7}

WRITES: dict[str, Sent] = {
    "/api/exports/orders": of_merchant,
    "/api/exports/payments": of_merchant,
    "/api/exports/refunds": of_merchant,
    "/api/exports/splits": of_merchant,
    "/api/exports/alerts": of_merchant,
    "/api/exports/reconciliations": of_merchant,
    "/console/exports/in-background/{things}": of_merchant,
    "/console/exports/{export_id}/remove": nothing,
    "/api/approvals/{approval_id}/approve": nothing,
    "/api/approvals/{approval_id}/reject": lambda _: {"reason": REASON},
    "/console/approvals/{approval_id}/approve": nothing,
    "/console/approvals/{approval_id}/reject": lambda _: {"reason": REASON},
    "/api/payments/{payment_no}/refunds": lambda _: {"amount": 1, "merchant_refund_no": "r-1"},
    "/api/payments/{payment_no}/decision": lambda _: decision(),
    "/api/refunds/{refund_no}/decision": lambda _: VERSIONED,
    "/api/reconciliations": statement_of_day,
    "/api/reconciliations/{statement_no}/fetch": nothing,
    "/api/reconciliations/uploads": file_of_day,
    "/api/events/{event_id}/redeliver": of_app,
    "/api/alerts/acknowledge": lambda _: SEEN_ALERT,
    "/console/alerts/acknowledge": lambda _: SEEN_ALERT,
    "/console/deliveries/{event_id}/redeliver": of_app,
    "/api/deliveries/replays": replayed,
    "/console/payments/{payment_no}/decision": lambda _: FORM,
    "/console/payments/{payment_no}/refunds": lambda _: {
        "amount": "0.01", "reason": "x", "merchant_refund_no": "r-1",
        "version": str(REFUNDS_FROM),  # one waits yet
    },
    "/console/payments/{payment_no}/refunds/{refund_no}/decision": lambda _: VERSIONED,
    "/console/reconciliations": statement_of_day,
    "/console/reconciliations/uploads": file_of_day,
    "/console/orders/{order_id}/ask": nothing,
    "/console/orders/{order_id}/close": nothing,
    "/console/orders/{order_id}/callbacks/{event_id}": nothing,
    "/console/reconciliations/{statement_no}/fetch": nothing,
    "/console/replays": typed,
    "/console/apps/{app_id}/signature": lambda _: {"method": "GET", "target": "/v1/capabilities"},
}  # fmt: skip


def test_every_route_of_merchants_has_its_row() -> None:
    app = build(AdminSettings.model_validate({k.lower(): v for k, v in GOOD.items()}))
    scoped = {
        route
        for route, guarded in guards(app)
        if any(reach is Reach.SCOPED for _, reach in guarded)
    }
    # In test_background_exports, and in test_listing_exports.
    others = {"DELETE /api/exports/{export_id}", "POST /api/exports/callbacks"}
    written = {f"POST {path}" for path in WRITES} | others
    assert scoped == {f"GET {path}" for path in READS} | written


@dataclass
class Staff:
    """Somebody who may do all that is of merchants, for one of them."""

    person: Person
    headers: dict[str, str]

    @classmethod
    async def of(cls, admin: Admin, company: Company, role: str = "operator") -> "Staff":
        body = {"username": "li", "password": PASSWORD, "role": role}
        await admin.post("/api/users", {**body, "merchant_ids": [company.merchant_id]})
        person = await Person.logged_in(admin, "li")
        answer = await admin.anonymous.post(
            "/api/session", json={"username": "li", "password": PASSWORD}
        )
        return cls(person, {"Authorization": f"Bearer {answer.json()['access_token']}"})

    async def reads(self, path: str, query: dict[str, Any]) -> httpx.Response:
        headers = self.person.headers if path.startswith("/console") else self.headers
        return await self.person.admin.anonymous.get(path, params=query, headers=headers)

    async def writes(self, path: str, sent: dict[str, Any]) -> httpx.Response:
        anonymous = self.person.admin.anonymous
        query = sent if "redeliver" in path or "exports" in path else {}
        if path.startswith("/console"):
            form = {**{name: str(value) for name, value in sent.items()}, "csrf": self.person.csrf}
            file = {"content": form.pop("content")} if "content" in form else None
            headers = self.person.headers
            return await anonymous.post(path, data=form, files=file, params=query, headers=headers)
        body = None if query else sent
        return await anonymous.post(path, json=body, params=query, headers=self.headers)


@dataclass
class Street:
    """Two companies, and somebody of the first."""

    admin: Admin
    own: Company
    other: Company
    staff: Staff


@pytest.fixture
async def street(admin: Admin) -> Street:
    own, other = await Company.founded(admin, "ours"), await Company.founded(admin, "theirs")
    staff = await Staff.of(admin, own)
    for company, headers in ((own, staff.headers), (other, dict(admin.http.headers))):
        asked = await admin.anonymous.post("/api/exports/payments", headers=headers)
        company.export_id = asked.json()["export_id"]
    await make_all(admin)
    return Street(admin, own, other, staff)


async def make_all(admin: Admin) -> None:
    """What is made in the background."""
    while await make_next(admin.deps):
        pass


async def test_what_is_read_is_of_ones_own_merchants(street: Street) -> None:
    for route, query in READS.items():
        street.own.speak(street.admin)
        answer = await street.staff.reads(route.format(**street.own.numbers), query(street.own))
        assert answer.status_code == 200, (route, answer.text)
        is_named = route.endswith(UNNAMED) or street.own.secret in answer.text
        assert is_named or "/keys" in route, (route, answer.text)
        assert street.other.secret not in answer.text, route
        assert BETWEEN not in answer.text, (route, answer.text)

        street.other.speak(street.admin)
        answer = await street.staff.reads(route.format(**street.other.numbers), query(street.other))
        assert street.other.secret not in answer.text, (route, answer.text)
        if "{" in route:
            assert answer.status_code == 404, (route, answer.text)


async def test_what_is_done_is_done_to_ones_own_merchants(street: Street) -> None:
    admin = street.admin
    for route, sent in WRITES.items():
        street.other.speak(admin)
        before = await written(admin)
        answer = await street.staff.writes(route.format(**street.other.numbers), sent(street.other))
        assert await written(admin) == before, route
        assert answer.status_code in (303, 404, 422), (route, answer.text)
        assert street.other.secret not in answer.text, (route, answer.text)
        assert answer.status_code != 303 or "problem" in answer.headers["location"], route

        street.own.speak(admin)
        if "{approval_id}" in route:
            paid(admin)
        answer = await street.staff.writes(route.format(**street.own.numbers), sent(street.own))
        assert await written(admin) > before, (route, answer.text)
        assert answer.status_code < 400, (route, answer.text)
        assert BETWEEN not in answer.text, (route, answer.text)
        if "{approval_id}" in route:
            street.own.approval_ids.pop(0)
        await make_all(admin)


async def test_without_the_notifier_an_event_tells_of_no_other_companys_order(
    street: Street,
) -> None:
    away = Overloaded("the notifier does not answer")
    street.admin.notifier.answers["/internal/all-deliveries"] = away
    for company, is_shown in ((street.own, True), (street.other, False)):
        event_id = company.story.events[2].id
        page = await street.staff.reads(f"/console/deliveries/{event_id}", {})
        assert page.status_code == 200
        assert (company.story.order_id in page.text) is is_shown
        assert (company.story.payment_no in page.text) is is_shown


async def test_people_of_the_centre_see_all_of_an_address(street: Street) -> None:
    """What the tests above look for in vain is there."""
    street.own.speak(street.admin)
    for path in (
        "api/payments", "api/refunds/{refund_no}", "api/splits", "api/deliveries", "api/alerts",
        "api/callback-addresses", "api/apps", "api/approvals", "api/exports/callbacks",
        "api/exports/apps", "api/exports/endpoints", "api/exports/approvals",
    ):  # fmt: skip
        answer = await street.admin.http.get(f"/{path.format(**street.own.numbers)}")
        assert BETWEEN in answer.text, (path, answer.text)


async def written(admin: Admin) -> int:
    """How often another service was asked to do something, or something was decided."""
    core = admin.trade_core
    posts = sum(
        method == "POST" and not path.endswith("/search")
        for method, path, _ in admin.notifier.calls
    )
    async with admin.deps.db.connection() as tx:
        decided = await tx.fetchval(
            """select (select count(*) from approval where state <> 'waiting')
                    + (select count(*) from audit
                        where action in ('export.asked', 'export.removed'))
            """
        )
    return (
        len(core.asked)
        + len(core.decided)
        + core.posts
        + posts
        + int(decided)
        + admin.gateway.inspected
        + len(admin.gateway.uploaded)
    )


async def test_the_centre_itself_is_closed_to_whoever_has_some_merchants(street: Street) -> None:
    for path in ("audit", "dead-letters", "users"):
        answer = await street.staff.reads(f"/api/{path}", {})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    page = await street.staff.reads("/console/payments", {})
    for hidden in ("dead-letters", "users"):
        assert f'href="/console/{hidden}"' not in page.text


@pytest.mark.parametrize("path", ["ledger", "reconciliations"])
async def test_another_merchant_is_not_found_on_the_pages_of_other_services(
    street: Street, path: str
) -> None:
    query = {"merchant_id": street.other.merchant_id}
    answer = await street.staff.reads(f"/console/{path}", query)
    assert (answer.status_code, "trade-core" in answer.text) == (404, False)


async def test_without_a_filter_the_books_are_those_of_ones_own_merchant(street: Street) -> None:
    street.own.speak(street.admin)
    await street.staff.reads("/api/ledger/balances", {})
    await street.staff.reads("/api/reconciliations", {})
    await street.staff.reads("/api/reports", {})
    asked = [query["merchant_ids"] for query in street.admin.trade_core.queries]
    assert asked == [street.own.merchant_id] * 3
    assert (await street.staff.reads("/api/deliveries", {})).status_code == 200
    assert (await street.staff.reads("/api/callback-addresses", {})).status_code == 200
    deliveries, addresses = (asked for _, _, asked in street.admin.notifier.calls[-2:])
    assert (deliveries or {})["merchant_ids"] == street.own.merchant_id
    assert (addresses or {})["app_ids"] == street.own.app_id


async def test_an_app_of_several_companies_is_the_groups_business(street: Street) -> None:
    both = [street.own.merchant_id, street.other.merchant_id]
    app = await street.admin.post("/api/apps", {"name": "both", "merchant_ids": both})
    listed = await street.staff.reads("/api/apps", {})
    assert [item["app_id"] for item in listed.json()["items"]] == [street.own.app_id]
    assert (await street.staff.reads(f"/api/apps/{app['app_id']}", {})).status_code == 404


async def test_a_scope_holds_from_the_next_request_on(street: Street) -> None:
    path = f"/api/merchants/{street.other.merchant_id}"
    assert (await street.staff.reads(path, {})).status_code == 404
    await street.admin.http.patch("/api/users/li", json={"merchant_ids": None})
    assert (await street.staff.reads(path, {})).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "merchant_staff"},
        {"role": "administrator", "merchant_ids": ["M1"]},
        {"role": "auditor", "merchant_ids": ["M1"]},
        {"role": "auditor", "merchant_ids": []},
    ],
)
async def test_a_scope_that_cannot_be_is_refused(admin: Admin, changes: dict[str, Any]) -> None:
    body = {"username": "li", "password": PASSWORD, **changes}
    answer = await admin.http.post("/api/users", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/merchant_ids")


@pytest.mark.parametrize(("old", "new"), [("viewer", "auditor"), ("admin", "administrator")])
async def test_roles_go_by_their_old_names_too(admin: Admin, old: str, new: str) -> None:
    made = await admin.post("/api/users", {"username": "li", "password": PASSWORD, "role": old})
    assert (made["role"], made["merchant_ids"]) == (new, None)
