"""What the gateway is asked to do at a channel, as it goes to Kafka."""

from datetime import datetime

from chassis.producer import Message
from contracts.events.commands import (
    SOURCE,
    ChannelCommand,
    ChannelCommandRecord,
    CommandName,
    FetchStatement,
    FetchStatementRecord,
    RefundRef,
)
from contracts.identifiers import new_id
from contracts.topics import CHANNEL_COMMANDS
from trade_core.domain import views
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.reconciliation import Reconciliation
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split


def command(
    name: CommandName,
    order: Order,
    payment: Payment,
    about: Refund | Split | None,
    *,
    lease_until: datetime,
    has_others: bool = False,
) -> ChannelCommand:
    """`about` None: the payment itself. `has_others`, of a refund: `domain.due.has_others`."""
    return ChannelCommand(
        command=name,
        payment=views.payment_ref(order, payment),
        refund=(
            views.refund_ref(about, has_others=has_others) if isinstance(about, Refund) else None
        ),
        split=views.split_ref(about) if isinstance(about, Split) else None,
        lease_until=lease_until,
    )


def about_outside(
    order: Order, payment: Payment, number: str, *, lease_until: datetime
) -> ChannelCommand:
    """Ask about a refund made without us, by its number at the channel. How much it is, the answer
    says."""
    refund = RefundRef(
        refund_no=number,
        amount=0,
        reason=None,
        channel_refund_no=None,
        created_at=payment.created_at,
    )
    asked = command(CommandName.QUERY_REFUND, order, payment, None, lease_until=lease_until)
    return asked.model_copy(update={"refund": refund})


def message(
    command: ChannelCommand, subject: str, now: datetime, traceparent: str | None = None
) -> Message:
    """`subject` is the number that the command is about, `traceparent` the trace it was asked for
    in."""
    record = ChannelCommandRecord(
        id=new_id("event"),
        source=SOURCE,
        type=command.command,
        subject=subject,
        time=now,
        traceparent=traceparent,
        data=command,
    )
    key = command.payment.payment_no
    return Message(CHANNEL_COMMANDS, key, record.to_bytes(), record.headers())


def fetch_statement(
    reconciliation: Reconciliation, now: datetime, *, lease_until: datetime
) -> Message:
    command = FetchStatement(
        statement_no=reconciliation.statement_no,
        round=reconciliation.round,
        payment_id=reconciliation.account_id,
        merchant_id=reconciliation.merchant_id,
        channel=reconciliation.channel,
        day=reconciliation.day,
        lease_until=lease_until,
    )
    record = FetchStatementRecord(
        id=new_id("event"),
        source=SOURCE,
        type=command.command,
        subject=command.statement_no,
        time=now,
        data=command,
    )
    return Message(CHANNEL_COMMANDS, command.payment_id, record.to_bytes(), record.headers())
