"""Our page's side of the gateway: what may be chosen, and a choice that is made anew."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gateway.harness import (
    NOW,
    Harness,
    Step,
    fake_plugin,
    harness,
    order_summary,
    payment_view,
    reply,
    splitting_plugin,
    there,
)
from tests.unit.gateway.test_routing import hosted

from contracts.actions import QrCodeAction
from contracts.api import Method, OrderStatus, PaymentStatus, PaymentView
from contracts.events.commands import PaymentRef
from contracts.events.configuration import LogoFile
from contracts.internal import CheckoutOnFile, ChooseOffer, ChosenChannel, Look, PaymentOnFile
from contracts.payable import SHORTEST_LIFE
from gateway.calling.transport import Broken
from gateway.channels.formats import payable_until
from gateway.channels.plugin import Call, PayOrder
from gateway.directory import App, ChannelAccount, Logo, Merchant
from gateway.domain.checkout_links import token_of
from gateway.domain.errors import NotClosedYet, NotHere
from gateway.flows import cashier, choices

PAYMENT_NO = payment_view().payment_no
TOKEN = token_of(PAYMENT_NO, [b"checkout key"])
FORMER = PaymentRef(
    payment_no=PAYMENT_NO,
    payment_id="C1",
    merchant_id="M1",
    merchant_order_no="W1",
    channel="fake",
    method=Method.NATIVE,
    amount=1299,
    currency="CNY",
    channel_trade_no=None,
    created_at=NOW,
    expires_at=NOW + timedelta(hours=2),
)


def gateway(*steps: Step, answered: list[ChosenChannel] | None = None, **stored: Any) -> Harness:
    unplaced = payment_view(
        method=Method.CASHIER, payment_id=None, channel=None, status=PaymentStatus.PENDING
    )
    about = {"order": order_summary(), "return_url": "https://shop.example/back"}
    latest_ref = stored.pop("latest_ref", None)
    on_file = PaymentOnFile(**{**dict(unplaced), **about, **stored})
    answers = answered or [chosen()]
    others = [each.payment for each in answers if each.payment.payment_no != PAYMENT_NO]
    filed = CheckoutOnFile(
        app_id="A1",
        sequence=3,
        payment=on_file,
        latest_payment_no=PAYMENT_NO,
        payments=[PaymentView(**dict(on_file)), *others],
        refunds=[],
        latest_ref=latest_ref,
    )
    return harness(
        *steps,
        trade_core={
            ("GET", f"/internal/payments/{PAYMENT_NO}/checkout"): lambda _: filed,
            ("POST", f"/internal/payments/{PAYMENT_NO}/channel"): lambda _: (
                answers.pop(0) if len(answers) > 1 else answers[0]
            ),
        },
    )


async def test_the_page_knows_the_attempts_and_the_version_of_the_order() -> None:
    checkout = await cashier.get_checkout(gateway().deps, TOKEN)
    assert (checkout.app_id, checkout.sequence) == ("A1", 3)
    assert checkout.page_url == f"https://cashier.example/pay/{TOKEN}"
    assert [each.payment_no for each in checkout.payments] == [PAYMENT_NO]


async def test_the_page_looks_as_the_merchant_wants() -> None:
    page = gateway()
    logo = Logo.of(LogoFile(media_type="image/png", content="cG5n"))
    page.directory.put(Merchant("M1", True, "幸福物业", "#0b6b63", logo))
    known = there(page.directory.find_account("C1"))
    page.directory.put(replace(known, display_name="聚合"))
    checkout = await cashier.get_checkout(page.deps, TOKEN)
    assert checkout.merchant_name == "幸福物业"
    assert checkout.look == Look(colour="#0b6b63", logo=f"M1/{logo.mark}")
    assert [each.name for each in checkout.offers] == ["聚合"]
    used = {each.payment_id for each in checkout.payments}
    assert set(checkout.account_names) == used & {"C1"}
    assert cashier.get_logo(page.deps, "M1", logo.mark) == logo.file
    for merchant_id, mark in (("M1", "x"), ("M2", logo.mark)):
        with pytest.raises(NotHere):
            cashier.get_logo(page.deps, merchant_id, mark)


async def test_nothing_is_offered_while_a_payment_is_checked_by_people() -> None:
    page = gateway(status=PaymentStatus.CONFLICTED, return_url=None)
    assert (await cashier.get_checkout(page.deps, TOKEN)).offers == []


@pytest.mark.parametrize(
    "end",
    [
        Merchant("M1", False, "幸福物业"),
        App("A1", False, frozenset({"M1"}), 15, ()),
        App("A1", True, frozenset({"M2"}), 15, ()),
    ],
)
async def test_who_takes_no_new_payments_takes_none_on_open_pages(end: Merchant | App) -> None:
    page = gateway()
    page.directory.put(end)
    checkout = await cashier.get_checkout(page.deps, TOKEN)
    assert (checkout.offers, checkout.merchant_name) == ([], "幸福物业")
    with pytest.raises(NotHere):
        await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))


def chosen(**changes: Any) -> ChosenChannel:
    payment = payment_view(method=Method.CASHIER)
    right = ChosenChannel(payment=payment, close_first=None, initiate=True)
    return right.model_copy(update=changes)


async def test_the_page_shows_what_may_be_chosen() -> None:
    page = gateway()
    page.directory.put(hosted("C4"))
    page.directory.put(ChannelAccount("C5", "M1", False, fake_plugin(), "key"))
    page.directory.put(ChannelAccount("C6", "M2", True, fake_plugin(), "key"))
    page.directory.put(ChannelAccount("C7", "M1", True, fake_plugin(offers=()), "key"))
    checkout = await cashier.get_checkout(page.deps, TOKEN)
    assert [(o.payment_id, o.method) for o in checkout.offers] == [
        ("C1", Method.NATIVE),
        ("C4", Method.CASHIER),
    ]
    assert checkout.merchant_name == "幸福物业"
    assert checkout.return_url == "https://shop.example/back"


async def test_a_request_that_named_an_account_offers_only_that_one() -> None:
    page = gateway(requested_account_id="C4")
    page.directory.put(hosted("C4"))
    assert [o.payment_id for o in (await cashier.get_checkout(page.deps, TOKEN)).offers] == ["C4"]


async def test_the_page_is_told_that_the_attempts_are_over() -> None:
    filed = (await cashier.on_file(gateway().deps, PAYMENT_NO)).model_copy(
        update={"attempts_over": True}
    )
    path = f"/internal/payments/{PAYMENT_NO}/checkout"
    over = harness(trade_core={("GET", path): lambda _: filed})
    for page, is_over in ((gateway(), False), (over, True)):
        assert (await cashier.get_checkout(page.deps, TOKEN)).attempts_over is is_over


@pytest.mark.parametrize("status", [OrderStatus.PAID, OrderStatus.CLOSED])
async def test_nothing_is_offered_when_the_order_is_over(status: OrderStatus) -> None:
    page = gateway(order=order_summary(status=status))
    assert (await cashier.get_checkout(page.deps, TOKEN)).offers == []


async def test_a_forged_token_asks_nobody() -> None:
    page = gateway()
    with pytest.raises(NotHere):
        await cashier.get_checkout(page.deps, TOKEN[:-1] + "_")
    assert page.trade_core.asked == []


async def test_a_choice_is_initiated_by_the_method_of_the_offer() -> None:
    page = gateway(reply({"pay": "weixin://x"}))
    payment = await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    assert payment.action
    assert payment.action.type == "qr_code"
    assert payment.token == TOKEN
    assert [event["verdict"] for event in page.producer.events()] == ["pending"]
    (_, _, choice) = page.trade_core.asked[1]
    assert (choice.payment_id, choice.channel, choice.method) == ("C1", "fake", Method.NATIVE)


async def test_what_is_initiated_lives_from_the_choice_on() -> None:
    """An order of two hours ago: no channel takes an expiry that is almost over."""
    seen: list[PayOrder] = []

    def pay(order: PayOrder, account: str) -> Call:
        seen.append(order)
        return Call("POST", "/pay")

    chosen_at = NOW + timedelta(hours=2, seconds=-1)
    page = gateway(reply({"pay": "weixin://x"}), answered=[chosen(initiated_at=chosen_at)])
    way = replace(fake_plugin().methods[Method.NATIVE], call=pay)
    page.directory.put(
        ChannelAccount("C1", "M1", True, fake_plugin(methods={Method.NATIVE: way}), "key")
    )
    await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    (order,) = seen
    assert (order.created_at, order.begun_at) == (NOW, chosen_at)
    assert payable_until(order) == chosen_at + SHORTEST_LIFE


@pytest.mark.parametrize(("chosen_s_ago", "is_anew"), [(5, False), (300, True), (None, True)])
async def test_a_link_is_as_old_as_the_choice_that_made_it(
    chosen_s_ago: float | None, is_anew: bool
) -> None:
    """Of an order of ten minutes ago; a trade-core of before does not tell when it was chosen."""
    chosen_at = None if chosen_s_ago is None else NOW - timedelta(seconds=chosen_s_ago)
    created_at = NOW - timedelta(minutes=10)
    ref = FORMER.model_copy(update={"created_at": created_at, "initiated_at": chosen_at})
    page = gateway(
        answered=[chosen(initiate=False)],
        payment_id="C1",
        channel="fake",
        created_at=created_at,
        latest_ref=ref,
    )
    native = fake_plugin().methods[Method.NATIVE]
    plugin = fake_plugin(methods={Method.H5: native}, offers=(Method.H5,))
    page.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))
    await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    assert page.trade_core.asked[1][2].anew == is_anew
    shown = await cashier.get_checkout(page.deps, TOKEN)
    assert shown.latest_begun_at == (chosen_at or created_at)


async def test_a_choice_that_was_made_before_is_shown_as_it_is() -> None:
    page = gateway(answered=[chosen(initiate=False)])
    await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    assert page.transport.sent == []


async def test_what_is_not_offered_cannot_be_chosen() -> None:
    page = gateway()
    with pytest.raises(NotHere):
        await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C9"))


async def test_another_choice_closes_the_former_one_first() -> None:
    to_close = chosen(close_first=FORMER, initiate=False)
    next_payment = payment_view(payment_no="P2", method=Method.CASHIER)
    page = gateway(
        reply({"closed": True}),
        reply({"pay": "weixin://y"}),
        answered=[to_close, to_close, chosen(payment=next_payment)],
    )
    payment = await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    assert payment.payment_no == "P2"
    assert payment.token == token_of("P2", [b"checkout key"])
    assert [
        (event["payment_no"], event["source"], event["verdict"]) for event in page.producer.events()
    ] == [(PAYMENT_NO, "close", "succeeded"), ("P2", "initiation", "pending")]


@pytest.mark.parametrize("step", [reply({"no": "PAID"}), Broken("reset"), reply({"closed": True})])
async def test_a_former_choice_that_cannot_be_closed_now_stays(step: Step) -> None:
    page = gateway(step, answered=[chosen(close_first=FORMER, initiate=False)])
    page.producer.is_down = step == reply({"closed": True})
    with pytest.raises(NotClosedYet):
        await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    assert len(page.transport.sent) == 1


async def test_a_payment_that_will_be_split_is_offered_only_where_that_can_be() -> None:
    paying = gateway(splits=True)
    assert (await cashier.get_checkout(paying.deps, TOKEN)).offers == []
    paying.directory.put(ChannelAccount("C2", "M1", True, splitting_plugin(), "key"))
    offers = (await cashier.get_checkout(paying.deps, TOKEN)).offers
    assert [offer.payment_id for offer in offers] == ["C2"]


# ── what calls the payer, made anew ──


def _noting(seen: list[PayOrder], **changes: Any) -> ChannelAccount:
    def pay(order: PayOrder, account: str) -> Call:
        seen.append(order)
        return Call("POST", "/pay")

    way = replace(fake_plugin().methods[Method.NATIVE], call=pay)
    lives = {Method.NATIVE: timedelta(hours=2)}
    plugin = fake_plugin(methods={Method.NATIVE: way}, codes_live=lives, **changes)
    return ChannelAccount("C1", "M1", True, plugin, "key")


def _with_code(*steps: Step, age: timedelta, answered: list[ChosenChannel]) -> Harness:
    """A code of that age on the page of an order of four hours."""
    begun_at = NOW - age
    lasting = {"expires_at": begun_at + timedelta(hours=4), "created_at": begun_at}
    about = {
        "payment_id": "C1",
        "channel": "fake",
        "action": QrCodeAction(qr_code="old"),
        **lasting,
    }
    return gateway(
        *steps,
        answered=[
            each.model_copy(update={"payment": each.payment.model_copy(update=about)})
            if each.payment.payment_no == PAYMENT_NO
            else each
            for each in answered
        ],
        latest_ref=FORMER.model_copy(update={**lasting, "initiated_at": begun_at}),
        **about,
    )


async def test_a_code_that_is_too_old_is_asked_for_anew_with_the_same_number() -> None:
    """By old and new one trade is paid; other parameters the channel would refuse."""
    seen: list[PayOrder] = []
    first = _with_code(reply({"pay": "x"}), age=timedelta(), answered=[chosen(initiated_at=NOW)])
    first.directory.put(_noting(seen))
    await choices.choose(first.deps, TOKEN, ChooseOffer(payment_id="C1"))
    age = timedelta(minutes=111)
    page = _with_code(reply({"pay": "fresh"}), age=age, answered=[chosen(initiate=False)])
    page.directory.put(_noting(seen))
    assert (await cashier.get_checkout(page.deps, TOKEN)).calls_end == {
        PAYMENT_NO: NOW - timedelta(minutes=1)
    }
    await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    at_once, later = seen
    assert (
        replace(later, created_at=NOW, expires_at=at_once.expires_at, initiated_at=NOW) == at_once
    )
    assert later.begun_at == NOW - age
    [event] = page.producer.events()
    assert (event["payment_no"], event["source"], event["verdict"]) == (
        PAYMENT_NO, "initiation", "pending"
    )  # fmt: skip
    assert event["action"]["qr_code"] == "fresh"
    assert all(not each.anew for _, path, each in page.trade_core.asked if path.endswith("channel"))


async def test_a_code_that_is_good_is_left_alone() -> None:
    seen: list[PayOrder] = []
    age = timedelta(minutes=109)
    page = _with_code(reply({"pay": "x"}), age=age, answered=[chosen(initiate=False)])
    page.directory.put(_noting(seen))
    await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    assert (seen, page.producer.events()) == ([], [])


@pytest.mark.parametrize("step", [reply({"no": "PAID"}), Broken("reset"), reply({"paid": 1299})])
async def test_where_the_channel_gives_no_fresh_code_the_former_attempt_is_closed_first(
    step: Step,
) -> None:
    """What it says to the order asked for again ends no payment: it is of the call, not of that."""
    next_payment = payment_view(payment_no="P2", method=Method.CASHIER)
    page = _with_code(
        step,
        reply({"closed": True}),
        reply({"pay": "fresh"}),
        age=timedelta(hours=3),
        answered=[
            chosen(initiate=False),
            chosen(close_first=FORMER, initiate=False),
            chosen(payment=next_payment),
        ],
    )
    page.directory.put(_noting([]))
    payment = await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    assert payment.payment_no == "P2"
    assert [(event["payment_no"], event["source"]) for event in page.producer.events()] == [
        (PAYMENT_NO, "close"),
        ("P2", "initiation"),
    ]
    asked = [each.anew for _, path, each in page.trade_core.asked if path.endswith("channel")]
    assert asked == [False, True, True]


async def test_a_fresh_code_is_asked_for_once_however_often_the_payer_taps() -> None:
    seen: list[PayOrder] = []
    age = timedelta(hours=3)
    page = _with_code(reply({"pay": "x"}), age=age, answered=[chosen(initiate=False)])
    page.directory.put(_noting(seen))
    for _ in range(2):
        await choices.choose(page.deps, TOKEN, ChooseOffer(payment_id="C1"))
    assert len(seen) == 1
