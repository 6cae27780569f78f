"""UnionPay has no SDK for Python: a small client, whose hashes, signatures and chains are made and
checked by `openssl`."""

import base64
import subprocess
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from .conftest import Merchant, RunningSandbox

BEIJING = timezone(timedelta(hours=8))
Fields = dict[str, str]


@dataclass(frozen=True)
class UnionpayClient:
    """Hashes with `openssl dgst`, signs the hex of it, and verifies the chain with `openssl`."""

    known: dict[str, str]
    folder: Path
    http: httpx.Client

    def call(self, path: str, **fields: str) -> Fields:
        """The answer; its signature and its certificate have been verified."""
        answer = self.send(path, **fields)
        assert self.is_signed(answer)
        return answer

    def send(self, path: str, **fields: str) -> Fields:
        answered = self.sealed(fields)
        content = self.http.post(path, data=answered).text
        return dict(pair.split("=", 1) for pair in _split(content))

    def sealed(self, fields: Fields) -> Fields:
        answered = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "accessType": "0",
            "merId": self.known["mer_id"],
            "certId": self._serial(),
        } | fields
        return {"signature": self._sign(answered)} | answered

    def is_signed(self, fields: Fields) -> bool:
        self._write("signer.pem", fields["signPubKeyCert"].replace("\r\n", "\n"))
        self._write("middle.pem", self.known["unionpay_middle_cert_pem"])
        self._write("root.pem", self.known["unionpay_root_cert_pem"])
        chain = ["verify", "-CAfile", "root.pem", "-untrusted", "middle.pem", "signer.pem"]
        if self._run(*chain).returncode:
            return False
        self._write(
            "public.pem", self._run("x509", "-in", "signer.pem", "-pubkey", "-noout").stdout
        )
        (self.folder / "signature").write_bytes(base64.b64decode(fields["signature"]))
        (self.folder / "message").write_bytes(self._digest(fields))
        command = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "message"]
        return self._run(*command).stdout == "Verified OK\n"

    def _sign(self, fields: Fields) -> str:
        self._write("private.pem", self.known["sign_private_key_pem"])
        (self.folder / "message").write_bytes(self._digest(fields))
        self._run("dgst", "-sha256", "-sign", "private.pem", "-out", "made", "message")
        return base64.b64encode((self.folder / "made").read_bytes()).decode()

    def _digest(self, fields: Fields) -> bytes:
        kept = sorted((k, v) for k, v in fields.items() if k != "signature" and v)
        (self.folder / "text").write_bytes("&".join(f"{k}={v}" for k, v in kept).encode())
        return self._run("dgst", "-sha256", "-r", "text").stdout.split(" ")[0].encode()

    def _serial(self) -> str:
        self._write("own.pem", self.known["sign_cert_pem"])
        shown = self._run("x509", "-in", "own.pem", "-serial", "-noout").stdout
        return str(int(shown.strip().partition("=")[2], 16))

    def _write(self, name: str, content: str) -> None:
        (self.folder / name).write_text(content)

    def _run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["openssl", *command], cwd=self.folder, capture_output=True, text=True, check=False
        )


def _split(content: str) -> list[str]:
    """At each `&` outside braces."""
    parts, depth = [""], 0
    for posted in content:
        depth += (posted in "{[") - (posted in "}]")
        if posted == "&" and depth == 0:
            parts.append("")
        else:
            parts[-1] += posted
    return parts


@pytest.fixture
def unionpay(
    sandbox: RunningSandbox, credentials: dict[str, dict[str, str]], tmp_path: Path
) -> UnionpayClient:
    return UnionpayClient(credentials["unionpay"], tmp_path, sandbox.http)


def _number() -> str:
    return f"P{uuid.uuid4().hex[:26].upper()}"


def _key(number: str) -> Fields:
    return {"orderId": number, "txnTime": f"{datetime.now(BEIJING):%Y%m%d%H%M%S}"}


def _order(key: Fields, url: str, **more: str) -> Fields:
    return {
        **key,
        "txnType": "01",
        "txnSubType": "07",
        "bizType": "000000",
        "channelType": "08",
        "txnAmt": "1299",
        "currencyCode": "156",
        "backUrl": url,
        "orderDesc": "物业费 11月",
    } | more


BACK, QUERY = "/gateway/api/backTransReq.do", "/gateway/api/queryTrans.do"


def _asked(unionpay: UnionpayClient, key: Fields) -> Fields:
    return unionpay.call(QUERY, **key, txnType="00", txnSubType="00", bizType="000000")


def test_a_code_is_shown_paid_told_and_asked_about(
    unionpay: UnionpayClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    key = _key(_number())
    opened = unionpay.call(BACK, **_order(key, merchant.url))
    assert opened["respCode"] == "00"
    assert opened["qrCode"].startswith("https://qr.95516.com/")
    assert _asked(unionpay, key)["origRespCode"] == "05"
    sandbox.pay(key["orderId"])
    answered = dict(parse_qsl(merchant.next_notification().body.decode()))
    assert unionpay.is_signed(answered)
    assert (answered["orderId"], answered["respCode"], answered["txnAmt"]) == (
        key["orderId"],
        "00",
        "1299",
    )
    asked = _asked(unionpay, key)
    assert (asked["origRespCode"], asked["queryId"]) == ("00", answered["queryId"])


def test_the_page_is_paid_and_leads_back_by_a_form(
    unionpay: UnionpayClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    key, front = _key(_number()), "http://127.0.0.1:1/back"
    order = _order(key, merchant.url, txnSubType="01", bizType="000201", frontUrl=front)
    form = unionpay.sealed(order)
    brought = sandbox.http.post("/gateway/api/frontTransReq.do", data=form)
    assert brought.status_code == 302
    paid = sandbox.http.post(
        urlsplit(brought.headers["location"])._replace(scheme="", netloc="").geturl(),
        data={"decision": "pay"},
    )
    back = sandbox.http.get(paid.headers["location"]).text
    assert f'action="{front}"' in back
    assert sandbox.trade(key["orderId"])["state"] == "paid"


def test_a_refund_is_taken_once_told_and_found(
    unionpay: UnionpayClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    key, refund = _key(_number()), _key(f"R{uuid.uuid4().hex[:26].upper()}")
    unionpay.call(BACK, **_order(key, merchant.url))
    sandbox.pay(key["orderId"], notify=False)
    query_id = _asked(unionpay, key)["queryId"]
    asked = {
        **_order(refund, merchant.url, txnType="04", txnSubType="00", txnAmt="300"),
        "origQryId": query_id,
        "reqReserved": key["orderId"],
    }
    assert unionpay.call(BACK, **asked)["respCode"] == "00"
    assert unionpay.call(BACK, **asked)["respCode"] == "12"
    answered = dict(parse_qsl(merchant.next_notification().body.decode()))
    assert unionpay.is_signed(answered)
    assert (answered["txnType"], answered["reqReserved"]) == ("04", key["orderId"])
    assert _asked(unionpay, refund)["origRespCode"] == "00"
    assert sandbox.trade(key["orderId"])["refunded"] == 300


def _undo(key: Fields, url: str, query_id: str, **more: str) -> Fields:
    order = _order(key, url, txnType="31", txnSubType="00", origQryId=query_id)
    return {**order, "reqReserved": "of mine", **more}


def test_an_undo_is_taken_once_told_and_found(
    unionpay: UnionpayClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    key, undo = _key(_number()), _key(_number())
    unionpay.call(BACK, **_order(key, merchant.url))
    sandbox.pay(key["orderId"], notify=False)
    asked = _undo(undo, merchant.url, _asked(unionpay, key)["queryId"])
    assert _asked(unionpay, undo)["respCode"] == "34"
    assert unionpay.call(BACK, **asked)["respCode"] == "00"
    assert unionpay.call(BACK, **asked)["respCode"] == "12"
    notified = dict(parse_qsl(merchant.next_notification().body.decode()))
    assert unionpay.is_signed(notified)
    assert (notified["txnType"], notified["orderId"]) == ("31", undo["orderId"])
    assert (notified["txnAmt"], notified["reqReserved"]) == ("1299", "of mine")
    assert _asked(unionpay, undo)["origRespCode"] == "00"
    # Nothing of it goes back a second time, by an undo or by a refund.
    assert unionpay.call(BACK, **asked | _key(_number()))["respCode"] == "35"
    refund = asked | _key(_number()) | {"txnType": "04", "txnAmt": "1"}
    assert unionpay.call(BACK, **refund)["respCode"] == "36"
    assert sandbox.trade(key["orderId"])["refunded"] == 1299


def test_an_undo_is_of_the_whole_by_its_query_id_and_the_refund_follows_its_refusal(
    unionpay: UnionpayClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    key = _key(_number())
    unionpay.call(BACK, **_order(key, merchant.url))
    unpaid = _undo(_key(_number()), merchant.url, "20260131120005" + "1234567")
    assert unionpay.call(BACK, **unpaid)["respCode"] == "35"
    sandbox.pay(key["orderId"], notify=False)
    query_id = _asked(unionpay, key)["queryId"]
    part = _undo(_key(_number()), merchant.url, query_id, txnAmt="1298")
    assert unionpay.call(BACK, **part)["respCode"] == "36"
    named = {"origOrderId": key["orderId"], "origTxnTime": key["txnTime"]}
    unnamed = _undo(_key(_number()), merchant.url, "", **named)
    assert unionpay.call(BACK, **unnamed)["respCode"] == "10"
    sandbox.fault("unionpay", "refund", "no_undo", payment_no=key["orderId"], times=1)
    undo = _key(_number())
    asked = _undo(undo, merchant.url, query_id)
    assert unionpay.call(BACK, **asked)["respCode"] == "64"
    assert unionpay.call(BACK, **asked)["respCode"] == "12"
    assert _asked(unionpay, undo)["origRespCode"] == "64"
    refund = asked | _key(_number()) | {"txnType": "04"}
    assert unionpay.call(BACK, **refund)["respCode"] == "00"


@pytest.mark.parametrize("path", [BACK, QUERY])
@pytest.mark.parametrize("kind", ["02", "76", ""])
def test_an_unknown_kind_of_transaction_is_refused(
    unionpay: UnionpayClient, merchant: Merchant, path: str, kind: str
) -> None:
    """It was taken for a payment."""
    order = _order(_key(_number()), merchant.url, txnType=kind)
    assert unionpay.call(path, **order)["respCode"] == "10"


def test_a_wrong_signature_is_refused_and_the_refusal_is_not_signed(
    unionpay: UnionpayClient,
) -> None:
    answer = unionpay.send(QUERY, **_key(_number()), txnType="00", signature="AAAA")
    assert answer["respCode"] == "11"
    assert "signature" not in answer


def test_a_tampered_answer_does_not_verify(
    unionpay: UnionpayClient, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    sandbox.fault("unionpay", "pay", "tamper", times=1)
    with pytest.raises(AssertionError):
        unionpay.call(BACK, **_order(_key(_number()), merchant.url))
