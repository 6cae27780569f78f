"""How people enter an account at 易生.

Source: apifox.com/apidoc/docs-site/2466304 (云易收), s.apifox.cn/9758ecc8 (易企通 2.0)
"""

from typing import Final

from contracts.words import Words
from gateway.channels.plugin import Alternative, CredentialForm, FormField

GIVEN: Final = Words("由易生在签约时提供。", "Given by EasyPay with the contract.")
UP_TO_15: Final = Words("1 至 15 位字母与数字", "1 to 15 letters and digits")
URL: Final = Words("https:// 开头的地址", "an address that begins with https://")

APPID: Final = Words("1 至 32 位字母与数字", "1 to 32 letters and digits")

FORM: Final = CredentialForm(
    fields=(
        FormField(
            "product",
            Words("签约产品", "Product"),
            Words(
                "云易收：付款人在易生的收银台付款；易企通 2.0：由本中心出码或调起。",
                "The hosted cashier: payers pay on EasyPay's page; the direct API: on ours.",
            ),
            "choice",
            options={
                "cloud_cashier": Words("云易收（易生收银台）", "Hosted cashier"),
                "direct": Words("易企通 2.0（直连）", "Direct API (2.0)"),
            },
        ),
        FormField("base_url", Words("接口地址", "Address of the API"), GIVEN, shape=URL),
        FormField(
            "org_id",
            Words("机构号 (orgId)", "Institution (orgId)"),
            GIVEN,
            shape=Words("8 至 15 位字母与数字", "8 to 15 letters and digits"),
        ),
        FormField(
            "mer_code", Words("商户号 (merCode)", "Merchant (merCode)"), GIVEN, shape=UP_TO_15
        ),
        FormField("term_no", Words("终端号 (termNo)", "Terminal (termNo)"), GIVEN, shape=UP_TO_15),
        FormField(
            "org_private_key_pem",
            Words("机构私钥", "Private key of the institution"),
            Words(
                "自己生成的 RSA 私钥；公钥已交给易生登记。",
                "The RSA private key whose public half EasyPay has registered.",
            ),
            "private_key",
        ),
        FormField(
            "easypay_public_key_pem",
            Words("易生公钥", "EasyPay's public key"),
            Words(
                "由易生提供，不是机构自己的公钥。",
                "Given by EasyPay; not the institution's own public key.",
            ),
            "public_key",
        ),
        FormField(
            "mini_program_appid",
            Words("小程序 AppID", "AppID of the mini program"),
            Words("在小程序内支付时填写。", "Where payments are called in a mini program."),
            shape=APPID,
            is_rare=True,
        ),
        FormField(
            "official_account_appid",
            Words("公众号 AppID", "AppID of the official account"),
            Words(
                "在微信内支付，且易生未登记公众号时填写。",
                "For payments inside WeChat, where EasyPay does not know it.",
            ),
            shape=APPID,
            is_rare=True,
        ),
        FormField(
            "code_wallet",
            Words("收款码所属钱包", "Wallet of the codes"),
            Words(
                "易企通的收款码只能由一种钱包扫码支付。",
                "A code of the direct API is scanned with one wallet.",
            ),
            "choice",
            options={
                "alipay": Words("支付宝", "Alipay"),
                "wechat": Words("微信支付", "WeChat Pay"),
                "unionpay": Words("云闪付", "UnionPay"),
            },
            is_rare=True,
        ),
        FormField(
            "requester",
            Words("接入方式", "Who asks"),
            Words("以签约时的约定为准。", "As agreed with EasyPay."),
            "choice",
            options={
                "institution": Words("机构接入", "The institution"),
                "merchant": Words("商户接入", "The merchant"),
            },
            is_rare=True,
        ),
        FormField(
            "certificate_id",
            Words("证书编号 (certificateId)", "Certificate (certificateId)"),
            Words("易生登记了多把公钥时填写。", "Where EasyPay has several keys."),
            shape=Words("1 至 64 位字母与数字", "1 to 64 letters and digits"),
            is_rare=True,
        ),
        FormField(
            "prod_code",
            Words("产品编号 (prodCode)", "Product (prodCode)"),
            GIVEN,
            shape=Words("1 至 16 位大写字母与数字", "1 to 16 capital letters and digits"),
            is_rare=True,
        ),
        FormField(
            "refund_base_url",
            Words("退款接口地址", "Address for refunds"),
            Words("留空则按接口地址推定。", "Empty: by the address of the API."),
            shape=URL,
            is_rare=True,
        ),
        FormField(
            "sign_scope",
            Words("签名范围", "What a signature covers"),
            Words("以易生联调时的约定为准。", "As agreed with EasyPay."),
            "choice",
            options={
                "bizData": Words("仅 bizData", "bizData only"),
                "envelope+bizData": Words("公共参数与 bizData", "Envelope and bizData"),
            },
            is_rare=True,
        ),
        FormField(
            "timeout_unit",
            Words("超时单位", "Unit of the time-out"),
            Words("以易生联调时的约定为准。", "As agreed with EasyPay."),
            "choice",
            options={"seconds": Words("秒", "Seconds"), "minutes": Words("分钟", "Minutes")},
            is_rare=True,
        ),
        FormField(
            "notify_ack",
            Words("通知应答", "Answer to notifications"),
            Words(
                "以易生联调时的约定为准；不对时易生会重复通知。",
                "As agreed with EasyPay, which else sends each notification again.",
            ),
            "choice",
            options={
                "json": Words('JSON，code 为 "000000"', 'JSON with code "000000"'),
                "return_code": Words(
                    'JSON，return_code 为 "SUCCESS"', 'JSON with return_code "SUCCESS"'
                ),
                "ok": Words("文本 ok", "The text ok"),
            },
            is_rare=True,
        ),
    ),
    alternatives=(
        Alternative(
            "cloud_cashier",
            Words("云易收（易生收银台）", "Hosted cashier"),
            ("term_no",),
            optional=("prod_code", "refund_base_url", "sign_scope", "timeout_unit", "notify_ack"),
            chosen_by=("product", "cloud_cashier"),
        ),
        Alternative(
            "direct",
            Words("易企通 2.0（直连）", "Direct API (2.0)"),
            (),
            optional=("official_account_appid", "code_wallet", "requester", "certificate_id"),
            chosen_by=("product", "direct"),
        ),
    ),
)
