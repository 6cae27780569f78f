"""A merchant's channel account is registered: its credentials are checked by the plugin itself."""

from collections.abc import Mapping

from pydantic import JsonValue

from chassis.problems import FieldError, InvalidRequest
from contracts.internal import ChannelDescription, ChannelList
from gateway.credentials import BadCredentials, open_account
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
            )
            for plugin in deps.plugins.values()
        ]
    )


def check_credentials(deps: Deps, channel: str, credentials: Mapping[str, JsonValue]) -> None:
    """Raises NotHere for an unknown channel, InvalidRequest with a pointer for each fault."""
    plugin = deps.plugins.get(channel)
    if plugin is None:
        raise NotHere("channel")
    try:
        open_account(plugin, credentials, deps.channel_urls)
    except BadCredentials as error:
        faults = [FieldError("/credentials" + f.pointer, f.message) for f in error.faults]
        raise InvalidRequest("The credentials cannot be used.", errors=faults) from error
