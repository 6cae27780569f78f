"""WeChat Pay among the third parties."""

from typing import Any

from sandbox.deps import Deps, Party
from sandbox.wechat import routes
from sandbox.wechat.account import KIND, WechatAccount
from sandbox.wechat.certificates import PlatformCertificates
from sandbox.wechat.notifications import WechatNotifications


def _certificates(deps: Deps, merchant: str) -> dict[str, Any]:
    accounts = deps.accounts(KIND)
    account = accounts.find(merchant) or accounts.first()
    platform = deps.own(PlatformCertificates).in_use()
    return {
        "mchid": account.mchid,
        "merchant_certificate_pem": account.certificate_pem,
        "platform_certificate_pem": platform[-1].pem,
        "platform_certificates": [
            {"serial_no": each.serial_no, "certificate_pem": each.pem} for each in platform
        ],
    }


def _rotate(deps: Deps) -> dict[str, str]:
    """A further platform certificate; the one before stays in use beside it."""
    issued = deps.own(PlatformCertificates).rotate()
    return {"serial_no": issued.serial_no, "certificate_pem": issued.pem}


PARTY: Party[WechatAccount] = Party(
    kind=KIND,
    title="微信支付",
    colour="#07c160",
    routes=routes.routes,
    notifications=lambda deps: WechatNotifications(
        deps.accounts(KIND), deps.own(PlatformCertificates)
    ),
    judged_by="`wechatpayv3` (PyPI), `wechatpay-axios-plugin` (npm)",
    is_busy=True,
    certificates=_certificates,
    rotate=_rotate,
)
