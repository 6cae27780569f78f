"""What Schemathesis is told of our APIs: how to sign, and where callbacks may go.

Read by `schemathesis` itself (`SCHEMATHESIS_HOOKS`); who calls stands in the environment.
"""

import os
import secrets
import time
from typing import Any, Final

import requests
import requests.auth
import schemathesis
from schemathesis.auths import GLOBAL_AUTH_STORAGE

from contracts import signing
from contracts.events.configuration import KeyAlgorithm

CALLBACKS: Final = os.environ["FUZZ_CALLBACKS"]
"""Where all callbacks go: invented addresses would be called, and are strangers'."""


class SignedByTheApp(requests.auth.AuthBase):
    """Signs exactly what is sent, as every app does."""

    def __init__(self) -> None:
        self._signer = signing.hmac_key(os.environ["FUZZ_SECRET"])

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        sent = request.body or b""
        body = sent.encode() if isinstance(sent, str) else sent
        assert isinstance(body, bytes)
        request.headers["Authorization"] = signing.authorization(
            self._signer,
            alg=KeyAlgorithm.HMAC_SHA256,
            app_id=os.environ["FUZZ_APP_ID"],
            key_id=os.environ["FUZZ_KEY_ID"],
            method=request.method or "",
            target=request.path_url,
            timestamp=int(time.time()),
            nonce=secrets.token_hex(16),
            body=body,
        )
        return request


class WithTheSession(requests.auth.AuthBase):
    """Carries the token of the person who is logged in."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {os.environ['FUZZ_TOKEN']}"
        return request


GLOBAL_AUTH_STORAGE.set_from_requests(
    WithTheSession() if "FUZZ_TOKEN" in os.environ else SignedByTheApp()
)


@schemathesis.hook
def map_body(_: Any, body: Any) -> Any:
    """Known numbers instead of invented ones, more often than not; never a stranger's address."""
    if not isinstance(body, dict):
        return body
    for name in ("notify_url", "return_url"):
        if isinstance(body.get(name), str):
            body[name] = CALLBACKS
    known = {name: os.environ[f"FUZZ_{name.upper()}"] for name in ("merchant_id", "payment_id")}
    for name, value in known.items():
        if isinstance(body.get(name), str) and len(body[name]) % 4:
            body[name] = value
    return body
