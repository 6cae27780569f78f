"""What the third parties hold when all is over, and what people decided on the way."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.simulation.division import Division
from tests.simulation.features import Feature
from tests.simulation.statement_writing import Slip
from tests.simulation.third_party import ThirdParty
from tests.simulation.trades import Return, Trade

from contracts.internal import ClaimSeen, PaymentDecision, RefundDecision
from trade_core.domain.payment import Payment


@dataclass(frozen=True, slots=True)
class Truth:
    """Trades by account and payment_no; refund numbers and split numbers are unique among all of
    them. `notified`: the accounts and numbers of the notifications that the gateway took.
    `mute_about_splits`: the accounts whose third party answers no question about a split. `slips`:
    by account and subject, what is wrong in a statement."""

    features: frozenset[Feature]
    trades: Mapping[tuple[str, str], Trade]
    declined: frozenset[str]
    notified: frozenset[tuple[str, str]]
    decided: Mapping[str, tuple[PaymentDecision, ClaimSeen]]
    refunds_decided: Mapping[str, RefundDecision]
    mute_about_splits: frozenset[str]
    slips: Mapping[tuple[str, str], Slip]

    def find(self, payment: Payment) -> Trade | None:
        """The trade where the payment lives."""
        return self.trades.get((payment.account_id or "", payment.payment_no))

    def ours(self) -> list[Trade]:
        """Those that we asked for."""
        return [trade for trade in self.trades.values() if not trade.is_strange]

    def find_return(self, refund_no: str) -> Return | None:
        trades = self.trades.values()
        return next((t.returns[refund_no] for t in trades if refund_no in t.returns), None)

    def return_nos(self) -> set[str]:
        """Of the refunds that we asked for."""
        returns = (each for trade in self.trades.values() for each in trade.returns.values())
        return {each.refund_no for each in returns if each.is_ours}

    def divisions(self) -> Mapping[str, Division]:
        """By split_no."""
        trades = self.trades.values()
        return {number: each for trade in trades for number, each in trade.divisions.items()}


def trades_of(parties: Mapping[str, ThirdParty]) -> dict[tuple[str, str], Trade]:
    return {
        (party.account, trade.payment_no): trade
        for party in parties.values()
        for trade in party.trades.values()
    }
