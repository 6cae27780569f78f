"""What was done to what, as the audit calls it: approvals, exports, second factors and the like."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "audited_call.approval": ("复核", "Approval"),
    "audited_call.configuration": ("配置", "Configuration"),
    "audited_call.export": ("导出", "Export"),
    "audited_call.import": ("批量导入", "Import"),
    "audited_call.secrets": ("密封内容", "Secrets"),
    "audited_call.token": ("机器令牌", "Machine token"),
    "audited_call.totp": ("两步验证", "Second factor"),
    "done.applied": ("已执行", "applied"),
    "done.asked": ("已申请", "asked for"),
    "done.begun": ("开始设置", "begun"),
    "done.enrolled": ("已启用", "set up"),
    "done.expired": ("已失效", "expired"),
    "done.failed": ("未能执行", "failed"),
    "done.four_eyes_changed": ("更改双人复核", "four eyes changed"),
    "done.made": ("已导出", "made"),
    "done.pinged": ("发送测试", "tried"),
    "done.reauthenticated": ("再次验证身份", "proved again"),
    "done.recovery_code_used": ("使用恢复码", "recovery code used"),
    "done.recovery_codes_renewed": ("更换恢复码", "recovery codes renewed"),
    "done.removed": ("已移除", "removed"),
    "done.republished": ("重新发布", "published again"),
    "done.revoked": ("已吊销", "revoked"),
    "done.sealed_anew": ("重新密封", "sealed anew"),
    "done.uploaded": ("已上传", "uploaded"),
}
