"""Alipay's certificate by its number, for merchants that see a new one in an answer.

Source: opendocs.alipay.com/common/02km9f (alipay.open.app.alipaycert.download)
"""

import base64

from sandbox.alipay.wire import Asked, Refusal, respond
from sandbox.answering import Done
from sandbox.deps import Deps
from sandbox.faults import Hit


def download(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.open.app.alipaycert.download."""
    if asked.text("alipay_cert_sn", 64) != asked.account.alipay_cert_sn:
        raise Refusal("40002", "isv.invalid-alipay-cert-sn", "支付宝公钥证书SN不存在")
    content = base64.b64encode(asked.account.alipay_cert_pem.encode()).decode()
    return Done(respond(asked, {"alipay_cert_content": content}, hit))
