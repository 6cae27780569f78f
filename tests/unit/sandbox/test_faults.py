"""Which calls a fault strikes, and how often."""

import json

import pytest

from sandbox.faults import EARLY, NOT_EARLY, Fault, Faults, swap_one_byte


def test_times_count_down_per_application() -> None:
    faults = Faults()
    faults.add(Fault("wechat", "query", "drop_answer", times=2))
    struck = ["drop_answer" in faults.draw("wechat", "query", "P1") for _ in range(3)]
    assert struck == [True, True, False]
    assert not list(faults.in_force())


def test_without_times_it_strikes_until_cleared() -> None:
    faults = Faults()
    fault_id = faults.add(Fault("*", "*", "tamper"))
    assert all("tamper" in faults.draw("easy", "pay", f"P{n}") for n in range(5))
    assert faults.remove(fault_id)
    assert not faults.remove(fault_id)
    assert "tamper" not in faults.draw("easy", "pay", "P1")


def test_channel_operation_and_number_must_fit() -> None:
    faults = Faults()
    faults.add(Fault("alipay", "refund", "hold", payment_no="P1"))
    assert "hold" in faults.draw("alipay", "refund", "P1")
    assert "hold" not in faults.draw("wechat", "refund", "P1")
    assert "hold" not in faults.draw("alipay", "query", "P1")
    assert "hold" not in faults.draw("alipay", "refund", "P2")


def test_probability_zero_never_strikes_and_is_not_spent() -> None:
    faults = Faults()
    faults.add(Fault("*", "*", "delay", times=1, probability=0.0))
    assert "delay" not in faults.draw("wechat", "pay", "P1")
    assert len(list(faults.in_force())) == 1


def test_faults_that_match_strike_together() -> None:
    faults = Faults()
    faults.add(Fault("*", "pay", "delay", delay_s=2))
    faults.add(Fault("*", "pay", "delay", delay_s=3))
    faults.add(Fault("*", "pay", "drop_answer"))
    hit = faults.draw("wechat", "pay", "P1")
    assert hit.delay_s == 5
    assert "drop_answer" in hit


def test_early_is_drawn_apart_from_the_other_faults_of_notifications() -> None:
    faults = Faults()
    faults.add(Fault("*", "*", "early", times=1))
    assert "early" not in faults.draw("wechat", "notice", "P1", NOT_EARLY)
    assert "early" not in faults.draw("wechat", "pay", "P1")
    assert "early" in faults.draw("wechat", "notice", "P1", EARLY)


@pytest.mark.parametrize("text", [b'{"a":1}', b'{"a":"9"}', b'{"code_url":"weixin://x?pr=a1b"}'])
def test_swapping_changes_one_byte_and_leaves_json(text: bytes) -> None:
    swapped = swap_one_byte(text)
    assert sum(a != b for a, b in zip(text, swapped, strict=True)) == 1
    assert json.loads(swapped) != json.loads(text)


def test_swapping_nothing_is_nothing() -> None:
    assert swap_one_byte(b"") == b""
    assert swap_one_byte(b"abc") != b"abc"
