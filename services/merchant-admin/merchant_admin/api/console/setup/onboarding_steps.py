"""What each step of the guided way does with its form. Whatever it makes is the real thing, by the
same flows as the pages: the draft only remembers its id."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chassis.problems import FieldError, Problem
from contracts.events.configuration import State
from merchant_admin.api.console.forms import NUMBER, number_in, seen_in
from merchant_admin.api.console.setup import accounts as account_pages
from merchant_admin.api.console.setup import app_forms
from merchant_admin.api.console.setup import merchants as merchant_pages
from merchant_admin.api.console.setup.apps import key_in, with_own_address
from merchant_admin.api.console.visiting import Sent
from merchant_admin.domain.approvals import AwaitsApproval
from merchant_admin.domain.errors import AlreadyMade, SameAccount, Unusable
from merchant_admin.domain.onboarding import Draft, Step
from merchant_admin.flows import (
    account_trials,
    apps,
    channel_accounts,
    channels,
    keys,
    merchants,
    pings,
)
from merchant_admin.flows.deps import Deps

APP_MADE: Final = "problem=app_made_before"
"""Where a second click is led, which shows no secret."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The draft after a step, and which one is next. `shown`: its page, which then is the
    answer itself: the one time that a secret is seen."""

    draft: Draft
    step: Step
    shown: dict[str, Any] = field(default_factory=dict)
    query: str = ""


Take = Callable[[Deps, Sent, Draft], Awaitable[Taken]]


async def _merchant(deps: Deps, sent: Sent, draft: Draft) -> Taken:
    """One that there is, or a new one. Raises Unusable for both."""
    chosen = sent.form.get("merchant_id", "")
    if chosen and sent.form.get("name", "").strip():
        raise Unusable(
            FieldError(
                "/name",
                "is for a new one; choose none below, or leave this empty",
                "新建商户与选择已有商户请只填一项",
            )
        )
    if chosen:
        merchant = await merchants.read(deps, chosen, sent.scope)
    else:
        merchant = await merchant_pages.create_from(deps, sent)
    return Taken(draft.with_merchant(merchant.merchant_id), Step.CHANNEL)


async def _channel(deps: Deps, sent: Sent, draft: Draft) -> Taken:
    """An account that there is, or the channel of a new one."""
    if account_id := sent.form.get("payment_id", ""):
        account = await channel_accounts.read(deps, draft.merchant_id or "", account_id, sent.scope)
        return Taken(draft.with_account(account_id, account.channel), Step.TRIAL)
    channel = await channels.read(deps, sent.form.get("channel", ""))
    if channel.name == draft.channel:
        return Taken(draft, Step.CREDENTIALS)
    return Taken(draft.with_channel(channel.name), Step.CREDENTIALS)


async def _credentials(deps: Deps, sent: Sent, draft: Draft) -> Taken:
    """A new account, or other credentials of the one whose trial failed. `another`: the account
    was not this merchant's; it is disabled, and another one entered."""
    merchant_id, channel = draft.merchant_id or "", draft.channel or ""
    if draft.account_id is None:
        account_id = await _make_account(deps, sent, merchant_id)
        return Taken(draft.with_account(account_id, channel), Step.TRIAL)
    account = await channel_accounts.find(deps, draft.account_id, sent.scope)
    if "another" in sent.form:
        await channel_accounts.change(
            deps,
            sent.actor,
            merchant_id,
            account.account_id,
            {"state": State.DISABLED},
            credentials=None,
        )
        return Taken(draft.with_channel(channel), Step.CREDENTIALS)
    await account_pages.replace_from(deps, sent, account)
    return Taken(draft.with_account(account.account_id, channel), Step.TRIAL)


async def _make_account(deps: Deps, sent: Sent, merchant_id: str) -> str:
    try:
        return (await account_pages.create_from(deps, sent, merchant_id)).account_id
    except SameAccount as same:
        if same.account_id != sent.form.get(NUMBER):
            raise
        return same.account_id  # of the other click


async def _trial(deps: Deps, sent: Sent, draft: Draft) -> Taken:
    """Tried, or left for later."""
    if "next" in sent.form:
        return Taken(replace(draft, is_tried=True), Step.APP)
    try:
        await account_trials.try_out(deps, sent.actor, draft.account_id or "")
    except Problem:
        return Taken(draft, Step.TRIAL, query="problem=trial_failed")
    return Taken(draft, Step.TRIAL)


async def _app(deps: Deps, sent: Sent, draft: Draft) -> Taken:
    """One that there is, or a new one, whose callback secret the next page shows."""
    if app_forms.MY_ADDRESS in sent.form:
        return Taken(draft, Step.APP, shown={"entered": with_own_address(sent)})
    if app_id := sent.form.get("app_id", ""):
        app = await apps.read(deps, app_id, sent.scope)
        return Taken(draft.with_app(app.app_id), Step.KEYS)
    form = {**sent.form, "merchant_ids": draft.merchant_id or ""}
    app_id = number_in(form, "app")
    try:
        made = await apps.create(deps, sent.actor, app_forms.new_terms(form), app_id=app_id)
    except AlreadyMade:  # by the other click
        return Taken(draft.with_app(app_id), Step.KEYS, query=APP_MADE)
    return Taken(draft.with_app(made.app.app_id), Step.KEYS, shown={"new_app": made})


async def _keys(deps: Deps, sent: Sent, draft: Draft) -> Taken:
    """A key, whose secret this page shows; or those that there are."""
    app_id = draft.app_id or ""
    if "next" in sent.form:
        known = await keys.read_page(deps, app_id, sent.scope, after=None, limit=1)
        key_id = draft.key_id or (known[0].key_id if known else None)
        return Taken(replace(draft, key_id=key_id), Step.CALLBACK)
    given = key_in(sent)
    try:
        made = await keys.create(deps, sent.actor, app_id, **given)
    except AwaitsApproval as waits:
        kept = draft.waiting(Step.KEYS, waits.approval.approval_id)
        kept = replace(kept, key_id=draft.key_id or given["key_id"])
        return Taken(kept, Step.KEYS, shown={"waits": waits})
    except AlreadyMade:  # by the other click
        kept = replace(draft, key_id=draft.key_id or given["key_id"])
        return Taken(kept, Step.KEYS, query="problem=key_made_before")
    return Taken(replace(draft, key_id=made.key.key_id), Step.KEYS, shown={"new_key": made})


async def _callback(deps: Deps, sent: Sent, draft: Draft) -> Taken:
    """The address, and a ping to it; or both later."""
    app_id = draft.app_id or ""
    if "next" in sent.form:
        return Taken(replace(draft, is_called_back=True), Step.HAND_OVER)
    app = await apps.read(deps, app_id, sent.scope)
    terms = app_forms.changed_address(sent.form)
    if terms["notify_url"] != app.terms.notify_url:
        await apps.change(
            deps, sent.actor, app_id, terms=terms, state=None, rotate_secret=False,
            seen=seen_in(sent.form, app_forms.ADDRESS),
        )  # fmt: skip
    if terms["notify_url"] is None:
        return Taken(draft, Step.CALLBACK, query="problem=ping_no_address")
    try:
        ping = await pings.send(deps, sent.actor, app_id, terms["notify_url"])
    except Problem:
        return Taken(draft, Step.CALLBACK, query="problem=ping_failed")
    return Taken(draft, Step.CALLBACK, query=f"ping={ping.event_id}")


async def _hand_over(_: Deps, __: Sent, draft: Draft) -> Taken:
    return Taken(draft, Step.HAND_OVER)


TAKE: Final[Mapping[Step, Take]] = {
    Step.MERCHANT: _merchant,
    Step.CHANNEL: _channel,
    Step.CREDENTIALS: _credentials,
    Step.TRIAL: _trial,
    Step.APP: _app,
    Step.KEYS: _keys,
    Step.CALLBACK: _callback,
    Step.HAND_OVER: _hand_over,
}
