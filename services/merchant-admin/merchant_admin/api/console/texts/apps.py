"""Apps: their terms, keys and callback, the signature inspector and the hand-over page."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "app": ("应用", "App"),
    "app_new": ("新建应用", "New app"),
    "app_change": ("修改应用", "Change app"),
    "app_name": ("应用名称", "Name of the app"),
    "app_name_help": ("调用接口的业务系统。", "The business system that calls the API."),
    "app_merchants": ("所属商户", "Merchants"),
    "app_merchants_help": (
        "商户标识，以空格分隔；应用只能为这些商户收款。",
        "Merchant ids, separated by spaces; the app takes money for these only.",
    ),
    "app_disabled": ("停用（接口调用全部拒绝）", "Disabled (every call is refused)"),
    "apps_none.reader": (
        "还没有应用，须由管理员新建。",
        "No app yet. Administrators add them.",
    ),
    "apps_none": (
        "还没有应用：请在下方新建，应用凭它调用接口。",
        "No app yet: add one below; it is who calls the API.",
    ),
    "callback": ("回调", "Callback"),
    "callbacks_of_app": ("查看回调记录", "Its callbacks"),
    "notify_url": ("回调地址", "Callback address"),
    "notify_url_help": (
        "支付结果发送到这里；可以稍后再填。",
        "Where results are sent; may be entered later.",
    ),
    "callback_ack": ("回调应答", "Accepted by"),
    "ack.2xx": ("任何 2xx 状态", "Any 2xx status"),
    "ack.success": ("正文为 success", "The body “success”"),
    "reinitiate_after_s": ("重复发起间隔（秒）", "Same order again after (s)"),
    "reinitiate_help": (
        "同一订单在此时间内不会再次发起支付，1 至 3600。",
        "The same order is not initiated twice within this time, 1 to 3600.",
    ),
    "late_payment": ("过期后的付款", "Money after expiry"),
    "late.accept": ("接受：订单视为已付", "Accept: the order is paid"),
    "late.refund": ("全额退还", "Refund in full"),
    "ip_allowlist": ("IP 白名单", "Allowed addresses"),
    "ip_allowlist_help": (
        "每行一个地址或网段；留空则不限制。",
        "One address or network a line; empty: any.",
    ),
    "any_address": ("不限制", "any"),
    "my_address": ("加入我的地址", "Add my address"),
    "overlap_until": ("旧回调密钥有效至", "Old secret is valid until"),
    "client_certificate_until": ("客户端证书有效至", "Client certificate until"),
    "webhook_secret": ("回调密钥", "Webhook secret"),
    "rotate_webhook_secret": ("更换回调密钥", "Rotate the webhook secret"),
    "rotate_webhook_help": (
        "新密钥只显示一次；24 小时内回调同时带有新旧两个签名，之后旧密钥失效。",
        "The new one is shown once. For 24 hours callbacks carry both signatures, then the old "
        "secret is dropped.",
    ),
    "secret_once": (
        "只显示这一次，请立即复制并妥善保存。",
        "Shown this once: copy it now, and keep it safe.",
    ),
    "ping": ("发送测试回调", "Send a test callback"),
    "ping_failed": (
        "测试回调没有发出，请稍后再试。",
        "The test was not sent; try again later.",
    ),
    "ping_no_address": ("请先填写回调地址。", "Enter a callback address first."),
    "ping_result.waiting": ("测试回调已发出，尚无应答：", "Sent, and not answered yet:"),
    "ping_result.pending": (
        "对方没有接受，稍后会自动重试：",
        "Not accepted; it is tried again by itself:",
    ),
    "ping_result.delivered": ("对方已接受：", "Accepted:"),
    "ping_result.exhausted": ("对方没有接受：", "Not accepted:"),
    "keys": ("密钥", "Keys"),
    "key_id": ("密钥标识", "Key id"),
    "alg": ("算法", "Algorithm"),
    "alg.ED25519": ("公钥", "public key"),
    "alg.RSA-SHA256": ("公钥或证书", "public key or certificate"),
    "alg.HMAC-SHA256": ("由本中心生成密钥", "a secret made here"),
    "fingerprint": ("指纹 (SHA-256)", "Fingerprint (SHA-256)"),
    "key_sealed": ("密钥已封存", "a sealed secret"),
    "keys_none.reader": (
        "还没有密钥，应用暂时不能调用接口；须由管理员添加。",
        "No key yet, so the app cannot call. Administrators add them.",
    ),
    "keys_none": (
        "还没有密钥，应用暂时不能调用接口：请在下方添加。",
        "No key yet, so the app cannot call: add one below.",
    ),
    "key_new": ("登记密钥", "New key"),
    "key_new_help": (
        "更换密钥：先登记新的，应用改用新密钥后再删除旧的，两者可以并存。",
        "To rotate: add the new key, have the app use it, then delete the old one; both are valid "
        "meanwhile.",
    ),
    "key_pem": ("公钥或证书", "Public key or certificate"),
    "key_pem_help": (
        "HMAC-SHA256 不用填写；请勿上传私钥。",
        "Not for HMAC-SHA256. Never a private key.",
    ),
    "key_add": ("登记", "Add"),
    "key_added": ("已登记密钥", "Key added:"),
    "key_secret": ("密钥", "Secret"),
    "key_delete": ("删除", "Delete"),
    "key_delete_help": (
        "删除后用它签名的请求立即被拒绝，不能恢复。",
        "Whatever it signs is refused from now on. It cannot be undone.",
    ),
    "key_deleted": ("密钥已删除。", "The key is deleted."),
    "hand_over": ("交接单", "Hand-over sheet"),
    "inspector": ("签名检查", "Signature inspector"),
    "hand_over_numbers": ("对接参数", "What to call with"),
    "hand_over_secrets": (
        "密钥与回调密钥不在此页，请另行安全交付。",
        "Secrets are not on this page: hand them over by a safe way of their own.",
    ),
    "api_url": ("接口地址", "Base address"),
    "snippet_python": ("发起一笔支付 · Python", "A payment · Python"),
    "snippet_curl": ("发起一笔支付 · curl", "A payment · curl"),
    "snippet_callback": ("验证回调 · Python", "Verify a callback · Python"),
    "snippet_callback_help": (
        "验签通过后再处理；同一个 webhook-id 只处理一次；以回调或查询的结果为准。",
        "Act on it only when it verifies, and once for each webhook-id; what callbacks and "
        "queries say is what counts.",
    ),
    "print_hint": (
        "可直接打印，或另存为 PDF 发给开发人员。",
        "Print it, or save it as PDF for the developers.",
    ),
}
