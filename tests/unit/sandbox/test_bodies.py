"""What is too much, and what cannot be read, never becomes a 500."""

import httpx
import pytest

from sandbox.bodies import MAX_BYTES

from .merchants import AlipayMerchant, WechatMerchant, new_number


@pytest.mark.parametrize("path", ["/gateway.do", "/cashier/apply/advancePay", "/_control/pay"])
async def test_too_large_a_body_is_413(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.post(path, content=b"x" * (MAX_BYTES + 1))).status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"[]", b"null", b""])
@pytest.mark.parametrize("path", ["/gateway.do", "/cashier/trade/query", "/_control/pay"])
async def test_unreadable_body_is_refused(http: httpx.AsyncClient, path: str, body: bytes) -> None:
    assert (await http.post(path, content=body)).status_code in (200, 422)


async def test_form_with_too_many_fields_is_refused(alipay: AlipayMerchant) -> None:
    params = {f"f{number}": "x" for number in range(100)}
    assert (await alipay.send(params)).status_code == 400


async def test_lone_surrogate_in_an_order_is_a_wrong_parameter(wechat: WechatMerchant) -> None:
    answer = await wechat.native(new_number(), description="\ud800")
    assert answer.json()["code"] == "PARAM_ERROR"
