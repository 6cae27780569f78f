"""`one-identity`: whose account it is never changes; keys do, and the earlier ones still count."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.easy_direct_side import EasyDirectSide
from tests.unit.gateway.channels.easy_side import EasySide
from tests.unit.gateway.channels.wechat_side import WechatSide
from tests.unit.gateway.harness import harness

from chassis.problems import InvalidRequest
from contracts.internal import CheckCredentials
from gateway.channels.registry import PLUGINS
from gateway.directory import ChannelAccount
from gateway.directory.credentials import open_account
from gateway.flows.registration import check_credentials, list_channels

SIDES: dict[str, Any] = {"wechat": WechatSide(), "alipay": AlipaySide(), "easy": EasySide()}
OTHERS = [
    ("wechat", "mchid", "1900000999"),
    ("wechat", "appid", "wx0000000000000999"),
    ("wechat", "sub_mchid", "1900000998"),
    ("alipay", "app_id", "2021000100000999"),
    ("easy", "org_id", "ORG000000000999"),
    ("easy", "mer_code", "999000000000999"),
]


def deps_with(channel: str, **held: str) -> Any:
    """A gateway with the real plugins, and account C7 with the side's credentials."""
    deps = replace(harness().deps, plugins=PLUGINS, channel_urls="any")
    plugin = PLUGINS[channel]
    opened = open_account(plugin, SIDES[channel].credentials() | held, "any")
    deps.directory.put(ChannelAccount("C7", "M1", True, plugin, opened))
    return deps


def asked(channel: str, **more: Any) -> CheckCredentials:
    changed = more.pop("changed", {})
    return CheckCredentials(credentials=SIDES[channel].credentials() | changed, **more)


@pytest.mark.parametrize(("channel", "field", "value"), OTHERS)
def test_another_identity_is_refused_by_its_field(channel: str, field: str, value: str) -> None:
    deps = deps_with(channel)
    ours = check_credentials(deps, channel, asked(channel, payment_id="C7")).identity
    for known in ({"payment_id": "C7"}, {"identity": ours}):
        with pytest.raises(InvalidRequest) as refused:
            check_credentials(deps, channel, asked(channel, changed={field: value}, **known))
        [fault] = refused.value.errors
        assert fault.pointer == f"/credentials/{field}"
        assert "register another account" in fault.message


def test_a_new_account_may_have_any_identity() -> None:
    deps = deps_with("wechat")
    checked = check_credentials(deps, "wechat", asked("wechat", changed={"mchid": "1900000999"}))
    assert checked.identity["mchid"] == "1900000999"
    assert checked.identity["sub_mchid"] == ""


def test_the_seller_may_be_told_later_once() -> None:
    seller, other = ({"seller_id": f"208800000000000{n}"} for n in (1, 2))
    silent, checked = deps_with("alipay"), deps_with("alipay", **seller)
    check_credentials(silent, "alipay", asked("alipay", payment_id="C7", changed=seller))
    for changed in (other, {}):
        with pytest.raises(InvalidRequest):
            check_credentials(checked, "alipay", asked("alipay", payment_id="C7", changed=changed))


def test_forms_know_the_fields_of_the_identity() -> None:
    named = {each.channel: each.identity_fields for each in list_channels(deps_with("easy")).items}
    assert named["easy"] == ["product", "org_id", "mer_code"]
    assert set(named["wechat"]) >= {"mchid", "appid"}
    assert "app_id" in named["alipay"]


def test_what_was_registered_before_there_were_products_is_a_cashier_for_ever() -> None:
    deps = deps_with("easy")
    before = {"org_id": "ORG000000001215", "mer_code": "850000000000001"}
    known = {"payment_id": "C7", "identity": before}
    checked = check_credentials(deps, "easy", asked("easy", **known)).identity
    assert checked == {"product": "cloud_cashier", **before}
    direct = EasyDirectSide().credentials()
    with pytest.raises(InvalidRequest) as refused:
        check_credentials(deps, "easy", CheckCredentials(credentials=direct, **known))
    assert [fault.pointer for fault in refused.value.errors] == ["/credentials/product"]
