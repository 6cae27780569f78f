"""POST and GET /v1/payments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pydantic import JsonValue

from paymesh import settling
from paymesh.calls import lists, orders
from paymesh.errors import failed
from paymesh.exchange import CREATE_PATIENCE_S, Answer, Call, Flow, Stream, get, path, post, reader
from paymesh.models.answers import PaymentPage
from paymesh.models.money import PaymentView, PaymentWithOrder
from paymesh.models.requests import CreatePayment, Payer, SplitReceiver
from paymesh.models.vocabulary import Method, PaymentStatus

SETTLED_WITHIN_S: Final = 60.0


def create(
    *,
    merchant_id: str,
    merchant_order_no: str,
    amount: int,
    subject: str,
    method: Method | str = Method.CASHIER,
    payment_id: str | None = None,
    currency: str | None = None,
    payer: Payer | None = None,
    notify_url: str | None = None,
    return_url: str | None = None,
    expires_in_s: int | None = None,
    metadata: Mapping[str, JsonValue] | None = None,
    split: Sequence[SplitReceiver] | None = None,
    splits: bool | None = None,
) -> Call[PaymentView]:
    """Take this money for this order; `amount` in minor units (分).

    The answer says how to call the payer (`action`), never that it is paid. `payment_id` may be
    absent only with method `cashier`. The same numbers and content again within 15 s are the same
    payment; later they are the order's next attempt, which replaces the one that is open.

    Raises:
        Unknown, AnswerLost: it is not known what the channel did: `create_and_settle` asks.
        Declined, NotSent: nothing was paid, now or by the same a moment ago.
        Conflict: the order stands in the way.
    """
    asked: dict[str, Any] = {
        "merchant_id": merchant_id,
        "merchant_order_no": merchant_order_no,
        "amount": amount,
        "subject": subject,
        "method": method,
        "payment_id": payment_id,
        "currency": currency,
        "payer": payer,
        "notify_url": notify_url,
        "return_url": return_url,
        "expires_in_s": expires_in_s,
        "metadata": None if metadata is None else dict(metadata),
        "split": None if split is None else list(split),
        "splits": splits,
    }
    call = post(path("payments"), PaymentView, lists.asked(CreatePayment, asked))
    return replace(call, read=_created, patience_s=CREATE_PATIENCE_S)


def _created(answer: Answer) -> PaymentView:
    """A failure that is answered again, as a payment now, is raised as it was the first time."""
    payment = _read(answer)
    if payment.status is PaymentStatus.FAILED:
        raise failed(payment, answer.headers.get("x-request-id", ""))
    return payment


_read: Final = reader(PaymentView)


def create_and_settle(
    *,
    merchant_id: str,
    merchant_order_no: str,
    amount: int,
    subject: str,
    method: Method | str = Method.CASHIER,
    payment_id: str | None = None,
    currency: str | None = None,
    payer: Payer | None = None,
    notify_url: str | None = None,
    return_url: str | None = None,
    expires_in_s: int | None = None,
    metadata: Mapping[str, JsonValue] | None = None,
    split: Sequence[SplitReceiver] | None = None,
    splits: bool | None = None,
    timeout_s: float = SETTLED_WITHIN_S,
) -> Flow[PaymentView]:
    """`create`, and where it is not known what came of it, ask until it is.

    Returns when the payer can be called, or the payment is over and did not fail; of a payment code
    (付款码), which leaves the app nothing to do, when it is over. Where the channel's answer stays
    lost, the same order is asked for again when its 15 seconds are over; a payment code never is.

    Raises:
        Declined, NotSent: it failed; another way to pay may be tried 15 s after the first.
        NotSettled: not known within `timeout_s`; query later, or call this again with the same
            `merchant_order_no` and content, never with another number.
    """
    call = create(
        merchant_id=merchant_id,
        merchant_order_no=merchant_order_no,
        amount=amount,
        subject=subject,
        method=method,
        payment_id=payment_id,
        currency=currency,
        payer=payer,
        notify_url=notify_url,
        return_url=return_url,
        expires_in_s=expires_in_s,
        metadata=metadata,
        split=split,
        splits=splits,
    )
    find = orders.get(merchant_order_no, merchant_id=merchant_id)

    def is_asked(payment: PaymentView) -> bool:
        same = (payment.amount, payment.currency, payment.subject) == (
            amount,
            currency or "CNY",
            subject,
        )
        chosen_by_payer = method == Method.CASHIER
        return same and (
            chosen_by_payer or (payment.method, payment.payment_id) == (method, payment_id)
        )

    return settling.create_and_settle(
        call,
        find,
        get_,
        is_asked=is_asked,
        # The payer of a payment code is asked by the wallet: once more would be another time.
        asks_again=method != Method.BARCODE,
        timeout_s=timeout_s,
    )


def get_(payment_no: str) -> Call[PaymentWithOrder]:
    """One payment, with its order."""
    return get(path("payments", payment_no), PaymentWithOrder)


def wait(payment_no: str, *, timeout_s: float = SETTLED_WITHIN_S) -> Flow[PaymentWithOrder]:
    """Ask until the payment is final. Callbacks and `events.follow` tell it without asking.

    Raises:
        NotSettled: it is not within `timeout_s`.
    """
    return settling.wait(payment_no, get_, timeout_s)


def list_(
    *,
    merchant_id: str | None = None,
    status: PaymentStatus | str | None = None,
    channel: str | None = None,
    merchant_order_no: str | None = None,
    payment_no: str | None = None,
    channel_trade_no: str | None = None,
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    paid_from: datetime | None = None,
    paid_to: datetime | None = None,
    order: str | None = None,
    after: str | None = None,
) -> Stream[PaymentView]:
    """All payments that fit, page by page as they are read; the newest first, or `order="asc"`."""
    return lists.items("payments", PaymentPage, dict(locals()))
