"""How people enter an account at Stripe.

Source: docs.stripe.com/keys, docs.stripe.com/webhooks
"""

from typing import Final

from contracts.words import Words
from gateway.channels.plugin import CredentialForm, FormField

FORM: Final = CredentialForm(
    fields=(
        FormField(
            "account_id",
            Words("账户 ID (acct_)", "Account ID (acct_)"),
            Words(
                "Stripe 控制台右上角的账户设置中，以 acct_ 开头。",
                "In the account settings of Stripe's dashboard.",
            ),
            shape=Words("acct_ 开头，其后为字母与数字", "acct_, then letters and digits"),
        ),
        FormField(
            "secret_key",
            Words("密钥 (Secret key)", "Secret key"),
            Words(
                "控制台的“开发者 → API 密钥”。受限密钥 (rk_) 需可写 Checkout Sessions、"
                "PaymentIntents、Refunds，可读 Account、Balance、Disputes。",
                "Developers → API keys. A restricted key (rk_) must write Checkout Sessions, "
                "PaymentIntents and Refunds, and read the account, its balance and disputes.",
            ),
            "secret",
        ),
        FormField(
            "webhook_secret",
            Words("Webhook 签名密钥 (whsec_)", "Signing secret of the webhook (whsec_)"),
            Words(
                "先保存账户得到支付标识，再到 Stripe 的“开发者 → Webhooks”添加地址 "
                "<网关地址>/webhooks/stripe/<支付标识>，选 checkout.session.*、payment_intent.*、"
                "charge.refunded、refund.*、charge.dispute.* 事件，然后把签名密钥填到这里。",
                "Save the account first: it gets its payment ID. Then add the address "
                "<gateway>/webhooks/stripe/<payment ID> under Developers → Webhooks, with the "
                "events checkout.session.*, payment_intent.*, charge.refunded, refund.* and "
                "charge.dispute.*, and enter its signing secret here.",
            ),
            "secret",
        ),
        FormField(
            "publishable_key",
            Words("可公开密钥 (Publishable key)", "Publishable key"),
            Words(
                "只有 App 支付需要：交给 Stripe 的 App SDK。",
                "For payments in apps only: their Stripe SDK takes it.",
            ),
            shape=Words("pk_live_ 或 pk_test_ 开头", "begins with pk_live_ or pk_test_"),
        ),
        FormField(
            "base_url",
            Words("接口地址", "Address of the API"),
            Words("通常不改。", "Rarely another one."),
            shape=Words("https:// 开头的地址", "an address that begins with https://"),
            is_rare=True,
        ),
    ),
)
