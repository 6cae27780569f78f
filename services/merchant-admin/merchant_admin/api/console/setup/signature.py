"""The signature inspector of an app: which line of a refused request was signed otherwise."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from chassis.problems import Problem
from contracts.identifiers import is_id
from contracts.internal import InspectedSignature, InspectSignature
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import SeenByViewer, SentByViewer, Visitor
from merchant_admin.api.ids import AppId
from merchant_admin.flows import apps, signatures
from merchant_admin.flows.deps import Deps

FIELDS: Final = ("method", "target", "authorization", "body", "signed_text")
EXAMPLE: Final = {"method": "POST", "target": "/v1/payments"}

router = APIRouter(include_in_schema=False, prefix="/console/apps/{app_id}/signature")


@router.get("")
async def form_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, app_id: AppId
) -> Response:
    return await _page(request, deps, visitor, app_id, EXAMPLE)


@router.post("")
async def inspect(request: Request, deps: DepsOf, sent: SentByViewer, app_id: AppId) -> Response:
    """What was pasted is looked at and not kept."""
    entered = {name: _unix(sent.form.get(name, "")) for name in FIELDS}
    try:
        found = await signatures.inspect(deps, sent.scope, _asked(app_id, entered))
    except ValidationError:
        return await _page(
            request, deps, sent.visitor, app_id, entered, problem="inspector_refused"
        )
    except Problem as refusal:
        if refusal.status < 500:
            raise
        return await _page(request, deps, sent.visitor, app_id, entered, problem="inspector_failed")
    if found.verdict == "unknown_key" and is_id("key", found.key_id or ""):
        key_id = found.key_id or ""
        if await signatures.is_disabled(deps, sent.scope, app_id, key_id):
            found = found.model_copy(update={"detail": "disabled"})
    return await _page(request, deps, sent.visitor, app_id, entered, found=found)


def _asked(app_id: str, entered: dict[str, str]) -> InspectSignature:
    """Raises ValidationError for what is longer than any request of ours."""
    return InspectSignature(
        app_id=app_id,
        method=entered["method"].strip(),
        target=entered["target"].strip(),
        authorization=entered["authorization"].strip().removeprefix("Authorization:").strip(),
        body=entered["body"],
        signed_text=entered["signed_text"] or None,
    )


def _unix(text: str) -> str:
    """Browsers send every line of a form's text with a carriage return."""
    return text.replace("\r\n", "\n")


async def _page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    app_id: str,
    entered: dict[str, str],
    *,
    found: InspectedSignature | None = None,
    problem: str | None = None,
) -> Response:
    context: dict[str, Any] = {
        "visitor": visitor,
        "it": await apps.read(deps, app_id, visitor.scope),
        "entered": entered,
        "found": found,
        "problem": problem,
        "wrong": {},
    }
    return render(request, "signature.html", context, status=422 if problem else 200)
