"""A nonce is good once, for as long as its request could be replayed; the memory is bounded."""

from contracts.signing import WINDOW_S
from gateway.admission.authentication import PERIOD_S, NonceMemory


def test_a_nonce_is_new_once() -> None:
    memory = NonceMemory()
    assert [memory.is_new("K1", "n", 0), memory.is_new("K1", "n", 1)] == [True, False]


def test_keys_do_not_share_nonces() -> None:
    memory = NonceMemory()
    assert memory.is_new("K1", "n", 0)
    assert memory.is_new("K2", "n", 0)


def test_a_nonce_is_remembered_while_its_request_is_accepted() -> None:
    memory = NonceMemory()
    for sent_at in range(0, 3 * PERIOD_S, 100):
        assert memory.is_new("K1", f"at {sent_at}", sent_at)
        # The request may have been dated one window ahead, so it is fresh for two windows.
        for earlier in range(max(0, sent_at - 2 * WINDOW_S + 100), sent_at, 100):
            assert not memory.is_new("K1", f"at {earlier}", sent_at), (earlier, sent_at)


def test_after_two_periods_a_nonce_is_forgotten() -> None:
    memory = NonceMemory()
    memory.is_new("K1", "n", 0)
    memory.is_new("K1", "other", PERIOD_S)
    assert memory.is_new("K1", "n", 2 * PERIOD_S)


def test_a_busy_key_forgets_the_oldest_instead_of_growing() -> None:
    memory = NonceMemory(max_per_set=10)
    for number in range(100):
        assert memory.is_new("K1", str(number), 0)
    assert not memory.is_new("K1", "99", 0)
    assert memory.is_new("K1", "1", 0)
