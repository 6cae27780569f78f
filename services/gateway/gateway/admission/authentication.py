"""Whether a request comes from a known app: signature, time, nonce and address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from contracts import signing
from gateway.admission.nonces import NonceMemory
from gateway.directory import App, Directory, Key
from gateway.domain.addresses import Address, is_within
from gateway.domain.errors import NotAuthenticated

MALFORMED: Final = "malformed"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """`target` is path and query exactly as they stood on the wire."""

    method: str
    target: str
    authorization: str
    body: bytes
    address: Address | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed, when by the signer's clock (within five minutes of ours), and with which key and
    nonce: that names the request, wherever its bytes come again."""

    app: App
    signed_at: datetime
    signed_as: str


class Authentication:
    """`clock` answers Unix seconds."""

    def __init__(
        self, directory: Directory, nonces: NonceMemory, clock: Callable[[], float]
    ) -> None:
        self._directory = directory
        self._nonces = nonces
        self._clock = clock

    def identify(self, request: SignedRequest) -> Identity:
        """The app that signed this request, and its timestamp.

        Raises:
            NotAuthenticated: whatever was wrong; the app is told the same each time.
        """
        try:
            shown = signing.parse(request.authorization)
        except signing.Malformed as error:
            raise NotAuthenticated(MALFORMED) from error
        now_s = self._clock()
        app, key = self._known(shown)
        begins, ends = key.valid
        if not begins <= now_s <= ends:
            raise NotAuthenticated("certificate", app.app_id)
        if not shown.is_fresh(now_s):
            raise NotAuthenticated("stale", app.app_id)
        text = signing.signed_text(
            request.method, request.target, shown.timestamp, shown.nonce, request.body
        )
        if not key.verifier.verify(text, shown.signature):
            raise NotAuthenticated("signature", app.app_id)
        if app.ip_allowlist and not is_within(request.address, app.ip_allowlist):
            raise NotAuthenticated("address", app.app_id)
        if not self._nonces.is_new(key.key_id, shown.nonce, now_s):
            raise NotAuthenticated("replay", app.app_id)
        signed_at = datetime.fromtimestamp(shown.timestamp, UTC)
        return Identity(app, signed_at, f"{key.key_id} {shown.nonce}")

    def _known(self, shown: signing.Credentials) -> tuple[App, Key]:
        app = self._directory.find_app(shown.app_id)
        key = self._directory.find_key(shown.key_id)
        if app is None:
            raise NotAuthenticated("unknown")
        if key is None or key.app_id != app.app_id:
            raise NotAuthenticated("unknown", app.app_id)
        if not app.is_active:
            raise NotAuthenticated("disabled", app.app_id)
        if key.alg is not shown.alg:
            raise NotAuthenticated("algorithm", app.app_id)
        return app, key
