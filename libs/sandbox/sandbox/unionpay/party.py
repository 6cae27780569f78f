"""UnionPay among the third parties."""

from sandbox.deps import Party
from sandbox.unionpay import routes
from sandbox.unionpay.account import KIND, UnionpayAccount
from sandbox.unionpay.notifications import UnionpayNotifications
from sandbox.unionpay.orders import query_id

PARTY: Party[UnionpayAccount] = Party(
    kind=KIND,
    title="银联支付",
    colour="#007b84",
    routes=routes.routes,
    notifications=lambda deps: UnionpayNotifications(deps.accounts(KIND)),
    tells_refunds=False,
    refund_number=query_id,
    refund_ends=("succeeded", "failed"),
)
