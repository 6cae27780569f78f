"""From an app (APP): the page behind a code.

Source: s.apifox.cn/9758ecc8 (trade/native)
"""

from gateway.channels.easy.direct.methods.code_page import call, outcome

__all__ = ["call", "outcome"]
