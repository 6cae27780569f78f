"""`/console`: the pages, each from its module."""

from pathlib import Path
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from chassis.web import refuse_nul_in_path
from merchant_admin.api.console import (
    account,
    alerts,
    approvals,
    audit,
    books,
    callbacks,
    certificates,
    counter_codes,
    error_pages,
    exports,
    finding,
    home,
    invitations,
    listing_exports,
    lists,
    login,
    looks,
    order,
    payment,
    reconciliations,
    reports,
    second_factor,
    statement_uploads,
    statements,
    tokens,
    users,
)
from merchant_admin.api.console.filters import WrongFilters
from merchant_admin.api.console.kept_forms import show_late_form, to_login
from merchant_admin.api.console.navigation import Navigation
from merchant_admin.api.console.setup import accounts as account_pages
from merchant_admin.api.console.setup import apps as app_pages
from merchant_admin.api.console.setup import four_eyes
from merchant_admin.api.console.setup import imports as import_pages
from merchant_admin.api.console.setup import merchants as merchant_pages
from merchant_admin.api.console.setup import onboarding as onboarding_pages
from merchant_admin.api.console.setup import signature as signature_pages
from merchant_admin.api.console.visiting import (
    EnrolmentNeeded,
    LateForm,
    LoginNeeded,
    ReauthenticationNeeded,
    RightNeeded,
    to_enrolment,
    to_forbidden,
    to_reauthentication,
)
from merchant_admin.api.console.wrong_filters import show_wrong_filters
from merchant_admin.domain.approvals import AwaitsApproval

SETUP: Final = (
    merchant_pages,
    account_pages,
    app_pages,
    signature_pages,
    onboarding_pages,
    import_pages,
)
PARTS: Final = (
    login,
    home,
    finding,
    lists,
    exports,
    listing_exports,
    audit,
    order,
    payment,
    books,
    reports,
    statements,
    statement_uploads,
    reconciliations,
    callbacks,
    alerts,
    certificates,
    users,
    account,
    second_factor,
    invitations,
    approvals,
    tokens,
    counter_codes,
    looks,
    four_eyes,
)
_STATIC: Final = Path(__file__).parent / "static"


def add_to(app: FastAPI) -> None:
    for part in (*PARTS, *SETUP):
        app.include_router(part.router, dependencies=[Depends(refuse_nul_in_path)])
    static = StaticFiles(directory=_STATIC, packages=[("foundation", "static")])
    app.mount("/console/static", static, name="console-static")
    app.add_exception_handler(LoginNeeded, to_login)
    app.add_exception_handler(RightNeeded, to_forbidden)
    error_pages.add_to(app)
    app.state.navigation = Navigation.of(app)
    app.add_exception_handler(EnrolmentNeeded, to_enrolment)
    app.add_exception_handler(ReauthenticationNeeded, to_reauthentication)
    app.add_exception_handler(LateForm, show_late_form)
    app.add_exception_handler(WrongFilters, show_wrong_filters)
    app.add_exception_handler(AwaitsApproval, approvals.awaits_approval)
