"""易生 has no SDK: a client of forty lines whose signatures are made and checked by `openssl`."""

import base64
import json
import subprocess
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from .conftest import Merchant, RunningSandbox

BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class EasyClient:
    """Signs with `openssl dgst -sign`, verifies with `openssl dgst -verify`."""

    known: dict[str, str]
    folder: Path
    http: httpx.Client

    def trace(self) -> str:
        org_id, at = self.known["org_id"], datetime.now(BEIJING)
        return f"{org_id[:4]}{org_id[-4:]}{at:%Y%m%d%H%M%S}{uuid.uuid4().int % 10**6:06d}"

    def call(self, path: str, biz: dict[str, str], **envelope: str) -> dict[str, Any]:
        """The whole answer; its signature has been verified."""
        body = {
            "orgId": self.known["org_id"],
            "orgMerCode": self.known["mer_code"],
            "orgTermNo": self.known["term_no"],
            "orgTrace": self.trace(),
            "prodCode": "ISYH",
            "orgDeviceIp": "203.0.113.7",
            "signType": "RSA2",
            "sign": self._sign(_sorted_text(biz)),
            "bizData": biz,
        } | envelope
        answer: dict[str, Any] = self.http.post(path, json=body).json()
        assert self.is_signed(answer)
        return answer

    def is_signed(self, content: dict[str, Any]) -> bool:
        signature, message = self.folder / "signature", self.folder / "message"
        signature.write_bytes(base64.b64decode(content["sign"]))
        message.write_bytes(_sorted_text(content["bizData"]))
        (self.folder / "public.pem").write_text(self.known["easypay_public_key_pem"])
        command = ["openssl", "dgst", "-sha256", "-verify", "public.pem"]
        done = subprocess.run(
            [*command, "-signature", "signature", "message"],
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        return done.stdout == b"Verified OK\n"

    def _sign(self, message: bytes) -> str:
        key = self.folder / "private.pem"
        key.write_text(self.known["org_private_key_pem"])
        command = ["openssl", "dgst", "-sha256", "-sign", str(key)]
        done = subprocess.run(command, input=message, capture_output=True, check=True)
        return base64.b64encode(done.stdout).decode()


def _sorted_text(biz: dict[str, str]) -> bytes:
    return "&".join(f"{key}={value}" for key, value in sorted(biz.items()) if value).encode()


@pytest.fixture
def easy(
    sandbox: RunningSandbox, credentials: dict[str, dict[str, str]], tmp_path: Path
) -> EasyClient:
    return EasyClient(credentials["easy"], tmp_path, sandbox.http)


def _number() -> str:
    return f"P{uuid.uuid4().hex[:26]}"


def _order(easy: EasyClient, number: str, merchant: Merchant) -> dict[str, Any]:
    biz = {
        "title": "物业费",
        "subject": "物业费 11月",
        "transAmt": "1299",
        "timeoutMinutes": "1800",
        "frontUrl": "http://127.0.0.1:1/back",
        "notifyUrl": merchant.url,
    }
    return easy.call("/cashier/apply/advancePay", biz, orgInfo=number)


def _asked(easy: EasyClient, trace: str) -> dict[str, str]:
    biz = {"oriOrgTrace": trace, "oriBizDate": trace[8:16]}
    answer: dict[str, str] = easy.call("/cashier/trade/query", biz)["bizData"]
    return answer


def test_order_is_paid_on_the_hosted_page_told_and_asked(
    easy: EasyClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    merchant.answer = b'{"code":"000000","msg":"Success"}'
    number = _number()
    opened = _order(easy, number, merchant)
    assert opened["sysRetCode"] == "000000"
    page = opened["bizData"]["redirectUrl"]
    assert set(json.loads(parse_qs(urlsplit(page).query)["params"][0])) == {
        "payExpireTime",
        "payToken",
    }
    assert _asked(easy, opened["orgTrace"])["tradeRetCode"] == "99"
    decision = httpx.post(page, data={"decision": "pay", "wallet": "UNIONPAY"}, trust_env=False)
    assert decision.headers["location"] == "http://127.0.0.1:1/back"
    shown = json.loads(merchant.next_notification().body)
    assert easy.is_signed(shown)
    assert (shown["orgTrace"], shown["orgInfo"]) == (opened["orgTrace"], number)
    assert (shown["bizData"]["tradeRetCode"], shown["bizData"]["tradeAmt"]) == ("00", "1299")
    assert shown["bizData"]["payFunc"] == "UNIONPAY"
    assert _asked(easy, opened["orgTrace"])["outTrace"] == shown["bizData"]["outTrace"]
    assert sandbox.trade(number)["state"] == "paid"


def test_notification_is_repeated_until_the_magic_answer(
    easy: EasyClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    merchant.answer = b"ok"
    _order(easy, number, merchant)
    sandbox.pay(number)
    first = merchant.next_notification()
    merchant.answer = b'{"code":"000000"}'
    assert merchant.next_notification().body == first.body


def test_refund_is_accepted_and_found_by_query(
    easy: EasyClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    merchant.answer = b'{"code":"000000"}'
    number, refund = _number(), f"R{uuid.uuid4().hex[:26]}"
    trace = _order(easy, number, merchant)["orgTrace"]
    sandbox.pay(number, notify=False)
    sandbox.fault("easy", "refund", "hold", payment_no=number)
    biz = {"oriOrgTrace": trace, "oriBizDate": trace[8:16], "transAmt": "300"}
    spelt = {"orgMercode": easy.known["mer_code"], "orgTermno": easy.known["term_no"]}
    answer = easy.call("/ledger/mposrefund", biz, orgInfo=refund, **spelt)
    assert answer["bizData"]["transAmt"] == "300"
    original = {"oriOrgTrace": answer["orgTrace"], "oriBizDate": answer["orgTrace"][8:16]}
    asked = easy.call("/ledger/mposrefundquery", original, **spelt)
    assert asked["bizData"]["tradeRetCode"] == "99"
    sandbox.control("POST", "/refunds", {"refund_no": refund, "state": "succeeded"})
    asked = easy.call("/ledger/mposrefundquery", original, **spelt)
    assert asked["bizData"]["tradeRetCode"] == "00"
    assert sandbox.trade(number)["refunded"] == 300
    again = easy.call("/ledger/mposrefund", biz | {"transAmt": "1000"}, orgInfo="R2", **spelt)
    assert again["sysRetCode"] == "000006"


def test_wrong_signature_is_refused(easy: EasyClient, merchant: Merchant) -> None:
    biz = {"oriOrgTrace": easy.trace(), "oriBizDate": "20260101"}
    answer = easy.call("/cashier/trade/query", biz, sign="AAAA")
    assert answer["sysRetCode"] == "000020"


def test_tampered_answer_does_not_verify(
    easy: EasyClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    sandbox.fault("easy", "pay", "tamper", times=1)
    with pytest.raises(AssertionError):
        _order(easy, _number(), merchant)
