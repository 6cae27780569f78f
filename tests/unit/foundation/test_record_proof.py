"""The keys as settings, and the grace of an upgrade."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError
from tests.record_keys import (
    CONFIGURATION_KEY,
    CONFIGURATION_PUBLIC_KEY,
    RECORD_KEY,
    SHARED,
    proven,
)

from chassis.consumer import Record
from contracts import topics
from contracts.record_proof import KEY_ID_HEADER
from foundation.record_proof import (
    ConfigurationKey,
    ConfigurationPublicKeys,
    RecordKeys,
    RecordProof,
    Unproven,
    UnsignedUntil,
)

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Keys(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    record_keys: RecordKeys
    configuration_key: ConfigurationKey
    configuration_public_keys: ConfigurationPublicKeys
    until: UnsignedUntil | None = None


GOOD = {
    "record_keys": RECORD_KEY,
    "configuration_key": CONFIGURATION_KEY,
    "configuration_public_keys": CONFIGURATION_PUBLIC_KEY,
}


def record(headers: dict[str, str] | None = None) -> Record:
    return Record(topics.PAYMENT_RESULTS, 0, 1, "P1", b"{}", headers or {}, 0)


def test_keys_that_are_usable_are_taken() -> None:
    assert Keys.model_validate(GOOD).record_keys.get_secret_value() == RECORD_KEY


@pytest.mark.parametrize(
    "garbage",
    [
        {"record_keys": "too short"},
        {"record_keys": ""},
        {"record_keys": ",".join(letter * 40 for letter in "abc")},
        {"configuration_key": "garbage"},
        {"configuration_key": RECORD_KEY},
        {"configuration_public_keys": "garbage"},
        {"configuration_public_keys": ""},
        {"until": datetime.now(UTC) + timedelta(days=8)},
        {"until": "2026-11-28T12:00:00"},
    ],
)
def test_garbage_is_refused_and_not_shown(garbage: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        Keys.model_validate({**GOOD, **garbage})
    assert "garbage" not in str(refused.value)


def test_during_an_upgrade_what_is_silent_is_believed_and_a_wrong_proof_is_not() -> None:
    now = NOON
    proof = RecordProof(SHARED, NOON + timedelta(hours=1), clock=lambda: now)
    genuine = proven(record())
    forged = record(headers={**genuine.headers, KEY_ID_HEADER: "0" * 16})

    proof.check(record())
    proof.check(genuine)
    with pytest.raises(Unproven):
        proof.check(forged)
    now += timedelta(hours=2)
    with pytest.raises(Unproven):
        proof.check(record())


def test_without_an_upgrade_what_is_silent_is_refused() -> None:
    with pytest.raises(Unproven):
        RecordProof(SHARED).check(record())
