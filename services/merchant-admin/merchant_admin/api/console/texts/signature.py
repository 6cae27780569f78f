"""The signature inspector."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "inspect": ("检查", "Inspect"),
    "inspector_help": (
        "粘贴一次被拒绝（401）的请求：会指出签名原文的哪一行不同。内容只用于检查，不会保存；"
        "密钥不需要也不应粘贴。",
        "Paste a request that was refused (401): the line that was signed otherwise is pointed "
        "out. Nothing is kept, and no secret is needed.",
    ),
    "inspector_refused": (
        "内容太长：请核对粘贴的内容。",
        "Too long: check what was pasted.",
    ),
    "inspector_failed": (
        "网关暂时没有应答，请稍后再试。",
        "The gateway does not answer. Try again later.",
    ),
    "target_help": (
        "路径与查询串，与实际发送的完全一致，例如 /v1/orders/W1?merchant_id=M…",
        "Path and query exactly as sent, as /v1/orders/W1?merchant_id=M…",
    ),
    "authorization_help": (
        "请求头的完整内容，以 PAYMESH- 开头。",
        "The whole header, which begins with PAYMESH-.",
    ),
    "body_help": (
        "实际发送的正文，一个字符都不能变；没有正文则留空。",
        "Exactly as sent; empty where there was none.",
    ),
    "signed_text": ("您签名的原文（选填）", "The text that was signed (optional)"),
    "signed_text_help": (
        "程序中实际参与签名的字符串；填写后逐行比对。",
        "As the program made it; it is then compared line by line.",
    ),
    "signed_text_ours": ("本中心的签名原文", "The text as we make it"),
    "differences_found": ("不同之处", "What differs"),
    "line": ("行", "Line"),
    "line_how": ("问题", "What is wrong"),
    "line_expected": ("应为", "As sent"),
    "line_signed": ("签名时为", "As signed"),
    "line.method": ("第 1 行：方法", "Line 1: method"),
    "line.target": ("第 2 行：路径与查询串", "Line 2: path and query"),
    "line.timestamp": ("第 3 行：时间戳", "Line 3: timestamp"),
    "line.nonce": ("第 4 行：随机串", "Line 4: nonce"),
    "line.body": ("第 5 行：正文", "Line 5: body"),
    "how.pasted": ("与实际发送的不同", "is not what was sent"),
    "how.small_letters": ("方法须用大写字母", "the method is signed in capital letters"),
    "how.other_method": ("签名用了另一个方法", "another method was signed"),
    "how.without_query": ("签名时漏了查询串", "the query was left out"),
    "how.without_prefix": ("签名时漏了 /v1", "/v1 was left out"),
    "how.with_host": ("签名时多了域名", "the host was signed too"),
    "how.last_slash": ("末尾的 / 不一致", "the last slash is not the same"),
    "how.decoded": ("签名用了解码后的路径", "it was signed decoded"),
    "how.encoded": ("签名用了另行编码的路径", "it was signed in another encoding"),
    "how.sorted_query": ("签名时查询参数排了序", "the query was sorted before signing"),
    "how.milliseconds": ("签名用了毫秒，应为秒", "milliseconds were signed; seconds are needed"),
    "how.empty": ("签名时漏了这一行的内容", "it was left out"),
    "how.trimmed": ("签名时去掉了首尾空白", "white space was cut before signing"),
    "how.newline_more": ("签名时多了一个换行", "one newline too many was signed"),
    "how.windows_newlines": ("签名时换行是 CRLF", "lines ended in CRLF when it was signed"),
    "how.unix_newlines": ("签名时换行是 LF", "lines ended in LF when it was signed"),
    "how.spaced_json": (
        "签名前后 JSON 重新生成过，空格不同：请签名后原样发送同一串字节",
        "the JSON was written again, with other spaces: sign the very bytes that are sent",
    ),
    "how.compact_json": (
        "签名前后 JSON 重新生成过，空格不同：请签名后原样发送同一串字节",
        "the JSON was written again, with other spaces: sign the very bytes that are sent",
    ),
    "how.sorted_json": (
        "签名时 JSON 的字段排了序：请签名后原样发送同一串字节",
        "the JSON was sorted before signing: sign the very bytes that are sent",
    ),
    "how.indented_json": (
        "签名时 JSON 带缩进：请签名后原样发送同一串字节",
        "the JSON was indented when it was signed: sign the very bytes that are sent",
    ),
    "how.no_last_newline": (
        "最后一行之后少了换行（每行都以换行结尾，包括最后一行）",
        "the last newline is missing: every line ends in one, the last too",
    ),
    "verdict.valid": ("签名正确。", "The signature is right."),
    "verdict.malformed": ("Authorization 头无法读懂。", "The header cannot be read."),
    "verdict.other_app": (
        "app_id 不是这个应用的。",
        "The app_id is not that of this app.",
    ),
    "verdict.unknown_key": (
        "这个应用没有这个 key_id 的可用密钥。",
        "This app has no active key of this key_id.",
    ),
    "verdict_disabled_key": ("密钥已登记，但已停用。", "The key is registered, and disabled."),
    "verdict.disabled_app": (
        "签名正确，但应用已停用。",
        "The signature is right, the app disabled.",
    ),
    "verdict.other_algorithm": (
        "算法与登记的密钥不一致。",
        "The algorithm is not that of the key.",
    ),
    "verdict.certificate_not_valid": (
        "签名正确，但证书不在有效期内。",
        "The signature is right, but the certificate is out of its time.",
    ),
    "verdict.other_text": (
        "密钥正确，签名原文不同。",
        "The key is right, and another text was signed.",
    ),
    "verdict.other_key": (
        "用登记的密钥验签不通过：多半用错了密钥（或密钥前后带了空格、换行），"
        "也可能签名原文另有不同。填写签名原文可以进一步判断。",
        "It does not verify with the registered key: probably another key (or one with a space or "
        "newline around it), or a text that differs in some other way. The text that was signed "
        "would tell.",
    ),
    "malformed.scheme": (
        "须以 PAYMESH-HMAC-SHA256、PAYMESH-RSA-SHA256 或 PAYMESH-ED25519 开头，其后一个空格。",
        "It must begin with PAYMESH-HMAC-SHA256, PAYMESH-RSA-SHA256 or PAYMESH-ED25519, with a "
        "space behind it.",
    ),
    "malformed.members": (
        "须正好有 app_id、key_id、timestamp、nonce、signature 五项，各一次，值用双引号。",
        "It must have app_id, key_id, timestamp, nonce and signature, once each, in quotes.",
    ),
    "malformed.timestamp": (
        "timestamp 须为 Unix 秒（10 位数字），不是毫秒。",
        "The timestamp is Unix seconds (10 digits), not milliseconds.",
    ),
    "malformed.nonce": ("nonce 须为 1 至 64 个字符。", "The nonce has 1 to 64 characters."),
    "malformed.signature": (
        "signature 须为标准 Base64（不是十六进制，也不是 URL 安全的 Base64）。",
        "The signature is standard base64, neither hexadecimal nor the URL-safe form.",
    ),
    "clock_ahead": ("请求的时钟比本中心快", "The request's clock is ahead of ours by"),
    "clock_behind": ("请求的时间比现在早", "The request was signed earlier than now by"),
    "seconds": ("秒", "s"),
    "clock_help": (
        "超过 300 秒的请求会被拒绝。若刚刚发送，请校准服务器时间；若是以前的请求，可以忽略。",
        "Beyond 300 s a request is refused. If it was sent just now, set the server's clock; of an "
        "older request this says nothing.",
    ),
}
