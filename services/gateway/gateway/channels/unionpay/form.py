"""How people enter an account at UnionPay.

Source: open.unionpay.com (acpAPIId=901; 证书使用说明)
"""

from typing import Final

from contracts.words import Words
from gateway.channels.plugin import CredentialForm, FormField

URL: Final = Words("https:// 开头的地址", "an address that begins with https://")

FORM: Final = CredentialForm(
    fields=(
        FormField(
            "mer_id",
            Words("商户代码 (merId)", "Merchant (merId)"),
            Words("由收单机构或银联分配。", "Given by the acquirer or by UnionPay."),
            shape=Words("15 位字母与数字", "15 letters and digits"),
        ),
        FormField(
            "sign_private_key_pem",
            Words("商户私钥", "Private key of the merchant"),
            Words(
                "签名用 .pfx 文件中的私钥，导出为 PEM。",
                "The private key in the .pfx file for signing, exported as PEM.",
            ),
            "private_key",
        ),
        FormField(
            "sign_cert_pem",
            Words("商户签名证书", "Signing certificate of the merchant"),
            Words(
                "同一 .pfx 文件中的证书，导出为 PEM。",
                "The certificate in the same .pfx file, exported as PEM.",
            ),
            "certificate",
        ),
        FormField(
            "unionpay_root_cert_pem",
            Words("银联根证书", "Root certificate of UnionPay"),
            Words(
                "从银联开放平台下载的 acp_prod_root.cer。",
                "acp_prod_root.cer, from UnionPay's open platform.",
            ),
            "certificate",
            is_bundle=True,
        ),
        FormField(
            "unionpay_middle_cert_pem",
            Words("银联中级证书", "Middle certificate of UnionPay"),
            Words(
                "从银联开放平台下载的 acp_prod_middle.cer。",
                "acp_prod_middle.cer, from UnionPay's open platform.",
            ),
            "certificate",
            is_bundle=True,
        ),
        FormField(
            "base_url",
            Words("接口地址", "Address of the API"),
            Words("通常不改。", "Rarely another one."),
            shape=URL,
            is_rare=True,
        ),
        FormField(
            "file_url",
            Words("对账文件地址", "Address of statements"),
            Words("留空则按接口地址推定。", "Empty: by the address of the API."),
            shape=URL,
            is_rare=True,
        ),
    ),
)
