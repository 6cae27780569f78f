"""What a proof costs: `python -m bench.record_proof` prints µs per record, made and checked.

The records are as long as ours are (a payment result is about 1 KB, a channel account 8 KB). Each
number is the CPU of the best of five rounds: the least disturbed.
"""

import secrets
import sys
import time
import timeit
from collections.abc import Callable
from typing import Final

from contracts import record_proof, topics
from contracts.record_proof import Checker, Prover

ROUNDS: Final = 5
RECORDS: Final = 2_000
TYPE: Final = "payment.result"


def cost_us(prover: Prover, checker: Checker, size_bytes: int) -> tuple[float, float]:
    """To prove and to check one record of this size."""
    topic, value = topics.PAYMENT_RESULTS, secrets.token_bytes(size_bytes)
    headers = {"ce_type": TYPE, **prover.prove(topic, "P1", TYPE, value)}
    return (
        _best_us(lambda: prover.prove(topic, "P1", TYPE, value)),
        _best_us(lambda: checker.check(topic, "P1", headers, value)),
    )


def _best_us(call: Callable[[], object]) -> float:
    rounds_s = timeit.repeat(call, timer=time.process_time, number=RECORDS, repeat=ROUNDS)
    return min(rounds_s) / RECORDS * 1e6


def main() -> None:
    shared = record_proof.hmac_keys(secrets.token_urlsafe(32))
    pair = record_proof.generate()
    signing = record_proof.signing_key(pair.private_key)
    public = record_proof.public_keys(pair.public_key)
    for name, prover, checker in (
        ("HMAC-SHA256", shared, shared),
        ("Ed25519", signing, public),
    ):
        for size_bytes in (1_000, 8_000):
            made, checked = cost_us(prover, checker, size_bytes)
            sys.stdout.write(
                f"{name:12} {size_bytes} bytes: made {made:.1f} µs, checked {checked:.1f} µs\n"
            )


if __name__ == "__main__":
    main()
