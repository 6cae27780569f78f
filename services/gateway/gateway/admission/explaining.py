"""What the inspection of a signature found, in words for those who write a client.

Only for sandboxes: an answer confirms which ids exist. It never tells what a key is.
"""

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from contracts import signing
from contracts.internal import (
    ExplainSignature,
    FaultPlace,
    InspectedSignature,
    InspectSignature,
    LineDifference,
    SignatureExplained,
    SignatureFault,
)
from contracts.signing import Credentials, HmacKey, Verifier
from gateway.admission.inspection import inspect
from gateway.directory import Directory

HOW: Final[dict[str, str]] = {
    "small_letters": "it is written in capitals",
    "other_method": "the method that is sent",
    "with_host": "without the host: it begins with the path",
    "without_query": "the query belongs to it, too",
    "without_prefix": "the whole path as it goes over the wire, with /v1",
    "last_slash": "the last slash is not as it goes over the wire",
    "decoded": "as it goes over the wire, with its escapes",
    "encoded": "as it goes over the wire, not escaped again",
    "sorted_query": "the query in the order in which it is sent",
    "milliseconds": "seconds, as in the header",
    "empty": "it belongs to the signed text",
    "no_last_newline": "the last line ends with a newline, too",
    "pasted": "it is not what was sent",
}
JSON_ANEW: Final = "the exact bytes that are sent, not written anew"

FORM: Final = (
    'it is to read PAYMESH-<ALG> app_id="A…",key_id="K…",timestamp="Unix seconds",'
    'nonce="at most 64 characters",signature="base64", ALG one of ED25519, RSA-SHA256, HMAC-SHA256'
)

FAULTS: Final[dict[str, SignatureFault]] = {
    finding: SignatureFault(place=place, message=message)
    for finding, place, message in (
        ("malformed", "authorization", FORM),
        ("unknown_key", "key", "there is no such app, or it has no such key in use"),
        ("other_algorithm", "key", "the key is of another algorithm than the header says"),
        ("certificate_not_valid", "key", "the certificate is not valid now"),
        ("disabled_app", "app", "the app is disabled"),
    )
}

NOTHING: Final = SignatureFault(
    place="signature",
    message="the key is another than key_id says, or the text differs in a way that was not tried: "
    "send what you signed as signed_text",
)


def explain(
    directory: Directory, asked: ExplainSignature, *, api_url: str, now_s: float
) -> SignatureExplained:
    """All that is wrong with the signature of this request. Whether its nonce was used before is
    not looked at, nor is it used up."""
    try:
        shown = signing.parse(asked.authorization.strip())
    except signing.Malformed:
        faults = [FAULTS["malformed"]]
        return SignatureExplained(is_valid=False, signed_text="", faults=faults)
    inspected = inspect(
        directory,
        InspectSignature(app_id=shown.app_id, **asked.model_dump()),
        api_url=api_url,
        now_s=now_s,
    )
    text = signing.signed_text(
        asked.method, asked.target, shown.timestamp, shown.nonce, asked.body.encode()
    )
    faults = [*_clock(inspected), *_faults(directory, shown, inspected, text)]
    return SignatureExplained(is_valid=not faults, signed_text=text.decode(), faults=faults)


def _clock(inspected: InspectedSignature) -> Iterator[SignatureFault]:
    if not inspected.is_fresh:
        message = f"the timestamp is {inspected.clock_s:+,} s from our clock; 300 s are let pass"
        yield SignatureFault(place="clock", message=message)


def _faults(
    directory: Directory, shown: Credentials, inspected: InspectedSignature, text: bytes
) -> list[SignatureFault]:
    match inspected.verdict:
        case "valid":
            return []
        case "other_text":
            return [_difference(each) for each in inspected.differences]
        case "other_key":
            key = directory.find_key(shown.key_id)
            found = [] if key is None else list(_mistakes(key.verifier, shown.signature, text))
            return found or [NOTHING]
        case finding:
            return [FAULTS.get(finding, NOTHING)]


def _difference(found: LineDifference) -> SignatureFault:
    message = HOW.get(found.how, JSON_ANEW if found.line == "body" else found.how)
    if found.signed is not None:
        message += f": you signed {found.signed[:200]!r}, it is {found.expected[:200]!r}"
    return SignatureFault(place=found.line, message=message)


def _mistakes(verifier: Verifier, signature: bytes, text: bytes) -> Iterator[SignatureFault]:
    """What is done with the right secret, and with the right signature."""
    if not isinstance(verifier, HmacKey):
        return
    secret = verifier.secret
    tries: list[tuple[FaultPlace, str, bytes | None, bytes | None]] = [
        ("key", DECODED.format(form="base64"), _from_base64(secret), signature),
        ("key", DECODED.format(form="hex"), _from_hex(secret), signature),
        ("signature", "base64 of the bytes, not of their hex digits", secret, _from_hex(signature)),
    ]
    for place, message, key, raw in tries:
        if key is not None and raw is not None and HmacKey(key).verify(text, raw):
            yield SignatureFault(place=place, message=message)


DECODED: Final = "the secret is used as it is shown, not decoded from {form}"


def _from_base64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _from_hex(text: bytes) -> bytes | None:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return None
