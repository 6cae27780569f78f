"""Where the payer is, and how they are called there."""

import pytest

from cashier.domain.places import Place, Whereabouts, place_of
from cashier.domain.ways import LastUsed, ways_at

from .conftest import OFFERS, WALLETS, MakeCheckout

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X) AppleWebKit/605.1.15"
ANDROID = "Mozilla/5.0 (Linux; Android 12; M2012K11AC"


@pytest.mark.parametrize(
    ("agent", "place"),
    [
        (f"{IPHONE} Version/17.2 Mobile/15E148 Safari/604.1", Place.PHONE),
        (f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.48", "wechat"),
        (f"{IPHONE} Mobile/15E148 wxwork/4.1.30 MicroMessenger/7.0.1 Language/zh", Place.EMBEDDED),
        (f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.76 miniProgram/wx2c1c", Place.EMBEDDED),
        (f"{IPHONE} Mobile/22G100 Ariver/1.1.0 AliApp(AP/10.8.30)", "alipay"),
        (f"{IPHONE} Mobile/15E148 AliApp(TB/10.2)", Place.EMBEDDED),
        (f"{IPHONE} Mobile/15E148", Place.EMBEDDED),
        (f"{IPHONE} Mobile UnionPay/1.0 CloudPay", Place.EMBEDDED),
        (f"{ANDROID}) Chrome/120.0 Mobile Safari/537.36", Place.PHONE),
        (f"{ANDROID}; wv) Version/4.0 Chrome/120 Mobile Safari/537.36", Place.EMBEDDED),
        (f"{ANDROID}; wv) XWEB/1340129 MicroMessenger/8.0.48", "wechat"),
        ("(Phone; OpenHarmony 5.0) ArkWeb/4.1.6.1 MicroMessenger/8.0.10", "wechat"),
        ("(Phone; OpenHarmony 6.0) Safari/537.36 ArkWeb/6.0 HuaweiBrowser/5.1", Place.PHONE),
        ("(Windows NT 10.0) Chrome/132 MicroMessenger/7.0.20 WindowsWechat/WMPF", Place.DESKTOP),
        ("(Macintosh; Intel Mac OS X 10_15) Version/17.0 Safari/605.1.15", Place.DESKTOP),
        ("", Place.DESKTOP),
        ("x" * 100_000, Place.DESKTOP),
    ],
)  # fmt: skip
def test_the_place_is_read_from_the_user_agent(agent: str, place: Whereabouts) -> None:
    assert place_of(agent, wallets=WALLETS) == place


def test_payers_may_say_otherwise_but_not_that_they_are_in_a_wallet() -> None:
    assert place_of("", "phone", wallets=WALLETS) is Place.PHONE
    assert place_of("iPhone Safari/1", "desktop", wallets=WALLETS) is Place.DESKTOP
    assert place_of("", "wechat", wallets=WALLETS) is Place.DESKTOP
    assert place_of("MicroMessenger/8", "junk", wallets=WALLETS) == "wechat"


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("wechat", [("wechat", "jsapi"), ("easy", "cashier")]),
        ("alipay", [("alipay", "jsapi"), ("easy", "cashier")]),
        (Place.PHONE, [("wechat", "h5"), ("alipay", "h5"), ("easy", "cashier")]),
        (Place.DESKTOP, [("wechat", "native"), ("alipay", "native"), ("easy", "cashier")]),
        (Place.EMBEDDED, [("easy", "cashier")]),
    ],
)
def test_the_way_follows_the_place(
    checkout: MakeCheckout, place: Whereabouts, found: list[tuple[str, str]]
) -> None:
    ways = ways_at(place, checkout(offers=len(OFFERS)).offers)
    assert [(way.offer.channel, way.method.value) for way in ways] == found


def test_what_was_used_last_stands_in_front(checkout: MakeCheckout) -> None:
    ways = ways_at(Place.PHONE, checkout(offers=3).offers, last=LastUsed("easy"))
    assert [way.offer.channel for way in ways] == ["easy", "wechat", "alipay"]


def test_of_two_accounts_of_a_channel_one_was_used_last(checkout: MakeCheckout) -> None:
    """*Last used* stood at both."""
    wechat, alipay = checkout().offers
    second = wechat.model_copy(update={"payment_id": "C9"})
    offers = [wechat, alipay, second]
    last = LastUsed("wechat", "C9")
    assert last.among(offers) == "C9"
    ways = ways_at(Place.DESKTOP, offers, last=last)
    assert [way.offer for way in ways] == [second, wechat, alipay]
    elsewhere = LastUsed("wechat", "the account of another merchant")
    assert elsewhere.among(offers) is None
    assert elsewhere.among([alipay, second]) == "C9"
