"""A gateway without a network: a channel, a transport, services and a bus that only pretend."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr
from tests.record_keys import stamp

from chassis.background import Unbroken
from chassis.problems import Overloaded
from chassis.producer import Message, NotPublished, Producer
from contracts import sealing, signing
from contracts.actions import QrCodeAction
from contracts.api import Method, OrderStatus, OrderSummary, PaymentStatus, PaymentView
from contracts.events.commands import PaymentRef
from contracts.events.configuration import KeyAlgorithm
from contracts.money import Money
from contracts.words import Words
from foundation.service_client import CALL_LIMIT_S, Service
from gateway.calling.executor import Executor
from gateway.channels.plugin import (
    Acknowledgement,
    Answer,
    Call,
    Declined,
    Moment,
    Notifications,
    Notified,
    NotifiedPayment,
    Operation,
    Outcome,
    Pending,
    Plugin,
    RawNotification,
    Reply,
    Request,
    Splits,
    Succeeded,
    Trial,
    Unverifiable,
)
from gateway.directory import App, ChannelAccount, Directory, Key, Merchant
from gateway.flows.deps import Addresses, Deps
from gateway.outgoing.alerts import Alerts
from gateway.outgoing.results import Results

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SECRET = "an app's secret"
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


def there(thing: T | None) -> T:
    """What must be there."""
    assert thing is not None
    return thing


# ── a channel that believes everything ────────────────────────────────────────────────────────


class FakeCredentials(BaseModel):
    url: str = "https://fake.example"
    key: SecretStr


class FakeWire:
    def sign(self, call: Call, account: str, moment: Moment) -> Request:
        return Request(call.verb, f"https://fake.example{call.target}", {}, b"{}")

    def verify(self, reply: Reply, call: Call, account: str, moment: Moment) -> Answer:
        if reply.body == b"forged":
            raise Unverifiable("the signature is wrong")
        return Answer(reply.status, json.loads(reply.body), moment)


def read_outcome(answer: Answer, *_: object) -> Outcome:
    """`{"pay": …}` waits for the payer, `{"no": code}` declines, `{"paid": amount}` succeeded."""
    match answer.content:
        case {"pay": str(code)}:
            return Pending(QrCodeAction(qr_code=code), channel_no="T1")
        case {"no": str(code)}:
            return Declined(code, "no money")
        case {"paid": int(amount)}:
            return Succeeded("T1", Money(amount, "CNY"), NOW)
        case {"closed": True}:
            return Succeeded()
        case _:
            raise KeyError("nothing known")


def read_notification(raw: RawNotification, account: str, moment: Moment) -> list[Notified]:
    if raw.headers.get("signature") != account:
        raise Unverifiable("the signature is wrong")
    content = json.loads(raw.body)
    paid = Succeeded("T1", Money(content["amount"], "CNY"), moment.now)
    return [NotifiedPayment(content["payment_no"], paid)]


def read_trial(reply: Reply, call: Call, account: str, moment: Moment) -> Trial:
    content = FakeWire().verify(reply, call, account, moment).content
    return Trial(content["code"] == "absent", content["code"], "…")


def operation(target: str, **more: Any) -> Operation[Any, str]:
    return Operation(lambda _, __: Call("POST", target), read_outcome, **more)


def fake_plugin(name: str = "fake", **changes: Any) -> Plugin[str]:
    def open_account(credentials: BaseModel) -> str:
        assert isinstance(credentials, FakeCredentials)
        return credentials.key.get_secret_value()

    plugin = Plugin(
        name=name,
        title=Words("假渠道", "Fake"),
        credentials=FakeCredentials,
        open_account=open_account,
        identity=(),
        overlap=lambda account, earlier: f"{account} {earlier}",
        own_urls={"url": frozenset({"https://fake.example"})},
        wire=FakeWire(),
        methods={
            Method.NATIVE: operation("/pay"),
            Method.JSAPI: operation("/pay", needs=frozenset({"openid"})),
        },
        query=operation("/query"),
        close=operation("/close"),
        refund=operation("/refund"),
        query_refund=operation("/query_refund"),
        notifications=Notifications(
            read_notification, Acknowledgement(200, b"success"), Acknowledgement(500, b"fail")
        ),
        trial=read_trial,
        channel_key=lambda _: "key",
        offers=(Method.NATIVE,),
    )
    return replace(plugin, **changes)


def splitting_plugin() -> Plugin[str]:
    return fake_plugin(
        splits=Splits(
            split=operation("/split"),
            query=operation("/query_split"),
            return_split=operation("/call_back"),
            gives_back=bool,
        )
    )


# ── the world around ──────────────────────────────────────────────────────────────────────────

Step = Reply | Exception


@dataclass
class FakeTransport:
    """Answers with the steps in turn, the last one for ever; remembers what was sent."""

    steps: list[Step]
    sent: list[Request] = field(default_factory=list)

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        self.sent.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step


class HangingTransport(FakeTransport):
    """Says `arrived` for each request, and answers when it is `released`."""

    def __init__(self, *steps: Step) -> None:
        super().__init__(list(steps))
        self.arrived: asyncio.Queue[Request] = asyncio.Queue()
        self.released = asyncio.Event()

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        answer = await super().send(request, timeout_s=timeout_s)
        self.arrived.put_nowait(request)
        await self.released.wait()
        return answer


def reply(content: Mapping[str, Any], status: int = 200) -> Reply:
    return Reply(status, {}, json.dumps(content).encode())


class FakeService(Service):
    """Answers each path from a table of functions; remembers what was asked."""

    def __init__(self, answers: Mapping[tuple[str, str], Callable[[Any], BaseModel]]) -> None:
        self._answers = answers
        self.asked: list[tuple[str, str, Any]] = []

    async def get(
        self, answer: type[M], path: str, params: Mapping[str, str | int | None] | None = None
    ) -> M:
        return self._answer(answer, "GET", path, params)

    async def post(
        self,
        answer: type[M],
        path: str,
        *,
        body: BaseModel | None = None,
        params: Mapping[str, str | int | None] | None = None,
        timeout_s: float = CALL_LIMIT_S,
    ) -> M:
        given = body if params is None else {**params, **dict(body or ())}
        return self._answer(answer, "POST", path, given)

    def _answer(self, answer: type[M], method: str, path: str, given: Any) -> M:
        self.asked.append((method, path, given))
        if path == "/internal/results" and (method, path) not in self._answers:
            raise Overloaded("trade-core does not answer.")
        made = self._answers[method, path](given)
        return answer.model_validate_json(made.model_dump_json())


class FakeProducer(Producer):
    """Takes everything, or nothing when it is `down`."""

    def __init__(self) -> None:
        self.is_down = False
        self.taken: list[Message] = []
        self.has_taken = asyncio.Event()

    async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
        if self.is_down:
            return [NotPublished(message.topic, "down") for message in messages]
        self.taken.extend(messages)
        self.has_taken.set()
        return [None for _ in messages]

    def events(self) -> list[dict[str, Any]]:
        """The data of what was published."""
        return [json.loads(message.value)["data"] for message in self.taken]


@dataclass
class Harness:
    deps: Deps
    directory: Directory
    transport: FakeTransport
    producer: FakeProducer
    trade_core: FakeService
    notifier: FakeService


def harness(
    *steps: Step,
    transport: FakeTransport | None = None,
    trade_core: Mapping[tuple[str, str], Callable[[Any], BaseModel]] | None = None,
    notifier: Mapping[tuple[str, str], Callable[[Any], BaseModel]] | None = None,
) -> Harness:
    """App A1 of merchant M1 with key K1 (HMAC); account C1 at the channel `fake`."""
    directory = Directory()
    directory.put(App("A1", True, frozenset({"M1"}), 15, ()))
    directory.put(Key("K1", "A1", KeyAlgorithm.HMAC_SHA256, signing.hmac_key(SECRET)))
    directory.put(Merchant("M1", True, "幸福物业"))
    directory.put(ChannelAccount("C1", "M1", True, fake_plugin(), "C1's key"))
    transport = transport or FakeTransport(list(steps) or [reply({"pay": "qr"})])
    producer = FakeProducer()
    unbroken = Unbroken()
    core, post_office = FakeService(trade_core or {}), FakeService(notifier or {})
    alerts = Alerts(producer, post_office)
    deps = Deps(
        plugins={"fake": fake_plugin()},
        channel_urls="own",
        directory=directory,
        is_configured=lambda: True,
        until_configured=partial(asyncio.sleep, 0),
        executor=Executor(transport, now=lambda: NOW, monotonic=time.monotonic, tell=alerts.tell),
        trade_core=core,
        notifier=post_office,
        results=Results(producer, core, unbroken, stamp=stamp),
        alerts=alerts,
        unbroken=unbroken,
        addresses=Addresses(public="https://pay.example", cashier="https://cashier.example"),
        checkout_keys=(b"checkout key",),
        opener=sealing.Opener.of(sealing.generate().private_key),
        clock=lambda: NOW.timestamp(),
    )
    return Harness(deps, directory, transport, producer, core, post_office)


# ── what trade-core would say ─────────────────────────────────────────────────────────────────


def payment_view(**changes: Any) -> PaymentView:
    view = PaymentView(
        payment_no="P01KAN5C2FN000000000000001",
        merchant_order_no="W1",
        channel_trade_no=None,
        merchant_id="M1",
        payment_id="C1",
        channel="fake",
        method=Method.NATIVE,
        status=PaymentStatus.INITIATING,
        amount=1299,
        currency="CNY",
        amount_refunded=0,
        subject="物业费",
        action=None,
        expires_at=NOW + timedelta(hours=2),
        created_at=NOW,
        paid_at=None,
        metadata={},
        failure=None,
    )
    return view.model_copy(update=changes)


def ref_of(view: PaymentView, **changes: Any) -> PaymentRef:
    """How its channel is asked about a payment that is placed; by default as the app wanted it."""
    names = PaymentRef.model_fields.keys() & PaymentView.model_fields.keys()
    return PaymentRef(**{**{name: getattr(view, name) for name in names}, **changes})


def order_summary(**changes: Any) -> OrderSummary:
    summary = OrderSummary(
        merchant_order_no="W1",
        merchant_id="M1",
        status=OrderStatus.OPEN,
        amount=1299,
        currency="CNY",
        amount_paid=0,
        amount_refunded=0,
        subject="物业费",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=2),
    )
    return summary.model_copy(update=changes)
