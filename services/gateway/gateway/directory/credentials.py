"""Credentials of channel accounts: checked where they are entered, opened where they are used."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ValidationError

from chassis.problems import FieldError, pointer
from contracts.words import Words
from gateway.channels.faults import Fault
from gateway.channels.plugin import CHECKED_BEFORE, Plugin
from gateway.channels.shown_keys import ShownKey
from gateway.directory.fault_words import words_of

ChannelUrls = Literal["own", "any"]

FIXED: Final = Words(
    "决定这是谁的账户，不能修改；请另建一个渠道账户",
    "says whose account it is and never changes; register another account",
)
FOREIGN: Final = Words("须为渠道自己的地址", "must be an address of the channel itself")


EXPIRED: Final = Words("已过期", "has expired")
NOT_YET: Final = Words("尚未生效", "is not valid yet")


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
        raise BadCredentials([_fault(plugin, each) for each in error.errors()]) from None
    if urls == "own" and (foreign := _foreign_urls(plugin, given)):
        raise BadCredentials(foreign)
    try:
        return plugin.open_account(given)
    except ValueError as error:
        zh = error.words.zh if isinstance(error, Fault) else None
        raise BadCredentials([FieldError("", str(error), zh)]) from None


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
        if _was(plugin, before, name) != now[name]
        and (_was(plugin, before, name) or name not in plugin.learnt_later)
    ]
    if others:
        raise BadCredentials([FieldError(pointer([name]), FIXED.en, FIXED.zh) for name in others])


def check_dates(plugin: Plugin[Any], keys: Sequence[ShownKey], now: datetime) -> None:
    """Whoever enters a certificate means to use it now. An account that has one goes on with it.

    Raises:
        BadCredentials: with each certificate that is not valid now.
    """
    certificates: dict[str, list[ShownKey]] = {}
    for key in keys:
        if key.kind == "certificate":
            certificates.setdefault(key.field, []).append(key)
    faults = []
    for name, found in certificates.items():
        form_field = plugin.form.find(name)
        counted = found if form_field and form_field.is_bundle else found[:1]
        words = [_words_of_dates(each, now) for each in counted]
        if words[0] and all(words):
            faults.append(FieldError(pointer([name]), words[0].en, words[0].zh))
    if faults:
        raise BadCredentials(faults)


def _words_of_dates(certificate: ShownKey, now: datetime) -> Words | None:
    if certificate.valid_from and now < certificate.valid_from:
        return NOT_YET
    return EXPIRED if certificate.valid_until and certificate.valid_until <= now else None


def _was(plugin: Plugin[Any], before: Mapping[str, str], name: str) -> str:
    """What it was, also where nobody had to say so then."""
    return before.get(name) or plugin.identity_before.get(name, "")


def _fault(plugin: Plugin[Any], fault: Mapping[str, Any]) -> FieldError:
    path = fault["loc"]
    words = words_of(fault, plugin.form.find(str(path[0])) if path else None)
    return FieldError(pointer(path), words.en, words.zh)


def _foreign_urls(plugin: Plugin[Any], credentials: BaseModel) -> list[FieldError]:
    return [
        FieldError(pointer([name]), FOREIGN.en, FOREIGN.zh)
        for name, own in plugin.own_urls.items()
        if getattr(credentials, name).rstrip("/") not in {url.rstrip("/") for url in own}
    ]
