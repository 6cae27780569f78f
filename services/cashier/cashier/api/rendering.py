"""From a checkout to HTML: escaped throughout, in the payer's language, nothing foreign."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cashier.api.shown import minute, money
from cashier.api.texts import NOTICES, TEXTS
from cashier.domain.qr import qr_svg
from cashier.domain.stage import Stage, is_safe_link, status_of
from chassis.problems import Problem
from chassis.web import Words, language_of
from contracts.actions import FormAction, QrCodeAction
from contracts.internal import Checkout

LANGUAGE_COOKIE: Final = "paymesh_language"
LANGUAGE_KEPT_S: Final = 365 * 24 * 3600

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # The address of the page is its key.
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

_templates: Final = Environment(
    loader=PackageLoader("cashier.api"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(minute=minute)
_templates.globals.update(money=money)


def render_checkout(
    request: Request, token: str, checkout: Checkout, now: datetime
) -> HTMLResponse:
    action, status = checkout.payment.action, status_of(checkout, now)
    return_url = checkout.return_url
    notice = request.query_params.get("notice")
    policy = POLICY
    if status.stage is Stage.SUBMIT and isinstance(action, FormAction):
        target = urlsplit(action.url)
        policy += f" {target.scheme}://{target.netloc}"
    facts = {
        "token": token,
        "checkout": checkout,
        "payment": checkout.payment,
        "order": checkout.order,
        "status": status,
        "now": now,
        # Only dots and coordinates: what the code says does not stand in it as text.
        "qr": Markup(qr_svg(action.qr_code)) if isinstance(action, QrCodeAction) else None,
        "notice": f"notice.{notice}" if notice in NOTICES else None,
        "return_url": return_url if return_url and is_safe_link(return_url) else None,
    }
    return _page(request, "checkout.html", facts, policy=policy)


def render_problem(request: Request, problem: Problem) -> HTMLResponse:
    """For people: not found, or try again in a moment."""
    response = _page(
        request, "problem.html", {"is_lost": problem.status == 404}, status=problem.status
    )
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    return response


def _page(
    request: Request,
    template: str,
    facts: dict[str, object],
    *,
    status: int = 200,
    policy: str = POLICY,
) -> HTMLResponse:
    asked = request.query_params.get("lang")
    words = Words(
        TEXTS,
        language_of(
            asked,
            request.cookies.get(LANGUAGE_COOKIE),
            request.headers.get("accept-language", ""),
        ),
    )
    html = _templates.get_template(template).render(t=words, **facts)
    headers = {**HEADERS, "Content-Security-Policy": policy}
    response = HTMLResponse(html, status_code=status, headers=headers)
    if asked is not None:
        response.set_cookie(
            LANGUAGE_COOKIE, words.language, max_age=LANGUAGE_KEPT_S, httponly=True, samesite="lax"
        )
    return response
