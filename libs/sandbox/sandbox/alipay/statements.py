"""Alipay statements: a zip of GBK files, behind an address that lives thirty seconds.

Source: opendocs.alipay.com/open/02mse7 (alipay.data.dataservice.bill.downloadurl.query)
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.alipay.account import CHANNEL, AlipayAccount
from sandbox.alipay.gbk_zip import pack
from sandbox.alipay.wire import Asked, Refusal, respond
from sandbox.answering import Done
from sandbox.clock import BEIJING, beijing_text, now, read_beijing_day
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.money import yuan
from sandbox.truth import Refund, Trade

PAGE = "/billdownload.do"
LIVES_S = 30
KINDS = ("trade", "signcustomer")
PAYER = "*三(138****0000)"

_COLUMNS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,"
    "券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
_SUMMARY_COLUMNS = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,"
    "商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
)
_ACCOUNT_COLUMNS = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
    "账户余额（元）,交易渠道,业务类型,备注"
)

Period = tuple[float, float]


def routes(deps: Deps) -> list[Route]:
    return [Route(PAGE, partial(_download, deps), methods=["GET"])]


def download_url(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.data.dataservice.bill.downloadurl.query; today's exists too, unlike in life."""
    kind = asked.text("bill_type", 32)
    if kind not in KINDS:
        raise Refusal("40004", "TYPE_NOT_SUPPORTED", "账单类型不支持")
    period = _period(asked.text("bill_date", 10))
    if "not_there_yet" in hit:
        raise Refusal("40004", "BILL_NOT_EXIST", "账单不存在")
    content = _zip(deps, asked.account, kind, period, hit)
    token = deps.shelf.put(asked.account.app_id, content, "application/zip", LIVES_S)
    address = f"{deps.public_url}{PAGE}?token={token}"
    return Done(respond(asked, {"bill_download_url": address}, hit))


async def _download(deps: Deps, request: Request) -> Response:
    file = deps.shelf.find(request.query_params.get("token", ""))
    if file is None:
        return Response("下载链接已失效", 403, media_type="text/plain; charset=utf-8")
    return Response(file.content, media_type=file.media_type)


def _period(text: str) -> Period:
    """A day, or a month."""
    try:
        first, last = read_beijing_day(text) if len(text) == 10 else _month(text)
    except ValueError as error:
        raise Refusal("40004", "INVAILID_ARGUMENTS", "入参不合法") from error
    if first > now():
        raise Refusal("40004", "INVAILID_ARGUMENTS", "账单日期不能晚于当前日期")
    return first, last


def _month(text: str) -> Period:
    first = datetime.strptime(text, "%Y-%m").replace(tzinfo=BEIJING)
    last = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.timestamp(), last.timestamp()


def _zip(deps: Deps, account: AlipayAccount, kind: str, period: Period, hit: Hit) -> bytes:
    paid = deps.truth.list_paid(CHANNEL, account.app_id, *period)
    refunds = [
        (deps.truth.get_trade(each.trade_id), each)
        for each in deps.truth.list_refunded(CHANNEL, account.app_id, *period)
        if each.state == "succeeded"
    ]
    if not paid and not refunds:
        raise Refusal("40004", "NO_BILL_DATA", "账单不存在")
    day = beijing_text(period[0])[:10].replace("-", "")
    stem = f"{account.seller_id}0156_{day}"
    if kind == "trade":
        members = {
            f"{stem}_业务明细.csv": _details(account, period, paid, refunds, hit),
            f"{stem}_业务明细(汇总).csv": _summary(account, period, paid, refunds),
        }
    else:
        members = {f"{stem}_账务明细.csv": _account_flow(account, period, paid, refunds)}
    return pack({name: text.encode("gb18030") for name, text in members.items()})


def _details(
    account: AlipayAccount,
    period: Period,
    paid: Sequence[Trade],
    refunds: Sequence[tuple[Trade, Refund]],
    hit: Hit,
) -> str:
    wrong = "wrong_amount" in hit
    rows = [_row(trade, None, wrong and not place) for place, trade in enumerate(paid)]
    rows += [_row(trade, refund, False) for trade, refund in refunds]
    taken, given = sum(each.taken for each in paid), sum(each.amount for _, each in refunds)
    return _framed(
        ("支付宝业务明细查询", "业务明细列表"),
        account,
        period,
        [_COLUMNS, *rows],
        [
            f"#交易合计：{len(paid)}笔，商家实收共{yuan(taken)}元，商家优惠共0.00元",
            f"#退款合计：{len(refunds)}笔，商家实收退款共{yuan(-given)}元，商家优惠退款共0.00元",
        ],
    )


def _row(trade: Trade, refund: Refund | None, is_wrong: bool) -> str:
    """Refunds are rows of negative amounts; text cells end in a TAB, as in life."""
    amount = trade.taken + is_wrong if refund is None else -refund.amount
    finished_at = (trade.paid_at if refund is None else refund.finished_at) or trade.created_at
    text = [
        trade.channel_trade_no,
        trade.number,
        "交易" if refund is None else "退款",
        trade.subject.replace(",", "，"),
    ]
    times = [beijing_text(trade.created_at), beijing_text(finished_at)]
    cells = [f"{each}\t" for each in text] + times + ["\t"] * 4 + [f"{PAYER}\t"]
    cells += [yuan(amount)] * 2 + ["0.00"] * 5 + ["\t", "0.00", "0.00"]
    return ",".join([*cells, f"{refund.number if refund else ''}\t", _fee(amount), "0.00", "\t"])


def _summary(
    account: AlipayAccount,
    period: Period,
    paid: Sequence[Trade],
    refunds: Sequence[tuple[Trade, Refund]],
) -> str:
    net = sum(each.taken for each in paid) - sum(each.amount for _, each in refunds)
    counts = [str(len(paid)), str(len(refunds))]
    sums = [yuan(net), yuan(net), "0.00", "0.00", "0.00", _fee(net), "0.00", yuan(net)]
    rows = [",".join(["合计\t", "\t", *counts, *sums])]
    titles = ("支付宝业务汇总查询", "业务汇总列表")
    return _framed(titles, account, period, [_SUMMARY_COLUMNS, *rows], [])


def _account_flow(
    account: AlipayAccount,
    period: Period,
    paid: Sequence[Trade],
    refunds: Sequence[tuple[Trade, Refund]],
) -> str:
    flows = [(each.paid_at or 0.0, each, each.channel_trade_no, each.taken) for each in paid]
    flows += [
        (each.created_at, trade, each.channel_refund_no, -each.amount) for trade, each in refunds
    ]
    rows, balance = [_ACCOUNT_COLUMNS], 0
    for at, trade, number, amount in sorted(flows, key=lambda flow: flow[0]):
        balance += amount
        income = yuan(amount) if amount > 0 else ""
        spent = yuan(amount) if amount < 0 else ""
        text = [number, trade.channel_trade_no, trade.number, trade.subject.replace(",", "，")]
        cells = [f"{each}\t" for each in text] + [beijing_text(at), f"{PAYER}\t", income, spent]
        kind = "在线支付" if amount > 0 else "交易退款"
        rows.append(",".join([*cells, yuan(balance), "支付宝\t", f"{kind}\t", "\t"]))
    return _framed(("支付宝账务明细查询", "账务明细列表"), account, period, rows, [])


def _framed(
    titles: tuple[str, str],
    account: AlipayAccount,
    period: Period,
    rows: Sequence[str],
    totals: Sequence[str],
) -> str:
    first, last = (_chinese(at) for at in period)
    lines = [
        f"#{titles[0]}",
        f"#账号：[{account.seller_id}0156]",
        f"#起始日期：[{first}]   终止日期：[{last}]",
        f"#{'-' * 40}{titles[1]}{'-' * 40}",
        *rows,
        f"#{'-' * 40}{titles[1]}结束{'-' * 36}",
        *totals,
        f"#导出时间：[{_chinese(now())}]",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def _chinese(at: float) -> str:
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y年%m月%d日 %H:%M:%S")


def _fee(amount: int) -> str:
    """0.6 %, negative where it is taken, given back on refunds."""
    fee = (abs(amount) * 6 + 500) // 1000
    return yuan(-fee if amount > 0 else fee)
