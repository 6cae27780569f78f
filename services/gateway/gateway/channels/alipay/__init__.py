"""Alipay (支付宝), OpenAPI through `gateway.do`, RSA2.

`plugin.py` lists everything; each way to pay is a file in `methods/`, each operation one in
`operations/`; `wire.py` signs and verifies, `codes.py` says what each code means.
"""

from gateway.channels.alipay.plugin import PLUGIN

__all__ = ["PLUGIN"]
