"""What a compare-and-set says when somebody was faster."""


class ConcurrentChange(Exception):
    """A row was no longer what had been read: read again, decide again, never reuse."""


class TradeNumberTaken(ConcurrentChange):
    """Another payment of the account has the trade number that was to be written."""


def require_all(tag: str, expected: int) -> None:
    """`tag` is the command's completion: `UPDATE 3`, `INSERT 0 1`. Raises ConcurrentChange."""
    if int(tag.rpartition(" ")[2]) != expected:
        raise ConcurrentChange(f"{tag} instead of {expected} rows")
