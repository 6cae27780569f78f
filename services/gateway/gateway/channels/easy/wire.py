"""易生 on the wire: a JSON envelope around `bizData`, whose sorted fields are signed (RSA2).

Source: apifox.com/apidoc/docs-site/2466304 (envelope, sign)
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway.channels import rsa
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.traces import of_question
from gateway.channels.formats import json_object, json_text, text
from gateway.channels.plugin import Answer, Call, Moment, Reply, Request, Unverifiable

PAY_PATH: Final = "/cashier/apply/advancePay"
PAY_IN_MINI_PROGRAM_PATH: Final = "/cashier/sAppApply/advancePay"
QUERY_PATH: Final = "/cashier/trade/query"
REFUND_PATH: Final = "/ledger/mposrefund"
QUERY_REFUND_PATH: Final = "/ledger/mposrefundquery"

BOTH_PARTS: Final = "envelope+bizData"
"""The `sign_scope` of accounts whose signatures cover the envelope as well."""

OWN_DEVICE: Final = "127.0.0.1"
"""Where no payer's address is known; the card networks demand one."""


def sign(call: Call, account: Account, moment: Moment) -> Request:
    """`call.query` holds members of the envelope beside ours, `call.body` is bizData.

    A call that is no payment or refund itself gets a fresh `orgTrace`.
    """
    biz_data = dict(call.body or {})
    envelope = _envelope(call, account, moment)
    signed = signed_text({**envelope, "bizData": biz_data}, account)
    signature = rsa.sign(account.private_key, signed)
    base_url = account.refund_base_url if _is_refund(call) else account.base_url
    return Request(
        "POST",
        base_url + call.target,
        {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"},
        json_text({**envelope, "bizData": biz_data, "sign": signature}).encode(),
    )


def verify(reply: Reply, call: Call, account: Account, moment: Moment) -> Answer:
    """A refusal may come without bizData, so without anything signed."""
    content = json_object(reply.body)
    if reply.status != 200:
        raise Unverifiable("not an answer to this call")
    if not text(content, "sign") or not content.get("bizData"):
        if not text(content, "sysRetCode") or text(content, "sysRetCode").endswith("00"):
            raise Unverifiable("the answer is not signed")
        return Answer(reply.status, content, moment, signed=False)
    check_signature(content, account)
    return Answer(reply.status, content, moment)


def check_signature(content: Mapping[str, Any], account: Account) -> None:
    """Raises Unverifiable unless 易生 signed this envelope, and it is this merchant's."""
    biz_data = content.get("bizData")
    if not isinstance(biz_data, dict):
        raise Unverifiable("no bizData")
    envelope = {name: value for name, value in content.items() if name != "bizData"}
    if account.sign_scope == BOTH_PARTS and not _agree(envelope, biz_data):
        raise Unverifiable("a name stands in both parts with different values")
    signed = signed_text(content, account)
    signature = text(content, "sign")
    if not any(rsa.is_signed(key, signed, signature) for key in account.easypay_keys):
        raise Unverifiable("the signature is wrong")
    own = {"orgId": account.org_id, "orgMerCode": account.mer_code}
    if any(content.get(name, value) != value for name, value in own.items()):
        raise Unverifiable("the answer is for another merchant")


def signed_text(content: Mapping[str, Any], account: Account) -> bytes:
    """`k=v&k=v` in the order of the keys."""
    fields = signed_fields(content, account)
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields)).encode()


def signed_fields(content: Mapping[str, Any], account: Account) -> dict[str, str]:
    """Of which the text is joined: without `sign` and empty values."""
    fields = dict(content["bizData"])
    if account.sign_scope == BOTH_PARTS:
        fields |= {name: value for name, value in content.items() if name != "bizData"}
    plain = {name: _plain(value) for name, value in fields.items() if name != "sign"}
    return {name: value for name, value in plain.items() if value}


def _envelope(call: Call, account: Account, moment: Moment) -> dict[str, str]:
    # Refunds spell these two in another way.
    mer_code, term_no = (
        ("orgMercode", "orgTermno") if _is_refund(call) else ("orgMerCode", "orgTermNo")
    )
    return {
        "orgId": account.org_id,
        mer_code: account.mer_code,
        term_no: account.term_no,
        "orgTrace": of_question(account.org_id, moment.nonce, moment.now),
        "prodCode": account.prod_code,
        "orgDeviceIp": OWN_DEVICE,
        "signType": "RSA2",
        **call.query,
    }


def _is_refund(call: Call) -> bool:
    return call.target.startswith("/ledger/")


def _agree(envelope: Mapping[str, Any], biz_data: Mapping[str, Any]) -> bool:
    """Of a name in both parts one value is signed: the other would be anybody's."""
    shared = (envelope.keys() & biz_data.keys()) - {"sign"}
    return all(_plain(envelope[name]) == _plain(biz_data[name]) for name in shared)


def _plain(value: Any) -> str:
    """Texts as they are, numbers and nested values as their JSON text."""
    if value is None or isinstance(value, str):
        return value or ""
    return json_text(value)
