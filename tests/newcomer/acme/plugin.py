"""Acme Pay as one value: all that the gateway knows of this channel."""

from typing import Final

from tests.newcomer.acme import trade, wire
from tests.newcomer.acme.credentials import (
    FORM,
    OWN_URL,
    Account,
    Credentials,
    open_account,
    overlap,
)

from contracts.api import Method
from contracts.internal import ChannelLook
from contracts.words import Words
from gateway.channels.formats import text
from gateway.channels.plugin import (
    Acknowledgement,
    Call,
    Moment,
    Notifications,
    Notified,
    NotifiedPayment,
    Operation,
    Plugin,
    RawNotification,
    Reply,
    Trial,
    understood,
)

LOOK: Final = ChannelLook(
    name=Words("爱客支付", "Acme Pay"),
    scan=Words("请用爱客扫码付款", "Scan with Acme to pay"),
    colour="#5b2a86",
    lines=("M6 18L12 6l6 12M8.5 14h7",),
)


def notified(raw: RawNotification, account: Account, moment: Moment) -> list[Notified]:
    content = wire.read(raw, account, moment)
    return [NotifiedPayment(text(content, "number"), understood(trade.stated(content)))]


def tried(reply: Reply, call: Call, account: Account, moment: Moment) -> Trial:
    content = wire.verify(reply, call, account, moment).content
    code = text(content, "code")
    return Trial(code == "NO_SUCH_PAYMENT", code, text(content, "message"))


PLUGIN: Plugin[Account] = Plugin(
    name="acme",
    title=Words("爱客支付", "Acme Pay"),
    look=LOOK,
    credentials=Credentials,
    form=FORM,
    open_account=open_account,
    identity=("shop_id",),
    overlap=overlap,
    own_urls={"base_url": frozenset({OWN_URL})},
    wire=wire,
    methods={Method.NATIVE: Operation(trade.pay, trade.paying, action="qr_code")},
    query=Operation(trade.query, trade.queried),
    close=Operation(trade.close, trade.closed),
    refund=Operation(trade.refund, trade.refunded),
    query_refund=Operation(trade.query_refund, trade.refunded),
    notifications=Notifications(
        notified, Acknowledgement(200, b"ok"), Acknowledgement(500, b"again")
    ),
    trial=tried,
    channel_key=lambda _: "secret",
    offers=(Method.NATIVE,),
)
