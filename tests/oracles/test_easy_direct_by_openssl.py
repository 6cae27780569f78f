"""易企通 2.0 has no SDK: a client of forty lines, with `openssl` for its signatures."""

import base64
import hashlib
import json
import subprocess
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import Merchant, RunningSandbox
from .test_easy_by_openssl import BEIJING


@dataclass(frozen=True)
class DirectClient:
    """Signs with `openssl dgst -sign`, verifies with `openssl dgst -verify`."""

    known: dict[str, str]
    folder: Path
    http: httpx.Client

    def call(self, path: str, order: dict[str, Any], **parts: Any) -> dict[str, Any]:
        """The body of the answer; its signature has been verified."""
        body = {"reqInfo": {"mchtCode": self.known["mer_code"]}, "reqOrderInfo": order, **parts}
        now = f"{datetime.now(BEIJING):%Y%m%d%H%M%S}"
        header = {"transTime": now, "reqId": self.known["org_id"], "reqType": "2"}
        sealed = {"reqHeader": header, "reqBody": body, "reqSign": self._sign(header, body)}
        answer = self.http.post(self.known["base_url"] + path, json=sealed).json()
        assert self.is_signed(answer["rspHeader"], answer["rspBody"], answer["rspSign"])
        content: dict[str, Any] = answer["rspBody"]
        return content

    def is_signed(self, header: dict[str, Any], body: dict[str, Any], signature: str) -> bool:
        (self.folder / "signature").write_bytes(base64.b64decode(signature))
        (self.folder / "public.pem").write_text(self.known["easypay_public_key_pem"])
        command = ["openssl", "dgst", "-sha256", "-verify", "public.pem"]
        done = subprocess.run(
            [*command, "-signature", "signature"],
            input=_message(header, body),
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        return done.stdout == b"Verified OK\n"

    def _sign(self, header: dict[str, Any], body: dict[str, Any]) -> str:
        key = self.folder / "private.pem"
        key.write_text(self.known["org_private_key_pem"])
        command = ["openssl", "dgst", "-sha256", "-sign", str(key)]
        done = subprocess.run(
            command, input=_message(header, body), capture_output=True, check=True
        )
        return base64.b64encode(done.stdout).decode()


def _message(header: dict[str, Any], body: dict[str, Any]) -> bytes:
    head, rest = (
        json.dumps(each, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        for each in (header, body)
    )
    return (head + hashlib.md5(rest.encode()).hexdigest().upper()).encode()


@pytest.fixture
def direct(
    sandbox: RunningSandbox, credentials: dict[str, dict[str, str]], tmp_path: Path
) -> DirectClient:
    return DirectClient(credentials["easy_direct"], tmp_path, sandbox.http)


def test_a_code_is_paid_told_and_found_by_its_number(
    direct: DirectClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    merchant.answer = b'{"code":"000000","msg":"Success"}'
    number, today = uuid.uuid4().hex, f"{datetime.now(BEIJING):%Y%m%d}"
    order = {
        "orgTrace": number,
        "transAmount": 1299,
        "orderSub": "物业费/11月",
        "backUrl": merchant.url,
    }
    opened = direct.call(
        "/trade/native",
        order,
        payInfo={"payType": "AliPayNative", "transDate": today},
        riskData={"customerIp": "203.0.113.7"},
    )
    assert opened["respOrderInfo"]["qrCode"].startswith("http")
    sandbox.pay(number)
    content = json.loads(merchant.next_notification().body)
    assert direct.is_signed(content["reqHeader"], content["reqBody"], content["reqSign"])
    assert content["reqBody"]["respOrderInfo"]["transAmount"] == 1299
    asked = direct.call("/trade/tradeQuery", {"oriOrgTrace": number, "oriTransDate": today})
    assert asked["respStateInfo"]["transState"] == "0"
    assert asked["respOrderInfo"]["outTrace"] == content["reqBody"]["respOrderInfo"]["outTrace"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"orderSub": "费" * 43}, "orderSub"),
        ({"transAmount": "1299"}, "transAmount"),
        ({"transAmount": 0}, "transAmount"),
        ({"orgTrace": ""}, "orgTrace"),
        ({"backUrl": "ftp://x"}, "backUrl"),
    ],
)
def test_a_misshapen_order_is_refused(
    direct: DirectClient, changed: dict[str, Any], says: str
) -> None:
    order = {
        "orgTrace": uuid.uuid4().hex,
        "transAmount": 1299,
        "orderSub": "x",
        "backUrl": "https://pay.example/x",
    }
    pay = {"payType": "AliPayNative", "transDate": f"{datetime.now(BEIJING):%Y%m%d}"}
    content = direct.call(
        "/trade/native", order | changed, payInfo=pay, riskData={"customerIp": "1.2.3.4"}
    )
    assert content == {}, says


def test_an_order_of_another_day_is_refused(direct: DirectClient) -> None:
    order = {
        "transAmount": 1299,
        "orderSub": "x",
        "backUrl": "https://pay.example/x",
    }
    for gap in (timedelta(0), timedelta(days=1, minutes=30), timedelta(days=-1, minutes=-30)):
        day = f"{datetime.now(BEIJING) - gap:%Y%m%d}"
        content = direct.call(
            "/trade/native",
            order | {"orgTrace": uuid.uuid4().hex},
            payInfo={"payType": "AliPayNative", "transDate": day},
            riskData={"customerIp": "1.2.3.4"},
        )
        assert (content == {}) is bool(gap), day
