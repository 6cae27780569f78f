"""WeChat Pay v3 mini program (小程序): ordered as JSAPI is, paid by `wx.requestPayment`.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791897
"""

from gateway.channels.wechat.methods.jsapi import call, outcome

__all__ = ["call", "outcome"]
