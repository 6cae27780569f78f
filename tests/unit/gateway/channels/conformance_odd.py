"""What every plugin must make of single values that are not as documented, signed by the channel
itself: absent, empty, zero, with a NUL, in another currency. Part of `conformance.py`."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    PAYMENT_NO,
    REFUND_NO,
    Change,
    Side,
    refunding,
    trade,
    unchanged,
)
from tests.unit.gateway.channels.plugin_driver import outcome

from contracts.money import Money
from gateway.channels.plugin import (
    NotifiedPayment,
    NotUnderstood,
    Outcome,
    Reply,
    Succeeded,
    Unverifiable,
)

ABSENT: Final = object()
ODD: Final[tuple[object, ...]] = (ABSENT, "", "0", 0, "a\x00b", [])
PRICE, NOTHING = Money(1299, "CNY"), Money(0, "CNY")

OTHERS: Final = {"CNY": "USD", "cny": "usd", "156": "840"}

Path = tuple[str, ...]


class OddValues:
    """Expects the fixtures `side` and `account`."""

    def test_an_odd_value_in_an_answer_is_never_another_yes(self, side: Side, account: Any) -> None:
        for path, odd, reply in _changed(side, lambda: side.paid(PAYMENT_NO)):
            answered = _answered(side, account, reply)
            if isinstance(answered, Succeeded):
                may_be_untold = not side.tells_amounts and odd in (ABSENT, "", [])
                _assert_as_it_was(answered, path, odd, may_be_untold=may_be_untold)
                assert answered.channel_no or not side.tells_numbers, (path, odd)

    def test_an_odd_value_in_what_is_said_of_a_refund_is_never_another_yes(
        self, side: Side, account: Any
    ) -> None:
        for path, odd, reply in _changed(side, lambda: side.refund_returned(REFUND_NO, PAYMENT_NO)):
            try:
                result = outcome(side, account, side.plugin.query_refund, refunding(), reply)
            except Unverifiable:
                continue
            assert "\x00" not in repr(result)
            if isinstance(result, Succeeded):
                may_be_untold = not side.tells_refund_amounts and odd in (ABSENT, "", 0, [])
                untold = result.amount is None and may_be_untold
                assert untold or result.amount in (Money(500, "CNY"), NOTHING), (path, odd, result)

    def test_an_odd_value_in_a_notification_is_never_another_yes(
        self, side: Side, account: Any
    ) -> None:
        for path, odd, raw in _changed(side, lambda: side.paid_notification(PAYMENT_NO)):
            try:
                read = side.plugin.notifications.read(raw, account, MOMENT)
            except Unverifiable:
                continue
            for each in read:
                assert isinstance(each, NotifiedPayment), (path, odd)
                assert "\x00" not in repr(each)
                if isinstance(each.outcome, Succeeded):
                    _assert_as_it_was(each.outcome, path, odd, may_be_untold=each.is_unbound)
                    assert each.outcome.channel_no or not side.tells_numbers, (path, odd)

    def test_money_of_another_currency_is_never_taken_for_ours(
        self, side: Side, account: Any
    ) -> None:
        """`compared-with-our-books`: it is told as it is, or it is no word at all."""
        answer, notification = Abroad(), Abroad()
        reply = _notified(side, answer, lambda: side.paid(PAYMENT_NO))
        raw = _notified(side, notification, lambda: side.paid_notification(PAYMENT_NO))
        if not answer.has_currency and not notification.has_currency:
            assert side.plugin.currencies == {"CNY"}
            return
        if answer.has_currency:
            answered = _answered(side, account, reply)
            assert not isinstance(answered, Succeeded) or _is_foreign(answered)
        if notification.has_currency:
            try:
                read = side.plugin.notifications.read(raw, account, MOMENT)
            except Unverifiable:
                return
            assert all(_is_foreign(each.outcome) for each in read)

    def test_money_of_a_currency_that_nobody_knows_here_comes_again(
        self, side: Side, account: Any
    ) -> None:
        """It is signed: people hear of it, and nobody takes it for a forgery."""
        unheard = Abroad({"CNY": "XXX", "cny": "xxx", "156": "826"})
        raw = _notified(side, unheard, lambda: side.paid_notification(PAYMENT_NO))
        if unheard.has_currency:
            with pytest.raises(NotUnderstood):
                side.plugin.notifications.read(raw, account, MOMENT)


class Abroad:
    """Puts another currency into what is told, in the channel's own way to write it."""

    has_currency = False

    def __init__(self, others: Mapping[str, str] = OTHERS) -> None:
        self._others = others

    def __call__(self, content: dict[str, Any]) -> dict[str, Any]:
        return {name: self._abroad(name, value) for name, value in content.items()}

    def _abroad(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return self(value)
        if "currency" in name.lower() and value in self._others:
            self.has_currency = True
            return self._others[value]
        return value


def _changed(side: Side, tell: Callable[[], Any]) -> Iterator[tuple[Path, object, Any]]:
    """What it tells with each value of it odd in turn."""
    honest: dict[str, Any] = {}

    def keep(content: dict[str, Any]) -> dict[str, Any]:
        honest.update(copy.deepcopy(content))
        return content

    _notified(side, keep, tell)
    for path in _paths(honest):
        for odd in ODD:
            yield path, odd, _notified(side, _putting(path, odd), tell)


def _notified(side: Side, change: Change, tell: Callable[[], Any]) -> Any:
    side.change = change
    try:
        return tell()
    finally:
        side.change = unchanged


def _paths(content: dict[str, Any]) -> Iterator[Path]:
    for name, value in content.items():
        yield (name,)
        if isinstance(value, dict):
            yield from ((name, *rest) for rest in _paths(value))


def _putting(path: Path, odd: object) -> Change:
    def change(content: dict[str, Any]) -> dict[str, Any]:
        changed = copy.deepcopy(content)
        at = changed
        for name in path[:-1]:
            at = at[name]
        if odd is ABSENT:
            del at[path[-1]]
        else:
            at[path[-1]] = odd
        return changed

    return change


def _answered(side: Side, account: Any, reply: Reply) -> Outcome | None:
    """None where it was no answer."""
    try:
        answered = outcome(side, account, side.plugin.query, trade(), reply)
    except Unverifiable:
        return None
    assert "\x00" not in repr(answered)
    return answered


def _assert_as_it_was(answered: Succeeded, path: Path, odd: object, *, may_be_untold: bool) -> None:
    """`compared-with-our-books`: with the amount that was told, so that it can be compared."""
    fields = answered.amount in (PRICE, NOTHING)
    assert fields or (answered.amount is None and may_be_untold), (path, odd, answered)


def _is_foreign(outcome: Outcome) -> bool:
    return (
        isinstance(outcome, Succeeded)
        and outcome.amount is not None
        and outcome.amount.currency != "CNY"
    )
