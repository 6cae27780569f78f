"""How people enter a WeChat Pay account.

Source: pay.weixin.qq.com/doc/v3/merchant/4013053249 (keys), 4013053053 (public key)
"""

from typing import Final

from contracts.words import Words
from gateway.channels.plugin import Alternative, CredentialForm, FormField

NUMBER: Final = Words("8 至 32 位数字", "8 to 32 digits")
APPID: Final = Words("以 wx 开头，字母与数字", "wx, then letters and digits")

FORM: Final = CredentialForm(
    fields=(
        FormField(
            "mchid",
            Words("商户号 (mchid)", "Merchant number (mchid)"),
            Words(
                "商户平台 → 账户中心 → 商户信息；服务商填服务商的商户号。",
                "Merchant platform → Account centre. A provider's own number where one acts.",
            ),
            shape=NUMBER,
        ),
        FormField(
            "appid",
            Words("AppID", "AppID"),
            Words(
                "公众号、小程序或移动应用的 AppID；须与商户号绑定（产品中心 → AppID 账号管理）。",
                "Of the official account, mini program or app; it must be bound to the merchant "
                "number (Product centre → AppID accounts).",
            ),
            shape=APPID,
        ),
        FormField(
            "merchant_serial_no",
            Words("商户 API 证书序列号", "Serial number of the merchant API certificate"),
            Words(
                "账户中心 → API 安全 → 商户 API 证书 → 管理证书中的序列号，不是平台证书的。",
                "Account centre → API security → Merchant API certificate. Not that of a platform "
                "certificate.",
            ),
            shape=Words("8 至 64 位十六进制数", "8 to 64 hexadecimal digits"),
        ),
        FormField(
            "merchant_private_key_pem",
            Words("商户 API 私钥", "Merchant API private key"),
            Words(
                "证书压缩包中的 apiclient_key.pem。",
                "apiclient_key.pem of the downloaded certificate.",
            ),
            "private_key",
        ),
        FormField(
            "apiv3_key",
            Words("APIv3 密钥", "APIv3 key"),
            Words(
                "账户中心 → API 安全 → APIv3 密钥，自行设置的 32 个字符；不是 APIv2 密钥。",
                "Account centre → API security: the 32 characters that were set there; not the "
                "APIv2 key.",
            ),
            "secret",
            shape=Words("正好 32 个字节", "exactly 32 bytes"),
        ),
        FormField(
            "platform_public_key_id",
            Words("微信支付公钥 ID", "Id of WeChat Pay's public key"),
            Words(
                "账户中心 → API 安全 → 微信支付公钥，以 PUB_KEY_ID_ 开头。",
                "Account centre → API security → WeChat Pay public key; begins with PUB_KEY_ID_.",
            ),
            shape=Words("PUB_KEY_ID_ 加数字", "PUB_KEY_ID_ and digits"),
        ),
        FormField(
            "platform_public_key_pem",
            Words("微信支付公钥", "WeChat Pay's public key"),
            Words(
                "同处下载的 pub_key.pem；是微信支付的公钥，不是商户自己的。",
                "pub_key.pem from the same page: WeChat Pay's key, not the merchant's own.",
            ),
            "public_key",
        ),
        FormField(
            "platform_certificate_pem",
            Words("微信支付平台证书", "WeChat Pay platform certificate"),
            Words(
                "仅适用于仍使用平台证书的老商户；可放入多张，之后自动更新。",
                "Only for merchants who still use platform certificates; several may follow each "
                "other, and they are renewed by themselves.",
            ),
            "certificate",
            is_bundle=True,
        ),
        FormField(
            "app_secret",
            Words("AppSecret", "AppSecret"),
            Words(
                "公众号的 AppSecret；填写后收银台可在微信内直接支付。",
                "Of the official account; with it our cashier can be paid inside WeChat.",
            ),
            "secret",
            shape=Words("16 至 64 个字符", "16 to 64 characters"),
            is_rare=True,
        ),
        FormField(
            "sub_mchid",
            Words("子商户号 (sub_mchid)", "Sub-merchant number (sub_mchid)"),
            Words(
                "服务商模式下收款的特约商户；普通商户留空。",
                "The merchant who is paid where a provider acts; else empty.",
            ),
            shape=NUMBER,
            is_rare=True,
        ),
        FormField(
            "sub_appid",
            Words("子商户 AppID (sub_appid)", "Sub-merchant AppID (sub_appid)"),
            Words(
                "在特约商户自己的公众号或小程序中支付时填写。",
                "Where payments are called in the sub-merchant's own app.",
            ),
            shape=APPID,
            is_rare=True,
        ),
        FormField(
            "store_id",
            Words("门店编号", "Shop number"),
            Words("付款码支付所用的门店，未登记填 1。", "Of the shop that scans payment codes; 1."),
            shape=Words("1 至 32 位字母、数字、_ 或 -", "1 to 32 letters, digits, _ or -"),
            is_rare=True,
        ),
        FormField(
            "profit_sharing",
            Words("全部支付都要分账", "Every payment is split"),
            Words(
                "勾选后资金冻结至分账完结或满 30 天；不是每笔都分账时不要勾选。",
                "The money then stays frozen until it is split to the end, or for 30 days.",
            ),
            "flag",
            is_rare=True,
        ),
        FormField(
            "base_url",
            Words("接口地址", "Address of the API"),
            Words("一般不用修改。", "Usually left as it is."),
            shape=Words("https:// 开头的地址", "an address that begins with https://"),
            is_rare=True,
        ),
    ),
    alternatives=(
        Alternative(
            "public_key",
            Words("微信支付公钥模式（新商户）", "By WeChat Pay's public key (new merchants)"),
            ("platform_public_key_id", "platform_public_key_pem"),
        ),
        Alternative(
            "certificate",
            Words("平台证书模式（老商户）", "By platform certificates (older merchants)"),
            ("platform_certificate_pem",),
        ),
        Alternative(
            "both",
            Words("从平台证书切换到公钥期间", "Both, while moving from certificates to the key"),
            ("platform_public_key_id", "platform_public_key_pem", "platform_certificate_pem"),
        ),
    ),
)
