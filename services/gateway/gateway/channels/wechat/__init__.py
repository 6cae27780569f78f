"""WeChat Pay (微信支付), API v3, for merchants and for service providers (服务商).

`plugin.py` lists everything; each way to pay is a file in `methods/`, each operation one in
`operations/`; `wire.py` signs and verifies, `codes.py` says what each code means.
"""

from gateway.channels.wechat.plugin import PLUGIN

__all__ = ["PLUGIN"]
