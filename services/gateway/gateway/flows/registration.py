"""A merchant's channel account is registered: its credentials are checked by the plugin itself."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chassis.problems import InvalidRequest
from contracts.identifiers import new_id
from contracts.internal import (
    AccountTrial,
    ChannelDescription,
    ChannelList,
    CheckCredentials,
    CheckedCredentials,
    ShownKey,
    TryAccount,
)
from contracts.money import Money
from gateway.calling.enquiries import try_out
from gateway.channels.plugin import Plugin, Trade, schema
from gateway.channels.shown_keys import shown_keys
from gateway.channels.trial_words import words_of
from gateway.directory.credentials import (
    BadCredentials,
    check_dates,
    check_identity,
    identity,
    open_account,
)
from gateway.domain.errors import NotHere
from gateway.flows.deps import Deps

TRIAL_LIFE: Final = timedelta(hours=2)
"""Of the payment that cannot exist: as long as others live, so that it looks like any other."""


def list_channels(deps: Deps) -> ChannelList:
    """The channels of this gateway, with forms for their credentials."""
    return ChannelList(
        items=[
            ChannelDescription(
                channel=plugin.name,
                title=plugin.title.zh,
                name=plugin.title,
                methods=plugin.list_methods(),
                credentials_schema=schema(plugin.credentials, plugin.form),
                identity_fields=list(plugin.identity),
                statement_file=plugin.statement_file.about if plugin.statement_file else None,
            )
            for plugin in deps.plugins.values()
        ],
        api_url=deps.addresses.public,
    )


def check_credentials(deps: Deps, channel: str, request: CheckCredentials) -> CheckedCredentials:
    """Raises NotHere for an unknown channel, InvalidRequest with a pointer for each fault."""
    plugin = deps.plugins.get(channel)
    if plugin is None:
        raise NotHere("channel")
    try:
        opened = open_account(plugin, request.credentials, deps.channel_urls)
        keys = shown_keys(plugin.form, request.credentials)
        check_dates(plugin, keys, datetime.fromtimestamp(deps.clock(), UTC))
        found = identity(plugin, opened)
        before = request.identity or _known_identity(deps, plugin, request.payment_id)
        if before is not None:
            check_identity(plugin, before, found)
    except BadCredentials as error:
        faults = [replace(fault, pointer="/credentials" + fault.pointer) for fault in error.faults]
        raise InvalidRequest("The credentials cannot be used.", errors=faults) from error
    return CheckedCredentials(
        identity=found, keys=[ShownKey.model_validate(asdict(each)) for each in keys]
    )


async def try_account(deps: Deps, account_id: str, request: TryAccount) -> AccountTrial:
    """Ask the channel about a payment that cannot exist, with the credentials of this version.

    Raises NotHere for an account, or a version of it, that is not known (yet).
    """
    account = deps.directory.find_account(account_id)
    if account is None or account.version < request.version:
        raise NotHere("channel account of this version")
    now = datetime.fromtimestamp(deps.clock(), UTC)
    nobodys = Trade(
        payment_no=new_id("payment"),
        amount=Money(1, min(account.plugin.currencies)),
        method=next(iter(account.plugin.methods)),
        created_at=now,
        expires_at=now + TRIAL_LIFE,
    )
    tried = await try_out(deps.executor, account, nobodys)
    return AccountTrial(
        ok=tried.ok,
        code=tried.code,
        message=tried.message,
        field=tried.field,
        words=words_of(tried),
    )


def _known_identity(
    deps: Deps, plugin: Plugin[Any], account_id: str | None
) -> Mapping[str, str] | None:
    """That of the account as it is in use; None where there is no such account here."""
    account = deps.directory.find_account(account_id or "")
    if account is None or account.channel != plugin.name:
        return None
    return identity(plugin, account.opened)
