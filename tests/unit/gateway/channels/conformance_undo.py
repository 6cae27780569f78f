"""What every plugin whose channel takes payments back (撤销) must do: part of `conformance.py`. In
which order it is asked is not the plugin's business, see `test_money_back`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    NOW,
    OTHER_REFUND_NO,
    PAYMENT_NO,
    REFUND_NO,
    Side,
    paid_trade,
    refunding,
    undoing,
)
from tests.unit.gateway.channels.plugin_driver import asked, outcome

from contracts.money import Money
from gateway.channels.plugin import Pending, Succeeded, Undo, Unverifiable


class Undos:
    """Expects the fixtures `side` and `account`; passes over channels that have no undo."""

    def test_an_undo_is_of_all_that_was_just_paid(self, side: Side) -> None:
        """Where nobody tells when that was, it is a refund."""
        for undo in _undo_of(side):
            assert undo.is_for(undoing())
            assert not undo.is_for(refunding(1))
            assert not undo.is_for(replace(undoing(), trade=paid_trade()))
            assert not undo.is_for(undoing(created_at=NOW + timedelta(days=1)))

    def test_an_undo_that_is_taken_is_under_way(self, side: Side, account: Any) -> None:
        """It may come to nothing, so that its number at the channel is not the refund's yet."""
        for undo in _undo_of(side):
            reply = side.refund_taken(REFUND_NO, PAYMENT_NO)
            assert outcome(side, account, undo.send, undoing(), reply) == Pending()

    def test_an_undo_that_is_through_tells_its_amount(self, side: Side, account: Any) -> None:
        for undo in _undo_of(side):
            reply = side.refund_returned(REFUND_NO, PAYMENT_NO)
            through = outcome(side, account, undo.query, undoing(), reply)
            assert isinstance(through, Succeeded)
            assert through.amount == Money(500, "CNY")

    def test_an_answer_about_another_undo_is_no_answer(self, side: Side, account: Any) -> None:
        for undo in _undo_of(side):
            reply = side.refund_returned(OTHER_REFUND_NO, PAYMENT_NO)
            with pytest.raises(Unverifiable):
                outcome(side, account, undo.query, undoing(), reply)

    def test_a_refund_that_follows_an_undo_is_another_transaction(
        self, side: Side, account: Any
    ) -> None:
        """The channel would take it for a repeat, or say of one what is true of the other."""
        for undo in _undo_of(side):
            refund, query_refund = side.plugin.refund, side.plugin.query_refund
            for first, second in ((undo.send, refund), (undo.query, query_refund)):
                for each in (first, second):
                    assert asked(side, account, each, undoing())
                assert first.call(undoing(), account) != second.call(undoing(), account)
                assert first.call(undoing(), account) == first.call(undoing(), account)


def _undo_of(side: Side) -> Iterator[Undo[Any]]:
    if side.plugin.undo is not None:
        yield side.plugin.undo
