"""易生 (EasyPay) 云易收: a channel with a cashier of its own, which every payment goes through.

`plugin.py` lists everything; each way to pay is a file in `methods/`, each operation one in
`operations/`; `wire.py` signs and verifies, `codes.py` says what each code means.
"""

from gateway.channels.easy.plugin import PLUGIN

__all__ = ["PLUGIN"]
