"""Events on demand: each comes of a real payment, refund or split at the sandbox."""

import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from paymesh.client import Paymesh
from paymesh.errors import Declined, PaymeshError
from paymesh.models.money import PaymentView
from paymesh.models.requests import Payer, SplitReceiver
from paymesh.sandbox import Sandbox, SandboxRefused
from paymesh.settings import Settings

AT_CHANNEL_WITHIN_S: Final = 15.0
AMOUNT: Final = 1299
SUBJECT: Final = "paymesh trigger"

RECEIVER: Final = "1900000109"
NO_SUCH_RECEIVER: Final = "2088101117955600"
"""Whom Alipay does not know; WeChat Pay is given each receiver before the split."""

NO_SUCH_CODE: Final = "99999999"
"""A payment code (付款码) that no wallet has: the channel declines."""


class Trigger:
    """At the WeChat Pay account of these settings, and a split that fails at that of Alipay;
    `notify_url` for the callbacks of it all."""

    def __init__(
        self,
        paymesh: Paymesh,
        sandbox: Sandbox,
        settings: Settings,
        *,
        notify_url: str | None = None,
    ) -> None:
        if settings.merchant_id is None or "wechat" not in settings.payment_ids:
            raise ValueError("events are triggered at the WeChat Pay account of the demo merchant")
        self._paymesh = paymesh
        self._sandbox = sandbox
        self._merchant_id = settings.merchant_id
        self._payment_ids = settings.payment_ids
        self._payment_id = settings.payment_ids["wechat"]
        self._notify_url = notify_url
        self._flows: dict[str, Callable[[], str]] = {
            "payment.succeeded": lambda: self._paid().payment_no,
            "payment.failed": self._declined,
            "payment.closed": self._closed,
            "payment.conflicted": self._conflicted,
            "refund.succeeded": self._refunded,
            "refund.failed": lambda: self._decided("failed"),
            "refund.abnormal": lambda: self._decided("abnormal"),
            "split.succeeded": lambda: self._split("wechat", RECEIVER),
            "split.failed": lambda: self._split("alipay", NO_SUCH_RECEIVER),
            "ping": lambda: self._paymesh.callbacks.ping().event_id,
        }

    @property
    def types(self) -> list[str]:
        return list(self._flows)

    def __call__(self, event_type: str) -> str:
        """Let it happen; the number that the event is about. The event itself comes by callback
        and in `events`.

        Raises:
            ValueError: no such event, or none that can be triggered.
        """
        if event_type not in self._flows:
            raise ValueError(f"{event_type} is none of {', '.join(self._flows)}")
        return self._flows[event_type]()

    def _created(self, method: str = "native", payer: Payer | None = None) -> PaymentView:
        return self._paymesh.payments.create_and_settle(
            merchant_id=self._merchant_id,
            payment_id=self._payment_id,
            merchant_order_no=f"trigger-{uuid4()}",
            amount=AMOUNT,
            subject=SUBJECT,
            method=method,
            payer=payer,
            notify_url=self._notify_url,
        )

    def _paid(self) -> PaymentView:
        payment = self._created()
        self._sandbox.pay(payment.payment_no)
        return self._paymesh.payments.wait(payment.payment_no)

    def _declined(self) -> str:
        try:
            payment = self._created("barcode", Payer(auth_code=NO_SUCH_CODE))
        except Declined as error:
            return "" if error.payment is None else error.payment.payment_no
        raise PaymeshError(f"the channel did not decline {payment.payment_no}")

    def _closed(self) -> str:
        payment = self._created()
        self._paymesh.orders.close(payment.merchant_order_no, merchant_id=self._merchant_id)
        return payment.payment_no

    def _conflicted(self) -> str:
        payment = self._created()
        self._sandbox.pay(payment.payment_no, amount=AMOUNT - 1)
        return self._paymesh.payments.wait(payment.payment_no).payment_no

    def _refunded(self) -> str:
        payment = self._paid()
        refund = self._paymesh.refunds.create(
            merchant_id=self._merchant_id,
            payment_id=self._payment_id,
            payment_no=payment.payment_no,
            merchant_refund_no=f"trigger-{uuid4()}",
            amount=AMOUNT,
            reason=SUBJECT,
            notify_url=self._notify_url,
        )
        return refund.refund_no

    def _decided(self, state: str) -> str:
        """A refund that the bank keeps, until it is decided in this way."""
        hold = self._sandbox.fault("wechat", "refund", "hold")
        try:
            refund_no = self._refunded()
            self._decide(refund_no, state)
        finally:
            self._sandbox.clear_fault(hold)
        return refund_no

    def _decide(self, refund_no: str, state: str) -> None:
        """As soon as the refund has reached the channel."""
        until = time.monotonic() + AT_CHANNEL_WITHIN_S
        while True:
            try:
                return self._sandbox.decide_refund(refund_no, state)
            except SandboxRefused:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _split(self, channel: str, receiver: str) -> str:
        if channel not in self._payment_ids:
            raise ValueError(f"the demo merchant has no account at {channel}")
        payment = self._paymesh.payments.create_and_settle(
            merchant_id=self._merchant_id,
            payment_id=self._payment_ids[channel],
            merchant_order_no=f"trigger-{uuid4()}",
            amount=AMOUNT,
            subject=SUBJECT,
            method="native",
            notify_url=self._notify_url,
            splits=True,
        )
        self._sandbox.pay(payment.payment_no)
        self._paymesh.payments.wait(payment.payment_no)
        split = self._paymesh.splits.create(
            merchant_id=self._merchant_id,
            payment_no=payment.payment_no,
            merchant_split_no=f"trigger-{uuid4()}",
            receivers=[SplitReceiver(account=receiver, amount=AMOUNT // 10, description=SUBJECT)],
            finish=True,
        )
        return split.split_no
