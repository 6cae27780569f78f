"""`/api/merchants/{merchant_id}/channel-accounts`, `/api/channel-accounts`, `/api/channels`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from contracts.internal import AccountTrial, ChannelDescription
from merchant_admin.api.access import Admin, Anyone, DepsOf, FreshAdmin, Viewer
from merchant_admin.api.approvals import WAITS
from merchant_admin.api.bodies import ChangeChannelAccount, CreateChannelAccount, body
from merchant_admin.api.ids import MerchantId, PaymentId
from merchant_admin.api.list_queries import AccountParameters
from merchant_admin.api.paging import DEFAULT_LIMIT, After, Limit, Page, id_after, page_of
from merchant_admin.api.views import ChannelAccountView
from merchant_admin.flows import account_trials, channel_accounts, channels

router = APIRouter(prefix="/api")
ACCOUNTS = "/merchants/{merchant_id}/channel-accounts"
ACCOUNT = "/channel-accounts/{payment_id}"


@router.post(ACCOUNTS, status_code=201, responses=WAITS)
async def create(
    deps: DepsOf,
    caller: FreshAdmin,
    merchant_id: MerchantId,
    request: Annotated[CreateChannelAccount, Depends(body(CreateChannelAccount))],
) -> ChannelAccountView:
    """The credentials are checked, sealed, and never shown again."""
    account = await channel_accounts.create(
        deps,
        caller.actor,
        merchant_id,
        channel=request.channel,
        name=request.name,
        credentials=request.credentials,
    )
    return ChannelAccountView.of(account)


@router.get(ACCOUNTS)
async def list_page(
    deps: DepsOf,
    caller: Viewer,
    merchant_id: MerchantId,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ChannelAccountView]:
    found = await channel_accounts.read_page(
        deps, merchant_id, caller.scope, after=id_after("channel_account", after), limit=limit + 1
    )
    return page_of(found, limit, view=ChannelAccountView.of, place=lambda item: item.account_id)


@router.get(ACCOUNTS + "/{payment_id}")
async def read(
    deps: DepsOf, caller: Viewer, merchant_id: MerchantId, payment_id: PaymentId
) -> ChannelAccountView:
    return ChannelAccountView.of(
        await channel_accounts.read(deps, merchant_id, payment_id, caller.scope)
    )


@router.patch(ACCOUNTS + "/{payment_id}", responses=WAITS)
async def change(
    deps: DepsOf,
    caller: FreshAdmin,
    merchant_id: MerchantId,
    payment_id: PaymentId,
    request: Annotated[ChangeChannelAccount, Depends(body(ChangeChannelAccount))],
) -> ChannelAccountView:
    """Whose account it is never changes: other credentials of the same identity only."""
    account = await channel_accounts.change(
        deps,
        caller.actor,
        merchant_id,
        payment_id,
        request.fields(),
        credentials=request.changes().get("credentials"),
        withdraw_earlier=request.withdraw_earlier_credentials,
    )
    return ChannelAccountView.of(account)


@router.get("/channel-accounts")
async def list_all(
    deps: DepsOf, caller: Viewer, query: Annotated[AccountParameters, Query()]
) -> Page[ChannelAccountView]:
    """Those of all merchants, the newest first."""
    found = await channel_accounts.read_all(
        deps,
        query.query(caller.scope),
        after=id_after("channel_account", query.after),
        limit=query.limit + 1,
    )
    return page_of(
        found, query.limit, view=ChannelAccountView.of, place=lambda item: item.account_id
    )


@router.get(ACCOUNT)
async def read_by_id(deps: DepsOf, caller: Viewer, payment_id: PaymentId) -> ChannelAccountView:
    """As a payment names it."""
    return ChannelAccountView.of(await channel_accounts.find(deps, payment_id, caller.scope))


@router.patch(ACCOUNT, responses=WAITS)
async def change_by_id(
    deps: DepsOf,
    caller: FreshAdmin,
    payment_id: PaymentId,
    request: Annotated[ChangeChannelAccount, Depends(body(ChangeChannelAccount))],
) -> ChannelAccountView:
    """As under its merchant."""
    account = await channel_accounts.find(deps, payment_id, caller.scope)
    return await change(deps, caller, account.merchant_id, payment_id, request)


@router.post(ACCOUNT + "/test")
async def try_out(deps: DepsOf, caller: Admin, payment_id: PaymentId) -> AccountTrial:
    """Try the credentials: one signed query for a payment that cannot exist. `ok`: the channel
    took them; else `field` is the one that is most likely wrong."""
    return await account_trials.try_out(deps, caller.actor, payment_id)


@router.get("/channels")
async def list_channels(deps: DepsOf, _: Anyone) -> Page[ChannelDescription]:
    """The channels there are, with the JSON Schema of their credentials."""
    return Page(items=(await channels.read_list(deps)).items, next_cursor=None)
