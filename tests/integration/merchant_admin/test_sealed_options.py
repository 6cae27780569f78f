"""Client certificates of apps and alert routes of merchants: write-only, sealed to the notifier."""

import json
from typing import Any

from tests.authority import Authority

from contracts import sealing
from contracts.events.configuration import AlertRoute, ClientCertificate

from .conftest import Admin
from .test_configuration import app, merchant, pointers

ROUTE = {
    "dingtalk_url": "https://oapi.dingtalk.com/robot/send?access_token=t0ken",
    "dingtalk_secret": "SEC-of-the-robot",
    "webhook_url": "https://people.example/alerts?key=k3y",
}


def opened(admin: Admin, sealed: str, entity_id: str) -> Any:
    private_key = admin.keys["notifier"].private_key
    return json.loads(sealing.Opener.of(private_key).open(sealed, context=entity_id))


async def test_client_certificate_is_sealed_and_never_shown(admin: Admin) -> None:
    given = Authority().client().model_dump()
    created = await app(admin, callback_client_certificate=given)
    path = f"/api/apps/{created['app_id']}"

    event = (await admin.events())[-1]
    sealed = event["callback_client_certificate_sealed"]
    assert ClientCertificate(**opened(admin, sealed, created["app_id"])).model_dump() == given
    assert created["callback_client_certificate_until"] is not None
    shown, audited = await admin.http.get(path), str(await admin.audit())
    for text in (json.dumps(created), shown.text, audited):
        assert "PRIVATE KEY" not in text
        assert "callback_client_certificate_pem" not in text
        assert sealed not in text


async def test_client_certificate_is_replaced_kept_and_removed(admin: Admin) -> None:
    authority = Authority()
    created = await app(admin, callback_client_certificate=authority.client().model_dump())
    path = f"/api/apps/{created['app_id']}"
    name = "callback_client_certificate"

    async def change(body: dict[str, Any]) -> tuple[Any, Any]:
        answer = await admin.http.patch(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()[f"{name}_until"], (await admin.events())[-1][f"{name}_sealed"]

    first = (await admin.events())[-1][f"{name}_sealed"]
    renamed = await change({"name": "新名称"})
    renewed = await change({name: authority.client().model_dump()})
    removed = await change({name: None})

    assert renamed[1] == first
    assert renewed[0] is not None
    assert renewed[1] not in (None, first)
    assert removed == (None, None)


async def test_unusable_client_certificate_is_pointed_at(admin: Admin) -> None:
    certificate, other = Authority().client(), Authority().client()
    merchant_id = await merchant(admin)
    pair = certificate.model_dump()
    for given, pointer in [
        ({**pair, "certificate_pem": "junk"}, "/certificate_pem"),
        ({**pair, "private_key_pem": "junk"}, "/private_key_pem"),
        ({**pair, "private_key_pem": other.private_key_pem}, "/private_key_pem"),
        ({"certificate_pem": certificate.certificate_pem}, "/private_key_pem"),
    ]:
        body = {"name": "x", "merchant_ids": [merchant_id], "callback_client_certificate": given}
        answer = await admin.http.post("/api/apps", json=body)
        assert answer.status_code == 422
        assert pointers(answer.json()) == [f"/callback_client_certificate{pointer}"]
    assert [event["kind"] for event in await admin.events()] == ["merchant"]


async def test_alert_route_is_sealed_and_never_shown(admin: Admin) -> None:
    created = await admin.post("/api/merchants", {"name": "阳光物业", "alert_route": ROUTE})
    merchant_id = created["merchant_id"]

    event = (await admin.events())[-1]
    sealed = event["alert_route_sealed"]
    assert AlertRoute(**opened(admin, sealed, merchant_id)).model_dump() == ROUTE
    assert created["has_alert_route"]
    shown, audited = await admin.http.get(f"/api/merchants/{merchant_id}"), str(await admin.audit())
    for text in (json.dumps(created), shown.text, audited):
        for secret in ("t0ken", "SEC-of", "k3y", sealed):
            assert secret not in text


async def test_alert_route_is_replaced_kept_and_removed(admin: Admin) -> None:
    merchant_id = await merchant(admin)
    path = f"/api/merchants/{merchant_id}"
    for body, has_route in [
        ({"alert_route": {"webhook_url": ROUTE["webhook_url"]}}, True),
        ({"name": "月光物业"}, True),
        ({"alert_route": None}, False),
    ]:
        answer = await admin.http.patch(path, json=body)
        assert (answer.status_code, answer.json()["has_alert_route"]) == (200, has_route)
    assert [event["alert_route_sealed"] is None for event in await admin.events()] == [
        True, False, False, True,
    ]  # fmt: skip


async def test_unusable_alert_route_is_pointed_at(admin: Admin) -> None:
    for route, pointer in [
        ({}, "/alert_route"),
        ({"dingtalk_secret": "SEC", "webhook_url": ROUTE["webhook_url"]}, "/alert_route"),
        ({"dingtalk_url": "ftp://x"}, "/alert_route/dingtalk_url"),
        ({"webhook_url": "https://user:pass@x/"}, "/alert_route/webhook_url"),
        ({**ROUTE, "mail": "x"}, "/alert_route/mail"),
    ]:
        answer = await admin.http.post("/api/merchants", json={"name": "x", "alert_route": route})
        assert answer.status_code == 422, route
        assert pointers(answer.json()) == [pointer]
