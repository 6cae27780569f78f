"""Numbers: form, order in time, uniqueness."""

from contracts.identifiers import PREFIX, is_id, new_id


def test_every_kind_has_its_letter_and_27_characters() -> None:
    for kind, letter in PREFIX.items():
        number = new_id(kind)
        assert (number[0], len(number)) == (letter, 27)
        assert is_id(kind, number)


def test_a_number_of_another_kind_is_told_apart() -> None:
    assert not is_id("payment", new_id("refund"))
    assert not is_id("payment", "P" + "I" * 26)
    assert not is_id("payment", new_id("payment")[:-1])


def test_ten_thousand_numbers_are_ten_thousand() -> None:
    assert len({new_id("payment") for _ in range(10_000)}) == 10_000


def test_later_numbers_sort_later() -> None:
    first = new_id("payment")[:11]
    assert new_id("payment")[:11] >= first
