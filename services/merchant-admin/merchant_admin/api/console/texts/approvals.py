"""What waits for a second person, and tokens of machines."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "approvals_hint": (
        "须由申请人以外的另一人复核后才会执行；7 天未复核即失效。",
        "Done when a person other than the one who asked agrees; over after 7 days.",
    ),
    "approvals_all": ("查看全部", "Show all"),
    "approvals_waiting": ("只看待复核", "Only what waits"),
    "approvals_none": (
        "没有待复核的申请。可为商户设置：哪些退款、凭证和回调地址变更需要第二人复核。",
        "Nothing waits. Which refunds, credentials and callback addresses want a second person is "
        "set for each merchant.",
    ),
    "approval_kind.refund": ("退款", "Refund"),
    "approval_kind.decision": ("处理决定", "Decision that gives money back"),
    "approval_kind.credentials": ("渠道凭证变更", "Channel credentials"),
    "approval_kind.callback_address": ("回调地址变更", "Callback address"),
    "approval_kind.four_eyes": ("放宽复核设置", "Fewer things wait for a second person"),
    "approval_kind.app_access": ("应用接入变更", "Access of an app"),
    "approval_access.new_key": ("登记新密钥", "A new key"),
    "approval_access.key": ("重新启用密钥", "A disabled key is enabled"),
    "approval_access.rotation": ("更换回调密钥", "Another webhook secret"),
    "approval_access.app": ("重新启用应用", "A disabled app is enabled"),
    "approval_state.waiting": ("待复核", "Waiting"),
    "approval_state.approved": ("已同意，执行中", "Agreed, being done"),
    "approval_state.done": ("已执行", "Done"),
    "approval_state.failed": ("未能执行", "Failed"),
    "approval_state.rejected": ("已拒绝", "Rejected"),
    "approval_state.outdated": ("已过时", "Outdated"),
    "approval_state.expired": ("已失效", "Expired"),
    "approval_what": ("内容", "What"),
    "approval_new_account": ("新的渠道账户", "A new channel account"),
    "approval_new_credentials": (
        "新的凭证（已密封，不显示）",
        "New credentials (sealed, not shown)",
    ),
    "approval_withdraw": ("作废此前的凭证", "Earlier credentials are withdrawn"),
    "approval_before": ("原来", "Before"),
    "approval_after": ("改为", "After"),
    "approval_merchants_added": ("新增商户", "Merchants added"),
    "approval_merchants_removed": ("移除商户", "Merchants removed"),
    "approval_query_changed": (
        "地址中“?”之后的部分也有变化（内容仅应用与中心可见）",
        "What stands behind the “?” changes, too (only the app and the centre see it)",
    ),
    "approval_by": ("申请人", "Asked for by"),
    "approval_decided_by": ("复核人", "Decided by"),
    "approval_reason": ("说明", "Why"),
    "approval_outcome": ("未执行的原因", "Why it was not done"),
    "approval_on": ("开", "on"),
    "approval_off": ("关", "off"),
    "four_eyes": ("双人复核", "Four eyes"),
    "four_eyes_hint": (
        "以下变更须由另一人复核后才会执行；放宽本设置同样须复核。凭证：渠道凭证，以及应用的新密钥、"
        "重新启用密钥或应用、更换回调密钥、为应用增加本商户。",
        "What waits until another person agrees. To let less wait has to wait, too. Credentials: "
        "those of channels, and new keys of apps, keys and apps enabled again, another webhook "
        "secret, the merchant added to an app.",
    ),
    "four_eyes_refunds_from_cny": ("退款达到（元）", "Refunds from (CNY)"),
    "four_eyes_other_currencies": (
        "设置后，其他币种的退款无论金额均须复核。",
        "With an amount here, refunds in any other currency always wait.",
    ),
    "four_eyes_no_refund": ("留空：退款无须复核", "Empty: no refund waits"),
    "four_eyes_refunds_from": ("退款起点", "Refunds from"),
    "four_eyes_credentials": ("凭证", "Credentials"),
    "four_eyes_callback_addresses": ("回调地址", "Callback addresses"),
    "approval_approve": ("同意并执行", "Agree, and do it"),
    "approval_reject": ("拒绝", "Reject"),
    "approval_withdraw_own": ("撤回申请", "Withdraw"),
    "approval_reject_reason": ("说明（必填）", "Why (required)"),
    "approval_own": (
        "这是您的申请，须由另一人复核。",
        "You asked for this; another person has to agree.",
    ),
    "approval_needs.refund": (
        "须由有退款权限的人复核。",
        "Whoever may refund has to agree.",
    ),
    "approval_needs.decide": (
        "须由有权处理异常的人复核。",
        "Whoever may decide such things has to agree.",
    ),
    "approval_needs.administer": ("须由管理员复核。", "An administrator has to agree."),
    "approval_waits": (
        "申请已提交，须由另一人复核后执行。",
        "It is written down, and done when another person agrees.",
    ),
    "approval_waits_secret": (
        "另一人复核通过后才会生效。",
        "It is good for nothing until another person agrees.",
    ),
    "approval_done": ("已同意并执行。", "Agreed to and done."),
    "approval_unfinished": (
        "已同意，交易核心暂未应答，将自动继续执行，且只执行一次。",
        "Agreed to. trade-core does not answer yet; it goes on by itself and is done once.",
    ),
    "approval_failed": ("已同意，但未能执行。", "Agreed to, and it could not be done."),
    "approval_ended": ("申请已结束，未执行。", "Ended; it is not done."),
    "approval_refused": (
        "未能处理：请填写说明后再试。",
        "Not possible: please give a reason and try again.",
    ),
    "approval_refused.approval_decided": (
        "该申请已由他人处理或已失效。",
        "Somebody else decided it, or it has expired.",
    ),
    "approval_refused.version_changed": (
        "申请之后情况已有变化，该申请已过时，请重新提交。",
        "Things have changed since; this is outdated. Please ask for it anew.",
    ),
    "approval_refused.forbidden": (
        "您的角色没有复核这项申请的权限。",
        "Your role does not have the right to decide this.",
    ),
    "approval_refused.same_person": (
        "不能复核自己的申请。",
        "Nobody agrees to what they asked for themselves.",
    ),
    "tokens_hint": (
        "供程序调用管理接口：请求头 Authorization: Bearer。创建人对其操作负责。",
        "For programs that call the admin API, as Authorization: Bearer. Who made one answers for "
        "what it does.",
    ),
    "tokens_none": (
        "还没有机器令牌：脚本与系统对接时在下方新建。",
        "There are no tokens yet: make one below for a script or a system.",
    ),
    "token_new": ("新建令牌", "New token"),
    "token_by": ("创建人", "Made by"),
    "token_days": ("有效天数", "Good for days"),
    "token_name_hint": ("用于哪个程序", "Which program it is for"),
    "token_shown": (
        "请立即复制并妥善保管，只显示这一次：",
        "Copy it now and keep it safe: it is shown this once only.",
    ),
    "token_revoke": ("吊销", "Revoke"),
    "token_revoke_question": (
        "使用它的程序将立即无法访问。",
        "Programs that use it are shut out at once.",
    ),
}
