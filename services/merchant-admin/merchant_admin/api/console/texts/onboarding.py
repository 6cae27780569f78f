"""The guided way, and imports."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "onboarding": ("接入向导", "Onboarding"),
    "onboarding_hint": ("用接入向导开始", "Begin with the guided way"),
    "onboarding_restart": ("重新开始", "Start again"),
    "onboarding_kept": (
        "进度自动保存，随时可以离开再继续；已创建的商户、账户与应用会保留。",
        "It is kept as it stands: leave, and go on later. What was made stays.",
    ),
    "onboarding_done": (
        "接入完成：应用现在可以发起支付。",
        "All is set: the app can take payments now.",
    ),
    "onboarding_finish": ("完成", "Finish"),
    "onboarding_merchant_help": (
        "为哪家物业公司接入？",
        "Which property company is it for?",
    ),
    "step.merchant": ("商户", "Merchant"),
    "step.channel": ("渠道", "Channel"),
    "step.credentials": ("密钥", "Credentials"),
    "step.trial": ("试连", "Try it"),
    "step.app": ("应用", "App"),
    "step.keys": ("应用密钥", "Keys"),
    "step.callback": ("回调", "Callback"),
    "step.hand-over": ("交接", "Hand-over"),
    "next": ("下一步", "Next"),
    "or_existing": ("或选择已有商户", "or one that there is"),
    "or_existing_account": ("或使用已有的渠道账户", "or an account that there is"),
    "existing_app": ("使用已有的应用", "An app that there is"),
    "another_account": ("账户填错了，另建一个", "Enter another account"),
    "another_account_help": (
        "商户号等账户身份不能修改；当前账户会停用。",
        "Whose account it is cannot be changed; this one is disabled.",
    ),
    "another_channel": ("为这个商户接入另一个渠道", "Another channel of this merchant"),
    "credentials_mend": ("修改密钥", "Mend the credentials"),
    "trial_later": ("稍后再试，先继续", "Go on, and try it later"),
    "callback_help": (
        "支付结果会发送到这个地址。保存后立即发送一条测试回调。",
        "Results are sent to this address. A test goes there as soon as it is saved.",
    ),
    "callback_later": ("稍后再填，先继续", "Go on, and enter it later"),
    "save_and_ping": ("保存并发送测试回调", "Save, and send a test"),
}
