"""A certificate counts from the day on it is for until its last one: also where it is entered."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gateway.channels.certificate_chain import issue, pem
from tests.unit.gateway.channels.channel_side import Pair
from tests.unit.gateway.channels.unionpay_side import UnionpaySide
from tests.unit.gateway.channels.wechat_side import WechatSide
from tests.unit.gateway.harness import harness

from chassis.problems import InvalidRequest
from contracts.internal import CheckCredentials
from gateway.channels.registry import PLUGINS
from gateway.directory.credentials import open_account
from gateway.flows.registration import check_credentials

UNIONPAY, WECHAT = UnionpaySide(), WechatSide()
EXPIRED, NOT_YET = 1001, -365
"""Born so many days ago, and good for a thousand."""

CASES = [(EXPIRED, "has expired", "已过期"), (NOT_YET, "is not valid yet", "尚未生效")]


def certificate(key: Pair, born_days_ago: int) -> str:
    return pem(issue("any", key.private, "any", key.private, born_days_ago=born_days_ago))


def merchants(born_days_ago: int) -> dict[str, Any]:
    """UnionPay's credentials with a certificate of the merchant of this age."""
    return UNIONPAY.credentials() | {"sign_cert_pem": certificate(UNIONPAY.merchant, born_days_ago)}


def platforms(*born_days_ago: int) -> dict[str, Any]:
    """WeChat Pay's credentials with platform certificates of these ages."""
    own = WECHAT.credentials()
    kept = {name: each for name, each in own.items() if not name.startswith("platform_")}
    bundle = "\n".join(certificate(Pair(), each) for each in born_days_ago)
    return kept | {"platform_certificate_pem": bundle}


def refused(channel: str, credentials: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    deps = replace(harness().deps, plugins=PLUGINS, channel_urls="any")
    try:
        check_credentials(deps, channel, CheckCredentials(credentials=credentials))
    except InvalidRequest as refusal:
        return [(each.pointer, each.message, each.message_zh) for each in refusal.errors]
    return []


@pytest.mark.parametrize(("age", "en", "zh"), CASES)
def test_a_certificate_out_of_its_time_is_refused_by_its_field(age: int, en: str, zh: str) -> None:
    assert refused("unionpay", merchants(age)) == [("/credentials/sign_cert_pem", en, zh)]
    pointer = "/credentials/platform_certificate_pem"
    assert refused("wechat", platforms(age)) == [(pointer, en, zh)]


@pytest.mark.parametrize("age", [EXPIRED, NOT_YET])
def test_one_of_several_that_stand_side_by_side_is_enough(age: int) -> None:
    assert refused("wechat", platforms(age, 1)) == []
    assert refused("wechat", platforms(1, age)) == []


def test_whoever_issued_it_does_not_make_an_old_certificate_good() -> None:
    issuer = certificate(Pair(), 1)
    old = merchants(EXPIRED)
    chain = old | {"sign_cert_pem": old["sign_cert_pem"] + issuer}
    assert [pointer for pointer, *_ in refused("unionpay", chain)] == ["/credentials/sign_cert_pem"]


def test_an_account_that_has_an_old_certificate_goes_on() -> None:
    open_account(PLUGINS["unionpay"], merchants(EXPIRED), "any", checked=True)
