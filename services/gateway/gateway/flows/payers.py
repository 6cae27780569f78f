"""A payer whose browser is the wallet's own: the wallet says who they are, and they pay by `jsapi`.

What it says (the openid) is used for this one attempt, and neither kept, shown nor logged.
"""

import structlog

from chassis.problems import Problem
from contracts.api import Method, Payer
from contracts.events.alerts import Alert, Severity
from contracts.internal import AskWho, CheckoutOnFile, ChosenPayment, PayerCame, WhoAsked
from gateway.calling.enquiries import identify
from gateway.channels.plugin import NotIdentified, NotSent, Unknown
from gateway.directory import ChannelAccount
from gateway.domain.checkout_links import token_of
from gateway.domain.errors import NotHere, PayerUnknown
from gateway.domain.payer_state import Login, find_login, state_of
from gateway.flows.cashier import UNDECIDED, on_file, payment_no_of, ways
from gateway.flows.choices import Chosen, begin, offer_of
from gateway.flows.deps import Deps

log = structlog.get_logger()


async def ask_who(deps: Deps, token: str, asked: AskWho) -> WhoAsked:
    """Where the payer's browser is sent. Raises NotHere where the offer has no such way."""
    payment_no = payment_no_of(deps, token)
    account = offer_of(deps, await on_file(deps, payment_no), asked.payment_id)
    login = account.plugin.login
    if login is None or Method.JSAPI not in ways(account):
        raise NotHere("offer")
    state = state_of(
        Login(payment_no, account.account_id), asked.visit, deps.checkout_keys, now_s=deps.clock()
    )
    return WhoAsked(url=login.address(deps.addresses.payers, state, account.opened))


async def came(deps: Deps, payer: PayerCame) -> ChosenPayment:
    """The payer's browser is back: exchange the code and begin the attempt.

    A wallet may send the browser back twice; the second time finds what the first began. Raises
    NotHere for a state that is not ours or not this browser's, PayerUnknown, and as `choose`, with
    the token of the page: the browser knows no other way there.
    """
    login = find_login(payer.state, payer.visit, deps.checkout_keys, now_s=deps.clock())
    if login is None:
        raise NotHere("login")
    filed = await on_file(deps, login.payment_no)
    account = offer_of(deps, filed, login.account_id)
    token = token_of(login.payment_no, deps.checkout_keys)
    if not payer.code:
        raise PayerUnknown(token, "refused")
    try:
        outcome = await identify(deps.executor, account, payer.code)
    except NotIdentified as error:
        if error.is_used_code and (begun := _begun(deps, filed, account)):
            return begun
        if error.is_ours:
            deps.alerts.tell(_misconfigured(account, error.code))
        log.warning("payer.not_identified", channel=account.channel, code=error.code)
        raise PayerUnknown(token, error.code) from None
    if isinstance(outcome, NotSent | Unknown):
        raise PayerUnknown(token, outcome.code)
    payer_is = Payer(openid=outcome, client_ip=payer.client_ip)
    try:
        return await begin(deps, filed, Chosen(account, Method.JSAPI, payer_is, anew=True))
    except Problem as problem:
        problem.extra = {**problem.extra, "token": token}
        raise


def _begun(deps: Deps, filed: CheckoutOnFile, account: ChannelAccount) -> ChosenPayment | None:
    latest = filed.latest
    if latest.payment_id != account.account_id or latest.status not in UNDECIDED:
        return None
    return ChosenPayment(**dict(latest), token=token_of(latest.payment_no, deps.checkout_keys))


def _misconfigured(account: ChannelAccount, code: str) -> Alert:
    return Alert(
        key=f"channel.login:{account.account_id}",
        severity=Severity.CRITICAL,
        title=f"Nobody can pay our page inside {account.channel}",
        detail="The wallet does not tell this account who its payers are; check its app secret.",
        merchant_id=account.merchant_id,
        facts={"payment_id": account.account_id, "channel": account.channel, "code": code},
    )
