"""UnionPay as one value: all that the gateway knows of this channel."""

from contracts.api import Method
from contracts.words import Words
from gateway.channels.plugin import (
    FormerQuery,
    HandOver,
    Notifications,
    Operation,
    Plugin,
    Statements,
    Undo,
)
from gateway.channels.unionpay import limits, refund_times, wire
from gateway.channels.unionpay.credentials import (
    FILE_URLS,
    Account,
    Credentials,
    open_account,
    overlap,
)
from gateway.channels.unionpay.form import FORM
from gateway.channels.unionpay.look import LOOK
from gateway.channels.unionpay.methods import app, barcode, h5, native, pc
from gateway.channels.unionpay.operations import (
    close,
    notifications,
    query,
    query_former,
    query_refund,
    query_undo,
    refund,
    statements,
    trial,
    undo,
)
from gateway.channels.unionpay.wallet import WALLET

PLUGIN: Plugin[Account] = Plugin(
    name="unionpay",
    title=Words("银联支付", "UnionPay"),
    look=LOOK,
    wallet=WALLET,
    credentials=Credentials,
    max_amount=limits.MAX_AMOUNT,
    return_url_characters=limits.FRONT_URL_CHARACTERS,
    form=FORM,
    open_account=open_account,
    identity=("mer_id",),
    overlap=overlap,
    own_urls={
        "base_url": frozenset(FILE_URLS),
        "file_url": frozenset(FILE_URLS.values()),
    },
    wire=wire,
    methods={
        Method.NATIVE: Operation(native.call, native.outcome, action="qr_code"),
        Method.APP: Operation(app.call, app.outcome, action="app"),
        Method.H5: HandOver(h5.call, h5.outcome, action="form"),
        Method.PC: HandOver(pc.call, pc.outcome, action="form"),
        Method.BARCODE: Operation(barcode.call, barcode.outcome, frozenset({"auth_code"})),
    },
    query=Operation(query.call, query.outcome),
    former_query=FormerQuery(
        query_former.is_for, Operation(query_former.call, query_former.outcome)
    ),
    close=Operation(close.call, close.outcome),
    closes=frozenset({Method.BARCODE}),
    refund=Operation(refund.call, refund.outcome),
    query_refund=Operation(query_refund.call, query_refund.outcome),
    undo=Undo(
        undo.is_for,
        Operation(undo.call, undo.outcome),
        Operation(query_undo.call, query_undo.outcome),
        may_begin=refund_times.is_first,
    ),
    refund_keys=refund_times.usable,
    later_refund_keys=refund_times.later,
    notifications=Notifications(notifications.read, notifications.ACCEPT, notifications.REFUSE),
    trial=trial.read,
    channel_key=trial.channel_key,
    statements=Statements(statements.KINDS, statements.call, statements.read),
    offers=(Method.NATIVE, Method.H5),
    hosted=frozenset({Method.H5, Method.PC}),
)
