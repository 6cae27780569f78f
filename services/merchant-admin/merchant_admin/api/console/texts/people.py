"""Logging in, users and their roles."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "log_in": ("登录", "Log in"),
    "log_out": ("退出", "Log out"),
    "username": ("用户名", "User name"),
    "password": ("密码", "Password"),
    "wrong_password": ("用户名或密码不正确。", "The name or the password is wrong."),
    "too_many_logins": (
        "登录失败次数过多，请稍后再试。",
        "Too many failed logins. Please wait a few minutes.",
    ),
    "busy_logins": (
        "登录人数较多，请几秒后再试。",
        "Many people are logging in. Please try again in a few seconds.",
    ),
    "users": ("用户", "Users"),
    "role": ("角色", "Role"),
    "role.administrator": ("管理员", "Administrator"),
    "role.operator": ("运营", "Operator"),
    "role.finance": ("财务", "Finance"),
    "role.auditor": ("审计", "Auditor"),
    "role.merchant_staff": ("商户人员", "Merchant staff"),
    "role_may.administrator": ("全部权限", "everything"),
    "role_may.operator": ("退款、处理、重发", "refunds, decisions, replays"),
    "role_may.finance": ("退款、处理", "refunds, decisions"),
    "role_may.auditor": ("只读", "read only"),
    "role_may.merchant_staff": (
        "查看、退款，仅限所属商户",
        "looks and refunds, own merchants only",
    ),
    "scope": ("数据范围", "Scope"),
    "scope_all": ("全部商户", "All merchants"),
    "scope_hint": (
        "商户标识，以空格分隔；留空为全部商户",
        "Merchant ids, separated by spaces; empty for all",
    ),
    "change": ("修改", "Change"),
    "save": ("保存", "Save"),
    "create": ("新建", "Create"),
    "new_user": ("新建用户", "New user"),
    "new_user_hint": (
        "用户名用小写字母、数字与 . _ @ -；密码至少 12 个字符，不能是常见密码。",
        "The name: small letters, digits and . _ @ -; the password: 12 characters or more, "
        "and none of the common ones.",
    ),
    "current_password": ("当前密码", "Current password"),
    "new_password_again": ("再输一次新密码", "The new password again"),
    "new_password": ("新密码", "New password"),
    "unchanged": ("不修改请留空", "Empty: unchanged"),
    "user_disabled": ("停用（立即退出登录）", "Disabled (logged out at once)"),
    "user_from_environment": (
        "由服务的环境变量设定，不能在此修改",
        "Set by the environment of the service; not changed here",
    ),
    "users_refused": ("请检查所填内容。", "Please check what you have filled in."),
    "users_refused.username": (
        "用户名已被使用，或格式不正确。",
        "The name is taken, or not such a name.",
    ),
    "users_refused.password": (
        "密码不可用：至少 12 个字符，不能是同一字符、用户名或常见密码。",
        "The password is too weak: 12 characters or more, not one letter repeated, not the name, "
        "none of the common ones.",
    ),
    "account": ("我的账号", "My account"),
    "new_password_hint": (
        "至少 12 个字符；保存后所有登录都会退出，请用新密码重新登录。",
        "12 characters or more. You are logged out everywhere, and log in with the new one.",
    ),
}
