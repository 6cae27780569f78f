"""The keys by which records prove their writer in tests, and what uses them."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from chassis.consumer import Record
from chassis.producer import Message
from contracts import record_proof, topics
from foundation.record_proof import RecordProof, stamped

RECORD_KEY: Final = "what gateway and trade-core share in tests"
CONFIGURATION_KEY: Final = base64.b64encode(b"merchant-admin's, only in tests.").decode()

SHARED: Final = record_proof.hmac_keys(RECORD_KEY)
SIGNING: Final = record_proof.signing_key(CONFIGURATION_KEY)
CONFIGURATION_PUBLIC_KEY: Final = base64.b64encode(SIGNING.public_bytes()).decode()

SHARED_TOPICS: Final = (topics.PAYMENT_RESULTS, topics.REFUND_RESULTS, topics.CHANNEL_COMMANDS)
SHARED_PROOF: Final = RecordProof(SHARED)

_as_core_and_gateway = stamped(SHARED, SHARED_TOPICS)
_as_admin = stamped(SIGNING, (topics.MERCHANT_CONFIG,))


def stamp(message: Message) -> Message:
    """For a `Producer` that speaks for gateway, trade-core and merchant-admin alike."""
    return _as_admin(_as_core_and_gateway(message))


def proven(record: Record) -> Record:
    """The record as it arrives from whoever may write it."""
    message = stamp(Message(record.topic, record.key or "", record.value, record.headers))
    return replace(record, headers=dict(message.headers))


def environment() -> Mapping[str, str]:
    """What a service that runs as a program is told."""
    return {
        "PAYMESH_RECORD_KEYS": RECORD_KEY,
        "PAYMESH_CONFIGURATION_PUBLIC_KEYS": CONFIGURATION_PUBLIC_KEY,
    }
