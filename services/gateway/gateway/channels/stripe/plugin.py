"""Stripe as one value: all that the gateway knows of this channel."""

from contracts.api import Method
from contracts.words import Words
from gateway.channels.plugin import Notifications, Operation, Plugin, Statements
from gateway.channels.stripe import amounts, refund_keys, wire
from gateway.channels.stripe.credentials import (
    OWN_URL,
    Account,
    Credentials,
    open_account,
    overlap,
)
from gateway.channels.stripe.form import FORM
from gateway.channels.stripe.look import LOOK
from gateway.channels.stripe.methods import app, cashier, h5, pc
from gateway.channels.stripe.operations import (
    close,
    notifications,
    query,
    query_refund,
    refund,
    statements,
    trial,
)

PLUGIN: Plugin[Account] = Plugin(
    name="stripe",
    title=Words("Stripe", "Stripe"),
    look=LOOK,
    credentials=Credentials,
    form=FORM,
    open_account=open_account,
    identity=("account_id",),
    overlap=overlap,
    own_urls={"base_url": frozenset({OWN_URL})},
    wire=wire,
    methods={
        Method.H5: Operation(h5.call, h5.outcome, action="redirect"),
        Method.PC: Operation(pc.call, pc.outcome, action="redirect"),
        Method.APP: Operation(app.call, app.outcome, action="app"),
        Method.CASHIER: Operation(cashier.call, cashier.outcome, action="redirect"),
    },
    query=Operation(query.call, query.outcome),
    close=Operation(close.call, close.outcome),
    refund=Operation(refund.call, refund.outcome),
    query_refund=Operation(query_refund.call, query_refund.outcome),
    refund_keys=refund_keys.usable,
    notifications=Notifications(notifications.read, notifications.ACCEPT, notifications.REFUSE),
    trial=trial.read,
    trial_call=trial.call,
    channel_key=trial.channel_key,
    statements=Statements(statements.KINDS, statements.call, statements.read),
    hosted=frozenset({Method.H5, Method.PC, Method.CASHIER}),
    refunds_bounce=True,
    currencies=amounts.CURRENCIES,
    amount_fault=amounts.fault,
)
