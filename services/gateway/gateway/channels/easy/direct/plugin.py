"""易企通 2.0 as one value, beside what all products of 易生 have in common."""

from dataclasses import replace
from typing import Final

from contracts.api import Method
from contracts.words import Words
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.direct import wire
from gateway.channels.easy.direct.methods import app, h5, jsapi, mini_program, native
from gateway.channels.easy.direct.operations import (
    notifications,
    query,
    query_former,
    query_refund,
    refund,
    trial,
)
from gateway.channels.plugin import FormerQuery, Notifications, Operation, PayerDetail, Plugin

PAYER: Final[frozenset[PayerDetail]] = frozenset({"openid"})


def beside(other: Plugin[Account]) -> Plugin[Account]:
    """The same channel and credentials, with this product's ways to ask and to read."""
    return replace(
        other,
        title=Words("易生支付（易企通）", "EasyPay (direct)"),
        wire=wire,
        methods={
            Method.NATIVE: Operation(native.call, native.outcome, action="qr_code"),
            Method.JSAPI: Operation(jsapi.call, jsapi.outcome, PAYER, "jsapi"),
            Method.MINI_PROGRAM: Operation(mini_program.call, mini_program.outcome, PAYER, "jsapi"),
            Method.APP: Operation(app.call, app.outcome, action="redirect"),
            Method.H5: Operation(h5.call, h5.outcome, action="redirect"),
        },
        query=Operation(query.call, query.outcome),
        former_query=FormerQuery(query_former.is_for, Operation(query_former.call, query.outcome)),
        refund=Operation(refund.call, refund.outcome),
        query_refund=Operation(query_refund.call, query_refund.outcome),
        notifications=Notifications(notifications.read, notifications.ACCEPT, notifications.REFUSE),
        trial=trial.read,
        has_serials=False,
        offers=(Method.NATIVE, Method.H5),
        hosted=frozenset(),
    )
