"""Reports, and today beside yesterday on the home page."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "report.period": ("时间范围", "Period"),
    "report.today": ("今天", "Today"),
    "report.yesterday": ("昨天", "Yesterday"),
    "report.last_7_days": ("近 7 天", "Last 7 days"),
    "report.last_30_days": ("近 30 天", "Last 30 days"),
    "report.this_month": ("本月", "This month"),
    "report.last_month": ("上月", "Last month"),
    "report.grain": ("粒度", "Step"),
    "report.grain.hour": ("小时", "Hour"),
    "report.grain.day": ("日", "Day"),
    "report.grain.month": ("月", "Month"),
    "report.by": ("分组", "Grouped by"),
    "report.by.merchant": ("按商户", "By merchant"),
    "report.by.app": ("按应用", "By app"),
    "report.by.channel": ("按渠道", "By channel"),
    "report.by.method": ("按调起方式", "By method"),
    "report.part.merchant": ("商户", "Merchant"),
    "report.part.app": ("应用", "App"),
    "report.part.channel": ("渠道", "Channel"),
    "report.part.method": ("调起方式", "Method"),
    "report.unknown_part": ("未选择", "Not chosen"),
    "report.paid_amount": ("收款", "Taken"),
    "report.refunded": ("退款", "Refunded"),
    "report.refunds": ("笔数", "Refunds"),
    "report.fees": ("手续费", "Fees"),
    "report.fees_unknown": ("尚无已核对的渠道账单", "No compared statement tells"),
    "report.net": ("净额", "Net"),
    "report.created": ("发起笔数", "Begun"),
    "report.paid": ("成功笔数", "Payments"),
    "report.late": ("其中逾期支付", "of them late"),
    "report.success_rate": ("成功率", "Success rate"),
    "report.median": ("支付用时中位数", "Median time to pay"),
    "report.delivered_rate": ("回调送达率", "Callbacks delivered"),
    "report.exhausted": ("未送达", "given up"),
    "report.hint": (
        "收款、退款按发生的小时计；成功率按发起时间计；净额 = 收款 − 退款 − 已知手续费；"
        "手续费按日计，以已核对的渠道账单为准；支付用时为近似值。",
        "Taken and refunded count by the hour when it happened, the success rate by when payments "
        "were begun. Net is taken − refunded − known fees. Fees are by day, as compared channel "
        "statements tell. The time to pay is approximate.",
    ),
    "report.panel.amounts": ("收款与退款", "Taken and refunded"),
    "report.panel.net": ("净额与手续费", "Net and fees"),
    "report.panel.counts": ("笔数", "Payments"),
    "report.panel.success_rate": ("成功率", "Success rate"),
    "report.panel.time_to_pay": ("支付用时中位数（分:秒）", "Median time to pay (min:s)"),
    "report.panel.callback_health": ("回调送达率", "Callbacks delivered"),
    "report.table": ("数据表", "The table"),
    "report.nothing": (
        "这段时间没有交易。可选择更长的时间范围，或去掉筛选条件。",
        "Nothing happened in this period. Choose a longer one, or remove filters.",
    ),
    "report_bad_period": (
        "时间范围不正确或过长：按小时最多 7 天，按日最多 366 天。以下为近 7 天。",
        "The period is not valid or too long: by the hour 7 days, by the day 366. This is the "
        "last 7 days.",
    ),
    "today_hint": (
        "今天截至目前；括号内为今天 {upto} 前的完整小时与昨天同时段。",
        "Today so far; below, the complete hours until {upto} beside those of yesterday.",
    ),
    "today.title": ("今天与昨天同时段", "Today beside yesterday"),
    "today.until": ("截至 {time}：", "Until {time}:"),
    "today.now": ("今天", "today"),
    "today.then": ("昨天", "yesterday"),
    "today.panel": ("每小时收款：今天与昨天", "Taken by the hour: today and yesterday"),
    "today.to_reports": ("查看报表", "To the reports"),
}
