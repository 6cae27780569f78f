"""Why a channel's word cannot be applied: it becomes a dead letter, with an alert.

ResultRefused
├── IllegalTransition · ImpossibleResult
└── ForeignAccount · TradeAlreadySettles (own-account-only)
"""


class ResultRefused(Exception):
    """Root of what makes a channel's word inapplicable: a dead letter, of which people hear
    under `key` and `title`."""

    key: str = "result.parked"
    title: str = "A channel's result could not be applied"


class IllegalTransition(ResultRefused):
    def __init__(self, thing: str, state: str, fact: str) -> None:
        super().__init__(f"a {thing} that is {state} cannot hear that it is {fact}")


class ImpossibleResult(ResultRefused):
    pass


class TradeAlreadySettles(ResultRefused):
    """One trade at a channel, named for two payments (own-account-only)."""

    key = "result.trade_settles_another"
    title = "A channel names one trade for two payments"

    def __init__(self, channel_trade_no: str, holder: str, payment_no: str) -> None:
        super().__init__(f"trade {channel_trade_no} of {payment_no} is already that of {holder}")


class ForeignAccount(ResultRefused):
    """Somebody speaks of what is not theirs (own-account-only)."""

    key = "result.foreign_account"
    title = "An account speaks of a payment that is not its own"

    def __init__(self, speaker: str, number: str, account: str | None) -> None:
        where = "at no account yet" if account is None else f"at {account}"
        super().__init__(f"{speaker} speaks of {number}, which is {where}")
