"""Trying credentials out: which of them is to blame, by the channel's own codes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.channel_side import MOMENT, trade
from tests.unit.gateway.channels.easy_side import EasySide
from tests.unit.gateway.channels.wechat_side import WechatSide

from gateway.channels.plugin import Reply, Trial, Unverifiable
from gateway.channels.trial_words import words_of

SIDES: dict[str, Any] = {"wechat": WechatSide(), "alipay": AlipaySide(), "easy": EasySide()}

BLAMED = [
    ("wechat", "ORDER_NOT_EXIST", "订单不存在", True, None),
    ("wechat", "SIGN_ERROR", "错误的签名，验签失败", False, "merchant_private_key_pem"),
    ("wechat", "SIGN_ERROR", "商户证书序列号有误", False, "merchant_serial_no"),
    ("wechat", "MCH_NOT_EXISTS", "商户号不存在", False, "mchid"),
    ("wechat", "APPID_MCHID_NOT_MATCH", "appid与mchid不匹配", False, "appid"),
    ("wechat", "SYSTEM_ERROR", "系统错误", False, None),
    ("alipay", "isv.invalid-app-id", "无效的AppID参数", False, "app_id"),
    ("alipay", "isv.invalid-signature", "验签出错", False, "app_private_key_pem"),
    ("alipay", "isp.unknow-error", "服务暂不可用", False, None),
    ("easy", "000007", "原订单不存在", True, None),
    ("easy", "000020", "验签失败", False, "org_private_key_pem"),
    ("easy", "000099", "处理中", False, None),
]


def unsigned(channel: str, code: str, message: str) -> Reply:
    """A refusal as the channel gives it to whom it could not verify."""
    content: dict[str, Any]
    match channel:
        case "wechat":
            content = {"code": code, "message": message}
            return Reply(404, {}, json.dumps(content).encode())
        case "alipay":
            node = {"code": "40002", "msg": "Invalid", "sub_code": code, "sub_msg": message}
            content = {"alipay_trade_query_response": node}
        case _:
            content = {"sysRetCode": code, "sysRetMsg": message}
    return Reply(200, {}, json.dumps(content).encode())


def tried(channel: str, reply: Reply) -> Trial:
    plugin = SIDES[channel].plugin
    account = plugin.open_account(plugin.credentials(**SIDES[channel].credentials()))
    trial: Trial = plugin.trial(reply, plugin.query.call(trade(), account), account, MOMENT)
    return trial


@pytest.mark.parametrize(("channel", "code", "message", "ok", "field"), BLAMED)
def test_a_refusal_blames_the_credential_that_is_most_likely_wrong(
    channel: str, code: str, message: str, ok: bool, field: str | None
) -> None:
    trial = tried(channel, unsigned(channel, code, message))
    assert (trial.ok, trial.code, trial.message, trial.field) == (ok, code, message, field)
    assert (trial.words is not None) == (field is not None)


@pytest.mark.parametrize(
    ("code", "message", "zh", "en"),
    [
        ("SIGN_ERROR", "错误的签名，验签失败", "商户 API 私钥", "private key"),
        ("SIGN_ERROR", "商户证书序列号有误", "证书序列号不对", "serial number"),
        ("APPID_MCHID_NOT_MATCH", "appid与mchid不匹配", "没有绑定", "not bound"),
        ("NO_AUTH", "商户号该产品权限未开通", "权限", "permission"),
    ],
)
def test_a_refusal_is_told_in_words(code: str, message: str, zh: str, en: str) -> None:
    words = words_of(tried("wechat", unsigned("wechat", code, message)))
    assert zh in words.zh
    assert en in words.en


def test_a_key_that_nobody_entered_tells_of_the_other_mode() -> None:
    side = SIDES["wechat"]
    by_key = side.plugin.open_account(side.plugin.credentials(**side.credentials()))
    serials = {"3775B6A45ACD588826D15E583A95F5DD1234": (None,)}
    by_certificate = replace(by_key, platform_keys=serials)
    assert side.plugin.unknown_key(by_key, "PUB_KEY_ID_9").field == "platform_public_key_id"
    found = side.plugin.unknown_key(by_key, "5157F09EFDC096DE15EBE81A47057A72")
    assert "证书模式" in found.words.zh
    found = side.plugin.unknown_key(by_certificate, "PUB_KEY_ID_9")
    assert "公钥模式" in found.words.zh
    assert side.plugin.unknown_key(by_certificate, "5157F09EFDC096DE15EBE81A47057A72") is None


def test_alipays_signed_word_that_there_is_no_such_trade_is_success() -> None:
    node = {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"}
    reply = SIDES["alipay"].answer("alipay.trade.query", node, "40004")
    assert tried("alipay", reply).ok


def test_an_answer_under_another_key_than_ours_of_the_channel_is_not_believed() -> None:
    stranger = WechatSide()
    reply = stranger.answer({"code": "ORDER_NOT_EXIST", "message": "订单不存在"}, 404)
    with pytest.raises(Unverifiable):
        tried("wechat", reply)
    account = WechatSide.plugin.open_account(
        WechatSide.plugin.credentials(**SIDES["wechat"].credentials())
    )
    assert WechatSide.plugin.channel_key(account) == "platform_public_key_pem"


def test_the_blamed_are_credentials_of_their_channel() -> None:
    for side in SIDES.values():
        fields = set(side.plugin.credentials.model_fields)
        account = side.plugin.open_account(side.plugin.credentials(**side.credentials()))
        assert side.plugin.channel_key(account) in fields
    for channel, _, _, _, field in BLAMED:
        assert field is None or field in SIDES[channel].plugin.credentials.model_fields
