"""Fixed counter codes and what is printed of them; how merchants look to payers."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "codes_hint": (
        "贴在柜台的固定收款码：业主扫码后自己填写金额，以所选应用的名义下单。",
        "Codes to put up at a counter: payers scan one, enter the amount, and begin an order of "
        "the app.",
    ),
    "code_name": ("名称", "Name"),
    "code_name_hint": ("付款页上显示，如：前台物业费", "Shown to payers, such as: Front desk"),
    "code_amounts": ("单笔金额", "Amount of one payment"),
    "code_min": ("单笔最低（元）", "At least (CNY)"),
    "code_max": ("单笔最高（元）", "At most (CNY)"),
    "code_daily": ("每日限额（元）", "Limit of a day (CNY)"),
    "code_fixed": ("固定金额（元，选填）", "Only these amounts (CNY, optional)"),
    "code_fixed_hint": ("以空格分隔，如：50 100 200", "Separated by spaces, such as: 50 100 200"),
    "code_only": ("仅限", "Only"),
    "code_today": ("今日已收 / 限额", "Paid today / limit"),
    "code_received": ("今日已收（元）", "Paid today (CNY)"),
    "code_paid": ("今日笔数", "Payments today"),
    "code_payments": ("今日付款：", "Today's payments:"),
    "code_times": ("笔", "paid"),
    "code_new": ("新建收款码", "New counter code"),
    "code_change": ("修改", "Change"),
    "code_change_hint": (
        "已张贴的二维码不变，新的名称与金额立即生效。",
        "The printed code stays the same; its new name and amounts hold at once.",
    ),
    "code_print": ("打印", "Print"),
    "code_disable": ("停用", "Disable"),
    "code_disable_question": (
        "停用后业主扫码不能付款，直到再启用。",
        "Payers who scan it cannot pay until it is enabled again.",
    ),
    "code_enable": ("启用", "Enable"),
    "code_refused.merchant_id": ("没有这个商户。", "There is no such merchant."),
    "code_refused.app_id": (
        "没有这个应用，或它不为该商户收款。",
        "There is no such app, or it does not work for this merchant.",
    ),
    "code_refused.name": (
        "请填写名称，最多 127 个字符。",
        "Please give it a name of up to 127 characters.",
    ),
    "code_refused.min_amount": (
        "单笔最低金额须为 0.01 元以上的金额。",
        "The least amount must be an amount of 0.01 or more.",
    ),
    "code_refused.max_amount": (
        "单笔最高不能低于单笔最低。",
        "The highest amount must not be less than the least.",
    ),
    "code_refused.daily_limit": (
        "每日限额不能低于单笔最高。",
        "The limit of a day must not be less than the highest amount.",
    ),
    "code_refused.amounts": (
        "固定金额须在最低与最高之间，最多 12 个，且不重复。",
        "The amounts must lie between the least and the highest: up to 12, each once.",
    ),
    "code_printed.scan": (
        "请用微信、支付宝或手机相机扫码付款",
        "Scan with WeChat, Alipay or a camera",
    ),
    "code_printed.check": (
        "付款前请核对收款方名称",
        "Check the name of the payee before you pay",
    ),
    "code_printed.hint": (
        "纸张 A6，用浏览器的打印功能（Ctrl+P 或 ⌘P）打印。",
        "Paper size A6; print with your browser (Ctrl+P or ⌘P).",
    ),
    "code_printed.back": ("返回收款码", "Back to the counter codes"),
    "look": ("付款页外观", "Look to payers"),
    "look_hint": (
        "付款页和收款码上显示的名称、标志与颜色。付款前，付款人以此确认收款方。",
        "The name, logo and colour on the checkout and on counter codes: by these payers see whom "
        "they pay.",
    ),
    "look_name": ("显示名称", "Name shown"),
    "look_colour": ("颜色", "Colour"),
    "look_logo": ("标志", "Logo"),
    "look_logo_choose": ("标志（PNG 或 SVG，最大 64 KiB）", "Logo (PNG or SVG, 64 KiB at most)"),
    "look_without_logo": ("删除标志", "Remove the logo"),
    "look_accounts": ("支付方式名称", "Names of the ways to pay"),
    "look_accounts_hint": (
        "付款人看到的支付方式名称；留空则用渠道名称。",
        "What payers read on the button; empty: the channel's own name.",
    ),
    "look_account": ("显示名称", "Name shown of"),
    "look_account_own": ("渠道名称", "The channel's own name"),
    "look_refused": ("请检查所填内容。", "Please check what you have filled in."),
    "look_refused.display_name": (
        "名称须为 1 至 127 个字符，不含控制字符。",
        "A name has 1 to 127 characters, and no control characters.",
    ),
    "look_refused.colour": ("颜色须形如 #0b6b63。", "A colour looks like #0b6b63."),
    "look_refused.logo": (
        "标志不可用：须为 PNG（不隔行，宽高各不超过 1024 像素）或 UTF-8 的 SVG，最大 64 KiB。",
        "The logo cannot be used: a PNG (not interlaced, 1024 pixels at most) or an SVG in UTF-8, "
        "64 KiB at most.",
    ),
    "code_printed.off": (
        "该收款码已停用，请勿张贴。",
        "This code is disabled. Do not put it up.",
    ),
}
