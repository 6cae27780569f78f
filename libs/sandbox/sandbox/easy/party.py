"""易生 among the third parties, with both of its products."""

from sandbox.deps import Party
from sandbox.easy import routes
from sandbox.easy.account import KIND, EasyAccount, direct_section
from sandbox.easy.notifications import EasyNotifications

PARTY: Party[EasyAccount] = Party(
    kind=KIND,
    title="易生支付",
    colour="#c8102e",
    routes=routes.routes,
    notifications=lambda deps: EasyNotifications(deps.accounts(KIND)),
    products={"easy_direct": direct_section},
    asks_wallet=lambda trade: trade.product != "direct",
    tells_refunds=False,
)
