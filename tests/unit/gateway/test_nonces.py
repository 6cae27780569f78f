"""A nonce is good once, for as long as its request could be replayed; the memory is bounded."""

import pytest

from contracts.signing import WINDOW_S
from gateway.admission import authentication
from gateway.admission.authentication import PERIOD_S, NonceMemory
from gateway.domain.errors import RateLimited


def is_new(memory: NonceMemory, key_id: str, nonce: str, now_s: float, app_id: str = "A1") -> bool:
    mark = memory.mark(key_id, nonce)
    if memory.is_known(mark, now_s):
        return False
    memory.remember(app_id, mark, now_s)
    return True


def sent(memory: NonceMemory, app_id: str, now_s: float = 0) -> list[str]:
    """All that the app sends until it is refused."""
    nonces: list[str] = []
    while True:
        try:
            is_new(memory, app_id, str(len(nonces)), now_s, app_id)
        except RateLimited:
            return nonces
        nonces.append(str(len(nonces)))


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
    taken = [f"{number}" for number in range(6)]
    assert all(is_new(memory, f"K{nonce}", nonce, 100) for nonce in taken)
    with pytest.raises(RateLimited) as refusal:
        is_new(memory, "K1", "one more", 100 + PERIOD_S - 7.5)
    assert (refusal.value.status, refusal.value.retry_after_s) == (429, 8)
    assert not any(is_new(memory, f"K{nonce}", nonce, 100 + PERIOD_S) for nonce in taken)
    assert is_new(memory, "K1", "one more", 100 + PERIOD_S)


def test_an_app_that_fills_its_share_leaves_room_for_the_others() -> None:
    memory = NonceMemory(slots=2**10)
    shares = [len(sent(memory, f"A{number}")) for number in range(4)]
    assert shares == [384, 192, 96, 48]
    for number, share in enumerate(shares):
        with pytest.raises(RateLimited):
            is_new(memory, f"A{number}", "one more", 1, f"A{number}")
        assert not any(is_new(memory, f"A{number}", str(each), 1) for each in range(share))
    assert is_new(memory, "K", "the first of a newcomer", 1, "A9")


def test_in_the_next_period_an_app_has_its_share_anew() -> None:
    memory = NonceMemory(slots=2**10)
    before = sent(memory, "A1")
    assert len(sent(memory, "A2", PERIOD_S)) == len(before)
    assert not any(is_new(memory, "A1", nonce, PERIOD_S) for nonce in before)


def test_many_nonces_are_told_apart() -> None:
    memory = NonceMemory(slots=2**13)
    assert all(is_new(memory, "K1", str(number), 0) for number in range(3_000))
    assert not any(is_new(memory, "K1", str(number), 1) for number in range(3_000))


def test_the_memory_of_a_replica_is_bounded_whatever_apps_send() -> None:
    tables = 2 * authentication.SLOTS * 8
    assert tables <= 64 * 2**20
    of_one_app = authentication.SLOTS * authentication.MAX_FILLED / 2
    assert of_one_app / PERIOD_S > 2_500
