"""What every plugin whose channel splits (分账) must do: part of `conformance.py`."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    CHANNEL_NO,
    MERCHANT,
    OTHER_SPLIT_NO,
    PERSON,
    RETURN_NO,
    SHARES,
    SPLIT_NO,
    Side,
    order,
    refunding,
    split_returning,
    splitting,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import asked, outcome

from contracts.money import Money
from gateway.channels.plugin import (
    Pending,
    SharedOut,
    Splits,
    Succeeded,
    Unknown,
    Unverifiable,
)

ALL = {account: (amount, "succeeded") for account, amount in SHARES.items()}


class SplitAnswers:
    """Expects the fixtures `side` and `account`; passes over channels that do not split."""

    def test_a_split_is_asked_for_with_all_it_says(self, side: Side, account: Any) -> None:
        for splits in _splits_of(side):
            got = str(asked(side, account, splits.split, splitting()).content)
            for answered in (SPLIT_NO, CHANNEL_NO, *SHARES, "物业分成"):
                assert answered in got

    def test_the_last_split_is_asked_for_in_another_way(self, side: Side, account: Any) -> None:
        for splits in _splits_of(side):
            calls = [splits.split.call(splitting(is_last=last), account) for last in (True, False)]
            assert calls[0] != calls[1]

    def test_a_payment_that_will_be_split_is_asked_for_so(self, side: Side, account: Any) -> None:
        for _ in _splits_of(side):
            for way, subject in _methods(side):
                marked = replace(subject, will_split=True)
                assert way.call(marked, account) != way.call(subject, account)

    def test_a_split_of_a_payment_without_the_channels_number_cannot_be_asked_for(
        self, side: Side, account: Any
    ) -> None:
        for splits in _splits_of(side):
            for way in (splits.split, splits.query):
                with pytest.raises(ValueError, match="number"):
                    way.call(splitting(trade=trade()), account)

    def test_a_split_that_was_taken_is_under_way(self, side: Side, account: Any) -> None:
        for splits in _splits_of(side):
            reply = side.split_taken(SPLIT_NO)
            answered = outcome(side, account, splits.split, splitting(), reply)
            assert isinstance(answered, Pending)
            assert answered.channel_no
            assert {share.status for share in answered.shares} <= {"processing"}

    def test_a_split_is_over_when_everybody_is_told_of(self, side: Side, account: Any) -> None:
        for splits in _splits_of(side):
            answered = outcome(
                side, account, splits.query, splitting(), side.split_reply(SPLIT_NO, ALL)
            )
            assert isinstance(answered, Succeeded)
            assert answered.shares == tuple(
                SharedOut(name, Money(amount, "CNY"), "succeeded")
                for name, amount in SHARES.items()
            )

    def test_who_got_nothing_is_told_with_the_reason(self, side: Side, account: Any) -> None:
        for splits in _splits_of(side):
            reply = side.split_reply(SPLIT_NO, ALL | {PERSON: (200, "failed")})
            answered = outcome(side, account, splits.query, splitting(), reply)
            assert isinstance(answered, Succeeded)
            assert [share.status for share in answered.shares] == ["succeeded", "failed"]
            assert answered.shares[1].code
            assert answered.shares[1].message

    def test_a_split_waits_for_its_last_receiver(self, side: Side, account: Any) -> None:
        for splits in _splits_of(side):
            reply = side.split_reply(SPLIT_NO, ALL | {PERSON: (200, "processing")})
            answered = outcome(side, account, splits.query, splitting(), reply)
            assert isinstance(answered, Pending)
            assert [share.status for share in answered.shares] == ["succeeded", "processing"]

    def test_a_receiver_who_is_not_told_of_has_not_got_theirs(
        self, side: Side, account: Any
    ) -> None:
        for splits in _splits_of(side):
            reply = side.split_reply(SPLIT_NO, {MERCHANT: ALL[MERCHANT]})
            try:
                answered = outcome(side, account, splits.query, splitting(), reply)
            except Unverifiable:
                continue
            assert isinstance(answered, Pending)
            assert [share.account for share in answered.shares] == [MERCHANT]

    def test_the_amount_of_a_share_is_the_channels_word(self, side: Side, account: Any) -> None:
        for splits in _splits_of(side):
            reply = side.split_reply(SPLIT_NO, ALL | {PERSON: (201, "succeeded")})
            answered = outcome(side, account, splits.query, splitting(), reply)
            assert isinstance(answered, Succeeded)
            assert answered.shares[1].amount == Money(201, "CNY")

    def test_a_receiver_in_an_unheard_of_state_is_unknown(self, side: Side, account: Any) -> None:
        for splits in _splits_of(side):
            reply = side.split_reply(SPLIT_NO, ALL | {PERSON: (200, "UNHEARD_OF")})
            answered = outcome(side, account, splits.query, splitting(), reply)
            assert isinstance(answered, Unknown)
            assert not answered.is_listed

    def test_an_answer_about_another_split_is_no_answer(self, side: Side, account: Any) -> None:
        for splits in _splits_of(side):
            reply = side.split_reply(OTHER_SPLIT_NO, ALL)
            with pytest.raises(Unverifiable):
                outcome(side, account, splits.query, splitting(), reply)

    def test_what_receivers_give_back_is_asked_for_before_or_with_the_refund(
        self, side: Side, account: Any
    ) -> None:
        for splits in _splits_of(side):
            owed = split_returning()
            back = refunding(returns=(owed.share,))
            if splits.return_split is None:
                got = str(asked(side, account, side.plugin.refund, back).content)
            else:
                got = str(asked(side, account, splits.return_split, owed).content)
            assert MERCHANT in got
            assert RETURN_NO in got
            assert splits.gives_back(MERCHANT)


def _splits_of(side: Side) -> list[Splits[Any]]:
    return [side.plugin.splits] if side.plugin.splits is not None else []


def _methods(side: Side) -> list[tuple[Any, Any]]:
    return [(way, order(method)) for method, way in side.plugin.methods.items()]
