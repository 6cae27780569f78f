"""UnionPay from its own end, a second signer. Source: open.unionpay.com (acpAPIId=901)"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography import x509
from tests.unit.gateway.channels.certificate_chain import issue, pem
from tests.unit.gateway.channels.channel_side import (
    BEIJING,
    NOW,
    AnySide,
    Asked,
    Pair,
    as_texts,
    tables,
)

from contracts.api import Method
from gateway.channels import unionpay
from gateway.channels.plugin import RawNotification, Reply, Request
from gateway.channels.unionpay import codes

MER_ID = "777290058110048"
AT = f"{NOW.astimezone(BEIJING):%Y%m%d%H%M%S}"
PAID_AT = f"{AT[4:12]}05"


def digest(fields: Mapping[str, str]) -> bytes:
    """Hashed once; the signature hashes it again."""
    kept = {name: value for name, value in fields.items() if value and name != "signature"}
    joined = "&".join("=".join(pair) for pair in sorted(kept.items()))
    return hashlib.sha256(joined.encode()).hexdigest().encode()


class UnionpaySide(AnySide):
    plugin = unionpay.PLUGIN

    def __init__(self) -> None:
        super().__init__()
        self.merchant, self.platform = Pair(), Pair()
        root, self.between = Pair(), Pair()
        self.own = issue("merchant", self.merchant.private, "CFCA TEST", root.private)
        self.root = issue("CFCA ROOT", root.private, "CFCA ROOT", root.private)
        self.middle = issue("CFCA OCA", self.between.private, "CFCA ROOT", root.private)
        self.signer = issue(
            "041@8310000000083040@中国银联股份有限公司@00016495",
            self.platform.private,
            "CFCA OCA",
            self.between.private,
        )

    def credentials(self) -> dict[str, Any]:
        return {
            "mer_id": MER_ID,
            "sign_private_key_pem": self.merchant.private_pem,
            "sign_cert_pem": pem(self.own),
            "unionpay_root_cert_pem": pem(self.root),
            "unionpay_middle_cert_pem": pem(self.middle),
        }

    def asked(self, request: Request) -> Asked:
        fields = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        assert request.verb == "POST"
        assert fields["version"] == "5.1.0"
        assert fields["encoding"] == "UTF-8"
        assert fields["signMethod"] == "01"
        assert fields["certId"] == str(self.own.serial_number)
        assert fields["merId"] == MER_ID
        if "orderId" in fields:
            assert fields["orderId"].isalnum()
            assert 8 <= len(fields["orderId"]) <= 40
            assert fields["txnTime"] == AT
        assert len(fields.get("orderDesc", "").encode()) <= 32
        assert self.merchant.is_signed(digest(fields), fields["signature"])
        return Asked(urlsplit(request.url).path, fields)

    def sealed(self, fields: Mapping[str, str], signer: x509.Certificate | None) -> dict[str, str]:
        """As UnionPay sends it: with empty fields, fields of a later release, its certificate."""
        answered = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "accessType": "0",
            "merId": MER_ID,
            "accNo": "",
            "cardTransData": "{ICCardData=a&ICCardSeqNumber=001}",
            "ofALaterRelease": "[x=1&y=2]",
            "signPubKeyCert": pem(signer).replace("\n", "\r\n") if signer else "",
            **fields,
        }
        answered = as_texts(self.change({**answered}))
        return answered | {"signature": self.platform.sign(digest(answered))}

    def answer(self, code: str, **fields: str) -> Reply:
        answered = self.sealed({"respCode": code, "respMsg": "…", **fields}, self.signer)
        return Reply(200, {}, "&".join("=".join(pair) for pair in answered.items()).encode())

    def origin(self, number: str, code: str, amount_minor: int) -> Reply:
        return self.answer("00", **self.trade(number, amount_minor), origRespCode=code)

    def trade(self, number: str, amount_minor: int) -> dict[str, str]:
        return {
            "orderId": number,
            "txnTime": AT,
            "queryId": f"{AT}1234567",
            "txnAmt": str(amount_minor),
            "currencyCode": "156",
            "traceTime": PAID_AT,
            "traceNo": "123456",
            "origRespMsg": "…",
        }

    def notification(self, number: str, code: str, **changed: str) -> RawNotification:
        fields = self.trade(number, 1299) | {"txnType": "01", "respCode": code, "respMsg": "…"}
        # What holds fields of its own makes us ask, see `test_recut_notifications`.
        fields |= {"cardTransData": "", "ofALaterRelease": "[x=1]"}
        body = urlencode(self.sealed(fields | changed, self.signer)).encode()
        return RawNotification({"content-type": "application/x-www-form-urlencoded"}, body)

    # ── the Side of the conformance suite ──

    def prepared(self, method: Method, payment_no: str) -> Reply:
        more = {
            Method.NATIVE: {"qrCode": "https://qr.95516.com/00010000/6201"},
            Method.APP: {"tn": "628"},
        }
        return self.answer("00", orderId=payment_no, txnTime=AT, **more.get(method, {}))

    def paid(self, payment_no: str, amount_minor: int = 1299) -> Reply:
        return self.origin(payment_no, "00", amount_minor)

    def unpaid(self, payment_no: str) -> Reply:
        return self.origin(payment_no, "05", 1299)

    def of_unknown_state(self, payment_no: str) -> Reply:
        return self.origin(payment_no, "UNHEARD_OF", 1299)

    def closed(self, method: Method, payment_no: str) -> Reply:
        return self.answer("00", orderId=payment_no, txnTime=AT, txnType="99")

    def refund_taken(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer("00", orderId=refund_no, txnTime=AT, queryId=f"{AT}7654321")

    def refund_returned(self, refund_no: str, payment_no: str) -> Reply:
        return self.origin(refund_no, "00", 500)

    def refused(self, code: str) -> Reply:
        return self.answer(code)

    def unsigned(self) -> Iterator[Reply]:
        for code in {row for table in tables(codes) for row in table}:
            yield Reply(200, {}, f"respCode={code}&respMsg=no&merId={MER_ID}".encode())

    def paid_notification(self, payment_no: str, amount_minor: int = 1299) -> RawNotification:
        return self.notification(payment_no, "00", txnAmt=str(amount_minor))

    def notification_of_unknown_state(self, payment_no: str) -> RawNotification:
        return self.notification(payment_no, "UNHEARD_OF")

    def notification_for_another_merchant(self, payment_no: str) -> RawNotification:
        return self.notification(payment_no, "00", merId="777290058110049")
