"""What trade-core answers when it says no to people who operate it.

TradeError
├── DeadLetterNotFound · ReconciliationNotFound · DifferenceNotFound    not_found
└── NoStatementOfDay · DifferenceClosed · DecisionImpossible            invalid_request
ClaimChanged · VersionChanged (decide-what-was-seen)                    409, a code of its own
"""

from datetime import date

from chassis.problems import FieldError, Problem
from contracts.codes import Code
from contracts.internal import ClaimSeen
from trade_core.domain.errors import TradeError


class DeadLetterNotFound(TradeError):
    code = Code.NOT_FOUND

    def __init__(self, letter_id: int) -> None:
        super().__init__(f"There is no dead letter {letter_id}.")


class ReconciliationNotFound(TradeError):
    code = Code.NOT_FOUND

    def __init__(self, statement_no: str) -> None:
        super().__init__(f"There is no statement {statement_no}.")


class DifferenceNotFound(TradeError):
    code = Code.NOT_FOUND

    def __init__(self, difference_no: str) -> None:
        super().__init__(f"There is no difference {difference_no}.")


class NoStatementOfDay(TradeError):
    code = Code.INVALID_REQUEST

    def __init__(self, day: date) -> None:
        fault = FieldError("/day", "must be one of the last 90 days, today included")
        super().__init__(f"No channel has a statement of {day}.", errors=[fault])


class DifferenceClosed(TradeError):
    code = Code.INVALID_REQUEST

    def __init__(self, difference_no: str) -> None:
        super().__init__(f"Difference {difference_no} is closed: a later comparison agreed.")


class DecisionImpossible(TradeError):
    code = Code.INVALID_REQUEST

    def __init__(self, why: str) -> None:
        super().__init__(why, errors=[FieldError("/decision", "is not possible here")])


class ClaimChanged(Problem):
    """decide-what-was-seen: the channel says something else by now."""

    code = "claim_changed"
    status = 409
    title = "The channel claims other money by now"

    def __init__(self, claim: ClaimSeen | None) -> None:
        super().__init__(
            "Look at what the channel claims now, and decide about that.",
            extra={"claim": None if claim is None else claim.model_dump()},
        )


class VersionChanged(Problem):
    """decide-what-was-seen: it is not any more what the person saw."""

    code = "version_changed"
    status = 409
    title = "It has changed by now"

    def __init__(self, version: int) -> None:
        super().__init__(
            "Look at it as it is now, and decide about that.", extra={"version": version}
        )
