"""The gateway with real HTTP, the real bus and the sandbox; trade-core is a dict."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import SecretStr
from tests.integration.gateway.fake_trade_core import FakeTradeCore
from tests.integration.gateway.serving import serving
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, RECORD_KEY, stamp

from chassis.broadcast import Broadcast
from chassis.consumer import Record
from chassis.producer import Message, Producer
from chassis.settings import AcceptedToken
from chassis.web import PublicApp
from contracts import sealing, topics
from contracts.events.configuration import (
    CONFIGURATION,
    SOURCE,
    AppEntity,
    CallbackAck,
    ChannelAccountEntity,
    Configuration,
    ConfigurationRecord,
    Entity,
    KeyAlgorithm,
    KeyEntity,
    LatePayment,
    MerchantEntity,
    State,
)
from contracts.identifiers import new_id
from gateway.main import build
from gateway.settings import GatewaySettings
from paymesh_local.client import ApiClient, AppCredentials
from sandbox.main import build_app, build_deps
from sandbox.transport import SandboxProtocol

LIMIT_S: Final = 40.0
MAX_IN_FLIGHT: Final = 16
SECRET: Final = "an app's secret"
SEALING: Final = sealing.generate()


@dataclass
class Harness:
    """`results` are the data of all payment and refund results of the run, as they come."""

    app: PublicApp
    gateway_url: str
    trade_core: FakeTradeCore
    sandbox: httpx.AsyncClient
    producer: Producer
    credentials: AppCredentials
    merchant_id: str
    payment_ids: Mapping[str, str]
    results: list[dict[str, Any]] = field(default_factory=list)

    def api(self) -> ApiClient:
        return ApiClient(self.gateway_url, self.credentials)

    def request(self, channel: str = "wechat", **changes: Any) -> dict[str, Any]:
        return {
            "merchant_id": self.merchant_id,
            "payment_id": self.payment_ids[channel],
            "merchant_order_no": f"W{uuid.uuid4().hex}",
            "amount": 1299,
            "subject": "物业费 11月",
            "method": "native",
            **changes,
        }

    async def fault(self, **wanted: Any) -> None:
        answer = await self.sandbox.post("/_control/faults", json=wanted)
        assert answer.status_code == 201, answer.text

    async def pay(self, payment_no: str) -> None:
        answer = await self.sandbox.post("/_control/pay", json={"payment_no": payment_no})
        assert answer.status_code == 200, answer.text

    async def result(self, payment_no: str, **wanted: Any) -> dict[str, Any]:
        """The result of this payment that has these values, once it is there."""

        def find() -> dict[str, Any] | None:
            return next(
                (
                    each
                    for each in self.results
                    if each["payment_no"] == payment_no
                    and all(each.get(name) == value for name, value in wanted.items())
                ),
                None,
            )

        await until(lambda: find() is not None)
        return find() or {}


async def until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < give_up_at, "what was waited for did not happen"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running_harness(bootstrap: str, folder: Path) -> AsyncIterator[Harness]:
    async with AsyncExitStack() as parts:
        producer = Producer(bootstrap, "tests", stamp=stamp)
        await producer.start()
        parts.push_async_callback(producer.stop)
        sandbox_url = await parts.enter_async_context(
            serving(lambda url: build_app(build_deps(folder, url, 0.02)), http=SandboxProtocol)
        )
        sandbox = await parts.enter_async_context(
            httpx.AsyncClient(base_url=sandbox_url, trust_env=False)
        )
        trade_core = FakeTradeCore()
        trade_core_url = await parts.enter_async_context(serving(trade_core.application))
        apps: list[PublicApp] = []

        def gateway(url: str) -> PublicApp:
            apps.append(
                build(settings(bootstrap, trade_core_url, url), group=f"gateway-{uuid.uuid4().hex}")
            )
            return apps[0]

        gateway_url = await parts.enter_async_context(serving(gateway))
        sections = (await sandbox.get("/_control/credentials")).json()
        app, merchant_id, payment_ids = await register(producer, sections)
        harness = Harness(
            apps[0], gateway_url, trade_core, sandbox, producer, app, merchant_id, payment_ids
        )
        await parts.enter_async_context(reading_results(bootstrap, harness.results))
        directory = apps[0].state.deps.directory
        await until(lambda: all(map(directory.find_account, payment_ids.values())))
        await until(lambda: directory.find_key(app.key_id) is not None)
        yield harness


def settings(bootstrap: str, trade_core_url: str, own_url: str) -> GatewaySettings:
    return GatewaySettings(
        accepted_tokens=(AcceptedToken("cashier", SecretStr("c" * 32)),),
        trade_core_token=SecretStr("t" * 32),
        notifier_token=SecretStr("n" * 32),
        kafka_bootstrap=bootstrap,
        kafka_session_timeout_ms=6_000,
        trade_core_url=trade_core_url,
        notifier_url=trade_core_url,
        public_url=own_url,
        cashier_url="https://cashier.example",
        sealing_key=SecretStr(SEALING.private_key),
        checkout_key=(SecretStr("a checkout key of some length, indeed"),),
        record_keys=SecretStr(RECORD_KEY),
        configuration_public_keys=CONFIGURATION_PUBLIC_KEY,
        channel_urls="any",
        max_in_flight=MAX_IN_FLIGHT,
    )


async def register(
    producer: Producer, sections: Mapping[str, Any]
) -> tuple[AppCredentials, str, dict[str, str]]:
    """What merchant-admin would publish: a merchant with an account at each third party, one
    whose third party cannot be reached (`gone`), and an app."""
    app_id, key_id, merchant_id = new_id("app"), new_id("key"), new_id("merchant")
    gone = {**sections["wechat"], "base_url": "http://127.0.0.1:9"}
    accounts = {
        name: account(merchant_id, channel, content)
        for name, channel, content in (
            ("wechat", "wechat", sections["wechat"]),
            ("alipay", "alipay", sections["alipay"]),
            ("gone", "wechat", gone),
        )
    }
    base: dict[str, Any] = {"version": 1, "state": State.ACTIVE}
    app = AppEntity(
        **base,
        app_id=app_id,
        name="app",
        merchant_ids=[merchant_id],
        notify_url=None,
        callback_ack=CallbackAck.ANY_2XX,
        reinitiate_after_s=15,
        late_payment=LatePayment.ACCEPT,
        ip_allowlist=[],
        webhook_secrets_sealed=[],
    )
    key = KeyEntity(
        **base,
        key_id=key_id,
        app_id=app_id,
        alg=KeyAlgorithm.HMAC_SHA256,
        public_key_pem=None,
        secret_sealed=sealing.seal(SEALING.public_key, SECRET, context=key_id),
    )
    merchant = MerchantEntity(**base, merchant_id=merchant_id, name="幸福物业")
    entities: dict[str, Entity] = {merchant_id: merchant, app_id: app, key_id: key}
    entities |= {each.payment_id: each for each in accounts.values()}
    for entity_id, entity in entities.items():
        await publish(producer, entity_id, entity)
    credentials = AppCredentials(app_id, key_id, KeyAlgorithm.HMAC_SHA256, SECRET, "")
    return credentials, merchant_id, {name: each.payment_id for name, each in accounts.items()}


def account(merchant_id: str, channel: str, content: Mapping[str, str]) -> ChannelAccountEntity:
    payment_id = new_id("channel_account")
    return ChannelAccountEntity(
        version=1,
        state=State.ACTIVE,
        payment_id=payment_id,
        merchant_id=merchant_id,
        channel=channel,
        name="main",
        credentials_sealed=sealing.seal(
            SEALING.public_key, json.dumps(content), context=payment_id
        ),
    )


async def publish(producer: Producer, entity_id: str, entity: Entity) -> None:
    event = ConfigurationRecord(
        id=new_id("event"),
        source=SOURCE,
        type=CONFIGURATION,
        subject=entity_id,
        time=datetime.now(UTC),
        data=Configuration(entity=entity),
    )
    await producer.send(Message(topics.MERCHANT_CONFIG, entity_id, event.to_bytes()))


@asynccontextmanager
async def reading_results(bootstrap: str, results: list[dict[str, Any]]) -> AsyncIterator[None]:
    def take(record: Record) -> None:
        results.append(json.loads(record.value)["data"])

    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for topic in (topics.PAYMENT_RESULTS, topics.REFUND_RESULTS):
            reader = Broadcast(bootstrap=bootstrap, topic=topic, handle=take)
            group.create_task(reader.run(stop))
        try:
            yield
        finally:
            stop.set()
