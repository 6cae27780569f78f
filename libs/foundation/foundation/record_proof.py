"""Records that decide prove their writer: keys as settings, on the way out, on the way in."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import structlog
from prometheus_client import Counter
from pydantic import AfterValidator, AwareDatetime, SecretStr

from chassis.consumer import DeadRecord, Record
from chassis.producer import Message
from contracts import record_proof
from contracts.record_proof import Checker, Prover, Unproven

log = structlog.get_logger()

UNSIGNED = Counter(
    "paymesh_records_unsigned", "Records that were believed without a proof", ["topic"]
)

MAX_UPGRADE: Final = timedelta(days=7)
"""Longer than a rolling upgrade may take; what is open for ever would be forgotten."""


def _hmac(secret: SecretStr) -> SecretStr:
    record_proof.hmac_keys(secret.get_secret_value())
    return secret


def _signing(secret: SecretStr) -> SecretStr:
    record_proof.signing_key(secret.get_secret_value())
    return secret


def _public(text: str) -> str:
    record_proof.public_keys(text)
    return text


def _soon(moment: datetime) -> datetime:
    if moment > datetime.now(UTC) + MAX_UPGRADE:
        raise ValueError(f"is more than {MAX_UPGRADE.days} days ahead")
    return moment


RecordKeys = Annotated[SecretStr, AfterValidator(_hmac)]
"""A setting: what gateway and trade-core share. The first of two proves, both are believed."""

ConfigurationKey = Annotated[SecretStr, AfterValidator(_signing)]
"""A setting of merchant-admin: what it signs the configuration with."""

ConfigurationPublicKeys = Annotated[str, AfterValidator(_public)]
"""A setting of whoever reads the configuration: one or two keys."""

UnsignedUntil = Annotated[AwareDatetime, AfterValidator(_soon)]
"""A setting for an upgrade: until then a record without any proof is believed."""


def stamped(prover: Prover, topics: Collection[str]) -> Callable[[Message], Message]:
    """For `Producer`: puts the proof on every message of these topics."""

    def stamp(message: Message) -> Message:
        if message.topic not in topics:
            return message
        kind = message.headers.get("ce_type", "")
        proof = prover.prove(message.topic, message.key, kind, message.value)
        return Message(message.topic, message.key, message.value, {**message.headers, **proof})

    return stamp


def is_unproven(dead: DeadRecord) -> bool:
    """Whether it became a dead letter because it does not prove its writer."""
    return dead.error.startswith(Unproven.__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RecordProof:
    """Asks records for their proof, before they are used, and again when they are replayed.

    `unsigned_until`: until then those that are silent are believed; a wrong proof never is.
    """

    checker: Checker
    unsigned_until: datetime | None = None
    clock: Callable[[], datetime] = _now

    def check(self, record: Record) -> None:
        """Raises Unproven."""
        is_upgrade = self.unsigned_until is not None and self.clock() < self.unsigned_until
        if is_upgrade and record_proof.is_silent(record.headers):
            UNSIGNED.labels(record.topic).inc()
            return
        self.checker.check(record.topic, record.key, record.headers, record.value)


__all__ = [
    "ConfigurationKey",
    "ConfigurationPublicKeys",
    "RecordKeys",
    "RecordProof",
    "Unproven",
    "UnsignedUntil",
    "is_unproven",
    "stamped",
]
