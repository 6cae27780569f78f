"""UnionPay on the wire: forms whose sorted fields are hashed, and the hash is signed.

The text is hashed twice: SHA-256 of the fields as lower-case hex, and SHA256withRSA over that. What
UnionPay signs carries its certificate (`signPubKeyCert`), which must lead to the account's own.

Source: open.unionpay.com (acpAPIId=901, 签名机制 5.1.0)
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final
from urllib.parse import parse_qsl, urlencode

from cryptography.x509 import Certificate
from cryptography.x509.oid import NameOID

from gateway.channels import rsa
from gateway.channels.certificate_chains import is_trusted
from gateway.channels.faults import Fault
from gateway.channels.formats import compact, text
from gateway.channels.plugin import Answer, Call, Moment, Reply, Request, Unverifiable
from gateway.channels.unionpay.credentials import TEST_URL, Account, Anchor

FRONT_PATH: Final = "/gateway/api/frontTransReq.do"
APP_PATH: Final = "/gateway/api/appTransReq.do"
BACK_PATH: Final = "/gateway/api/backTransReq.do"
QUERY_PATH: Final = "/gateway/api/queryTrans.do"
FILE_PATH: Final = "/"

VERSION: Final = "5.1.0"
BY_RSA: Final = "01"
SUCCESS: Final = ("00", "A6")
UNIONPAYS_NAME: Final = "中国银联股份有限公司"
"""One of the parts, between `@`, of the name of each certificate that UnionPay signs with, but for
its tests. Merchants have certificates of the same issuers."""

MAX_FIELDS: Final = 100
MAX_FILE_BYTES: Final = 67_108_864
"""Of an answer that carries a statement."""

_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
_SIGNS: Final = re.compile(r"[&{}\[\]]")


def sign(call: Call, account: Account, moment: Moment) -> Request:
    """`call.body` holds the fields of the transaction; what all have in common is added."""
    own = {name: str(value) for name, value in (call.body or {}).items() if value}
    is_file = call.target == FILE_PATH
    if is_file:
        # It names no transaction, and is taken only as the time of sending.
        own["txnTime"] = compact(moment.now)
    fields = {
        "version": VERSION,
        "encoding": "UTF-8",
        "signMethod": BY_RSA,
        "certId": account.cert_id,
        "accessType": "0",
        "merId": account.mer_id,
        **own,
    }
    fields["signature"] = rsa.sign(account.private_key, signed_text(fields))
    address = (account.file_url if is_file else account.base_url) + call.target
    body = urlencode(fields).encode()
    if is_file:
        return Request("POST", address, _FORM, body, limit_bytes=MAX_FILE_BYTES)
    return Request("POST", address, _FORM, body)


def verify(reply: Reply, call: Call, account: Account, moment: Moment) -> Answer:
    """A refusal may come without a signature; it then only makes us ask again."""
    if reply.status != 200:
        raise Unverifiable("not an answer to this call")
    fields = split_answer(reply.body)
    if not fields.get("signature"):
        if not text(fields, "respCode") or text(fields, "respCode") in SUCCESS:
            raise Unverifiable("the answer is not signed")
        return Answer(reply.status, fields, moment, signed=False)
    check_signature(fields, account, moment)
    return Answer(reply.status, fields, moment)


def check_signature(fields: Mapping[str, str], account: Account, moment: Moment) -> None:
    """Raises Unverifiable unless UnionPay signed these fields, and they are this merchant's."""
    if fields.get("version") != VERSION or fields.get("signMethod") != BY_RSA:
        raise Unverifiable("signed in an unknown way")
    certificate = _trusted(fields.get("signPubKeyCert", ""), account.anchors)
    if not certificate.not_valid_before_utc <= moment.now <= certificate.not_valid_after_utc:
        raise Unverifiable("signed with a certificate that is not valid now")
    if account.base_url != TEST_URL and UNIONPAYS_NAME not in _names(certificate):
        raise Unverifiable("signed with a certificate that is not UnionPay's own")
    key = rsa.certified_key(certificate)
    if not rsa.is_signed(key, signed_text(fields), fields.get("signature", "")):
        raise Unverifiable("the signature is wrong")
    if fields.get("merId") != account.mer_id:
        raise Unverifiable("it is for another merchant")


def signed_text(fields: Mapping[str, str]) -> bytes:
    """The hash that is signed: of `k=v&k=v` in the order of the keys, without empty values."""
    pairs = sorted((name, value) for name, value in fields.items() if name != "signature" and value)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return hashlib.sha256(joined.encode()).hexdigest().encode()


def split_answer(body: bytes) -> dict[str, str]:
    """The fields of `k=v&k=v` as it stands: values may hold `=`, and `&` inside braces."""
    try:
        content = body.decode()
    except UnicodeDecodeError as error:
        raise Unverifiable("the answer is not UTF-8") from error
    bounds = [-1, *islice(_separators(content), MAX_FIELDS + 1), len(content)]
    fields = [content[begin + 1 : end] for begin, end in pairwise(bounds)]
    return _as_fields([field.partition("=")[::2] for field in fields])


def _separators(content: str) -> Iterator[int]:
    """Where fields end. A brace that nobody closes is a sign like any other, as in the words of a
    message."""
    ends: list[int] = []
    opened: list[int] = []
    groups: list[tuple[int, int]] = []
    for sign in _SIGNS.finditer(content):
        match sign[0]:
            case "&":
                ends.append(sign.start())
            case "{" | "[":
                opened.append(sign.start())
            case _ if opened:
                groups.append((opened.pop(), sign.start()))
    groups.sort(reverse=True)
    closed_at = -1
    for end in ends:
        while groups and groups[-1][0] < end:
            closed_at = max(closed_at, groups.pop()[1])
        if end > closed_at:
            yield end


def split_form(body: bytes) -> dict[str, str]:
    """The fields of a form, decoded."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise Unverifiable("it is not a form") from error
    return _as_fields(pairs)


def _as_fields(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields = dict(pairs)
    if len(fields) != len(pairs) or len(pairs) > MAX_FIELDS:
        raise Unverifiable("a name stands twice, or there are too many")
    return fields


@lru_cache(maxsize=64)
def _trusted(pem: str, anchors: tuple[Anchor, ...]) -> Certificate:
    """UnionPay has few of them, and sends one with each message."""
    try:
        [certificate] = rsa.certificates(pem)
    except (Fault, ValueError) as error:
        raise Unverifiable("it carries no certificate") from error
    if not any(is_trusted([certificate, *each.middle], each.roots) for each in anchors):
        raise Unverifiable("signed with a certificate that leads to none of the account's")
    return certificate


def _names(certificate: Certificate) -> list[str]:
    """The parts of `CN=041@…@中国银联股份有限公司@…`."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return [part for each in names for part in str(each.value).split("@")]
