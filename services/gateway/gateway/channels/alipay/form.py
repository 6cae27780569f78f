"""How people enter an Alipay app.

Source: opendocs.alipay.com/common/057k53 (certificates), 02kipl (keys)
"""

from typing import Final

from contracts.words import Words
from gateway.channels.plugin import Alternative, CredentialForm, FormField

APP_ID: Final = Words("8 至 32 位数字", "8 to 32 digits")
URL: Final = Words("https:// 开头的地址", "an address that begins with https://")

FORM: Final = CredentialForm(
    fields=(
        FormField(
            "app_id",
            Words("应用 APPID", "APPID of the app"),
            Words(
                "支付宝开放平台 → 控制台 → 应用详情；应用须已上线并签约收款产品。",
                "Open platform → Console → the app. It must be online, with a payment product.",
            ),
            shape=APP_ID,
        ),
        FormField(
            "app_private_key_pem",
            Words("应用私钥", "Private key of the app"),
            Words(
                "用密钥工具生成的 RSA2 应用私钥；与开放平台登记的应用公钥成对。",
                "The RSA2 private key made with the key tool, whose public half was uploaded.",
            ),
            "private_key",
        ),
        FormField(
            "alipay_public_key_pem",
            Words("支付宝公钥", "Alipay's public key"),
            Words(
                "开放平台 → 开发设置 → 接口加签方式 → 查看支付宝公钥；不是应用公钥。",
                "Open platform → Development settings → Signing → Alipay public key. Not the "
                "app's own public key.",
            ),
            "public_key",
        ),
        FormField(
            "app_cert_pem",
            Words("应用公钥证书", "Certificate of the app"),
            Words(
                "证书模式下载的 appCertPublicKey_….crt。",
                "appCertPublicKey_….crt, in certificate mode.",
            ),
            "certificate",
        ),
        FormField(
            "alipay_cert_pem",
            Words("支付宝公钥证书", "Certificate of Alipay"),
            Words(
                "同处下载的 alipayCertPublicKey_RSA2.crt。",
                "alipayCertPublicKey_RSA2.crt, from there.",
            ),
            "certificate",
        ),
        FormField(
            "alipay_root_cert_pem",
            Words("支付宝根证书", "Alipay's root certificates"),
            Words(
                "同处下载的 alipayRootCert.crt，整个文件。", "alipayRootCert.crt, the whole file."
            ),
            "certificate",
            is_bundle=True,
        ),
        FormField(
            "seller_id",
            Words("收款账号 PID", "Account that is paid (PID)"),
            Words(
                "以 2088 开头的 16 位商户号，在商家平台 → 账户中心；只认付给它的通知。",
                "16 digits from 2088 on; notifications for another account are refused.",
            ),
            shape=Words("2088 开头的 16 位数字", "16 digits that begin with 2088"),
        ),
        FormField(
            "app_auth_token",
            Words("应用授权令牌 (app_auth_token)", "App authorisation (app_auth_token)"),
            Words(
                "第三方应用代商户调用时的授权令牌。",
                "Where a service provider's app acts for the merchant.",
            ),
            "secret",
            is_rare=True,
        ),
        FormField(
            "op_app_id",
            Words("小程序 APPID", "APPID of the mini program"),
            Words(
                "发起支付的小程序与上面的应用不同时填写。",
                "Of the mini program that calls the payment, where it is another app.",
            ),
            shape=APP_ID,
            is_rare=True,
        ),
        FormField(
            "native_product_code",
            Words("扫码支付产品", "Product for QR codes"),
            Words("以签约的产品为准。", "By contract."),
            "choice",
            options={
                "FACE_TO_FACE_PAYMENT": Words("当面付", "Face to face payment"),
                "QR_CODE_OFFLINE": Words("订单码支付", "Order code payment"),
            },
            is_rare=True,
        ),
        FormField(
            "jsapi_product_code",
            Words("支付宝内网页的支付产品", "Product for pages inside Alipay"),
            Words(
                "应用是小程序选小程序支付；应用是网页应用（收银台、H5 页面）选当面付。",
                "JSAPI payment where the app is a mini program; face to face payment where it is a "
                "web app, as for our cashier.",
            ),
            "choice",
            options={
                "JSAPI_PAY": Words("小程序支付（JSAPI 支付）", "JSAPI payment"),
                "FACE_TO_FACE_PAYMENT": Words("当面付", "Face to face payment"),
            },
            is_rare=True,
        ),
        FormField(
            "oauth_scope",
            Words("付款人授权", "Authorisation by payers"),
            Words(
                "应用已配置授权回调地址时选择；收银台即可在支付宝内直接支付。",
                "Where the app's authorisation address is our cashier: it can then be paid inside "
                "Alipay.",
            ),
            "choice",
            options={"auth_base": Words("静默授权", "Silent (auth_base)")},
            is_rare=True,
        ),
        FormField(
            "quit_url",
            Words("退出地址", "Where payers land who leave"),
            Words(
                "手机网站支付中途退出时的去处；订单带 return_url 时以后者为准。",
                "For h5 payments without a return_url.",
            ),
            shape=URL,
            is_rare=True,
        ),
        FormField(
            "gateway_url",
            Words("网关地址", "Address of the gateway"),
            Words("一般不用修改。", "Usually left as it is."),
            shape=URL,
            is_rare=True,
        ),
    ),
    alternatives=(
        Alternative("key", Words("公钥模式", "By public key"), ("alipay_public_key_pem",)),
        Alternative(
            "certificate",
            Words("证书模式", "By certificates"),
            ("app_cert_pem", "alipay_cert_pem", "alipay_root_cert_pem"),
        ),
    ),
)
