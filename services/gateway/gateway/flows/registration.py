"""A merchant's channel account is registered: its credentials are checked by the plugin itself."""

from collections.abc import Mapping
from typing import Any

from chassis.problems import FieldError, InvalidRequest
from contracts.internal import (
    ChannelDescription,
    ChannelList,
    CheckCredentials,
    CheckedCredentials,
)
from gateway.channels.plugin import Plugin
from gateway.credentials import BadCredentials, check_identity, identity, open_account
from gateway.deps import Deps
from gateway.errors import NotHere


def list_channels(deps: Deps) -> ChannelList:
    """The channels of this gateway, with forms for their credentials."""
    return ChannelList(
        items=[
            ChannelDescription(
                channel=plugin.name,
                title=plugin.title,
                methods=list(plugin.methods),
                credentials_schema=plugin.credentials.model_json_schema(),
                identity_fields=list(plugin.identity),
            )
            for plugin in deps.plugins.values()
        ]
    )


def check_credentials(deps: Deps, channel: str, request: CheckCredentials) -> CheckedCredentials:
    """Raises NotHere for an unknown channel, InvalidRequest with a pointer for each fault."""
    plugin = deps.plugins.get(channel)
    if plugin is None:
        raise NotHere("channel")
    try:
        opened = open_account(plugin, request.credentials, deps.channel_urls)
        found = identity(plugin, opened)
        before = request.identity or _known_identity(deps, plugin, request.payment_id)
        if before is not None:
            check_identity(plugin, before, found)
    except BadCredentials as error:
        faults = [FieldError("/credentials" + f.pointer, f.message) for f in error.faults]
        raise InvalidRequest("The credentials cannot be used.", errors=faults) from error
    return CheckedCredentials(identity=found)


def _known_identity(
    deps: Deps, plugin: Plugin[Any], payment_id: str | None
) -> Mapping[str, str] | None:
    """That of the account as it is in use; None where there is no such account here."""
    account = deps.directory.find_account(payment_id or "")
    if account is None or account.channel != plugin.name:
        return None
    return identity(plugin, account.opened)
