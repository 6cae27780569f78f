"""Why a signature was refused: the line that differs, found again after each usual mistake."""

import json
from collections.abc import Callable

import pytest

from contracts import signing
from contracts.events.configuration import KeyAlgorithm
from contracts.internal import InspectedSignature, InspectSignature
from gateway.admission.inspection import inspect
from gateway.directory import App, Directory, Key

NOW, NONCE = 1_700_000_000, "n-1"
METHOD, TARGET = "POST", "/v1/payments?b=2&a=1"
BODY = '{"subject": "物业费", "amount": 1}'
KEY = signing.hmac_key("a secret of the app")
VALUE = json.loads(BODY)


def directory(*, is_active: bool = True, alg: KeyAlgorithm = KeyAlgorithm.HMAC_SHA256) -> Directory:
    known = Directory()
    known.put(App("A1", is_active, frozenset({"M1"}), 15, ()))
    known.put(Key("K1", "A1", alg, KEY))
    known.put(Key("K2", "A2", alg, KEY))
    known.put(Key("K3", "A1", alg, KEY, valid=(0, NOW - 1)))
    return known


def asked(signed: bytes, **changes: str) -> InspectSignature:
    members = {"app_id": "A1", "key_id": "K1", "timestamp": str(NOW), "nonce": NONCE} | changes
    signer = signing.authorization
    header = signer(
        Signed(signed), alg=KeyAlgorithm.HMAC_SHA256, app_id=members["app_id"],
        key_id=members["key_id"], method="", target="", timestamp=int(members["timestamp"]),
        nonce=members["nonce"], body=b"",
    )  # fmt: skip
    return InspectSignature(
        app_id="A1", method=METHOD, target=TARGET, authorization=header, body=BODY
    )


class Signed:
    """Signs one text, whatever it is asked to sign."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def sign(self, _: bytes) -> bytes:
        return KEY.sign(self._text)


def text(
    method: str = METHOD, target: str = TARGET, timestamp: str = str(NOW), nonce: str = NONCE,
    body: str = BODY, end: str = "\n",
) -> bytes:  # fmt: skip
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n{body}{end}".encode()


def inspected(request: InspectSignature, known: Directory | None = None) -> InspectedSignature:
    return inspect(known or directory(), request, api_url="https://pay.example", now_s=NOW + 3)


def test_a_right_one_is_right() -> None:
    found = inspected(asked(text()))
    assert (found.verdict, found.differences, found.clock_s) == ("valid", [], -3)
    assert found.text == text().decode()


MISTAKES: list[tuple[str, str, bytes]] = [
    ("method", "small_letters", text(method="post")),
    ("method", "other_method", text(method="GET")),
    ("target", "without_query", text(target="/v1/payments")),
    ("target", "with_host", text(target="https://pay.example" + TARGET)),
    ("target", "last_slash", text(target="/v1/payments/?b=2&a=1")),
    ("target", "sorted_query", text(target="/v1/payments?a=1&b=2")),
    ("timestamp", "milliseconds", text(timestamp=f"{NOW}000")),
    ("nonce", "empty", text(nonce="")),
    ("body", "empty", text(body="")),
    ("body", "compact_json", text(body=json.dumps(VALUE, separators=(",", ":")))),
    ("body", "sorted_json", text(body=json.dumps(VALUE, sort_keys=True, ensure_ascii=False))),
    ("body", "indented_json", text(body=json.dumps(VALUE, indent=2, ensure_ascii=False))),
    ("body", "no_last_newline", text(end="")),
]


@pytest.mark.parametrize(("line", "how", "signed"), MISTAKES)
def test_the_line_that_differs_is_named(line: str, how: str, signed: bytes) -> None:
    found = inspected(asked(signed))
    assert found.verdict == "other_text"
    assert [(each.line, each.how) for each in found.differences] == [(line, how)]


def test_two_mistakes_at_once_are_both_named() -> None:
    found = inspected(asked(text(target="/v1/payments", body="")))
    assert {each.line for each in found.differences} == {"target", "body"}


def test_a_text_that_is_pasted_is_compared_line_by_line() -> None:
    signed = text(target="/v1/refunds", nonce="another")
    request = asked(signed).model_copy(update={"signed_text": signed.decode()})
    found = inspected(request)
    assert found.verdict == "other_text"
    lines = {each.line: (each.expected, each.signed) for each in found.differences}
    assert lines == {"target": (TARGET, "/v1/refunds"), "nonce": (NONCE, "another")}


def test_a_signature_of_another_key_is_told_so() -> None:
    request = asked(text())
    stranger = Directory()
    stranger.put(App("A1", True, frozenset(), 15, ()))
    stranger.put(Key("K1", "A1", KeyAlgorithm.HMAC_SHA256, signing.hmac_key("another")))
    found = inspected(request, stranger)
    assert (found.verdict, found.differences) == ("other_key", [])


Spoilt = Callable[[str], str]


@pytest.mark.parametrize(
    ("spoilt", "detail"),
    [
        (lambda it: it.replace("PAYMESH-", ""), "scheme"),
        (lambda it: it.replace("HMAC-SHA256", "HMAC-MD5"), "scheme"),
        (lambda it: it.replace(str(NOW), f"{NOW}000"), "timestamp"),
        (lambda it: it.replace(NONCE, ""), "nonce"),
        (lambda it: it.replace('signature="', 'signature="*'), "signature"),
        (lambda it: it.replace("key_id", "keyid"), "members"),
        (lambda it: "", "scheme"),
    ],
)
def test_a_header_that_cannot_be_read_says_where(spoilt: Spoilt, detail: str) -> None:
    request = asked(text())
    changed = request.model_copy(update={"authorization": spoilt(request.authorization)})
    found = inspected(changed)
    assert (found.verdict, found.detail) == ("malformed", detail)


def test_a_clock_that_is_off_is_told() -> None:
    found = inspected(asked(text(timestamp=str(NOW - 400)), timestamp=str(NOW - 400)))
    assert (found.verdict, found.clock_s, found.is_fresh) == ("valid", -403, False)


@pytest.mark.parametrize(
    ("members", "known", "verdict"),
    [
        ({"app_id": "A9"}, directory(), "other_app"),
        ({"key_id": "K9"}, directory(), "unknown_key"),
        ({"key_id": "K2"}, directory(), "unknown_key"),
        ({"key_id": "K3"}, directory(), "certificate_not_valid"),
        ({}, directory(is_active=False), "disabled_app"),
        ({}, directory(alg=KeyAlgorithm.ED25519), "other_algorithm"),
    ],
)
def test_what_is_wrong_with_app_or_key_is_told(
    members: dict[str, str], known: Directory, verdict: str
) -> None:
    assert inspected(asked(text(), **members), known).verdict == verdict


def test_what_is_told_holds_no_signature_of_ours() -> None:
    found = inspected(asked(text(body="another")))
    assert KEY.sign(text()).hex() not in found.model_dump_json()
    assert "a secret" not in found.model_dump_json()
