"""Who is paid at channel accounts that do not say it, as far as this replica has learnt it."""


class KnownReceivers:
    """One name for each account, and whether a trade of the account's own has proven it. It keeps
    nobody out: another name makes the gateway ask whose the trade is."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, bool]] = {}

    def is_proven(self, account_id: str, receiver: str) -> bool:
        return self._known.get(account_id) == (receiver, True)

    def learn(self, account_id: str, receiver: str) -> bool:
        """Take the first one that is named; False where it is another one."""
        return self._known.setdefault(account_id, (receiver, False))[0] == receiver

    def prove(self, account_id: str, receiver: str) -> None:
        self._known[account_id] = (receiver, True)
