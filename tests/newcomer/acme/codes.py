"""What each code of Acme Pay means, operation by operation. What is not listed is Unknown."""

from typing import Final

from gateway.channels.formats import text
from gateway.channels.meanings import Table, absent, gone, limited, outcome_of, passing
from gateway.channels.plugin import Answer, Declined, NotSent, Outcome, Unknown

PAY: Final[Table] = {
    "BAD_REQUEST": NotSent,
    "TOO_MANY": limited,
    "BUSY": passing,
    "NO_SUCH_PAYMENT": Unknown,
}
QUERY: Final[Table] = {**dict.fromkeys(PAY, Unknown), "NO_SUCH_PAYMENT": absent}
CLOSE: Final[Table] = {
    **dict.fromkeys(PAY, Unknown), "NO_SUCH_PAYMENT": gone, "PAID": Unknown,
}  # fmt: skip
REFUND: Final[Table] = {**dict.fromkeys(PAY, Unknown), "TOO_MUCH": Declined}


def find_refusal(answer: Answer, table: Table) -> Outcome | None:
    code = text(answer.content, "code")
    if answer.signed and answer.status == 200 and code == "OK":
        return None
    return outcome_of(answer, table, code, code, text(answer.content, "message"))
