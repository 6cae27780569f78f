"""`python -m merchant_admin.compare_configuration`: after a restore, after another signing key."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import asyncpg
from pydantic import SecretStr
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, proven
from tests.unit.merchant_admin.test_logos import png

from chassis.consumer import Record
from contracts import record_proof, sealing, topics
from contracts.events.configuration import (
    CONFIGURATION,
    SOURCE,
    Configuration,
    ConfigurationRecord,
    Entity,
    MerchantEntity,
    State,
)
from contracts.identifiers import new_id
from merchant_admin.compare_configuration import report, run
from merchant_admin.flows.comparing import Difference, InTopic, Publishing, compare
from merchant_admin.flows.configured import KINDS
from merchant_admin.flows.recording import entity_id

from .conftest import Admin, Gateway, MakeDatabase, served, settings_of
from .test_bus import started, until
from .test_sealing_anew import everything, latest


async def topic_of(admin: Admin) -> dict[str, Entity]:
    """What the topic says when all was published."""
    async with admin.deps.db.transaction() as tx:
        items = [item for kind in KINDS for item in await kind(tx, after="", limit=100)]
    return {entity_id(entity): entity for entity in (item.entity() for item in items)}


async def test_what_is_told_as_it_is_differs_in_nothing(admin: Admin) -> None:
    await everything(admin)
    before = await admin.events()
    now = admin.deps.clock()

    assert (
        await compare(
            admin.deps.db, await topic_of(admin), now=now, publishing=Publishing.DIFFERING
        )
        == {}
    )
    assert report({}) == ["nothing differs"]
    assert await admin.events() == before


async def test_each_difference_is_named_and_changes_nothing_until_it_is_asked_for(
    admin: Admin,
) -> None:
    ids = await everything(admin)
    in_topic = await topic_of(admin)
    app, account = in_topic[ids["app"]], in_topic[ids["channel_account"]]
    del in_topic[ids["merchant"]]
    in_topic[ids["app"]] = app.model_copy(update={"name": "entered since", "version": 9})
    in_topic[ids["channel_account"]] = account.model_copy(update={"version": account.version - 1})
    in_topic[ids["key"]] = in_topic[ids["key"]].model_copy(update={"state": State.DISABLED})
    in_topic["A_LOST"] = app.model_copy(update={"app_id": "A_LOST"})
    in_topic["A_OVER"] = app.model_copy(update={"app_id": "A_OVER", "state": State.DISABLED})
    differences = {
        ids["merchant"]: Difference.UNTOLD,
        ids["channel_account"]: Difference.OLDER,
        ids["app"]: Difference.OTHERWISE,
        ids["key"]: Difference.OTHERWISE,
        "A_LOST": Difference.UNKNOWN,
    }
    before, at = await latest(admin), admin.deps.clock()

    assert await compare(admin.deps.db, in_topic, now=at) == differences
    assert await latest(admin) == before

    publish = partial(compare, admin.deps.db, now=at, publishing=Publishing.DIFFERING)
    assert await publish(in_topic) == differences
    after = await latest(admin)
    leapt = int(at.timestamp()) + 1
    assert after[ids["app"]] == {**before[ids["app"]], "version": leapt}
    assert after[ids["key"]] == {**before[ids["key"]], "version": leapt}
    assert after[ids["merchant"]] == before[ids["merchant"]]
    assert "A_LOST" not in after
    assert await publish(await topic_of(admin)) == {}
    row = (await admin.audit())[0]
    assert (row["action"], row["after"]) == (
        "configuration.published",
        {"published": "differing", "ended": []},
    )


async def test_all_is_told_anew_higher_than_any_reader_knows(admin: Admin) -> None:
    """Restored and started, merchant-admin has told the older versions again, and Kafka has dropped
    the highest: a gateway that runs has it still, and takes nothing that is lower."""
    await everything(admin)
    ours = await latest(admin)
    known = {name: entity["version"] + 1_000 for name, entity in ours.items()}
    in_topic, at = await topic_of(admin), admin.deps.clock()
    assert await compare(admin.deps.db, in_topic, now=at) == {}

    for _ in range(2):  # In one second, too.
        again = await topic_of(admin)
        await compare(admin.deps.db, again, now=at, publishing=Publishing.ALL)
        anew = await latest(admin)
        assert {name: {**anew[name], "version": 0} for name in ours} == {
            name: {**entity, "version": 0} for name, entity in ours.items()
        }
        assert all(anew[name]["version"] > known[name] for name in ours)
        known = {name: entity["version"] for name, entity in anew.items()}


async def test_what_only_the_topic_knows_can_be_ended(admin: Admin) -> None:
    ids = await everything(admin)
    in_topic = await topic_of(admin)
    app = in_topic[ids["app"]]
    in_topic |= {lost: app.model_copy(update={"app_id": lost}) for lost in ("A_LOST", "A_KEPT")}

    found = await compare(
        admin.deps.db, in_topic, now=admin.deps.clock(), ends=["A_LOST", ids["app"]]
    )

    assert found == {"A_LOST": Difference.UNKNOWN, "A_KEPT": Difference.UNKNOWN}
    after = await latest(admin)
    assert (after["A_LOST"]["state"], after["A_LOST"]["version"]) == ("disabled", app.version + 1)
    assert "A_KEPT" not in after
    assert after[ids["app"]]["state"] == "active"


def record_of(version: int, name: str) -> Record:
    """A merchant, as merchant-admin tells of it."""
    entity = MerchantEntity(merchant_id="M1", name=name, state=State.ACTIVE, version=version)
    event = ConfigurationRecord(
        id=new_id("event"),
        source=SOURCE,
        type=CONFIGURATION,
        subject="M1",
        time=datetime.now(UTC),
        data=Configuration(entity=entity),
    )
    headers = {"ce_type": event.type}
    record = Record(topics.MERCHANT_CONFIG, 0, version, "M1", event.to_bytes(), headers, 0)
    return proven(record)


def test_the_topic_is_read_as_its_readers_read_it() -> None:
    """The highest version counts, not the last record; what the key did not sign counts nothing."""
    in_topic = InTopic(record_proof.public_keys(CONFIGURATION_PUBLIC_KEY))
    forged = replace(record_of(99, "forged"), headers={})
    for each in (record_of(5, "first"), record_of(4, "older"), record_of(5, "second"), forged):
        in_topic.take(each)
    (merchant,) = in_topic.entities.values()
    assert isinstance(merchant, MerchantEntity)
    assert (merchant.version, merchant.name) == (5, "first")
    in_topic.take(proven(replace(record_of(5, "gone"), value=b"")))
    assert in_topic.entities == {}


async def test_by_kafka_a_restore_and_another_signing_key_are_mended(
    make_database: MakeDatabase, kafka_bootstrap: str, sealing_keys: dict[str, sealing.KeyPair]
) -> None:
    url = await make_database("merchant_admin")
    async with served(Gateway().app()) as gateway:
        settings = settings_of(url, gateway, "http://127.0.0.1:1", kafka_bootstrap, sealing_keys)
        async with started(settings) as http:
            made = await http.post("/api/merchants", json={"name": "阳光物业"})
            merchant_id = made.json()["merchant_id"]
            merchant = f"/api/merchants/{merchant_id}"

            async def is_published() -> bool:
                return merchant_id not in await run(settings)

            assert (await http.patch(merchant, json={"name": "改名物业"})).is_success
            await until(is_published)

            # Restored to before the change, which is entered again otherwise.
            restored = await asyncpg.connect(url)
            await restored.execute("update merchant set name = '阳光物业', version = version - 1")
            await restored.close()
            assert (await http.patch(merchant, json={"name": "又名物业"})).is_success
            assert (await run(settings, publishing=Publishing.DIFFERING))[
                merchant_id
            ] is Difference.OTHERWISE
            await until(is_published)
            assert (await http.get(merchant)).json()["name"] == "又名物业"
            for logo in (
                b64encode(png()).decode(),
                None,
            ):  # Told, then a tombstone.
                assert (await http.patch(merchant, json={"logo": logo})).is_success
                await until(is_published)

        # What the pod before signed is still the newest of the topic.
        private = SecretStr(record_proof.generate().private_key)
        settings = settings.model_copy(update={"configuration_key": private})
        assert (await run(settings))[merchant_id] is Difference.UNTOLD
        async with started(settings):
            await until(is_published)


async def test_a_logo_is_compared_with_its_merchant(admin: Admin) -> None:
    """It is told by itself; and what the topic has of one that was taken away is told anew."""
    merchant_id = (await admin.post("/api/merchants", {"name": "幸福物业"}))["merchant_id"]
    path, look = f"/api/merchants/{merchant_id}", {"logo": b64encode(png()).decode()}
    assert (await admin.http.patch(path, json=look)).is_success
    in_topic = InTopic(record_proof.public_keys(CONFIGURATION_PUBLIC_KEY))
    await tell_all(admin, in_topic)
    assert await compare(admin.deps.db, in_topic.whole(), now=admin.deps.clock()) == {}

    async with admin.deps.db.transaction() as tx:  # As a restored database has it.
        await tx.execute("update merchant set logo = null, logo_type = null")
    publishing = Publishing.DIFFERING
    at = admin.deps.clock()
    found = await compare(admin.deps.db, in_topic.whole(), now=at, publishing=publishing)
    assert found == {merchant_id: Difference.OTHERWISE}
    await tell_all(admin, in_topic)
    entity = in_topic.whole()[merchant_id]
    assert isinstance(entity, MerchantEntity)
    assert entity.logo is None
    assert await compare(admin.deps.db, in_topic.whole(), now=at) == {}

    await compare(admin.deps.db, in_topic.whole(), now=at, publishing=Publishing.ALL)
    assert (await admin.http.patch(path, json=look)).is_success
    assert (await admin.http.patch(path, json={"logo": None})).is_success
    in_topic.entities.clear()
    await tell_all(admin, in_topic)
    assert list(in_topic.entities) == [merchant_id]
    assert await compare(admin.deps.db, in_topic.whole(), now=at) == {}


async def tell_all(admin: Admin, in_topic: InTopic) -> None:
    """What the outbox has for the topic."""
    async with admin.deps.db.connection() as tx:
        rows = await tx.fetch(
            "select key, payload from event_log where topic = $1 order by id",
            topics.MERCHANT_CONFIG,
        )
    for row in rows:
        in_topic.take(
            proven(Record(topics.MERCHANT_CONFIG, 0, 0, row["key"], row["payload"], {}, 0))
        )
