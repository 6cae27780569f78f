"""The one error of the local runner: something cannot run here, and why."""


class CannotRun(Exception):
    """For the person at the terminal: what is wrong, what to do, and the end of the log if any."""

    def __init__(self, reason: str, log_tail: str = "") -> None:
        self.reason = reason
        self.log_tail = log_tail
        super().__init__(f"{reason}\n{log_tail}" if log_tail else reason)
