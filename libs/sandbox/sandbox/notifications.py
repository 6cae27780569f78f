"""Notifications to merchants: sent, and sent again as each channel does, until acknowledged.

What a notification says is read from the truth each time it is sent, so a restart loses nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

import aiohttp

from sandbox.clock import now, utc_rfc3339
from sandbox.faults import NOT_EARLY, Faults, Hit
from sandbox.later import Later
from sandbox.truth import Notification, Refund, Trade, Truth

MAX_AT_ONCE = 256  # connections to merchants; more wait
MAX_ANSWER_BYTES = 65_536
NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class SignedNotification:
    """One notification as it goes over the wire."""

    body: bytes
    headers: dict[str, str]


class NotificationForm(Protocol):
    """How one channel writes its notifications; pure, called again for every attempt."""

    @property
    def timeout_s(self) -> float: ...

    def pauses_s(self, trade: Trade) -> Sequence[float]:
        """The real pauses between attempts; after the last one it gives up."""
        ...

    def write(
        self, notification: Notification, trade: Trade, refund: Refund | None, hit: Hit
    ) -> SignedNotification:
        """Signed afresh; `hit` may ask for a wrong amount, an unknown status or tampering."""
        ...

    def is_acknowledged(self, status: int, body: bytes) -> bool: ...


class Notifications:
    """The senders' desk; works between `running()` and its end."""

    def __init__(
        self,
        truth: Truth,
        faults: Faults,
        later: Later,
        forms: Mapping[str, NotificationForm],
        time_scale: float = 1.0,
    ) -> None:
        self._truth = truth
        self._later = later
        self._faults = faults
        self._forms = forms
        self._time_scale = time_scale
        self._places = asyncio.Semaphore(MAX_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Takes up the notifications an earlier run left open; on leaving, stops where it is."""
        connector = aiohttp.TCPConnector(limit=MAX_AT_ONCE, ttl_dns_cache=300)
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            ) as self._session,
            asyncio.TaskGroup() as self._group,
        ):
            for notification in self._truth.list_open_notifications():
                self._send_at(notification, notification.next_at)
            try:
                yield
            finally:
                for task in self._tasks:
                    task.cancel()

    def post(self, trade: Trade, url: str, refund: Refund | None = None) -> Notification:
        """A new notification, durable at once and sent without waiting for it."""
        notification = self._new(trade, url, refund)
        self._start(notification)
        return notification

    async def post_and_wait(self, trade: Trade, url: str) -> None:
        """A new notification; returns when its first attempt was answered or timed out."""
        await self._deliver(self._new(trade, url, None))

    def _new(self, trade: Trade, url: str, refund: Refund | None) -> Notification:
        at = now()
        refund_id = refund.id if refund else None
        notification = Notification(
            str(uuid4()), trade.id, refund_id, url, created_at=at, next_at=at
        )
        self._truth.add_notification(notification)
        return notification

    def _start(self, notification: Notification) -> None:
        task = self._group.create_task(self._deliver(notification))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send_at(self, notification: Notification, at: float) -> None:
        self._later.call(at - now(), self._start, notification)

    async def _deliver(self, notification: Notification) -> None:
        """One attempt, its record, and the appointment for the next one."""
        trade = self._truth.get_trade(notification.trade_id)
        refund = (
            None
            if notification.refund_id is None
            else self._truth.get_refund(notification.refund_id)
        )
        form = self._forms[trade.channel]
        hit = self._faults.draw(trade.channel, "notice", trade.payment_no, NOT_EARLY)
        if hit.delay_s:
            await asyncio.sleep(hit.delay_s)
        if "drop_request" in hit:
            answers = [Answer()]
        else:
            signed = form.write(notification, trade, refund, hit)
            copies = 2 if "duplicate" in hit else 1
            answers = await asyncio.gather(
                *(self._send(form, notification.url, signed) for _ in range(copies))
            )
        if "drop_answer" in hit:
            answers = [Answer()]
        self._record(notification, trade, answers, ignored="status_500" in hit)

    async def _send(self, form: NotificationForm, url: str, signed: SignedNotification) -> "Answer":
        timeout = aiohttp.ClientTimeout(total=form.timeout_s)
        async with self._places:
            try:
                async with self._session.post(
                    url,
                    data=signed.body,
                    headers=signed.headers,
                    timeout=timeout,
                    allow_redirects=False,
                ) as response:
                    body = await response.content.read(MAX_ANSWER_BYTES)
                    return Answer(response.status, body)
            except (aiohttp.ClientError, OSError, ValueError):
                return Answer()

    def _record(
        self,
        notification: Notification,
        trade: Trade,
        answers: Sequence["Answer"],
        *,
        ignored: bool,
    ) -> None:
        form = self._forms[trade.channel]
        at = now()
        notification.log += [{"status": answer.status, "at": utc_rfc3339(at)} for answer in answers]
        acknowledged = any(form.is_acknowledged(answer.status, answer.body) for answer in answers)
        pauses_s = form.pauses_s(trade)
        notification.done = (acknowledged and not ignored) or notification.attempts >= len(pauses_s)
        if not notification.done:
            notification.next_at = at + pauses_s[notification.attempts] * self._time_scale
            self._send_at(notification, notification.next_at)
        notification.attempts += 1
        self._truth.save_notification(notification)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a merchant said; status 0 when it said nothing."""

    status: int = NO_ANSWER
    body: bytes = b""
