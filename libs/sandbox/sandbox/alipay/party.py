"""Alipay among the third parties."""

from typing import Any

from sandbox.alipay import gateway
from sandbox.alipay.account import KIND, AlipayAccount
from sandbox.alipay.notifications import AlipayNotifications
from sandbox.deps import Deps, Party


def _certificates(deps: Deps, merchant: str) -> dict[str, Any]:
    accounts = deps.accounts(KIND)
    account = accounts.find(merchant) or accounts.first()
    return {
        "app_id": account.app_id,
        "app_cert_pem": account.app_cert_pem,
        "alipay_cert_pem": account.alipay_cert_pem,
        "alipay_root_cert_pem": account.alipay_root_cert_pem,
    }


PARTY: Party[AlipayAccount] = Party(
    kind=KIND,
    title="支付宝",
    colour="#1677ff",
    routes=gateway.routes,
    notifications=lambda deps: AlipayNotifications(deps.accounts(KIND), deps.truth),
    judged_by="`python-alipay-sdk` (PyPI), `alipay-sdk` (npm)",
    is_busy=True,
    notified_refunds=("succeeded", "abnormal"),
    certificates=_certificates,
)
