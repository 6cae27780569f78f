"""Where WeChat Pay listens: the root of the port, as SDKs sign paths without a prefix."""

from functools import partial

from starlette.routing import Route

from sandbox.deps import Deps
from sandbox.wechat import (
    codepay,
    downloads,
    h5,
    login,
    orders,
    receivers,
    refunds,
    returns,
    splits,
)

_OWN = "/v3/pay/transactions"
_PARTNERS = "/v3/pay/partner/transactions"
_REFUNDS = "/v3/refund/domestic/refunds"
_SPLITS = "/v3/profitsharing"

_ORDER_POSTS = {
    "native": orders.create,
    "jsapi": orders.create,
    "h5": orders.create,
    "app": orders.create,
    "codepay": codepay.create,
    "out-trade-no/{out_trade_no}/close": orders.close,
    "out-trade-no/{out_trade_no}/reverse": codepay.reverse,
}
_ORDER_GETS = {
    "out-trade-no/{out_trade_no}": orders.query,
    "id/{transaction_id}": orders.query,
}
_POSTS = {
    _REFUNDS: refunds.create,
    f"{_REFUNDS}/{{refund_id}}/apply-abnormal-refund": refunds.handle_abnormal,
    f"{_SPLITS}/orders": splits.create,
    f"{_SPLITS}/orders/unfreeze": splits.unfreeze,
    f"{_SPLITS}/return-orders": returns.create,
    f"{_SPLITS}/receivers/add": receivers.add,
    f"{_SPLITS}/receivers/delete": receivers.delete,
}
_GETS = {
    f"{_REFUNDS}/{{out_refund_no}}": refunds.query,
    f"{_SPLITS}/orders/{{out_order_no}}": splits.query,
    f"{_SPLITS}/return-orders/{{out_return_no}}": returns.query,
    f"{_SPLITS}/transactions/{{transaction_id}}/amounts": splits.amounts,
    f"{_SPLITS}/merchant-configs/{{sub_mchid}}": receivers.ratio,
    "/v3/certificates": downloads.certificates,
    "/v3/bill/tradebill": downloads.trade_statement,
    "/v3/bill/fundflowbill": downloads.fund_flow_statement,
    downloads.STATEMENT_PAGE: downloads.statement_file,
}


def routes(deps: Deps) -> list[Route]:
    """Most frequent first: they are matched in order."""
    posts = {f"{_OWN}/{path}": endpoint for path, endpoint in _ORDER_POSTS.items()} | _POSTS
    gets = {f"{_OWN}/{path}": endpoint for path, endpoint in _ORDER_GETS.items()} | _GETS
    posts |= {f"{_PARTNERS}/{path}": endpoint for path, endpoint in _ORDER_POSTS.items()}
    gets |= {f"{_PARTNERS}/{path}": endpoint for path, endpoint in _ORDER_GETS.items()}
    return [
        Route(path, partial(endpoint, deps), methods=[method])
        for method, table in (("POST", posts), ("GET", gets))
        for path, endpoint in table.items()
    ] + [*h5.routes(deps), *login.routes(deps)]
