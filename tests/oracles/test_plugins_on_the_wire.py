"""Our plugins and the executor beside the running sandbox, which shares no code with them."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.api import Method
from gateway.calling.executor import Executor
from gateway.channels.plugin import (
    Declined,
    NotifiedPayment,
    NotSent,
    Pending,
    RawNotification,
    Succeeded,
    Unknown,
    UnknownKey,
    Unverifiable,
)

from .conftest import Merchant, RunningSandbox
from .plugin_calls import Open, order, refunding_of, trade_of, until_refunded

# ── apps of two sorts ──


async def test_a_web_app_of_alipay_is_paid_on_its_pages_as_one(
    executor: Executor, account: Open, sandbox: RunningSandbox
) -> None:
    section = sandbox.control("POST", "/merchants", {"channel": "alipay", "sort": "web"})
    request = replace(order(), method=Method.JSAPI, openid="074a1CcTG1LelxKe4xQC0zgNdId0nxi")
    refused = await executor.pay(account("alipay", **section), request)
    assert isinstance(refused, NotSent)
    assert refused.code == "ACQ.OPEN_ID_NOT_TINY_APP"
    here = account("alipay", **section, jsapi_product_code="FACE_TO_FACE_PAYMENT")
    assert isinstance(await executor.pay(here, request), Pending)


# ── certificates that change in use ──


async def test_wechat_pay_rotates_its_certificate_in_the_middle(
    executor: Executor,
    account: Open,
    sandbox: RunningSandbox,
    certificates: dict[str, dict[str, Any]],
    merchant: Merchant,
) -> None:
    """Both certificates sign while they rotate; neither an answer nor a notification gets lost."""
    certified = account(
        "wechat",
        platform_public_key_id=None,
        platform_public_key_pem=None,
        platform_certificate_pem=certificates["wechat"]["platform_certificate_pem"],
    )
    request = order(merchant.url)
    assert isinstance(await executor.pay(certified, request), Pending)
    sandbox.control("POST", "/certificates")
    for _ in range(4):
        assert isinstance(await executor.query(certified, trade_of(request)), Pending)
    sandbox.pay(request.payment_no)
    received = merchant.next_notification()
    headers = {name.lower(): value for name, value in received.headers.items()}
    [notified] = await executor.read_notification(
        certified, RawNotification(headers, received.body)
    )
    assert isinstance(notified, NotifiedPayment)
    assert isinstance(notified.outcome, Succeeded)
    assert isinstance(await executor.query(certified, trade_of(request)), Succeeded)


async def test_an_account_is_alive_whose_certificate_was_replaced_twice_meanwhile(
    executor: Executor,
    account: Open,
    sandbox: RunningSandbox,
    certificates: dict[str, dict[str, Any]],
) -> None:
    """What was learnt of the one between was forgotten by the restart."""
    for _ in range(2):
        sandbox.control("POST", "/certificates")
    certified = account(
        "wechat",
        platform_public_key_id=None,
        platform_public_key_pem=None,
        platform_certificate_pem=certificates["wechat"]["platform_certificate_pem"],
    )
    request = order()
    assert isinstance(await executor.pay(certified, request), Pending)
    assert isinstance(await executor.query(certified, trade_of(request)), Pending)


async def test_wechat_pays_certificates_are_downloaded_before_they_are_needed(
    executor: Executor, account: Open, certificates: dict[str, dict[str, Any]]
) -> None:
    certified = account(
        "wechat",
        platform_public_key_id=None,
        platform_public_key_pem=None,
        platform_certificate_pem=certificates["wechat"]["platform_certificate_pem"],
    )
    assert executor.keys.is_due(certified)
    await executor.keys.renew(certified)
    assert not executor.keys.is_due(certified)


async def test_alipays_unknown_certificate_is_downloaded_and_believed_by_its_root(
    executor: Executor, account: Open, certificates: dict[str, dict[str, Any]]
) -> None:
    names = ("app_cert_pem", "alipay_cert_pem", "alipay_root_cert_pem")
    known = account(
        "alipay",
        alipay_public_key_pem=None,
        **{name: certificates["alipay"][name] for name in names},
    )
    forgetful = replace(known, configured=replace(known.opened, alipay_keys={}))
    request = order()
    assert isinstance(await executor.pay(forgetful, request), Pending)
    assert isinstance(await executor.query(forgetful, trade_of(request)), Pending)


async def test_a_probe_of_wechat_pay_is_refused_like_any_wrong_signature(
    executor: Executor, account: Open, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    """Also under a serial number that nobody knows, after the one download this may cause."""
    keyed, request = account("wechat"), order(merchant.url)
    await executor.pay(keyed, request)
    sandbox.pay(request.payment_no)
    received = merchant.next_notification()
    headers = {name.lower(): value for name, value in received.headers.items()}
    probe = {**headers, "wechatpay-signature": "WECHATPAY/SIGNTEST/" + "A" * 325}
    for serial in (headers["wechatpay-serial"], "5157F09EFDC096DE15EBE81A47057A72"):
        notification = RawNotification({**probe, "wechatpay-serial": serial}, received.body)
        with pytest.raises(Unverifiable) as refused:
            await executor.read_notification(keyed, notification)
        assert isinstance(refused.value, UnknownKey) == (serial != headers["wechatpay-serial"])


# ── what WeChat Pay does for few ──


@pytest.mark.parametrize("sub_mchid", [None, "1900000555"])
async def test_an_abnormal_refund_goes_to_the_merchant_in_the_end(
    executor: Executor, account: Open, sandbox: RunningSandbox, sub_mchid: str | None
) -> None:
    """Its number is told with the bad news, should it not be known yet."""
    here, paid = account("wechat", sub_mchid=sub_mchid), order()
    await executor.pay(here, paid)
    sandbox.pay(paid.payment_no, notify=False)
    sandbox.fault("wechat", "refund", "hold", payment_no=paid.payment_no, times=1)
    given_back = refunding_of(paid, 500)
    await executor.refund(here, given_back)
    refund = {"refund_no": given_back.refund_no, "state": "abnormal"}
    sandbox.control("POST", "/refunds", refund)
    asked = await executor.query_refund(here, given_back)
    assert isinstance(asked, Declined)
    assert asked.abnormal
    assert isinstance(await executor.refund_abnormal(here, given_back), NotSent)
    named = replace(given_back, channel_refund_no=asked.channel_no)
    sandbox.fault("wechat", "refund", "drop_answer", payment_no=paid.payment_no, times=1)
    assert isinstance(await executor.refund_abnormal(here, named), Unknown)
    await until_refunded(executor, here, given_back)
    assert isinstance(await executor.refund_abnormal(here, named), Unknown)


@pytest.mark.parametrize("sub_appid", [None, "wx5550000000000000"])
async def test_a_provider_acts_for_its_merchant_in_every_operation(
    executor: Executor,
    account: Open,
    sandbox: RunningSandbox,
    merchant: Merchant,
    sub_appid: str | None,
) -> None:
    here = account("wechat", sub_mchid="1900000555", sub_appid=sub_appid)
    other = account("wechat", sub_mchid="1900000556")
    left, paid = order(merchant.url), order(merchant.url)
    for way in (Method.JSAPI, Method.APP, Method.H5, Method.NATIVE):
        request = replace(
            order(merchant.url),
            method=way,
            openid="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
            client_ip="203.0.113.7",
        )
        assert isinstance(await executor.pay(here, request), Pending)
    for request in (left, paid):
        assert isinstance(await executor.pay(here, request), Pending)
    assert await executor.close(here, trade_of(left)) == Succeeded()
    sandbox.pay(paid.payment_no)
    received = merchant.next_notification()
    notification = RawNotification(
        {name.lower(): value for name, value in received.headers.items()}, received.body
    )
    [notified] = await executor.read_notification(here, notification)
    assert isinstance(notified.outcome, Succeeded)
    with pytest.raises(Unverifiable):
        await executor.read_notification(other, notification)
    assert isinstance(await executor.query(here, trade_of(paid)), Succeeded)
    assert not isinstance(await executor.query(other, trade_of(paid)), Succeeded)
    given_back = refunding_of(paid, 500)
    await executor.refund(here, given_back)
    await until_refunded(executor, here, given_back)
