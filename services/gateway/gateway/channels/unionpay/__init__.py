"""银联 (UnionPay) 全渠道 5.1: the gateway page, the app, codes shown and codes scanned.

`plugin.py` lists everything; each way to pay is a file in `methods/`, each operation one in
`operations/`; `wire.py` signs and verifies, `codes.py` says what each code means.
"""

from gateway.channels.unionpay.plugin import PLUGIN

__all__ = ["PLUGIN"]
