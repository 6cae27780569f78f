"""What the pages of the guided way show, step by step."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import Request

from chassis.problems import Problem
from contracts.events.configuration import KeyAlgorithm
from merchant_admin.api.console.forms import VERSION
from merchant_admin.api.console.setup import app_forms
from merchant_admin.api.console.setup.accounts import CREDENTIALS
from merchant_admin.api.console.setup.apps import hand_over_context
from merchant_admin.api.console.setup.credential_pages import form_context, typed_in
from merchant_admin.api.console.visiting import Sent, Visitor
from merchant_admin.api.paging import MAX_LIMIT
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.onboarding import Draft, Step
from merchant_admin.flows import apps, channel_accounts, channels, keys, merchants, pings
from merchant_admin.flows.deps import Deps

Context = dict[str, Any]
ReadContext = Callable[[Request, Deps, Visitor, Draft], Awaitable[Context]]


async def context_of(
    request: Request, deps: Deps, visitor: Visitor, draft: Draft, step: Step
) -> Context:
    """Raises NoSuch for what the draft names and is no more."""
    merchant = None
    if draft.merchant_id:
        merchant = await merchants.read(deps, draft.merchant_id, visitor.scope)
    return {"merchant": merchant, **await _CONTEXTS[step](request, deps, visitor, draft)}


async def _merchant(_: Request, deps: Deps, visitor: Visitor, draft: Draft) -> Context:
    everyone = ListQuery(visitor.scope)
    found = await merchants.read_page(deps, everyone, after=None, limit=MAX_LIMIT)
    return {"merchants": found}


async def _channel(_: Request, deps: Deps, visitor: Visitor, draft: Draft) -> Context:
    accounts = await channel_accounts.read_page(
        deps, draft.merchant_id or "", visitor.scope, after=None, limit=MAX_LIMIT
    )
    return {"channels": await channels.read_all(deps), "accounts": accounts}


async def credentials_context(
    deps: Deps,
    visitor: Visitor,
    draft: Draft,
    sent: Sent | None = None,
    refusal: Problem | None = None,
) -> Context:
    """The form of a new account, or of another key of the one that was made; `sent`: as it comes
    back."""
    channel = await channels.read(deps, draft.channel or "")
    typed = typed_in(channel.form, sent) if sent else None
    if draft.account_id is None:
        known = form_context(channel.form, sent=typed or draft.entered or None, refusal=refusal)
        return {"account": None, "chosen": channel, **known}
    account = await channel_accounts.find(deps, draft.account_id, visitor.scope)
    saved = await channel_accounts.read_details(deps, draft.account_id)
    known = form_context(
        channel.form, sent=typed, saved=saved, identity=account.identity, refusal=refusal
    )
    entered = typed or {VERSION: CREDENTIALS.version(account)}
    return {"account": account, "chosen": channel, "entered": entered, **known}


async def _credentials(_: Request, deps: Deps, visitor: Visitor, draft: Draft) -> Context:
    return await credentials_context(deps, visitor, draft)


async def _trial(_: Request, deps: Deps, visitor: Visitor, draft: Draft) -> Context:
    account_id = draft.account_id or ""
    channel = await channels.read(deps, draft.channel or "")
    return {
        "account": await channel_accounts.find(deps, account_id, visitor.scope),
        "known": await channel_accounts.read_details(deps, account_id),
        "form": channel.form,
        "titles": channel.form.titles,
    }


async def _app(_: Request, deps: Deps, visitor: Visitor, draft: Draft) -> Context:
    merchant_id = draft.merchant_id or ""
    return {
        "apps": await apps.read_of_merchant(deps, merchant_id, visitor.scope, limit=MAX_LIMIT),
        "entered": {**app_forms.EMPTY, "merchant_ids": merchant_id},
        "address": visitor.caller.actor.ip,
    }


async def _keys(_: Request, deps: Deps, visitor: Visitor, draft: Draft) -> Context:
    app_id = draft.app_id or ""
    return {
        "app": await apps.read(deps, app_id, visitor.scope),
        "keys": await keys.read_page(deps, app_id, visitor.scope, after=None, limit=MAX_LIMIT),
        "algorithms": KeyAlgorithm,
        "new_app": None,
        "new_key": None,
        "waits": None,
    }


async def _callback(request: Request, deps: Deps, visitor: Visitor, draft: Draft) -> Context:
    app_id = draft.app_id or ""
    app = await apps.read(deps, app_id, visitor.scope)
    ping = request.query_params.get("ping", "")
    return {
        "app": app,
        "entered": {
            "notify_url": app.terms.notify_url or "",
            VERSION: app_forms.ADDRESS.version(app),
        },
        "attempt": await pings.find(deps, app_id, ping, visitor.scope),
    }


async def _hand_over(_: Request, deps: Deps, visitor: Visitor, draft: Draft) -> Context:
    return await hand_over_context(deps, visitor, draft.app_id or "")


_CONTEXTS: Final[Mapping[Step, ReadContext]] = {
    Step.MERCHANT: _merchant,
    Step.CHANNEL: _channel,
    Step.CREDENTIALS: _credentials,
    Step.TRIAL: _trial,
    Step.APP: _app,
    Step.KEYS: _keys,
    Step.CALLBACK: _callback,
    Step.HAND_OVER: _hand_over,
}
