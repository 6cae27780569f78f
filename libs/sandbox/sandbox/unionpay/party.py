"""UnionPay among the third parties."""

from sandbox.unionpay import routes
from sandbox.unionpay.account import KIND, UnionpayAccount
from sandbox.unionpay.notices import UnionpayNotices
from sandbox.world import Party

PARTY: Party[UnionpayAccount] = Party(
    kind=KIND,
    title="银联支付",
    colour="#007b84",
    routes=routes.routes,
    notices=lambda world: UnionpayNotices(world.accounts(KIND)),
)
