"""Alipay as one value: all that the gateway knows of this channel."""

from contracts.api import Method
from contracts.words import Words
from gateway.channels.alipay import limits, wire
from gateway.channels.alipay.credentials import (
    OWN_URLS,
    Account,
    Credentials,
    open_account,
    overlap,
)
from gateway.channels.alipay.form import FORM
from gateway.channels.alipay.look import LOOK
from gateway.channels.alipay.methods import app, barcode, h5, jsapi, mini_program, native, pc
from gateway.channels.alipay.operations import (
    certificates,
    close,
    login,
    notifications,
    query,
    query_refund,
    query_split,
    refund,
    split,
    statements,
    trial,
)
from gateway.channels.alipay.wallet import WALLET
from gateway.channels.plugin import (
    HandOver,
    KeyRenewal,
    Notifications,
    Operation,
    Plugin,
    Splits,
    Statements,
)

PLUGIN: Plugin[Account] = Plugin(
    name="alipay",
    title=Words("支付宝", "Alipay"),
    look=LOOK,
    credentials=Credentials,
    max_amount=limits.MAX_AMOUNT,
    return_url_characters=limits.RETURN_URL_CHARACTERS,
    codes_live={Method.NATIVE: limits.CODE_LIVES},
    form=FORM,
    open_account=open_account,
    identity=("app_id", "seller_id"),
    learnt_later=frozenset({"seller_id"}),
    overlap=overlap,
    own_urls={"gateway_url": OWN_URLS},
    wire=wire,
    methods={
        Method.NATIVE: Operation(native.call, native.outcome, action="qr_code"),
        Method.JSAPI: Operation(jsapi.call, jsapi.outcome, frozenset({"openid"}), "jsapi"),
        Method.MINI_PROGRAM: Operation(
            mini_program.call, mini_program.outcome, frozenset({"openid"}), "jsapi"
        ),
        Method.APP: HandOver(app.call, app.outcome, action="app"),
        Method.H5: HandOver(h5.call, h5.outcome, action="redirect"),
        Method.PC: HandOver(pc.call, pc.outcome, action="form"),
        Method.BARCODE: Operation(barcode.call, barcode.outcome, frozenset({"auth_code"})),
    },
    query=Operation(query.call, query.outcome),
    close=Operation(close.call, close.outcome),
    refund=Operation(refund.call, refund.outcome),
    query_refund=Operation(query_refund.call, query_refund.outcome),
    notifications=Notifications(
        notifications.read, notifications.ACCEPT, notifications.REFUSE, notifications.is_shared
    ),
    trial=trial.read,
    channel_key=trial.channel_key,
    keys=KeyRenewal(certificates.call, certificates.learn),
    statements=Statements(
        frozenset(statements.TYPES),
        statements.call,
        statements.place,
        statements.download,
        statements.read,
    ),
    refunds_bounce=True,
    refunds_apart_s=limits.REFUNDS_APART_S,
    splits=Splits(
        split=Operation(split.call, split.outcome),
        query=Operation(query_split.call, query_split.outcome),
        return_split=None,
        gives_back=bool,
    ),
    offers=(Method.NATIVE, Method.JSAPI, Method.H5),
    wallet=WALLET,
    login=login.LOGIN,
    hosted=frozenset({Method.H5, Method.PC}),
)
