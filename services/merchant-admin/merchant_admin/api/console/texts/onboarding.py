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
    "onboarding_waits": (
        "另一人复核通过后，可从这里继续；无需重新填写。",
        "Once another person has agreed it goes on here; nothing has to be entered again.",
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
    "app_made_before": (
        "应用已登记，未重复登记。回调密钥只显示一次：如未保存，请在应用页面更换。",
        "The app is registered already. Its webhook secret is shown once: if you did not keep it, "
        "rotate it on the page of the app.",
    ),
    "key_made_before": (
        "密钥已登记，未重复登记。密钥只显示一次：如未保存，请另外登记一个，并删除此密钥。",
        "The key is added already. Its secret is shown once: if you did not keep it, add another "
        "key, and delete this one.",
    ),
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
    "import_help": (
        "先检查整个文件，列出每一行的问题，不做任何改动；确认无误后一次导入全部内容。",
        "The whole file is looked at first, every fault listed by its row, and nothing is made; "
        "then all of it is imported at once.",
    ),
    "import_file": ("CSV 文件", "CSV file"),
    "import_limits": (
        "UTF-8 或 GB18030，不超过 2 MiB、{rows:,} 行",
        "UTF-8 or GB18030, at most 2 MiB and {rows:,} rows",
    ),
    "import_check": ("检查", "Check"),
    "import_apply": ("导入", "Import"),
    "import_apply_help": (
        "全部导入，或全部不导入；重复提交不会重复导入。",
        "All of it or nothing; sent twice, it is imported once.",
    ),
    "import_found": ("检查结果", "What was found"),
    "import_made": ("已导入：", "Imported:"),
    "import_rows": ("行", "rows"),
    "import_row": ("行号", "Row"),
    "import_column": ("列", "Column"),
    "import_merchants": ("个新商户", "new merchants"),
    "import_accounts": ("个新渠道账户", "new channel accounts"),
    "import_there": ("个账户已存在，不会改动", "accounts are there already and left alone"),
    "import_faults": (
        "处问题，请修改文件后重新检查。",
        "faults. Mend the file, and check it again.",
    ),
    "import_template": ("模板", "Templates"),
    "import_columns": (
        "第一列是您自己的商户编号：同一编号的各行属于同一商户；"
        "每行一个渠道账户，渠道留空则只建商户。"
        "其余各列是该渠道的资料，PEM 内容可以放在一个单元格内。",
        "reference is your own number of a merchant: rows with the same one are of one merchant. A "
        "row is a channel account, or a merchant alone without a channel. The other columns are "
        "the channel's credentials; a PEM text fits into one cell.",
    ),
}
