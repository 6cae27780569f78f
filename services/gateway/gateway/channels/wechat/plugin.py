"""WeChat Pay as one value: all that the gateway knows of this channel."""

from contracts.api import Method
from contracts.words import Words
from gateway.channels.plugin import KeyRenewal, Notifications, Operation, Plugin, Splits, Statements
from gateway.channels.wechat import limits, wire
from gateway.channels.wechat.account import Account, is_merchant_number
from gateway.channels.wechat.credentials import OWN_URLS, Credentials, open_account, overlap
from gateway.channels.wechat.form import FORM
from gateway.channels.wechat.look import LOOK
from gateway.channels.wechat.methods import app, barcode, h5, jsapi, mini_program, native
from gateway.channels.wechat.operations import (
    certificates,
    close,
    login,
    notifications,
    query,
    query_refund,
    query_split,
    refund,
    refund_abnormal,
    return_split,
    split,
    statements,
    trial,
)
from gateway.channels.wechat.wallet import WALLET

_NATIVE = Operation(native.call, native.outcome, action="qr_code")

PLUGIN: Plugin[Account] = Plugin(
    name="wechat",
    title=Words("微信支付", "WeChat Pay"),
    look=LOOK,
    credentials=Credentials,
    form=FORM,
    open_account=open_account,
    identity=("mchid", "appid", "sub_mchid", "sub_appid"),
    overlap=overlap,
    own_urls={"base_url": OWN_URLS},
    codes_live={Method.NATIVE: limits.CODE_LIVES, Method.JSAPI: limits.CODE_LIVES},
    wire=wire,
    methods={
        Method.NATIVE: _NATIVE,
        Method.PC: _NATIVE,
        Method.JSAPI: Operation(jsapi.call, jsapi.outcome, frozenset({"openid"}), "jsapi"),
        Method.MINI_PROGRAM: Operation(
            mini_program.call, mini_program.outcome, frozenset({"openid"}), "jsapi"
        ),
        Method.APP: Operation(app.call, app.outcome, action="app"),
        Method.H5: Operation(h5.call, h5.outcome, frozenset({"client_ip"}), "redirect"),
        Method.BARCODE: Operation(barcode.call, barcode.outcome, frozenset({"auth_code"})),
    },
    query=Operation(query.call, query.outcome),
    close=Operation(close.call, close.outcome),
    refund=Operation(refund.call, refund.outcome),
    query_refund=Operation(query_refund.call, query_refund.outcome),
    notifications=Notifications(notifications.read, notifications.ACCEPT, notifications.REFUSE),
    trial=trial.read,
    channel_key=trial.channel_key,
    unknown_key=trial.unknown_key,
    refund_abnormal=Operation(refund_abnormal.call, refund_abnormal.outcome),
    keys=KeyRenewal(certificates.call, certificates.learn, certificates.EVERY_S, certificates.ends),
    statements=Statements(
        statements.KINDS, statements.call, statements.place, statements.download, statements.read
    ),
    splits=Splits(
        split=Operation(split.call, split.outcome),
        query=Operation(query_split.call, query_split.outcome),
        return_split=Operation(return_split.call, return_split.outcome),
        gives_back=is_merchant_number,
    ),
    offers=(Method.NATIVE, Method.JSAPI, Method.H5),
    wallet=WALLET,
    login=login.LOGIN,
)
