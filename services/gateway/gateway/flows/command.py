"""What trade-core wants asked of a channel: asked, and the answer published."""

from datetime import UTC, datetime

import structlog
from prometheus_client import Counter

from chassis.producer import NotPublished
from contracts.events.commands import (
    ChannelCommand,
    CommandName,
    FetchStatement,
    PaymentRef,
    RefundRef,
    SplitRef,
)
from contracts.events.results import PaymentResult, Source
from contracts.money import Money
from gateway.channels.plugin import Refunding, Trade
from gateway.directory import ChannelAccount
from gateway.flows import split_commands, statements
from gateway.flows.deps import Deps
from gateway.outgoing.results import Result, payment_result, refund_result

log = structlog.get_logger()

COMMANDS = Counter("paymesh_channel_commands", "Commands from trade-core", ["command", "result"])


async def run(deps: Deps, command: ChannelCommand) -> None:
    """Carry the command out, also for a disabled account: what was begun must be ended right.

    Never raises. Whatever comes to nothing here (lease over, account gone, Kafka away) trade-core
    asks for again.
    """
    payment = command.payment
    with structlog.contextvars.bound_contextvars(
        payment_no=payment.payment_no, merchant_order_no=payment.merchant_order_no
    ):
        COMMANDS.labels(command.command, await _carry_out(deps, command)).inc()


async def fetch_statement(deps: Deps, command: FetchStatement) -> None:
    """As `run`, for the statement of a channel account."""
    with structlog.contextvars.bound_contextvars(statement_no=command.statement_no):
        is_over = _is_over(deps, command)
        result = "expired" if is_over else await statements.fetch(deps, command)
        COMMANDS.labels(command.command, result).inc()


async def _carry_out(deps: Deps, command: ChannelCommand) -> str:
    if _is_over(deps, command):
        return "expired"
    account = deps.directory.find_account(command.payment.payment_id)
    if account is None or account.channel != command.payment.channel:
        log.error("command.account_unknown", payment_id=command.payment.payment_id)
        return "account_unknown"
    result = await _ask(deps, account, command)
    if result is None:
        log.error("command.incomplete", command=command.command)
        return "incomplete"
    try:
        await deps.results.publish(result)
    except NotPublished as error:
        log.warning("command.result_not_published", reason=str(error))
        return "not_published"
    return "published"


def _is_over(deps: Deps, command: ChannelCommand | FetchStatement) -> bool:
    return datetime.fromtimestamp(deps.clock(), UTC) >= command.lease_until


async def close(deps: Deps, account: ChannelAccount, trade: Trade) -> PaymentResult:
    """End the trade at its channel; of a channel that cannot close, ask how the trade stands."""
    if account.plugin.closing(trade.method) is None:
        outcome = await deps.executor.query(account, trade)
        return payment_result(account, trade.payment_no, Source.QUERY, outcome)
    outcome = await deps.executor.close(account, trade)
    return payment_result(account, trade.payment_no, Source.CLOSE, outcome)


def trade_of(payment: PaymentRef) -> Trade:
    """The payment in the words of a plugin."""
    return Trade(
        payment_no=payment.payment_no,
        amount=Money(payment.amount, payment.currency),
        method=payment.method,
        created_at=payment.created_at,
        expires_at=payment.expires_at,
        channel_trade_no=payment.channel_trade_no,
        paid_at=payment.paid_at,
        initiated_at=payment.initiated_at,
    )


async def _ask(deps: Deps, account: ChannelAccount, command: ChannelCommand) -> Result | None:
    trade = trade_of(command.payment)
    match command:
        case ChannelCommand(command=CommandName.QUERY):
            outcome = await deps.executor.query(account, trade)
            return payment_result(account, trade.payment_no, Source.QUERY, outcome)
        case ChannelCommand(command=CommandName.CLOSE):
            return await close(deps, account, trade)
        case ChannelCommand(command=CommandName.SPLIT, split=SplitRef() as split):
            splitting = split_commands.splitting_of(trade, split)
            return await split_commands.split(deps, account, splitting)
        case ChannelCommand(command=CommandName.QUERY_SPLIT, split=SplitRef() as split):
            splitting = split_commands.splitting_of(trade, split)
            return await split_commands.query(deps, account, splitting)
        case ChannelCommand(command=name, refund=RefundRef() as refund):
            return await _ask_of_refund(
                deps, account, name, _refunding(deps, account, trade, refund, command.lease_until)
            )
        case _:
            return None


async def _ask_of_refund(
    deps: Deps, account: ChannelAccount, name: CommandName, refunding: Refunding
) -> Result | None:
    numbers = (refunding.refund_no, refunding.trade.payment_no)
    match name:
        case CommandName.REFUND:
            return await split_commands.refund(deps, account, refunding)
        case CommandName.QUERY_REFUND:
            outcome = await deps.executor.query_refund(account, refunding)
            return refund_result(account, *numbers, Source.QUERY_REFUND, outcome)
        case CommandName.REFUND_ABNORMAL:
            outcome = await deps.executor.refund_abnormal(account, refunding)
            return refund_result(account, *numbers, Source.REFUND, outcome)
        case _:
            return None


def _refunding(
    deps: Deps, account: ChannelAccount, trade: Trade, refund: RefundRef, lease_until: datetime
) -> Refunding:
    return Refunding(
        trade=trade,
        refund_no=refund.refund_no,
        amount=Money(refund.amount, trade.amount.currency),
        created_at=refund.created_at,
        notify_url=account.webhook(deps.addresses.public),
        reason=refund.reason,
        channel_refund_no=refund.channel_refund_no,
        returns=split_commands.returns_of(trade, refund),
        lease_until=lease_until,
        has_others=refund.has_others,
    )
