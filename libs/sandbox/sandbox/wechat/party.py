"""WeChat Pay among the third parties."""

from typing import Any

from sandbox.wechat import routes
from sandbox.wechat.account import KIND, WechatAccount
from sandbox.wechat.certificates import PlatformCertificates
from sandbox.wechat.notices import WechatNotices
from sandbox.world import Party, World


def _certificates(world: World, merchant: str) -> dict[str, Any]:
    accounts = world.accounts(KIND)
    account = accounts.find(merchant) or accounts.first()
    platform = world.own(PlatformCertificates).in_use()
    return {
        "mchid": account.mchid,
        "merchant_certificate_pem": account.certificate_pem,
        "platform_certificate_pem": platform[-1].pem,
        "platform_certificates": [
            {"serial_no": each.serial_no, "certificate_pem": each.pem} for each in platform
        ],
    }


def _rotate(world: World) -> dict[str, str]:
    """A further platform certificate; the one before stays in use beside it."""
    issued = world.own(PlatformCertificates).rotate()
    return {"serial_no": issued.serial_no, "certificate_pem": issued.pem}


PARTY: Party[WechatAccount] = Party(
    kind=KIND,
    title="微信支付",
    colour="#07c160",
    routes=routes.routes,
    notices=lambda world: WechatNotices(world.accounts(KIND), world.own(PlatformCertificates)),
    judged_by="`wechatpayv3` (PyPI), `wechatpay-axios-plugin` (npm)",
    is_busy=True,
    certificates=_certificates,
    rotate=_rotate,
)
