"""What the codes of 易企通 2.0 mean: they say how the call went, and nothing of the payment.

Only a few are printed, all of them of calls that nobody knows the end of; each other one is
Unknown too, and people hear of it.

Source: s.apifox.cn/9758ecc8 (响应码)
"""

from typing import Final

from gateway.channels.easy.direct.wire import SUCCESS
from gateway.channels.formats import text
from gateway.channels.meanings import Table, outcome_of
from gateway.channels.plugin import Answer, Outcome, Unknown

FAMILY: Final = "QTC0"

CALL: Final[Table] = {
    "QT0099": Unknown,  # 处理中
    "999999": Unknown,  # 系统异常
    FAMILY: Unknown,  # QTC0…: the channel behind 易生 gave no answer; also: no such trade
}


def find_refusal(answer: Answer) -> Outcome | None:
    """What a refusal means; None where the answer is none. `rspCode` is of the message, `respCode`
    of what it asked for."""
    code, message = code_of(answer)
    if answer.signed and code == SUCCESS:
        return None
    return outcome_of(answer, CALL, row_of(code), code, message)


def code_of(answer: Answer) -> tuple[str, str]:
    """The first that is no yes, with its words."""
    header = text(answer.content, "rspHeader", "rspCode")
    if header != SUCCESS:
        return header, text(answer.content, "rspHeader", "rspInfo")
    state = ("rspBody", "respStateInfo")
    return text(answer.content, *state, "respCode"), text(answer.content, *state, "respDesc")


def row_of(code: str) -> str:
    return FAMILY if code.startswith(FAMILY) else code
