"""What the third parties hold, when all is over."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.simulation.division import Division
from tests.simulation.third_party import Return, ThirdParty, Trade


@dataclass(frozen=True, slots=True)
class Truth:
    """Trades by payment_no; refund numbers and split numbers are unique among all of them."""

    trades: Mapping[str, Trade]

    @classmethod
    def of(cls, parties: Mapping[str, ThirdParty]) -> "Truth":
        return cls({no: trade for party in parties.values() for no, trade in party.trades.items()})

    def find_return(self, refund_no: str) -> Return | None:
        trades = self.trades.values()
        return next((t.returns[refund_no] for t in trades if refund_no in t.returns), None)

    def return_nos(self) -> set[str]:
        return {number for trade in self.trades.values() for number in trade.returns}

    def divisions(self) -> Mapping[str, Division]:
        """By split_no."""
        trades = self.trades.values()
        return {number: each for trade in trades for number, each in trade.divisions.items()}
