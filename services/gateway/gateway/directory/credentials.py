"""Credentials of channel accounts: checked where they are entered, opened where they are used."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from chassis.problems import FieldError, pointer
from gateway.channels.plugin import CHECKED_BEFORE, Plugin

ChannelUrls = Literal["own", "any"]


class BadCredentials(Exception):
    """They are incomplete, do not parse, or do not belong together.

    `faults` name fields and say what is wrong with them, never a value.
    """

    def __init__(self, faults: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{fault.pointer} {fault.message}" for fault in faults))
        self.faults = faults


def open_account(
    plugin: Plugin[Any],
    credentials: Mapping[str, Any],
    urls: ChannelUrls,
    *,
    checked: bool = False,
) -> Any:
    """The plugin's account of these credentials, its keys parsed; `checked`: they were opened so
    before they were sealed, and the slow part of it is spared.

    Raises:
        BadCredentials: with every fault that was found.
    """
    try:
        context = CHECKED_BEFORE if checked else None
        given = plugin.credentials.model_validate(credentials, context=context)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise BadCredentials([FieldError(pointer(f["loc"]), f["msg"]) for f in faults]) from None
    if urls == "own" and (foreign := _foreign_urls(plugin, given)):
        raise BadCredentials(foreign)
    try:
        return plugin.open_account(given)
    except ValueError as error:
        raise BadCredentials([FieldError("", str(error))]) from None


def identity(plugin: Plugin[Any], opened: Any) -> dict[str, str]:
    """Whose account it is, by the fields that the plugin names; "" for one without value."""
    return {name: getattr(opened, name) or "" for name in plugin.identity}


def check_identity(plugin: Plugin[Any], before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """An account is one identity for ever (`one-identity`).

    Raises:
        BadCredentials: with each field that is another now.
    """
    others = [
        name
        for name in plugin.identity
        if before.get(name, "") != now[name]
        and (before.get(name) or name not in plugin.learnt_later)
    ]
    if others:
        words = "says whose account it is and never changes; register another account"
        raise BadCredentials([FieldError(pointer([name]), words) for name in others])


def _foreign_urls(plugin: Plugin[Any], credentials: BaseModel) -> list[FieldError]:
    return [
        FieldError(pointer([name]), "must be an address of the channel itself")
        for name, own in plugin.own_urls.items()
        if getattr(credentials, name).rstrip("/") not in {url.rstrip("/") for url in own}
    ]
