"""Which line of the signed text differs, for those who write a client: never what a key is.

Where the app does not tell what it signed, the mistakes that are made most are tried. Only for
sandboxes and for people of the app: an answer confirms which ids exist.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, unquote

from contracts import signing
from contracts.internal import (
    ExplainSignature,
    FaultPlace,
    SignatureExplained,
    SignatureFault,
)
from contracts.signing import Credentials, HmacKey, Verifier
from gateway.directory import Directory, Key

LINES: Final[tuple[FaultPlace, ...]] = ("method", "target", "timestamp", "nonce", "body")

Try = tuple[FaultPlace, str, bytes]
"""What is wrong, how, and the text that would then be under the signature."""


def explain(directory: Directory, asked: ExplainSignature, now_s: float) -> SignatureExplained:
    """All that is wrong with the signature of this request. Whether its nonce was used before is
    not looked at, nor is it used up."""
    try:
        shown = signing.parse(asked.authorization)
    except signing.Malformed as error:
        return _explained(b"", [_fault("authorization", _HEADER.format(reason=error))])
    text = _text(asked, shown)
    faults = _identity_faults(directory, shown)
    if not shown.is_fresh(now_s):
        off_s = round(shown.timestamp - now_s)
        faults.append(
            _fault("clock", f"the timestamp is {off_s:+,} s from our clock; 300 s are let pass")
        )
    key = directory.find_key(shown.key_id)
    if key is not None and key.app_id == shown.app_id and key.alg is shown.alg:
        faults += _signature_faults(asked, shown, key, text)
    return _explained(text, faults)


_HEADER: Final = (
    'the header is not of the form PAYMESH-<ALG> app_id="…",key_id="…",timestamp="…",'
    'nonce="…",signature="…": {reason}'
)


def _identity_faults(directory: Directory, shown: Credentials) -> list[SignatureFault]:
    app, key = directory.find_app(shown.app_id), directory.find_key(shown.key_id)
    if app is None:
        return [_fault("app", f"there is no app {shown.app_id}")]
    if not app.is_active:
        return [_fault("app", f"the app {shown.app_id} is disabled")]
    if key is None or key.app_id != app.app_id:
        return [_fault("key", f"the app has no key {shown.key_id} in use")]
    if key.alg is not shown.alg:
        return [_fault("key", f"the key {key.key_id} is of {key.alg}, the header says {shown.alg}")]
    return []


def _signature_faults(
    asked: ExplainSignature, shown: Credentials, key: Key, text: bytes
) -> list[SignatureFault]:
    verifier = key.verifier
    if verifier.verify(text, shown.signature):
        return []
    if asked.signed_text is not None:
        told = asked.signed_text.encode()
        faults = _differences(told, text)
        if not verifier.verify(told, shown.signature):
            faults.append(_fault("signature", "it is not of this signed text under this key"))
        return faults
    found = [
        _fault(place, message)
        for place, message, tried in _mistakes(asked, shown)
        if verifier.verify(tried, shown.signature)
    ]
    found += [
        _fault(place, message)
        for place, message, other, signature in _other_keys(verifier, shown.signature)
        if other.verify(text, signature)
    ]
    return found[:1] or [_fault("signature", _NOTHING)]


_NOTHING: Final = (
    "the key is another than key_id says, or the text under the signature differs from signed_text "
    "in a way that was not tried: send what you signed as signed_text"
)


def _differences(told: bytes, text: bytes) -> list[SignatureFault]:
    """Line by line; the body is all that follows the fourth."""
    if told != text and told.replace(b"\r\n", b"\n").rstrip(b"\n") == text.rstrip(b"\n"):
        return [_fault("line ends", "each line ends with one line feed (\\n), the last one, too")]
    pairs = zip(LINES, told.split(b"\n", 4), text.split(b"\n", 4), strict=False)
    return [
        _fault(place, f"you signed {_shortened(theirs)}, we sign {_shortened(ours)}")
        for place, theirs, ours in pairs
        if theirs != ours
    ]


def _shortened(line: bytes) -> str:
    text = line.decode(errors="replace")
    return repr(text if len(text) <= 200 else f"{text[:200]}…")


def _mistakes(asked: ExplainSignature, shown: Credentials) -> Iterator[Try]:
    def signed(**changes: str) -> bytes:
        return _text(asked.model_copy(update=changes), shown)

    method, target, right = asked.method, asked.target, signed()
    path, _, query = target.partition("?")
    yield "method", "it is written in capitals", signed(method=method.lower())
    yield "target", "the query belongs to it, too", signed(target=path)
    yield "target", "as it goes over the wire, with its escapes", signed(target=unquote(target))
    yield (
        "target",
        "as it goes over the wire, not escaped again",
        signed(target=quote(target, "/?&=")),
    )
    yield "target", "with the leading /", signed(target=target.lstrip("/"))
    yield (
        "target",
        "without the trailing /",
        signed(target=f"{path}/" + (f"?{query}" if query else "")),
    )
    for prefix in ("/v1", "/api"):
        yield (
            "target",
            f"with {prefix}, as it goes over the wire",
            signed(target=target.removeprefix(prefix)),
        )
    yield "body", "it belongs to the signed text", signed(body="")
    yield "body", "its exact bytes, without a newline of its own", signed(body=asked.body + "\n")
    yield "body", "its exact bytes, also blanks around it", signed(body=asked.body.strip())
    for body in _written_otherwise(asked.body):
        yield "body", "the exact bytes that are sent, not the JSON written anew", signed(body=body)
    yield "line ends", "the last line ends with a newline, too", right[:-1]
    yield "line ends", "a line feed (\\n), no carriage return", right.replace(b"\n", b"\r\n")
    yield "line ends", "a line feed, not a backslash and an n", right.replace(b"\n", b"\\n")
    yield "line ends", "five lines, not one", right.replace(b"\n", b"")


def _written_otherwise(body: str) -> Iterator[str]:
    try:
        value = json.loads(body)
    except ValueError:
        return
    for sort_keys in (False, True):
        for separators in ((",", ":"), (", ", ": ")):
            for ascii_only in (False, True):
                yield json.dumps(
                    value, sort_keys=sort_keys, separators=separators, ensure_ascii=ascii_only
                )


def _other_keys(
    verifier: Verifier, signature: bytes
) -> Iterator[tuple[FaultPlace, str, Verifier, bytes]]:
    """What is done with a right key, and with its signature."""
    if not isinstance(verifier, HmacKey):
        return
    secret = verifier.secret
    for message, decode in (
        ("the secret is used as it is shown, not decoded from base64", base64.b64decode),
        ("the secret is used as it is shown, not decoded from hex", binascii.unhexlify),
    ):
        try:
            yield "key", message, HmacKey(decode(secret)), signature
        except ValueError:
            continue
    try:
        raw = binascii.unhexlify(signature)
    except ValueError:
        return
    yield "signature", "base64 of the bytes, not of their hex digits", verifier, raw


def _text(asked: ExplainSignature, shown: Credentials) -> bytes:
    return signing.signed_text(
        asked.method, asked.target, shown.timestamp, shown.nonce, asked.body.encode()
    )


def _fault(place: FaultPlace, message: str) -> SignatureFault:
    return SignatureFault(place=place, message=message)


def _explained(text: bytes, faults: list[SignatureFault]) -> SignatureExplained:
    return SignatureExplained(is_valid=not faults, signed_text=text.decode(), faults=faults)
