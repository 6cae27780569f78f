"""易生 among the third parties, with both of its products."""

from sandbox.easy import routes
from sandbox.easy.account import KIND, EasyAccount, direct_section
from sandbox.easy.notices import EasyNotices
from sandbox.world import Party

PARTY: Party[EasyAccount] = Party(
    kind=KIND,
    title="易生支付",
    colour="#c8102e",
    routes=routes.routes,
    notices=lambda world: EasyNotices(world.accounts(KIND)),
    products={"easy_direct": direct_section},
    asks_wallet=lambda trade: trade.product != "direct",
    tells_refunds=False,
)
