"""How tests drive a plugin: open an account, ask as the executor does, read what came of it."""

from typing import Any

from tests.unit.gateway.channels.channel_side import MOMENT, Asked, Side

from gateway.channels.plugin import Moment, Outcome, Reply


def opened(side: Side, **changed: Any) -> Any:
    """The account of this side's credentials; a field that is changed to None is left out."""
    given = {**side.credentials(), **changed}
    filled = {name: value for name, value in given.items() if value is not None}
    return side.plugin.open_account(side.plugin.credentials.model_validate(filled))


def asked(side: Side, account: Any, operation: Any, subject: Any) -> Asked:
    """What the channel understands of this call; its signature is verified."""
    call = operation.call(subject, account)
    return side.asked(side.plugin.wire.sign(call, account, MOMENT))


def outcome(
    side: Side, account: Any, operation: Any, subject: Any, reply: Reply, moment: Moment = MOMENT
) -> Outcome:
    """As the executor does; what it takes for Unknown is raised here as Unverifiable."""
    call = operation.call(subject, account)
    answer = side.plugin.wire.verify(reply, call, account, moment)
    answered: Outcome = operation.outcome(answer, subject, account)
    return answered
