"""What stands around every page, and what errors say."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "skip": ("跳到正文", "Skip to the content"),
    "menu": ("菜单", "Menu"),
    "find": ("查找", "Find"),
    "find_hint": (
        "订单号、流水号、渠道交易号、退款号、分账号、事件号",
        "Any order, payment, trade, refund, split or event number",
    ),
    "lag": (
        "列表与报表落后 {seconds} 秒：后面还有事件待处理。",
        "Lists and reports are {seconds} s behind: more events wait.",
    ),
    "lag_none": ("列表与报表已是最新。", "Lists and reports are up to date."),
    "copy": ("复制", "Copy"),
    "home": ("首页", "Home"),
    "ways.trade": ("交易", "Trade"),
    "ways.callbacks": ("回调与告警", "Callbacks"),
    "ways.books": ("账务", "Books"),
    "ways.setup": ("接入", "Set-up"),
    "ways.people": ("人员", "People"),
    "approvals": ("复核", "Approvals"),
    "reports": ("报表", "Reports"),
    "statements": ("日结单", "Statements"),
    "exports": ("导出", "Exports"),
    "channel-accounts": ("渠道账户", "Channel accounts"),
    "apps": ("应用", "Apps"),
    "counter-codes": ("收款码", "Counter codes"),
    "imports": ("批量导入", "Import"),
    "tokens": ("机器令牌", "Machine tokens"),
    "audit": ("审计", "Audit"),
    "request_id": ("请求号", "Request id"),
    "try_again": ("再试一次", "Try again"),
    "to_home": ("回到首页", "To the home page"),
    "error.401": ("这个页面已过期", "This page is out of date"),
    "error.401_way": (
        "登录已结束或表单来自旧页面。请返回并刷新后再提交；没有任何内容被改动。",
        "Your session ended, or the form is from an older page. Go back, reload and send it again; "
        "nothing was changed.",
    ),
    "kept_form": ("请核对后重新提交", "Look again, and send it"),
    "kept_form_hint": (
        "表单提交时登录已结束，没有任何内容被改动。以下是您填写的内容，请核对后重新提交。",
        "Your session had ended when you sent the form; nothing was changed. This is what you had "
        "filled in: look at it, and send it again.",
    ),
    "kept_form_page": ("页面", "Page"),
    "kept_form_about": ("对象", "About"),
    "kept_form_does": ("操作", "What it does"),
    "kept_form_unknown": (
        "没有收到答复，是否已处理尚不清楚。以下是您提交的内容：请稍后重新提交，同一笔不会处理两次。",
        "No answer came, so whether it was done is not known. This is what you sent: send it again "
        "in a moment; it is carried out once.",
    ),
    "kept_form_send": ("重新提交", "Send it again"),
    "kept_form_login": (
        "登录已结束。所填内容已保留，登录后可核对并重新提交。",
        "Your session has ended. What you filled in is kept: log in, look at it and send it again.",
    ),
    "error.403": ("您没有这项权限", "You do not have this right"),
    "error.403_way": (
        "您的角色或数据范围不允许此操作。如需权限，请联系管理员。",
        "Your role or scope does not allow this. Ask an administrator if you need it.",
    ),
    "error.404": ("没有找到", "Not found"),
    "error.404_way": (
        "号码不存在、刚刚产生尚未到达，或不在您的数据范围内。可用上方搜索框查找。",
        "There is no such number, it is so new that it has not arrived yet, or it is outside your "
        "scope. The search box above finds what there is.",
    ),
    "error.409": ("内容已有变化", "It has changed"),
    "error.409_way": (
        "您查看之后它已被改动，请返回并刷新后重新核对。",
        "It has changed since you looked. Go back, reload and look again.",
    ),
    "error.413": ("内容过大", "Too large"),
    "error.413_way": (
        "文件或内容超过限制，没有保存任何内容。请返回换较小的文件或缩短后再试。",
        "The file or the text is over the limit; nothing was saved. Go back and send less.",
    ),
    "error.422": ("请求的内容不正确", "That is not valid"),
    "error.422_way": (
        "地址或表单中有不能识别的内容，请返回检查。",
        "Something in the address or form cannot be understood. Go back and check it.",
    ),
    "error.429": ("操作太频繁", "Too many requests"),
    "error.429_way": ("请稍等片刻再试。", "Please wait a moment and try again."),
    "error.500": ("暂时无法完成", "This cannot be done right now"),
    "error.500_way": (
        "服务暂时不可用，请稍后再试。如一再出现，请把请求号交给管理员。",
        "The service is not available for the moment. Try again shortly; if it stays so, give the "
        "request id to an administrator.",
    ),
}
