"""Registering merchants, channel accounts, apps and keys: answers, events, audit, secrets."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.responses import JSONResponse

from contracts import sealing, webhooks
from contracts.identifiers import new_id
from merchant_admin.domain.entities import SECRET_OVERLAP
from merchant_admin.flows import apps, republishing

from .conftest import Admin, problem

CREDENTIALS = {
    "mchid": "1900000001",
    "apiv3_key": "a very secret key of 32 bytes...",
    "n": {"a": 1},
}


async def merchant(admin: Admin, name: str = "阳光物业") -> str:
    answer = await admin.post("/api/merchants", {"name": name})
    return str(answer["merchant_id"])


async def app(admin: Admin, **terms: Any) -> dict[str, Any]:
    merchant_id = await merchant(admin)
    return await admin.post("/api/apps", {"name": "缴费", "merchant_ids": [merchant_id], **terms})


async def test_a_merchant_is_registered_changed_and_read(admin: Admin) -> None:
    merchant_id = await merchant(admin)
    path = f"/api/merchants/{merchant_id}"
    assert (await admin.http.get(path)).json()["name"] == "阳光物业"

    answer = await admin.http.patch(path, json={"name": "月光物业", "state": "disabled"})
    assert (answer.status_code, answer.json()["state"]) == (200, "disabled")
    assert [(e["name"], e["state"], e["version"]) for e in await admin.events()] == [
        ("阳光物业", "active", 1),
        ("月光物业", "disabled", 2),
    ]


async def test_every_write_leaves_one_audit_row(admin: Admin) -> None:
    merchant_id = await merchant(admin)
    await admin.http.patch(
        f"/api/merchants/{merchant_id}", json={"name": "月光物业"}, headers={"X-Request-Id": "r-1"}
    )
    changed, created = await admin.audit(entity_id=merchant_id)
    assert (created["action"], created["before"]) == ("merchant.created", None)
    assert created["after"]["name"] == "阳光物业"
    assert (changed["action"], changed["actor"], changed["ip"], changed["request_id"]) == (
        "merchant.updated", "admin", "203.0.113.9", "r-1",
    )  # fmt: skip
    assert (changed["before"]["name"], changed["after"]["name"]) == ("阳光物业", "月光物业")


async def test_a_change_that_changes_nothing_writes_nothing(admin: Admin) -> None:
    merchant_id = await merchant(admin)
    bodies: list[dict[str, str]] = [{}, {"name": "阳光物业"}, {"state": "active"}]
    for body in bodies:
        answer = await admin.http.patch(f"/api/merchants/{merchant_id}", json=body)
        assert answer.status_code == 200
    assert len(await admin.events()) == 1
    assert len(await admin.audit(entity_id=merchant_id)) == 1


async def test_credentials_are_checked_sealed_and_never_shown(admin: Admin) -> None:
    merchant_id = await merchant(admin)
    accounts = f"/api/merchants/{merchant_id}/channel-accounts"
    body = {"channel": "wechat", "name": "微信", "credentials": CREDENTIALS}
    account = await admin.post(accounts, body)
    payment_id = account["payment_id"]
    assert admin.gateway.checked == [CREDENTIALS]

    event = (await admin.events())[-1]
    opened = sealing.Opener.of(admin.keys["gateway"].private_key).open(
        event["credentials_sealed"], context=payment_id
    )
    assert json.loads(opened) == CREDENTIALS

    shown = await admin.http.get(f"{accounts}/{payment_id}")
    listed = await admin.http.get(accounts)
    assert listed.json()["items"] == [shown.json()]
    assert "credentials" not in shown.json()
    for text in (shown.text, listed.text, json.dumps(account)):
        assert "secret" not in text
        assert event["credentials_sealed"] not in text


async def registered(admin: Admin) -> str:
    """The path of a new channel account."""
    accounts = f"/api/merchants/{await merchant(admin)}/channel-accounts"
    body = {"channel": "wechat", "name": "微信", "credentials": CREDENTIALS}
    return f"{accounts}/{(await admin.post(accounts, body))['payment_id']}"


async def test_new_credentials_make_a_new_version_and_the_old_go_on_being_believed(
    admin: Admin,
) -> None:
    path = await registered(admin)
    new = {"credentials": {**CREDENTIALS, "apiv3_key": "another secret key"}}
    answer = await admin.http.patch(path, json=new)
    assert answer.status_code == 200
    assert answer.json()["credentials_changed_at"] > answer.json()["created_at"]
    assert answer.json()["earlier_credentials"] == 1
    first, second = (await admin.events())[1:]
    assert (first["version"], second["version"]) == (1, 2)
    assert first["credentials_sealed"] != second["credentials_sealed"]
    assert second["earlier_credentials_sealed"] == [first["credentials_sealed"]]
    text = str(await admin.audit(entity_id=first["payment_id"]))
    assert "another secret key" not in text
    assert first["credentials_sealed"] not in text

    for _ in range(3):
        answer = await admin.http.patch(path, json=new)
    assert answer.json()["earlier_credentials"] == 2
    withdrawn = await admin.http.patch(path, json={"withdraw_earlier_credentials": True})
    assert withdrawn.json()["earlier_credentials"] == 0
    assert (await admin.events())[-1]["earlier_credentials_sealed"] == []


async def test_one_identity_other_credentials_are_another_account(admin: Admin) -> None:
    path = await registered(admin)
    assert (await admin.http.get(path)).json()["identity"] == {"mchid": CREDENTIALS["mchid"]}
    for other in ({**CREDENTIALS, "mchid": "1900000002"}, {}):
        answer = await admin.http.patch(path, json={"name": "x", "credentials": other})
        assert answer.status_code == 422
        assert pointers(answer.json())[0] == "/credentials/mchid"
    assert len(await admin.events()) == 2
    known = {"payment_id": path[-27:], "identity": {"mchid": CREDENTIALS["mchid"]}}
    assert {name: admin.gateway.asked[-1][name] for name in known} == known


async def test_an_account_is_read_and_changed_by_its_id_alone(admin: Admin) -> None:
    path = await registered(admin)
    alone = f"/api/channel-accounts/{path[-27:]}"
    assert (await admin.http.get(alone)).json() == (await admin.http.get(path)).json()
    changed = await admin.http.patch(alone, json={"name": "新名"})
    assert (changed.status_code, changed.json()["name"]) == (200, "新名")
    other = {"credentials": {**CREDENTIALS, "mchid": "1900000002"}}
    refused = await admin.http.patch(alone, json=other)
    assert (refused.status_code, pointers(refused.json())[0]) == (422, "/credentials/mchid")
    assert (await admin.http.get(f"/api/channel-accounts/C{'0' * 26}")).status_code == 404


async def test_the_identity_of_an_account_from_before_is_learnt_from_the_gateway(
    admin: Admin,
) -> None:
    path = await registered(admin)
    async with admin.deps.db.transaction() as tx:
        await tx.execute("update channel_account set identity = null")
    assert (await admin.http.get(path)).json()["identity"] is None
    answer = await admin.http.patch(path, json={"credentials": CREDENTIALS})
    assert admin.gateway.asked[-1]["identity"] is None
    assert answer.json()["identity"] == {"mchid": CREDENTIALS["mchid"]}


async def test_an_account_is_tried_out_with_its_newest_credentials(admin: Admin) -> None:
    payment_id = (await registered(admin))[-27:]
    wrong = {"ok": False, "code": "SIGN_ERROR", "message": "验签失败", "field": "mchid"}
    admin.gateway.trials = [problem(404, "not_found"), JSONResponse(wrong)]
    answer = await admin.http.post(f"/api/channel-accounts/{payment_id}/test")
    assert (answer.status_code, answer.json()) == (200, {**wrong, "words": None})
    assert admin.gateway.asked[-1] == {"payment_id": payment_id, "version": 1}
    [tested, _] = await admin.audit(entity_id=payment_id)
    assert (tested["action"], tested["after"]["code"]) == ("channel_account.tested", "SIGN_ERROR")
    for unknown in (new_id("channel_account"), "C1", "%00"):
        answer = await admin.http.post(f"/api/channel-accounts/{unknown}/test")
        assert answer.status_code == 404


async def test_incomplete_credentials_come_back_with_the_gateways_pointers(admin: Admin) -> None:
    merchant_id = await merchant(admin)
    body = {"channel": "wechat", "name": "微信", "credentials": {"mchid": "1"}}
    answer = await admin.http.post(f"/api/merchants/{merchant_id}/channel-accounts", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert pointers(answer.json()) == ["/credentials/apiv3_key"]


async def test_an_unknown_channel_is_a_fault_of_that_field(admin: Admin) -> None:
    merchant_id = await merchant(admin)
    for channel in ("paypal", "../x", "WeChat"):
        body: dict[str, Any] = {"channel": channel, "name": "x", "credentials": {}}
        answer = await admin.http.post(f"/api/merchants/{merchant_id}/channel-accounts", json=body)
        assert answer.status_code == 422
        assert pointers(answer.json()) == ["/channel"]


async def test_an_app_is_shown_its_secret_once(admin: Admin) -> None:
    created = await app(admin, notify_url="https://app.example/notify")
    app_id, secret = created["app_id"], created["webhook_secret"]
    assert webhooks.secret_bytes(secret)
    event = (await admin.events())[-1]
    [sealed] = event["webhook_secrets_sealed"]
    assert (
        sealing.Opener.of(admin.keys["notifier"].private_key).open(sealed, context=app_id) == secret
    )
    assert (event["reinitiate_after_s"], event["late_payment"], event["callback_ack"]) == (
        15, "accept", "2xx",
    )  # fmt: skip
    for path in (f"/api/apps/{app_id}", "/api/apps"):
        assert secret.removeprefix("whsec_") not in (await admin.http.get(path)).text


async def test_an_app_decides_whose_money_a_refund_of_split_money_is(admin: Admin) -> None:
    created = await app(admin)
    assert created["refund_splits"] == (await admin.events())[-1]["refund_splits"] == "return"
    path = f"/api/apps/{created['app_id']}"
    changed = (await admin.http.patch(path, json={"refund_splits": "keep"})).json()
    assert changed["refund_splits"] == (await admin.events())[-1]["refund_splits"] == "keep"
    assert (await admin.http.get(path)).json()["refund_splits"] == "keep"


async def test_a_rotated_secret_stays_valid_beside_the_new_one_for_a_day(admin: Admin) -> None:
    created = await app(admin)
    path = f"/api/apps/{created['app_id']}"
    rotated = (await admin.http.patch(path, json={"rotate_webhook_secret": True})).json()
    assert rotated["webhook_secret"] != created["webhook_secret"]
    assert rotated["old_secret_until"] is not None
    opened = [
        sealing.Opener.of(admin.keys["notifier"].private_key).open(
            sealed, context=created["app_id"]
        )
        for sealed in (await admin.events())[-1]["webhook_secrets_sealed"]
    ]
    assert opened == [rotated["webhook_secret"], created["webhook_secret"]]

    await apps.end_overlaps(admin.deps)
    assert len((await admin.events())[-1]["webhook_secrets_sealed"]) == 2
    admin.clock.ahead = SECRET_OVERLAP + timedelta(seconds=1)
    await apps.end_overlaps(admin.deps)
    last = (await admin.events())[-1]
    assert (len(last["webhook_secrets_sealed"]), last["version"]) == (1, 3)
    admin.clock.ahead = timedelta()
    assert (await admin.http.get(path)).json()["old_secret_until"] is None
    assert (await admin.audit(entity_id=created["app_id"]))[0]["actor"] == "system"


BAD_TERMS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "/name"),
    ({"name": "a\u0007b"}, "/name"),
    ({"merchant_ids": []}, "/merchant_ids"),
    ({"merchant_ids": ["M01JD00000000000000000000"]}, "/merchant_ids/0"),
    ({"merchant_ids": ["M", 7]}, "/merchant_ids/1"),
    ({"notify_url": "ftp://x"}, "/notify_url"),
    ({"notify_url": "https://user:pass@x/"}, "/notify_url"),
    ({"callback_ack": "200"}, "/callback_ack"),
    ({"reinitiate_after_s": 0}, "/reinitiate_after_s"),
    ({"reinitiate_after_s": 3601}, "/reinitiate_after_s"),
    ({"reinitiate_after_s": "15"}, "/reinitiate_after_s"),
    ({"reinitiate_after_s": 15.0}, "/reinitiate_after_s"),
    ({"late_payment": "ignore"}, "/late_payment"),
    ({"refund_splits": "ask"}, "/refund_splits"),
    ({"ip_allowlist": ["10.0.0.0/8", "10.0.0.1/8"]}, "/ip_allowlist/1"),
    ({"secret": "mine"}, "/secret"),
]


async def test_a_bad_field_is_pointed_at(admin: Admin) -> None:
    merchant_id = await merchant(admin)
    for terms, pointer in BAD_TERMS:
        body = {"name": "x", "merchant_ids": [merchant_id], **terms}
        answer = await admin.http.post("/api/apps", json=body)
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), terms
        assert pointers(answer.json()) == [pointer], terms
    assert [event["kind"] for event in await admin.events()] == ["merchant"]


@pytest.mark.parametrize("name", ["ordered", "callback_ordered"])
async def test_an_app_asks_for_the_callbacks_of_an_order_one_by_one(
    admin: Admin, name: str
) -> None:
    created = await app(admin, **{name: True})
    assert created["callback_ordered"] is (await admin.events())[-1]["callback_ordered"] is True
    path = f"/api/apps/{created['app_id']}"
    assert (await admin.http.patch(path, json={name: False})).json()["callback_ordered"] is False


async def test_an_app_changes_only_what_is_named(admin: Admin) -> None:
    created = await app(admin, notify_url="https://a.example/", ip_allowlist=["10.1.2.3"])
    assert created["ip_allowlist"] == ["10.1.2.3/32"]
    path = f"/api/apps/{created['app_id']}"
    answer = (
        await admin.http.patch(path, json={"notify_url": None, "callback_ack": "success"})
    ).json()
    assert (answer["notify_url"], answer["callback_ack"]) == (None, "success")
    assert (answer["name"], answer["ip_allowlist"]) == ("缴费", ["10.1.2.3/32"])
    assert answer["webhook_secret"] is None
    missing = await admin.http.patch(path, json={"merchant_ids": ["M" + "0" * 26]})
    assert pointers(missing.json()) == ["/merchant_ids/0"]
    assert (await admin.http.patch(path, json={"name": None})).status_code == 422


async def test_an_hmac_key_is_made_here_and_shown_once(admin: Admin) -> None:
    created = await app(admin)
    keys = f"/api/apps/{created['app_id']}/keys"
    key = await admin.post(keys, {"alg": "HMAC-SHA256"})
    event = (await admin.events())[-1]
    opened = sealing.Opener.of(admin.keys["gateway"].private_key).open(
        event["secret_sealed"], context=key["key_id"]
    )
    assert opened == key["secret"]
    assert len(key["secret"]) >= 43
    shown = await admin.http.get(f"{keys}/{key['key_id']}")
    assert "secret" not in shown.json()
    assert (await admin.http.get(keys)).json()["items"] == [shown.json()]


async def test_a_public_key_is_whitelisted_disabled_and_deleted(admin: Admin) -> None:
    created = await app(admin)
    keys = f"/api/apps/{created['app_id']}/keys"
    pem = ed25519_pem()
    key = await admin.post(keys, {"alg": "ED25519", "public_key": pem})
    assert (key["secret"], key["public_key_pem"]) == (None, pem)
    path = f"{keys}/{key['key_id']}"
    assert (await admin.http.patch(path, json={"state": "disabled"})).json()["state"] == "disabled"
    assert (await admin.http.patch(path, json={"state": "active"})).json()["state"] == "active"
    assert (await admin.http.delete(path)).status_code == 204
    last = (await admin.events())[-1]
    assert (last["key_id"], last["state"], last["version"]) == (key["key_id"], "disabled", 4)
    for answer in (await admin.http.get(path), await admin.http.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await admin.audit(entity_id=key["key_id"]))[0]["action"] == "key.deleted"


BAD_KEYS: list[tuple[dict[str, Any], str]] = [
    ({"alg": "ED25519"}, "/public_key"),
    ({"alg": "ED25519", "public_key": "junk"}, "/public_key"),
    ({"alg": "RSA-SHA256", "certificate": "junk"}, "/certificate"),
    ({"alg": "HMAC-SHA256", "public_key": "x"}, "/public_key"),
    ({"alg": "MD5"}, "/alg"),
    ({"alg": "HMAC-SHA256", "secret": "mine"}, "/secret"),
]


async def test_a_bad_key_is_pointed_at(admin: Admin) -> None:
    created = await app(admin)
    for body, pointer in [
        *BAD_KEYS,
        ({"alg": "RSA-SHA256", "public_key": ed25519_pem()}, "/public_key"),
    ]:
        answer = await admin.http.post(f"/api/apps/{created['app_id']}/keys", json=body)
        assert answer.status_code == 422
        assert pointers(answer.json()) == [pointer], body


async def test_what_does_not_exist_is_not_found(admin: Admin) -> None:
    other = "0" * 26
    for path in (
        f"/api/merchants/M{other}", "/api/merchants/%00", "/api/merchants/M1",
        f"/api/merchants/M{other}/channel-accounts", f"/api/apps/A{other}",
        f"/api/apps/A{other}/keys", f"/api/payments/P{other}", f"/api/refunds/R{other}",
        f"/api/orders/O{other}",
    ):  # fmt: skip
        answer = await admin.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    answer = await admin.http.post(f"/api/apps/A{other}/keys", json={"alg": "HMAC-SHA256"})
    assert answer.status_code == 404


async def test_lists_go_page_by_page_newest_first(admin: Admin) -> None:
    made = [await merchant(admin, f"物业 {number}") for number in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    pages = 0
    while pages == 0 or cursor:
        params = {"limit": "2", **({"after": cursor} if cursor else {})}
        page = (await admin.http.get("/api/merchants", params=params)).json()
        seen += [item["merchant_id"] for item in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert (seen, pages) == (sorted(made, reverse=True), 3)


async def test_a_bad_cursor_or_limit_is_pointed_at(admin: Admin) -> None:
    paths = ("/api/merchants", "/api/apps", "/api/payments", "/api/audit")
    queries = ("after=junk", "after=%F0%9F", "limit=0", "limit=101", "limit=x")
    for path, query in itertools.product(paths, queries):
        answer = await admin.http.get(f"{path}?{query}")
        assert answer.status_code == 422, (path, query)
        assert pointers(answer.json()) == ["/" + query.partition("=")[0]]


async def test_unknown_query_parameters_are_ignored(admin: Admin) -> None:
    for path in ("/api/merchants", "/api/payments", "/api/audit"):
        assert (await admin.http.get(f"{path}?colour=red")).status_code == 200


async def test_broken_bodies_are_refused_without_a_trace(admin: Admin) -> None:
    bodies: list[tuple[bytes, int]] = [
        (b"{", 422), (b"[]", 422), (b'{"name":"a","name":"b"}', 422), (b'{"name":NaN}', 422),
        (b'{"name":"\xff"}', 422), (b'{"name":"' + b"a" * 70_000 + b'"}', 413),
    ]  # fmt: skip
    for body, status in bodies:
        answer = await admin.http.post(
            "/api/merchants", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == status
    plain = await admin.http.post("/api/merchants", content=b'{"name":"a"}')
    assert plain.status_code == 415
    assert await admin.events() == []


async def test_everything_is_published_again_in_the_same_version(admin: Admin) -> None:
    created = await app(admin)
    keys = f"/api/apps/{created['app_id']}/keys"
    key = await admin.post(keys, {"alg": "HMAC-SHA256"})
    await admin.http.delete(f"{keys}/{key['key_id']}")
    merchant_id = created["merchant_ids"][0]
    body = {"channel": "wechat", "name": "微信", "credentials": CREDENTIALS}
    await admin.post(f"/api/merchants/{merchant_id}/channel-accounts", body)
    newest = {(e["kind"], e["version"]): e for e in await admin.events()}
    before = len(await admin.events())
    await republishing.republish_all(admin.deps)
    again = (await admin.events())[before:]
    assert [event["kind"] for event in again] == ["merchant", "channel_account", "app", "key"]
    assert all(newest[event["kind"], event["version"]] == event for event in again)
    assert again[-1]["state"] == "disabled"


async def test_no_secret_stands_in_the_database(admin: Admin) -> None:
    created = await app(admin)
    key = await admin.post(f"/api/apps/{created['app_id']}/keys", {"alg": "HMAC-SHA256"})
    body = {"channel": "wechat", "name": "微信", "credentials": CREDENTIALS}
    await admin.post(f"/api/merchants/{created['merchant_ids'][0]}/channel-accounts", body)
    token = admin.http.headers["Authorization"].removeprefix("Bearer ")
    secrets = [
        created["webhook_secret"].removeprefix("whsec_"), key["secret"], CREDENTIALS["apiv3_key"],
        "correct horse battery", token,
    ]  # fmt: skip
    async with admin.deps.db.connection() as tx:
        tables = await tx.fetch("select tablename from pg_tables where schemaname = 'public'")
        for table in tables:
            query = "select coalesce(string_agg(t::text, ' '), '') from {} t"
            text = await tx.fetchval(query.format(table["tablename"]))
            payloads = text + str(_unhexed(text))
            assert not [secret for secret in secrets if secret in payloads], table


def _unhexed(text: str) -> bytes:
    """What stands in bytea columns, which PostgreSQL shows as hexadecimal digits."""
    parts = [part.split('"')[0].split(",")[0].rstrip(")") for part in text.split("\\\\x")[1:]]
    return b" ".join(bytes.fromhex(part) for part in parts)


def pointers(problem: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in problem["errors"]]


def ed25519_pem() -> str:
    public = Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
