"""Everything the third parties have, built once in `main` and given to every handler."""

from dataclasses import dataclass, field

from sandbox.accounts import Accounts
from sandbox.alipay.account import AlipayAccount
from sandbox.easy.account import EasyAccount
from sandbox.faults import Faults
from sandbox.later import Later
from sandbox.logins import Logins
from sandbox.notices import Notices
from sandbox.shelf import Shelf
from sandbox.stripe.account import StripeAccount
from sandbox.truth import Truth
from sandbox.unionpay.account import UnionpayAccount
from sandbox.wechat.account import WechatAccount
from sandbox.wechat.certificates import PlatformCertificates


@dataclass(slots=True)
class Settings:
    """What `POST /_control/settings` changes while the sandbox runs."""

    latency_ms: int = 0
    auto_pay: bool = False
    person: str = "somebody"
    """Who is logged in to the wallets: the wallet tells each app another id of each person."""
    page_hosts: list[str] = field(default_factory=list)
    """Hosts (with port) that merchants registered for OAuth and for h5; empty: nobody looks."""


@dataclass(frozen=True, slots=True)
class World:
    """One process' third parties."""

    truth: Truth
    faults: Faults
    later: Later
    notices: Notices
    wechat: Accounts[WechatAccount]
    alipay: Accounts[AlipayAccount]
    easy: Accounts[EasyAccount]
    unionpay: Accounts[UnionpayAccount]
    stripe: Accounts[StripeAccount]
    platform_certificates: PlatformCertificates
    shelf: Shelf
    public_url: str
    settings: Settings = field(default_factory=Settings)
    logins: Logins = field(default_factory=Logins)
