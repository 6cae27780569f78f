"""Invitations, second factors, sessions, and proving again who one is."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "second_factor": ("两步验证", "Second factor"),
    "totp": ("验证码", "Code"),
    "totp_hint": (
        "请输入验证器 App 上的六位验证码，或一个恢复码。",
        "The six digits that your authenticator app shows, or one of your recovery codes.",
    ),
    "wrong_totp": (
        "验证码不正确、已过期或已使用过。请等下一个验证码再试。",
        "The code is wrong, too old, or was used before. Please wait for the next one.",
    ),
    "login_too_slow": ("登录超时，请重新登录。", "That took too long. Please log in again."),
    "reauthentication": ("请确认是您本人", "Please prove that it is you"),
    "reauthentication_hint": (
        "这项操作比较重要，且距上次验证已超过 10 分钟。所填内容已保留，确认后继续。",
        "This matters, and you last proved who you are more than 10 minutes ago. What you have "
        "filled in is kept, and goes on when you have.",
    ),
    "continue": ("继续", "Continue"),
    "second_factor_none": (
        "尚未设置。设置后，登录时除密码外还需要手机上的验证码。",
        "None yet. With one, logging in takes a code of your phone beside the password.",
    ),
    "second_factor_needed": (
        "您的角色必须先设置两步验证，才能使用其他功能。",
        "Your role needs a second factor before anything else.",
    ),
    "second_factor_begin": ("设置两步验证", "Set up a second factor"),
    "second_factor_scan": (
        "用验证器 App（如 Microsoft Authenticator、Google Authenticator）扫描下面的二维码，"
        "再输入它显示的六位验证码。",
        "Scan this with an authenticator app (Microsoft's, Google's, …), then type the six digits "
        "that it shows.",
    ),
    "second_factor_qr": ("验证器二维码", "QR code for the authenticator"),
    "second_factor_type": ("无法扫描？手动输入密钥：", "Cannot scan it? Type this key:"),
    "second_factor_done": ("两步验证已生效。", "Your second factor is set up."),
    "second_factor_gone": (
        "没有正在设置的两步验证，请重新开始。",
        "No second factor is being set up. Please begin again.",
    ),
    "second_factor_replace": ("换一部手机", "Move to another phone"),
    "second_factor_replace_question": (
        "新的验证器确认之前，原来的仍然有效。",
        "The one that you have stays good until the new one is confirmed.",
    ),
    "second_factor_remove": ("停用两步验证", "Remove it"),
    "second_factor_remove_question": (
        "停用后登录只需密码；如角色要求，须立即重新设置。",
        "Your password alone will do then; where your role needs one, set another up at once.",
    ),
    "second_factor_reset": ("重置两步验证", "Take the second factor away"),
    "second_factor_reset_question": (
        "用于手机遗失：停用其验证器与恢复码，并立即退出其所有登录。",
        "For a lost phone: the authenticator and the recovery codes end, and so do all sessions.",
    ),
    "recovery_codes": ("恢复码", "Recovery codes"),
    "recovery_codes_left": ("剩余恢复码", "Recovery codes left"),
    "recovery_codes_hint": (
        "手机遗失时，每个恢复码可代替验证码使用一次。只显示这一次，请抄下并妥善保管。",
        "Each of them is good once in place of a code, should your phone be lost. They are shown "
        "this once: write them down and keep them safe.",
    ),
    "recovery_codes_kept": ("已保存，继续", "I have kept them"),
    "recovery_codes_renew": ("生成新的恢复码", "Make new recovery codes"),
    "recovery_codes_renew_question": (
        "原有的恢复码将全部失效。",
        "Those that you have end.",
    ),
    "invitation": ("邀请", "Invitation"),
    "invitation_of": ("您的用户名：", "Your user name:"),
    "invitation_hint": (
        "请设置您自己的密码：至少 12 个字符，不能是常见密码。",
        "Please set a password of your own: 12 characters or more, none of the common ones.",
    ),
    "invitation_over": (
        "该邀请链接已使用或已过期，请向管理员索取新的链接。",
        "This invitation was used or has expired. Please ask an administrator for another one.",
    ),
    "passwords_differ": ("两次输入的密码不一致。", "The two passwords differ."),
    "invite": ("发送新的邀请链接", "Make a link to set a password"),
    "invite_question": (
        "用于忘记密码：此前的链接失效，现有密码在使用新链接前仍然有效。",
        "For a forgotten password: an earlier link ends; the password is good until it is used.",
    ),
    "invited_hint": (
        "请把这个一次性链接交给本人，72 小时内有效，只显示这一次：",
        "Give this link to them: it is good once, for 72 hours, and shown this once only:",
    ),
    "state.invited": ("已邀请", "Invited"),
    "invite_if_empty": ("留空则生成邀请链接", "Empty: a link to set one"),
    "sessions": ("登录会话", "Sessions"),
    "session_address": ("地址", "Address"),
    "session_agent": ("浏览器或程序", "Browser or program"),
    "session_since": ("登录时间", "Since"),
    "session_seen": ("最近使用", "Last used"),
    "session_this": ("当前会话", "This one"),
    "session_end": ("退出", "End"),
    "sessions_end_all": ("退出全部会话", "End all sessions"),
    "sessions_end_all_question": ("所有设备都需要重新登录。", "Everywhere a new login is needed."),
}
