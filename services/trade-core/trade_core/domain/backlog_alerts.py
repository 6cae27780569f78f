"""What people hear when work that a clock causes does not get done."""

from contracts.events.alerts import Alert, Severity


def due_behind(due_s: float) -> Alert:
    """Channels are not asked in time: payers wait for what is known at the channel."""
    return Alert(
        key="due.behind",
        severity=Severity.CRITICAL,
        title="Due work is behind",
        detail=f"The oldest due payment or refund has waited for {due_s:.0f} s.",
        facts={"seconds": round(due_s)},
    )


def check_missing(late_s: float) -> Alert:
    """Nobody has compared the books last night."""
    return Alert(
        key="ledger_check_missing",
        severity=Severity.CRITICAL,
        title="The nightly check of the books has not run",
        detail=f"It should have been over {late_s / 3600:.1f} h ago.",
    )
