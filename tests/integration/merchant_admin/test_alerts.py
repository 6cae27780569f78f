"""Alerts and certificates: found by filters, linked to what they speak of, taken up and audited;
people of a company see those of theirs."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from contracts.identifiers import new_id

from .conftest import Admin
from .people import Person, badge_of
from .test_callbacks import AT, DELIVERY
from .test_console_callbacks import ATTEMPT, asked
from .test_scopes import ALERT, SEEN_ALERT, Company, Staff

SEARCH = "/internal/alerts/search"
ACKNOWLEDGE = "/internal/alerts/acknowledge"
TAKEN = {"acknowledged_by": "admin", "acknowledged_at": AT}


def kept(admin: Admin, *alerts: dict[str, Any]) -> None:
    """What the notifier has, without filtering: the scope holds here besides."""
    admin.notifier.answers[SEARCH] = {"items": [*alerts], "next_cursor": "next"}


def alert(**changes: Any) -> dict[str, Any]:
    return {**ALERT, "detail": "in English", "merchant_id": None, **changes}


async def test_list_is_filtered_by_what_stands_in_the_address(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    kept(admin, alert())
    html = await person.open_page(
        "alerts",
        **{"kind": "refund.failed:", "state": "open", "severity": "critical", "from": "2026-11-01",
           "to": "2026-11-02", "merchant_id": "M1", "colour": "red"},
    )  # fmt: skip
    (query,) = asked(admin.notifier, SEARCH)
    assert query == {
        "scope": {"merchant_ids": None, "app_ids": None}, "merchant_id": "M1", "key": None,
        "kind": "refund.failed:", "severity": "critical", "state": "open",
        "raised_from": "2026-11-01T00:00:00+08:00", "raised_before": "2026-11-03T00:00:00+08:00",
        "after": None, "limit": 50,
    }  # fmt: skip
    assert "A refund failed" in html
    assert "?kind=refund.failed%3A&amp;state=open&amp;severity=critical&amp;from=" in html
    assert "after=next" in html
    await person.refused_page("alerts", kind="nonsense", state="gone", **{"from": "yesterday"})
    assert asked(admin.notifier, SEARCH) == [query]


async def test_every_number_that_an_alert_mentions_leads_to_its_page(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    payment, app = new_id("payment"), new_id("app")
    event, merchant = new_id("event"), new_id("merchant")
    facts = {"app_id": app, "event_id": event, "last_status": 500, "why": "<script>"}
    kept(admin, alert(key=f"payment.conflicted:{payment}", merchant_id=merchant, facts=facts))
    html = await person.open_page("alerts")
    for page in (
        f"/console/payments/{payment}", f"/console/apps/{app}", f"/console/deliveries/{event}",
        f"/console/merchants/{merchant}",
    ):  # fmt: skip
        assert f'href="{page}"' in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


async def test_what_an_alert_speaks_of_is_in_the_readers_words(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    facts = {
        "merchant_order_no": "W 7", "channel": "wechat", "cause": "duplicate", "amount": 28666,
        "currency": "CNY", "failure": "bad_status", "anything": "else",
    }  # fmt: skip
    kept(admin, alert(facts=facts))
    html = re.sub(r"<[^>]+>", "", await person.open_page("alerts", lang="zh"))
    shown = " ".join(html.split())
    for words in (
        "渠道 微信支付", "退款原因 重复支付，自动退回", "金额 ¥286.66", "原因 应答状态码不是成功",
        "商户订单号 W 7", "anything else",
    ):  # fmt: skip
        assert words in shown, words
    assert "CNY" not in shown
    assert 'href="/console/search?q=W%207"' in await person.open_page("alerts")


async def test_the_menu_knows_at_once_what_was_acknowledged(admin: Admin) -> None:
    """The notifier had counted it; nobody asked again until they looked at the home page."""
    person = await Person.logged_in(admin)
    kept(admin, alert())
    await admin.anonymous.get("/console", headers=person.headers)  # asks
    assert badge_of(await person.open_page("alerts", state="open"), "alerts") == "1"
    admin.notifier.answers[ACKNOWLEDGE] = {**alert(), **TAKEN}
    await person.send("alerts/acknowledge", **SEEN_ALERT)
    kept(admin)
    assert badge_of(await person.open_page("payments"), "alerts") == ""


async def test_alert_is_acknowledged_as_it_was_seen_and_audited(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    kept(admin, alert())
    admin.notifier.answers[ACKNOWLEDGE] = alert(**TAKEN)
    answer = await person.send("alerts/acknowledge?state=open", **SEEN_ALERT)
    assert answer.headers["location"] == "/console/alerts?state=open&done=alert_taken"
    (answered,) = asked(admin.notifier, ACKNOWLEDGE)
    assert (answered["key"], answered["by"], answered["severity"]) == (
        ALERT["key"],
        "admin",
        "critical",
    )
    (entry,) = await admin.audit(entity_id=ALERT["key"])
    assert (entry["action"], entry["actor"]) == ("alert.acknowledged", "admin")
    kept(admin, alert(**TAKEN))
    page = await person.open_page("alerts")
    assert "Acknowledged" in page
    assert 'action="/console/alerts/acknowledge' not in page


async def test_alert_that_is_another_one_by_now_is_told_so(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    kept(admin, alert())
    admin.notifier.answers[ACKNOWLEDGE] = alert(severity="critical")
    answer = await person.send("alerts/acknowledge", **{**SEEN_ALERT, "severity": "warning"})
    assert answer.headers["location"] == "/console/alerts?problem=alerts_409"
    by_api = await admin.http.post("/api/alerts/acknowledge", json=SEEN_ALERT)
    assert (by_api.status_code, by_api.json()["code"]) == (409, "version_changed")
    for nonsense in ({"first_at": "soon"}, {"severity": "loud"}):
        answer = await person.send("alerts/acknowledge", **{**SEEN_ALERT, **nonsense})
        assert answer.headers["location"] == "/console/alerts?problem=alerts_404"
    assert 'role="alert"' in await person.open_page("alerts", problem="alerts_409")


async def test_companys_people_see_their_alerts_and_take_none_up_without_the_right(
    admin: Admin,
) -> None:
    own, other = await Company.founded(admin, "ours"), await Company.founded(admin, "theirs")
    staff = await Staff.of(admin, own, "merchant_staff")
    facts = {"app_id": own.app_id}
    mine = [
        alert(key="payment.late:P1", merchant_id=own.merchant_id, detail="mine by name"),
        alert(key=f"endpoint.held:{own.app_id}:x", facts=facts, detail="mine by app"),
    ]
    not_mine = [
        alert(key="payment.late:P2", merchant_id=other.merchant_id, detail="not mine"),
        alert(key="endpoint.held:A2:x", facts={"app_id": other.app_id}, detail="not mine"),
        alert(key="due.behind", detail="not mine"),
        alert(key="x", merchant_id=other.merchant_id, facts=facts, detail="not mine"),
    ]
    kept(admin, *mine, *not_mine)

    html = await staff.person.open_page("alerts")

    assert "mine by name" in html
    assert "mine by app" in html
    assert "not mine" not in html
    assert 'action="/console/alerts/' not in html
    whose = asked(admin.notifier, SEARCH)[-1]["scope"]
    assert whose == {"merchant_ids": [own.merchant_id], "app_ids": [own.app_id]}
    home = (await staff.reads("/console", {})).text
    assert "<strong>2</strong>" in home.partition("Open alerts")[2][:60]
    assert (await staff.person.send("alerts/acknowledge", **SEEN_ALERT)).status_code == 403
    assert (await staff.person.send("alerts/test")).status_code == 403


async def test_companys_people_see_why_their_callbacks_failed_and_no_secrets(admin: Admin) -> None:
    own, other = await Company.founded(admin, "ours"), await Company.founded(admin, "theirs")
    both = [own.merchant_id, other.merchant_id]
    shared = (await admin.post("/api/apps", {"name": "both", "merchant_ids": both}))["app_id"]
    staff = await Staff.of(admin, own, "merchant_staff")
    tried = {
        **DELIVERY, "app_id": shared, "attempts": [ATTEMPT], "merchant_id": own.merchant_id,
        "url": "https://app.example/ours?token=kept-from-them",
    }  # fmt: skip
    theirs = {**tried, "merchant_id": other.merchant_id, "url": "https://app.example/theirs"}
    ping = {**tried, "merchant_id": None, "url": "https://app.example/ping"}
    everything = {"items": [tried, theirs, ping], "next_cursor": None}
    admin.notifier.answers["/internal/all-deliveries"] = everything

    for path in ("deliveries", "deliveries/E1"):
        html = await staff.person.open_page(path)
        assert "HTTP 500" in html
        assert "https://app.example/ours" in html
        for hidden in ("kept-from-them", "example/theirs", "example/ping", "/redeliver"):
            assert hidden not in html
    admin.notifier.answers["/internal/all-deliveries"] = {**everything, "items": [theirs]}
    assert (await staff.person.get("deliveries/E1")).status_code == 404
    assert (await staff.person.send("deliveries/E1/redeliver", app_id=shared)).status_code == 403


def certificate(until: datetime) -> str:
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(1))
        .not_valid_after(until)
    )
    return built.sign(key, None).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(("days", "waiting"), [(10, 2), (40, 0)])
async def test_certificates_that_end_are_listed_and_counted_for_whose_they_are(
    admin: Admin, days: int, waiting: int
) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    shown = {
        "field": "platform_certificate_pem", "kind": "certificate", "fingerprint": "f",
        "serial": "1", "valid_from": AT, "valid_until": until.isoformat(),
    }  # fmt: skip
    other = await Company.founded(admin, "theirs")
    admin.gateway.keys = [shown]
    own = await Company.founded(admin, "ours")
    key = {"alg": "ED25519", "certificate": certificate(until)}
    await admin.post(f"/api/apps/{own.app_id}/keys", key)
    await admin.post(f"/api/apps/{other.app_id}/keys", {**key, "certificate": certificate(until)})
    staff = await Staff.of(admin, own, "merchant_staff")

    soon = (await staff.reads("/api/certificates", {})).json()["items"]
    anytime = (await staff.reads("/api/certificates", {"ending": "any"})).json()["items"]
    assert [item["holder"] for item in anytime] == ["app_key", "account"]
    assert soon == (anytime if waiting else [])
    home = (await staff.reads("/console", {})).text
    assert f"<strong>{waiting}</strong>" in home.partition("Certificates ending")[2][:60]
    html = await staff.person.open_page("certificates", ending="any")
    assert f'href="/console/apps/{own.app_id}"' in html
    assert f'href="/console/channel-accounts/{own.payment_id}"' in html
    assert "theirs" not in html
    page = (await staff.reads("/api/certificates", {"ending": "any", "limit": 1})).json()
    query = {"ending": "any", "after": page["next_cursor"]}
    rest = (await staff.reads("/api/certificates", query)).json()["items"]
    assert [*page["items"], *rest] == anytime
    assert (await staff.reads("/api/certificates", {"after": "%"})).status_code == 422
