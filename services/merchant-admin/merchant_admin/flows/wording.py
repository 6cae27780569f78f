"""What people read is worded for them, with the names and forms that it takes."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from chassis.web import Language, Translation
from contracts.identifiers import PREFIX
from merchant_admin.domain.credential_forms import CredentialForm
from merchant_admin.domain.export_tables import Found, Table
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.sheets import SEVERAL, Sheet, Wording
from merchant_admin.flows import apps, channel_accounts, channels, merchants
from merchant_admin.flows.deps import Deps


class WordedFile:
    """The file of a list for somebody who sees what is in `scope`."""

    def __init__(self, deps: Deps, scope: Scope, of: Table, t: Translation) -> None:
        self._deps = deps
        self._scope = scope
        self._of = of
        self._t = t
        self._sheet: Sheet = deps.sheets.by_list[of.name]
        self._names: dict[str, str] = {}
        self.table: Table = self._sheet.table(of, t)

    @classmethod
    async def begun(cls, deps: Deps, scope: Scope, of: Table, language: Language) -> "WordedFile":
        """With what the channels are called now."""
        await channels.refresh(deps)
        return cls(deps, scope, of, words_of(deps, language))

    async def rows(self, found: AsyncIterator[Found]) -> AsyncIterator[Sequence[Sequence[Any]]]:
        forms = forms_of(self._deps) if self._sheet.needs_forms else {}
        async for page in found:
            new = self._sheet.ids(self._of, page) - self._names.keys()
            if new:
                known = await read_names(self._deps, self._scope, new, self._t)
                self._names |= {each: each for each in new} | known
            wording = Wording(self._t, self._deps.clock(), self._names, forms)
            yield self._sheet.rows(self._of, page, wording)


def words_of(deps: Deps, language: Language) -> Translation:
    """The texts of the pages, with the names of the channels, which the gateway knows."""
    return Translation({**deps.sheets.texts, **channel_names(deps)}, language)


def channel_names(deps: Deps) -> dict[str, tuple[str, str]]:
    """As texts."""
    return {f"channel.{name}": (it.zh, it.en) for name, it in deps.channels.names.items()}


def forms_of(deps: Deps) -> dict[str, CredentialForm]:
    """By channel the form of its credentials, as far as the gateway has described them."""
    listed = deps.channels.found.items if deps.channels.found else []
    return {each.channel: CredentialForm.of(each.credentials_schema) for each in listed}


async def read_names(
    deps: Deps, scope: Scope, ids: Collection[str], t: Translation
) -> dict[str, str]:
    """What merchants, apps and channel accounts are called, of those that may be known by name."""
    merchant_ids, app_ids, account_ids = (
        {each for each in ids if each.startswith(PREFIX[kind])}
        for kind in ("merchant", "app", "channel_account")
    )
    names: dict[str, str] = {}
    if merchant_ids:
        names |= await merchants.read_names(deps, merchant_ids)
    if app_ids:
        names |= await apps.read_names(deps, scope, app_ids)
    if account_ids:
        found = await channel_accounts.read_named(deps, scope, account_ids)
        names |= {
            each: f"{t(f'channel.{it.channel}')}{SEVERAL}{it.name}" for each, it in found.items()
        }
    return names
