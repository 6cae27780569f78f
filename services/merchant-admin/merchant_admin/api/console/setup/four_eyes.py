"""What of a merchant waits for a second person: the form on its page."""

from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.problems import FieldError, Problem
from chassis.web import parse
from merchant_admin.api.access import DepsOf
from merchant_admin.api.bodies import ChangeMerchant
from merchant_admin.api.console.forms import seen_in
from merchant_admin.api.console.setup.merchants import EYES, shown_page
from merchant_admin.api.console.setup.wrong import shown_again, wrong_fields
from merchant_admin.api.console.shown import minor_units
from merchant_admin.api.console.visiting import FreshlySentByAdmin, to
from merchant_admin.api.ids import MerchantId
from merchant_admin.domain.errors import Unusable
from merchant_admin.domain.four_eyes import LIMIT_CURRENCY
from merchant_admin.flows import merchants

router = APIRouter(include_in_schema=False, prefix="/console/merchants")


@router.post("/{merchant_id}/four-eyes")
async def change(
    request: Request, deps: DepsOf, sent: FreshlySentByAdmin, merchant_id: MerchantId
) -> Response:
    """An empty amount: no refund waits. Less than today waits for a second person itself."""
    try:
        wanted = parse(ChangeMerchant, {"four_eyes": _four_eyes(sent.form)})
        seen = seen_in(sent.form, EYES)
        await merchants.change(deps, sent.actor, merchant_id, wanted.fields(), seen=seen)
    except Problem as refusal:
        wrong = wrong_fields(refusal, inside="/four_eyes")
        return await shown_page(
            request, deps, sent.visitor, merchant_id, eyes=shown_again(refusal, sent.form, {}),
            wrong=wrong, status=refusal.status,
        )  # fmt: skip
    return to(f"/console/merchants/{merchant_id}?done=setup_saved")


def _four_eyes(form: dict[str, str]) -> dict[str, Any]:
    """Raises Unusable for an amount that is none."""
    typed = form.get("refunds_from", "").strip()
    amount = minor_units(typed, LIMIT_CURRENCY) if typed else None
    if typed and amount is None:
        raise Unusable(FieldError("/four_eyes/refunds_from", "is not an amount"))
    return {
        "refunds_from": amount,
        "credentials": "credentials" in form,
        "callback_addresses": "callback_addresses" in form,
    }
