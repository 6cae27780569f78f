"""What a write has done: the line above the page that follows it."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "written.user_created": ("用户已创建。", "The user was created."),
    "written.user_saved": ("用户已保存，并记入审计。", "The user is saved; the audit has it."),
    "written.second_factor_removed": (
        "两步验证已移除，下次登录只需密码。",
        "The second factor is removed: the next login takes the password alone.",
    ),
    "written.session_ended": ("该登录会话已结束。", "The session has ended."),
    "written.sessions_ended": ("登录会话已全部结束。", "All sessions have ended."),
    "written.password_saved": (
        "密码已保存，请用新密码登录。",
        "The password is saved. Log in with it.",
    ),
    "written.code_saved": ("收款码已保存。", "The counter code is saved."),
    "written.token_revoked": (
        "令牌已吊销，立即失效。",
        "The token is revoked, and opens nothing more.",
    ),
    "written.statement_asked": (
        "已开始取账单，比对完成后显示结果。",
        "The statement is being fetched; what comes of it will stand here.",
    ),
    "written.statement_uploaded": (
        "渠道账单已接收，正在比对。",
        "The statement is taken, and being compared.",
    ),
    "written.difference_settled": ("差异已处理，并记入审计。", "Settled; the audit has it."),
    "written.callback_sent_again": (
        "已安排立即重发，结果见投递记录。",
        "It is being sent again; see below what comes of it.",
    ),
    "written.endpoint_resumed": (
        "回调地址已恢复，积压的回调将陆续发送。",
        "The address is resumed; what waited is being sent.",
    ),
    "written.letter_replayed": (
        "已重新处理，结果见下方第一条。",
        "It was tried again; the first below tells what came of it.",
    ),
    "written.look_saved": ("付款页外观已保存。", "The look of the payment page is saved."),
}
