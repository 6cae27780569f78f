"""WeChat Pay statements: UTF-8 with BOM, CRLF, every data cell begins with a backtick.

Sources: pay.weixin.qq.com/doc/v3/merchant/4013071246 (trades), 4013071249 (fund flow)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.clock import beijing_text
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.money import yuan
from sandbox.truth import Refund, Trade
from sandbox.wechat.account import CHANNEL, WechatAccount
from sandbox.wechat.orders import REVERSED, TRADE_TYPES, UNKNOWN_STATE

TRADE_KINDS = ("ALL", "SUCCESS", "REFUND")
ACCOUNTS = ("BASIC", "OPERATION", "FEES")
FEE_RATE = "0.60%"
FEE_PER_FEN = 6  # hundred-thousandths of a yuan

_COLUMNS = [
    "交易时间", "公众账号ID", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号",
    "用户标识", "交易类型", "交易状态", "付款银行", "货币种类", "应结订单金额", "代金券金额",
    "微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态",
    "商品名称", "商户数据包", "手续费", "费率", "订单金额", "申请退款金额", "费率备注",
]  # fmt: skip
_OF_REFUNDS = {
    "微信退款单号",
    "商户退款单号",
    "退款金额",
    "充值券退款金额",
    "退款类型",
    "退款状态",
    "申请退款金额",
}
_REFUND_TIMES = ["退款申请时间", "退款成功时间"]
_TOTALS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
_FLOW_COLUMNS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
_FLOW_TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
_STATES = {
    "processing": "PROCESSING",
    "succeeded": "SUCCESS",
    "failed": "FAIL",
    "abnormal": "CHANGE",
}

Day = tuple[float, float]


@dataclass(frozen=True, slots=True)
class StatementAsked:
    """Which rows; a provider may ask for those of one of its merchants."""

    kind: str
    sub_mchid: str | None = None

    def is_about(self, trade: Trade) -> bool:
        return self.sub_mchid in (None, trade.details["parties"].get("sub_mchid"))


def trade_statement(
    deps: Deps, account: WechatAccount, day: Day, asked: StatementAsked, hit: Hit
) -> bytes | None:
    """All of a day's payments and refunds; None when there were none."""
    kind, truth = asked.kind, deps.truth
    paid = truth.list_paid(CHANNEL, account.mchid, *day) if kind != "REFUND" else []
    refunds = truth.list_refunded(CHANNEL, account.mchid, *day) if kind != "SUCCESS" else []
    paid = [each for each in paid if asked.is_about(each)]
    given = [(each, truth.get_trade(each.trade_id)) for each in refunds]
    given = [(each, trade) for each, trade in given if asked.is_about(trade)]
    rows = [_payment_row(account, trade) for trade in paid]
    rows += [_refund_row(account, trade, each) for each, trade in given]
    if not rows:
        return None
    if "wrong_amount" in hit:
        rows[0]["订单金额"] = rows[0]["应结订单金额"] = yuan(_fen_of(rows[0]["订单金额"]) + 1)
    if "unknown_status" in hit:
        rows[0]["交易状态"] = UNKNOWN_STATE
    columns = [each for each in _COLUMNS if kind != "SUCCESS" or each not in _OF_REFUNDS]
    columns += _REFUND_TIMES if kind == "REFUND" else []
    lines = [",".join(columns)]
    lines += [_data([row[column] for column in columns]) for row in rows]
    return _file([*lines, _TOTALS, _data(_totals(paid, [each for each, _ in given]))])


def fund_flow_statement(
    deps: Deps, account: WechatAccount, day: Day, asked: StatementAsked, hit: Hit
) -> bytes | None:
    """Money in and out of the basic account; the other accounts are empty here."""
    if asked.kind != "BASIC":
        return None
    paid = deps.truth.list_paid(CHANNEL, account.mchid, *day)
    refunds = deps.truth.list_refunded(CHANNEL, account.mchid, *day)
    given = [each for each in refunds if each.state == "succeeded"]
    flows = sorted(
        [
            *((each.paid_at or 0.0, each.channel_trade_no, "交易", each.taken) for each in paid),
            *((each.created_at, each.channel_refund_no, "退款", -each.amount) for each in given),
        ]
    )
    if not flows:
        return None
    lines, balance = [_FLOW_COLUMNS], 0
    for at, number, name, amount in flows:
        balance += amount
        direction = "收入" if amount > 0 else "支出"
        cells = [beijing_text(at), number, number, name, name, direction]
        cells += [yuan(abs(amount)), yuan(balance), "system", "", number]
        lines.append(_data(cells))
    income = sum(each.taken for each in paid)
    spent = sum(each.amount for each in given)
    totals = [str(len(flows)), str(len(paid)), yuan(income), str(len(given)), yuan(spent)]
    return _file([*lines, _FLOW_TOTALS, _data(totals)])


def _payment_row(account: WechatAccount, trade: Trade) -> dict[str, str]:
    return _trade_cells(account, trade) | {
        "交易时间": beijing_text(trade.paid_at or 0.0),
        "交易状态": "SUCCESS",
        "应结订单金额": yuan(trade.taken),
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": "0.00",
        "退款类型": "",
        "退款状态": "",
        "手续费": _fee(trade.taken),
        "订单金额": yuan(trade.taken),
        "申请退款金额": "0.00",
    }


def _refund_row(account: WechatAccount, trade: Trade, refund: Refund) -> dict[str, str]:
    finished = beijing_text(refund.finished_at) if refund.finished_at else ""
    is_reversal = refund.number.endswith(f"-{REVERSED}")
    return _trade_cells(account, trade) | {
        "交易时间": beijing_text(refund.created_at),
        "交易状态": "REVOKED" if is_reversal else "REFUND",
        "应结订单金额": "0.00",
        "微信退款单号": refund.channel_refund_no,
        "商户退款单号": refund.number,
        "退款金额": yuan(refund.amount),
        "退款类型": "ORIGINAL",
        "退款状态": _STATES[refund.state],
        "手续费": _fee(-refund.amount),
        "订单金额": "0.00",
        "申请退款金额": yuan(refund.amount),
        "退款申请时间": beijing_text(refund.created_at),
        "退款成功时间": finished,
    }


def _trade_cells(account: WechatAccount, trade: Trade) -> dict[str, str]:
    return {
        "公众账号ID": account.appid,
        "商户号": account.mchid,
        "特约商户号": trade.details["parties"].get("sub_mchid", "0"),
        "设备号": "",
        "微信订单号": trade.channel_trade_no,
        "商户订单号": trade.number,
        "用户标识": next(iter(trade.details["payer"].values())),
        "交易类型": TRADE_TYPES[trade.product],
        "付款银行": "OTHERS",
        "货币种类": "CNY",
        "代金券金额": "0.00",
        "充值券退款金额": "0.00",
        "商品名称": trade.subject,
        "商户数据包": trade.details.get("attach", ""),
        "费率": FEE_RATE,
        "费率备注": "",
    }


def _totals(paid: Iterable[Trade], refunds: Iterable[Refund]) -> list[str]:
    taken = [trade.taken for trade in paid]
    given = [refund.amount for refund in refunds]
    fee = _fee(sum(taken) - sum(given))
    orders, back = yuan(sum(taken)), yuan(sum(given))
    return [str(len(taken) + len(given)), orders, back, "0.00", fee, orders, back]


def _fee(amount: int) -> str:
    """Five decimals, negative on refunds."""
    units = abs(amount) * FEE_PER_FEN
    return f"{'-' if amount < 0 else ''}{units // 100_000}.{units % 100_000:05d}"


def _fen_of(text: str) -> int:
    return int(text.replace(".", ""))


def _data(cells: Sequence[str]) -> str:
    """Cells hold commas unquoted; a line break would end the row, so none may stand in one."""
    return ",".join(f"`{cell.replace(chr(13), ' ').replace(chr(10), ' ')}" for cell in cells)


def _file(lines: Iterable[str]) -> bytes:
    return ("\ufeff" + "".join(f"{line}\r\n" for line in lines)).encode()
