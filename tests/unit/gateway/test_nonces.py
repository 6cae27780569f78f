"""A nonce is good once, for as long as its request could be replayed; the memory is bounded."""

import pytest

from chassis.problems import Overloaded
from contracts.signing import WINDOW_S
from gateway.admission import authentication
from gateway.admission.authentication import PERIOD_S, NonceMemory


def is_new(memory: NonceMemory, key_id: str, nonce: str, now_s: float) -> bool:
    mark = memory.mark(key_id, nonce)
    if memory.is_known(mark, now_s):
        return False
    memory.remember(mark, now_s)
    return True


def test_a_nonce_is_new_once() -> None:
    memory = NonceMemory()
    assert [is_new(memory, "K1", "n", 0), is_new(memory, "K1", "n", 1)] == [True, False]


def test_keys_do_not_share_nonces() -> None:
    memory = NonceMemory()
    assert is_new(memory, "K1", "n", 0)
    assert is_new(memory, "K2", "n", 0)


def test_a_nonce_is_remembered_while_its_request_is_accepted() -> None:
    memory = NonceMemory()
    for sent_at in range(0, 3 * PERIOD_S, 100):
        assert is_new(memory, "K1", f"at {sent_at}", sent_at)
        # The request may have been dated one window ahead, so it is fresh for two windows.
        for earlier in range(max(0, sent_at - 2 * WINDOW_S + 100), sent_at, 100):
            assert not is_new(memory, "K1", f"at {earlier}", sent_at), (earlier, sent_at)


def test_after_two_periods_a_nonce_is_forgotten() -> None:
    memory = NonceMemory()
    is_new(memory, "K1", "n", 0)
    is_new(memory, "K1", "other", PERIOD_S)
    assert is_new(memory, "K1", "n", 2 * PERIOD_S)


def test_a_full_memory_refuses_and_forgets_nothing_that_could_be_replayed() -> None:
    memory = NonceMemory(slots=16)
    taken = [f"{number}" for number in range(12)]
    assert all(is_new(memory, f"K{nonce}", nonce, 100) for nonce in taken)
    with pytest.raises(Overloaded) as refusal:
        is_new(memory, "K1", "one more", 100 + PERIOD_S - 7.5)
    assert refusal.value.retry_after_s == 8
    assert not any(is_new(memory, f"K{nonce}", nonce, 100 + PERIOD_S) for nonce in taken)
    assert is_new(memory, "K1", "one more", 100 + PERIOD_S)


def test_many_nonces_are_told_apart() -> None:
    memory = NonceMemory(slots=2**12)
    assert all(is_new(memory, "K1", str(number), 0) for number in range(3_000))
    assert not any(is_new(memory, "K1", str(number), 1) for number in range(3_000))


def test_the_memory_of_a_replica_is_bounded_whatever_apps_send() -> None:
    tables = 2 * authentication.SLOTS * 8
    assert tables <= 32 * 2**20
    assert authentication.SLOTS * authentication.MAX_FILLED / PERIOD_S > 2_000
