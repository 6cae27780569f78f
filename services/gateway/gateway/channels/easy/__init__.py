"""易生 (EasyPay) with its two products, of which an account has one.

云易收 has a cashier of its own, which every payment goes through; 易企通 2.0, in `direct/`, is
called by ours. `plugin.py` lists everything; each way to pay is a file in `methods/`, each
operation one in `operations/`; `wire.py` signs and verifies, `codes.py` says what each code means.
"""

from gateway.channels.easy.plugin import PLUGIN

__all__ = ["PLUGIN"]
