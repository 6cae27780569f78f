"""Merchants and channel accounts, their credentials and what came of trying them."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "merchant_new": ("新建商户", "New merchant"),
    "merchant_name": ("商户名称", "Name of the merchant"),
    "merchant_name_help": (
        "付款人在收银台上看到的名称，例如物业公司的简称。",
        "Payers see it on our page.",
    ),
    "merchant_disabled": (
        "停用（不再接受新的支付）",
        "Disabled (no new payments)",
    ),
    "updated_at": ("更新时间", "Changed"),
    "channel_accounts": ("渠道账户", "Channel accounts"),
    "channel_account": ("渠道账户", "Channel account"),
    "account_new": ("新建渠道账户", "New channel account"),
    "account_name": ("账户名称", "Name of the account"),
    "account_name_help": (
        "只在这里显示；留空则用渠道的名称。",
        "Shown here only; empty: the name of the channel.",
    ),
    "account_disabled": ("停用（不再发起新的支付）", "Disabled (no new payments)"),
    "accounts_none": (
        "还没有渠道账户：请在下方新建，填写渠道给的密钥。",
        "No channel account yet: add one below with the keys that the channel gave.",
    ),
    "choose_channel": ("请选择渠道。", "Choose a channel."),
    "credentials_changed_at": ("密钥更新时间", "Credentials changed"),
    "earlier_credentials": ("仍被信任的旧密钥", "Earlier credentials still believed"),
    "withdraw_earlier": (
        "不再信任旧密钥（渠道侧已停用后再勾选）",
        "Earlier credentials are believed no more (once the channel has ended them)",
    ),
    "notification_url": ("渠道通知地址", "Address for notifications"),
    "credentials_shown": ("已保存的资料", "What is saved"),
    "credentials_sealed": (
        "私钥与密钥已加密封存，任何人都不能再查看；这里只显示指纹与有效期。",
        "Private keys and secrets are sealed, and nobody can see them again; fingerprints and "
        "times are all that is shown.",
    ),
    "credentials_change": ("更换密钥", "Change credentials"),
    "credentials_saved": (
        "新密钥已保存，旧密钥仍被信任，直至撤销。请试连一次。",
        "The new credentials are saved; earlier ones are believed until they are withdrawn. Try "
        "them once.",
    ),
    "rotate_help": (
        "所有项目整体更换：密钥与密码需要全部重新填写，不再需要的勾选移除；账户身份不能修改。",
        "All of it is replaced: enter every secret again, or tick that it is removed. Whose "
        "account it is cannot change.",
    ),
    "secrets_again": (
        "为安全起见，密钥与密码没有保留，请重新填写。",
        "Keys and secrets were not kept in this form: enter them again.",
    ),
    "secret_again": ("请重新填写", "Enter it again"),
    "secret_is_set": (
        "当前已设置：请重新填写，或勾选移除。",
        "It is set: enter it again, or tick that it is removed.",
    ),
    "secret_may_be_set": (
        "没有记录是否设置过：设置过请重新填写，没有请勾选。",
        "It was not noted whether this is set: enter it again if it is, else tick.",
    ),
    "secret_remove": ("移除", "Remove it"),
    "secret_without": ("没有，或不再使用", "There is none, or it goes"),
    "is_set": ("已设置", "Set"),
    "is_not_set": ("未设置", "Not set"),
    "identity_fixed": (
        "账户身份，不能修改。",
        "Whose account it is; it cannot change.",
    ),
    "or_file": ("粘贴，或上传文件：", "Paste it, or choose a file:"),
    "ways_legend": ("验签方式", "How the channel signs"),
    "ways_legend.product": ("签约产品", "Product"),
    "rare_settings": ("更多设置（多数商户不用修改）", "More (most merchants leave it alone)"),
    "serial": ("序列号", "Serial"),
    "valid": ("有效期", "Valid"),
    "trial": ("试连", "Try the connection"),
    "trial_do": ("试连一次", "Try it"),
    "trial_help": (
        "向渠道查询一笔不存在的支付：不产生任何交易；回答“没有这笔交易”就是成功。",
        "The channel is asked about a payment that cannot exist: nothing is moved, and “no such "
        "payment” is success.",
    ),
    "trial_ok": ("连接正常。", "It works."),
    "trial_bad": ("渠道没有接受。", "The channel did not accept."),
    "trial_field": ("最可能不对的是：", "Most likely wrong:"),
    "trial_said": ("渠道的原话：", "The channel said:"),
    "accounts_none.reader": (
        "还没有渠道账户，须由管理员新建。",
        "No channel account yet. Administrators add them.",
    ),
    "trial_none": ("这组密钥还没有试过。", "These credentials have not been tried."),
    "trial_failed": (
        "暂时无法试连：网关尚未收到这组密钥或没有应答，请几秒后再试。",
        "Cannot be tried just now: the gateway does not know these credentials yet, or does not "
        "answer. Try again in a few seconds.",
    ),
    "tried_at": ("试连时间", "Tried"),
    "setup_created": ("已创建。", "Created."),
    "setup_saved": ("已保存。", "Saved."),
}
