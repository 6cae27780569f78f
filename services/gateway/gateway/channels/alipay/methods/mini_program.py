"""Alipay mini program (小程序): ordered as JSAPI is, paid by `my.tradePay`.

Source: opendocs.alipay.com/mini/05x9kv
"""

from gateway.channels.alipay.methods.jsapi import call, outcome

__all__ = ["call", "outcome"]
