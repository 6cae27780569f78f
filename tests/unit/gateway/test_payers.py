"""Who the payer is, asked of the wallet that their browser belongs to; and the way back."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.gateway.harness import (
    NOW,
    Harness,
    Step,
    fake_plugin,
    harness,
    order_summary,
    payment_view,
    ref_of,
    reply,
)

from chassis.problems import Overloaded, Problem
from contracts.api import Method, OrderStatus, PaymentStatus, PaymentView
from contracts.identifiers import new_id
from contracts.internal import (
    AskWho,
    Bridge,
    CheckoutOnFile,
    ChosenChannel,
    PayerCame,
    PaymentOnFile,
    SignedWayBack,
    SignWayBack,
    Wallet,
)
from gateway.calling.transport import Broken
from gateway.channels.plugin import (
    Call,
    Moment,
    NotIdentified,
    PayerLogin,
    Reply,
    Request,
    Trade,
)
from gateway.directory import ChannelAccount
from gateway.domain.checkout_links import token_of
from gateway.domain.errors import NotHere, PayerUnknown
from gateway.domain.payer_state import LIVES_S, Login, find_login, state_of
from gateway.domain.way_back import way_back
from gateway.flows import cashier, payers

KEYS = (b"checkout key",)
VISIT = "a visit that nobody guesses"
NUMBER, ACCOUNT = new_id("payment"), new_id("channel_account")
TOKEN = token_of(NUMBER, KEYS)


def _payer(reply_: Reply, account: str, moment: Moment) -> str:
    content = json.loads(reply_.body)
    if "errcode" in content:
        code = content["errcode"]
        raise NotIdentified(code, is_used_code=code == "used", is_ours=code == "secret")
    return str(content["openid"])


WALLET = Wallet(bridge=Bridge(object="WalletBridge", method="call", function="pay"))

LOGIN = PayerLogin(
    is_possible=lambda account: account == "can ask",
    address=lambda back, state, _: f"https://wallet.example/who?back={back}&state={state}",
    request=lambda code, _, __: Request("GET", f"https://wallet.example/{code}", {}, b""),
    payer=_payer,
)


def centre(*steps: Step, opened: str = "can ask", **stored: Any) -> Harness:
    about: dict[str, Any] = {"order": order_summary(), "return_url": None}
    unplaced = payment_view(
        payment_no=NUMBER, method=Method.CASHIER, payment_id=None, channel=None,
        status=PaymentStatus.PENDING,
    )  # fmt: skip
    on_file = PaymentOnFile(**{**dict(unplaced), **about, **stored})
    filed = CheckoutOnFile(
        app_id="A1", sequence=1, payment=on_file, latest_payment_no=NUMBER,
        payments=[PaymentView(**dict(on_file))], refunds=[],
        latest_ref=ref_of(on_file, method=Method.H5) if on_file.channel else None,
    )  # fmt: skip
    attempt = payment_view(payment_no=NUMBER, method=Method.CASHIER, payment_id=ACCOUNT)
    chosen = ChosenChannel(payment=attempt, close_first=None, initiate=True)
    made = harness(
        *steps,
        trade_core={
            ("GET", f"/internal/payments/{NUMBER}/checkout"): lambda _: filed,
            ("POST", f"/internal/payments/{NUMBER}/channel"): lambda _: chosen,
        },
        notifier={
            ("POST", "/internal/way-back/sign"): lambda _: SignedWayBack(signature="c2lnbg=="),
        },
    )
    plugin = fake_plugin(offers=(Method.NATIVE, Method.JSAPI), login=LOGIN, wallet=WALLET)
    made.directory.put(ChannelAccount(ACCOUNT, "M1", True, plugin, opened))
    return made


async def state(at: Harness) -> str:
    asked = await payers.ask_who(at.deps, TOKEN, AskWho(payment_id=ACCOUNT, visit=VISIT))
    (found,) = parse_qs(urlsplit(asked.url).query)["state"]
    return found


async def test_payer_is_sent_to_the_wallet_and_pays_by_jsapi() -> None:
    at = centre(reply({"openid": "o-1"}), reply({"pay": "x"}))
    paying = await payers.came(
        at.deps, PayerCame(state=await state(at), code="k", visit=VISIT, client_ip="192.0.2.1")
    )
    assert (paying.token, paying.status) == (TOKEN, PaymentStatus.PENDING)
    (_, _, choice) = at.trade_core.asked[-1]
    assert (choice.payment_id, choice.method, choice.anew) == (ACCOUNT, Method.JSAPI, True)
    assert at.transport.sent[0].url == "https://wallet.example/k"
    assert "o-1" not in paying.model_dump_json()
    assert "o-1" not in json.dumps(at.producer.events())


def test_state_is_letters_and_digits_and_bound_to_payment_time_and_browser() -> None:
    text = state_of(Login(NUMBER, ACCOUNT), VISIT, KEYS, now_s=1000)
    assert text.isascii()
    assert text.isalnum()
    assert len(text) <= 100
    assert find_login(text, VISIT, KEYS, now_s=1000 + LIVES_S) == Login(NUMBER, ACCOUNT)
    assert find_login(text, VISIT, KEYS, now_s=1001 + LIVES_S) is None
    assert find_login(text, "another browser", KEYS, now_s=1000) is None
    assert find_login(text, VISIT, (b"another key",), now_s=1000) is None
    assert find_login(text.replace(NUMBER, new_id("payment")), VISIT, KEYS, now_s=1000) is None
    assert find_login("", VISIT, KEYS, now_s=1000) is None


async def test_state_of_another_browser_asks_nobody() -> None:
    at = centre(reply({"openid": "o-1"}))
    with pytest.raises(NotHere):
        await payers.came(at.deps, PayerCame(state=await state(at), code="k", visit="x" * 20))
    assert at.transport.sent == []


@pytest.mark.parametrize(
    "step", [reply({"errcode": "40029"}), reply({"errcode": "used"}), Broken("reset"), reply({})]
)
async def test_payer_whom_the_wallet_does_not_name_orders_nothing(step: Step) -> None:
    at = centre(step)
    with pytest.raises(PayerUnknown) as refused:
        await payers.came(at.deps, PayerCame(state=await state(at), code="k", visit=VISIT))
    assert refused.value.extra == {"token": TOKEN}
    assert [path for _, path, _ in at.trade_core.asked if path.endswith("/channel")] == []


async def test_refusal_carries_the_token_of_the_page() -> None:
    """The wallet's browser came back without it, and stood before an address without a page."""
    at = centre(reply({"openid": "o-1"}), reply({"no": "BAD"}))
    with pytest.raises(Problem) as refused:
        await payers.came(at.deps, PayerCame(state=await state(at), code="k", visit=VISIT))
    assert refused.value.extra["token"] == TOKEN
    assert refused.value.extra["payment"]["payment_no"] == NUMBER


async def test_refused_login_asks_nobody() -> None:
    at = centre(reply({"openid": "o-1"}))
    with pytest.raises(PayerUnknown):
        await payers.came(at.deps, PayerCame(state=await state(at), code="", visit=VISIT))
    assert at.transport.sent == []


async def test_second_return_finds_what_the_first_began() -> None:
    at = centre(reply({"errcode": "used"}), payment_id=ACCOUNT, channel="fake")
    begun = await payers.came(at.deps, PayerCame(state=await state(at), code="k", visit=VISIT))
    assert begun.token == TOKEN
    assert len(at.transport.sent) == 1


async def test_wrong_settings_of_the_account_alert_people() -> None:
    at = centre(reply({"errcode": "secret"}))
    with pytest.raises(PayerUnknown):
        await payers.came(at.deps, PayerCame(state=await state(at), code="k", visit=VISIT))
    stop = asyncio.Event()
    telling = asyncio.ensure_future(at.deps.alerts.run(stop))
    await asyncio.wait_for(at.producer.has_taken.wait(), 60)
    stop.set()
    await telling
    assert [each["key"] for each in at.producer.events()] == [f"channel.login:{ACCOUNT}"]


async def test_account_that_cannot_ask_offers_no_jsapi() -> None:
    at = centre(opened="cannot ask")
    offers = (await cashier.get_checkout(at.deps, TOKEN)).offers
    assert [(each.ways, each.wallet) for each in offers if each.payment_id == ACCOUNT] == [
        ([Method.NATIVE], "fake")
    ]
    with pytest.raises(NotHere):
        await state(at)


async def test_way_back_is_signed_once_it_is_decided() -> None:
    paid: dict[str, Any] = {
        "return_url": "https://shop.example/back?a=1",
        "status": PaymentStatus.SUCCEEDED,
        "payment_id": ACCOUNT,
        "order": order_summary(status=OrderStatus.PAID),
    }
    at = centre(**paid)
    url = (await cashier.get_checkout(at.deps, TOKEN)).return_url
    assert url is not None
    assert parse_qs(urlsplit(url).query) == {
        "a": ["1"], "merchant_order_no": ["W1"], "payment_no": [NUMBER], "status": ["succeeded"],
        "timestamp": [str(int(NOW.timestamp()))], "signature": ["c2lnbg=="],
    }  # fmt: skip
    open_one = centre(return_url="https://shop.example/back?a=1")
    assert (await cashier.get_checkout(open_one.deps, TOKEN)).return_url == (
        "https://shop.example/back?a=1"
    )
    assert open_one.notifier.asked == []


async def test_way_back_without_the_notifier_is_told_and_not_signed() -> None:
    at = centre(
        return_url="https://shop.example/back",
        status=PaymentStatus.FAILED,
        payment_id=ACCOUNT,
    )

    def away(_: Any) -> SignedWayBack:
        raise Overloaded("away")

    at.notifier._answers = {("POST", "/internal/way-back/sign"): away}
    url = (await cashier.get_checkout(at.deps, TOKEN)).return_url
    assert url is not None
    assert "status=failed" in url
    assert "signature" not in url


def test_what_is_signed_are_four_lines() -> None:
    refused = SignWayBack(
        app_id="A1", merchant_order_no="W1", payment_no="P1", status="succeeded", timestamp=7
    )
    assert refused.text() == "W1\nP1\nsucceeded\n7\n"
    assert way_back("https://x.example/#top", refused, None) == (
        "https://x.example/?merchant_order_no=W1&payment_no=P1&status=succeeded&timestamp=7#top"
    )


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ""),
        ("back=%E5%AE%B6+1;x&&flag", "back=%E5%AE%B6+1;x&&flag&"),
        ("status=done&a=b%26c&merchant_order_no=W9&signature", "a=b%26c&"),
        ("%73tatus=succeeded&payment_no=P9", ""),
        ("Status=x&statuses=y&a=status", "Status=x&statuses=y&a=status&"),
    ],
)
@pytest.mark.parametrize("signature", [None, "c2ln"])
def test_our_names_in_the_apps_query_are_replaced_and_the_rest_is_kept(
    query: str, kept: str, signature: str | None
) -> None:
    """Readers differ in which of two they take: the app's own would be checked as ours."""
    shown = SignWayBack(
        app_id="A1", merchant_order_no="W1", payment_no="P1", status="succeeded", timestamp=7
    )
    signed = f"&signature={signature}" if signature else ""
    assert way_back(f"https://x.example/paid?{query}", shown, signature) == (
        f"https://x.example/paid?{kept}merchant_order_no=W1&payment_no=P1&status=succeeded"
        f"&timestamp=7{signed}"
    )


async def test_page_has_the_channel_asked_and_not_too_often() -> None:
    at = centre(
        reply({"pay": "x"}), payment_id=ACCOUNT, channel="fake", status=PaymentStatus.PENDING
    )
    for _ in range(3):
        checkout = await cashier.check(at.deps, TOKEN)
    assert checkout.payment.payment_no == NUMBER
    assert len(at.transport.sent) == 1
    assert [each["source"] for each in at.producer.events()] == ["query"]


async def test_the_channel_is_asked_about_what_the_payer_chose() -> None:
    """Some know a trade only by the product that it was paid as."""
    seen: list[Trade] = []

    def query(trade: Trade, account: str) -> Call:
        seen.append(trade)
        return Call("POST", "/query")

    at = centre(
        reply({"pay": "x"}), payment_id=ACCOUNT, channel="fake", status=PaymentStatus.PENDING
    )
    asking = fake_plugin(query=replace(fake_plugin().query, call=query))
    at.directory.put(ChannelAccount(ACCOUNT, "M1", True, asking, "can ask"))
    await cashier.check(at.deps, TOKEN)
    assert [each.method for each in seen] == [Method.H5]


async def test_nothing_is_asked_of_a_payment_that_is_nowhere_or_over() -> None:
    for stored in ({}, {"payment_id": ACCOUNT, "status": PaymentStatus.SUCCEEDED}):
        at = centre(**stored)
        await cashier.check(at.deps, TOKEN)
        assert at.transport.sent == []
