"""Refunds that people ask for: sent to trade-core, which alone knows what may be given back."""

from typing import Final

import structlog

from chassis.database import Tx
from chassis.problems import Forwarded, InvalidRequest, Problem
from contracts.api import CreateRefund, PaymentStatus
from contracts.identifiers import new_id
from contracts.internal import CheckRefund, OpenedRefund, OpenRefund, PaymentOnFile
from foundation.money_text import money
from foundation.service_client import Nothing
from merchant_admin.domain.approvals import ApprovalKind, ApprovalState, Asked, AwaitsApproval
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import (
    NotRefundable,
    NumberTaken,
    ReauthenticationRequired,
    RefundExceedsPaid,
)
from merchant_admin.domain.four_eyes import reaches
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.asking import ask
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store.approvals import find_refund_locked, list_waiting_refunds
from merchant_admin.store.merchants import list_four_eyes
from merchant_admin.store.refund_sums import sum_by_people, sum_under_way

log = structlog.get_logger()

MOST_WAITING: Final = 100
"""Of one order; each takes a person who asks."""

CHECK_LIMIT_S: Final = 2.0
"""Out of memory it takes milliseconds; nobody is kept waiting for more."""


def new_number() -> str:
    """What a form carries from the moment it is shown, so that however often it is sent, it is
    one refund."""
    return f"admin-{new_id('refund')}"


async def request(
    deps: Deps,
    actor: Actor,
    scope: Scope,
    payment_no: str,
    *,
    amount: int,
    merchant_refund_no: str,
    reason: str | None,
    is_proved: bool,
) -> OpenedRefund:
    """Ask for a refund; a `merchant_refund_no` that was sent before answers that refund.
    `is_proved`: whoever asks has just proved who they are, as a large one wants.

    Raises as `send` does, ReauthenticationRequired, Forwarded (422) for an amount that the channel
    cannot carry, and AwaitsApproval for one that waits for a second person.
    """
    payment = await _read_payment(deps, payment_no)
    scope.require(payment.merchant_id, "payment")
    if not is_proved and await wants_proof_for(
        deps, payment_no, merchant_refund_no, amount, payment.currency
    ):
        raise ReauthenticationRequired
    if payment.payment_id is None:  # the payer has not chosen yet
        raise NotRefundable(payment_no, payment.status)
    requested = CreateRefund(
        merchant_id=payment.merchant_id,
        payment_id=payment.payment_id,
        payment_no=payment_no,
        merchant_refund_no=merchant_refund_no,
        amount=amount,
        reason=reason,
    )
    if await _is_opened(deps, payment.app_id, requested):
        return await send(deps, actor, requested)
    await _require_carried(deps, requested, payment.currency)
    await _await_second_person(deps, actor, payment, requested)
    return await _open(deps, actor, requested)


async def wants_proof_for(
    deps: Deps, payment_no: str, merchant_refund_no: str, amount: int, currency: str
) -> bool:
    """Of a refund, together with what people gave back of the payment: pieces are no way around."""
    async with deps.db.connection() as tx:
        others = await sum_by_people(tx, payment_no, deps.clock(), other_than=merchant_refund_no)
    return wants_proof(deps, others + amount, currency)


def wants_proof(deps: Deps, amount: int, currency: str) -> bool:
    """Whether a browser is asked again who sits there before so much is given back."""
    return reaches(deps.refund_reauthentication_from, amount, currency)


async def send(deps: Deps, actor: Actor, requested: CreateRefund) -> OpenedRefund:
    """The request is audited before it is sent, because what is sent cannot be taken back, and
    what came of it after. Raises Forwarded for trade-core's problems (not found, more than was
    paid, …)."""
    await _audit(deps, actor, "requested", requested)
    return await _open(deps, actor, requested)


async def _open(deps: Deps, actor: Actor, requested: CreateRefund) -> OpenedRefund:
    try:
        opened = await deps.trade_core.post(
            OpenedRefund, "/internal/refunds", body=OpenRefund(app_id=None, request=requested)
        )
    except Forwarded as problem:
        await _audit(deps, actor, "refused", requested, code=problem.code)
        raise
    await _audit(deps, actor, "opened", requested, refund_no=opened.refund.refund_no)
    return opened


def request_of(asked: Asked) -> CreateRefund:
    """As it was checked when it was asked for: trade-core says so where it takes it no more."""
    return CreateRefund.model_construct(**asked.request)


async def is_as_seen(deps: Deps, asked: Asked) -> bool:
    """Whether the payment is as it was when the refund was asked for."""
    return _seen(await _read_payment(deps, asked.subject)) == asked.seen


async def _read_payment(deps: Deps, payment_no: str) -> PaymentOnFile:
    return await deps.trade_core.get(PaymentOnFile, f"/internal/payments/{payment_no}")


async def _is_opened(deps: Deps, app_id: str | None, requested: CreateRefund) -> bool:
    """Whether trade-core has a refund of this number, which it then answers, or refuses where it is
    one with other content: what may be opened now is no question."""
    number = {
        "app_id": app_id,
        "merchant_id": requested.merchant_id,
        "merchant_refund_no": requested.merchant_refund_no,
    }
    try:
        await deps.trade_core.get(Nothing, "/internal/refunds", number)
    except Forwarded as problem:
        if problem.status >= 500:
            raise
        return False  # there is none, or a trade-core of the version before does not tell
    return True


async def _require_carried(deps: Deps, requested: CreateRefund, currency: str) -> None:
    """Where the gateway does not tell, or knows nothing of it, the channel will."""
    path = f"/internal/channel-accounts/{requested.payment_id}/refunds/check"
    asked = CheckRefund(
        merchant_id=requested.merchant_id, amount=requested.amount, currency=currency
    )
    try:
        await deps.gateway.post(Nothing, path, body=asked, timeout_s=CHECK_LIMIT_S)
    except Problem as problem:
        if problem.status == InvalidRequest.status:
            raise
        log.info("refund.unchecked", payment_no=requested.payment_no, code=problem.code)


async def _await_second_person(
    deps: Deps, actor: Actor, payment: PaymentOnFile, requested: CreateRefund
) -> None:
    """Raises AwaitsApproval, also for a number that waits already, and NumberTaken for a number
    that was asked for with other content. One that was agreed to goes on. Nobody is asked about
    what was never paid (NotRefundable), nor about more than is left (RefundExceedsPaid); what
    waits is out of reach of smaller refunds, too. What may go on is audited at once, so that of two
    pieces asked for at the same moment the second counts the first."""
    async with deps.db.transaction() as tx:
        four_eyes = (await list_four_eyes(tx, [payment.merchant_id])).get(payment.merchant_id)
        approval = await find_refund_locked(
            tx, requested.payment_no, requested.merchant_refund_no, deps.clock()
        )
        waiting = await _sum_waiting(deps, tx, payment.payment_no)
        others = await sum_by_people(
            tx, payment.payment_no, deps.clock(), other_than=requested.merchant_refund_no
        )
        whole = others + requested.amount
        if four_eyes is None or not four_eyes.wants_for_refund(whole, payment.currency):
            if waiting:
                await _require_left(tx, payment, requested.amount, waiting)
            await _write_down(deps, tx, actor, "requested", requested)
            return
        if approval is None:
            if payment.status is not PaymentStatus.SUCCEEDED:
                raise NotRefundable(payment.payment_no, payment.status)
            left = await _require_left(tx, payment, requested.amount, waiting)
            approval = await ask(deps, tx, actor, _asked(payment, requested, left))
    if request_of(approval.asked) != requested:
        raise NumberTaken
    if approval.state is ApprovalState.WAITING:
        raise AwaitsApproval(approval)
    await _audit(deps, actor, "requested", requested)


async def _sum_waiting(deps: Deps, tx: Tx, payment_no: str) -> int:
    waiting = await list_waiting_refunds(tx, [payment_no], deps.clock(), MOST_WAITING)
    return sum(approval.refund_amount for approval in waiting)


async def _require_left(tx: Tx, payment: PaymentOnFile, amount: int, waiting: int) -> int:
    """What can be given back, as far as trade-core told it. Raises RefundExceedsPaid where less of
    it is left beside what waits."""
    under_way = payment.amount_reserved
    if under_way is None:  # a trade-core of the version before does not tell
        under_way = await sum_under_way(tx, payment.payment_no)
    left = payment.amount - payment.amount_refunded - under_way
    if amount > left - waiting:
        raise RefundExceedsPaid(
            money(max(left - waiting, 0), payment.currency),
            money(waiting, payment.currency) if waiting else None,
        )
    return left


def _asked(payment: PaymentOnFile, requested: CreateRefund, left: int) -> Asked:
    return Asked(
        kind=ApprovalKind.REFUND,
        merchant_ids=(requested.merchant_id,),
        subject=requested.payment_no,
        request=requested.model_dump(mode="json"),
        shown={
            "merchant_order_no": payment.merchant_order_no,
            "subject": payment.subject,
            "amount_paid": payment.amount,
            "amount_left": left,
            "merchant_refund_no": requested.merchant_refund_no,
            "amount": requested.amount,
            "currency": payment.currency,
            "reason": requested.reason,
        },
        seen=_seen(payment),
    )


def _seen(payment: PaymentOnFile) -> dict[str, object]:
    return {"status": payment.status.value, "amount_refunded": payment.amount_refunded}


async def _audit(
    deps: Deps, actor: Actor, action: str, requested: CreateRefund, **outcome: str
) -> None:
    async with deps.db.transaction() as tx:
        await _write_down(deps, tx, actor, action, requested, **outcome)


async def _write_down(
    deps: Deps, tx: Tx, actor: Actor, action: str, requested: CreateRefund, **outcome: str
) -> None:
    after = requested.model_dump(mode="json", exclude_none=True) | outcome
    await record_action(
        tx,
        actor,
        f"refund.{action}",
        at=deps.clock(),
        entity_id=requested.payment_no,
        after=after,
    )
