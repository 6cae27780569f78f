"""Internal HTTP (`contracts.internal`): HTTP in, flow, HTTP out."""

from fastapi import APIRouter, Depends

from chassis.web import refuse_nul
from trade_core.api import (
    figures,
    ledger,
    lists,
    orders_on_file,
    payment_links,
    payments,
    peer,
    reconciliations,
    refunds,
    results,
    splits,
)


def router() -> APIRouter:
    """All routes, behind one prefix."""
    routes = APIRouter(prefix="/internal", dependencies=[Depends(refuse_nul)])
    for part in (
        payments,
        payment_links,
        refunds,
        splits,
        orders_on_file,
        lists,
        results,
        ledger,
        figures,
        reconciliations,
        peer,
    ):
        part.add_routes(routes)
    return routes
