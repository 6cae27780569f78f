"""易生 as one value: all that the gateway knows of this channel, and of its two products."""

from dataclasses import replace
from typing import Final

from contracts.api import Method
from contracts.words import Words
from gateway.channels.easy import wire
from gateway.channels.easy.credentials import (
    DIRECT_URLS,
    REFUND_URLS,
    Account,
    Credentials,
    open_account,
    overlap,
)
from gateway.channels.easy.direct import plugin as direct
from gateway.channels.easy.form import FORM
from gateway.channels.easy.look import LOOK
from gateway.channels.easy.methods import app, cashier, h5, mini_program, pc
from gateway.channels.easy.operations import (
    notifications,
    query,
    query_refund,
    refund,
    statement_file,
    trial,
)
from gateway.channels.plugin import Notifications, Operation, Plugin, StatementFile

CLOUD_CASHIER: Final[Plugin[Account]] = Plugin(
    name="easy",
    title=Words("易生支付", "EasyPay"),
    look=LOOK,
    credentials=Credentials,
    form=FORM,
    open_account=open_account,
    identity=("product", "org_id", "mer_code"),
    identity_before={"product": "cloud_cashier"},
    overlap=overlap,
    own_urls={
        "base_url": frozenset(REFUND_URLS) | DIRECT_URLS,
        "refund_base_url": frozenset(REFUND_URLS.values()) | DIRECT_URLS,
    },
    wire=wire,
    methods={
        Method.H5: Operation(h5.call, h5.outcome, action="redirect"),
        Method.PC: Operation(pc.call, pc.outcome, action="redirect"),
        Method.MINI_PROGRAM: Operation(mini_program.call, mini_program.outcome, action="redirect"),
        Method.APP: Operation(app.call, app.outcome, action="redirect"),
        Method.CASHIER: Operation(cashier.call, cashier.outcome, action="redirect"),
    },
    query=Operation(query.call, query.outcome),
    close=None,
    refund=Operation(refund.call, refund.outcome),
    query_refund=Operation(query_refund.call, query_refund.outcome),
    notifications=Notifications(
        notifications.read,
        notifications.ACCEPT,
        notifications.REFUSE,
        accept_of=notifications.accept_of,
    ),
    trial=trial.read,
    channel_key=trial.channel_key,
    statement_file=StatementFile(statement_file.ABOUT, statement_file.read),
    has_serials=True,
    hosted=frozenset({Method.H5, Method.PC, Method.MINI_PROGRAM, Method.APP, Method.CASHIER}),
)

PLUGIN: Final[Plugin[Account]] = replace(
    CLOUD_CASHIER,
    products={"direct": direct.beside(CLOUD_CASHIER)},
    product_of=lambda account: account.product,
)
