"""A stranger who reaches the broker writes to it, and gets nothing: neither a key nor a payment."""

import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from tests.integration.gateway.harness import SEALING, SECRET, Harness, running_harness
from tests.integration.gateway.harness import until as happens
from tests.integration.notifier.publishing import app_record, payment_succeeded
from tests.integration.notifier.test_service import PAIR, House, house, serving
from tests.integration.trade_core.service import RunningService, new_request, running_service, until
from tests.record_keys import stamp

from chassis.producer import Message, Producer
from contracts import record_proof, sealing, topics, webhooks
from contracts.events import commands, configuration, results
from contracts.events.configuration import KeyAlgorithm, KeyEntity, State
from contracts.events.envelope import CloudEvent
from contracts.events.results import PaymentSucceeded, Source, Verdict
from contracts.identifiers import new_id
from foundation.record_proof import stamped
from paymesh_local.client import ApiClient

__all__ = ["house"]

Forge = Callable[[Message], Message]
MakeDatabase = Callable[[str], Awaitable[str]]

EVERYTHING = (
    topics.MERCHANT_CONFIG,
    topics.PAYMENT_RESULTS,
    topics.REFUND_RESULTS,
    topics.CHANNEL_COMMANDS,
)


def in_silence(message: Message) -> Message:
    return message


def by_an_invented_secret(message: Message) -> Message:
    return stamped(record_proof.hmac_keys("x" * 32), EVERYTHING)(message)


def by_an_invented_key(message: Message) -> Message:
    own = record_proof.signing_key(record_proof.generate().private_key)
    return stamped(own, EVERYTHING)(message)


def under_a_known_key_id(message: Message) -> Message:
    genuine = stamp(message).headers
    proof = base64.b64encode(bytes(64 if message.topic == topics.MERCHANT_CONFIG else 32))
    return replace(message, headers={**genuine, record_proof.PROOF_HEADER: proof.decode()})


def moved_from_another_key(message: Message) -> Message:
    return replace(message, headers=stamp(replace(message, key="another")).headers)


def moved_from_another_topic(message: Message) -> Message:
    other = (
        topics.REFUND_RESULTS if message.topic == topics.PAYMENT_RESULTS else topics.PAYMENT_RESULTS
    )
    return replace(message, headers=stamp(replace(message, topic=other)).headers)


def under_another_type(message: Message) -> Message:
    other = {**message.headers, "ce_type": results.SPLIT_RESULT}
    proof = stamp(replace(message, headers=other)).headers
    return replace(message, headers={**proof, "ce_type": message.headers["ce_type"]})


def with_one_byte_more(message: Message) -> Message:
    return replace(message, headers=stamp(replace(message, value=message.value + b" ")).headers)


FORGERIES: list[Forge] = [
    in_silence,
    by_an_invented_secret,
    by_an_invented_key,
    under_a_known_key_id,
    moved_from_another_key,
    moved_from_another_topic,
    under_another_type,
    with_one_byte_more,
]


@asynccontextmanager
async def stranger(bootstrap: str) -> AsyncIterator[Producer]:
    producer = Producer(bootstrap, "a stranger")
    await producer.start()
    yield producer
    await producer.stop()


def enveloped(kind: type[CloudEvent[Any]], type_: str, key: str, topic: str, data: Any) -> Message:
    record = kind(
        id=new_id("event"), source="paymesh", type=type_, subject=key, time=datetime.now(UTC),
        data=data,
    )  # fmt: skip
    return Message(topic, key, record.to_bytes(), record.headers())


# ── trade-core: a success that no channel spoke of ────────────────────────────────────────────


@pytest.fixture
async def core(make_database: MakeDatabase, kafka_bootstrap: str) -> AsyncIterator[RunningService]:
    async with running_service(await make_database("trade_core"), kafka_bootstrap) as service:
        yield service


async def test_a_forged_success_pays_nothing_today_or_when_it_is_replayed(
    core: RunningService, kafka_bootstrap: str
) -> None:
    payments = {forge: await core.open(new_request()) for forge in FORGERIES}
    async with stranger(kafka_bootstrap) as producer:
        for forge, payment in payments.items():
            await producer.send(forge(_success(payment)))
    for payment in payments.values():  # Of the same keys: read after the forged ones.
        await core.says(payment, Source.INITIATION, Verdict.PENDING)

    async def are_pending() -> bool:
        statuses = [await core.status(payment) for payment in payments.values()]
        return statuses == ["pending"] * len(FORGERIES)

    numbers = {payment["payment_no"] for payment in payments.values()}
    letters: list[dict[str, Any]] = []

    async def are_kept() -> bool:
        letters.clear()
        params: dict[str, Any] = {"limit": 100}
        while params.get("after", "") is not None:  # Other tests' records are kept there too.
            page = (await core.http.get("/internal/dead-letters", params=params)).json()
            letters.extend(letter for letter in page["items"] if letter["key"] in numbers)
            params["after"] = page["next_cursor"]
        return len(letters) >= len(FORGERIES)

    await until(are_pending)
    await until(are_kept)
    assert len(letters) == len(FORGERIES)
    for letter in letters:
        again = await core.http.post(
            f"/internal/dead-letters/{letter['id']}/replay", json={"version": letter["version"]}
        )
        assert "Unproven" in again.json()["error"]
    assert await are_pending()
    alerts = await _alerts(core)
    assert f"record.unproven:{topics.PAYMENT_RESULTS}" in alerts
    assert not alerts & {f"result.parked:{number}" for number in numbers}


def _success(payment: dict[str, Any]) -> Message:
    outcome = PaymentSucceeded(
        payment_no=payment["payment_no"],
        merchant_id=payment["merchant_id"],
        payment_id=payment["payment_id"],
        channel="wechat",
        source=Source.NOTICE,
        channel_trade_no=new_id("event"),
        amount=payment["amount"],
        currency=payment["currency"],
    )
    return enveloped(
        results.PaymentResultRecord,
        results.PAYMENT_RESULT,
        outcome.payment_no,
        topics.PAYMENT_RESULTS,
        outcome,
    )


async def _alerts(core: RunningService) -> set[str]:
    async with core.db.connection() as tx:
        rows = await tx.fetch("select key from event_log where topic = $1", topics.ALERTS)
    return {row["key"] for row in rows}


# ── gateway: an app key of one's own, a key taken away, a refund nobody asked for ─────────────


@pytest.fixture
async def gateway(kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with running_harness(kafka_bootstrap, tmp_path) as harness:
        yield harness


async def test_a_forged_key_opens_nothing_and_a_forged_deletion_closes_nothing(
    gateway: Harness, kafka_bootstrap: str
) -> None:
    directory = gateway.app.state.deps.directory
    forged = [_key(gateway, new_id("key")) for _ in _CONFIGURATION_FORGERIES]
    deletion = Message(topics.MERCHANT_CONFIG, gateway.credentials.key_id, b"")
    await _all_is_read(gateway)  # What others have forged before is counted then.
    before = _refused()

    async with stranger(kafka_bootstrap) as producer:
        for forge, message in zip(_CONFIGURATION_FORGERIES, forged, strict=True):
            await producer.send(forge(message))
            await producer.send(forge(deletion))
    await happens(lambda: _refused() == before + 2 * len(forged))

    assert [directory.find_key(message.key) for message in forged] == [None] * len(forged)
    async with gateway.api() as api:
        assert (await api.post("/v1/payments", gateway.request())).status_code == 201
    stolen = replace(gateway.credentials, key_id=forged[0].key)
    async with ApiClient(gateway.gateway_url, stolen) as api:
        assert (await api.post("/v1/payments", gateway.request())).status_code == 401


async def _all_is_read(gateway: Harness) -> None:
    transport = httpx.ASGITransport(gateway.app.private)
    give_up_at = time.monotonic() + 30
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as private:
        while (await private.get("/health/ready")).json()["checks"]["configuration"] is not True:
            assert time.monotonic() < give_up_at


def _refused() -> float:
    return REGISTRY.get_sample_value("paymesh_configuration_refused_total") or 0.0


_CONFIGURATION_FORGERIES: list[Forge] = [
    in_silence,
    by_an_invented_secret,
    by_an_invented_key,
    under_a_known_key_id,
    moved_from_another_key,
    with_one_byte_more,
]


def _key(gateway: Harness, key_id: str) -> Message:
    entity = KeyEntity(
        version=1,
        state=State.ACTIVE,
        key_id=key_id,
        app_id=gateway.credentials.app_id,
        alg=KeyAlgorithm.HMAC_SHA256,
        public_key_pem=None,
        secret_sealed=sealing.seal(SEALING.public_key, SECRET, context=key_id),
    )
    return enveloped(
        configuration.ConfigurationRecord,
        configuration.CONFIGURATION,
        key_id,
        topics.MERCHANT_CONFIG,
        configuration.Configuration(entity=entity),
    )


async def test_a_forged_command_moves_no_money(gateway: Harness, kafka_bootstrap: str) -> None:
    async with gateway.api() as api:
        payment = (await api.post("/v1/payments", gateway.request())).json()
    number = payment["payment_no"]
    await gateway.pay(number)

    async with stranger(kafka_bootstrap) as producer:
        for forge in FORGERIES:
            refund = commands.RefundRef(
                refund_no=new_id("refund"),
                amount=100,
                reason="a stranger's",
                channel_refund_no=None,
                created_at=datetime.now(UTC),
            )
            await producer.send(forge(_command(payment, "refund", refund)))
    await gateway.producer.send(_command(payment, "query"))  # Of the same key: read after them.

    await gateway.result(number, source="query", verdict="succeeded")
    truth = await gateway.sandbox.get("/_control/truth", params={"payment_no": number})
    (trade,) = truth.json()["trades"]
    assert trade["refunds"] == []


def _command(
    payment: dict[str, Any], name: str, refund: commands.RefundRef | None = None
) -> Message:
    command = commands.ChannelCommand.model_validate(
        {
            "command": name,
            "payment": {
                name: payment[name] for name in commands.PaymentRef.model_fields if name in payment
            },
            "refund": refund and refund.model_dump(mode="json"),
            "lease_until": datetime.now(UTC) + timedelta(seconds=60),
        }
    )
    return enveloped(
        commands.ChannelCommandRecord,
        "channel.command",
        payment["payment_no"],
        topics.CHANNEL_COMMANDS,
        command,
    )


# ── notifier: somebody else's address ─────────────────────────────────────────────────────────


async def test_a_forged_address_gets_no_callback_and_people_hear_of_it(
    house: House, kafka_bootstrap: str
) -> None:
    forged = app_record(
        house.app_id,
        f"{house.app.url}/stolen",
        secret=webhooks.new_secret(),
        sealing_key=PAIR.public_key,
        version=2,
    )
    async with stranger(kafka_bootstrap) as producer:
        for forge in _CONFIGURATION_FORGERIES:
            await producer.send(forge(forged))
    event = payment_succeeded(house.app_id)

    async with serving(house):
        await house.producer.send(event)
        await house.received()  # Verified by the secret that the app knows.

        async def is_delivered() -> bool:
            sql = "select count(*) from trouble where key = 'configuration.unproven:notifier'"
            return await house.value(sql) == 1

        await until(is_delivered)

    assert [one.path for one in house.app.received] == ["/callback"]
