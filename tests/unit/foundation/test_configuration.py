"""A replica that can believe nothing of the configuration says so."""

from tests.record_keys import CONFIGURATION_PUBLIC_KEY, stamp

from chassis.consumer import Record
from chassis.producer import Message
from contracts import record_proof
from contracts.topics import MERCHANT_CONFIG
from foundation.configuration_replica import ConfigurationReplica
from foundation.record_proof import RecordProof


def replica(public_keys: str) -> ConfigurationReplica:
    proof = RecordProof(record_proof.public_keys(public_keys))
    return ConfigurationReplica(bootstrap="127.0.0.1:1", proof=proof, apply=lambda _: None)


def signed(offset: int = 0) -> Record:
    message = stamp(Message(MERCHANT_CONFIG, "M1", b"{}", {"ce_type": "configuration"}))
    return Record(MERCHANT_CONFIG, 0, offset, "M1", message.value, dict(message.headers), 0)


def test_who_has_not_read_everything_is_not_ready() -> None:
    assert "not been read" in str(replica(CONFIGURATION_PUBLIC_KEY).ready())


def test_who_believes_none_of_the_records_is_not_ready() -> None:
    reading = replica(record_proof.generate().public_key)
    reading.handle(signed())
    reading.caught_up.set()
    assert "none of its 1 records is signed" in str(reading.ready())


def test_a_forged_record_among_good_ones_changes_nothing() -> None:
    reading = replica(CONFIGURATION_PUBLIC_KEY)
    reading.handle(signed())
    reading.handle(Record(MERCHANT_CONFIG, 0, 1, "M1", b"{}", {}, 0))
    reading.caught_up.set()
    assert (reading.ready(), reading.refused) == (True, 1)


def test_what_was_told_anew_by_the_present_key_is_no_forgery() -> None:
    """After an exchange of the signing key those of the old one stay until they are compacted, and
    after a reconnect all comes again."""
    reading = replica(CONFIGURATION_PUBLIC_KEY)
    by_the_old_key = Record(MERCHANT_CONFIG, 0, 0, "M1", b"{}", {}, 0)
    for record in (by_the_old_key, signed(offset=1)):
        reading.handle(record)
    reading.caught_up.set()
    for record in (by_the_old_key, signed(offset=1)):
        reading.handle(record)
    assert (reading.ready(), reading.refused) == (True, 0)
    reading.handle(Record(MERCHANT_CONFIG, 0, 2, "M1", b"{}", {}, 0))
    reading.handle(Record(MERCHANT_CONFIG, 7, 0, "M1", b"{}", {}, 0))
    assert reading.refused == 2
