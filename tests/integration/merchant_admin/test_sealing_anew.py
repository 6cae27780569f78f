"""`make rotate-sealing`: every secret moves to the newest keys, and the old keys can go."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel
from tests.authority import Authority

from chassis.problems import InvalidRequest, Overloaded
from contracts import sealing
from contracts.internal import SealAnew
from contracts.sealing import Opener
from foundation.seal_anew import seal_anew
from foundation.service_client import CALL_LIMIT_S, M, Service
from merchant_admin.domain.audit import SYSTEM
from merchant_admin.flows.deps import SealingKeys
from merchant_admin.flows.republishing import republish_all
from merchant_admin.flows.sealing_anew import SealedCount, Sealer, seal_all_anew
from merchant_admin.rotate_sealing import report

from .conftest import Admin
from .test_configuration import CREDENTIALS
from .test_sealed_options import ROUTE


@dataclass
class Sealing(Service):
    """A service that seals anew with its real keys."""

    opener: Opener
    asked: list[SealAnew] = field(default_factory=list, kw_only=True)
    is_away: bool = field(default=False, kw_only=True)

    async def post(
        self,
        answer: type[M],
        path: str,
        *,
        body: BaseModel | None = None,
        params: Mapping[str, str | int | None] | None = None,
        timeout_s: float = CALL_LIMIT_S,
    ) -> M:
        assert (path, params) == ("/internal/seal-anew", None)
        if self.is_away:
            raise Overloaded("away")
        assert isinstance(body, SealAnew)
        self.asked.append(body)
        return answer.model_validate(seal_anew(self.opener, body).model_dump())


@dataclass
class Busy(Sealing):
    """While it answers, something else happens."""

    meanwhile: Callable[[], Awaitable[None]]

    async def post(self, answer: type[M], path: str, **given: Any) -> M:
        answered = await super().post(answer, path, **given)
        await self.meanwhile()
        return answered


@dataclass
class Rotation:
    admin: Admin
    new: dict[str, sealing.KeyPair]
    gateway: Sealing
    notifier: Sealing

    @classmethod
    def of(cls, admin: Admin) -> "Rotation":
        new = {name: sealing.generate() for name in admin.keys}
        openers = {
            name: Opener.of(f"{new[name].private_key},{admin.keys[name].private_key}")
            for name in new
        }
        return cls(admin, new, Sealing(openers["gateway"]), Sealing(openers["notifier"]))

    async def run(self) -> SealedCount:
        keys = SealingKeys(self.new["gateway"].public_key, self.new["notifier"].public_key)
        deps = self.admin.deps
        sealer = Sealer(deps.db, deps.clock, self.gateway, self.notifier, keys)
        return await seal_all_anew(sealer, SYSTEM)


async def everything(admin: Admin) -> dict[str, str]:
    """One of each that holds secrets, with two credentials and two callback secrets; their ids."""
    merchant_id = (await admin.post("/api/merchants", {"name": "物业", "alert_route": ROUTE}))[
        "merchant_id"
    ]
    accounts = f"/api/merchants/{merchant_id}/channel-accounts"
    body = {"channel": "wechat", "name": "微信", "credentials": CREDENTIALS}
    payment_id = (await admin.post(accounts, body))["payment_id"]
    changed = {"credentials": {**CREDENTIALS, "apiv3_key": "another key of thirty-two bytes."}}
    answer = await admin.http.patch(f"{accounts}/{payment_id}", json=changed)
    assert answer.status_code == 200, answer.text
    terms = {
        "name": "缴费",
        "merchant_ids": [merchant_id],
        "callback_client_certificate": Authority().client().model_dump(),
    }
    app_id = (await admin.post("/api/apps", terms))["app_id"]
    answer = await admin.http.patch(f"/api/apps/{app_id}", json={"rotate_webhook_secret": True})
    assert answer.is_success, answer.text
    key = await admin.post(f"/api/apps/{app_id}/keys", {"alg": "HMAC-SHA256"})
    gone = await admin.post(f"/api/apps/{app_id}/keys", {"alg": "HMAC-SHA256"})
    await admin.http.delete(f"/api/apps/{app_id}/keys/{gone['key_id']}")
    return {
        "merchant": merchant_id,
        "channel_account": payment_id,
        "app": app_id,
        "key": key["key_id"],
    }


def secrets_of(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The sealed texts of a published entity, each with the service that opens it."""
    found = []
    for name, value in event.items():
        if name.endswith("_sealed") and value:
            texts = value if isinstance(value, list) else [value]
            is_gateways = event["kind"] in ("channel_account", "key")
            found += [("gateway" if is_gateways else "notifier", text) for text in texts]
    return found


def plain(keys: Mapping[str, sealing.KeyPair], event: Mapping[str, Any], entity: str) -> list[str]:
    return [
        Opener.of(keys[service].private_key).open(text, context=entity)
        for service, text in secrets_of(event)
    ]


async def latest(admin: Admin) -> dict[str, dict[str, Any]]:
    ids = ("merchant_id", "payment_id", "app_id", "key_id")
    by_kind = {"merchant": ids[0], "channel_account": ids[1], "app": ids[2], "key": ids[3]}
    return {event[by_kind[event["kind"]]]: event for event in await admin.events()}


async def test_everything_opens_when_the_old_keys_are_gone(admin: Admin) -> None:
    ids = await everything(admin)
    before = await latest(admin)
    rotation = Rotation.of(admin)

    count = await rotation.run()

    after = await latest(admin)
    assert (count.entities, count.texts, count.lost) == (4, 1 + 2 + 3 + 1, [])
    for entity in ids.values():
        assert after[entity]["version"] == before[entity]["version"] + 1
        assert plain(rotation.new, after[entity], entity) == plain(
            admin.keys, before[entity], entity
        )
        with pytest.raises(sealing.CannotOpen):
            plain(admin.keys, after[entity], entity)
    await republish_all(admin.deps)
    stored = await latest(admin)
    assert {one: stored[one] for one in ids.values()} == {one: after[one] for one in ids.values()}


async def test_it_is_audited_whole_and_for_each_entity_without_a_secret(admin: Admin) -> None:
    ids = await everything(admin)
    await Rotation.of(admin).run()
    rows = await admin.audit()
    assert rows[0]["action"] == "secrets.sealed_anew"
    assert rows[0]["after"] == {"entities": 4, "texts": 7, "lost": []}
    changed = {row["entity_id"] for row in rows if row["action"].endswith(".sealed_anew")}
    assert changed == {"", *ids.values()}
    sealed = [text for event in await admin.events() for _, text in secrets_of(event)]
    assert not any(text in json.dumps(rows) for text in sealed)


async def test_again_it_changes_nothing(admin: Admin) -> None:
    await everything(admin)
    rotation = Rotation.of(admin)
    await rotation.run()
    asked, events = len(rotation.gateway.asked), len(await admin.events())
    assert await rotation.run() == SealedCount()
    assert (len(rotation.gateway.asked), len(await admin.events())) == (asked, events)


async def test_what_stopped_half_way_is_finished_later(admin: Admin) -> None:
    await everything(admin)
    rotation = Rotation.of(admin)
    rotation.gateway.is_away = True
    with pytest.raises(Overloaded):
        await rotation.run()
    rotation.gateway.is_away = False
    count = await rotation.run()
    assert (count.entities, count.texts) == (2, 3)


async def test_what_opens_with_no_key_is_named_and_stays(admin: Admin) -> None:
    ids = await everything(admin)
    rotation = Rotation.of(admin)
    rotation.gateway.opener = Opener.of(rotation.new["gateway"].private_key)
    before = await latest(admin)
    count = await rotation.run()
    assert count.lost == [ids["channel_account"], ids["key"]]
    assert (await latest(admin))[ids["key"]] == before[ids["key"]]
    assert f"CANNOT BE OPENED, save it again: {ids['key']}" in report(count)


async def test_what_changed_meanwhile_is_not_overwritten(admin: Admin) -> None:
    ids = await everything(admin)
    rotation = Rotation.of(admin)

    async def delete_key() -> None:
        key = f"/api/apps/{ids['app']}/keys/{ids['key']}"
        if rotation.gateway.asked[-1].context == ids["key"]:
            assert (await admin.http.delete(key)).is_success

    rotation.gateway = Busy(rotation.gateway.opener, delete_key)
    assert (await rotation.run()).lost == []
    async with admin.deps.db.connection() as tx:
        deleted = await tx.fetchval(
            "select deleted_at is not null from app_key where key_id = $1", ids["key"]
        )
    assert deleted


@pytest.mark.parametrize(("times", "is_whole"), [(1, True), (100, False)])
async def test_it_is_whole_when_a_pass_finds_nothing(
    admin: Admin, times: int, is_whole: bool
) -> None:
    """Another replica still seals to the old key: once, or all the time."""
    ids = await everything(admin)
    rotation = Rotation.of(admin)
    made: list[str] = []

    async def register() -> None:
        if len(made) < times:
            accounts = f"/api/merchants/{ids['merchant']}/channel-accounts"
            body = {"channel": "wechat", "name": "x", "credentials": CREDENTIALS}
            made.append((await admin.post(accounts, body))["payment_id"])

    rotation.gateway = Busy(rotation.gateway.opener, register)
    count = await rotation.run()
    assert (count.is_whole, count.lost) == (is_whole, [])
    assert any("NOT ALL" in line for line in report(count)) is not is_whole
    if not is_whole:
        rotation.gateway = Sealing(rotation.gateway.opener)
        assert (await rotation.run()).is_whole
    for each in made:
        assert plain(rotation.new, (await latest(admin))[each], each)


async def test_a_service_seals_to_no_key_but_its_own(admin: Admin) -> None:
    await everything(admin)
    rotation = Rotation.of(admin)
    rotation.new["notifier"] = sealing.generate()
    events = len(await admin.events())
    with pytest.raises(InvalidRequest) as caught:
        await rotation.run()
    assert [error.pointer for error in caught.value.errors] == ["/public_key"]
    assert len(await admin.events()) == events
